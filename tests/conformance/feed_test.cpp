// What every feed's description and configuration must keep.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/conformance/feed_cases.h"

namespace tapedeck::testing {
namespace {

class FeedConformance : public ForEveryFeed {};
INSTANTIATE_TEST_SUITE_P(Feeds, FeedConformance, every_feed(), feed_name);

TEST(Registry, FindsEveryFeedByItsOwnName) {
  std::set<std::string_view> names;
  for (const Feed* feed : all_feeds()) {
    EXPECT_EQ(find_feed(feed->name()), feed) << feed->name();
    EXPECT_TRUE(names.insert(feed->name()).second) << feed->name() << " stands there twice";
  }
  EXPECT_EQ(find_feed(""), nullptr);
  EXPECT_EQ(find_feed("no-such-feed"), nullptr);
}

TEST_P(FeedConformance, HasANameThatPathsAndKeysCanHold) {
  const std::string_view name = feed().name();
  EXPECT_FALSE(name.empty());
  EXPECT_TRUE(std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  })) << name;
}

TEST_P(FeedConformance, HasDefaultsThatWorkAsTheyAre) {
  const FeedDefaults& defaults = feed().defaults();
  EXPECT_TRUE(defaults.ws_url.starts_with("wss://")) << defaults.ws_url;
  EXPECT_TRUE(defaults.rest_url.starts_with("https://")) << defaults.rest_url;
  EXPECT_FALSE(defaults.ws_url.ends_with('/'));
  EXPECT_FALSE(defaults.rest_url.ends_with('/'));
  EXPECT_GT(defaults.reconnect.initial_ms, 0);
  EXPECT_GE(defaults.reconnect.max_ms, defaults.reconnect.initial_ms);
  EXPECT_GE(defaults.reconnect.jitter_ms, 0);
  EXPECT_LE(defaults.reconnect.jitter_ms, defaults.reconnect.initial_ms);
  EXPECT_GT(defaults.reconnect.stable_ms, 0);
  EXPECT_GT(defaults.timeouts.connect_ms, 0);
  EXPECT_GT(defaults.timeouts.ready_ms, 0);
  EXPECT_GT(defaults.timeouts.idle_ms, 0);
  EXPECT_GT(defaults.timeouts.rest_ms, 0);
  EXPECT_GE(defaults.message_bytes_max, 1U << 20U);
}

TEST_P(FeedConformance, NamesAnUnknownKeyWithItsPath) {
  const std::string path = "feeds." + std::string(feed().name());
  nlohmann::json config = config_;
  config["no_such_key"] = 1;
  EXPECT_NE(configure(feed(), config).error.find(path + ".no_such_key"), std::string::npos)
      << configure(feed(), config).error;

  config = config_;
  config["rest"]["no_such_key"] = 1;
  EXPECT_NE(configure(feed(), config).error.find(path + ".rest.no_such_key"), std::string::npos)
      << configure(feed(), config).error;
}

TEST_P(FeedConformance, SuggestsTheKeyThatAMisspeltOneIsNearTo) {
  for (const auto& item : config_.items()) {
    nlohmann::json config = config_;
    const std::string misspelt = item.key() + "x";
    config[misspelt] = item.value();
    const std::string error = configure(feed(), config).error;
    EXPECT_NE(error.find(misspelt), std::string::npos) << error;
    EXPECT_NE(error.find("\"" + item.key() + "\""), std::string::npos) << error;
  }
}

TEST_P(FeedConformance, NamesTheKeyOfAValueOfTheWrongKind) {
  for (const auto& item : config_.items()) {
    nlohmann::json config = config_;
    config[item.key()] = nlohmann::json::object({{"odd", true}});
    const std::string key = "feeds." + std::string(feed().name()) + "." + item.key();
    const std::string error = configure(feed(), config).error;
    EXPECT_NE(error.find(key), std::string::npos) << key << ": " << error;
  }
}

TEST_P(FeedConformance, DemandsASecretAndSaysHowToGiveIt) {
  for (const auto& item : config_.items()) {
    if (item.value() != kSecret) continue;
    for (const nlohmann::json& value : {nlohmann::json(), nlohmann::json("")}) {
      nlohmann::json config = config_;
      config[item.key()] = value;
      const std::string error = configure(feed(), config).error;
      EXPECT_NE(error.find("feeds." + std::string(feed().name()) + "." + item.key()),
                std::string::npos)
          << error;
      EXPECT_NE(error.find("${"), std::string::npos) << error;
      EXPECT_NE(error.find(item.key() + "_file"), std::string::npos) << error;
    }
  }
}

TEST_P(FeedConformance, PlansItsOwnServicesEndpointsEachOnce) {
  std::set<std::string> endpoints;
  for (const std::string& endpoint : plan().endpoints()) {
    EXPECT_TRUE(endpoints.insert(endpoint).second) << endpoint;
    const std::string path = endpoint.starts_with('/') ? endpoint : "/" + endpoint;
    EXPECT_EQ(feed().service().endpoint_of(path), endpoint);
    const auto streams = plan().make_client(endpoint, 0)->streams();
    EXPECT_FALSE(streams.empty()) << endpoint;
    EXPECT_EQ(std::set<std::string>(streams.begin(), streams.end()).size(), streams.size())
        << endpoint;
    EXPECT_EQ(plan().make_client(endpoint, 1)->streams(), streams) << endpoint;
  }
  EXPECT_FALSE(endpoints.empty());
}

}  // namespace
}  // namespace tapedeck::testing
