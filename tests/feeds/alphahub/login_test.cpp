// From the start of an attempt to the upgrade: what happened → what to do.
#include <gtest/gtest.h>

#include "tests/feeds/alphahub/driven.h"

namespace tapedeck::testing::alphahub {
namespace {

constexpr const char* kOne = R"("algorithms":[14])";
constexpr Ns kMinute = 60 * kNsPerSec;

TEST(AlphaHubLogin, LogsInThenConnectsWithTheToken) {
  Driven driven(kOne);
  EXPECT_EQ(driven.start(), Actions{kLogin});
  EXPECT_EQ(driven.answer(200, kTokens), (Actions{"secret R1", "secret T/1", kConnect}));
}

TEST(AlphaHubLogin, ReadsTheDocumentedAnswer) {
  Driven driven(kOne);
  driven.start();
  EXPECT_EQ(driven.answer(200, testdata("alphahub", "session.json")),
            (Actions{"secret ABC...", "secret ABC...",
                     "connect ws://host/socket/websocket?vsn=2.0.0&api_token=ABC..."}));
}

TEST(AlphaHubLogin, TellsPermanentRefusalsFromPassingOnes) {
  const std::string remedy = "): correct feeds.alphahub.email and feeds.alphahub.password";
  const struct {
    int status;
    const char* body;
    std::string action;
  } cases[] = {
      {401, R"({"error":"Invalid email or password"})",
       "fail permanent: the service refused the login (HTTP 401, Invalid email or password" +
           remedy},
      {403, "", "fail permanent: the service refused the login (HTTP 403" + remedy},
      {422, R"({"error":{"code":422,"message":"no such user"}})",
       "fail permanent: the service refused the login (HTTP 422, no such user" + remedy},
      {500, "<html>", "fail passing: the login failed (HTTP 500)"},
      {429, R"({"error":"slow down"})", "fail passing: the login failed (HTTP 429, slow down)"},
      {302, "", "fail passing: the login failed (HTTP 302)"},
      {404, "",
       "fail passing: the login failed (HTTP 404); if that goes on, check "
       "feeds.alphahub.rest_url and feeds.alphahub.rest.session_path"},
      {200, "<html>",
       "fail passing: the login's answer (HTTP 200) has no token at data.token; if that goes on, "
       "check feeds.alphahub.rest_url"},
      {200, R"({"data":{"token":""}})",
       "fail passing: the login's answer (HTTP 200) has no token at data.token; if that goes on, "
       "check feeds.alphahub.rest_url"},
  };
  for (const auto& one : cases) {
    Driven driven(kOne);
    driven.start();
    EXPECT_EQ(driven.answer(one.status, one.body), Actions{one.action}) << one.status;
    EXPECT_EQ(driven.start(), Actions{kLogin}) << "the next attempt logs in again";
  }
  Driven driven(kOne);
  driven.start();
  EXPECT_EQ(driven.answer(0, "", "timed out"),
            Actions{"fail passing: the login got no answer: timed out"});
}

TEST(AlphaHubLogin, KeepsEveryTokenOfAnAnswerOffTheTape) {
  const struct {
    int status;
    const char* body;
    Actions secrets;
  } cases[] = {
      {200, R"({"data":{"token":"a\/b"}})", {"secret a/b", R"(secret a\/b)"}},
      {200,
       R"({"access_token":"abcd","user":[{"session_token":77}]})",
       {"secret abcd", "secret 77"}},
      {401, R"({"old_token":"abcd","error":"expired"})", {"secret abcd"}},
      {200, R"({"data":{"renew_token": "abcd", "token":"efg)", {"secret abcd", "secret efg"}},
      {200, R"({"data":{"token":"abcd","token":"efgh"}})", {"secret abcd", "secret efgh"}},
  };
  for (const auto& one : cases) {
    Driven driven(kOne);
    driven.start();
    Actions secrets;
    for (const std::string& action : driven.answer(one.status, one.body)) {
      if (action.starts_with("secret")) secrets.push_back(action);
    }
    EXPECT_EQ(secrets, one.secrets) << one.body;
  }
}

TEST(AlphaHubLogin, ReconnectsWithATokenThatIsYoungEnough) {
  Driven driven(kOne);
  driven.log.now = 5 * kMinute;
  driven.start();
  driven.log.now = 6 * kMinute;
  driven.answer(200, kTokens);
  driven.log.now = 34 * kMinute - 1;
  EXPECT_EQ(driven.start(), Actions{kConnect}) << "29 minutes less a nanosecond after asking";
  driven.log.now = 34 * kMinute;
  EXPECT_EQ(driven.start(), Actions{kLogin});
}

TEST(AlphaHubLogin, TakesTheLongestAgeFromTheConfiguration) {
  Driven driven(R"("algorithms":[14],"token_age_ms_max":0)");
  driven.start();
  driven.answer(200, kTokens);
  EXPECT_EQ(driven.start(), Actions{kLogin});
}

TEST(AlphaHubLogin, LogsInEachTimeWithoutAClock) {
  Driven driven(kOne);
  driven.log.now = std::nullopt;
  driven.start();
  driven.answer(200, kTokens);
  EXPECT_EQ(driven.start(), Actions{kLogin});
}

TEST(AlphaHubLogin, LogsInAgainWhenTheUpgradeRefusesTheToken) {
  const struct {
    int status;
    const char* body;
    const char* why;
    const char* next;
  } cases[] = {
      {403, "", "the service refused the token (HTTP 403): logging in again", kLogin},
      {401, R"({"error":"Invalid token"})",
       "the service refused the token (HTTP 401, Invalid token): logging in again", kLogin},
      {503, "busy", "the service refused the connection (HTTP 503)", kConnect},
      {404, "",
       "the service refused the connection (HTTP 404); if that goes on, check "
       "feeds.alphahub.ws_url",
       kConnect},
  };
  for (const auto& one : cases) {
    Driven driven(kOne);
    driven.start();
    driven.answer(200, kTokens);
    const Client::Refusal refusal = driven.client().on_refused(one.status, one.body);
    EXPECT_EQ(refusal.failure, Failure::passing);
    EXPECT_EQ(refusal.why, one.why);
    EXPECT_EQ(driven.start(), Actions{one.next}) << one.status;
  }
}

TEST(AlphaHubLogin, ReconnectsAfterEveryClose) {
  Driven driven(kOne);
  for (const std::uint16_t code : {1000, 1001, 1008, 1011, 1012, 4001}) {
    const Client::Refusal refusal = driven.client().on_closed(code, "x");
    EXPECT_EQ(refusal.failure, Failure::passing);
    EXPECT_EQ(refusal.why, "the service closed with " + std::to_string(code) + ", x");
  }
}

}  // namespace
}  // namespace tapedeck::testing::alphahub
