// The made-up service: pure in (seed, k), complete in every cycle, and the same over REST as on the
// socket.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "schema/feeds/marketai/feed.h"
#include "schema/feeds/marketai/rest.h"
#include "tests/support/fakes.h"

namespace tapedeck::testing {
namespace {

using Strings = std::vector<std::string>;
constexpr std::uint64_t kSeed = 7;

Simulator::Timeline timeline_until(std::int64_t upto, double rate = 400) {
  return {upto, 1'800'000'000 * kNsPerSec, rate};
}

std::string message(const Simulator& simulator, std::int64_t k) {
  return simulator.message(k, timeline_until(0).time_of(k)).payload;
}

// A message's channel with what varies in it.
std::string variant_of(Json root) {
  const Json data = root["data"];
  std::string name(root["channel"].text());
  for (const char* member : {"signal_type", "severity", "interval", "is_closed", "is_liquidation",
                             "source", "active", "timeframe"}) {
    if (data[member].exists()) name += " " + std::string(data[member].raw());
  }
  if (data["exchanges"].is_array() && data["exchanges"].size() == 0) name += " no-venues";
  if (data["global_vwap"].kind() == JsonKind::null) name += " no-vwap";
  return name;
}

std::size_t rows_of(Json root) {
  return root["channel"].text() == "quotes" ? 1 + root["data"]["exchanges"].size() : 1;
}

TEST(MarketSimulator, MakesEveryChannelInEveryCycleAndEveryMessageHasItsRows) {
  const auto simulator = marketai_feed().make_simulator(kSeed);
  for (const std::int64_t cycle : {0, 1, 2, 1'000, 999'999, 1'000'000, 50'000'000}) {
    const auto normalizer = marketai_feed().make_normalizer(1);
    std::set<std::string> channels;
    for (std::int64_t i = 0; i < simulator->cycle(); ++i) {
      const std::string text = message(*simulator, cycle * simulator->cycle() + i);
      JsonDoc doc;
      ASSERT_TRUE(doc.parse(text)) << text;
      channels.emplace(doc.root()["channel"].text());
      const Strings rows = normalize_one(*normalizer, "/", text);
      EXPECT_EQ(rows.size(), rows_of(doc.root())) << text;
      for (const std::string& row : rows) EXPECT_FALSE(row.starts_with("unparsed")) << row << text;
    }
    EXPECT_EQ(channels,
              (std::set<std::string>{"quotes", "book", "trades", "signals", "liquidations",
                                     "funding", "klines", "narratives", "polymarket"}))
        << "cycle " << cycle;
  }
}

TEST(MarketSimulator, MakesEveryVariantInAFewCycles) {
  const auto simulator = marketai_feed().make_simulator(kSeed);
  std::map<std::string, std::set<std::string>> variants;
  for (std::int64_t k = 0; k < 4 * simulator->cycle(); ++k) {
    JsonDoc doc;
    ASSERT_TRUE(doc.parse(message(*simulator, k)));
    variants[std::string(doc.root()["channel"].text())].insert(variant_of(doc.root()));
  }
  EXPECT_EQ(variants["signals"].size(), 20U) << "ten types, two severities each";
  EXPECT_EQ(variants["klines"],
            (std::set<std::string>{"klines \"1m\" false", "klines \"1m\" true",
                                   "klines \"1h\" false", "klines \"1h\" true"}));
  EXPECT_EQ(variants["trades"], (std::set<std::string>{"trades false", "trades true"}));
  EXPECT_EQ(variants["narratives"],
            (std::set<std::string>{"narratives \"llm\"", "narratives \"template\""}));
  EXPECT_EQ(variants["quotes"],
            (std::set<std::string>{"quotes", "quotes no-venues", "quotes no-vwap",
                                   "quotes no-venues no-vwap"}));
  EXPECT_EQ(variants["polymarket"],
            (std::set<std::string>{"polymarket true \"1h\"", "polymarket false \"1h\"",
                                   "polymarket true \"15m\"", "polymarket false \"15m\""}));
}

TEST(MarketSimulator, GivesEveryEventOfManyCyclesItsRow) {
  const auto simulator = marketai_feed().make_simulator(kSeed);
  const auto normalizer = marketai_feed().make_normalizer(1);
  std::size_t expected = 0;
  std::size_t found = 0;
  JsonDoc doc;
  for (std::int64_t k = 0; k < 40 * simulator->cycle(); ++k) {
    const std::string text = message(*simulator, k);
    ASSERT_TRUE(doc.parse(text));
    expected += rows_of(doc.root());
    found += normalize_one(*normalizer, "/", text).size();
  }
  EXPECT_EQ(found, expected);
}

TEST(MarketSimulator, CarriesTheValuesThatBreakCarelessRecorders) {
  const auto simulator = marketai_feed().make_simulator(kSeed);
  std::string all;
  for (std::int64_t k = 0; k < 8 * simulator->cycle(); ++k) all += message(*simulator, k) + "\n";
  for (const char* value :
       {":12.067400000000001,", "\"12.067400000000001\"", ":-0.0", ":1e-28", "\"1e-28\"",
        "\"95000.50\"", "\"90071992547409", "清算 🐋", "caf\\u00e9 \\\"quoted\\\"",
        "\"bid_walls\":[]", "\"predicted_rate\":null"}) {
    EXPECT_NE(all.find(value), std::string::npos) << value;
  }
}

TEST(MarketSimulator, DependsOnSeedAndNumberAlone) {
  const auto one = marketai_feed().make_simulator(kSeed);
  const auto same = marketai_feed().make_simulator(kSeed);
  const auto other = marketai_feed().make_simulator(kSeed + 1);
  int differing = 0;
  for (std::int64_t k = 500; k-- > 0;) {
    EXPECT_EQ(message(*one, k), message(*same, k));
    EXPECT_EQ(one->message(k, 0).endpoint, "/");
    differing += message(*one, k) == message(*other, k) ? 0 : 1;
  }
  EXPECT_GT(differing, 400);
  EXPECT_EQ(one->snapshot("/", timeline_until(100)), std::nullopt);
}

// --- history ---

// The socket's messages of one channel among the first `upto`, as rows of REST answers.
Strings on_socket(const Simulator& simulator, std::int64_t upto, std::string_view channel) {
  Strings found;
  JsonDoc doc;
  for (std::int64_t k = 0; k < upto; ++k) {
    EXPECT_TRUE(doc.parse(message(simulator, k)));
    if (doc.root()["channel"].text() == channel) found.push_back(marketai::rest_row(doc.root()));
  }
  return found;
}

std::int64_t time_ms(const std::string& row) {
  JsonDoc doc;
  EXPECT_TRUE(doc.parse(row)) << row;
  return doc.root()["timestamp"].integer().value_or(-1);
}

ServiceData::Query query_of(const std::string& stream, std::size_t limit = 100'000) {
  ServiceData::Query query;
  query.stream = stream;
  query.limit = limit;
  return query;
}

TEST(MarketSimulator, AnswersHistoryAsTheSocketDeliveredIt) {
  const auto simulator = marketai_feed().make_simulator(kSeed);
  for (const char* channel : {"quotes", "book", "signals", "liquidations", "funding", "klines"}) {
    const Strings socket = on_socket(*simulator, 1'000, channel);
    EXPECT_GT(socket.size(), 20U);
    EXPECT_EQ(simulator->history(query_of(channel), timeline_until(1'000)), socket) << channel;
  }
  for (const char* channel : {"trades", "narratives", "polymarket", "other", ""}) {
    EXPECT_EQ(simulator->history(query_of(channel), timeline_until(1'000)), Strings{}) << channel;
  }
}

TEST(MarketSimulator, GivesAnySpanOfHistory) {
  const auto simulator = marketai_feed().make_simulator(kSeed);
  // Two messages and more share a millisecond.
  for (const double rate : {400.0, 3'000.0}) {
    const auto timeline = timeline_until(1'000, rate);
    const Strings all = simulator->history(query_of("quotes"), timeline);
    for (const std::size_t at : {std::size_t{0}, std::size_t{1}, all.size() / 2, all.size() - 1}) {
      for (const Ns beside : {-kNsPerMs, Ns{-1}, Ns{0}, Ns{1}, kNsPerMs}) {
        const Ns edge = time_ms(all[at]) * kNsPerMs + beside;
        Strings before;
        Strings after;
        for (const std::string& row : all) {
          (time_ms(row) * kNsPerMs < edge ? before : after).push_back(row);
        }
        ServiceData::Query query = query_of("quotes");
        query.from_ns = edge;
        EXPECT_EQ(simulator->history(query, timeline), after) << at << " " << beside;
        query.from_ns.reset();
        query.to_ns = edge;
        EXPECT_EQ(simulator->history(query, timeline), before) << at << " " << beside;
        query.from_ns = edge;
        EXPECT_EQ(simulator->history(query, timeline), Strings{});
      }
    }
  }
}

TEST(MarketSimulator, PagesAndFiltersHistory) {
  const auto simulator = marketai_feed().make_simulator(kSeed);
  const auto timeline = timeline_until(1'000);
  const Strings all = simulator->history(query_of("signals"), timeline);
  ServiceData::Query query = query_of("signals", 3);
  EXPECT_EQ(simulator->history(query, timeline), Strings(all.begin(), all.begin() + 3));
  query.offset = 2;
  EXPECT_EQ(simulator->history(query, timeline), Strings(all.begin() + 2, all.begin() + 5));
  query.newest_first = true;
  query.limit = 2;
  EXPECT_EQ(simulator->history(query, timeline),
            (Strings{all[all.size() - 3], all[all.size() - 4]}));
  query.offset = all.size();
  EXPECT_EQ(simulator->history(query, timeline), Strings{});

  query = query_of("signals");
  query.symbol = "ETH/USDT";
  Strings expected;
  for (const std::string& row : all) {
    if (row.find(R"("symbol":"ETH/USDT")") != std::string::npos) expected.push_back(row);
  }
  EXPECT_GT(expected.size(), 10U);
  EXPECT_EQ(simulator->history(query, timeline), expected);
  query.symbol = "NONE/USDT";
  EXPECT_EQ(simulator->history(query, timeline), Strings{});
  EXPECT_EQ(simulator->history(query_of("signals"), timeline_until(0)), Strings{});
}

TEST(MarketSimulator, HasTwoLiquidationsThatLookAlike) {
  const auto simulator = marketai_feed().make_simulator(kSeed);
  std::map<std::string, int> seen;
  for (const std::string& row : simulator->history(query_of("liquidations"), timeline_until(800))) {
    JsonDoc doc;
    ASSERT_TRUE(doc.parse(row));
    std::string key;
    for (const char* member : {"exchange", "symbol", "side", "price", "quantity", "notional_usd"}) {
      key += std::string(doc.root()[member].text()) + " ";
    }
    ++seen[key];
  }
  EXPECT_EQ(seen.size(), 10U);
  for (const auto& [key, count] : seen) EXPECT_EQ(count, 2) << key;
}

}  // namespace
}  // namespace tapedeck::testing
