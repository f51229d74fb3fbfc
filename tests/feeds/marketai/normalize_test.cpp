// Messages → rows: every documented payload, and what goes beyond it.
#include <gtest/gtest.h>

#include "schema/feeds/marketai/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck::testing {
namespace {

using Rows = std::vector<std::string>;

Rows rows_of(std::string_view text) {
  const auto normalizer = marketai_feed().make_normalizer(1);
  return normalize_one(*normalizer, "/", text);
}

Rows document(const std::string& name) {
  return rows_of(testdata("marketai", name + ".json"));
}

Rows update(const std::string& channel, const std::string& data) {
  return rows_of(R"({"type":"update","channel":")" + channel + R"(","ts":1708776300123,"data":)" +
                 data + "}");
}

const char* const kTs = "@1708776300123000000";

// --- as documented ---

TEST(MarketNormalizer, ReadsEveryDocumentedUpdate) {
  const struct {
    const char* name;
    Rows rows;
  } cases[] = {
      {"quotes",
       {"quote live @1708776300000000000 symbol=BTC/USDT mid=67450.25 vwap=67448.10 "
        "max_arb_bps=3.2 trend=bullish",
        "quote live @1708776300000000000 venue=binance symbol=BTC/USDT bid=67449.50 ask=67450.80 "
        "mid=67450.15 volume_24h=12500.5 obi=0.12"}},
      {"book",
       {"book live @1708776300000000000 venue=binance symbol=BTC/USDT best_bid=67449.50 "
        "best_ask=67450.80 bids=[[\"67000.00\",\"45.2\"]] asks=[] mid=67450.15 spread_bps=1.93 "
        "metrics={\"obi_5\":0.15,\"obi_10\":0.08,\"bid_depth_1pct\":\"125.5\","
        "\"ask_depth_1pct\":\"98.2\",\"bid_walls\":[{\"price\": \"67000.00\", \"quantity\": "
        "\"45.2\", \"multiple_of_median\": 8.5}],\"ask_walls\":[]}"}},
      {"trades",
       {"trade live @1708776300000000000 venue=binance symbol=BTC/USDT price=67450.00 size=0.5 "
        "side=buy trade_id=t123456 is_liquidation=0"}},
      {"signals",
       {"alert live @1708776300000000000 event_id=sig_abc123 type=whale_movement severity=alert "
        "symbol=BTC/USDT narrative=Whale buy detected on Binance: $2.5M BTC market order "
        "data={\"exchange\": \"binance\", \"size_usd\": 2500000, \"side\": \"buy\"}"}},
      {"liquidations",
       {"liquidation live @1708776300000000000 venue=binance symbol=BTC/USDT side=sell "
        "price=67200.00 size=2.5 notional=168000.00"}},
      {"funding",
       {"funding live @1708776300000000000 venue=binance symbol=BTC/USDT rate=0.0001 "
        "predicted_rate=0.00012 next_ns=1708790400000000000"}},
      {"klines",
       {"candle live @1708776300000000000 venue=binance symbol=BTC/USDT interval=1m open=67440.00 "
        "high=67455.00 low=67435.00 close=67450.00 volume=12.5 open_ns=1708776240000000000 "
        "close_ns=1708776300000000000 is_closed=1"}},
      {"narratives",
       {"narrative live @1708776300000000000 symbol=BTC/USDT text=BTC rallying 2.1% in the past "
        "hour with strong buying pressure. OBI at 0.18 across exchanges. A significant bid wall at "
        "$67,000 (45.2 BTC, 8.5x median) is supporting price. Funding rate normal at 0.01%. "
        "source=template"}},
      {"polymarket",
       {"prediction live @1708776300000000000 coin=BTC timeframe=1h up_price=0.545 "
        "down_price=0.455 volume=25000.50 liquidity=12000.00 seconds_remaining=3300 active=1"}},
  };
  for (const auto& c : cases) EXPECT_EQ(document(c.name), c.rows) << c.name;
}

TEST(MarketNormalizer, GivesErrorsARowAndProtocolTalkNone) {
  EXPECT_EQ(document("error_invalid_message"),
            Rows{"feed_error live code=INVALID_MESSAGE message=Invalid JSON"});
  EXPECT_EQ(document("error_symbol_limit_exceeded"),
            Rows{"feed_error live code=SYMBOL_LIMIT_EXCEEDED message=Symbol limit (25) exceeded. "
                 "Rejected: SOL/USDT, XRP/USDT"});
  EXPECT_EQ(document("connection_limit"),
            Rows{"feed_error live code=CONNECTION_LIMIT message=Connection limit (2) reached for "
                 "your tier."});
  for (const char* name : {"authenticated", "subscribed_quotes", "subscribed_signals",
                           "subscribed_trades", "unsubscribed_quotes", "pong"}) {
    EXPECT_EQ(document(name), Rows{}) << name;
  }
}

TEST(MarketNormalizer, ReadsErrorsOfOtherShapes) {
  const struct {
    const char* text;
    const char* row;
  } cases[] = {
      {R"({"type":"error","code":503})",
       R"(feed_error live code=503 message={"type":"error","code":503})"},
      {R"({"type":"error","message":"oops","ts":1708776300001})",
       "feed_error live @1708776300001000000 message=oops"},
      {R"({"type":"error","message":"oops","ts":"soon"})", "feed_error live message=oops"},
      {R"({"type":"error","error":{"code":"A","message":"b"}})",
       "feed_error live code=A message=b"},
      {R"({"type":"error","code":"TOP","message":"top","error":{"code":"A","message":"b"}})",
       "feed_error live code=TOP message=top"},
      {R"({"ok":false,"error":"busy"})", "feed_error live message=busy"},
      {R"({"ok":false})", R"(feed_error live message={"ok":false})"},
      {R"({"ok":false,"error":{"code":"X","message":{"en":"y"}}})",
       R"(feed_error live code=X message={"ok":false,"error":{"code":"X","message":{"en":"y"}}})"},
  };
  for (const auto& c : cases) EXPECT_EQ(rows_of(c.text), Rows{c.row}) << c.text;
}

// --- exactly as sent ---

TEST(MarketNormalizer, KeepsDecimalsExactlyWhetherTextsOrNumbers) {
  for (const char* value : {"12.067400000000001", "-0.0", "1e-28", "95000.50", "1E+400",
                            "123456789012345678901234567890.123456789", "0.1000"}) {
    const std::string number(value);
    const std::string row =
        "trade live " + std::string(kTs) + " symbol=S price=" + number + " size=" + number;
    EXPECT_EQ(update("trades",
                     R"({"symbol":"S","price":)" + number + R"(,"quantity":")" + number + R"("})"),
              Rows{row});
    EXPECT_EQ(update("funding", R"({"symbol":"S","rate":")" + number + R"(","predicted_rate":)" +
                                    number + "}"),
              Rows{"funding live " + std::string(kTs) + " symbol=S rate=" + number +
                   " predicted_rate=" + number});
  }
}

TEST(MarketNormalizer, KeepsIdentifiersBeyond53Bits) {
  EXPECT_EQ(
      update("trades", R"({"symbol":"S","price":"1","quantity":"1","trade_id":9007199254740993})"),
      Rows{"trade live " + std::string(kTs) +
           " symbol=S price=1 size=1 trade_id=9007199254740993"});
  EXPECT_EQ(
      update("signals", R"({"id":18446744073709551617,"signal_type":"volume_spike"})"),
      Rows{"alert live " + std::string(kTs) + " event_id=18446744073709551617 type=volume_spike"});
  EXPECT_EQ(update("polymarket", R"({"coin":"BTC","timeRemainingSeconds":9223372036854775808})"),
            Rows{"prediction live " + std::string(kTs) +
                 " coin=BTC seconds_remaining=9223372036854775808"});
}

TEST(MarketNormalizer, ReadsWallsOfOtherShapesAndKeepsTheAnalysisAsSent) {
  EXPECT_EQ(
      update("book",
             R"({"symbol":"S","bid_walls":[["1.50",2e1],{"price":3,"quantity":"4","new":[1 , 2]}],)"
             R"("obi_5":-0.0,"verdict":{"a" : null},"k\"ey":"\u00e9"})"),
      Rows{"book live " + std::string(kTs) +
           R"( symbol=S bids=[["1.50","2e1"],["3","4"]] metrics={"bid_walls":[["1.50",2e1],)"
           R"({"price":3,"quantity":"4","new":[1 , 2]}],"obi_5":-0.0,"verdict":{"a" : null},)"
           R"("k\"ey":"\u00e9"})"});
  EXPECT_EQ(update("book", R"({"symbol":"S","bid_walls":null,"ask_walls":[]})"),
            Rows{"book live " + std::string(kTs) +
                 R"( symbol=S asks=[] metrics={"bid_walls":null,"ask_walls":[]})"});
  EXPECT_EQ(update("book", R"({"symbol":"S","best_bid":"1"})"),
            Rows{"book live " + std::string(kTs) + " symbol=S best_bid=1"});
}

