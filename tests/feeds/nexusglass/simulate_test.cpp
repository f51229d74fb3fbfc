// NexusGlass's simulator: determinism, coverage, and that what it makes up is what the decoder
// expects.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "schema/feeds/nexusglass/feed.h"
#include "schema/feeds/nexusglass/wire.h"
#include "tests/support/fakes.h"

namespace tapedeck {
namespace {

using testing::Inbound;
using testing::RowLog;
using Lines = std::vector<std::string>;

constexpr Ns kEpoch = 1'773'743'400 * kNsPerSec;

Simulator::Timeline timeline(std::int64_t upto, double rate = 10) {
  return {upto, kEpoch, rate};
}

std::vector<std::int64_t> ids_of(const Lines& events) {
  std::vector<std::int64_t> ids;
  for (const std::string& event : events) {
    JsonDoc doc;
    EXPECT_TRUE(doc.parse(event)) << event;
    ids.push_back(doc.root()["id"].integer().value_or(-1));
  }
  return ids;
}

TEST(NexusGlassSimulator, MakesTheSameMessageAgainInAnyOrder) {
  const Feed& feed = nexusglass_feed();
  const auto a = feed.make_simulator(7);
  const auto b = feed.make_simulator(7);
  const auto other = feed.make_simulator(8);
  const auto line = timeline(200);
  std::map<std::int64_t, std::string> forward;
  int differing = 0;
  for (std::int64_t k = 0; k < 200; ++k) forward[k] = a->message(k, line.time_of(k)).payload;
  for (std::int64_t k = 199; k >= 0; --k) {
    EXPECT_EQ(b->message(k, line.time_of(k)).payload, forward[k]) << k;
    if (other->message(k, line.time_of(k)).payload != forward[k]) ++differing;
  }
  EXPECT_EQ(differing, 200);
}

TEST(NexusGlassSimulator, HoldsEveryEventTypeAndMessageTypeInAnyCycle) {
  const auto simulator = nexusglass_feed().make_simulator(1);
  const auto line = timeline(0);
  std::set<std::string> expected = {"ws TICKER", "ws OI_DELTA", "ws MARKET_SNAPSHOT",
                                    "ws/nexus-bridge BRIDGE_DELTA", "ws/nexus-bridge CROSS_METRIC"};
  for (const auto& type : nexusglass::kEventTypes) {
    expected.insert("ws/fastfeed " + std::string(type.priority) + " " + std::string(type.name));
  }
  EXPECT_EQ(expected.size(), 19U);
  for (const std::int64_t start : {0, 1, 17, 1'000'003}) {
    std::set<std::string> seen;
    for (std::int64_t k = start; k < start + simulator->cycle(); ++k) {
      const auto message = simulator->message(k, line.time_of(k));
      JsonDoc doc;
      ASSERT_TRUE(doc.parse(message.payload)) << message.payload;
      const Json body = doc.root()["payload"];
      std::string what(message.endpoint);
      if (message.endpoint == "ws/fastfeed") {
        EXPECT_EQ(doc.root()["type"].text(), "EVENT");
        what += " " + std::string(body["priority"].text()) + " " + std::string(body["type"].text());
      } else {
        what += " " + std::string(doc.root()["type"].text());
      }
      seen.insert(what);
    }
    EXPECT_EQ(seen, expected) << start;
  }
}

TEST(NexusGlassSimulator, KeepsToTheDocumentedSizes) {
  const struct {
    const char* endpoint;
    std::size_t min, max;
  } ranges[] = {
      {"ws", 2'048, 8'192}, {"ws/nexus-bridge", 1'024, 4'096}, {"ws/fastfeed", 512, 2'048}};
  const auto simulator = nexusglass_feed().make_simulator(3);
  const auto line = timeline(0);
  for (std::int64_t k = 0; k < 50 * simulator->cycle(); ++k) {
    const auto message = simulator->message(k, line.time_of(k));
    for (const auto& range : ranges) {
      if (message.endpoint != range.endpoint) continue;
      EXPECT_GE(message.payload.size(), range.min) << message.payload;
      EXPECT_LE(message.payload.size(), range.max) << message.payload;
    }
  }
}

TEST(NexusGlassSimulator, NumbersEventsFromOneAndDetectsThemWithinTheirSla) {
  const std::map<std::string, std::int64_t> sla_ms = {{"P0", 100}, {"P1", 500}, {"P2", 2'000}};
  const auto simulator = nexusglass_feed().make_simulator(3);
  const auto line = timeline(0, 3);
  std::int64_t next_id = 1;
  for (std::int64_t k = 0; k < 10 * simulator->cycle(); ++k) {
    const auto message = simulator->message(k, line.time_of(k));
    if (message.endpoint != "ws/fastfeed") continue;
    JsonDoc doc;
    ASSERT_TRUE(doc.parse(message.payload));
    const Json body = doc.root()["payload"];
    EXPECT_EQ(body["id"].integer(), next_id++);
    const std::int64_t latency = body["latency_ms"].integer().value_or(-1);
    EXPECT_GT(latency, 0);
    EXPECT_LT(latency, sla_ms.at(std::string(body["priority"].text())));
    const Ns sent_ns = line.time_of(k) - line.time_of(k) % kNsPerMs;
    EXPECT_EQ(parse_rfc3339(body["detected_at"].text()), sent_ns - latency * kNsPerMs);
  }
  EXPECT_GT(next_id, 10 * 14);
}

// What a simulated message should become, from its own JSON.
std::string expected_row(const Simulator::Message& message) {
  JsonDoc doc;
  EXPECT_TRUE(doc.parse(message.payload));
  const Json body = doc.root()["payload"];
  const auto member = [&](const char* column, const char* name) {
    const Json value = body[name];
    return value.exists() ? std::string(" ") + column + "=" + std::string(value.scalar())
                          : std::string();
  };
  if (message.endpoint == "ws/fastfeed") {
    return "alert live @" + std::to_string(parse_rfc3339(body["detected_at"].text()).value_or(-1)) +
           member("event_id", "id") + member("type", "type") + member("priority", "priority") +
           member("symbol", "symbol") + member("confidence", "confidence") +
           member("latency_ms", "latency_ms") + " data=" + std::string(body["data"].raw());
  }
  Ns time_ns = -1;
  for (const char* name : {"detected_at", "timestamp", "ts", "time"}) {
    if (!body[name].exists()) continue;
    time_ns = body[name].is_string() ? parse_rfc3339(body[name].text()).value_or(-1)
                                     : body[name].integer().value_or(-1) * kNsPerMs;
  }
  return "snapshot live @" + std::to_string(time_ns) +
         " endpoint=" + std::string(message.endpoint) +
         " type=" + std::string(doc.root()["type"].text()) + member("symbol", "symbol") +
         " data=" + std::string(body.raw());
}

TEST(NexusGlassSimulator, MakesOnlyMessagesThatNormalizeToOneRow) {
  const auto simulator = nexusglass_feed().make_simulator(11);
  const auto normalizer = nexusglass_feed().make_normalizer(1);
  const auto line = timeline(0);
  for (std::int64_t k = 0; k < 20 * simulator->cycle(); ++k) {
    const auto message = simulator->message(k, line.time_of(k));
    EXPECT_EQ(testing::normalize_one(*normalizer, message.endpoint, message.payload),
              Lines{expected_row(message)});
  }
}

TEST(NexusGlassSimulator, MixesInValuesThatAreEasilyLost) {
  const auto simulator = nexusglass_feed().make_simulator(5);
  const auto line = timeline(0);
  std::string all;
  for (std::int64_t k = 0; k < 20 * simulator->cycle(); ++k) {
    const auto message = simulator->message(k, line.time_of(k));
    if (message.endpoint == "ws/fastfeed") all += message.payload;
  }
  for (const char* value :
       {":12.067400000000001,", ":-0.0,", ":1e-28,", ":9007199254740993,",
        "\"confidence\":0.9200000000000001", "清算 🐋", "caf\\u00e9 \\\"quoted\\\""}) {
    EXPECT_NE(all.find(value), std::string::npos) << value;
  }
}

TEST(NexusGlassSimulator, BeginsTheEventFeedWithItsLastTenEvents) {
  const auto simulator = nexusglass_feed().make_simulator(5);
  for (const std::int64_t upto : {0, 1, 2, 9, 100, 12'345}) {
    const auto line = timeline(upto);
    Lines events;
    for (std::int64_t k = std::max<std::int64_t>(0, upto - 100); k < upto; ++k) {
      const auto message = simulator->message(k, line.time_of(k));
      if (message.endpoint != "ws/fastfeed") continue;
      JsonDoc doc;
      ASSERT_TRUE(doc.parse(message.payload));
      events.emplace_back(doc.root()["payload"].raw());
    }
    if (events.size() > 10) events.erase(events.begin(), events.end() - 10);
    EXPECT_EQ(simulator->snapshot("ws/fastfeed", line),
              R"({"type":"SNAPSHOT","payload":{"events":[)" + join(events, ",") + "]}}")
        << upto;
  }
}

TEST(NexusGlassSimulator, BeginsTheMarketFeedsWithTheStateOfEveryMarket) {
  const auto simulator = nexusglass_feed().make_simulator(5);
  const auto normalizer = nexusglass_feed().make_normalizer(1);
  for (const char* endpoint : {"ws", "ws/nexus-bridge"}) {
    const auto snapshot = simulator->snapshot(endpoint, timeline(50));
    ASSERT_TRUE(snapshot.has_value());
    EXPECT_EQ(snapshot, simulator->snapshot(endpoint, timeline(50)));
    JsonDoc doc;
    ASSERT_TRUE(doc.parse(*snapshot));
    EXPECT_EQ(nexusglass::event_list(doc.root()["payload"]).size(), 10U);
    const Lines rows = testing::normalize_one(*normalizer, endpoint, *snapshot);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_TRUE(rows[0].starts_with("snapshot live @" + std::to_string(kEpoch + 4'900 * kNsPerMs) +
                                    " endpoint=" + endpoint + " type=SNAPSHOT data={"))
        << rows[0];
  }
  EXPECT_FALSE(simulator->snapshot("other", timeline(50)).has_value());
}

TEST(NexusGlassSimulator, AnswersHistoryInTheBytesOfTheLiveEvents) {
  const auto simulator = nexusglass_feed().make_simulator(5);
  const auto line = timeline(4 * simulator->cycle());
  Lines live;
  for (std::int64_t k = 0; k < line.upto; ++k) {
    const auto message = simulator->message(k, line.time_of(k));
    if (message.endpoint != "ws/fastfeed") continue;
    JsonDoc doc;
    ASSERT_TRUE(doc.parse(message.payload));
    live.emplace_back(doc.root()["payload"].raw());
  }
  ServiceData::Query query;
  query.stream = "ws/fastfeed";
  query.limit = 1'000;
  EXPECT_EQ(simulator->history(query, line), live);
}

TEST(NexusGlassSimulator, PagesHistory) {
  const auto simulator = nexusglass_feed().make_simulator(5);
  const auto line = timeline(2 * simulator->cycle());  // 32 events
  using Ids = std::vector<std::int64_t>;
  const struct {
    std::optional<std::int64_t> after;
    std::size_t offset, limit;
    bool newest_first;
    Ids ids;
  } cases[] = {
      {std::nullopt, 0, 3, false, {1, 2, 3}},
      {0, 0, 3, false, {1, 2, 3}},
      {-5, 0, 2, false, {1, 2}},
      {3, 0, 3, false, {4, 5, 6}},
      {3, 2, 2, false, {6, 7}},
      {30, 0, 100, false, {31, 32}},
      {32, 0, 100, false, {}},
      {INT64_MAX, 0, 100, false, {}},
      {std::nullopt, 0, 2, true, {32, 31}},
      {29, 1, 100, true, {31, 30}},
      {std::nullopt, 0, 0, false, {}},
  };
  for (const auto& c : cases) {
    ServiceData::Query query;
    query.stream = "ws/fastfeed";
    query.after = c.after;
    query.offset = c.offset;
    query.limit = c.limit;
    query.newest_first = c.newest_first;
    EXPECT_EQ(ids_of(simulator->history(query, line)), c.ids);
  }
  ServiceData::Query other;
  other.stream = "ws";
  EXPECT_EQ(simulator->history(other, line), Lines{});
}

TEST(NexusGlassSimulator, FiltersHistoryBySymbol) {
  const auto simulator = nexusglass_feed().make_simulator(5);
  const auto line = timeline(20 * simulator->cycle());
  ServiceData::Query query;
  query.stream = "ws/fastfeed";
  query.limit = 1'000;
  Lines expected;
  for (const std::string& event : simulator->history(query, line)) {
    if (event.find(R"("symbol":"ETHUSDT")") != std::string::npos) expected.push_back(event);
  }
  EXPECT_GT(expected.size(), 5U);
  query.symbol = "ETHUSDT";
  EXPECT_EQ(simulator->history(query, line), expected);
}

}  // namespace
}  // namespace tapedeck
