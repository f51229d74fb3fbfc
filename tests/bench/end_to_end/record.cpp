// Recording from socket to committed tape, and how long a frame waits to be safe.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>
#include <vector>

#include "storage/tape_reader.h"
#include "tests/bench/end_to_end/bare_inserts.h"
#include "tests/bench/end_to_end/measures.h"
#include "tests/bench/end_to_end/tapes.h"
#include "tests/loopback/harness.h"
#include "tests/support/certificate.h"
#include "tests/support/temp_dir.h"

namespace tapedeck::bench {
namespace {

using testing::Certificate;
using testing::Recording;
using testing::Replaying;
using testing::TempDir;

struct Sample {
  Ns wall_ns = 0;
  std::int64_t frames = 0;  // committed by then
};

struct Recorded {
  std::string tape;
  std::vector<Sample> samples;
  double per_second = 0;      // between a tenth and nine tenths of the frames
  std::int64_t overload = 0;  // gaps because the recorder's own queue was full
};

// A replay of `source` is recorded from the first frame to the last.
Recorded record(const std::string& source, const std::string& directory, double speed,
                const Certificate* certificate = nullptr) {
  ReplayOptions options;
  options.tapes = {source};
  options.max_speed = speed == 0;
  options.speed = speed == 0 ? 1 : speed;
  options.exit_at_end = true;
  options.wait_clients = static_cast<int>(testing::extent().connections);
  std::optional<std::string> ca_file;
  if (certificate != nullptr) {
    ca_file = options.server.tls_certificate_file = certificate->certificate_file();
    options.server.tls_key_file = certificate->key_file();
  }
  Replaying replaying(options);
  Recording recording(testing::config_for(replaying.host(), ca_file), directory);
  Recorded out;
  std::atomic<bool> is_over = false;
  std::thread waiting([&] {
    replaying.wait();
    is_over = true;
  });
  const SystemClock clock;
  while (!is_over) {
    std::this_thread::sleep_for(std::chrono::microseconds(500));
    const std::int64_t frames = recording.stats().frames;
    if (out.samples.empty() || frames != out.samples.back().frames)
      out.samples.push_back({clock.now().wall, frames});
  }
  waiting.join();
  out.tape = recording.stop();
  const std::int64_t all = recording.stats().frames;
  const auto at = [&](std::int64_t frames) {
    return *std::find_if(out.samples.begin(), out.samples.end() - 1,
                         [&](const Sample& sample) { return sample.frames >= frames; });
  };
  if (out.samples.size() < 2) die("nothing was recorded");
  const Sample first = at(all / 10);
  const Sample last = at(all * 9 / 10);
  out.per_second = static_cast<double>(last.frames - first.frames) * 1e9 /
                   static_cast<double>(std::max<Ns>(last.wall_ns - first.wall_ns, 1));
  for (const Gap& gap : must(must(open_tape(out.tape))->gaps())) {
    out.overload += gap.cause == GapCause::overload ? 1 : 0;
  }
  return out;
}

double percentile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
}

}  // namespace

void measure_record(Report& report, const Scale& scale) {
  const TempDir directory;
  make_mixed_tape(directory.file("source.tape"), scale.mixed_messages_each);
  const Certificate certificate;
  for (const Certificate* with : {static_cast<const Certificate*>(nullptr), &certificate}) {
    const Recorded recorded =
        record(directory.file("source.tape"), directory.file("tapes"), 0, with);
    const BareInserts bare(recorded.tape);
    const double seconds = bare.insert_into(directory.file("bare.db"));
    const std::string name = with == nullptr ? "record, five feeds" : "record, five feeds, TLS";
    report.compare(name, recorded.per_second, "frames/s", "bare inserts of the same rows",
                   static_cast<double>(bare.frames()) / seconds, with == nullptr ? 0.75 : 0.6);
    report.add({name + ": rows a frame",
                static_cast<double>(bare.rows()) / static_cast<double>(bare.frames()), "", "",
                std::nullopt, "", std::nullopt});
    report.at_most(name + ": overload gaps", static_cast<double>(recorded.overload), "", 0);
    std::filesystem::remove(directory.file("bare.db"));
    std::filesystem::remove_all(directory.file("tapes"));
  }
}

void measure_latency(Report& report, const Scale& scale) {
  const TempDir directory;
  make_mixed_tape(directory.file("source.tape"), scale.mixed_messages_each);
  constexpr double kSpeed = 20;  // messages are 1 ms apart
  constexpr double kCommitMs = 50;
  const Recorded recorded = record(directory.file("source.tape"), directory.file("tapes"), kSpeed);
  std::vector<double> waited_ms;
  auto reader = must(open_tape(recorded.tape));
  auto cursor = must(reader->frames(1));
  auto sample = recorded.samples.begin();
  for (FrameRecord frame; must(cursor->next(frame));) {
    while (sample != recorded.samples.end() && sample->frames < frame.id) ++sample;
    if (sample == recorded.samples.end()) break;
    waited_ms.push_back(static_cast<double>(sample->wall_ns - frame.recv_ns) / 1e6);
  }
  report.add({"latency, receipt to commit: rate", recorded.per_second, "frames/s", "", std::nullopt,
              "", std::nullopt});
  report.add({"latency, receipt to commit: p50", percentile(waited_ms, 0.5), "ms", "", std::nullopt,
              "", std::nullopt});
  report.at_most("latency, receipt to commit: p99", percentile(waited_ms, 0.99), "ms",
                 kCommitMs + 10);
}

}  // namespace tapedeck::bench