TEST(MarketNormalizer, UnescapesTexts) {
  EXPECT_EQ(update("narratives",
                   R"({"symbol":null,"narrative":"\ud83d\udc0b \"caf\u00e9\"","source":"llm"})"),
            Rows{"narrative live " + std::string(kTs) + " text=🐋 \"café\" source=llm"});
  EXPECT_EQ(update("signals", R"({"signal_type":"x","data":null})"),
            Rows{"alert live " + std::string(kTs) + " type=x"});
}

TEST(MarketNormalizer, WritesSidesInLowerCase) {
  EXPECT_EQ(update("trades", R"({"symbol":"S","price":"1","quantity":"1","side":"BUY"})"),
            Rows{"trade live " + std::string(kTs) + " symbol=S price=1 size=1 side=buy"});
  EXPECT_EQ(update("liquidations", R"({"symbol":"S","price":"1","quantity":"1","side":"Sell"})"),
            Rows{"liquidation live " + std::string(kTs) + " symbol=S side=sell price=1 size=1"});
}

TEST(MarketNormalizer, TakesTheMostSpecificTime) {
  const struct {
    const char* outer;
    const char* inner;
    const char* expected;
  } cases[] = {
      {R"("ts":1708776300123,)", R"(,"timestamp":1708776300001)", "@1708776300001000000 "},
      {R"("ts":1708776300123,)", R"(,"timestamp":"1708776300001.5")", "@1708776300001500000 "},
      {R"("ts":1708776300123,)", R"(,"timestamp":null)", "@1708776300123000000 "},
      {R"("ts":1708776300123,)", "", "@1708776300123000000 "},
      {"", R"(,"timestamp":0)", "@0 "},
      {R"("ts":null,)", "", ""},
      {"", "", ""},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(rows_of(R"({"type":"update","channel":"narratives",)" + std::string(c.outer) +
                      R"("data":{"narrative":"n")" + c.inner + "}}"),
              Rows{"narrative live " + std::string(c.expected) + "text=n"})
        << c.outer << c.inner;
  }
}

