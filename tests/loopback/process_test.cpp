// The program as a user runs it: signals, crashes, exit codes, what it prints.
#include "tests/loopback/process.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "storage/tape_reader.h"
#include "tests/loopback/harness.h"
#include "tests/support/scripted_server.h"
#include "tests/support/temp_dir.h"

namespace tapedeck {
namespace {

using namespace testing;

class Program : public ::testing::Test {
 protected:
  // `record` of `services`, once every stream is ready.
  std::unique_ptr<Process> record(const SimulatedServices& services) {
    std::ofstream(directory_.file("config.json")) << config_for(services.host());
    auto process = std::make_unique<Process>(
        std::vector<std::string>{"record", "--config", directory_.file("config.json"), "--tapes",
                                 directory_.file("tapes"), "--name", "night"});
    for (std::size_t links = 0; links < extent().connections; ++links)
      EXPECT_TRUE(process->err_says("streams ready"));
    return process;
  }
  static SimOptions busy() {
    SimOptions options;
    options.rate = 500;
    return options;
  }
  // Waits until `tape` has something that each connection received once it was ready: what a killed
  // recorder had not committed yet is not there to be told of.
  static void wait_for_frames(const std::string& tape) {
    for (std::size_t heard = 0; heard < extent().connections;) {
      auto reader = open_tape(tape);
      if (!reader) continue;
      const auto connections = (*reader)->connections();
      if (!connections) continue;
      std::map<std::int64_t, Ns> ready;
      std::set<std::int64_t> ids;
      for (const ConnectionInfo& one : *connections) {
        if (!one.ready_ns) continue;
        ids.insert(one.id);
        ready[one.id] = *one.ready_ns;
      }
      const auto received = (*reader)->last_received(ids);
      if (!received) continue;
      heard = static_cast<std::size_t>(
          std::count_if(received->begin(), received->end(),
                        [&](const auto& last) { return last.second >= ready.at(last.first); }));
    }
  }
  std::vector<std::string> tapes() const { return *list_tapes(directory_.file("tapes")); }
  static std::string outcome_of(const std::string& tape) {
    auto reader = open_tape(tape);
    return reader ? (*reader)->session()->outcome : reader.error().message;
  }

