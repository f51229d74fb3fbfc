// What the recorder makes of the services' documented messages and of odd ones, judged by a program
// that shares no code with it.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/loopback/oracle.h"
#include "tests/loopback/said_service.h"
#include "tests/support/temp_dir.h"

namespace tapedeck {
namespace {

using testing::expect_no_differences;
using testing::record_said;
using testing::run_sql;
using testing::Said;
using testing::TempDir;

// An EVENT's or a SNAPSHOT's event.
std::string event(const std::string& id, const std::string& detected_at,
                  const std::string& more = "\"confidence\":0.920,\"latency_ms\":42") {
  return R"({"id":)" + id +
         R"(,"type":"LIQUIDATION_CLUSTER_ARMED","priority":"P0","symbol":"BTCUSDT",)" + more +
         R"(,"data":{"cluster_price":98500.0,"cluster_side":"LONG_LIQ"},"detected_at":")" +
         detected_at + R"("})";
}
std::string live(const std::string& event) {
  return R"({"type":"EVENT","payload":)" + event + "}";
}

const std::string kHandshake =
    R"({"type":"HANDSHAKE","payload":{"tier":"PULSE","priorities":["P0","P1","P2"],"delay_ms":0,)"
    R"("server_time":"2026-03-17T10:30:00Z"}})";

TEST(TapeOracleDocuments, AgreesOnFastfeed) {
  const std::string first = event("12345", "2026-03-17T10:30:40.5Z");
  const std::string second = event("12346", "2026-03-17T10:30:45Z");
  const std::vector<Said> messages = {
      {kHandshake},
      {R"({"type":"SNAPSHOT","payload":{"events":[)" + first + "," + second + "]}}"},
      {live(second)},                                  // known from the snapshot
      {live(event("12347", "2026-03-17T10:30:45Z"))},  // looks alike, is another
      {live(event("12346", "2026-03-18T00:00:00Z"))},  // a new epoch
      {live(event("12346", "2026-03-18T00:00:00Z", R"("confidence":1e-7,"latency_ms":1)"))},
      {live(event("9223372036854775808", "2026-03-18T00:00:00.123456789+01:00",
                  R"("confidence":1E-28,"latency_ms":42.50,"severity":"high","narrative":"")"))},
      {R"({"type":"EVENT","payload":{"id":7,"type":"REGIME_SHIFT","symbol":null,)"
       R"("confidence":"0.50"}})"},
      {R"({"type":"PING"})"},
      {R"({"type":"FANFARE","payload":{}})"},
      {R"({"type":"EVENT"})"},
      {R"([1,2])"},
      {R"({"type":"EVENT","payload":)"},
      {"\x01\x02", Opcode::binary},
      {R"({"type":"ERROR","payload":{"code":"RATE_LIMITED","message":"slow \u0064own"}})"},
  };
  const TempDir directory;
  const std::string tape = record_said(
      directory.path(), "nexusglass", R"("api_key": "k1", "endpoints": ["ws/fastfeed"])", messages);
  EXPECT_EQ(run_sql(tape, "SELECT count(*) FROM alert"), 6);
  EXPECT_EQ(run_sql(tape, "SELECT count(*) FROM unparsed"), 5);
  EXPECT_EQ(run_sql(tape, "SELECT count(*) FROM feed_error"), 1);
  expect_no_differences(tape);
}

