// A tape out over a socket at its own pace and at others, judged by when its messages arrive.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tests/bench/end_to_end/measures.h"
#include "tests/bench/end_to_end/skim_client.h"
#include "tests/bench/end_to_end/tapes.h"
#include "tests/loopback/harness.h"
#include "tests/support/temp_dir.h"

namespace tapedeck::bench {
namespace {

constexpr Ns kStepNs = 100'000;  // between two messages when they are played: 10,000 a second

// When each message of a tape came, which is spaced so that `speed` makes it 10,000 a second.
std::vector<Ns> arrivals(std::int64_t messages, double speed) {
  const testing::TempDir directory;
  make_trade_tape(directory.file("paced.tape"), messages,
                  std::llround(static_cast<double>(kStepNs) * speed));
  ReplayOptions options;
  options.tapes = {directory.file("paced.tape")};
  options.speed = speed;
  options.exit_at_end = true;
  options.grace_ns = 100 * kNsPerMs;
  const testing::Replaying replaying(options);
  SkimClient client(replaying.port(), "/hypercall/ws");
  client.send_text(R"({"type":"Subscribe","channel":"trades"})");
  std::vector<Ns> times;
  client.read_to_end(1, &times);
  if (static_cast<std::int64_t>(times.size()) != messages) die("messages are missing");
  return times;
}

}  // namespace

void measure_pacing(Report& report, const Scale& scale) {
  for (const double speed : {0.1, 1.0, 10.0, 100.0, 1000.0}) {
    const std::vector<Ns> times = arrivals(scale.paced, speed);
    // Against the earliest: no message comes before its time.
    std::vector<Ns> late;
    for (std::size_t i = 0; i < times.size(); ++i) {
      late.push_back(times[i] - static_cast<Ns>(i) * kStepNs);
    }
    const Ns earliest = *std::min_element(late.begin(), late.end());
    // The ends are as late as any; what they are late by is no error of the span.
    const Ns wanted = static_cast<Ns>(times.size() - 1) * kStepNs;
    const Ns span = times.back() - times.front();
    std::sort(late.begin(), late.end());
    const auto at = [&](double q) {
      const auto index = static_cast<std::size_t>(q * static_cast<double>(late.size() - 1));
      return static_cast<double>(late[index] - earliest) / 1e3;
    };
    char name[60];
    std::snprintf(name, sizeof name, "pacing at %g×, 10,000/s: ", speed);
    report.at_most(std::string(name) + "lateness p50", at(0.5), "µs", 50);
    report.at_most(std::string(name) + "lateness p99", at(0.99), "µs", 300);
    report.at_most(std::string(name) + "span off by",
                   std::abs(static_cast<double>(span - wanted)) * 100 / static_cast<double>(wanted),
                   "%", 0.01);
  }
}

}  // namespace tapedeck::bench
