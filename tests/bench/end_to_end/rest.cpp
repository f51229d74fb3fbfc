// What the program costs while it does what it does all day: 1,000 messages a second.
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "storage/tape_reader.h"
#include "tests/bench/end_to_end/measures.h"
#include "tests/bench/end_to_end/tapes.h"
#include "tests/loopback/harness.h"
#include "tests/loopback/process.h"
#include "tests/support/temp_dir.h"

namespace tapedeck::bench {
namespace {

constexpr double kRate = 1'000;  // of all services together
constexpr Ns kWarmUpNs = 2 * kNsPerSec;

// Of one process, by /proc.
struct Usage {
  double cpu_seconds = 0;
  double resident_mib = 0;
};
Usage usage_of(pid_t process) {
  Usage usage;
  const std::string folder = "/proc/" + std::to_string(process);
  std::ifstream stat(folder + "/stat");
  std::string text;
  std::getline(stat, text);
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string word;
  double user = 0;
  double system = 0;
  for (int i = 3; i < 14; ++i) fields >> word;
  fields >> user >> system;
  usage.cpu_seconds = (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  std::ifstream status(folder + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmRSS:", 0) == 0) usage.resident_mib = std::stod(line.substr(6)) / 1024;
  }
  return usage;
}

void wait(Ns span) {
  std::this_thread::sleep_for(std::chrono::nanoseconds(span));
}

}  // namespace

void measure_rest(Report& report, const Scale& scale) {
  const testing::TempDir directory;
  SimOptions options;
  const double feeds = 5;
  options.rate = kRate / feeds;
  const testing::SimulatedServices services(options);
  std::ofstream(directory.file("config.json")) << testing::config_for(services.host());
  testing::Process process({"record", "--config", directory.file("config.json"), "--tapes",
                            directory.file("tapes"), "--name", "rest"});
  if (!process.err_says("recording to ")) die("the recorder did not start");
  wait(kWarmUpNs);
  const SystemClock clock;
  const Ns from = clock.now().wall;
  const Usage before = usage_of(process.id());
  wait(static_cast<Ns>(scale.rest_seconds * 1e9));
  const Ns to = clock.now().wall;
  const Usage after = usage_of(process.id());
  process.signal(SIGTERM);
  process.rest_of_err();
  if (process.wait() != 0) die("the recorder failed");
  auto reader = must(open_tape(must(list_tapes(directory.file("tapes"))).back()));
  const auto first = must(reader->first_frame_at(from));
  const auto last = must(reader->first_frame_at(to));
  const double seconds = static_cast<double>(to - from) / 1e9;
  if (!first || !last) die("no frames");
  report.add({"at rest: rate", static_cast<double>(*last - *first) / seconds, "frames/s", "",
              std::nullopt, "", std::nullopt});
  report.at_most("at rest: processor", (after.cpu_seconds - before.cpu_seconds) * 100 / seconds,
                 "% of a core", 4);
  report.at_most("at rest: memory", after.resident_mib, "MiB resident", 64);
}

}  // namespace tapedeck::bench