TEST(TapeOracleDocuments, AgreesOnMarketData) {
  const std::string both = live(event("5", "2026-03-17T10:30:40Z"));
  const std::vector<Said> messages = {
      {kHandshake},
      {R"({"type":"SNAPSHOT","payload":{"timestamp":1773743440123,"symbol":"ETHUSDT","x":1.10}})"},
      {R"({"type":"TICKER","payload":{"symbol":"BTCUSDT","last":98598.50,"time":)"
       R"("2026-03-17T10:30:00.25Z"}})"},
      {R"({"type":"TICKER","payload":{"symbol":"BTCUSDT","last":98598.50,"time":)"
       R"("2026-03-17T10:30:00.25Z"}})"},  // delivered twice: two
      {R"({"type":"OI_DELTA","payload":{"symbols":["A","B"],"v":1e5}})"},
      {R"({ "type" : "LIST", "payload" : [1.0, {"a": null, "b": "\u00e9"}] })"},
      {both},
      {both},
  };
  const TempDir directory;
  const std::string tape = record_said(directory.path(), "nexusglass",
                                       R"("api_key": "k1", "endpoints": ["ws"])", messages);
  EXPECT_EQ(run_sql(tape, "SELECT count(*) FROM snapshot"), 5);
  EXPECT_EQ(run_sql(tape, "SELECT count(*) FROM alert"), 1);
  expect_no_differences(tape);
}

// The documents' examples, each as it stands there but for white space, and what else was seen.
std::vector<Said> public_messages() {
  return {
      {R"({"type":"OrderbookUpdate","symbol":"BTC-20260131-100000-C","bids":[["95000.5","10.5"],)"
       R"(["94999.0","25.0"]],"asks":[["95001.0","8.0"],["95002.5","15.0"]],)"
       R"("timestamp":1737331200000})"},
      {R"({"type":"OrderbookUpdate","symbol":"X","bids":[],"asks":[[95001.10,8e-1]],)"
       R"("timestamp":1737331200001})"},
      {R"({"type":"OrderbookUpdate","symbol":"X","bids":null,"asks":null,"timestamp":1})"},
      {R"({"type":"Trade","symbol":"BTC-20260131-100000-C","price":"0.0523","size":"5.0",)"
       R"("side":"Buy","timestamp":1737331200000})"},
      {R"({"type":"Trade","symbol":"BTC-20260131-100000-C","price":"0.0523","size":"5.0",)"
       R"("side":"Buy","timestamp":1737331200000})"},  // no identifier: two
      {R"({"type":"Trade","symbol":"X","price":-0.0,"size":12.067400000000001,"side":null,)"
       R"("timestamp":1737331200000})"},
  };
}

std::vector<Said> wallet_messages() {
  return {
      {R"({"type":"Fill","order_id":12345,"fill_id":67890,"symbol":"BTC-20260131-100000-C",)"
       R"("side":"buy","price":"0.0523","size":"5.0","timestamp":1737331200000,)"
       R"("wallet_address":"0x1234...abcd","fee":"0.0005","trade_id":99999,"is_taker":true})"},
      {R"({"type":"Fill","order_id":12345,"fill_id":67890,"symbol":"BTC-20260131-100000-C",)"
       R"("side":"buy","price":"0.0523","size":"5.0","timestamp":1737331200000,)"
       R"("wallet_address":"0x1234...abcd","fee":"0.0005","trade_id":99999,"is_taker":true})"},
      {R"({"type":"PortfolioUpdate","timestamp":1737331200000,"per_leg":[{"symbol":"L",)"
       R"("quantity":"2.0","delta":0.91,"gamma":1e-28,"theta":-0.12,"vega":0.44,"iv":0.630}],)"
       R"("aggregate":{"delta":0.91,"gamma":0.003,"theta":-0.12,"vega":0.44,"iv":-0.0}})"},
      {R"({"type":"PortfolioUpdate","timestamp":1737331200000,"per_leg":[],"aggregate":null})"},
      {R"({"type":"PortfolioUpdate","type":"Initial","timestamp":1737331200000,"a":[1.0]})"},
      {R"({"type":"CompetitionPnlSummary","wallet_address":"0x1234...abcd",)"
       R"("lifetime_realized_pnl":"1250.50","active_competition":{"competition_id":7,)"
       R"("competition_name":"Spring Sprint","competition_state":"active","rank":12,)"
       R"("pnl":"420.25","volume":"25000","efficiency":"0.01681","medal":null},)"
       R"("timestamp":1737331200000})"},
      {R"({"type":"CompetitionPnlSummary","wallet_address":"0x1","lifetime_realized_pnl":"0",)"
       R"("active_competition":null,"timestamp":1737331200000})"},
      {R"({"type":"OrderUpdate","order_id":12345,"client_order_id":"my-order-1",)"
       R"("status":"filled","filled_size":"10.0","remaining_size":"0","avg_fill_price":"0.0523"})"},
      {R"({"type":"OrderUpdate","order_id":18446744073709551615,"request":{"price":"1.50",)"
       R"("size":"2","symbol":"S","side":"Sell","tif":"gtc"},"status":"open","filled_size":"0",)"
       R"("timestamp":1737331200000,"reason":"why","wallet_address":"0x1",)"
       R"("instrument_type":"option"})"},
  };
}

