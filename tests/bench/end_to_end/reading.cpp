// Long tapes: opening, seeking and scanning them, and what a frame costs as they grow.
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "replay/source.h"
#include "replay/tape_set.h"
#include "storage/tape_writer.h"
#include "tests/bench/end_to_end/measures.h"
#include "tests/bench/end_to_end/tapes.h"
#include "tests/support/temp_dir.h"

namespace tapedeck::bench {
namespace {

constexpr Ns kEvery = kNsPerMs;
constexpr int kConnections = 200;  // of two endpoints, one after the other
constexpr std::int64_t kTransactionFrames = 5'000;

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point from) {
  return std::chrono::duration<double>(Clock::now() - from).count();
}

// Writes a tape of many connections. Seconds until each thousandth of it was written.
std::vector<double> make_long_tape(const std::string& path, std::int64_t frames) {
  SessionInfo session;
  session.name = "bench";
  session.started_ns = kTapeStartNs;
  session.config = "{}";
  const auto writer = must(create_tape_at(path, session, Durability::process));
  std::vector<std::string> payloads;
  for (std::int64_t i = 0; i < 1'000; ++i) payloads.push_back(trade_message(i));
  const auto from = Clock::now();
  std::vector<double> times;
  must(writer->begin());
  std::int64_t written = 0;
  for (int c = 0; c < kConnections; ++c) {
    ConnectionInfo connection;
    connection.id = c + 1;
    connection.feed = c % 2 == 0 ? "hypercall" : "nexusglass";
    connection.endpoint = c % 2 == 0 ? "ws" : "ws/fastfeed";
    connection.url = "wss://host";
    connection.opened_ns = connection.ready_ns = kTapeStartNs + written * kEvery;
    must(writer->put_connection(connection));
    for (const std::int64_t until = frames * (c + 1) / kConnections; written < until;) {
      const std::string& text = payloads[static_cast<std::size_t>(written) % payloads.size()];
      ++written;
      must(writer->add_frame(
          {written, c + 1, kTapeStartNs + written * kEvery, Direction::in, Opcode::text, text}));
      if (written % kTransactionFrames == 0) {
        must(writer->commit());
        must(writer->begin());
      }
      if (written % std::max<std::int64_t>(frames / 1'000, 1) == 0) {
        times.push_back(seconds_since(from));
      }
    }
  }
  must(writer->commit());
  must(writer->finish(kTapeStartNs + frames * kEvery, "closed"));
  return times;
}

// As `tapedeck replay` opens a tape and waits for its blocks.
class Reading {
 public:
  explicit Reading(const std::string& path) : tapes_(must(TapeSet::open({path}, endpoints_))) {
    must(snapshots_.scan(*tapes_, endpoints_));
    std::vector<std::unique_ptr<TapeReader>> readers;
    readers.push_back(must(open_tape(path)));
    TapeSource::Options options;
    options.from_ns = tapes_->start_ns();
    options.to_ns = INT64_MAX;
    source_ = std::make_unique<TapeSource>(std::move(readers), endpoints_, options);
    source_->on_ready([this] {
      const std::lock_guard lock(mutex_);
      is_ready_ = true;
      changed_.notify_all();
    });
  }
  // The first block from `pos` on.
  void seek(Ns pos) {
    source_->seek(pos);
    for (;;) {
      {
        const std::lock_guard lock(mutex_);
        is_ready_ = false;
      }
      if (const auto block = source_->take()) {
        if (block->kind != Block::Kind::frames || block->pos_ns(0) < pos) die("a wrong block");
        return;
      }
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return is_ready_; });
    }
  }
  Ns start_ns() const { return tapes_->start_ns(); }
  Ns end_ns() const { return tapes_->end_ns(); }

 private:
  EndpointTable endpoints_;
  std::unique_ptr<TapeSet> tapes_;
  SnapshotIndex snapshots_;
  std::unique_ptr<TapeSource> source_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_ready_ = false;
};

void report_ms(Report& report, const std::string& what, std::vector<double> ms, double most) {
  std::sort(ms.begin(), ms.end());
  report.at_most(what + ", p50", ms[ms.size() / 2], "ms", most);
  report.at_most(what + ", p90", ms[ms.size() * 9 / 10], "ms", most);
}

double scan_seconds(const std::string& path, std::int64_t frames) {
  auto reader = must(open_tape(path));
  auto cursor = must(reader->frames(1));
  const auto from = Clock::now();
  FrameRecord frame;
  std::size_t bytes = 0;
  for (std::int64_t i = 0; i < frames && must(cursor->next(frame)); ++i)
    bytes += frame.payload.size();
  if (bytes == 0) die("nothing was read");
  return seconds_since(from);
}

// The same frames by a statement and nothing else.
double bare_scan_seconds(const std::string& path, std::int64_t frames) {
  sqlite3* database = nullptr;
  sqlite3_stmt* select = nullptr;
  sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  sqlite3_prepare_v2(database, "SELECT * FROM frame ORDER BY id", -1, &select, nullptr);
  const auto from = Clock::now();
  std::size_t bytes = 0;
  for (std::int64_t i = 0; i < frames && sqlite3_step(select) == SQLITE_ROW; ++i) {
    for (int column = 0; column < 5; ++column) bytes += sqlite3_column_int64(select, column) != 0;
    bytes += sqlite3_column_text(select, 5) != nullptr;
  }
  const double seconds = seconds_since(from);
  sqlite3_finalize(select);
  sqlite3_close(database);
  if (bytes == 0) die("nothing was read");
  return seconds;
}

}  // namespace