TEST(MarketNormalizer, GivesAQuoteWithoutVenuesItsAggregate) {
  const Rows aggregate = {"quote live " + std::string(kTs) + " symbol=S"};
  EXPECT_EQ(update("quotes", R"({"symbol":"S"})"), aggregate);
  EXPECT_EQ(update("quotes", R"({"symbol":"S","exchanges":null})"), aggregate);
  EXPECT_EQ(update("quotes", R"({"symbol":"S","exchanges":[]})"), aggregate);
  EXPECT_EQ(update("quotes", R"({"symbol":"S","exchanges":[{"exchange":"a"},{"exchange":"b"}]})"),
            (Rows{aggregate[0], "quote live " + std::string(kTs) + " venue=a symbol=S",
                  "quote live " + std::string(kTs) + " venue=b symbol=S"}));
}

TEST(MarketNormalizer, LetsTheFirstOfDuplicateKeysCount) {
  EXPECT_EQ(rows_of(R"({"type":"pong","type":"update","channel":"narratives"})"), Rows{});
  EXPECT_EQ(
      rows_of(
          R"({"type":"update","channel":"narratives","channel":"x","data":{"narrative":"a","narrative":"b"},"type":"pong"})"),
      Rows{"narrative live text=a"});
}

// --- what breaks the rules ---

