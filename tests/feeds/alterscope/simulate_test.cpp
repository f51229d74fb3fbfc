// Alterscope's simulator: determinism, coverage, and that its changes follow one another.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "schema/feeds/alterscope/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck {
namespace {

using Lines = std::vector<std::string>;

constexpr Ns kEpoch = 1'777'278'842 * kNsPerSec;

Simulator::Timeline timeline(std::int64_t upto, double rate = 10) {
  return {upto, kEpoch, rate};
}

// `opportunity factor` of a message.
std::string subject(Json message) {
  return std::string(message["opportunity_id"].text()) + ' ' +
         std::string(message["factor"].text());
}

TEST(AlterscopeSimulator, MakesTheSameMessageAgainInAnyOrder) {
  const auto a = alterscope_feed().make_simulator(7);
  const auto b = alterscope_feed().make_simulator(7);
  const auto other = alterscope_feed().make_simulator(8);
  const auto line = timeline(0);
  std::map<std::int64_t, std::string> forward;
  for (std::int64_t k = 0; k < 200; ++k) forward[k] = a->message(k, line.time_of(k)).payload;
  int differing = 0;
  for (std::int64_t k = 199; k >= 0; --k) {
    EXPECT_EQ(b->message(k, line.time_of(k)).payload, forward[k]) << k;
    if (other->message(k, line.time_of(k)).payload != forward[k]) ++differing;
  }
  EXPECT_GT(differing, 190);
}

TEST(AlterscopeSimulator, ChangesEveryFactorOfEveryOpportunityOnceACycle) {
  const auto simulator = alterscope_feed().make_simulator(1);
  for (const std::int64_t start : {0, 1, 17, 1'000'003}) {
    std::set<std::string> subjects;
    std::set<std::string> opportunities;
    for (std::int64_t k = start; k < start + simulator->cycle(); ++k) {
      const auto message = simulator->message(k, kEpoch);
      EXPECT_EQ(message.endpoint, "v2/ws/factors");
      JsonDoc doc;
      ASSERT_TRUE(doc.parse(message.payload)) << message.payload;
      EXPECT_EQ(doc.root()["type"].text(), "factor.changed");
      subjects.insert(subject(doc.root()));
      opportunities.emplace(doc.root()["opportunity_id"].text());
    }
    EXPECT_EQ(static_cast<std::int64_t>(subjects.size()), simulator->cycle()) << start;
    EXPECT_EQ(opportunities.size(), 8U) << start;
    EXPECT_TRUE(opportunities.contains("aave-usdc-lending"));
    EXPECT_TRUE(subjects.contains("hyperliquid-btc-basis dynamic_stability_ratio"));
  }
}

TEST(AlterscopeSimulator, LetsEveryChangeBeginWhereTheLastOneEnded) {
  const auto simulator = alterscope_feed().make_simulator(3);
  std::map<std::string, std::string> last;
  for (const std::int64_t start : {0, 1'000'003}) {
    last.clear();
    for (std::int64_t k = start; k < start + 50 * simulator->cycle(); ++k) {
      const auto message = simulator->message(k, kEpoch);
      JsonDoc doc;
      ASSERT_TRUE(doc.parse(message.payload)) << message.payload;
      const std::string previous(doc.root()["previous"].raw());
      const std::string current(doc.root()["current"].raw());
      EXPECT_NE(previous, current) << message.payload;
      const auto [known, is_first] = last.try_emplace(subject(doc.root()), previous);
      EXPECT_EQ(known->second, previous) << message.payload;
      known->second = current;
    }
    EXPECT_EQ(static_cast<std::int64_t>(last.size()), simulator->cycle());
  }
}

TEST(AlterscopeSimulator, DatesChangesShortlyBeforeTheyAreSent) {
  const auto simulator = alterscope_feed().make_simulator(3);
  const auto line = timeline(0, 3);
  std::set<std::size_t> lengths;
  for (std::int64_t k = 0; k < 1'000; ++k) {
    const Ns at_ns = line.time_of(k);
    JsonDoc doc;
    ASSERT_TRUE(doc.parse(simulator->message(k, at_ns).payload));
    const std::string_view as_of = doc.root()["as_of"].text();
    const Ns age = at_ns - parse_rfc3339(as_of).value_or(0);
    EXPECT_GE(age, 0) << as_of;
    EXPECT_LT(age, 2 * kNsPerSec) << as_of;
    lengths.insert(as_of.size());
  }
  for (const std::size_t length : {20U, 24U, 27U, 30U}) EXPECT_TRUE(lengths.contains(length));
}

// What a simulated message should become, from its own JSON.
std::string expected_row(Json message) {
  const auto member = [&](const char* name) {
    const Json value = message[name];
    return value.exists() ? std::string(" ") + name + "=" + std::string(value.scalar())
                          : std::string();
  };
  return "factor live @" + std::to_string(parse_rfc3339(message["as_of"].text()).value_or(-1)) +
         member("opportunity_id") + member("factor") + member("previous") + member("current") +
         member("as_of_block");
}

TEST(AlterscopeSimulator, MakesOnlyMessagesThatNormalizeToTheirRow) {
  const auto simulator = alterscope_feed().make_simulator(11);
  const auto normalizer = alterscope_feed().make_normalizer(1);
  const auto line = timeline(0);
  for (std::int64_t k = 0; k < 20 * simulator->cycle(); ++k) {
    const auto message = simulator->message(k, line.time_of(k));
    JsonDoc doc;
    ASSERT_TRUE(doc.parse(message.payload));
    EXPECT_EQ(testing::normalize_one(*normalizer, message.endpoint, message.payload),
              Lines{expected_row(doc.root())});
  }
}

TEST(AlterscopeSimulator, MixesInValuesThatAreEasilyLost) {
  const auto simulator = alterscope_feed().make_simulator(5);
  std::string all;
  for (std::int64_t k = 0; k < 60 * simulator->cycle(); ++k) {
    all += simulator->message(k, kEpoch).payload;
  }
  for (const char* value :
       {"\"current\":12.067400000000001,", "\"current\":\"12.067400000000001\",",
        "\"previous\":-0.0,", "\"current\":1e-28,", "\"previous\":\"95000.50\",",
        "\"current\":0.1000,", "\"as_of_block\":22341488,", "\"as_of_block\":90071992547409",
        "\"as_of_block\":92233720368547758", "清算 🐋", "caf\\u00e9 \\\"basis\\\"", "\"meta\":{",
        "\"details\":{", "\"severity\":\"high\""}) {
    EXPECT_NE(all.find(value), std::string::npos) << value;
  }
}

TEST(AlterscopeSimulator, SendsNoSnapshot) {
  const auto simulator = alterscope_feed().make_simulator(5);
  EXPECT_EQ(simulator->snapshot("v2/ws/factors", timeline(100)), std::nullopt);
}

// The last change of each factor of an opportunity, from the messages themselves.
Lines state_of(const Simulator& simulator, const std::string& opportunity,
               const Simulator::Timeline& line) {
  std::map<std::string, std::pair<std::int64_t, std::string>> last;
  for (std::int64_t k = 0; k < line.upto; ++k) {
    JsonDoc doc;
    EXPECT_TRUE(doc.parse(simulator.message(k, line.time_of(k)).payload));
    const Json message = doc.root();
    if (message["opportunity_id"].text() != opportunity) continue;
    std::string row = "{";
    for (const char* name : {"factor", "current", "previous", "as_of", "as_of_block"}) {
      if (!message[name].exists()) continue;
      if (row.size() > 1) row += ',';
      row += "\"" + std::string(name) + "\":" + std::string(message[name].raw());
    }
    last[subject(message)] = {k, row + "}"};
  }
  std::map<std::int64_t, std::string> by_time;
  for (const auto& [name, row] : last) by_time.insert(row);
  Lines rows;
  for (const auto& [k, row] : by_time) rows.push_back(row);
  return rows;
}

TEST(AlterscopeSimulator, AnswersHistoryWithTheLastChangeOfEachFactor) {
  const auto simulator = alterscope_feed().make_simulator(5);
  for (const std::int64_t upto : {0, 1, 2, 9, 39, 40, 41, 500}) {
    const auto line = timeline(upto);
    for (const char* opportunity : {"hyperliquid-btc-basis", "pendle-pt-eeth", "curve-3pool-lp"}) {
      Lines expected = state_of(*simulator, opportunity, line);
      ServiceData::Query query;
      query.stream = opportunity;
      EXPECT_EQ(simulator->history(query, line), expected) << upto << ' ' << opportunity;
      query.newest_first = true;
      std::reverse(expected.begin(), expected.end());
      EXPECT_EQ(simulator->history(query, line), expected) << upto << ' ' << opportunity;
    }
  }
}

TEST(AlterscopeSimulator, PagesHistoryAndFiltersItByFactor) {
  const auto simulator = alterscope_feed().make_simulator(5);
  const auto line = timeline(500);
  const Lines all = state_of(*simulator, "aave-usdc-lending", line);
  ASSERT_EQ(all.size(), 5U);
  ServiceData::Query query;
  query.stream = "aave-usdc-lending";
  query.offset = 1;
  query.limit = 2;
  EXPECT_EQ(simulator->history(query, line), (Lines{all[1], all[2]}));
  query.limit = 0;
  EXPECT_EQ(simulator->history(query, line), Lines{});
  query.limit = 100;
  query.offset = 5;
  EXPECT_EQ(simulator->history(query, line), Lines{});
  query.offset = 0;
  query.symbol = "net_apy";
  const Lines apy = simulator->history(query, line);
  ASSERT_EQ(apy.size(), 1U);
  EXPECT_TRUE(apy[0].starts_with(R"({"factor":"net_apy",)")) << apy[0];
  query.stream = "unknown";
  EXPECT_EQ(simulator->history(query, line), Lines{});
}

}  // namespace
}  // namespace tapedeck
