// What a user may say about Market.ai.
#include "schema/feeds/marketai/config.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "schema/feeds/marketai/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck::testing {
namespace {

using marketai::Settings;
using marketai::Subscription;

Settings settings_of(const std::string& json) {
  const nlohmann::json object = nlohmann::json::parse(json);
  const FakeSource source;
  Redactor secrets;
  ConfigReader reader(object, "feeds.marketai", source, secrets);
  LinkSettings link;
  link.ws_url = "ws://host/marketai";
  link.rest_url = "http://host/marketai";
  Settings settings = marketai::read_settings(reader, link);
  reader.reject_unknown();
  EXPECT_TRUE(reader.ok()) << json << "\n" << reader.result().error().message;
  EXPECT_EQ(secrets.apply("key=" + settings.api_key + "&"), "key=***&");
  return settings;
}

TEST(MarketConfig, HasTheDocumentedDefaults) {
  const Feed& feed = marketai_feed();
  const FeedDefaults& defaults = feed.defaults();
  EXPECT_EQ(feed.name(), "marketai");
  EXPECT_EQ(defaults.ws_url, "wss://ws.market-ai.dev");
  EXPECT_EQ(defaults.rest_url, "https://api.market-ai.dev");
  EXPECT_EQ(defaults.reconnect.initial_ms, 1'000);
  EXPECT_EQ(defaults.reconnect.max_ms, 32'000);
  EXPECT_EQ(defaults.reconnect.jitter_ms, 0);
  EXPECT_EQ(defaults.reconnect.stable_ms, 60'000);
  EXPECT_EQ(defaults.timeouts.idle_ms, 75'000);
  EXPECT_EQ(plan_of(feed, R"({"api_key":"K"})")->endpoints(), std::vector<std::string>{"/"});

  const Settings settings = settings_of(R"({"api_key":"KEY12345"})");
  EXPECT_EQ(settings.auth, marketai::Auth::query);
  EXPECT_EQ(settings.ping, 25 * kNsPerSec);
  EXPECT_EQ(settings.rest_limit, 1'000);
  EXPECT_EQ(settings.rest_wait, 20 * kNsPerSec);
  EXPECT_EQ(settings.rest_paths,
            (std::array<std::string, 9>{"/v1/quotes", "/v1/orderbook", "", "/v1/signals",
                                        "/v1/liquidations", "/v1/funding", "/v1/klines", "", ""}));
}

TEST(MarketConfig, TakesEveryAssumptionFromTheUser) {
  const Settings settings = settings_of(
      R"({"api_key":"KEY12345","auth":"message","ping_ms":null,
          "rest":{"quotes_path":"/q","orderbook_path":"/o","trades_path":"/t","signals_path":"/s",
                  "liquidations_path":null,"funding_path":"/f","klines_path":"/k",
                  "narratives_path":"/n","polymarket_path":"/p","limit":50000,"wait_ms":0}})");
  EXPECT_EQ(settings.auth, marketai::Auth::message);
  EXPECT_EQ(settings.ping, std::nullopt);
  EXPECT_EQ(settings.rest_limit, 50'000);
  EXPECT_EQ(settings.rest_wait, 0);
  EXPECT_EQ(settings.rest_paths,
            (std::array<std::string, 9>{"/q", "/o", "/t", "/s", "", "/f", "/k", "/n", "/p"}));
  EXPECT_EQ(settings_of(R"({"api_key":"KEY12345","rest":{"signals_path":""}})").rest_paths[3], "");
  EXPECT_EQ(settings_of(R"({"api_key":"KEY12345","ping_ms":0})").ping, std::nullopt);
  EXPECT_EQ(settings_of(R"({"api_key":"KEY12345","ping_ms":1000})").ping, kNsPerSec);
}

TEST(MarketConfig, MergesEntriesOfOneChannel) {
  const struct {
    const char* channels;
    std::vector<Subscription> expected;
  } cases[] = {
      {R"(["trades",{"type":"quotes"}])", {{"trades", {}}, {"quotes", {}}}},
      {R"([{"type":"quotes","symbols":["A","B"]},"book",{"type":"quotes","symbols":["B","C"]}])",
       {{"quotes", {"A", "B", "C"}}, {"book", {}}}},
      {R"([{"type":"quotes","symbols":["A"]},"quotes"])", {{"quotes", {}}}},
      {R"(["quotes",{"type":"quotes","symbols":["A"]}])", {{"quotes", {}}}},
      {R"([{"type":"quotes","symbols":["A","*"]}])", {{"quotes", {}}}},
      {R"([{"type":"quotes","symbols":null}])", {{"quotes", {}}}},
      {R"([{"type":"quotes","symbols":[]}])", {{"quotes", {}}}},
      {R"([{"type":"quotes","symbols":["A","A"]}])", {{"quotes", {"A"}}}},
  };
  for (const auto& c : cases) {
    const std::string json = R"({"api_key":"KEY12345","channels":)" + std::string(c.channels) + "}";
    EXPECT_EQ(settings_of(json).subscriptions, c.expected) << c.channels;
  }
}

TEST(MarketConfig, NamesTheKeyAndTheRemedyInEveryError) {
  const struct {
    const char* config;
    std::vector<const char*> parts;
  } cases[] = {
      {R"({})", {"feeds.marketai.api_key", "MARKETAI_API_KEY"}},
      {R"({"api_key":""})", {"feeds.marketai.api_key", "is empty"}},
      {R"({"api_key":"K","auth":"header"})", {"feeds.marketai.auth", "\"query\", \"message\""}},
      {R"({"api_key":"K","channels":"quotes"})", {"feeds.marketai.channels", "[\"quotes\"]"}},
      {R"({"api_key":"K","channels":[]})", {"feeds.marketai.channels", "at least one"}},
      {R"({"api_key":"K","channels":[7]})", {"feeds.marketai.channels[0]", "\"type\""}},
      {R"({"api_key":"K","channels":["quote"]})",
       {"feeds.marketai.channels[0]", "did you mean \"quotes\"?"}},
      {R"({"api_key":"K","channels":["xyzzy"]})",
       {"feeds.marketai.channels[0]",
        "quotes, book, trades, signals, liquidations, funding, "
        "klines, narratives, polymarket"}},
      {R"({"api_key":"K","channels":["quotes",{"type":"tradess"}]})",
       {"feeds.marketai.channels[1].type", "did you mean \"trades\"?"}},
      {R"({"api_key":"K","channels":[{}]})", {"feeds.marketai.channels[0].type", "is missing"}},
      {R"({"api_key":"K","channels":[{"type":"quotes","symbol":["A"]}]})",
       {"feeds.marketai.channels[0].symbol", "\"symbols\""}},
      {R"({"api_key":"K","channels":[{"type":"quotes","symbols":"A"}]})",
       {"feeds.marketai.channels[0].symbols", "list"}},
      {R"({"api_key":"K","channels":[{"type":"quotes","symbols":[" "]}]})",
       {"feeds.marketai.channels[0].symbols", "empty"}},
      {R"({"api_key":"K","ping_ms":5})", {"feeds.marketai.ping_ms", "1000"}},
      {R"({"api_key":"K","ping_ms":-1})", {"feeds.marketai.ping_ms", "0"}},
      {R"({"api_key":"K","rest":{"quotes_path":"v1"}})",
       {"feeds.marketai.rest.quotes_path", "\"/v1/quotes\""}},
      {R"({"api_key":"K","rest":{"trades_path":"v1"}})",
       {"feeds.marketai.rest.trades_path", "\"/v1/trades\""}},
      {R"({"api_key":"K","rest":{"limit":0}})", {"feeds.marketai.rest.limit", "1"}},
      {R"({"api_key":"K","rest":{"book_path":"/b"}})", {"feeds.marketai.rest.book_path"}},
      {R"({"api_key":"K","chanels":[]})", {"feeds.marketai.chanels", "\"channels\""}},
  };
  for (const auto& c : cases) {
    const std::string error = config_error_of(marketai_feed(), c.config);
    EXPECT_NE(error, "") << c.config;
    for (const char* part : c.parts) {
      EXPECT_NE(error.find(part), std::string::npos) << c.config << "\n" << error;
    }
  }
}

}  // namespace
}  // namespace tapedeck::testing
