// Compacting the simulated mix: size, speed, and what reading costs afterwards.
#include "storage/compact.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "storage/tape_reader.h"
#include "tests/bench/end_to_end/measures.h"
#include "tests/bench/end_to_end/tapes.h"
#include "tests/support/temp_dir.h"

namespace tapedeck::bench {
namespace {

void read_all(const std::string& path) {
  auto reader = must(open_tape(path));
  auto cursor = must(reader->frames(1));
  std::size_t bytes = 0;
  for (FrameRecord frame; must(cursor->next(frame));) bytes += frame.payload.size();
  if (bytes == 0) die("nothing was read");
}

// From a time to the first frame's payload, as a replay's seek begins; a hundred times, the fastest
// first.
std::vector<double> seeks_ms(const std::string& path) {
  auto reader = must(open_tape(path));
  const Ns length = *must(reader->last_frame_ns()) - kTapeStartNs;
  std::mt19937_64 random(1);
  std::vector<double> ms;
  for (int i = 0; i < 100; ++i) {
    const Ns t = kTapeStartNs + static_cast<Ns>(random() % static_cast<std::uint64_t>(length));
    ms.push_back(1e3 * seconds_of([&] {
                   const auto id = must(reader->first_frame_at(t));
                   auto cursor = must(reader->frames(*id));
                   FrameRecord frame;
                   must(cursor->next(frame));
                 }));
  }
  std::sort(ms.begin(), ms.end());
  return ms;
}

// A finished tape is on the disk, so that flushing the new one flushes nothing else.
void flush(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 || ::fsync(fd) != 0) die("cannot flush " + path);
  ::close(fd);
}

void measure(Report& report, const std::string& what, const std::string& plain,
             const std::string& compacted, double goal_bytes) {
  flush(plain);
  CompactResult result;
  const double seconds = seconds_of([&] {
    result = must(compact_tape({plain, compacted, false}));
  });
  const auto frames = static_cast<double>(result.frames);
  report.add({what + ": payload", static_cast<double>(result.payload_bytes) / frames, "B/frame", "",
              std::nullopt, "", std::nullopt});
  report.at_most(what + ": size", static_cast<double>(result.bytes_after) / frames, "B/frame",
                 goal_bytes);
  report.at_least(what + ": written, compared and flushed", frames / seconds, "frames/s", 0.5e6);
  // In turns, the best of each.
  double plain_rate = 0;
  double rate = 0;
  for (int i = 0; i < 3; ++i) {
    plain_rate = std::max(plain_rate, frames / seconds_of([&] { read_all(plain); }));
    rate = std::max(rate, frames / seconds_of([&] { read_all(compacted); }));
  }
  report.at_least(what + ": read back", rate, "frames/s", 1e6);
  report.add(
      {what + ": read back", rate, "frames/s", "the plain tape", plain_rate, "", std::nullopt});
  const std::vector<double> ms = seeks_ms(compacted);
  report.at_most(what + ": seek, p50", ms[ms.size() / 2], "ms", 20);
  report.at_most(what + ": seek, p90", ms[ms.size() * 9 / 10], "ms", 20);
  report.add({what + ": seek, the slowest", ms.back(), "ms", "", std::nullopt, "", std::nullopt});
}

}  // namespace

void measure_compact(Report& report, const Scale& scale) {
  const testing::TempDir directory;
  make_mixed_tape(directory.file("mixed.tape"), scale.mixed_messages_each);
  measure(report, "compact, simulated mix", directory.file("mixed.tape"), directory.file("a.tape"),
          75);
}

}  // namespace tapedeck::bench
