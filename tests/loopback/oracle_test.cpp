// What the recorder makes of the services' messages, judged by a program that shares no code with
// it (tests/clients/tape_oracle.py): of the simulators' messages, and of the documents' own.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "schema/ws/codec.h"
#include "storage/tape.h"
#include "tests/loopback/harness.h"
#include "tests/support/scripted_server.h"
#include "tests/support/temp_dir.h"

namespace tapedeck {
namespace {

using testing::config_for;
using testing::Recording;
using testing::ScriptedServer;
using testing::ScriptedSocket;
using testing::SimulatedServices;
using testing::TempDir;

constexpr std::size_t kConnections = 4;  // three of NexusGlass, one of Hypercall

struct Verdict {
  int exit_code = -1;
  std::string output;
};

Verdict judge(const std::string& tape) {
  const std::string script = std::string(TAPEDECK_SOURCE_DIR) + "/tests/clients/tape_oracle.py";
  const std::string command = "/usr/bin/python3 '" + script + "' '" + tape + "' 2>&1";
  FILE* const pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return {};
  Verdict verdict;
  std::array<char, 4096> block{};
  while (const std::size_t got = std::fread(block.data(), 1, block.size(), pipe)) {
    verdict.output.append(block.data(), got);
  }
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) verdict.exit_code = WEXITSTATUS(status);
  return verdict;
}

// Runs `sql` on the database at `path`; the first column of the first row, 0 without one.
std::int64_t run_sql(const std::string& path, const std::string& sql) {
  sqlite3* opened = nullptr;
  EXPECT_EQ(sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr), SQLITE_OK);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> database(opened, &sqlite3_close);
  sqlite3_stmt* prepared = nullptr;
  EXPECT_EQ(sqlite3_prepare_v2(opened, sql.c_str(), -1, &prepared, nullptr), SQLITE_OK)
      << sql << ": " << sqlite3_errmsg(opened);
  const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> statement(prepared,
                                                                             &sqlite3_finalize);
  const int step = sqlite3_step(prepared);
  EXPECT_TRUE(step == SQLITE_ROW || step == SQLITE_DONE) << sql << ": " << sqlite3_errmsg(opened);
  return step == SQLITE_ROW ? sqlite3_column_int64(prepared, 0) : 0;
}

