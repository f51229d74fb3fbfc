// Losses of a service that knows nothing of tapedeck, as a client of its own met them live and as
// it meets them again in the replay.
#include <gtest/gtest.h>
#include <stdio.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/loopback/harness.h"
#include "tests/support/temp_dir.h"

namespace tapedeck {
namespace {

using namespace testing;
using Log = std::vector<std::string>;

// A program of tests/clients.
class PythonProgram {
 public:
  explicit PythonProgram(const std::string& words)
      : pipe_(::popen(("/usr/bin/python3 " TAPEDECK_SOURCE_DIR "/tests/clients/" + words).c_str(),
                      "r")) {
    EXPECT_NE(pipe_, nullptr);
  }
  ~PythonProgram() {
    if (pipe_ != nullptr) ::pclose(pipe_);
  }
  PythonProgram(const PythonProgram&) = delete;
  PythonProgram& operator=(const PythonProgram&) = delete;

  std::string line() {
    std::string text;
    for (int c = ::fgetc(pipe_); c != EOF && c != '\n'; c = ::fgetc(pipe_))
      text += static_cast<char>(c);
    return text;
  }
  Log rest() {
    Log lines;
    for (std::string next = line(); !next.empty(); next = line()) lines.push_back(next);
    return lines;
  }

 private:
  FILE* pipe_;
};

std::string client_of(const std::string& base, const std::string& last_reason = "done") {
  return "reconnecting.py 'ws://" + base + "/ws/fastfeed?token=k' '" + last_reason + "'";
}

// Whether `log` is `whole` but for lines that it lacks.
bool is_part_of(const Log& log, const Log& whole) {
  auto at = whole.begin();
  for (const std::string& line : log) {
    at = std::find(at, whole.end(), line);
    if (at == whole.end()) return false;
    ++at;
  }
  return true;
}

Log without_refusals(Log log) {
  std::erase_if(log, [](const std::string& line) { return line.starts_with("refused"); });
  return log;
}

class Disconnects : public ::testing::Test {
 protected:
  // Records the service's life with `connections` redundant connections beside an ordinary client,
  // whose log it keeps.
  void record(int connections) {
    PythonProgram service("flaky_service.py " + std::to_string(connections + 1));
    const std::string host = "127.0.0.1:" + service.line();
    PythonProgram client(client_of(host));
    Recording recording(
        R"({"feeds": {"nexusglass": {"api_key": "k", "endpoints": ["ws/fastfeed"], "connections": )" +
            std::to_string(connections) + R"(, "ws_url": "ws://)" + host +
            R"(", "reconnect": {"initial_ms": 10, "max_ms": 20, "jitter_ms": 0}}}})",
        directory_.path());
    live_ = client.rest();
    EXPECT_EQ(service.rest(), Log{});
    tape_ = recording.stop();
  }
  ReplayOptions options() const {
    ReplayOptions options;
    options.tapes = {tape_};
    options.disconnects = true;
    options.grace_ns = 20 * kNsPerMs;
    return options;
  }

  TempDir directory_;
  std::string tape_;
  Log live_;
};

TEST_F(Disconnects, AtFullSpeedTheClientsLogIsTheLiveOne) {
  record(1);
  ReplayOptions fast = options();
  fast.max_speed = true;
  Replaying replay(fast);
  PythonProgram client(client_of(replay.host() + "/nexusglass"));
  EXPECT_EQ(without_refusals(client.rest()), without_refusals(live_));
}

// Nobody waits for it there: where this machine is too slow for it, it misses what it would have
// missed live.
TEST_F(Disconnects, AtTheRecordedPaceTheClientIsRefusedWhileTheServiceWasAway) {
  record(1);
  const std::string end = "end of tape";
  Replaying replay(options());
  PythonProgram client(client_of(replay.host() + "/nexusglass", end));
  Log log = client.rest();
  Log whole = live_;
  whole.insert(whole.end(), {"refused 503", "close 1000 " + end});
  EXPECT_TRUE(is_part_of(log, whole)) << ::testing::PrintToString(log);
  EXPECT_EQ(log.back(), whole.back());
  EXPECT_GE(std::count(log.begin(), log.end(), "refused 503"), 1);
  const auto first_end = [](Log& from) {
    return std::find_if(from.begin(), from.end(),
                        [](const std::string& line) { return line.starts_with("close"); });
  };
  EXPECT_EQ(Log(log.begin(), first_end(log) + 1), Log(live_.begin(), first_end(live_) + 1));
}

TEST_F(Disconnects, RedundantConnectionsAreLostOnlyTogetherAndTheirEventsComeOnce) {
  record(2);
  ReplayOptions fast = options();
  fast.max_speed = true;
  Replaying replay(fast);
  PythonProgram client(client_of(replay.host() + "/nexusglass"));
  EXPECT_EQ(without_refusals(client.rest()), without_refusals(live_));
}

}  // namespace
}  // namespace tapedeck
