// Broken NexusGlass messages: whatever arrives, the normalizer accounts for it.
#include <gtest/gtest.h>

#include <random>

#include "schema/feeds/nexusglass/feed.h"
#include "tests/support/damage.h"
#include "tests/support/fakes.h"

namespace tapedeck {
namespace {

using testing::Inbound;
using testing::RowLog;
using testing::testdata;

const char* const kFiles[] = {"handshake.json",
                              "event.json",
                              "error.json",
                              "ping.json",
                              "pong.json",
                              "snapshot_payload_array.json",
                              "snapshot_wrapped.json",
                              "snapshot_payload_data_events.json",
                              "ticker.json",
                              "oi_delta.json",
                              "bridge_delta.json"};
const char* const kEndpoints[] = {"ws", "ws/nexus-bridge", "ws/fastfeed"};

// A frame is accounted for when it gives a row, when it is one that the server says itself and that
// has none, or when its events are on the tape already: then a normalizer without memory gives
// their rows.
void expect_accounted_for(Normalizer& used, const char* endpoint, const std::string& payload) {
  const Inbound inbound(endpoint, payload);
  RowLog log;
  ASSERT_NO_THROW(used.normalize(inbound.frame(), log));
  const FrameRole role = used.classify(inbound.frame()).role;
  if (role == FrameRole::handshake || role == FrameRole::heartbeat) {
    EXPECT_EQ(log.rows.size(), 0U) << payload;
    return;
  }
  if (!log.rows.empty()) return;
  EXPECT_GT(testing::normalize_one(*nexusglass_feed().make_normalizer(1), endpoint, payload).size(),
            0U)
      << payload;
}

TEST(NexusGlassMutations, AccountsForEveryTruncation) {
  const auto normalizer = nexusglass_feed().make_normalizer(1);
  for (const char* file : kFiles) {
    const std::string whole = testdata("nexusglass", file);
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      for (const char* endpoint : kEndpoints) {
        expect_accounted_for(*normalizer, endpoint, whole.substr(0, size));
      }
    }
  }
}

TEST(NexusGlassMutations, AccountsForRandomDamage) {
  const auto normalizer = nexusglass_feed().make_normalizer(1);
  std::mt19937_64 random(20'260'317);
  for (const char* file : kFiles) {
    const std::string whole = testdata("nexusglass", file);
    for (int round = 0; round < 1'500; ++round) {
      expect_accounted_for(*normalizer, kEndpoints[random() % 3], testing::damaged(whole, random));
    }
  }
}

// Damage that leaves the text JSON: members swapped for values of every other kind.
TEST(NexusGlassMutations, AccountsForValuesOfTheWrongKind) {
  const char* const kValues[] = {"null", "true",  "0",  "-0.0", "1e999",
                                 "\"\"", "\"x\"", "[]", "{}",   "[[]]"};
  const char* const kTypes[] = {"EVENT", "SNAPSHOT", "ERROR", "OTHER"};
  const char* const kMembers[] = {"id",          "type",       "priority",  "symbol", "confidence",
                                  "detected_at", "latency_ms", "narrative", "data",   "events"};
  const auto normalizer = nexusglass_feed().make_normalizer(1);
  const auto check = [&](const std::string& payload) {
    for (const char* endpoint : kEndpoints) {
      const Inbound inbound(endpoint, payload);
      RowLog log;
      ASSERT_NO_THROW(normalizer->normalize(inbound.frame(), log)) << payload;
      const bool is_empty_list =
          payload.find("SNAPSHOT") != std::string::npos && payload.find("[]") != std::string::npos;
      if (!is_empty_list) expect_accounted_for(*normalizer, endpoint, payload);
    }
  };
  for (const char* type : kTypes) {
    for (const char* value : kValues) {
      check(std::string(R"({"type":")") + type + R"(","payload":)" + value + "}");
      for (const char* member : kMembers) {
        check(std::string(R"({"type":")") + type + R"(","payload":{"id":1,")" + member +
              "\":" + value + "}}");
        check(std::string(R"({"type":")") + type + R"(","payload":[{")" + member + "\":" + value +
              "}]}");
      }
    }
  }
}

}  // namespace
}  // namespace tapedeck