void expect_no_differences(const std::string& tape) {
  const Verdict verdict = judge(tape);
  EXPECT_EQ(verdict.exit_code, 0) << verdict.output.substr(0, 20'000);
  EXPECT_NE(verdict.output.find(" rows, 0 differences\n"), std::string::npos)
      << verdict.output.substr(0, 20'000);
}

std::string record_simulators(const std::string& directory) {
  SimOptions options;
  options.rate = 2'000;
  SimulatedServices services(options);
  Recording recording(config_for(services.host()), directory);
  services.wait_until_sent(kConnections, 300);
  return recording.stop();
}

TEST(TapeOracle, AgreesWithEveryRowOfTheSimulatorsMessages) {
  const TempDir directory;
  const std::string tape = record_simulators(directory.path());
  for (const char* table : {"alert", "snapshot", "trade", "book", "candle", "order_update", "fill",
                            "greeks", "portfolio", "market", "settlement", "liquidation_state",
                            "competition", "index_price", "option_chain"}) {
    EXPECT_GT(run_sql(tape, std::string("SELECT count(*) FROM ") + table), 0) << table;
  }
  expect_no_differences(tape);
}

TEST(TapeOracle, AgreesAcrossAReconnectWhoseSnapshotRepeatsEvents) {
  const TempDir directory;
  SimOptions options;
  options.rate = 500;
  auto services = std::make_unique<SimulatedServices>(options);
  Recording recording(config_for(services->host()), directory.path());
  services->wait_until_sent(kConnections, 100);
  options.server.port = services->port();
  services->stop();
  SimulatedServices again(options);
  again.wait_until_sent(kConnections, 100);
  const std::string tape = recording.stop();
  EXPECT_GE(run_sql(tape, "SELECT count(*) FROM connection WHERE opened_ns IS NOT NULL"), 8);
  expect_no_differences(tape);
}

// A change to a tape that is right, and how the oracle must name it.
struct Tampering {
  const char* sql;
  const char* named;
};

TEST(TapeOracle, NamesWhatIsWrong) {
  const std::vector<Tampering> cases = {
      {"UPDATE trade SET price = price || '0' WHERE id = 3", "trade 3 price: expected '"},
      {"UPDATE alert SET confidence = '0.5000' WHERE id = 11", "alert 11 confidence: expected '"},
      {"UPDATE alert SET origin = 'live' WHERE id = 1", "alert 1 origin: expected 'snapshot'"},
      {"UPDATE book SET recv_ns = recv_ns + 1 WHERE id = 2", "book 2 recv_ns: expected "},
      {"UPDATE book SET mid = '1' WHERE id = 1", "book 1 mid: expected None"},
      {"UPDATE market SET expiry_ns = expiry_ns / 1000 WHERE id = 1", "market 1 expiry_ns: exp"},
      {"UPDATE market SET is_call = 2 WHERE id = 1", "market.is_call: 2 is no boolean"},
      {"UPDATE fill SET trade_id = 1.5 WHERE id = 1", "fill.trade_id: 1 stored as real"},
      {"UPDATE option_chain SET data = '{}' WHERE id = 1", "option_chain 1 data: expected JSON"},
      {"UPDATE greeks SET request_id = 1 WHERE id = 1", "greeks 1 request_id: expected None"},
      {"DELETE FROM greeks WHERE id = 1", "greeks: missing the row of frame "},
      {"INSERT INTO fill SELECT (SELECT max(id) + 1 FROM fill), frame_id, request_id, feed, "
       "origin, recv_ns, event_ns, fill_id, order_id, trade_id, symbol, side, price, size, fee, "
       "is_taker, wallet, builder_code_address, builder_code_fee FROM fill WHERE id = 1",
       ": unexpected, frame "},
      {"UPDATE frame SET payload = CAST(payload AS BLOB) WHERE id = 1", "frame 1 payload: expect"},
      {"DELETE FROM frame WHERE id = 20", "frame 21: expected id 20"},
      {"UPDATE connection SET url = replace(url, '***', 'key') WHERE id = 1",
       "connection 1 url: not redacted"},
      {"UPDATE connection SET closed_by = NULL WHERE id = 1", "connection 1 closed_ns, closed_by"},
      {"UPDATE session SET config = replace(config, '***', 'key')",
       "session.config.feeds.nexusglass.api_key: not redacted"},
      {"ALTER TABLE quote RENAME COLUMN obi TO imbalance", "quote: column missing: obi"},
      {"PRAGMA user_version = 2", "user_version: expected 1, tape has 2"},
  };
  const TempDir directory;
  const std::string tape = record_simulators(directory.path());
  const std::string copy = directory.file("tampered.tape");
  for (const Tampering& tampering : cases) {
    SCOPED_TRACE(tampering.sql);
    std::filesystem::copy_file(tape, copy, std::filesystem::copy_options::overwrite_existing);
    run_sql(copy, tampering.sql);
    const Verdict verdict = judge(copy);
    EXPECT_EQ(verdict.exit_code, 1);
    EXPECT_NE(verdict.output.find(tampering.named), std::string::npos)
        << verdict.output.substr(0, 2'000);
  }
}

// A service that says what it is told to.
struct Said {
  std::string payload;
  Opcode opcode = Opcode::text;
};

void say(ScriptedSocket& socket, const Said& message) {
  std::string bytes;
  ws::append_frame(bytes, message.opcode, message.payload, nullptr);
  socket.write(bytes);
}

// Acknowledges what the client asks for; says `messages` at the first subscription, or at once
// (`unasked`); ends with the client's close.
std::function<void(ScriptedSocket&)> service(std::vector<Said> messages, bool unasked) {
  return [messages = std::move(messages), unasked](ScriptedSocket& socket) {
    const std::string header = socket.read_header();
    if (header.empty()) return;
    socket.accept_upgrade(header);
    const auto say_all = [&] {
      for (const Said& message : messages) say(socket, message);
    };
    if (unasked) say_all();
    ws::Decoder decoder(ws::Role::server, 1U << 20U);
    while (true) {
      ws::Message message;
      const auto status = decoder.next(message);
      if (status == ws::Decoder::Status::failed) return;
      if (status == ws::Decoder::Status::need_more) {
        const std::string byte = socket.read(1);
        if (byte.empty()) return;
        *decoder.prepare(1) = byte.front();
        decoder.commit(1);
        continue;
      }
      if (message.opcode == Opcode::close) return say(socket, {"\x03\xe8", Opcode::close});
      if (message.payload.find("\"Authenticate\"") != std::string::npos) {
        say(socket, {R"({"type":"Authenticated","wallet":"0xabc"})"});
      }
      if (message.payload.find("\"Subscribe\"") != std::string::npos) {
        say(socket, {R"({"type":"Subscribed","channel":"orderbook"})"});
        say_all();
      }
    }
  };
}

// Records `messages` from one connection of `feed`, with `options` in the feed's configuration,
// and gives the tape.
std::string record_said(const std::string& directory, const std::string& feed,
                        const std::string& options, const std::vector<Said>& messages,
                        bool unasked) {
  const ScriptedServer server(service(messages, unasked));
  Recording recording("{\"feeds\": {\"" + feed + "\": {" + options + ", \"ws_url\": \"" +
                          server.url("ws", "") + "\", \"rest_url\": \"" + server.url("http", "") +
                          "\"}}}",
                      directory);
  recording.wait_until_committed(static_cast<std::int64_t>(messages.size()) + (unasked ? 0 : 4));
  return recording.stop();
}

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

TEST(TapeOracle, AgreesOnFastfeed) {
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
  const std::string tape =
      record_said(directory.path(), "nexusglass",
                  R"("api_key": "k1", "endpoints": ["ws/fastfeed"])", messages, true);
  EXPECT_EQ(run_sql(tape, "SELECT count(*) FROM alert"), 6);
  EXPECT_EQ(run_sql(tape, "SELECT count(*) FROM unparsed"), 5);
  EXPECT_EQ(run_sql(tape, "SELECT count(*) FROM feed_error"), 1);
  expect_no_differences(tape);
}

TEST(TapeOracle, AgreesOnMarketData) {
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
                                       R"("api_key": "k1", "endpoints": ["ws"])", messages, true);
  EXPECT_EQ(run_sql(tape, "SELECT count(*) FROM snapshot"), 5);
  EXPECT_EQ(run_sql(tape, "SELECT count(*) FROM alert"), 1);
  expect_no_differences(tape);
}

// The document's examples, each as it stands there but for white space, and what else was seen.
std::vector<Said> hypercall_messages() {
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

TEST(TapeOracle, AgreesOnHypercallsDocumentedMessages) {
  const TempDir directory;
  const std::string tape =
      record_said(directory.path(), "hypercall", R"("wallet": "0xabc", "channels": ["orderbook"])",
                  hypercall_messages(), false);
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

}  // namespace
}  // namespace tapedeck