std::vector<Said> market_messages() {
  return {
      {R"({"type":"MarketUpdate","action":"Created","symbol":"BTC-20260131-100000-C",)"
       R"("strike":"100000","is_call":true,"underlying":"BTC","expiry":1738281600,)"
       R"("timestamp":1737331200000})"},
      {R"({"type":"MarketUpdate","action":"Expired","symbol":"BTC-20260131-100000-C",)"
       R"("strike":100000.0,"is_call":false,"underlying":"BTC","expiry":1738281600,)"
       R"("timestamp":1738281600000})"},
      {R"({"type":"PositionExpired","wallet_address":"0x1234...abcd","symbol":"S",)"
       R"("position_size":"10.0","settlement_price":"105000","settlement_value":"500.0",)"
       R"("timestamp":1738281600000})"},
      {R"({"type":"LiquidationStateChange","wallet_address":"0x1234...abcd",)"
       R"("previous_state":"Normal","new_state":"Warning","equity":"10000.0",)"
       R"("mm_required":"9500.0","shortfall":"0","auction_id":null,"timestamp":1737331200000})"},
      {R"({"type":"IndexPriceUpdate","prices":[{"underlying":"BTC","price":"95000.10",)"
       R"("timestamp":1737331199999},{"underlying":"ETH","price":3000.50}],)"
       R"("timestamp":1737331200000})"},
      {R"({"type":"OptionsChainUpdate","action":"Upsert","currency":"BTC","expiry":1738281600,)"
       R"("row":{"strike":"100000","call":{"symbol":"C1","bid":1.10},"put":{"symbol":"P1"}},)"
       R"("timestamp":1737331200000})"},
      {R"({"type":"OptionsChainUpdate","action":"Remove","currency":"BTC","expiry":1738281600,)"
       R"("strike":"100000","option_type":"put","symbol":"P1","timestamp":1737331200000})"},
      {R"({"type":"CandleUpdate","symbol":"BTC","interval":"1h","open":"1.0","high":"2.0",)"
       R"("low":"0.50","close":"1.5","volume":"9","open_time":1737331200000,)"
       R"("close_time":1737334800000,"is_closed":true,"timestamp":1737334800001})"},
      {R"({"type":"CandleUpdate","symbol":"BTC","interval":"1h","open":"1.0","high":"2.0",)"
       R"("low":"0.50","close":"1.5","volume":"9","open_time":1737331200000,)"
       R"("close_time":1737334800000,"is_closed":true,"timestamp":1737334800002})"},
      {R"({"type":"CandleTeaser","words":"soon"})"},
      {R"({"type":"Error","message":"Invalid channel: foobar"})"},
      {R"({"type":"ClockSynced","nonce":1,"server_at":1737331200000})"},
      {R"({"type":"Fanfare"})"},
      {"{]"},
      {"\x01", Opcode::binary},
  };
}

std::string record_hypercall(const std::string& directory, const std::vector<Said>& messages) {
  return record_said(directory, "hypercall", R"("wallet": "0xabc", "channels": ["orderbook"])",
                     messages,
                     {{"\"Authenticate\"", R"({"type":"Authenticated","wallet":"0xabc"})"},
                      {"\"Subscribe\"", R"({"type":"Subscribed","channel":"orderbook"})"}});
}

