// Two recorders of the same services, each killed at another time: merged, their tapes have what
// either received, once, and say what neither did.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iostream>

#include "storage/tape_reader.h"
#include "tests/chaos/judge.h"
#include "tests/loopback/harness.h"
#include "tests/loopback/process.h"
#include "tests/support/temp_dir.h"

namespace tapedeck::testing {
namespace {

class MergedRecorders : public ::testing::Test {
 protected:
  MergedRecorders() {
    options_.rate = 60;
    options_.epoch_ns = SystemClock().now().wall - kNsPerSec;
    services_ = std::make_unique<SimulatedServices>(options_);
    const std::string config = config_for(services_->host());
    std::ofstream(directory_.file("config.json")) << R"({"backfill": false, )" + config.substr(1);
  }

  // `record` as `name`, once every stream is ready.
  std::unique_ptr<Process> record(const std::string& name) {
    auto process = std::make_unique<Process>(
        std::vector<std::string>{"record", "--config", directory_.file("config.json"), "--tapes",
                                 directory_.file("tapes"), "--name", name});
    for (std::size_t links = 0; links < extent().connections; ++links)
      EXPECT_TRUE(process->err_says("streams ready"));
    return process;
  }
  void wait() { EXPECT_TRUE(services_->wait_for_messages(300)); }
  static void expect_success(const std::vector<std::string>& arguments) {
    Process process(arguments);
    const std::string said = process.rest_of_out() + process.rest_of_err();
    EXPECT_EQ(process.wait(), 0) << said;
  }

  // What a client of its replay gets is on the tape, in that order and once.
  void expect_replayed(const std::string& merged) {
    ReplayOptions options;
    options.tapes = {merged};
    options.max_speed = true;
    options.wait_clients = static_cast<int>(extent().connections);
    const Replaying replaying(options);
    Recording again(config_for(replaying.host()), directory_.file("again"));
    again.wait_until_committed(400);
    const auto taped = data_frames_of(merged);
    for (const auto& [endpoint, frames] : data_frames_of(again.stop())) {
      ASSERT_TRUE(taped.contains(endpoint)) << endpoint;
      auto at = taped.at(endpoint).begin();
      for (const std::string& frame : frames) {
        at = std::find(at, taped.at(endpoint).end(), frame);
        ASSERT_NE(at, taped.at(endpoint).end()) << endpoint << ": " << frame;
        ++at;
      }
    }
  }

  TempDir directory_;
  SimOptions options_;
  std::unique_ptr<SimulatedServices> services_;
};

TEST_F(MergedRecorders, HaveWhatEitherReceivedOnceAndSayWhatNeitherDid) {
  auto here = record("here");
  auto there = record("there");
  wait();
  here->signal(SIGKILL);  // the other one goes on
  here->wait();
  wait();
  here = record("here");
  wait();
  there->signal(SIGKILL);
  there->wait();
  wait();
  here->signal(SIGKILL);  // nobody is there
  here->wait();
  there = record("there");
  here = record("here");
  wait();
  for (Process* process : {here.get(), there.get()}) {
    process->signal(SIGTERM);
    process->rest_of_err();
    EXPECT_EQ(process->wait(), 0);
  }
  services_->stop();

  const std::string merged = directory_.file("merged.tape");
  std::vector<std::string> merge = {"merge"};
  const auto tapes = list_tapes(directory_.file("tapes"));
  merge.insert(merge.end(), tapes->begin(), tapes->end());
  ASSERT_EQ(merge.size(), 6U);
  merge.insert(merge.end(), {"-o", merged});
  expect_success(merge);
  expect_success({"verify", merged});

  ChaosResult result;
  const ProcessSource source;
  const auto parsed = parse_config(config_for("127.0.0.1:1"), source);
  Simulator::Timeline timeline;
  timeline.epoch_ns = *options_.epoch_ns;
  timeline.rate = options_.rate;
  timeline.upto = (SystemClock().now().wall - timeline.epoch_ns) / kNsPerSec * 60 + 60;
  for (const FeedConfig& feed : parsed->feeds) {
    // Its legs have no identity and repeat within a second: of those around the moment at which a
    // recorder joins, nothing tells which ones it shares with the other.
    if (feed.feed->name() == "alphahub") continue;
    judge_rows(feed, *feed.feed->make_simulator(options_.seed), timeline, {merged}, result);
  }
  for (const std::string& fault : result.faults) ADD_FAILURE() << fault;
  EXPECT_GT(result.sent, 100);

  std::size_t by_peer = 0;
  auto reader = open_tape(merged);
  const auto gaps = (*reader)->gaps();
  for (const Gap& gap : *gaps) {
    if (gap.status == GapStatus::filled) {
      EXPECT_EQ(gap.method, GapMethod::peer) << gap.stream;
      ++by_peer;
    }
  }
  EXPECT_GE(by_peer, extent().streams);
  EXPECT_GE(gaps->size(), by_peer + extent().streams) << "that nobody was there is not hidden";
  std::cout << result.sent << " rows sent, " << result.missing
            << " missing and admitted; gaps: " << by_peer << " closed by a peer, "
            << gaps->size() - by_peer << " left\n";

  expect_replayed(merged);
}

}  // namespace
}  // namespace tapedeck::testing