TEST(MarketNormalizer, NamesWhyAMessageCannotBeRead) {
  const struct {
    std::string text;
    const char* reason;
  } cases[] = {
      {"", "not JSON"},
      {"{", "not JSON"},
      {"\xff\xfe", "invalid UTF-8"},
      {"[]", "not a JSON object"},
      {"7", "not a JSON object"},
      {"{}", "no type"},
      {R"({"type":7})", "no type"},
      {R"({"type":""})", "no type"},
      {R"({"ok":true,"data":[]})", "no type"},
      {R"({"type":"news"})", "unknown type: news"},
      {R"({"type":")" + std::string(63, 'x') + "é\"}",
       "unknown type: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"},
      {R"({"type":"update"})", "no channel"},
      {R"({"type":"update","channel":7})", "no channel"},
      {R"({"type":"update","channel":"options"})", "unknown channel: options"},
      {R"({"type":"update","channel":"quotes"})", "quotes: no data"},
      {R"({"type":"update","channel":"quotes","data":null})", "quotes: no data"},
      {R"({"type":"update","channel":"quotes","data":[]})", "quotes: bad data"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(rows_of(c.text), Rows{"unparsed live reason=" + std::string(c.reason)}) << c.text;
  }
  const auto normalizer = marketai_feed().make_normalizer(1);
  const Inbound binary("/", "\x01\x02", 1'000, 0, Opcode::binary);
  RowLog log;
  normalizer->normalize(binary.frame(), log);
  EXPECT_EQ(log.rows, Rows{"unparsed live reason=binary frame"});
}

TEST(MarketNormalizer, NamesTheMemberThatBreaksTheRules) {
  const struct {
    const char* channel;
    const char* data;
    const char* reason;
  } cases[] = {
      {"quotes", R"({"global_mid":"1"})", "no symbol"},
      {"quotes", R"({"symbol":"S","global_mid":[]})", "bad global_mid"},
      {"quotes", R"({"symbol":"S","exchanges":{}})", "bad exchanges"},
      {"quotes", R"({"symbol":"S","exchanges":[{"exchange":"a"},{"bid":"1"}]})", "no exchange"},
      {"quotes", R"({"symbol":"S","exchanges":[7]})", "no exchange"},
      {"quotes", R"({"symbol":"S","timestamp":"2024-02-24"})", "bad timestamp"},
      {"book", R"({"exchange":"a"})", "no symbol"},
      {"book", R"({"symbol":"S","bid_walls":[{"price":"1"}]})", "bad bid_walls"},
      {"book", R"({"symbol":"S","ask_walls":[["1"]]})", "bad ask_walls"},
      {"book", R"({"symbol":"S","ask_walls":"none"})", "bad ask_walls"},
      {"trades", R"({"symbol":"S","quantity":"1"})", "no price"},
      {"trades", R"({"symbol":"S","price":"1","quantity":null})", "no quantity"},
      {"trades", R"({"symbol":"S","price":true,"quantity":"1"})", "bad price"},
      {"trades", R"({"symbol":"S","price":1,"quantity":1,"is_liquidation":"no"})",
       "bad is_liquidation"},
      {"signals", R"({"id":"a"})", "no signal_type"},
      {"signals", R"({"id":{},"signal_type":"x"})", "bad id"},
      {"liquidations", R"({"symbol":"S","price":"1"})", "no quantity"},
      {"funding", R"({"symbol":"S"})", "no rate"},
      {"funding", R"({"symbol":"S","rate":1,"next_funding_time":"soon"})", "bad next_funding_time"},
      {"klines", R"({"symbol":"S","interval":"1m","open":"1","high":"1","low":"1","close":"1"})",
       "no open_time"},
      {"klines", R"({"symbol":"S","interval":"1m","open_time":1})", "no open"},
      {"narratives", R"({"symbol":"S"})", "no narrative"},
      {"polymarket", R"({"upPrice":"1"})", "no coin"},
      {"polymarket", R"({"coin":"C","timeRemainingSeconds":{}})", "bad timeRemainingSeconds"},
      {"polymarket", R"({"coin":"C","active":1})", "bad active"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(update(c.channel, c.data),
              Rows{"unparsed live reason=" + std::string(c.channel) + ": " + c.reason})
        << c.channel << c.data;
  }
  EXPECT_EQ(rows_of(R"({"type":"update","channel":"narratives","ts":{},"data":{"narrative":"n"}})"),
            Rows{"unparsed live reason=narratives: bad ts"});
}

}  // namespace
}  // namespace tapedeck::testing
