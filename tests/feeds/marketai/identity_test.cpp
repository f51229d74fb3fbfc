// One event, one row; and who a frame is for.
#include <gtest/gtest.h>

#include <memory>

#include "schema/feeds/marketai/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck::testing {
namespace {

std::string payload(const std::string& name) {
  return testdata("marketai", name + ".json");
}

std::string update(const std::string& channel, const std::string& data, int ts = 1) {
  return R"({"type":"update","channel":")" + channel + R"(","ts":)" + std::to_string(ts) +
         R"(,"data":{)" + data + "}}";
}

struct Delivery {
  int slot;
  std::string text;
  std::size_t rows;
};

void expect_rows(int connections, const std::vector<Delivery>& deliveries) {
  const auto normalizer = marketai_feed().make_normalizer(connections);
  Ns now = 1'000;
  for (std::size_t i = 0; i < deliveries.size(); ++i) {
    const Delivery& one = deliveries[i];
    EXPECT_EQ(normalize_one(*normalizer, "/", one.text, now += kNsPerMs, one.slot).size(), one.rows)
        << "delivery " << i << " " << one.text;
  }
}

// Its identifiers may begin anew.
TEST(MarketIdentity, KnowsASignalByItsIdentifierAndTime) {
  const std::string later = update("signals", R"("id":"sig_abc123","signal_type":"other")", 2);
  const std::string next = update("signals", R"("id":"sig_abc124","signal_type":"whale_movement")");
  expect_rows(
      1, {{0, payload("signals"), 1}, {0, payload("signals"), 0}, {0, later, 1}, {0, next, 1}});
  expect_rows(2, {{0, payload("signals"), 1},
                  {1, payload("signals"), 0},
                  {1, later, 1},
                  {0, later, 0},
                  {1, next, 1},
                  {0, next, 0}});
}

TEST(MarketIdentity, KnowsATradeByItsVenueAndIdentifier) {
  const auto trade = [](const std::string& venue, const std::string& symbol, const std::string& id,
                        int ts = 1) {
    return update("trades",
                  R"("exchange":")" + venue + R"(","symbol":")" + symbol +
                      R"(","price":"1","quantity":"1","trade_id":)" + id,
                  ts);
  };
  expect_rows(1, {{0, trade("binance", "BTC/USDT", R"("1")"), 1},
                  {0, trade("binance", "BTC/USDT", R"("1")", 2), 0},
                  {0, trade("binance", "BTC/USDT", "1"), 0},
                  {0, trade("okx", "BTC/USDT", R"("1")"), 1},
                  {0, trade("binance", "BTC/USDT", R"("2")"), 1},
                  // Venues number the trades of each symbol apart.
                  {0, trade("binance", "ETH/USDT", R"("1")"), 1},
                  {0, trade("binance", "BTC/USDT", "9007199254740992"), 1},
                  {0, trade("binance", "BTC/USDT", "9007199254740993"), 1}});
  expect_rows(2, {{0, trade("binance", "BTC/USDT", R"("1")"), 1},
                  {1, trade("binance", "BTC/USDT", R"("1")", 2), 0}});
}

TEST(MarketIdentity, CountsTradesAndSignalsWithoutAnIdentifierAsTheyCome) {
  const std::string trade = update("trades", R"("symbol":"S","price":"1","quantity":"1")");
  const std::string signal = update("signals", R"("signal_type":"x","id":null)");
  expect_rows(1, {{0, trade, 1}, {0, trade, 1}, {0, signal, 1}, {0, signal, 1}});
  expect_rows(2, {{0, trade, 1}, {1, trade, 0}, {1, trade, 1}, {0, trade, 0}});
}

TEST(MarketIdentity, GivesAClosedCandleOneRow) {
  const auto candle = [](const std::string& open_time, const std::string& interval,
                         const std::string& closed, const std::string& close = "1") {
    return update("klines", R"("exchange":"a","symbol":"S","open":"1","high":"1","low":"1",)"
                            R"("close":")" +
                                close + R"(","interval":")" + interval + R"(","open_time":)" +
                                open_time + R"(,"is_closed":)" + closed);
  };
  expect_rows(1, {{0, candle("60000", "1m", "false"), 1},
                  {0, candle("60000", "1m", "false"), 1},
                  {0, candle("60000", "1m", "true"), 1},
                  {0, candle("60000", "1m", "true", "2"), 0},
                  {0, candle("60000", "5m", "true"), 1},
                  {0, candle("120000", "1m", "true"), 1},
                  {0, candle("120000", "1m", "null"), 1}});
  expect_rows(2, {{0, candle("60000", "1m", "false"), 1},
                  {1, candle("60000", "1m", "false"), 0},
                  {1, candle("60000", "1m", "true"), 1},
                  {0, candle("60000", "1m", "true", "2"), 0}});
}

