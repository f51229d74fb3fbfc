// Payloads → rows. The payloads in testdata are the service's documented ones, verbatim, and the
// further shapes that its public client and captures show.
#include <gtest/gtest.h>

#include <memory>

#include "schema/feeds/hypercall/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck::testing {
namespace {

using Rows = std::vector<std::string>;

std::string payload(const std::string& name) {
  std::string text = testdata("hypercall", name + ".json");
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

Rows rows_of(std::string_view text) {
  const auto normalizer = hypercall_feed().make_normalizer(1);
  return normalize_one(*normalizer, "ws", text);
}

struct Case {
  std::string name;
  Rows rows;
};

std::string case_name(const ::testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

class HypercallPayload : public ::testing::TestWithParam<Case> {};

TEST_P(HypercallPayload, GivesItsRows) {
  EXPECT_EQ(rows_of(payload(GetParam().name)), GetParam().rows);
}

const std::vector<Case> kMarketCases = {
    {"orderbook_update",
     {R"(book live @1737331200000000000 symbol=BTC-20260131-100000-C bids=[["95000.5","10.5"],["94999.0","25.0"]] asks=[["95001.0","8.0"],["95002.5","15.0"]])"}},
    {"orderbook_update_odd",
     {R"(book live @1737331200000000000 symbol=ETH-20260131-4000-P asks=[["12.067400000000001","8"],["1e-28","-0.0"]])"}},
    {"orderbook_update_crossed",
     {R"(book live @1737331200000000000 symbol=ETH-20260131-4000-P bids=[["95002.50","1"]] asks=[["95001.00","2"]])"}},
    {"trade",
     {"trade live @1737331200000000000 symbol=BTC-20260131-100000-C price=0.0523 size=5.0 "
      "side=buy"}},
    {"market_update_created",
     {"market live @1737331200000000000 action=Created symbol=BTC-20260131-100000-C underlying=BTC "
      "strike=100000 is_call=1 expiry_ns=1738281600000000000"}},
    {"market_update_deleted",
     {"market live @1737331200000000000 action=Deleted symbol=BTC-20260131-100000-P underlying=BTC "
      "strike=100000 is_call=0 expiry_ns=1738281600000000000"}},
    {"market_update_expired",
     {"market live @1738281600000000000 action=Expired symbol=BTC-20260131-100000-C underlying=BTC "
      "strike=100000 is_call=1 expiry_ns=1738281600000000000"}},
    {"index_price_update",
     {"index_price live @1737331199990000000 underlying=BTC price=95000.50",
      "index_price live @1737331200000000000 underlying=ETH price=3200.10"}},
    {"options_chain_update_upsert",
     {R"(option_chain live @1737331200000000000 action=Upsert underlying=BTC expiry_ns=1738281600000000000 strike=100000 option_type=call symbol=BTC-20260131-100000-C data={"symbol":"BTC-20260131-100000-C","bid":"0.05","gamma":1e-28})",
      R"(option_chain live @1737331200000000000 action=Upsert underlying=BTC expiry_ns=1738281600000000000 strike=100000 option_type=put data={"bid":"0.07","delta":-0.0})"}},
    {"options_chain_update_upsert_call",
     {R"(option_chain live @1737331200000000000 action=Upsert underlying=BTC expiry_ns=1769817600000000000 strike=100000 option_type=call symbol=BTC-20260131-100000-C data={"symbol":"BTC-20260131-100000-C"})"}},
    {"options_chain_update_remove",
     {"option_chain live @1737331200000000000 action=Remove underlying=BTC "
      "expiry_ns=1738281600000000000 strike=100000 option_type=put symbol=BTC-20260131-100000-P"}},
    {"candle_update",
     {"candle live @1737334800001000000 symbol=BTC interval=1h open=95000.50 high=95100.0 "
      "low=94900.0 close=95050.25 volume=12.5 open_ns=1737331200000000000 "
      "close_ns=1737334800000000000 is_closed=1"}},
    {"candle_data",
     {"candle live symbol=ETH interval=1m open=3200.10 high=3201 low=3199.5 close=3200 "
      "open_ns=1737331200000000000"}},
    {"candle_snapshot",
     {"candle live symbol=ETH interval=1m open=1 high=2 low=1 close=2 open_ns=1737331200000000000 "
      "is_closed=1",
      "candle live symbol=ETH interval=1m open=2 high=3 low=2 close=3 open_ns=1737331260000000000 "
      "is_closed=0"}},
    {"candle_strange", {"unparsed live reason=candle without OHLCV fields"}},
};
INSTANTIATE_TEST_SUITE_P(Market, HypercallPayload, ::testing::ValuesIn(kMarketCases), case_name);

std::string portfolio_row(const std::string& kind, const std::string& name) {
  return "portfolio live @1737331200000000000 kind=" + kind + " data=" + payload(name);
}

const std::vector<Case> kAccountCases = {
    {"fill",
     {"fill live @1737331200000000000 fill_id=67890 order_id=12345 trade_id=99999 "
      "symbol=BTC-20260131-100000-C side=buy price=0.0523 size=5.0 fee=0.0005 is_taker=1 "
      "wallet=0x1234...abcd"}},
    {"fill_builder",
     {"fill live @1737331200000000000 fill_id=9007199254740993 order_id=18446744073709551615 "
      "trade_id=99999 symbol=BTC-20260131-100000-C side=sell price=0.0523 size=5.0 fee=0.0005 "
      "is_taker=0 wallet=0x1234...abcd builder_code_address=0xbuilder builder_code_fee=0.00010"}},
    {"order_update",
     {"order_update live order_id=12345 client_order_id=my-order-1 status=filled filled_size=10.0 "
      "remaining_size=0 avg_fill_price=0.0523"}},
    {"order_update_nested",
     {"order_update live @1737331200000000000 order_id=9007199254740993 "
      "symbol=BTC-20260131-100000-C side=buy price=0.0523 size=10.0 status=open filled_size=0 "
      "wallet=0x1234...abcd"}},
    {"portfolio_update",
     {portfolio_row("GreeksUpdate", "portfolio_update"),
      "greeks live @1737331200000000000 symbol=BTC-20260131-100000-C quantity=2.0 delta=0.91 "
      "gamma=0.003 theta=-0.12 vega=0.44 iv=0.63",
      "greeks live @1737331200000000000 delta=0.91 gamma=0.003 theta=-0.12 vega=0.44 iv=0.63"}},
    {"portfolio_update_empty", {portfolio_row("GreeksUpdate", "portfolio_update_empty")}},
    {"portfolio_update_initial", {portfolio_row("Initial", "portfolio_update_initial")}},
    {"portfolio_update_position", {portfolio_row("PositionUpdate", "portfolio_update_position")}},
    {"portfolio_update_balance", {portfolio_row("BalanceUpdate", "portfolio_update_balance")}},
    {"portfolio_update_margin", {portfolio_row("MarginUpdate", "portfolio_update_margin")}},
    {"portfolio_update_greeks_inner",
     {portfolio_row("GreeksUpdate", "portfolio_update_greeks_inner"),
      "greeks live @1737331200000000000 symbol=BTC-20260131-100000-C quantity=-2.0 delta=-0.0 "
      "gamma=1e-28 theta=-0.12 vega=0.44"}},
    {"competition_pnl_summary",
     {"competition live @1737331200000000000 wallet=0x1234...abcd lifetime_realized_pnl=1250.50 "
      "competition_id=7 competition_name=Spring Sprint competition_state=active rank=12 pnl=420.25 "
      "volume=25000 efficiency=0.01681"}},
    {"competition_pnl_summary_none",
     {"competition live @1737331200000000000 wallet=0x1234...abcd lifetime_realized_pnl=1250.50"}},
    {"position_expired",
     {"settlement live @1738281600000000000 wallet=0x1234...abcd symbol=BTC-20260131-100000-C "
      "position_size=10.0 settlement_price=105000 settlement_value=500.0"}},
    {"liquidation_state_change",
     {"liquidation_state live @1737331200000000000 wallet=0x1234...abcd previous_state=Normal "
      "new_state=Warning equity=10000.0 mm_required=9500.0 shortfall=0"}},
    {"liquidation_state_change_margin",
     {"liquidation_state live @1737331200000000000 wallet=0x1234...abcd previous_state=Warning "
      "new_state=Liquidating equity=9000.0 mm_required=9500.0 shortfall=500.0 "
      "auction_id=9007199254740995"}},
    {"error", {"feed_error live message=Invalid channel: foobar"}},
    {"authenticated", {}},
    {"subscribed", {}},
    {"unsubscribed", {}},
    {"clock_synced", {}},
};
INSTANTIATE_TEST_SUITE_P(Account, HypercallPayload, ::testing::ValuesIn(kAccountCases), case_name);

TEST(HypercallNormalizer, SaysWhyAFrameGaveNoRow) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "not JSON"},
      {"{\"type\":\"Trade\"", "not JSON"},
      {"\xff\xfe", "invalid UTF-8"},
      {"[1,2]", "not a JSON object"},
      {R"({"channel":"trades"})", "no type"},
      {R"({"type":7})", "no type"},
      {R"({"type":""})", "no type"},
      {R"({"type":"Rumour","x":1})", "unknown type: Rumour"},
      {R"({"type":"trade","symbol":"B","price":"1","size":"1"})", "unknown type: trade"},
      {R"({"type":"Trade","price":"1","size":"1"})", "Trade: no symbol"},
      {R"({"type":"Trade","symbol":"B","price":null,"size":"1"})", "Trade: no price"},
      {R"({"type":"Trade","symbol":"B","price":["1"],"size":"1"})", "Trade: bad price"},
      {R"({"type":"Trade","symbol":"B","price":"1","size":"1","timestamp":"soon"})",
       "Trade: bad timestamp"},
      {R"({"type":"Trade","symbol":"B","price":"1","size":"1","timestamp":99999999999999999})",
       "Trade: bad timestamp"},
      {R"({"type":"OrderbookUpdate","symbol":"B","bids":[["1"]],"asks":[]})",
       "OrderbookUpdate: bad bids"},
      {R"({"type":"OrderbookUpdate","symbol":"B","bids":[],"asks":"none"})",
       "OrderbookUpdate: bad asks"},
      {R"({"type":"Fill","symbol":"B","price":"1","size":"1"})", "Fill: no fill_id"},
      {R"({"type":"OrderUpdate","status":"open"})", "OrderUpdate: no order_id"},
      {R"({"type":"OrderUpdate","order_id":1})", "OrderUpdate: no status"},
      {R"({"type":"IndexPriceUpdate","prices":[{"underlying":"BTC","price":"1"},{"price":"2"}]})",
       "IndexPriceUpdate: no underlying"},
      {R"({"type":"OptionsChainUpdate","action":"Replace"})", "OptionsChainUpdate: bad action"},
      {R"({"type":"OptionsChainUpdate","action":"Upsert"})", "OptionsChainUpdate: no row"},
      {R"({"type":"MarketUpdate","symbol":"B"})", "MarketUpdate: no action"},
      {R"({"type":"LiquidationStateChange"})", "LiquidationStateChange: no new_state"},
      {R"({"type":"PositionExpired","symbol":"B"})", "PositionExpired: no settlement_price"},
      {R"({"type":"CompetitionPnlSummary"})", "CompetitionPnlSummary: no lifetime_realized_pnl"},
      {R"({"type":"Candle","o":1,"h":1,"l":1,"c":1,"t":"never"})", "Candle: bad t"},
  };
  for (const auto& [text, reason] : cases) {
    EXPECT_EQ(rows_of(text), Rows{"unparsed live reason=" + reason}) << text;
  }
}

