// What the recorder makes of the simulated services, judged by a program that shares no code with
// it; and that judge, judged.
#include "tests/loopback/oracle.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/loopback/harness.h"
#include "tests/support/temp_dir.h"

namespace tapedeck {
namespace {

using testing::config_for;
using testing::expect_no_differences;
using testing::judge;
using testing::Recording;
using testing::run_sql;
using testing::SimulatedServices;
using testing::TempDir;
using testing::Verdict;

constexpr std::size_t kConnections = 4;  // three of NexusGlass, one of Hypercall

// Until every connection was sent `each` messages.
std::string record_simulators(const std::string& directory, std::size_t each) {
  SimOptions options;
  options.rate = 2'000;
  SimulatedServices services(options);
  Recording recording(config_for(services.host()), directory);
  services.wait_until_sent(kConnections, each);
  return recording.stop();
}

TEST(TapeOracle, AgreesWithEveryRowOfTheSimulatorsMessages) {
  const TempDir directory;
  const std::string tape = record_simulators(directory.path(), 300);
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

TEST(TapeOracle, AgreesOnWhatRedundantConnectionsDeliverTwice) {
  const TempDir directory;
  SimOptions options;
  options.rate = 500;
  SimulatedServices services(options);
  std::string config = config_for(services.host());
  for (const std::string first_key : {"\"api_key\"", "\"wallet\""}) {
    config.insert(config.find(first_key), "\"connections\": 2, ");
  }
  Recording recording(config, directory.path());
  services.wait_until_sent(2 * kConnections, 60);
  const std::string tape = recording.stop();
  EXPECT_EQ(run_sql(tape, "SELECT count(DISTINCT slot) FROM connection"), 2);
  const std::string delivered =
      "SELECT count(*) FROM frame WHERE payload LIKE '{\"type\":\"Trade\"%'";
  EXPECT_GT(run_sql(tape, delivered), run_sql(tape, "SELECT count(*) FROM trade"));
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
      {"UPDATE alert SET origin = 'gapfill' WHERE id = 1", "alert 1 origin: expected '"},
      {"UPDATE book SET recv_ns = recv_ns + 1 WHERE id = 2", "book 2 recv_ns: expected "},
      {"UPDATE book SET mid = '1' WHERE id = 1", "book 1 mid: expected None"},
      {"UPDATE market SET expiry_ns = expiry_ns / 1000 WHERE id = 1", "market 1 expiry_ns: exp"},
      {"UPDATE market SET is_call = 2 WHERE id = 1", "market.is_call: 2 is no boolean"},
      {"UPDATE fill SET trade_id = 1.5 WHERE id = 1", "fill.trade_id: 1 stored as real"},
      {"UPDATE option_chain SET data = '{}' WHERE id = (SELECT min(id) FROM option_chain WHERE "
       "action = 'Upsert')",
       " data: expected JSON"},
      {"UPDATE greeks SET request_id = 1 WHERE id = 1", "greeks 1 request_id: expected None"},
      {"DELETE FROM greeks WHERE id = 1", "greeks: missing the row of frame "},
      {"INSERT INTO fill SELECT (SELECT max(id) + 1 FROM fill), frame_id, request_id, feed, "
       "origin, recv_ns, event_ns, fill_id, order_id, trade_id, symbol, side, price, size, fee, "
       "is_taker, wallet, builder_code_address, builder_code_fee FROM fill WHERE id = 1",
       ": unexpected, frame "},
      {"UPDATE frame SET payload = CAST(payload AS BLOB) WHERE id = 1", "frame 1 payload: expect"},
      {"DELETE FROM frame WHERE id = 20", "frame 21: expected id 20"},
      {"UPDATE connection SET url = replace(url, '***', 'key') WHERE feed = 'nexusglass'",
       " url: not redacted"},
      {"UPDATE connection SET closed_by = NULL WHERE id = 1", "connection 1 closed_ns, closed_by"},
      {"UPDATE session SET config = replace(config, '***', 'key')",
       "session.config.feeds.nexusglass.api_key: not redacted"},
      {"ALTER TABLE quote RENAME COLUMN obi TO imbalance", "quote: column missing: obi"},
      {"PRAGMA user_version = 2", "user_version: expected 1, tape has 2"},
  };
  const TempDir directory;
  const std::string tape = record_simulators(directory.path(), 60);
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

}  // namespace
}  // namespace tapedeck