TEST(TapeOracleDocuments, AgreesOnHypercallsDocumentedMessages) {
  const TempDir directory;
  std::vector<Said> messages = public_messages();
  for (const auto& more : {wallet_messages(), market_messages()}) {
    messages.insert(messages.end(), more.begin(), more.end());
  }
  const std::string tape = record_hypercall(directory.path(), messages);
  const std::vector<std::pair<std::string, int>> rows = {
      {"book", 3},         {"trade", 3},       {"fill", 1},         {"portfolio", 3},
      {"greeks", 2},       {"competition", 2}, {"order_update", 2}, {"market", 2},
      {"settlement", 1},   {"index_price", 2}, {"candle", 1},       {"liquidation_state", 1},
      {"option_chain", 3}, {"feed_error", 1},
  };
  for (const auto& [table, count] : rows) {
    EXPECT_EQ(run_sql(tape, "SELECT count(*) FROM " + table), count) << table;
  }
  expect_no_differences(tape);
}

TEST(TapeOracleDocuments, AgreesOnWhatIsNoRowAndOnWhatStillIs) {
  const std::vector<Said> broken = {
      {R"({"type":"OrderbookUpdate","bids":[],"asks":[],"timestamp":1})"},
      {R"({"type":"OrderbookUpdate","symbol":"X","bids":[["1"]],"asks":[],"timestamp":1})"},
      {R"({"type":"Trade","symbol":"X","size":"2","side":"sell","timestamp":1})"},
      {R"({"type":"Trade","symbol":"X","price":01,"size":"2","timestamp":1})"},
      {R"({"type":"Trade","symbol":"X","price":NaN,"size":"2","timestamp":1})"},
      {R"({"type":"Trade","symbol":"\ud800","price":"1","size":"2","timestamp":1})"},
      {R"({"type":"Trade","symbol":"X","price":"1","size":"2","timestamp":1} x)"},
      {R"({"type":"Fill","symbol":"S","price":1.0,"size":2,"timestamp":1})"},
      {R"({"type":"OrderUpdate","status":"open"})"},
      {R"({"type":"IndexPriceUpdate","timestamp":1})"},
      {R"({"type":null})"},
      {"null"},
      {""},
  };
  std::vector<Said> messages = broken;
  messages.insert(
      messages.end(),
      {
          {R"({"type":"Trade","symbol":"a\u0000b","price":1.10e+3,"size":-0.0,"side":"SELL"})"},
          {R"({"type":"Fill","fill_id":99999999999999999999,"order_id":-9223372036854775808,)"
           R"("trade_id":9223372036854775807,"symbol":"S","side":"Buy","price":1.0,"size":2})"},
          {R"({"type":"Fill","fill_id":99999999999999999999,"order_id":2,"symbol":"S",)"
           R"("side":"Buy","price":1.0,"size":2,"timestamp":1737331200000})"},
          {R"({"type":"CandleUpdate","symbol":"B","interval":"1h","open":1,"high":2.0,"low":0,)"
           R"("close":1,"volume":9,"open_time":1737331200000,"is_closed":false})"},
          {R"({"type":"PortfolioUpdate","type":"GreeksUpdate","timestamp":2,"per_leg":[)"
           R"({"symbol":"A","delta":0.10},{"symbol":"A","delta":0.10}],"aggregate":null})"},
      });
  const TempDir directory;
  const std::string tape = record_hypercall(directory.path(), messages);
  EXPECT_EQ(run_sql(tape, "SELECT count(*) FROM unparsed"),
            static_cast<std::int64_t>(broken.size()));
  EXPECT_EQ(run_sql(tape, "SELECT count(*) FROM trade"), 1);
  EXPECT_EQ(run_sql(tape, "SELECT count(*) FROM fill"), 1);
  EXPECT_EQ(run_sql(tape, "SELECT count(*) FROM greeks"), 2);
  expect_no_differences(tape);
}

}  // namespace
}  // namespace tapedeck