TEST(HypercallNormalizer, KeepsEveryPortfolioUpdateEvenWithBrokenGreeks) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"type":"PortfolioUpdate","per_leg":[{"symbol":"B","delta":1},{"delta":1}]})",
       "no symbol"},
      {R"({"type":"PortfolioUpdate","aggregate":[]})", "bad aggregate"},
      {R"({"type":"PortfolioUpdate","timestamp":"now"})", "bad timestamp"},
  };
  for (const auto& [text, reason] : cases) {
    EXPECT_EQ(rows_of(text), (Rows{"portfolio live kind=GreeksUpdate data=" + text,
                                   "unparsed live reason=PortfolioUpdate: " + reason}));
  }
}

TEST(HypercallNormalizer, KeepsABinaryFrameAsUnparsed) {
  const auto normalizer = hypercall_feed().make_normalizer(1);
  const Inbound inbound("ws", payload("trade"), 1'000, 0, Opcode::binary);
  RowLog log;
  normalizer->normalize(inbound.frame(), log);
  EXPECT_EQ(log.rows, Rows{"unparsed live reason=binary frame"});
}

TEST(HypercallNormalizer, CutsAnUnknownTypesNameOnACharactersEdge) {
  const std::string name = std::string(63, 'x') + "\xc3\xa9" + "tail";
  EXPECT_EQ(rows_of(R"({"type":")" + name + R"("})"),
            Rows{"unparsed live reason=unknown type: " + std::string(63, 'x')});
}

TEST(HypercallNormalizer, TakesWhatIsAbsentForNull) {
  EXPECT_EQ(rows_of(R"({"type":"Trade","symbol":"B","price":1.50,"size":2,"side":"Sell"})"),
            Rows{"trade live symbol=B price=1.50 size=2 side=sell"});
  EXPECT_EQ(
      rows_of(
          R"({"type":"Trade","symbol":"B","price":"1","size":"2","trade_id":99999999999999999999})"),
      Rows{"trade live symbol=B price=1 size=2 trade_id=99999999999999999999"});
  EXPECT_EQ(rows_of(R"({"type":"OrderbookUpdate","symbol":"B"})"), Rows{"book live symbol=B"});
  EXPECT_EQ(rows_of(R"({"type":"OrderbookUpdate","symbol":"B","bids":[],"asks":null})"),
            Rows{"book live symbol=B bids=[]"});
  EXPECT_EQ(rows_of(R"({"type":"IndexPriceUpdate","prices":[]})"), Rows{});
  EXPECT_EQ(rows_of(R"({"type":"Error","code":429})"), Rows{"feed_error live code=429"});
}

TEST(HypercallNormalizer, RoutesByTheFirstType) {
  EXPECT_EQ(rows_of(R"({"type":"Trade","type":"Fill","symbol":"B","price":"1","size":"2"})"),
            Rows{"trade live symbol=B price=1 size=2"});
}

}  // namespace
}  // namespace tapedeck::testing
