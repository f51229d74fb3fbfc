// Every feed of the registry with a minimal configuration: what the conformance suite runs over. A
// new feed is one line in kMinimalConfigs.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/redact.h"
#include "schema/feeds/registry.h"
#include "tests/support/fakes.h"

namespace tapedeck::testing {

// The one secret of every configuration below.
inline constexpr std::string_view kSecret = "conformance-secret";

struct MinimalConfig {
  std::string_view feed;
  std::string_view json;
};
inline constexpr MinimalConfig kMinimalConfigs[] = {
    {"alterscope", R"({"api_key":"conformance-secret","opportunities":["hyperliquid-btc-basis"]})"},
    {"alphahub", R"({"email":"me@example.org","password":"conformance-secret","algorithms":[14]})"},
    {"nexusglass", R"({"api_key":"conformance-secret"})"},
    {"hypercall", R"({"wallet":"0x5e11e55e11e55e11e55e11e55e11e55e11e55e11"})"},
    {"marketai", R"({"api_key":"conformance-secret","channels":[{"type":"quotes"}]})"},
};

// nullopt: the feed is in the registry and not in the table.
inline std::optional<nlohmann::json> minimal_config(const Feed& feed) {
  for (const MinimalConfig& config : kMinimalConfigs) {
    if (config.feed == feed.name()) return nlohmann::json::parse(config.json);
  }
  return std::nullopt;
}

inline constexpr std::string_view kWsUrl = "ws://host/base";
inline constexpr std::string_view kRestUrl = "http://host/base";

// A feed as configured by its line of the table; base URLs are kWsUrl and kRestUrl.
struct ConfiguredFeed {
  std::unique_ptr<FeedPlan> plan;
  Redactor secrets;
  std::string error;  // why there is no plan
};
inline ConfiguredFeed configure(const Feed& feed, const nlohmann::json& object) {
  const FakeSource source;
  ConfiguredFeed out;
  ConfigReader reader(object, "feeds." + std::string(feed.name()), source, out.secrets);
  LinkSettings settings;
  settings.ws_url = kWsUrl;
  settings.rest_url = kRestUrl;
  settings.reconnect = feed.defaults().reconnect;
  settings.timeouts = feed.defaults().timeouts;
  auto plan = feed.configure(reader, settings);
  if (plan) reader.reject_unknown();
  if (!plan) {
    out.error = plan.error().message;
  } else if (const auto result = reader.result(); !result) {
    out.error = result.error().message;
  } else {
    out.plan = std::move(*plan);
  }
  return out;
}

// One of the suites that run once for every feed.
class ForEveryFeed : public ::testing::TestWithParam<const Feed*> {
 protected:
  void SetUp() override {
    const auto found = minimal_config(feed());
    ASSERT_TRUE(found.has_value())
        << feed().name() << " needs a line in kMinimalConfigs (tests/conformance/feed_cases.h)";
    config_ = *found;
    configured_ = configure(feed(), config_);
    ASSERT_EQ(configured_.error, "");
    ASSERT_NE(configured_.plan, nullptr);
  }

  static const Feed& feed() { return *GetParam(); }
  const FeedPlan& plan() const { return *configured_.plan; }

  nlohmann::json config_;
  ConfiguredFeed configured_;
};

inline std::string feed_name(const ::testing::TestParamInfo<const Feed*>& info) {
  return std::string(info.param->name());
}
inline auto every_feed() {
  return ::testing::ValuesIn(all_feeds().begin(), all_feeds().end());
}

// The payloads in a feed's `testdata`, most of them as its document has them, by file name.
struct Payload {
  std::string file;
  std::string text;
};
inline std::vector<Payload> payloads_of(std::string_view feed) {
  std::vector<Payload> payloads;
  const std::string directory =
      std::string(TAPEDECK_SOURCE_DIR "/tests/feeds/") + std::string(feed) + "/testdata";
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    payloads.push_back({name, testdata(feed, name)});
  }
  std::sort(payloads.begin(), payloads.end(),
            [](const Payload& a, const Payload& b) { return a.file < b.file; });
  return payloads;
}

// What the simulator made: message `k` of a stretch, parsed and classified.
struct SimMessage {
  std::int64_t k = 0;
  Ns at_ns = 0;
  std::string endpoint;
  std::string payload;
};
inline constexpr Ns kSimEpoch = 1'800'000'000 * kNsPerSec;

inline Simulator::Timeline sim_timeline(std::int64_t upto) {
  return {upto, kSimEpoch, 100};
}

inline std::vector<SimMessage> sim_messages(const Simulator& simulator, std::int64_t first,
                                            std::int64_t count) {
  std::vector<SimMessage> messages;
  const Simulator::Timeline line = sim_timeline(0);
  for (std::int64_t k = first; k < first + count; ++k) {
    const auto message = simulator.message(k, line.time_of(k));
    messages.push_back({k, line.time_of(k), std::string(message.endpoint), message.payload});
  }
  return messages;
}

// A classification as text, so that two compare as values.
inline std::string tag_text(const FrameTag& tag) {
  std::string text = std::to_string(static_cast<int>(tag.role));
  for (const std::string_view part : {tag.type, tag.stream, tag.symbol, tag.event}) {
    text += '|';
    text += part;
  }
  return text + (tag.is_snapshot ? "|snapshot" : "|");
}

}  // namespace tapedeck::testing
