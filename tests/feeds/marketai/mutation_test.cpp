// Broken Market.ai messages: whatever arrives, the normalizer accounts for it.
#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <set>

#include "schema/feeds/marketai/feed.h"
#include "tests/support/damage.h"
#include "tests/support/fakes.h"

namespace tapedeck::testing {
namespace {

// Every payload that there is.
std::set<std::string> all_payloads() {
  std::set<std::string> payloads;
  const std::string folder = std::string(TAPEDECK_SOURCE_DIR) + "/tests/feeds/marketai/testdata";
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    payloads.insert(testdata("marketai", file.path().filename().string()));
  }
  return payloads;
}

// A frame is accounted for when it gives a row, or when it is one that the server says itself and
// that has none. A normalizer without memory sees every event for the first time.
void expect_accounted_for(const std::string& payload) {
  const auto normalizer = marketai_feed().make_normalizer(1);
  const Inbound inbound("/", payload);
  RowLog log;
  ASSERT_NO_THROW(normalizer->normalize(inbound.frame(), log)) << payload;
  const FrameRole role = normalizer->classify(inbound.frame()).role;
  const bool is_talk = role == FrameRole::ack || role == FrameRole::heartbeat;
  EXPECT_EQ(log.rows.empty(), is_talk) << payload;
}

TEST(MarketMutations, HasEveryDocumentedPayload) {
  EXPECT_EQ(all_payloads().size(), 22U);
}

TEST(MarketMutations, AccountsForEveryTruncation) {
  for (const std::string& whole : all_payloads()) {
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      expect_accounted_for(whole.substr(0, size));
    }
  }
}

TEST(MarketMutations, AccountsForRandomDamage) {
  std::mt19937_64 random(20'240'224);
  for (const std::string& whole : all_payloads()) {
    for (int round = 0; round < 700; ++round) {
      expect_accounted_for(damaged(whole, random));
    }
  }
}

// Damage that leaves the text JSON: members swapped for values of every other kind.
TEST(MarketMutations, AccountsForValuesOfTheWrongKind) {
  const char* const kValues[] = {"null", "true",  "false", "0",    "-0.0", "1e999",
                                 "\"\"", "\"x\"", "[]",    "[[]]", "[{}]", "{}"};
  for (const std::string& whole : all_payloads()) {
    JsonDoc doc;
    ASSERT_TRUE(doc.parse(whole));
    for (const Json object : {doc.root(), doc.root()["data"], doc.root()["data"]["exchanges"].at(0),
                              doc.root()["data"]["bid_walls"].at(0)}) {
      for (Json member = object.first(); member.exists(); member = member.next()) {
        const auto begin = static_cast<std::size_t>(member.raw().data() - doc.root().raw().data());
        for (const char* value : kValues) {
          std::string payload(doc.root().raw());
          expect_accounted_for(payload.replace(begin, member.raw().size(), value));
        }
      }
    }
  }
}

TEST(MarketMutations, NeverBreaksAClient) {
  std::mt19937_64 random(7);
  const auto plan = plan_of(marketai_feed(), R"({"api_key":"KEY","auth":"message"})");
  const auto normalizer = marketai_feed().make_normalizer(1);
  const auto client = plan->make_client("/", 0);
  const auto payloads = all_payloads();
  ActionLog log;
  for (const std::string& whole : payloads) {
    for (int round = 0; round < 200; ++round) {
      client->on_start(log);
      client->on_open(log);
      for (const std::string& before : payloads) {
        if (random() % 3 == 0) {
          const Inbound inbound("/", before);
          client->on_frame(inbound.frame(), normalizer->classify(inbound.frame()), log);
        }
      }
      std::string payload = whole;
      payload.erase(random() % payload.size(), 1 + random() % 6);
      const Inbound inbound("/", payload);
      client->on_frame(inbound.frame(), normalizer->classify(inbound.frame()), log);
      client->on_timer(static_cast<int>(1 + random() % 2), log);
      // At most one failure an attempt, and nothing after it.
      const auto actions = log.take();
      for (std::size_t i = 0; i < actions.size(); ++i) {
        if (!actions[i].starts_with("fail ")) continue;
        EXPECT_EQ(i + 1, actions.size()) << actions[i];
      }
    }
  }
}

}  // namespace
}  // namespace tapedeck::testing
