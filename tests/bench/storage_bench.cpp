// What the tape's writer costs over a bare prepared insert of the same rows into the same tables.
// Both take turns within one run, transaction by transaction, since the machine's own noise is
// larger than the difference. Counters: rows a second of each, and `ratio` (tape ÷ bare; 0.9 or
// more is the goal).
#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include <memory>
#include <string>
#include <vector>

#include "storage/tape_writer.h"
#include "tests/bench/support.h"
#include "tests/support/temp_dir.h"

namespace tapedeck {
namespace {

using bench::die;
using bench::must;
using bench::seconds_of;
using testing::TempDir;

constexpr int kTransactionFrames = 5'000;
constexpr Ns kStart = 1'795'253'400'000'000'000;

// As many bytes as the feeds' messages have on average.
std::vector<std::string> sample_payloads() {
  std::vector<std::string> payloads;
  for (int i = 0; i < 64; ++i) {
    std::string text = R"({"type":"Trade","data":{"symbol":"BTC-20260130-100000-C","price":"0.05)" +
                       std::to_string(1'000 + i) + R"(","size":"1.5","note":")";
    text.append(static_cast<std::size_t>(334 - 32 + i) - text.size() - 3, 'x');
    payloads.push_back(text + "\"}}");
  }
  return payloads;
}

// The inserts as one would write them by hand.
class Bare {
 public:
  explicit Bare(const std::string& path) {
    if (sqlite3_open_v2(path.c_str(), &database_,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        nullptr) != SQLITE_OK) {
      die(path + ": cannot be opened");
    }
    run("PRAGMA page_size = 16384");
    run("PRAGMA cache_size = -16384");
    run("PRAGMA journal_mode = WAL");
    run("PRAGMA synchronous = NORMAL");
    run("CREATE TABLE frame (id INTEGER PRIMARY KEY, connection_id INTEGER NOT NULL, recv_ns "
        "INTEGER NOT "
        "NULL, direction TEXT NOT NULL, opcode INTEGER NOT NULL, payload NOT NULL)");
    run("CREATE TABLE trade (id INTEGER PRIMARY KEY, frame_id INTEGER, request_id INTEGER, feed "
        "TEXT NOT "
        "NULL, origin TEXT NOT NULL, recv_ns INTEGER NOT NULL, event_ns INTEGER, venue TEXT, "
        "symbol TEXT, "
        "price TEXT, size TEXT, side TEXT, trade_id TEXT, is_liquidation INTEGER)");
    frame_ = prepare("INSERT INTO frame VALUES (?, ?, ?, ?, ?, ?)");
    trade_ = prepare(
        "INSERT INTO trade (frame_id, request_id, feed, origin, recv_ns, event_ns, venue, symbol, "
        "price, "
        "size, side, trade_id, is_liquidation) VALUES (?, NULL, ?, ?, ?, ?, NULL, ?, ?, ?, ?, "
        "NULL, NULL)");
  }
  ~Bare() {
    sqlite3_finalize(frame_);
    sqlite3_finalize(trade_);
    sqlite3_close(database_);
  }
  Bare(const Bare&) = delete;
  Bare& operator=(const Bare&) = delete;

  void begin() { run("BEGIN IMMEDIATE"); }
  void commit() { run("COMMIT"); }
  void add_frame(std::int64_t id, const std::string& payload) {
    sqlite3_bind_int64(frame_, 1, id);
    sqlite3_bind_int64(frame_, 2, 1);
    sqlite3_bind_int64(frame_, 3, kStart + id);
    text(frame_, 4, "in");
    sqlite3_bind_int64(frame_, 5, 1);
    text(frame_, 6, payload);
    step(frame_);
  }
  void add_trade(std::int64_t id) {
    sqlite3_bind_int64(trade_, 1, id);
    text(trade_, 2, "hypercall");
    text(trade_, 3, "live");
    sqlite3_bind_int64(trade_, 4, kStart + id);
    sqlite3_bind_int64(trade_, 5, kStart + id);
    text(trade_, 6, "BTC-20260130-100000-C");
    text(trade_, 7, "0.0523");
    text(trade_, 8, "1.5");
    text(trade_, 9, "buy");
    step(trade_);
  }

 private:
  static void text(sqlite3_stmt* statement, int index, std::string_view value) {
    sqlite3_bind_text(statement, index, value.data(), static_cast<int>(value.size()),
                      SQLITE_STATIC);
  }
  void step(sqlite3_stmt* statement) {
    if (sqlite3_step(statement) != SQLITE_DONE) die(sqlite3_errmsg(database_));
    sqlite3_reset(statement);
  }
  void run(const char* sql) {
    if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
      die(sqlite3_errmsg(database_));
    }
  }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) !=
        SQLITE_OK) {
      die(sqlite3_errmsg(database_));
    }
    return statement;
  }

  sqlite3* database_ = nullptr;
  sqlite3_stmt* frame_ = nullptr;
  sqlite3_stmt* trade_ = nullptr;
};

std::unique_ptr<TapeWriter> new_tape(const std::string& directory) {
  SessionInfo session;
  session.name = "bench";
  session.started_ns = kStart;
  return must(create_tape(directory, session, Durability::process));
}

void add_trade(TapeWriter& tape, std::int64_t id) {
  Trade trade;
  trade.symbol = "BTC-20260130-100000-C";
  trade.price = "0.0523";
  trade.size = "1.5";
  trade.side = "buy";
  const auto values = trade.values();
  must(tape.add_row({0, id, std::nullopt, "hypercall", kStart + id,
                     Row{&table_of(TableId::trade), Origin::live, kStart + id, values}}));
}

void compare(benchmark::State& state, bool with_rows) {
  const TempDir directory;
  const auto payloads = sample_payloads();
  Bare bare(directory.path() + "/bare.db");
  const auto tape = new_tape(directory.path());
  std::int64_t id = 0;
  const auto payload_of = [&](std::int64_t at) -> const std::string& {
    return payloads[static_cast<std::size_t>(at) % payloads.size()];
  };
  const auto run_bare = [&] {
    bare.begin();
    for (std::int64_t i = id; i < id + kTransactionFrames; ++i) {
      bare.add_frame(i, payload_of(i));
      if (with_rows) bare.add_trade(i);
    }
    bare.commit();
  };
  const auto run_tape = [&] {
    must(tape->begin());
    for (std::int64_t i = id; i < id + kTransactionFrames; ++i) {
      must(tape->add_frame({i, 1, kStart + i, Direction::in, Opcode::text, payload_of(i)}));
      if (with_rows) add_trade(*tape, i);
    }
    must(tape->commit());
  };
  double bare_seconds = 0;
  double tape_seconds = 0;
  bool bare_first = false;
  for (auto _ : state) {
    bare_first = !bare_first;
    if (bare_first) bare_seconds += seconds_of(run_bare);
    const double took = seconds_of(run_tape);
    if (!bare_first) bare_seconds += seconds_of(run_bare);
    tape_seconds += took;
    state.SetIterationTime(took);
    id += kTransactionFrames;
  }
  const auto frames = static_cast<double>(id);
  state.counters["tape_frames_per_s"] = frames / tape_seconds;
  state.counters["bare_frames_per_s"] = frames / bare_seconds;
  state.counters["ratio"] = bare_seconds / tape_seconds;
}

void BM_Frames(benchmark::State& state) {
  compare(state, false);
}
void BM_FramesWithARowEach(benchmark::State& state) {
  compare(state, true);
}
BENCHMARK(BM_Frames)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(BM_FramesWithARowEach)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tapedeck

BENCHMARK_MAIN();
