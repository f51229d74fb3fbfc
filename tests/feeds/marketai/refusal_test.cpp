// What Market.ai's client does when the service refuses all of it.
#include <gtest/gtest.h>

#include "tests/feeds/marketai/driven_client.h"

namespace tapedeck::testing {
namespace {

TEST(MarketClient, GivesUpForGoodWhenItsKeyIsRefused) {
  const std::string remedy = "): check feeds.marketai.api_key, and that the key is still valid";
  for (const char* auth : {"query", "message"}) {
    for (const bool is_ready : {false, true}) {
      Driven driven(channels(R"(["signals"])") + R"(,"auth":")" + auth + "\"");
      driven.begin();
      if (is_ready) {
        driven.document("authenticated");
        EXPECT_EQ(driven.document("subscribed_signals"), Lines{"ready signals"});
      }
      EXPECT_EQ(driven.error("UNAUTHORIZED", "Invalid API key"),
                Lines{"fail permanent: the service refused the key (UNAUTHORIZED: Invalid API key" +
                      remedy});
      EXPECT_EQ(driven.error("UNAUTHORIZED", "Invalid API key"), Lines{}) << "one an attempt";
    }
  }
  Driven untyped(kThree);
  untyped.begin();
  EXPECT_EQ(untyped.receive(R"({"ok":false,"error":{"code":"UNAUTHORIZED","message":"no"}})"),
            Lines{"fail permanent: the service refused the key (UNAUTHORIZED: no" + remedy});
}

TEST(MarketClient, TriesAgainWhenItHasTooManyConnections) {
  const std::string why =
      "the service refused another connection (CONNECTION_LIMIT: Connection limit (2) reached for "
      "your tier.): close other connections of this key, or lower feeds.marketai.connections";
  Driven waiting(kThree);
  waiting.begin();
  EXPECT_EQ(waiting.document("connection_limit"), Lines{"fail passing: " + why});
  Driven ready(channels(R"(["signals"])"));
  ready.begin();
  ready.document("subscribed_signals");
  EXPECT_EQ(ready.document("connection_limit"), Lines{"fail passing: " + why});
}

TEST(MarketClient, RetriesOtherErrorsWhileSubscribingAndBearsThemAfterwards) {
  const struct {
    const char* message;
    const char* why;
  } cases[] = {
      {R"({"type":"error","code":"INVALID_MESSAGE","message":"Invalid JSON"})",
       "INVALID_MESSAGE: Invalid JSON"},
      {R"({"type":"error","code":"INTERNAL"})", "INTERNAL"},
      {R"({"ok":false,"error":{"code":"RATE_LIMITED","message":"slow down"}})",
       "RATE_LIMITED: slow down"},
      {R"({"ok":false,"error":"busy"})", "busy"},
      {R"({"type":"error"})", "an error without code or message"},
  };
  for (const auto& c : cases) {
    Driven driven(channels(R"(["signals"])"));
    driven.begin();
    EXPECT_EQ(driven.receive(c.message), Lines{"fail passing: the service refused the subscription "
                                               "(" +
                                               std::string(c.why) + ")"});
    EXPECT_EQ(driven.document("subscribed_signals"), Lines{}) << "given up";
    Driven ready(channels(R"(["signals"])"));
    ready.begin();
    ready.document("subscribed_signals");
    EXPECT_EQ(ready.receive(c.message), Lines{});
    Driven authenticating(channels(R"(["signals"])") + R"(,"auth":"message")");
    authenticating.begin();
    EXPECT_EQ(authenticating.receive(c.message),
              Lines{"fail passing: the service refused the key (" + std::string(c.why) + ")"});
  }
}

TEST(MarketClient, JudgesARefusedUpgradeByItsStatusAndCode) {
  const struct {
    int status;
    std::string body;
    Failure failure;
    const char* why;
  } cases[] = {
      {401, R"({"ok":false,"error":{"code":"UNAUTHORIZED","message":"Invalid API key"}})",
       Failure::permanent,
       "the service refused the key (HTTP 401, UNAUTHORIZED: Invalid API key): check "
       "feeds.marketai.api_key, and that the key is still valid"},
      {403, "<html>", Failure::permanent,
       "the service refused the key (HTTP 403): check feeds.marketai.api_key, and that the key is "
       "still valid"},
      {403, testdata("marketai", "connection_limit.json"), Failure::passing,
       "the service refused another connection (HTTP 403, CONNECTION_LIMIT: Connection limit (2) "
       "reached for your tier.): close other connections of this key, or lower "
       "feeds.marketai.connections"},
      {429, testdata("marketai", "connection_limit.json"), Failure::passing,
       "the service refused another connection (HTTP 429, CONNECTION_LIMIT: Connection limit (2) "
       "reached for your tier.): close other connections of this key, or lower "
       "feeds.marketai.connections"},
      {429, "", Failure::passing, "the service refused the connection (HTTP 429)"},
      {404, "[]", Failure::passing, "the service refused the connection (HTTP 404)"},
      {503, R"({"error":"down"})", Failure::passing,
       "the service refused the connection (HTTP 503, down)"},
  };
  for (const auto& c : cases) {
    Driven driven;
    driven.start();
    const auto refusal = driven.client().on_refused(c.status, c.body);
    EXPECT_EQ(refusal.failure, c.failure) << c.status;
    EXPECT_EQ(refusal.why, c.why);
  }
}

TEST(MarketClient, JudgesACloseByItsCode) {
  const struct {
    std::uint16_t code;
    const char* reason;
    Failure failure;
    const char* why;
  } cases[] = {
      {1000, "bye", Failure::passing, "the service closed with 1000, bye"},
      {1008, "pong timeout", Failure::passing, "the service closed with 1008, pong timeout"},
      {4429, "", Failure::passing, "the service closed with 4429"},
      {0, "", Failure::passing, "the service closed without a code"},
      {4401, "bad key", Failure::permanent,
       "the service refused the key (closed with 4401, bad key): check feeds.marketai.api_key, and "
       "that the key is still valid"},
      {4403, "", Failure::permanent,
       "the service refused the key (closed with 4403): check feeds.marketai.api_key, and that the "
       "key is still valid"},
  };
  for (const auto& c : cases) {
    Driven driven;
    driven.begin();
    const auto refusal = driven.client().on_closed(c.code, c.reason);
    EXPECT_EQ(refusal.failure, c.failure) << c.code;
    EXPECT_EQ(refusal.why, c.why);
  }
}

}  // namespace
}  // namespace tapedeck::testing
