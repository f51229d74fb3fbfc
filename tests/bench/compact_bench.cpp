// What compacting a tape costs and saves, on the messages that the simulated services say. Plain
// and compacted are measured in one run, since the machine's own noise is larger than most
// differences.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <memory>
#include <random>
#include <string>

#include "storage/compact.h"
#include "storage/tape_reader.h"
#include "tests/bench/support.h"
#include "tests/support/mixed_tape.h"
#include "tests/support/temp_dir.h"

namespace tapedeck {
namespace {

using bench::must;
using bench::seconds_of;
using testing::TempDir;

constexpr std::int64_t kMessagesEach = 20'000;  // of each feed
constexpr Ns kStart = 1'795'253'400'000'000'000;

// A plain tape and the compacted one of the same frames, without rows, which compacting leaves
// alone.
class Tapes {
 public:
  Tapes() {
    SessionInfo session;
    session.name = "bench";
    session.started_ns = kStart;
    auto writer = must(create_tape_at(plain(), session, Durability::process));
    testing::MixedTape tape(*writer, kStart, false);
    must(writer->begin());
    must(tape.add(kMessagesEach));
    must(writer->commit());
    must(writer->finish(tape.now_ns(), "closed"));
    writer.reset();
    result_ = must(compact_tape({plain(), compacted(), false}));
  }

  std::string plain() const { return directory_.file("plain.tape"); }
  std::string compacted() const { return directory_.file("compacted.tape"); }
  std::string file(const char* name) const { return directory_.file(name); }
  const CompactResult& result() const { return result_; }
  double frames() const { return static_cast<double>(result_.frames); }

 private:
  TempDir directory_;
  CompactResult result_;
};

Tapes& tapes() {
  static Tapes all;
  return all;
}

// The whole command: copying, comparing every frame, flushing to the disk.
void BM_Compact(benchmark::State& state) {
  const bool undo = state.range(0) != 0;
  const std::string from = undo ? tapes().compacted() : tapes().plain();
  for (auto _ : state) {
    must(compact_tape({from, tapes().file("out.tape"), undo}));
    state.PauseTiming();
    std::filesystem::remove(tapes().file("out.tape"));
    state.ResumeTiming();
  }
  const CompactResult& result = tapes().result();
  state.counters["frames_per_s"] =
      benchmark::Counter(tapes().frames(), benchmark::Counter::kIsIterationInvariantRate);
  state.counters["plain_B_per_frame"] = static_cast<double>(result.bytes_before) / tapes().frames();
  state.counters["compact_B_per_frame"] =
      static_cast<double>(result.bytes_after) / tapes().frames();
  state.counters["payload_B_per_frame"] =
      static_cast<double>(result.payload_bytes) / tapes().frames();
}

void read_all(const std::string& path) {
  auto tape = must(open_tape(path));
  auto cursor = must(tape->frames(1));
  FrameRecord frame;
  std::size_t bytes = 0;
  while (must(cursor->next(frame))) bytes += frame.payload.size();
  benchmark::DoNotOptimize(bytes);
}

void BM_Read(benchmark::State& state) {
  double plain_seconds = 0;
  double compacted_seconds = 0;
  for (auto _ : state) {
    plain_seconds += seconds_of([] { read_all(tapes().plain()); });
    const double took = seconds_of([] { read_all(tapes().compacted()); });
    compacted_seconds += took;
    state.SetIterationTime(took);
  }
  const double frames = tapes().frames() * static_cast<double>(state.iterations());
  state.counters["frames_per_s"] = frames / compacted_seconds;
  state.counters["plain_frames_per_s"] = frames / plain_seconds;
}

// From a time to the first frame's payload, as a replay's seek begins.
void BM_Seek(benchmark::State& state) {
  auto tape = must(open_tape(state.range(0) != 0 ? tapes().compacted() : tapes().plain()));
  std::mt19937_64 random(1);
  const Ns length = *must(tape->last_frame_ns()) - kStart;
  FrameRecord frame;
  for (auto _ : state) {
    const Ns t = kStart + static_cast<Ns>(random() % static_cast<std::uint64_t>(length));
    const auto id = must(tape->first_frame_at(t));
    auto cursor = must(tape->frames(*id));
    must(cursor->next(frame));
    benchmark::DoNotOptimize(frame.payload.size());
  }
}

BENCHMARK(BM_Compact)
    ->ArgName("undo")
    ->Arg(0)
    ->Arg(1)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Read)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Seek)->ArgName("compacted")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace tapedeck

BENCHMARK_MAIN();
