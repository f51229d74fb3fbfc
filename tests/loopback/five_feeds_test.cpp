// One `record` run that holds all five feeds at once: every message type of every service ends on
// the tape as a row in the right table. What is right is written down here from the services'
// documents and the tape's contract; the tape is read with SQL alone.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/loopback/documented_feeds.h"
#include "tests/loopback/harness.h"
#include "tests/loopback/oracle.h"
#include "tests/support/temp_dir.h"

namespace tapedeck {
namespace {

using namespace testing;
using Names = std::set<std::string>;

// `FEED KIND` → the tables of its rows.
const std::map<std::string, Names> kTablesOfKind = {
    // "Sample message"
    {"alterscope factor.changed", {"factor"}},
    // "Signal message (pushed)"
    {"alphahub new_signals", {"signal"}},
    // "Message Types", and "WebSocket Endpoints" for the two that name no types
    {"nexusglass ws/fastfeed SNAPSHOT", {"alert"}},
    {"nexusglass ws/fastfeed EVENT", {"alert"}},
    {"nexusglass ws", {"snapshot"}},
    {"nexusglass ws/nexus-bridge", {"snapshot"}},
    // "Message Types"; the index prices, options chain and candles of "Available Channels"
    {"hypercall OrderbookUpdate", {"book"}},
    {"hypercall Trade", {"trade"}},
    {"hypercall Fill", {"fill"}},
    {"hypercall PortfolioUpdate", {"portfolio", "greeks"}},
    {"hypercall Initial", {"portfolio"}},  // PortfolioUpdate with a second "type", and so on
    {"hypercall PositionUpdate", {"portfolio"}},
    {"hypercall BalanceUpdate", {"portfolio"}},
    {"hypercall MarginUpdate", {"portfolio"}},
    {"hypercall GreeksUpdate", {"portfolio", "greeks"}},
    {"hypercall CompetitionPnlSummary", {"competition"}},
    {"hypercall OrderUpdate", {"order_update"}},
    {"hypercall MarketUpdate", {"market"}},
    {"hypercall PositionExpired", {"settlement"}},
    {"hypercall LiquidationStateChange", {"liquidation_state"}},
    {"hypercall IndexPriceUpdate", {"index_price"}},
    {"hypercall OptionsChainUpdate", {"option_chain"}},
    {"hypercall Candle", {"candle"}},
    // "Channels"
    {"marketai quotes", {"quote"}},
    {"marketai book", {"book"}},
    {"marketai trades", {"trade"}},
    {"marketai signals", {"alert"}},
    {"marketai liquidations", {"liquidation"}},
    {"marketai funding", {"funding"}},
    {"marketai klines", {"candle"}},
    {"marketai narratives", {"narrative"}},
    {"marketai polymarket", {"prediction"}},
};

// What the services enumerate, by the query that finds it on the tape.
const std::map<std::string, Names> kEnumerated = {
    // AlphaHub: the ids of its signals
    {"SELECT DISTINCT algorithm_id FROM signal", {"14", "16", "17", "18"}},
    {"SELECT DISTINCT action FROM signal", {"open", "close"}},
    // NexusGlass, "FastFeed Event Types (14)"
    {"SELECT DISTINCT priority || ' ' || type FROM alert WHERE feed = 'nexusglass'",
     {"P0 LIQUIDATION_CLUSTER_ARMED", "P0 LEVERAGE_SPIKE_DETECTED", "P0 PENDING_EXCHANGE_INFLOW",
      "P1 WHALE_POSITION_SHIFT", "P1 SYNDICATE_DETECTED", "P1 MM_HUNTING_GROUND_ARMED",
      "P1 DANGER_ZONE_APPROACH", "P1 CVD_DIVERGENCE_EXTREME", "P2 REGIME_SHIFT",
      "P2 CORRELATION_BREAK", "P2 LARGE_LIQUIDATION", "P2 FUNDING_EXTREME", "P2 MAGNETISM_HIGH",
      "P2 DOMINANCE_FLIP"}},
    // Market.ai, "Signal types", "Severity levels"
    {"SELECT DISTINCT type FROM alert WHERE feed = 'marketai'",
     {"whale_movement", "liquidation_cascade", "funding_spike", "orderbook_imbalance",
      "spread_anomaly", "volume_spike", "cross_exchange_divergence", "wall_appearance",
      "wall_removal", "price_level_break"}},
    {"SELECT DISTINCT severity FROM alert WHERE feed = 'marketai'",
     {"info", "warning", "alert", "critical"}},
    // Hypercall, "Market Update", "Liquidation State Change"
    {"SELECT DISTINCT action FROM market", {"Created", "Expired", "Deleted"}},
    {"SELECT DISTINCT new_state FROM liquidation_state", {"Normal", "Warning", "Liquidating"}},
    {"SELECT DISTINCT action FROM option_chain", {"Upsert", "Remove"}},
    {"SELECT DISTINCT kind FROM portfolio",
     {"Initial", "PositionUpdate", "BalanceUpdate", "MarginUpdate", "GreeksUpdate"}},
    // "NULL: aggregate": one row a venue and one for all
    {"SELECT DISTINCT venue IS NULL FROM quote", {"0", "1"}},
    {"SELECT DISTINCT symbol IS NULL FROM greeks", {"0", "1"}},
};

// The kind of a data message; "" for what a service says for itself.
std::string kind_on(const std::string& feed, const std::string& endpoint,
                    const std::string& payload) {
  const nlohmann::json message = nlohmann::json::parse(payload);
  if (is_protocol(feed, message)) return "";
  const std::string kind = kind_of(feed, message);
  if (feed == "nexusglass")
    return endpoint == "ws/fastfeed" ? feed + " " + endpoint + " " + kind : feed + " " + endpoint;
  return feed + " " + (kind.starts_with("Candle") ? "Candle" : kind);
}

Names first_column(const std::string& tape, const std::string& sql) {
  Names out;
  for (const auto& row : rows_by_sql(tape, sql)) out.insert(row.at(0));
  return out;
}

class FiveFeeds : public ::testing::Test {
 protected:
  void SetUp() override {
    SimOptions options;
    options.rate = 500;
    SimulatedServices services(options);
    Recording recording(config_for(services.host()), directory_.path());
    recording.wait_until_ready();
    // More than a cycle of every simulator, on every connection.
    services.wait_until_sent(extent().connections, 60);
    tape_ = recording.stop();
  }

