#include "recorder/config.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/fakes.h"
#include "tests/support/temp_dir.h"

namespace tapedeck {
namespace {

class ConfigTest : public ::testing::Test {
 protected:
  std::string error_of(const std::string& text, const std::vector<std::string>& only = {}) {
    const auto config = parse_config(text, source_, only);
    return config ? "" : config.error().message;
  }
  testing::FakeSource source_;
};

constexpr const char* kWhole = R"({
  // comments are welcome
  "tapes": "archive", "name": "night", "commit_ms": 20, "durability": "power",
  "tls": {"ca_file": "ca.pem"},
  "feeds": {
    "nexusglass": {"api_key": "${NEXUSGLASS_API_KEY}", "endpoints": ["ws/fastfeed"], "connections": 2,
                   "ws_url": "ws://127.0.0.1:1/nexusglass/", "reconnect": {"initial_ms": 5}, "timeouts": {"idle_ms": 7}},
    "hypercall": {"wallet": "0xabc", "channels": ["orderbook", {"channel": "fills", "symbols": ["BTC"]}]}
  }
})";

TEST_F(ConfigTest, ReadsAWholeFile) {
  source_.variables["NEXUSGLASS_API_KEY"] = "nx-secret";
  auto config = parse_config(kWhole, source_);
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->tapes, "archive");
  EXPECT_EQ(config->name, "night");
  EXPECT_EQ(config->commit_ms, 20);
  EXPECT_EQ(config->durability, Durability::power);
  EXPECT_EQ(config->ca_file, "ca.pem");
  ASSERT_EQ(config->feeds.size(), 2U);
  const FeedConfig& nexus = config->feeds[0];
  EXPECT_EQ(nexus.feed->name(), "nexusglass");
  EXPECT_EQ(nexus.settings.ws_url, "ws://127.0.0.1:1/nexusglass");
  EXPECT_EQ(nexus.settings.connections, 2);
  EXPECT_EQ(nexus.settings.reconnect.initial_ms, 5);
  EXPECT_EQ(nexus.settings.reconnect.max_ms, 30'000);
  EXPECT_EQ(nexus.settings.timeouts.idle_ms, 7);
  EXPECT_EQ(nexus.plan->endpoints(), std::vector<std::string>{"ws/fastfeed"});
}

TEST_F(ConfigTest, ReadsHowGapsAreFilled) {
  const auto with = [&](const std::string& backfill) {
    return parse_config(
        R"({"backfill": )" + backfill + R"(, "feeds": {"nexusglass": {"api_key": "nx-secret"}}})",
        source_);
  };
  const auto defaults =
      parse_config(R"({"feeds": {"nexusglass": {"api_key": "k-secret"}}})", source_);
  EXPECT_TRUE(defaults->backfill.enabled);
  EXPECT_EQ(defaults->backfill.max_age_ns, 24 * 3'600 * kNsPerSec);
  const auto own =
      with(R"({"max_age": "90m", "interval_ms": 5, "retry_max_ms": 7000, "pages_max": 3})");
  EXPECT_EQ(own->backfill.max_age_ns, 90 * 60 * kNsPerSec);
  EXPECT_EQ(own->backfill.interval_ns, 5 * kNsPerMs);
  EXPECT_EQ(own->backfill.retry_max_ns, 7 * kNsPerSec);
  EXPECT_EQ(own->backfill.pages_max, 3);
  EXPECT_FALSE(with("false")->backfill.enabled);
  EXPECT_FALSE(with(R"({"enabled": false})")->backfill.enabled);
  EXPECT_EQ(with(R"({"max_age": "long"})").error().message,
            "backfill.max_age: must be a length of time such as 24h or 30m, not \"long\"");
  EXPECT_EQ(with(R"({"max_aeg": "1h"})").error().message,
            "backfill.max_aeg: unknown key; did you mean \"max_age\"?");
}

TEST_F(ConfigTest, KeepsNoSecretInWhatGoesOnTheTape) {
  source_.variables["NEXUSGLASS_API_KEY"] = "nx-secret";
  auto config = parse_config(kWhole, source_);
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->redacted_json.find("nx-secret"), std::string::npos);
  EXPECT_NE(config->redacted_json.find(R"("api_key":"***")"), std::string::npos);
  EXPECT_TRUE(config->secrets.touches("?token=nx-secret"));
}

