// What the recorder makes of the simulated services, judged by a program that shares no code with
// it; and that judge, judged.
#include "tests/loopback/oracle.h"

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/loopback/harness.h"
#include "tests/support/held_port.h"
#include "tests/support/temp_dir.h"

namespace tapedeck {
namespace {

using testing::config_for;
using testing::expect_no_differences;
using testing::extent;
using testing::HeldPort;
using testing::judge;
using testing::Recording;
using testing::run_sql;
using testing::SimulatedServices;
using testing::TempDir;
using testing::Verdict;

// Until every connection was sent `each` messages.
std::string record_simulators(const std::string& directory, std::size_t each) {
  SimOptions options;
  options.rate = 2'000;
  SimulatedServices services(options);
  Recording recording(config_for(services.host()), directory);
  recording.wait_until_ready();
  services.wait_until_sent(extent().connections, each);
  return recording.stop();
}

TEST(TapeOracle, AgreesWithEveryRowOfTheSimulatorsMessages) {
  const TempDir directory;
  const std::string tape = record_simulators(directory.path(), 60);
  for (const char* table : {"factor",
                            "signal",
                            "quote",
                            "liquidation",
                            "funding",
                            "narrative",
                            "prediction",
                            "alert",
                            "snapshot",
                            "trade",
                            "book",
                            "candle",
                            "order_update",
                            "fill",
                            "greeks",
                            "portfolio",
                            "market",
                            "settlement",
                            "liquidation_state",
                            "competition",
                            "index_price",
                            "option_chain"}) {
    EXPECT_GT(run_sql(tape, std::string("SELECT count(*) FROM ") + table), 0) << table;
  }
  expect_no_differences(tape);
}

TEST(TapeOracle, AgreesAcrossAReconnectWhoseSnapshotRepeatsEvents) {
  const TempDir directory;
  SimOptions options;
  options.rate = 2'000;
  const HeldPort port;
  options.server.port = port.number();
  auto services = std::make_unique<SimulatedServices>(options);
  Recording recording(config_for(services->host()), directory.path());
  recording.wait_until_ready();
  services->wait_until_sent(extent().connections, 60);
  services->stop();
  SimulatedServices again(options);
  recording.wait_until_ready(2);
  again.wait_until_sent(extent().connections, 60);
  const std::string tape = recording.stop();
  EXPECT_GE(run_sql(tape, "SELECT count(*) FROM connection WHERE opened_ns IS NOT NULL"), 8);
  expect_no_differences(tape);
}

TEST(TapeOracle, AgreesOnWhatRedundantConnectionsDeliverTwice) {
  const TempDir directory;
  SimOptions options;
  options.rate = 400;  // a slow machine, too, has both connections' copies within a second or two
  SimulatedServices services(options);
  nlohmann::json config = nlohmann::json::parse(config_for(services.host()));
  for (auto& [feed, keys] : config.at("feeds").items()) keys["connections"] = 2;
  Recording recording(config.dump(), directory.path());
  recording.wait_until_ready();
  services.wait_until_sent(2 * extent().connections, 60);
  const std::string tape = recording.stop();
  EXPECT_EQ(run_sql(tape, "SELECT count(DISTINCT slot) FROM connection"), 2);
  const std::string delivered =
      "SELECT count(*) FROM frame WHERE payload LIKE '{\"type\":\"Trade\"%'";
  EXPECT_GT(run_sql(tape, delivered),
            run_sql(tape, "SELECT count(*) FROM trade WHERE feed = 'hypercall'"));
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
      {"UPDATE alert SET confidence = '0.5000' WHERE id = (SELECT max(id) FROM alert WHERE feed = "
       "'nexusglass')",
       " confidence: expected '"},
      {"UPDATE alert SET origin = 'gapfill' WHERE id = 1", "alert 1 origin: expected '"},
      {"UPDATE book SET recv_ns = recv_ns + 1 WHERE id = 2", "book 2 recv_ns: expected "},
      {"UPDATE book SET mid = '1' WHERE id = (SELECT min(id) FROM book WHERE feed = 'hypercall')",
       " mid: expected None"},
      {"UPDATE book SET metrics = '{}' WHERE id = (SELECT min(id) FROM book WHERE feed = "
       "'marketai')",
       " metrics: expected JSON"},
      {"UPDATE factor SET current = current || '0' WHERE id = 1", "factor 1 current: expected '"},
      {"UPDATE factor SET as_of_block = 7 WHERE as_of_block > 7", " as_of_block: expected "},
      {"UPDATE signal SET leg = leg + 1 WHERE id = 2", "signal 2 leg: expected "},
      {"UPDATE signal SET event_ns = event_ns + 3600000000000 WHERE id = 1", "signal 1 event_ns: "},
      {"DELETE FROM quote WHERE venue IS NULL", "quote: missing the row of frame "},
      {"UPDATE funding SET next_ns = next_ns / 1000 WHERE id = 1", "funding 1 next_ns: expected "},
      {"UPDATE prediction SET active = 1 - active", " active: expected "},
      {"UPDATE narrative SET text = text || ' ' WHERE id = 1", "narrative 1 text: expected '"},
      {"UPDATE liquidation SET venue = NULL WHERE id = 1", "liquidation 1 venue: expected '"},
      {"UPDATE request SET body = replace(body, '***', 'key')",
       "request 1 body.data.renew_token: not redacted"},
      {"UPDATE market SET expiry_ns = expiry_ns / 1000 WHERE id = 1", "market 1 expiry_ns: exp"},
      {"UPDATE market SET is_call = 2 WHERE id = 1", "market.is_call: 2 is no boolean"},
      {"UPDATE fill SET trade_id = 1.5 WHERE id = 1", "fill.trade_id: 1 stored as real"},
      {"UPDATE option_chain SET data = '{}' WHERE id = (SELECT min(id) FROM option_chain WHERE "
       "action = 'Upsert')",
       " data: expected JSON"},
      {"UPDATE greeks SET request_id = 1 WHERE id = 2", "greeks 2 request_id: expected None"},
      {"DELETE FROM greeks WHERE id = 1", "greeks: missing the row of frame "},
      {"INSERT INTO fill SELECT 999999, frame_id, request_id, feed, "
       "origin, recv_ns, event_ns, fill_id, order_id, trade_id, symbol, side, price, size, fee, "
       "is_taker, wallet, builder_code_address, builder_code_fee FROM fill WHERE id = 2",
       "fill 999999: unexpected, frame "},
      {"UPDATE frame SET payload = CAST(payload AS BLOB) WHERE id = 1", "frame 1 payload: expect"},
      {"DELETE FROM frame WHERE id = (SELECT max(id) FROM frame WHERE direction = 'out' AND opcode "
       "= 1)",
       ": expected id "},
      {"UPDATE connection SET url = replace(url, '***', 'key') WHERE feed = 'nexusglass'",
       " url: not redacted"},
      {"UPDATE connection SET closed_by = NULL WHERE id = 1", "connection 1 closed_ns, closed_by"},
      {"UPDATE session SET config = replace(config, '***', 'key')",
       "session.config.feeds.nexusglass.api_key: not redacted"},
      {"PRAGMA user_version = 2", "user_version: expected 1, tape has 2"},
  };
  const TempDir directory;
  const std::string tape = record_simulators(directory.path(), 60);
  expect_no_differences(tape);  // so that every line below is a tampering's
  for (const Tampering& tampering : cases) run_sql(tape, tampering.sql);
  const Verdict verdict = judge(tape);
  EXPECT_EQ(verdict.exit_code, 1);
  for (const Tampering& tampering : cases) {
    EXPECT_NE(verdict.output.find(tampering.named), std::string::npos)
        << tampering.sql << "\n"
        << verdict.output.substr(0, 8'000);
  }
}

TEST(TapeOracle, TakesWhatRestToldFirstForTheRowOfOneFrame) {
  const TempDir directory;
  const std::string tape = record_simulators(directory.path(), 60);
  const auto tell = [&](const std::string& more) {
    run_sql(tape,
            "UPDATE signal SET frame_id = NULL, request_id = 1, origin = 'gapfill', action = NULL, "
            "leg = NULL" +
                more +
                " WHERE id = (SELECT min(id) FROM signal WHERE frame_id IS NOT NULL AND price LIKE "
                "'%.%' AND price NOT LIKE '%E%')");
  };
  tell(", price = price || '0'");
  expect_no_differences(tape);
  tell(", symbol = 'X'");
  const Verdict verdict = judge(tape);
  EXPECT_NE(verdict.output.find("signal: missing the row of frame "), std::string::npos);
  EXPECT_NE(verdict.output.find(" rows, 1 differences\n"), std::string::npos) << verdict.output;
}

TEST(TapeOracle, NamesAWrongLayout) {
  const TempDir directory;
  const std::string tape = record_simulators(directory.path(), 1);
  run_sql(tape, "ALTER TABLE quote RENAME COLUMN obi TO imbalance");
  const Verdict verdict = judge(tape);
  EXPECT_EQ(verdict.exit_code, 1);
  EXPECT_NE(verdict.output.find("quote: column missing: obi"), std::string::npos) << verdict.output;
}

}  // namespace
}  // namespace tapedeck