  // The tables that have rows of a frame, by the frame's id.
  std::map<std::string, Names> tables_of_frames() const {
    std::map<std::string, Names> out;
    for (const auto& table : rows_by_sql(
             tape_,
             "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND "
             "EXISTS (SELECT 1 FROM pragma_table_info(sqlite_master.name) WHERE name = "
             "'frame_id')")) {
      for (const std::string& frame :
           first_column(tape_, "SELECT DISTINCT frame_id FROM " + table[0]))
        out[frame].insert(table[0]);
    }
    return out;
  }

  const TempDir directory_;
  std::string tape_;
};

TEST_F(FiveFeeds, EveryMessageTypeIsARowInTheRightTable) {
  const auto tables = tables_of_frames();
  std::map<std::string, Names> found;
  for (const auto& frame :
       rows_by_sql(tape_,
                   "SELECT f.id, c.feed, c.endpoint, f.payload FROM frame AS f JOIN connection AS "
                   "c ON c.id = "
                   "f.connection_id WHERE f.direction = 'in' AND f.opcode IN (1, 2)")) {
    const std::string kind = kind_on(frame[1], frame[2], frame[3]);
    const auto rows = tables.find(frame[0]);
    if (kind.empty()) {
      EXPECT_EQ(rows, tables.end()) << frame[3];
    } else {
      // Known even if no frame of it gives a row.
      Names& seen = found[kind];
      if (rows != tables.end()) seen.insert(rows->second.begin(), rows->second.end());
    }
  }
  EXPECT_EQ(found, kTablesOfKind);
}

TEST_F(FiveFeeds, EverythingThatTheServicesEnumerateIsThere) {
  for (const auto& [sql, names] : kEnumerated) EXPECT_EQ(first_column(tape_, sql), names) << sql;
}

TEST_F(FiveFeeds, AreOneCleanSession) {
  EXPECT_EQ(first_column(tape_, "SELECT DISTINCT feed FROM connection WHERE ready_ns IS NOT NULL"),
            (Names{"alterscope", "alphahub", "nexusglass", "hypercall", "marketai"}));
  for (const std::string table : {"gap", "unparsed", "feed_error"})
    EXPECT_EQ(run_sql(tape_, "SELECT count(*) FROM " + table), 0) << table;
  // No credential is anywhere in the file.
  for (const std::string secret :
       {"loopback-api-key", "loop@example.org", "loopback-password", "tapedeck-session-token"}) {
    const std::string holds = "(SELECT count(*) FROM ";
    EXPECT_EQ(
        run_sql(tape_, "SELECT " + holds + "session WHERE instr(config, '" + secret + "')) + " +
                           holds + "connection WHERE instr(url, '" + secret + "')) + " + holds +
                           "request WHERE instr(url || body, '" + secret + "')) + " + holds +
                           "frame WHERE instr(payload, '" + secret + "'))"),
        0)
        << secret;
  }
}

}  // namespace
}  // namespace tapedeck
