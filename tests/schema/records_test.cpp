#include "schema/records.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "schema/gap.h"
#include "tests/support/fakes.h"

namespace tapedeck {
namespace {

TEST(Tables, HaveTheColumnsOfTheContractInTheOrderOfValues) {
  const std::vector<std::string> expected = {
      "factor opportunity_id factor previous current as_of_block",
      "signal algorithm_id action leg symbol side price",
      "alert event_id type priority severity symbol confidence latency_ms narrative data",
      "snapshot endpoint type symbol data",
      "trade venue symbol price size side trade_id is_liquidation",
      "quote venue symbol bid ask mid vwap volume_24h obi max_arb_bps trend",
      "book venue symbol best_bid best_ask bids asks mid spread_bps metrics",
      "liquidation venue symbol side price size notional",
      "funding venue symbol rate predicted_rate next_ns",
      "candle venue symbol interval open high low close volume open_ns close_ns is_closed",
      "narrative symbol text source",
      "prediction coin timeframe up_price down_price volume liquidity seconds_remaining active",
      "order_update order_id client_order_id symbol side price size status filled_size "
      "remaining_size avg_fill_price reason wallet",
      "fill fill_id order_id trade_id symbol side price size fee is_taker wallet "
      "builder_code_address builder_code_fee",
      "greeks symbol quantity delta gamma theta vega iv",
      "portfolio kind data",
      "market action symbol underlying strike is_call expiry_ns",
      "settlement wallet symbol position_size settlement_price settlement_value",
      "liquidation_state wallet previous_state new_state equity mm_required shortfall auction_id",
      "competition wallet lifetime_realized_pnl competition_id competition_name competition_state "
      "rank pnl volume efficiency medal",
      "index_price underlying price",
      "option_chain action underlying expiry_ns strike option_type symbol data",
      "feed_error code message",
      "unparsed reason",
  };
  std::vector<std::string> actual;
  for (const Table& table : all_tables()) {
    std::string line(table.name);
    for (const Column& column : table.columns) line += ' ' + std::string(column.name);
    actual.push_back(line);
  }
  EXPECT_EQ(actual, expected);
}

TEST(Tables, KeepJsonAsJsonAndTimesAndFlagsAsIntegers) {
  const std::set<std::string> json = {"alert.data",       "snapshot.data", "book.bids",
                                      "book.asks",        "book.metrics",  "portfolio.data",
                                      "option_chain.data"};
  const std::set<std::string> flags = {"signal.leg",       "trade.is_liquidation",
                                       "candle.is_closed", "fill.is_taker",
                                       "market.is_call",   "prediction.active"};
  const std::set<std::string> ids = {"factor.as_of_block",
                                     "signal.algorithm_id",
                                     "alert.latency_ms",
                                     "prediction.seconds_remaining",
                                     "order_update.order_id",
                                     "fill.fill_id",
                                     "fill.order_id",
                                     "fill.trade_id",
                                     "liquidation_state.auction_id",
                                     "competition.competition_id",
                                     "competition.rank"};
  for (const Table& table : all_tables()) {
    for (const Column& column : table.columns) {
      const std::string name = std::string(table.name) + '.' + std::string(column.name);
      const ColumnType expected = json.count(name) != 0 ? ColumnType::json
                                  : flags.count(name) != 0 || name.ends_with("_ns")
                                      ? ColumnType::integer
                                  : ids.count(name) != 0 ? ColumnType::id
                                                         : ColumnType::text;
      EXPECT_EQ(column.type, expected) << name;
    }
  }
}

TEST(Tables, AreFoundByNameAndById) {
  for (const Table& table : all_tables()) {
    EXPECT_EQ(find_table(table.name), &table);
    EXPECT_EQ(&table_of(table.id), &table);
  }
  EXPECT_EQ(find_table("frame"), nullptr);
  EXPECT_EQ(find_table("Trade"), nullptr);
  EXPECT_EQ(find_table(""), nullptr);
}

TEST(Value, TellsAbsentFromEmpty) {
  EXPECT_EQ(Value(Text()).type, Value::Type::null);
  EXPECT_EQ(Value(Text("")).type, Value::Type::text);
  EXPECT_EQ(Value(Int()).type, Value::Type::null);
  EXPECT_EQ(Value(Bool()).type, Value::Type::null);
  EXPECT_EQ(Value(Id()).type, Value::Type::null);
  EXPECT_EQ(Value(Int(0)), Value(Bool(false)));
  EXPECT_EQ(Value(Bool(true)).integer, 1);
  EXPECT_FALSE(Value(Text("1")) == Value(Int(1)));
  EXPECT_FALSE(Value(Text("")) == Value());
}

TEST(Id, NeverRoundsAnIdentifier) {
  JsonDoc doc;
  ASSERT_TRUE(doc.parse(R"([42, 9223372036854775807, -9223372036854775808, 9223372036854775808,
                            1.5, "42", "abc", null, 1e3])"));
  const Value expected[] = {
      Value(Int(42)),        Value(Int(INT64_MAX)),
      Value(Int(INT64_MIN)), Value(Text("9223372036854775808")),
      Value(Text("1.5")),    Value(Text("42")),
      Value(Text("abc")),    Value(),
      Value(Text("1e3")),
  };
  std::size_t i = 0;
  for (Json item = doc.root().first(); item.exists(); item = item.next(), ++i) {
    EXPECT_EQ(Value(Id::of(item)), expected[i]) << item.raw();
  }
  EXPECT_EQ(i, std::size(expected));
  EXPECT_EQ(Value(Id::of(Json())), Value());
}

TEST(RowSink, TakesARecordAsARowOfItsTable) {
  testing::RowLog log;
  Trade trade;
  trade.symbol = "BTC";
  trade.price = "95000.50";
  trade.venue = "";
  trade.is_liquidation = false;
  log.add(trade, 7);
  Fill fill;
  fill.fill_id = {12, {}};
  fill.trade_id = {std::nullopt, "18446744073709551616"};
  log.add(fill, std::nullopt, Origin::gapfill);
  EXPECT_EQ(log.rows, (std::vector<std::string>{
                          "trade live @7 venue= symbol=BTC price=95000.50 is_liquidation=0",
                          "fill gapfill fill_id=12 trade_id=18446744073709551616",
                      }));
}

TEST(Origin, IsReadAsItIsWritten) {
  EXPECT_EQ(parse_origin("live"), Origin::live);
  EXPECT_EQ(parse_origin("snapshot"), Origin::snapshot);
  EXPECT_EQ(parse_origin("gapfill"), Origin::gapfill);
  EXPECT_EQ(parse_origin("Live"), std::nullopt);
  EXPECT_EQ(parse_origin(""), std::nullopt);
  EXPECT_EQ(to_string(Origin::gapfill), "gapfill");
}

TEST(GapWords, AreThoseOfTheContractAndReadAsTheyAreWritten) {
  const std::pair<GapCause, const char*> causes[] = {{GapCause::disconnect, "disconnect"},
                                                     {GapCause::restart, "restart"},
                                                     {GapCause::sequence, "sequence"},
                                                     {GapCause::channel, "channel"},
                                                     {GapCause::overload, "overload"}};
  for (const auto& [cause, word] : causes) {
    EXPECT_EQ(to_string(cause), word);
    EXPECT_EQ(parse_gap_cause(word), cause);
  }
  const std::pair<GapMethod, const char*> methods[] = {{GapMethod::none, "none"},
                                                       {GapMethod::after, "after"},
                                                       {GapMethod::snapshot, "snapshot"},
                                                       {GapMethod::peer, "peer"}};
  for (const auto& [method, word] : methods) {
    EXPECT_EQ(to_string(method), word);
    EXPECT_EQ(parse_gap_method(word), method);
  }
  const std::pair<GapStatus, const char*> statuses[] = {{GapStatus::open, "open"},
                                                        {GapStatus::filled, "filled"},
                                                        {GapStatus::partial, "partial"},
                                                        {GapStatus::unfillable, "unfillable"}};
  for (const auto& [status, word] : statuses) {
    EXPECT_EQ(to_string(status), word);
    EXPECT_EQ(parse_gap_status(word), status);
  }
  for (const char* word : {"", "Open", "opened", "other"}) {
    EXPECT_EQ(parse_gap_cause(word), std::nullopt);
    EXPECT_EQ(parse_gap_method(word), std::nullopt);
    EXPECT_EQ(parse_gap_status(word), std::nullopt);
  }
}

}  // namespace
}  // namespace tapedeck
