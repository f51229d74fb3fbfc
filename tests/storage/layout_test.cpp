// The tape as any other program sees it: through SQLite's own interface, against the contract's
// names.
#include <sys/stat.h>

#include <map>

#include "tests/storage/tape_files.h"

namespace tapedeck::testing {
namespace {

std::unique_ptr<TapeWriter> new_tape(const TempDir& directory) {
  return must(create_tape_at(directory.file("a.tape"), session_named("live"), Durability::process));
}

// Contract section 4, word for word, and after that what is ours; the normalized ones without their
// common columns.
const std::map<std::string, std::string> kContract = {
    {"session", "id name started_ns ended_ns outcome recorder_version host config follows beside"},
    {"connection",
     "id feed endpoint slot url attempt opened_ns ready_ns closed_ns close_code close_reason "
     "closed_by "
     "error"},
    {"frame", "id connection_id recv_ns direction opcode payload"},
    {"request",
     "id feed purpose sent_ns recv_ns method url status body error stream gap_id after_frame_id"},
    {"gap",
     "id feed stream cause from_ns to_ns after_cursor method status recovered detail floor_ns"},
    {"drift", "id feed type path what frame_id recv_ns"},
    {"cursor", "feed stream value recv_ns"},
    {"stream", "feed stream endpoint first_ready_ns"},
    {"factor", "opportunity_id factor previous current as_of_block"},
    {"signal", "algorithm_id action leg symbol side price"},
    {"alert", "event_id type priority severity symbol confidence latency_ms narrative data"},
    {"snapshot", "endpoint type symbol data"},
    {"trade", "venue symbol price size side trade_id is_liquidation"},
    {"quote", "venue symbol bid ask mid vwap volume_24h obi max_arb_bps trend"},
    {"book", "venue symbol best_bid best_ask bids asks mid spread_bps metrics"},
    {"liquidation", "venue symbol side price size notional"},
    {"funding", "venue symbol rate predicted_rate next_ns"},
    {"candle", "venue symbol interval open high low close volume open_ns close_ns is_closed"},
    {"narrative", "symbol text source"},
    {"prediction", "coin timeframe up_price down_price volume liquidity seconds_remaining active"},
    {"order_update",
     "order_id client_order_id symbol side price size status filled_size remaining_size "
     "avg_fill_price "
     "reason wallet"},
    {"fill",
     "fill_id order_id trade_id symbol side price size fee is_taker wallet builder_code_address "
     "builder_code_fee"},
    {"greeks", "symbol quantity delta gamma theta vega iv"},
    {"portfolio", "kind data"},
    {"market", "action symbol underlying strike is_call expiry_ns"},
    {"settlement", "wallet symbol position_size settlement_price settlement_value"},
    {"liquidation_state",
     "wallet previous_state new_state equity mm_required shortfall auction_id"},
    {"competition",
     "wallet lifetime_realized_pnl competition_id competition_name competition_state rank pnl "
     "volume "
     "efficiency medal"},
    {"index_price", "underlying price"},
    {"option_chain", "action underlying expiry_ns strike option_type symbol data"},
    {"feed_error", "code message"},
    {"unparsed", "reason"},
};

TEST(TapeLayout, HasEveryTableAndColumnOfTheContract) {
  const TempDir directory;
  const auto tape = new_tape(directory);
  for (const auto& [table, own] : kContract) {
    const bool normalized = find_table(table) != nullptr;
    const std::string expected =
        (normalized ? "id frame_id request_id feed origin recv_ns event_ns " : "") + own;
    EXPECT_EQ(raw_query(tape->path(),
                        "SELECT group_concat(name, ' ') FROM pragma_table_info('" + table + "')"),
              Lines{expected})
        << table;
  }
  EXPECT_EQ(raw_query(tape->path(), "SELECT count(*) FROM sqlite_schema WHERE type = 'table'"),
            Lines{std::to_string(kContract.size())});
}

TEST(TapeLayout, StatesWhatItIs) {
  const TempDir directory;
  const auto tape = new_tape(directory);
  EXPECT_EQ(raw_query(tape->path(), "PRAGMA application_id"), Lines{std::to_string(0x54415045)});
  EXPECT_EQ(raw_query(tape->path(), "PRAGMA user_version"), Lines{"1"});
  EXPECT_EQ(raw_query(tape->path(), "PRAGMA journal_mode"), Lines{"wal"});
  EXPECT_EQ(raw_query(tape->path(), "PRAGMA page_size"), Lines{"16384"});
  EXPECT_EQ(raw_query(tape->path(), "SELECT * FROM session"),
            Lines{R"(1|live|1795253400000000000|NULL|open|0.1.0|box|{"name":"live"}|NULL|NULL)"});
}

TEST(TapeLayout, TypesSayHowValuesAreKept) {
  const TempDir directory;
  const auto tape = new_tape(directory);
  EXPECT_EQ(raw_query(tape->path(),
                      "SELECT name || ' ' || type FROM pragma_table_info('fill') WHERE cid >= 7"),
            (Lines{"fill_id ", "order_id ", "trade_id ", "symbol TEXT", "side TEXT", "price TEXT",
                   "size TEXT", "fee TEXT", "is_taker INTEGER", "wallet TEXT",
                   "builder_code_address TEXT", "builder_code_fee TEXT"}));
}

TEST(TapeLayout, ValuesStayAsTheyWereSent) {
  const TempDir directory;
  const auto tape = new_tape(directory);
  Fill fill;
  fill.fill_id = {7, {}};
  fill.order_id = {std::nullopt,
                   "18446744073709551616"};  // beyond 64 bits: a double would round it
  fill.symbol = "";
  fill.price = "95000.50";
  fill.size = "1e-7";
  fill.is_taker = true;
  must(tape->begin());
  must(add_record(*tape, fill, std::nullopt, kStart));
  must(tape->commit());
  EXPECT_EQ(
      raw_query(tape->path(),
                "SELECT typeof(fill_id), fill_id, typeof(order_id), order_id, typeof(symbol), "
                "typeof(price), price, size, typeof(is_taker), is_taker, typeof(fee) FROM fill"),
      Lines{"integer|7|text|18446744073709551616|text|text|95000.50|1e-7|integer|1|null"});
}

TEST(TapeLayout, PayloadsAreTextOnlyWhenTheyAreText) {
  const TempDir directory;
  const auto tape = new_tape(directory);
  must(tape->begin());
  must(tape->add_frame(frame_of(1, kStart, "{\"a\":\"\xc3\xa9\"}")));
  must(tape->add_frame(frame_of(2, kStart, "\xff")));  // no UTF-8
  must(tape->add_frame(frame_of(3, kStart, "abc", Opcode::binary)));
  must(tape->add_frame(frame_of(4, kStart, "abc", Opcode::ping)));
  must(tape->add_frame(frame_of(5, kStart, {})));
  must(tape->add_frame(frame_of(6, kStart, {}, Opcode::pong, Direction::out)));
  must(tape->commit());
  EXPECT_EQ(raw_query(tape->path(),
                      "SELECT id, direction, opcode, typeof(payload), hex(payload) FROM frame"),
            (Lines{"1|in|1|text|7B2261223A22C3A9227D", "2|in|1|blob|FF", "3|in|2|blob|616263",
                   "4|in|9|blob|616263", "5|in|1|text|", "6|out|10|blob|"}));
}

TEST(TapeLayout, WhatIsAbsentIsNull) {
  const TempDir directory;
  const auto tape = new_tape(directory);
  ConnectionInfo connection;
  connection.id = 1;
  connection.feed = "hypercall";
  connection.endpoint = "ws";
  connection.url = "ws://host/ws";
  Gap gap;
  gap.id = 1;
  gap.feed = "hypercall";
  gap.stream = "trades";
  gap.cause = GapCause::overload;
  gap.from_ns = kStart;
  gap.detail = "12 frames";
  must(tape->begin());
  must(tape->put_connection(connection));
  must(tape->put_gap(gap));
  must(tape->commit());
  EXPECT_EQ(raw_query(tape->path(), "SELECT * FROM connection"),
            Lines{"1|hypercall|ws|0|ws://host/ws|1|NULL|NULL|NULL|NULL|NULL|NULL|NULL"});
  EXPECT_EQ(
      raw_query(tape->path(), "SELECT * FROM gap"),
      Lines{"1|hypercall|trades|overload|1795253400000000000|NULL|NULL|none|open|0|12 frames|0"});
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777U;
}

TEST(TapeLayout, OnlyTheOwnerMayReadItOrItsLog) {
  const TempDir directory;
  const mode_t before = ::umask(0);
  const auto tape = new_tape(directory);
  ::umask(before);
  must(tape->begin());
  must(tape->add_frame(frame_of(1, kStart, "x")));
  must(tape->commit());
  EXPECT_EQ(mode_of(tape->path()), 0600U);
  EXPECT_EQ(mode_of(tape->path() + "-wal"), 0600U);
  EXPECT_EQ(mode_of(tape->path() + "-shm"), 0600U);
}

TEST(TapeLayout, AFinishedTapeIsOnePlainFile) {
  const TempDir directory;
  const auto tape = new_tape(directory);
  must(tape->begin());
  must(tape->add_frame(frame_of(1, kStart, "x")));
  must(tape->commit());
  must(tape->finish(kStart + 5, "closed"));
  EXPECT_FALSE(std::filesystem::exists(tape->path() + "-wal"));
  EXPECT_FALSE(std::filesystem::exists(tape->path() + "-shm"));
  EXPECT_EQ(raw_query(tape->path(), "PRAGMA journal_mode"), Lines{"delete"});
  EXPECT_EQ(raw_query(tape->path(), "SELECT outcome, ended_ns - started_ns FROM session"),
            Lines{"closed|5"});
}

}  // namespace
}  // namespace tapedeck::testing
