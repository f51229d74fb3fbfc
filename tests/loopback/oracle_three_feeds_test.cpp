// As oracle_documents_test.cpp, for Alterscope, AlphaHub and Market.ai: the payloads that their
// documents print, and odd ones.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/loopback/oracle.h"
#include "tests/loopback/said_service.h"
#include "tests/support/temp_dir.h"

namespace tapedeck {
namespace {

using testing::as_documented;
using testing::expect_no_differences;
using testing::record_said;
using testing::run_sql;
using testing::Said;
using testing::ScriptedServer;
using testing::ScriptedSocket;
using testing::TempDir;

void expect_counts(const std::string& tape,
                   const std::vector<std::pair<std::string, int>>& counts) {
  for (const auto& [table, count] : counts)
    EXPECT_EQ(run_sql(tape, "SELECT count(*) FROM " + table), count) << table;
}

TEST(TapeOracleDocuments, AgreesOnAlterscope) {
  const Said change = as_documented("alterscope", "factor_changed");
  const std::vector<Said> messages = {
      change,
      change,  // no identifier: two
      as_documented("alterscope", "factor_changed_meta"),
      as_documented("alterscope", "factor_changed_texts"),
      as_documented("alterscope", "factor_changed_bare"),
      {R"({"type":"factor.changed","opportunity_id":"o","factor":"f","previous":null,"current":)"
       R"(1E-28,"as_of_block":18446744073709551616,"as_of":"2026-04-27T08:34:02.5+02:00"})"},
      as_documented("alterscope", "error"),
      {R"({"type":"fanfare","opportunity_id":"o"})"},
      {R"({"type":"factor.changed","opportunity_id":"o","factor":"f"})"},
      {R"({"type":"factor.changed","factor":"f","current":1})"},
      {R"([])"},
      {R"({"type":"factor.changed",)"},
      {"\x01", Opcode::binary},
  };
  const TempDir directory;
  const std::string tape =
      record_said(directory.path(), "alterscope",
                  R"("api_key": "k1", "opportunities": ["hyperliquid-btc-basis"])", messages);
  expect_counts(tape, {{"factor", 6}, {"feed_error", 1}, {"unparsed", 6}});
  expect_no_differences(tape);
}

TEST(TapeOracleDocuments, AgreesOnAlphahub) {
  const Said signals = as_documented("alphahub", "new_signals");
  const auto new_signals = [](const std::string& payload) {
    return Said{R"([null,null,"algorithms:14","new_signals",)" + payload + "]"};
  };
  const std::vector<Said> messages = {
      signals,
      signals,  // no identifier: all of it again
      as_documented("alphahub", "new_signals_forms"),
      new_signals(R"({"open":[],"close":[]})"),
      new_signals(R"({"close":[{"symbol":"A","side":"SELL","price":-0.0,"timestamp":null},)"
                  R"({"symbol":"A","side":"SELL","price":-0.0,"timestamp":null}]})"),
      as_documented("alphahub", "heartbeat_reply"),
      {R"([null,null,"algorithms:99","phx_reply",{"response":{"reason":"no"},"status":"error"}])"},
      {R"([null,null,"algorithms:99","phx_close",{}])"},
      new_signals(R"({})"),
      new_signals(R"({"open":[{"side":"buy","price":1}]})"),
      new_signals(R"({"open":7})"),
      {R"([null,null,"algorithms:14","fanfare",{}])"},
      {R"([null,null,"weather","new_signals",{"open":[{"symbol":"A"}]}])"},
      {R"([null,null])"},
      {R"({"open":[]})"},
      {"\x01", Opcode::binary},
  };
  // Logs in.
  const ScriptedServer rest([](ScriptedSocket& socket) {
    socket.read_header();
    const std::string body = as_documented("alphahub", "session").payload;
    socket.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                 std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body);
  });
  const TempDir directory;
  const std::string tape = record_said(
      directory.path(), "alphahub", R"("email": "m@e.org", "password": "p1", "algorithms": [14])",
      messages, {{"\"phx_join\"", as_documented("alphahub", "join_reply").payload}},
      rest.url("http", ""));
  EXPECT_GT(run_sql(tape, "SELECT count(*) FROM signal"), 2 * 6 + 2);
  expect_counts(tape, {{"feed_error", 1}, {"unparsed", 8}, {"request", 1}});
  expect_no_differences(tape);
}

Said update(const std::string& channel, const std::string& data) {
  return {R"({"type":"update","channel":")" + channel + R"(","ts":1708776300001,"data":)" + data +
          "}"};
}

TEST(TapeOracleDocuments, AgreesOnMarketaisDocumentedMessages) {
  std::vector<Said> messages;
  // Twice: a signal, a trade and a closed candle are known again by their identifiers.
  for (int i = 0; i < 2; ++i) {
    for (const char* channel : {"quotes", "book", "trades", "signals", "liquidations", "funding",
                                "klines", "narratives", "polymarket"})
      messages.push_back(as_documented("marketai", channel));
  }
  for (const char* other : {"pong", "error_symbol_limit_exceeded", "connection_limit"})
    messages.push_back(as_documented("marketai", other));
  const TempDir directory;
  const std::string tape = record_said(
      directory.path(), "marketai", R"("api_key": "k1", "channels": ["quotes"])", messages,
      {{"\"subscribe\"", R"({"type":"subscribed","channel":"quotes","symbols":["*"]})"}});
  expect_counts(tape, {{"quote", 4},
                       {"book", 2},
                       {"trade", 1},
                       {"alert", 1},
                       {"liquidation", 2},
                       {"funding", 2},
                       {"candle", 1},
                       {"narrative", 2},
                       {"prediction", 2},
                       {"feed_error", 2},
                       {"unparsed", 0}});
  expect_no_differences(tape);
}

TEST(TapeOracleDocuments, AgreesOnOddMessagesOfMarketai) {
  const std::vector<Said> messages = {
      update("quotes", R"({"symbol":"A/B","global_mid":1.10,"global_vwap":null,"exchanges":[]})"),
      update("quotes",
             R"({"symbol":"A/B","exchanges":[{"exchange":"x","bid":"-0.0","obi":1e-28}]})"),
      update("book", R"({"symbol":"A/B","bid_walls":[{"price":1.50,"quantity":2e1}],)"
                     R"("ask_walls":null,"obi_5":-0.0,"depth":{"a":[1.0]}})"),
      update("trades", R"({"symbol":"A/B","exchange":"x","price":1.0,"quantity":"2","side":"SELL",)"
                       R"("trade_id":9007199254740993,"timestamp":5})"),
      update("trades", R"({"symbol":"A/B","exchange":"y","price":1.0,"quantity":"2","side":"SELL",)"
                       R"("trade_id":9007199254740993,"timestamp":5})"),  // another venue's
      update("trades", R"({"symbol":"A/B","price":1.0,"quantity":"2"})"),
      update("trades", R"({"symbol":"A/B","price":1.0,"quantity":"2"})"),  // no identifier: two
      update("signals", R"({"signal_type":"volume_spike","data":{"a":"\u00e9","b":[]}})"),
      update("klines",
             R"({"symbol":"A/B","interval":"1m","open":1,"high":2,"low":0.5,"close":1.50,)"
             R"("volume":"9","open_time":1708776240000,"is_closed":false})"),
      update("polymarket", R"({"coin":"BTC","timeRemainingSeconds":null,"active":false})"),
      update("funding", R"({"symbol":"A/B","rate":1E-7,"next_funding_time":null})"),
      update("fanfare", R"({"symbol":"A/B"})"),
      update("quotes", R"([])"),
      {R"({"type":"update","ts":1,"data":{}})"},
      {R"({"type":"update","channel":"quotes","ts":1})"},
      {R"({"type":"fanfare"})"},
      {R"({"channel":"quotes"})"},
      {"7"},
      {"{]"},
      {"\x01", Opcode::binary},
  };
  const TempDir directory;
  const std::string tape = record_said(
      directory.path(), "marketai", R"("api_key": "k1", "channels": ["quotes"])", messages,
      {{"\"subscribe\"", R"({"type":"subscribed","channel":"quotes","symbols":["*"]})"}});
  expect_counts(tape, {{"quote", 3}, {"trade", 4}, {"unparsed", 9}});
  expect_no_differences(tape);
}

}  // namespace
}  // namespace tapedeck