TEST(MarketIdentity, LetsABrokenMessageTakeNoIdentityAway) {
  const std::string broken = update("signals", R"("id":"a")");
  const std::string whole = update("signals", R"("id":"a","signal_type":"x")");
  expect_rows(1, {{0, broken, 1}, {0, whole, 1}, {0, broken, 1}, {0, whole, 0}});
  expect_rows(2, {{0, broken, 1}, {1, broken, 0}, {1, whole, 1}, {0, whole, 0}});
}

TEST(MarketIdentity, CountsEachDeliveryOfOneConnection) {
  for (const char* name :
       {"quotes", "book", "liquidations", "funding", "narratives", "polymarket"}) {
    const std::size_t rows = std::string(name) == "quotes" ? 2 : 1;
    const std::string text = payload(name);
    expect_rows(1, {{0, text, rows}, {0, text, rows}});
    expect_rows(2, {{0, text, rows}, {1, text, 0}, {1, text, rows}, {0, text, 0}, {0, text, rows}});
  }
}

TEST(MarketIdentity, FoldsWhatCannotBeReadAndKeepsEachConnectionsOwnErrors) {
  expect_rows(2, {{0, "garbage", 1},
                  {1, "garbage", 0},
                  {0, R"({"type":"news"})", 1},
                  {1, R"({"type":"news"})", 0},
                  {0, payload("error_invalid_message"), 1},
                  {1, payload("error_invalid_message"), 1},
                  {0, payload("connection_limit"), 1},
                  {1, payload("connection_limit"), 1}});
}

// --- who a frame is for ---

TEST(MarketClassifier, SaysWhatAFrameIsToWhom) {
  const struct {
    std::string text;
    FrameRole role;
    const char* type;
    const char* stream;
    const char* symbol;
  } cases[] = {
      {payload("quotes"), FrameRole::data, "update", "quotes", "BTC/USDT"},
      {payload("book"), FrameRole::data, "update", "book", "BTC/USDT"},
      {payload("trades"), FrameRole::data, "update", "trades", "BTC/USDT"},
      {payload("signals"), FrameRole::data, "update", "signals", "BTC/USDT"},
      {payload("liquidations"), FrameRole::data, "update", "liquidations", "BTC/USDT"},
      {payload("funding"), FrameRole::data, "update", "funding", "BTC/USDT"},
      {payload("klines"), FrameRole::data, "update", "klines", "BTC/USDT"},
      {payload("narratives"), FrameRole::data, "update", "narratives", "BTC/USDT"},
      {payload("polymarket"), FrameRole::data, "update", "polymarket", "BTC"},
      {payload("authenticated"), FrameRole::ack, "authenticated", "", ""},
      {payload("subscribed_quotes"), FrameRole::ack, "subscribed", "quotes", ""},
      {payload("unsubscribed_quotes"), FrameRole::ack, "unsubscribed", "", ""},
      {payload("pong"), FrameRole::heartbeat, "pong", "", ""},
      {payload("error_invalid_message"), FrameRole::error, "error", "", ""},
      {payload("connection_limit"), FrameRole::error, "", "", ""},
      {update("options", R"("symbol":"S")"), FrameRole::data, "update", "", ""},
      {R"({"type":"update","channel":"quotes"})", FrameRole::data, "update", "quotes", ""},
      {R"({"type":"news","channel":"quotes"})", FrameRole::data, "news", "", ""},
      {R"({"ok":true})", FrameRole::data, "", "", ""},
      {"no json", FrameRole::data, "", "", ""},
  };
  const auto normalizer = marketai_feed().make_normalizer(1);
  for (const auto& c : cases) {
    const Inbound inbound("/", c.text);
    const FrameTag tag = normalizer->classify(inbound.frame());
    EXPECT_EQ(tag.role, c.role) << c.text;
    EXPECT_EQ(tag.type, c.type) << c.text;
    EXPECT_EQ(tag.stream, c.stream) << c.text;
    EXPECT_EQ(tag.symbol, c.symbol) << c.text;
    EXPECT_EQ(tag.event, "") << c.text;
    EXPECT_FALSE(tag.is_snapshot) << c.text;
  }
}

}  // namespace
}  // namespace tapedeck::testing