TEST_F(ConfigTest, HasDocumentedDefaults) {
  auto config = parse_config(R"({"feeds": {"nexusglass": {"api_key": "nx-secret"}}})", source_);
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->tapes, "tapes");
  EXPECT_EQ(config->name, "live");
  EXPECT_EQ(config->commit_ms, 50);
  EXPECT_EQ(config->durability, Durability::process);
  const LinkSettings& settings = config->feeds[0].settings;
  EXPECT_EQ(settings.ws_url, "wss://nexusglass.live");
  EXPECT_EQ(settings.rest_url, "https://nexusglass.live");
  EXPECT_EQ(settings.connections, 1);
  EXPECT_EQ(settings.reconnect.initial_ms, 1'000);
  EXPECT_EQ(settings.reconnect.max_ms, 30'000);
  EXPECT_EQ(settings.reconnect.jitter_ms, 500);
}

TEST_F(ConfigTest, EveryMistakeNamesItsKey) {
  const struct {
    const char* text;
    const char* named;
    const char* remedy;
  } cases[] = {
      {R"({"feeds": {}})", "feeds", "nexusglass"},
      {R"([])", "configuration", "object"},
      {R"({"feeds")", "JSON", ""},
      {R"({"commit_ms": 1e999})", "JSON", ""},
      {R"({"tape": "x", "feeds": {"nexusglass": {"api_key": "abcd"}}})", "tape", "tapes"},
      {R"({"commit_ms": 0, "feeds": {"nexusglass": {"api_key": "abcd"}}})", "commit_ms", "1 to"},
      {R"({"durability": "paper", "feeds": {"nexusglass": {"api_key": "abcd"}}})", "durability",
       "process"},
      {R"({"feeds": {"nexusglas": {"api_key": "abcd"}}})", "feeds.nexusglas", "\"nexusglass\""},
      {R"({"feeds": {"nexusglass": {"api_kee": "abcd"}}})", "feeds.nexusglass.api_key",
       "api_key_file"},
      {R"({"feeds": {"nexusglass": {"api_key": "abcd", "endpoint": ["ws"]}}})",
       "feeds.nexusglass.endpoint", "\"endpoints\""},
      {R"({"feeds": {"nexusglass": {"api_key": "${NO_SUCH_KEY}"}}})", "feeds.nexusglass.api_key",
       "NO_SUCH_KEY"},
      {R"({"feeds": {"nexusglass": {"api_key": "abcd", "ws_url": "https://x"}}})",
       "feeds.nexusglass.ws_url", "wss://"},
      {R"({"feeds": {"nexusglass": {"api_key": "abcd", "ws_url": "ws://me:word@host/x"}}})",
       "feeds.nexusglass.ws_url", "a user name"},
      {R"({"feeds": {"nexusglass": {"api_key": "abcd", "rest_url": "ftp://x"}}})",
       "feeds.nexusglass.rest_url", "https://"},
      {R"({"feeds": {"nexusglass": {"api_key": "abcd", "reconnect": {"max_ms": 5}}}})",
       "feeds.nexusglass.reconnect.max_ms", "initial_ms"},
      {R"({"feeds": {"nexusglass": {"api_key": "abcd", "timeouts": {"idle": 5}}}})",
       "feeds.nexusglass.timeouts.idle", "idle_ms"},
      {R"({"name": "a/b", "feeds": {"nexusglass": {"api_key": "abcd"}}})", "name", "file name"},
  };
  for (const auto& c : cases) {
    const std::string error = error_of(c.text);
    EXPECT_NE(error.find(c.named), std::string::npos) << c.text << "\n" << error;
    EXPECT_NE(error.find(c.remedy), std::string::npos) << c.text << "\n" << error;
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
  }
}

TEST_F(ConfigTest, AFeedThatIsOffNeedsNoCredentials) {
  EXPECT_EQ(error_of(R"({"feeds": {"nexusglass": {"api_key": "${UNSET}", "enabled": false},
                                   "hypercall": {"channels": ["trades"]}}})"),
            "");
  EXPECT_EQ(
      error_of(
          R"({"feeds": {"nexusglass": {"api_key": "${UNSET}"}, "hypercall": {"channels": ["trades"]}}})",
          {"hypercall"}),
      "");
}

TEST_F(ConfigTest, FeedsThatAreAskedForMustExistAndBeConfigured) {
  const std::string text = R"({"feeds": {"hypercall": {"channels": ["trades"]}}})";
  EXPECT_NE(error_of(text, {"hypercal"}).find("did you mean \"hypercall\""), std::string::npos);
  EXPECT_NE(error_of(text, {"nexusglass"}).find("no feeds.nexusglass"), std::string::npos);
}

TEST(ProcessSource, ReadsFilesWholeAndSaysWhyOneCannotBeRead) {
  const testing::TempDir directory;
  const ProcessSource source;
  std::ofstream(directory.file("empty"));
  const std::string bytes = std::string(10'000, 'x') + std::string("\0\n", 2);
  std::ofstream(directory.file("some"), std::ios::binary) << bytes;
  EXPECT_EQ(*source.read_file(directory.file("empty")), "");
  EXPECT_EQ(*source.read_file(directory.file("some")), bytes);
  EXPECT_EQ(source.read_file(directory.file("none")).error().message,
            "cannot read " + directory.file("none") + ": No such file or directory");
  EXPECT_EQ(source.read_file(directory.path()).error().message,
            "cannot read " + directory.path() + ": Is a directory");
}

}  // namespace
}  // namespace tapedeck
