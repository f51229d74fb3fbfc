// What every feed's simulator and normalizer must keep.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "tests/conformance/feed_cases.h"
#include "tests/support/damage.h"

namespace tapedeck::testing {
namespace {

using Lines = std::vector<std::string>;

class NormalizerConformance : public ForEveryFeed {
 protected:
  static std::unique_ptr<Normalizer> fresh(int connections = 1) {
    return feed().make_normalizer(connections);
  }
  static std::vector<SimMessage> cycle(std::int64_t first = 0, std::int64_t cycles = 1) {
    const auto simulator = feed().make_simulator(1);
    return sim_messages(*simulator, first, cycles * simulator->cycle());
  }
  // Rows and cursors of a delivery.
  static void add(Normalizer& normalizer, const SimMessage& message, int slot, RowLog& log) {
    const Inbound inbound(message.endpoint, message.payload, message.at_ns, slot);
    normalizer.normalize(inbound.frame(), log);
  }
  static RowLog rows_of(const std::vector<SimMessage>& messages) {
    const auto normalizer = fresh();
    RowLog log;
    for (const SimMessage& message : messages) add(*normalizer, message, 0, log);
    return log;
  }
  static bool is_about_failure(const std::string& row) {
    return row.starts_with("unparsed ") || row.starts_with("feed_error ");
  }
  // Places where to cut: everywhere near the beginning, then more sparsely.
  static std::size_t next_cut(std::size_t size) { return size < 400 ? size + 1 : size + 13; }
};
INSTANTIATE_TEST_SUITE_P(Feeds, NormalizerConformance, every_feed(), feed_name);

TEST_P(NormalizerConformance, SimulatorMakesTheSameMessagesAgainInAnyOrder) {
  const auto a = feed().make_simulator(7);
  const auto b = feed().make_simulator(7);
  const auto other = feed().make_simulator(8);
  const Simulator::Timeline line = sim_timeline(0);
  const std::int64_t count = 2 * a->cycle();
  ASSERT_GT(count, 0);
  const auto forward = sim_messages(*a, 0, count);
  bool differs = false;
  for (std::int64_t k = count - 1; k >= 0; --k) {
    const auto again = b->message(k, line.time_of(k));
    const SimMessage& message = forward[static_cast<std::size_t>(k)];
    EXPECT_EQ(again.payload, message.payload) << k;
    EXPECT_EQ(again.endpoint, message.endpoint) << k;
    differs = differs || other->message(k, line.time_of(k)).payload != message.payload;
  }
  EXPECT_TRUE(differs) << "the seed changes nothing";
}

TEST_P(NormalizerConformance, SimulatorServesItsOwnServicesEndpoints) {
  for (const SimMessage& message : cycle()) {
    const std::string& endpoint = message.endpoint;
    const std::string path = endpoint.starts_with('/') ? endpoint : "/" + endpoint;
    EXPECT_EQ(feed().service().endpoint_of(path), endpoint);
  }
}

TEST_P(NormalizerConformance, SimulatorHoldsTheSameTypesInEveryCycle) {
  const auto types_from = [](std::int64_t first) {
    std::set<std::string> types;
    const auto normalizer = fresh();
    for (const SimMessage& message : cycle(first)) {
      const Inbound inbound(message.endpoint, message.payload);
      const FrameTag tag = normalizer->classify(inbound.frame());
      types.insert(message.endpoint + ' ' + std::string(tag.type));
    }
    return types;
  };
  const auto types = types_from(0);
  for (const std::int64_t first : {1, 17, 1'000'003}) EXPECT_EQ(types_from(first), types) << first;
}

TEST_P(NormalizerConformance, TurnsEverySimulatedMessageIntoRows) {
  for (const std::int64_t first : {0, 1'000'003}) {
    for (const SimMessage& message : cycle(first, 3)) {
      const auto normalizer = fresh();
      const Inbound inbound(message.endpoint, message.payload, message.at_ns);
      EXPECT_EQ(normalizer->classify(inbound.frame()).role, FrameRole::data) << message.payload;
      RowLog log;
      normalizer->normalize(inbound.frame(), log);
      EXPECT_FALSE(log.rows.empty()) << message.payload;
      for (const std::string& row : log.rows) {
        EXPECT_FALSE(is_about_failure(row)) << row << '\n' << message.payload;
      }
    }
  }
}

TEST_P(NormalizerConformance, ClassifiesAFrameByItsBytesAlone) {
  const auto used = fresh(2);
  RowLog ignored;
  for (const SimMessage& message : cycle()) {
    const Inbound inbound(message.endpoint, message.payload, message.at_ns);
    const Inbound later(message.endpoint, message.payload, message.at_ns + kNsPerSec, 1);
    const std::string tag = tag_text(fresh()->classify(inbound.frame()));
    EXPECT_EQ(tag_text(used->classify(inbound.frame())), tag) << message.payload;
    used->normalize(inbound.frame(), ignored);
    EXPECT_EQ(tag_text(used->classify(inbound.frame())), tag) << message.payload;
    EXPECT_EQ(tag_text(used->classify(later.frame())), tag) << message.payload;
  }
}

TEST_P(NormalizerConformance, GivesTheSameRowsAgainFromAFreshState) {
  const auto messages = cycle(0, 3);
  const RowLog first = rows_of(messages);
  const RowLog again = rows_of(messages);
  EXPECT_EQ(first.rows, again.rows);
  EXPECT_EQ(first.cursors, again.cursors);
}

TEST_P(NormalizerConformance, FoldsWhatRedundantConnectionsDeliverTwice) {
  const auto messages = cycle(0, 3);
  const RowLog one = rows_of(messages);

  const auto in_turn = fresh(2);
  RowLog turns;
  for (const SimMessage& message : messages) {
    add(*in_turn, message, static_cast<int>(message.k % 2), turns);
    add(*in_turn, message, static_cast<int>((message.k + 1) % 2), turns);
  }
  EXPECT_EQ(turns.rows, one.rows);
  EXPECT_EQ(turns.cursors, one.cursors);

  // The second connection lags a whole stretch behind.
  const auto lagging = fresh(2);
  RowLog late;
  for (const int slot : {0, 1}) {
    for (const SimMessage& message : messages) add(*lagging, message, slot, late);
  }
  EXPECT_EQ(late.rows, one.rows);
}

TEST_P(NormalizerConformance, TakesEveryTruncationForWhatItIs) {
  const auto normalizer = fresh();
  for (const SimMessage& message : cycle()) {
    const std::string_view whole = message.payload;
    for (std::size_t size = 0; size < whole.size(); size = next_cut(size)) {
      const std::string part(whole.substr(0, size));
      const Inbound inbound(message.endpoint, part, message.at_ns);
      RowLog log;
      ASSERT_NO_THROW(normalizer->classify(inbound.frame()));
      ASSERT_NO_THROW(normalizer->normalize(inbound.frame(), log)) << part;
      ASSERT_EQ(log.rows.size(), 1U) << part;
      ASSERT_TRUE(log.rows[0].starts_with("unparsed live reason=")) << log.rows[0];
    }
  }
}

TEST_P(NormalizerConformance, SurvivesRandomDamage) {
  const auto normalizer = fresh();
  std::mt19937_64 random(20'261'121);
  for (const SimMessage& message : cycle()) {
    for (int round = 0; round < 40; ++round) {
      const std::string payload = damaged(message.payload, random);
      const Inbound inbound(message.endpoint, payload, message.at_ns);
      RowLog log;
      ASSERT_NO_THROW(normalizer->classify(inbound.frame())) << payload;
      ASSERT_NO_THROW(normalizer->normalize(inbound.frame(), log)) << payload;
    }
  }
}

TEST_P(NormalizerConformance, KeepsWhatItCannotReadAsUnparsedData) {
  for (const std::string& endpoint : plan().endpoints()) {
    const struct {
      std::string payload;
      Opcode opcode;
    } cases[] = {{"\x01\x02", Opcode::binary},
                 {R"({"type":"PING"})", Opcode::binary},
                 {"", Opcode::text},
                 {"hello", Opcode::text},
                 {"{\"type\":\"\xff\"}", Opcode::text},
                 {"{}", Opcode::text},
                 {"[]", Opcode::text},
                 {"7", Opcode::text}};
    for (const auto& c : cases) {
      const auto normalizer = fresh();
      const Inbound inbound(endpoint, c.payload, 1'000, 0, c.opcode);
      EXPECT_EQ(normalizer->classify(inbound.frame()).role, FrameRole::data) << c.payload;
      RowLog log;
      normalizer->normalize(inbound.frame(), log);
      ASSERT_EQ(log.rows.size(), 1U) << c.payload;
      EXPECT_TRUE(log.rows[0].starts_with("unparsed live reason=")) << log.rows[0];
    }
  }
}

}  // namespace
}  // namespace tapedeck::testing