  TempDir directory_;
};

TEST_F(Program, EndsWithASummaryAndAClosedTapeOnCtrlC) {
  SimulatedServices services(busy());
  const auto recorder = record(services);
  services.wait_until_sent(extent().connections, 5);
  recorder->signal(SIGINT);
  const std::string summary = recorder->rest_of_out();
  EXPECT_EQ(recorder->wait(), 0);
  ASSERT_EQ(tapes().size(), 1U);
  EXPECT_TRUE(summary.starts_with(tapes()[0] + "\n")) << summary;
  EXPECT_EQ(outcome_of(tapes()[0]), "closed");
  EXPECT_FALSE(std::filesystem::exists(tapes()[0] + "-wal"));
}

TEST_F(Program, AKilledRecordersTapeIsWholeUpToItsLastCommitAndTheNextOneSaysSo) {
  SimulatedServices services(busy());
  const auto killed = record(services);
  const std::string first = tapes().at(0);
  wait_for_frames(first);
  killed->signal(SIGKILL);
  EXPECT_EQ(killed->wait(), -SIGKILL);
  EXPECT_EQ(outcome_of(first), "open");

  const auto next = record(services);
  next->signal(SIGTERM);
  EXPECT_EQ(next->wait(), 0);
  ASSERT_EQ(tapes().size(), 2U);
  EXPECT_EQ(outcome_of(first), "interrupted");
  auto before = open_tape(first);
  auto after = open_tape(tapes()[1]);
  const std::vector<Gap> gaps = std::move(*(*after)->gaps());
  ASSERT_EQ(gaps.size(), extent().streams);
  std::set<std::int64_t> ids;
  const auto connections = (*before)->connections();
  for (const ConnectionInfo& one : *connections) ids.insert(one.id);
  const auto last_received = (*before)->last_received(ids);
  std::set<Ns> received;
  for (const auto& [id, last_ns] : *last_received) received.insert(last_ns);
  for (const Gap& gap : gaps) {
    EXPECT_EQ(gap.cause, GapCause::restart) << gap.stream;
    // The last frame that was received on the connection that had the stream.
    EXPECT_TRUE(received.contains(gap.from_ns)) << gap.stream;
    EXPECT_TRUE(gap.to_ns.has_value()) << gap.stream;
  }
}

TEST_F(Program, TwoRecordersOfOneNameLeaveEachOtherAlone) {
  SimulatedServices services({});
  const auto first = record(services);
  const auto second = record(services);
  for (const auto& process : {first.get(), second.get()}) {
    process->signal(SIGTERM);
    EXPECT_EQ(process->wait(), 0);
  }
  ASSERT_EQ(tapes().size(), 2U);
  for (const std::string& tape : tapes()) {
    EXPECT_EQ(outcome_of(tape), "closed");
    EXPECT_TRUE((*open_tape(tape))->gaps()->empty());
  }
}

TEST_F(Program, AServiceThatCannotBeReachedIsAPassingFailure) {
  SimulatedServices services({});
  std::ofstream(directory_.file("config.json"))
      << R"({"feeds": {"nexusglass": {"api_key": "any-key", "endpoints": ["ws/fastfeed"], "ws_url": "ws://)"
      << services.host() << R"(/nexusglass/nowhere"}}})";
  Process recorder(
      {"record", "--config", directory_.file("config.json"), "--tapes", directory_.file("tapes")});
  std::string log;
  for (std::string line = "?"; !line.empty() && log.find("HTTP 404") == std::string::npos;) {
    line = recorder.err_line();
    log += line + "\n";
  }
  recorder.signal(SIGTERM);
  log += recorder.rest_of_err();
  EXPECT_EQ(recorder.wait(), 0);
  EXPECT_NE(log.find("HTTP 404"), std::string::npos) << log;
  EXPECT_EQ(log.find("any-key"), std::string::npos) << log;
}

TEST_F(Program, WhenEveryFeedIsRefusedForGoodTheExitCodeIs2AndTheRemedyIsNamed) {
  ScriptedServer service([](ScriptedSocket& socket) {
    socket.read_header();
    socket.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  });
  std::ofstream(directory_.file("config.json"))
      << R"({"feeds": {"nexusglass": {"api_key": "any-key", "endpoints": ["ws/fastfeed"], "ws_url": ")"
      << service.url("ws", "") << R"("}}})";
  Process recorder(
      {"record", "--config", directory_.file("config.json"), "--tapes", directory_.file("tapes")});
  const std::string log = recorder.rest_of_err();
  EXPECT_EQ(recorder.wait(), 2);
  EXPECT_NE(log.find("tapedeck: error: no feed could start: "), std::string::npos) << log;
  EXPECT_NE(log.find("feeds.nexusglass.api_key"), std::string::npos) << log;
  EXPECT_EQ(outcome_of(tapes().at(0)), "closed");
}

TEST_F(Program, SimAndReplayEndOnASignalWithExitCode0) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"sim", "--listen", "127.0.0.1:0"},
        std::vector<std::string>{"replay", "TAPE", "--listen", "127.0.0.1:0"}}) {
    std::vector<std::string> all = arguments;
    if (all[1] == "TAPE") {
      SimulatedServices services({});
      const auto recorder = record(services);
      recorder->signal(SIGTERM);
      EXPECT_EQ(recorder->wait(), 0);
      all[1] = tapes().at(0);
    }
    Process server(all);
    EXPECT_TRUE(server.out_line().starts_with("listening on http://127.0.0.1:"));
    server.signal(SIGINT);
    EXPECT_EQ(server.wait(), 0) << server.rest_of_err();
  }
}

}  // namespace
}  // namespace tapedeck
