// The made-up service: pure in (seed, k), complete in every cycle, and the same over REST as on the
// socket.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "schema/feeds/hypercall/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck::testing {
namespace {

using Strings = std::vector<std::string>;
constexpr std::uint64_t kSeed = 7;

Simulator::Timeline timeline_until(std::int64_t upto) {
  return {upto, 1'800'000'000 * kNsPerSec, 400};
}

std::string message(const Simulator& simulator, std::int64_t k) {
  return simulator.message(k, timeline_until(0).time_of(k)).payload;
}

// `Type` or `Type Variant` of a message.
std::string variant_of(std::string_view payload) {
  JsonDoc doc;
  EXPECT_TRUE(doc.parse(payload)) << payload;
  const Json root = doc.root();
  std::string name(root["type"].text());
  if (root["action"].exists()) name += " " + std::string(root["action"].text());
  if (root["request"].exists()) name += " nested";
  if (root["builder_code_fee"].exists()) name += " builder";
  if (root["margin_ratio"].exists()) name += " margin";
  if (root["bids"].exists() && root["bids"].size() == 0) name += " no-bids";
  if (root["asks"].exists() && root["asks"].size() == 0) name += " no-asks";
  if (root["is_closed"].exists()) name += root["is_closed"].boolean().value() ? " closed" : " open";
  if (root["active_competition"].kind() == JsonKind::null) name += " none";
  if (root["per_leg"].exists() && root["per_leg"].size() == 0) name += " empty";
  for (Json member = root.first().next(); member.exists(); member = member.next()) {
    if (member.key() == "type") name += " " + std::string(member.text());
  }
  return name;
}

// How many rows each variant gives.
const std::map<std::string, std::size_t> kRowsOfVariant = {
    {"OrderbookUpdate", 1},
    {"OrderbookUpdate no-bids", 1},
    {"OrderbookUpdate no-asks", 1},
    {"OrderbookUpdate no-bids no-asks", 1},
    {"Trade", 1},
    {"Fill", 1},
    {"Fill builder", 1},
    {"OrderUpdate", 1},
    {"OrderUpdate nested", 1},
    {"PortfolioUpdate", 4},
    {"PortfolioUpdate empty", 1},
    {"PortfolioUpdate Initial", 1},
    {"PortfolioUpdate PositionUpdate", 1},
    {"PortfolioUpdate BalanceUpdate", 1},
    {"PortfolioUpdate MarginUpdate", 1},
    {"PortfolioUpdate GreeksUpdate", 3},
    {"CompetitionPnlSummary", 1},
    {"CompetitionPnlSummary none", 1},
    {"MarketUpdate Created", 1},
    {"MarketUpdate Deleted", 1},
    {"MarketUpdate Expired", 1},
    {"PositionExpired", 1},
    {"LiquidationStateChange", 1},
    {"LiquidationStateChange margin", 1},
    {"IndexPriceUpdate", 3},
    {"CandleUpdate open", 1},
    {"CandleUpdate closed", 1},
};
// Upserts have one row a leg: two in the first of a cycle, one in the second.
std::size_t rows_of_variant(const std::string& variant, std::string_view payload) {
  if (variant == "OptionsChainUpdate Remove") return 1;
  if (variant == "OptionsChainUpdate Upsert") {
    return payload.find("\"put\":null") == std::string_view::npos ? 2 : 1;
  }
  const auto found = kRowsOfVariant.find(variant);
  EXPECT_NE(found, kRowsOfVariant.end()) << variant << " in " << payload;
  return found == kRowsOfVariant.end() ? 0 : found->second;
}

TEST(HypercallSimulator, MakesEveryVariantInEveryCycle) {
  const auto simulator = hypercall_feed().make_simulator(kSeed);
  for (const std::int64_t cycle : {0, 1, 2, 1'000, 999'999, 1'000'000, 50'000'000}) {
    const auto normalizer = hypercall_feed().make_normalizer(1);
    std::set<std::string> variants;
    for (std::int64_t i = 0; i < simulator->cycle(); ++i) {
      const std::int64_t k = cycle * simulator->cycle() + i;
      const std::string text = message(*simulator, k);
      const std::string variant = variant_of(text);
      variants.insert(variant);
      const Strings rows = normalize_one(*normalizer, "ws", text);
      EXPECT_EQ(rows.size(), rows_of_variant(variant, text)) << k << " " << text;
      for (const std::string& row : rows) EXPECT_FALSE(row.starts_with("unparsed")) << row << text;
    }
    EXPECT_EQ(variants.size(), kRowsOfVariant.size() + 2) << "cycle " << cycle;
  }
}

TEST(HypercallSimulator, GivesEveryEventOfManyCyclesItsRow) {
  const auto simulator = hypercall_feed().make_simulator(kSeed);
  const auto normalizer = hypercall_feed().make_normalizer(1);
  const std::int64_t upto = 20 * simulator->cycle();
  std::size_t expected = 0;
  std::size_t found = 0;
  for (std::int64_t k = 0; k < upto; ++k) {
    const std::string text = message(*simulator, k);
    expected += rows_of_variant(variant_of(text), text);
    found += normalize_one(*normalizer, "ws", text).size();
  }
  EXPECT_EQ(found, expected);
}

TEST(HypercallSimulator, CarriesTheValuesThatBreakCarelessRecorders) {
  const auto simulator = hypercall_feed().make_simulator(kSeed);
  std::string all;
  for (std::int64_t k = 0; k < 2 * simulator->cycle(); ++k) all += message(*simulator, k) + "\n";
  for (const char* value : {"\"12.067400000000001\"", ":-0.0", "1e-28", "\"95000.50\"",
                            ":9007199254740993,", ":9223372036854775809,", "\"bids\":[]"}) {
    EXPECT_NE(all.find(value), std::string::npos) << value;
  }
}

TEST(HypercallSimulator, LeadsEachLiquidationStateIntoTheNext) {
  const auto simulator = hypercall_feed().make_simulator(kSeed);
  std::string state = "Normal";
  std::set<std::string> states;
  for (std::int64_t k = 0; k < 4 * simulator->cycle(); ++k) {
    const std::string text = message(*simulator, k);
    if (text.find("LiquidationStateChange") == std::string::npos) continue;
    JsonDoc doc;
    ASSERT_TRUE(doc.parse(text)) << text;
    EXPECT_EQ(doc.root()["previous_state"].text(), state) << text;
    state = doc.root()["new_state"].text();
    states.insert(state);
  }
  EXPECT_EQ(states, (std::set<std::string>{"Normal", "Warning", "Liquidating"}));
}

TEST(HypercallSimulator, DependsOnSeedAndNumberAlone) {
  const auto one = hypercall_feed().make_simulator(kSeed);
  const auto same = hypercall_feed().make_simulator(kSeed);
  const auto other = hypercall_feed().make_simulator(kSeed + 1);
  int differing = 0;
  for (std::int64_t k = 500; k-- > 0;) {
    EXPECT_EQ(message(*one, k), message(*same, k));
    EXPECT_EQ(one->message(k, 0).endpoint, "ws");
    differing += message(*one, k) == message(*other, k) ? 0 : 1;
  }
  EXPECT_GT(differing, 300);
  EXPECT_EQ(one->snapshot("ws", timeline_until(100)), std::nullopt);
}

// --- history ---

// The socket's messages of one type among the first `upto`, as one text a message made of
// `members`.
Strings on_socket(const Simulator& simulator, std::int64_t upto, std::string_view type,
                  const Strings& members) {
  Strings found;
  JsonDoc doc;
  for (std::int64_t k = 0; k < upto; ++k) {
    const std::string text = message(simulator, k);
    doc.parse(text);
    if (doc.root()["type"].text() != type) continue;
    std::string line;
    for (const std::string& member : members)
      line += std::string(doc.root()[member].scalar()) + " ";
    found.push_back(line);
  }
  return found;
}

Strings members_of(const Strings& rows, const Strings& members) {
  Strings found;
  JsonDoc doc;
  for (const std::string& row : rows) {
    EXPECT_TRUE(doc.parse(row)) << row;
    std::string line;
    for (const std::string& member : members) line += to_lower(doc.root()[member].scalar()) + " ";
    found.push_back(line);
  }
  return found;
}

Strings lower(Strings lines) {
  for (std::string& line : lines) line = to_lower(line);
  return lines;
}

ServiceData::Query query_of(const std::string& stream, std::size_t limit = 100'000) {
  ServiceData::Query query;
  query.stream = stream;
  query.limit = limit;
  return query;
}

TEST(HypercallSimulator, NumbersRestTradesAsTheSocketDeliveredThem) {
  const auto simulator = hypercall_feed().make_simulator(kSeed);
  const Strings socket = lower(
      on_socket(*simulator, 1'000, "Trade", {"symbol", "price", "size", "side", "timestamp"}));
  ASSERT_GT(socket.size(), 100U);
  const Strings rows = simulator->history(query_of("trades"), timeline_until(1'000));
  EXPECT_EQ(members_of(rows, {"symbol", "price", "size", "taker_side", "timestamp"}), socket);
  const Strings ids = members_of(rows, {"trade_id"});
  for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(ids[i], std::to_string(i + 1) + " ");
}

TEST(HypercallSimulator, GivesAnyStretchOfTrades) {
  const auto simulator = hypercall_feed().make_simulator(kSeed);
  const auto timeline = timeline_until(1'000);
  const Strings all = simulator->history(query_of("trades"), timeline);
  ServiceData::Query query = query_of("trades", 3);
  query.after = 40;
  EXPECT_EQ(simulator->history(query, timeline), Strings(all.begin() + 40, all.begin() + 43));
  query.after = static_cast<std::int64_t>(all.size());
  EXPECT_EQ(simulator->history(query, timeline), Strings{});
  query = query_of("trades", 2);
  query.newest_first = true;
  query.offset = 1;
  EXPECT_EQ(simulator->history(query, timeline),
            (Strings{all[all.size() - 2], all[all.size() - 3]}));
  query.offset = all.size() + 5;
  EXPECT_EQ(simulator->history(query, timeline), Strings{});
  query = query_of("trades");
  query.symbol = "BTC-20261225-100000-C";
  const Strings filtered = simulator->history(query, timeline);
  EXPECT_GT(filtered.size(), 0U);
  EXPECT_LT(filtered.size(), all.size());
  for (const std::string& symbol : members_of(filtered, {"symbol"})) {
    EXPECT_EQ(symbol, "btc-20261225-100000-c ");
  }
  query.symbol = "DOGE-1";
  EXPECT_EQ(simulator->history(query, timeline), Strings{});
}

TEST(HypercallSimulator, HasTwoTradesThatLookAlike) {
  const auto simulator = hypercall_feed().make_simulator(kSeed);
  const Strings trades =
      on_socket(*simulator, simulator->cycle(), "Trade", {"symbol", "price", "size", "side"});
  EXPECT_LT(std::set<std::string>(trades.begin(), trades.end()).size(), trades.size());
}

TEST(HypercallSimulator, GivesTheSameFillsOverRest) {
  const auto simulator = hypercall_feed().make_simulator(kSeed);
  const Strings members = {"fill_id",         "order_id", "trade_id",  "symbol", "side",
                           "price",           "size",     "timestamp", "fee",    "wallet_address",
                           "builder_code_fee"};
  const Strings socket = on_socket(*simulator, 1'000, "Fill", members);
  ASSERT_EQ(socket.size(), 25U);
  EXPECT_EQ(members_of(simulator->history(query_of("fills"), timeline_until(1'000)), members),
            lower(socket));
}

TEST(HypercallSimulator, FillsNameTheirTrades) {
  const auto simulator = hypercall_feed().make_simulator(kSeed);
  const Strings trades = on_socket(*simulator, 1'000, "Trade", {"symbol", "price", "size", "side"});
  const Strings fills = on_socket(*simulator, 1'000, "Fill", {"symbol", "price", "size", "side"});
  const Strings ids = on_socket(*simulator, 1'000, "Fill", {"trade_id"});
  for (std::size_t i = 0; i < fills.size(); ++i) {
    EXPECT_EQ(fills[i], trades.at(std::stoul(ids[i]) - 1));
  }
}

TEST(HypercallSimulator, GivesOrdersInTheirLatestState) {
  const auto simulator = hypercall_feed().make_simulator(kSeed);
  const Strings members = {"order_id", "status"};
  // Message 7 opens the first order, message 20 ends it.
  EXPECT_EQ(members_of(simulator->history(query_of("orders"), timeline_until(7)), members),
            Strings{});
  EXPECT_EQ(members_of(simulator->history(query_of("orders"), timeline_until(8)), members),
            Strings{"12345 open "});
  EXPECT_EQ(members_of(simulator->history(query_of("orders"), timeline_until(21)), members),
            Strings{"12345 filled "});
  EXPECT_EQ(members_of(simulator->history(query_of("orders"), timeline_until(80)), members),
            (Strings{"12345 filled ", "9223372036854775809 cancelled "}));
}

TEST(HypercallSimulator, GivesTheLastBookOfAnInstrumentAsNumbers) {
  const auto simulator = hypercall_feed().make_simulator(kSeed);
  JsonDoc doc;
  std::map<std::string, std::string> last;
  for (std::int64_t k = 0; k < 300; ++k) {
    const std::string text = message(*simulator, k);
    doc.parse(text);
    if (doc.root()["type"].text() == "OrderbookUpdate") {
      last[std::string(doc.root()["symbol"].text())] = std::string(doc.root()["timestamp"].raw());
    }
  }
  ASSERT_EQ(last.size(), 12U);
  for (const auto& [symbol, timestamp] : last) {
    ServiceData::Query query = query_of("orderbook", 1);
    query.symbol = symbol;
    query.newest_first = true;
    const Strings books = simulator->history(query, timeline_until(300));
    ASSERT_EQ(books.size(), 1U) << symbol;
    ASSERT_TRUE(doc.parse(books.front()));
    EXPECT_EQ(doc.root()["timestamp"].raw(), timestamp) << symbol;
    for (const char* side : {"bids", "asks"}) {
      ASSERT_TRUE(doc.root()[side].is_array());
      for (Json level = doc.root()[side].first(); level.exists(); level = level.next()) {
        EXPECT_TRUE(level.at(0).is_number() && level.at(1).is_number());
      }
    }
  }
}

TEST(HypercallSimulator, AnswersThePortfolioOnceThereIsOne) {
  const auto simulator = hypercall_feed().make_simulator(kSeed);
  EXPECT_EQ(simulator->history(query_of("portfolio"), timeline_until(0)), Strings{});
  EXPECT_EQ(members_of(simulator->history(query_of("portfolio"), timeline_until(100)),
                       {"wallet_address"}),
            Strings{"0x5e11e55e11e55e11e55e11e55e11e55e11e55e11 "});
  EXPECT_EQ(simulator->history(query_of("candles"), timeline_until(100)), Strings{});
}

}  // namespace
}  // namespace tapedeck::testing
