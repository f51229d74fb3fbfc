// AlphaHub's simulator: determinism, coverage, and that what it makes up is what the decoder
// expects.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "schema/base/text.h"
#include "schema/feeds/alphahub/feed.h"
#include "schema/feeds/alphahub/wire.h"
#include "tests/support/fakes.h"

namespace tapedeck {
namespace {

using Lines = std::vector<std::string>;

constexpr Ns kEpoch = 1'773'743'400 * kNsPerSec;

Simulator::Timeline timeline(std::int64_t upto, double rate = 10) {
  return {upto, kEpoch, rate};
}

TEST(AlphaHubSimulator, MakesTheSameMessageAgainInAnyOrder) {
  const Feed& feed = alphahub_feed();
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
  EXPECT_GT(differing, 190);
}

// What of the service's possible shapes a message has.
void note_shapes(std::string_view payload, std::set<std::string>& seen) {
  JsonDoc doc;
  ASSERT_TRUE(doc.parse(payload)) << payload;
  const auto message = alphahub::parse_message(doc.root());
  ASSERT_TRUE(message.has_value()) << payload;
  seen.insert(std::string(message->topic));
  EXPECT_EQ(message->event, "new_signals");
  const Json open = message->payload["open"];
  const Json close = message->payload["close"];
  if (open.exists() && close.exists()) seen.insert("both lists");
  if (!open.exists()) seen.insert("close alone");
  if (!close.exists()) seen.insert("open alone");
  if (open.exists() && close.exists() && close.size() == 0) seen.insert("an empty list");
  for (const Json list : {open, close}) {
    std::set<std::string_view> legs;
    for (Json leg = list.first(); leg.exists(); leg = leg.next()) {
      if (!legs.insert(leg.raw()).second) seen.insert("legs that look alike");
      const Json price = leg["price"];
      if (price.is_string()) seen.insert("price as a text");
      if (price.is_number()) seen.insert(price.integer() ? "whole price" : "decimal price");
      for (const char* digits : {"12.067400000000001", "1e-28", "-0.0", "95000.50"}) {
        if (price.scalar() == digits) seen.insert(digits);
      }
      if (leg[" symbol"].exists()) seen.insert("a name with a blank");
      if (leg["weight"].exists()) seen.insert("weight");
      seen.insert("side " + to_lower(leg["side"].text()));
      seen.insert(leg["timestamp"].text().find(' ') == std::string_view::npos
                      ? "time with T"
                      : "time with blank T");
    }
  }
}

TEST(AlphaHubSimulator, HoldsEveryShapeAndAlgorithmInAnyCycle) {
  const std::set<std::string> in_each = {"algorithms:14",
                                         "algorithms:16",
                                         "algorithms:17",
                                         "algorithms:18",
                                         "both lists",
                                         "close alone",
                                         "open alone",
                                         "an empty list",
                                         "legs that look alike",
                                         "price as a text",
                                         "whole price",
                                         "decimal price",
                                         "a name with a blank",
                                         "weight",
                                         "side buy",
                                         "side sell",
                                         "side hold",
                                         "time with T",
                                         "time with blank T",
                                         "12.067400000000001",
                                         "1e-28",
                                         "-0.0",
                                         "95000.50"};
  for (const std::uint64_t seed : {1, 2, 3}) {
    const auto simulator = alphahub_feed().make_simulator(seed);
    const auto line = timeline(0);
    for (const std::int64_t start : {0, 1, 17, 1'000'003}) {
      std::set<std::string> seen;
      for (std::int64_t k = start; k < start + simulator->cycle(); ++k) {
        const auto message = simulator->message(k, line.time_of(k));
        EXPECT_EQ(message.endpoint, "socket/websocket");
        note_shapes(message.payload, seen);
      }
      EXPECT_EQ(seen, in_each) << seed << ' ' << start;
    }
  }
}

// The row of a leg, from its own JSON.
std::string expected_row(std::string_view topic, std::string_view action, int number, Json leg) {
  std::string row = "signal live @";
  row += std::to_string(*parse_rfc3339(leg["timestamp"].text(), MissingZone::assume_utc));
  row.append(" algorithm_id=").append(topic.substr(topic.find(':') + 1));
  row.append(" action=").append(action).append(" leg=").append(std::to_string(number));
  const Json symbol = leg[" symbol"].exists() ? leg[" symbol"] : leg["symbol"];
  row.append(" symbol=").append(symbol.text());
  row.append(" side=").append(to_lower(leg["side"].text()));
  return row.append(" price=").append(leg["price"].scalar());
}

TEST(AlphaHubSimulator, MakesUpWhatTheDecoderExpects) {
  const auto simulator = alphahub_feed().make_simulator(5);
  const auto normalizer = alphahub_feed().make_normalizer(1);
  const auto line = timeline(0, 3);
  for (std::int64_t k = 0; k < 20 * simulator->cycle(); ++k) {
    const auto message = simulator->message(k, line.time_of(k));
    JsonDoc doc;
    ASSERT_TRUE(doc.parse(message.payload));
    Lines expected;
    const Json payload = doc.root().at(4);
    for (Json list = payload.first(); list.exists(); list = list.next()) {
      int number = 0;
      for (Json leg = list.first(); leg.exists(); leg = leg.next()) {
        expected.push_back(expected_row(doc.root().at(2).text(), list.key(), number++, leg));
      }
    }
    EXPECT_GT(expected.size(), 2U);
    EXPECT_EQ(testing::normalize_one(*normalizer, "socket/websocket", message.payload), expected);
  }
}

// The legs of `topic` among the first `upto` messages, as the history writes them, oldest first.
Lines legs_sent(const Simulator& simulator, const Simulator::Timeline& line,
                const std::string& topic, const std::string& symbol = "") {
  Lines legs;
  for (std::int64_t k = 0; k < line.upto; ++k) {
    const auto message = simulator.message(k, line.time_of(k));
    JsonDoc doc;
    EXPECT_TRUE(doc.parse(message.payload));
    if (doc.root().at(2).text() != topic) continue;
    const Json payload = doc.root().at(4);
    for (Json list = payload.first(); list.exists(); list = list.next()) {
      for (Json leg = list.first(); leg.exists(); leg = leg.next()) {
        const Json name = leg[" symbol"].exists() ? leg[" symbol"] : leg["symbol"];
        if (!symbol.empty() && name.text() != symbol) continue;
        std::string text = "{\"price\":";
        text.append(leg["price"].raw()).append(",\"side\":").append(leg["side"].raw());
        text.append(",\"symbol\":").append(name.raw());
        legs.push_back(text.append(",\"timestamp\":").append(leg["timestamp"].raw()) + "}");
      }
    }
  }
  return legs;
}

TEST(AlphaHubSimulator, RemembersEveryLegInItsHistory) {
  const auto simulator = alphahub_feed().make_simulator(5);
  for (const std::int64_t upto : {0, 1, 2, 3, 4, 5, 101}) {
    const auto line = timeline(upto);
    for (const char* topic : {"algorithms:14", "algorithms:16", "algorithms:17", "algorithms:18"}) {
      ServiceData::Query query;
      query.stream = topic;
      query.limit = 100'000;
      Lines expected = legs_sent(*simulator, line, topic);
      EXPECT_EQ(simulator->history(query, line), expected) << topic << ' ' << upto;
      query.newest_first = true;
      std::reverse(expected.begin(), expected.end());
      EXPECT_EQ(simulator->history(query, line), expected) << topic << ' ' << upto;
    }
  }
}

TEST(AlphaHubSimulator, PagesItsHistory) {
  const auto simulator = alphahub_feed().make_simulator(5);
  const auto line = timeline(400);
  const Lines all = legs_sent(*simulator, line, "algorithms:16");
  ServiceData::Query query;
  query.stream = "algorithms:16";
  query.limit = 7;
  Lines paged;
  while (true) {
    const Lines page = simulator->history(query, line);
    paged.insert(paged.end(), page.begin(), page.end());
    if (page.size() < query.limit) break;
    query.offset += page.size();
  }
  EXPECT_GT(all.size(), 300U);
  EXPECT_EQ(paged, all);
}

// A day's timeline is long: only what is asked for may be made.
TEST(AlphaHubSimulator, FindsTheNewestOfALongHistory) {
  const auto simulator = alphahub_feed().make_simulator(5);
  const std::int64_t upto = 4'000'000'000'000;
  const auto line = timeline(upto, 1'000);
  ServiceData::Query query;
  query.stream = "algorithms:18";
  query.limit = 3;
  query.newest_first = true;
  const auto last = simulator->message(upto - 1, line.time_of(upto - 1));
  const Lines found = simulator->history(query, line);
  ASSERT_EQ(found.size(), 3U);
  JsonDoc doc;
  ASSERT_TRUE(doc.parse(last.payload));
  EXPECT_EQ(doc.root().at(2).text(), "algorithms:18");
  const Json open = doc.root().at(4)["open"];
  EXPECT_EQ(found.front(), open.at(open.size() - 1).raw());
}

TEST(AlphaHubSimulator, SelectsItsHistory) {
  const auto simulator = alphahub_feed().make_simulator(5);
  const auto line = timeline(1'000);
  for (const char* symbol : {"VRTX", "RDS/A"}) {
    ServiceData::Query query;
    query.stream = "algorithms:17";
    query.limit = 100'000;
    query.symbol = symbol;
    const Lines expected = legs_sent(*simulator, line, "algorithms:17", symbol);
    EXPECT_GT(expected.size(), 20U);
    EXPECT_EQ(simulator->history(query, line), expected);
  }
  for (const char* stream : {"algorithms:15", "algorithms:", "", "socket/websocket"}) {
    ServiceData::Query query;
    query.stream = stream;
    EXPECT_EQ(simulator->history(query, line), Lines{}) << stream;
  }
  EXPECT_EQ(simulator->snapshot("socket/websocket", line), std::nullopt);
}

}  // namespace
}  // namespace tapedeck
