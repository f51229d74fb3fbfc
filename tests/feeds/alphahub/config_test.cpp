// What a user may say, and what each mistake is answered with.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "schema/feeds/alphahub/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck::testing {
namespace {

using Texts = std::vector<std::string>;

std::string with(const std::string& more) {
  return R"({"email":"me@example.org","password":"hunter22")" + (more.empty() ? "" : "," + more) +
         "}";
}

TEST(AlphaHubConfig, HasTheDocumentedDefaults) {
  const FeedDefaults& defaults = alphahub_feed().defaults();
  EXPECT_EQ(alphahub_feed().name(), "alphahub");
  EXPECT_EQ(defaults.ws_url, "wss://alphahub.us");
  EXPECT_EQ(defaults.rest_url, "https://alphahub.us");
  EXPECT_EQ(defaults.timeouts.idle_ms, 45'000);
  const auto plan = plan_of(alphahub_feed(), with(""));
  EXPECT_EQ(plan->endpoints(), Texts{"socket/websocket"});
  EXPECT_EQ(plan->make_client("socket/websocket", 0)->streams(),
            (Texts{"algorithms:14", "algorithms:16", "algorithms:17", "algorithms:18"}));
}

TEST(AlphaHubConfig, TakesEachAlgorithmOnce) {
  const auto plan = plan_of(alphahub_feed(), with(R"("algorithms":[18,9007199254740993,18])"));
  EXPECT_EQ(plan->make_client("socket/websocket", 0)->streams(),
            (Texts{"algorithms:18", "algorithms:9007199254740993"}));
}

TEST(AlphaHubConfig, AcceptsEveryKey) {
  EXPECT_EQ(config_error_of(alphahub_feed(),
                            with(R"("algorithms":[1],"refs":"nulls","utc_offset":"-05:00",
    "heartbeat_ms":10000,"join_timeout_ms":5000,"token_age_ms_max":0,
    "rest":{"session_path":"/s","signals_path":"/a/{id}","overlap_days":0,
            "whole_below":0,"clock_slack_ms":0,"settle_ms":0})")),
            "");
}

TEST(AlphaHubConfig, TakesCredentialsFromFilesAndKeepsThemSecret) {
  FakeSource source;
  source.files = {{"/e", "me@example.org\n"}, {"/p", "hunter22\n"}};
  const auto object = nlohmann::json::parse(R"({"email_file":"/e","password_file":"/p"})");
  Redactor secrets;
  ConfigReader reader(object, "feeds.alphahub", source, secrets);
  ASSERT_TRUE(alphahub_feed().configure(reader, LinkSettings{}).ok());
  EXPECT_EQ(secrets.apply("me@example.org hunter22 user%5Bemail%5D=me%40example.org"),
            "*** *** user%5Bemail%5D=***");
}

TEST(AlphaHubConfig, NamesTheKeyAndTheRemedyOfAMistake) {
  const struct {
    std::string config;
    std::vector<const char*> parts;
  } cases[] = {
      {R"({"password":"x"})", {"feeds.alphahub.email", "ALPHAHUB_EMAIL", "email_file"}},
      {R"({"email":"x"})", {"feeds.alphahub.password", "ALPHAHUB_PASSWORD", "password_file"}},
      {R"({"email":"","password":"x"})", {"feeds.alphahub.email: is empty"}},
      {with(R"("algorithms":[])"), {"feeds.alphahub.algorithms", "at least one id"}},
      {with(R"("algorithms":[-1])"), {"feeds.alphahub.algorithms", "from 0"}},
      {with(R"("algorithms":["14"])"), {"feeds.alphahub.algorithms[0]", "whole number"}},
      {with(R"("refs":"null")"), {"feeds.alphahub.refs", "\"nulls\""}},
      {with(R"("utc_offset":"EST")"), {"feeds.alphahub.utc_offset", "\"-05:00\""}},
      {with(R"("utc_offset":"")"), {"feeds.alphahub.utc_offset", "\"-05:00\""}},
      {with(R"("heartbeat_ms":60000)"), {"feeds.alphahub.heartbeat_ms", "59000"}},
      {with(R"("heartbeat_ms":0)"), {"feeds.alphahub.heartbeat_ms"}},
      {with(R"("join_timeout_ms":0)"), {"feeds.alphahub.join_timeout_ms"}},
      {with(R"("token_age_ms_max":-1)"), {"feeds.alphahub.token_age_ms_max"}},
      {with(R"("rest":{"session_path":"s"})"),
       {"feeds.alphahub.rest.session_path", "/api/v1/session"}},
      {with(R"("rest":{"signals_path":"/signals"})"), {"feeds.alphahub.rest.signals_path", "{id}"}},
      {with(R"("rest":{"overlap_days":-1})"), {"feeds.alphahub.rest.overlap_days"}},
      {with(R"("rest":{"session_pth":"/x"})"),
       {"feeds.alphahub.rest.session_pth", "did you mean \"session_path\""}},
      {with(R"("algorithm":[1])"), {"feeds.alphahub.algorithm", "did you mean \"algorithms\""}},
  };
  for (const auto& one : cases) {
    const std::string error = config_error_of(alphahub_feed(), one.config);
    for (const char* part : one.parts) {
      EXPECT_NE(error.find(part), std::string::npos) << one.config << ": " << error;
    }
  }
}

TEST(AlphaHubConfig, KeepsTheHeartbeatWithinTheIdleLimit) {
  const auto object = nlohmann::json::parse(with(""));
  const FakeSource source;
  Redactor secrets;
  ConfigReader reader(object, "feeds.alphahub", source, secrets);
  LinkSettings settings;
  settings.timeouts.idle_ms = 15'000;
  const auto plan = alphahub_feed().configure(reader, settings);
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.error().message,
            "feeds.alphahub.heartbeat_ms: must be less than timeouts.idle_ms (15000): nothing but "
            "the heartbeat's answer is sure to arrive");
}

}  // namespace
}  // namespace tapedeck::testing