void measure_reading(Report& report, const Scale& scale) {
  const testing::TempDir directory;
  const std::string path = directory.file("long.tape");
  const std::vector<double> written = make_long_tape(path, scale.long_tape);
  const auto frames = static_cast<double>(scale.long_tape);
  // A tape that starts is written as fast as one that is long: the last thousandths against the
  // first, the median of each.
  const auto cost_of = [&](std::size_t first, std::size_t last) {
    std::vector<double> steps;
    for (std::size_t i = first; i + 1 < last; ++i) steps.push_back(written[i + 1] - written[i]);
    std::nth_element(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2),
                     steps.end());
    return steps[steps.size() / 2] * 1'000 / frames * 1e6;
  };
  const std::size_t all = written.size();
  report.add({"growth: writing the last tenth", cost_of(all - all / 10, all), "µs/frame",
              "the first tenth", cost_of(0, all / 10), "≤ 1.20 ×",
              cost_of(all - all / 10, all) <= 1.2 * cost_of(0, all / 10)});

  std::vector<double> ms;
  for (int i = 0; i < 20; ++i) {
    const auto from = Clock::now();
    Reading reading(path);
    reading.seek(reading.start_ns());
    ms.push_back(seconds_since(from) * 1e3);
  }
  report_ms(report, "open", ms, 50);
  ms.clear();
  Reading reading(path);
  std::mt19937_64 random(1);
  for (int i = 0; i < 200; ++i) {
    const auto span = static_cast<std::uint64_t>(reading.end_ns() - reading.start_ns());
    const Ns pos = reading.start_ns() + static_cast<Ns>(random() % span);
    const auto from = Clock::now();
    reading.seek(pos);
    ms.push_back(seconds_since(from) * 1e3);
  }
  report_ms(report, "seek to a time", ms, 10);

  const std::int64_t few = std::min<std::int64_t>(scale.long_tape, 1'000'000);
  // In turns, the best of each: whoever came first would find less of the file in memory.
  double bare = 0;
  double ours = 0;
  for (int i = 0; i < 3; ++i) {
    bare = std::max(bare, static_cast<double>(few) / bare_scan_seconds(path, few));
    ours = std::max(ours, static_cast<double>(few) / scan_seconds(path, few));
  }
  report.add({"scan", ours, "frames/s", "a bare statement", bare, "", std::nullopt});
  report.add({"growth: scanning all", scan_seconds(path, scale.long_tape) / frames * 1e6,
              "µs/frame", "the first of them", 1e6 / ours, "≤ 1.20 ×",
              scan_seconds(path, scale.long_tape) / frames * 1e6 <= 1.2 * 1e6 / ours});
}

}  // namespace tapedeck::bench
