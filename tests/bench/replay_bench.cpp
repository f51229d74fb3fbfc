// How long a replay takes to open a long tape and to seek in it.
//   tapedeck_replay_bench [FRAMES [TAPE]]   (10,000,000 frames; TAPE is made unless it is there)
// `open`: from the file to a first block, as `tapedeck replay` does it. `seek`: from the button to
// the block that holds the frame. Goals: open 50 ms, seek 10 ms.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "replay/source.h"
#include "replay/tape_set.h"
#include "storage/tape_writer.h"

namespace tapedeck {
namespace {

constexpr Ns kStart = 1'795'253'400'000'000'000;
constexpr Ns kEvery = 1 * kNsPerMs;
constexpr int kConnections = 200;  // of two endpoints, one after the other

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}
void check(const Result<void>& result) {
  if (!result) die(result.error().message);
}

std::string payload(std::int64_t i) {
  return R"({"type":"Trade","symbol":"BTC-20260130-100000-C","price":"0.05","size":"1.5","side":"buy","timestamp":)" +
         std::to_string(1'737'331'200'000 + i) + R"(,"note":")" + std::string(210, 'x') + "\"}";
}

void make_tape(const std::string& path, std::int64_t frames) {
  SessionInfo session;
  session.name = "bench";
  session.started_ns = kStart;
  session.config = "{}";
  auto writer = create_tape_at(path, session, Durability::process);
  if (!writer) die(writer.error().message);
  check((*writer)->begin());
  std::int64_t written = 0;
  for (int c = 0; c < kConnections; ++c) {
    ConnectionInfo connection;
    connection.id = c + 1;
    connection.feed = c % 2 == 0 ? "hypercall" : "nexusglass";
    connection.endpoint = c % 2 == 0 ? "ws" : "ws/fastfeed";
    connection.url = "wss://host";
    connection.opened_ns = kStart + written * kEvery;
    connection.ready_ns = connection.opened_ns;
    check((*writer)->put_connection(connection));
    for (const std::int64_t until = frames * (c + 1) / kConnections; written < until;) {
      const std::string text = payload(written);
      FrameRecord frame;
      frame.id = ++written;
      frame.connection_id = c + 1;
      frame.recv_ns = kStart + written * kEvery;
      frame.payload = text;
      check((*writer)->add_frame(frame));
      if (written % 5'000 != 0) continue;
      check((*writer)->commit());
      check((*writer)->begin());
    }
  }
  check((*writer)->commit());
  check((*writer)->finish(kStart + frames * kEvery, "closed"));
}

// Both clocks at once: on a busy machine only the processor's says what the work costs.
struct Cost {
  double wall_ms = 0;
  double cpu_ms = 0;
};
class Watch {
 public:
  Cost read() const {
    return {ms(std::chrono::steady_clock::now() - wall_),
            static_cast<double>(std::clock() - cpu_) * 1e3 / CLOCKS_PER_SEC};
  }

 private:
  static double ms(std::chrono::steady_clock::duration d) {
    return std::chrono::duration<double, std::milli>(d).count();
  }
  std::chrono::steady_clock::time_point wall_ = std::chrono::steady_clock::now();
  std::clock_t cpu_ = std::clock();
};

// A source, and waiting for its blocks.
class Reading {
 public:
  explicit Reading(const std::string& path) {
    auto tapes = TapeSet::open({path}, endpoints_);
    if (!tapes) die(tapes.error().message);
    tapes_ = std::move(*tapes);
    check(snapshots_.scan(*tapes_, endpoints_));
    auto reader = open_tape(path);
    if (!reader) die(reader.error().message);
    std::vector<std::unique_ptr<TapeReader>> readers;
    readers.push_back(std::move(*reader));
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
    while (true) {
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

void report(const char* what, const std::vector<Cost>& costs) {
  const auto line = [&](const char* clock, double Cost::*member) {
    std::vector<double> ms;
    for (const Cost& cost : costs) ms.push_back(cost.*member);
    std::sort(ms.begin(), ms.end());
    const auto at = [&](double q) {
      return ms[static_cast<std::size_t>(q * static_cast<double>(ms.size() - 1))];
    };
    std::printf("%s, %s: p50 %.2f ms, p90 %.2f ms, max %.2f ms of %zu\n", what, clock, at(0.5),
                at(0.9), ms.back(), ms.size());
  };
  line("wall", &Cost::wall_ms);
  line("processor", &Cost::cpu_ms);
}

int run(std::int64_t frames, std::string path) {
  const bool is_ours = path.empty();
  if (is_ours) {
    path = (std::filesystem::temp_directory_path() /
            ("tapedeck-bench-" + std::to_string(frames) + "-" +
             std::to_string(std::random_device()()) + ".tape"))
               .string();
  }
  if (!std::filesystem::exists(path)) make_tape(path, frames);
  std::vector<Cost> opens;
  for (int i = 0; i < 10; ++i) {
    const Watch watch;
    Reading reading(path);
    reading.seek(reading.start_ns());
    opens.push_back(watch.read());
  }
  report("open", opens);
  Reading reading(path);
  std::mt19937_64 random(1);
  std::vector<Cost> seeks;
  for (int i = 0; i < 200; ++i) {
    const Ns span = reading.end_ns() - reading.start_ns();
    const Ns pos =
        reading.start_ns() + static_cast<Ns>(random() % static_cast<std::uint64_t>(span));
    const Watch watch;
    reading.seek(pos);
    seeks.push_back(watch.read());
  }
  report("seek", seeks);
  if (is_ours) std::filesystem::remove(path);
  return 0;
}

}  // namespace
}  // namespace tapedeck

int main(int argc, char** argv) {
  const std::int64_t frames = argc > 1 ? std::atoll(argv[1]) : 10'000'000;
  if (frames < 1'000 || argc > 3) {
    std::fprintf(stderr,
                 "usage: tapedeck_replay_bench [FRAMES [TAPE]], with 1000 frames or more\n");
    return 2;
  }
  return tapedeck::run(frames, argc > 2 ? argv[2] : "");
}
