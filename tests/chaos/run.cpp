#include "tests/chaos/run.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "storage/tape_reader.h"
#include "tests/chaos/judge.h"
#include "tests/chaos/rest_trouble.h"
#include "tests/loopback/harness.h"
#include "tests/loopback/process.h"
#include "tests/support/fakes.h"
#include "tests/support/held_port.h"

namespace tapedeck::testing {
namespace {

constexpr double kRate = 60;  // messages per second of each service

// `record` as a process, its log in a file.
class Child {
 public:
  Child(const std::vector<std::string>& arguments, const std::string& log) {
    std::vector<std::string> all = {TAPEDECK_BINARY};
    all.insert(all.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& argument : all) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(),
                                       O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    // The services' sockets are not its own: they would stay open in it. It has none of them, not
    // for a moment, once this returns.
    ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    EXPECT_EQ(::posix_spawn(&id_, argv[0], &actions, nullptr, argv.data(), environ), 0);
    ::posix_spawn_file_actions_destroy(&actions);
  }
  ~Child() {
    if (id_ > 0) end(SIGKILL);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Its exit code, or minus the signal that ended it.
  int end(int signal) {
    ::kill(id_, signal);
    int status = 0;
    ::waitpid(std::exchange(id_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  pid_t id_ = -1;
};

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

class Chaos {
 public:
  Chaos(std::uint64_t seed, const std::string& directory)
      : dice_(seed), directory_(directory), rest_(port_.number(), seed + 1) {
    options_.seed = seed;
    options_.rate = kRate;
    options_.epoch_ns = SystemClock().now().wall - kNsPerSec;
    options_.server.port = port_.number();
    options_.faults = "close:p=0.004;close:p=0.002,code=1012,reason=restart";
    connections_ = dice_.chance(0.3) ? 2 : 1;
    std::ofstream(directory_ + "/config.json") << config();
  }

  ChaosResult play() {
    services_ = std::make_unique<SimulatedServices>(options_);
    start_recorder();
    const std::int64_t troubles = dice_.between(2, 6);
    for (std::int64_t i = 0; i < troubles; ++i) {
      if (dice_.chance(0.5)) rest_.set(dice_.uniform());
      wait_for_messages(dice_.chance(0.3) ? dice_.between(0, 20) : dice_.between(0, 250));
      dice_.chance(0.75) ? kill_recorder() : restart_services();
    }
    rest_.set(0);
    // Mostly long enough for the gaps to be filled.
    const std::int64_t calm = dice_.between(1, 8);
    for (std::int64_t i = 0; i < calm && has_open_gaps(); ++i) wait_for_messages(200);
    wait_for_messages(100);
    end();
    return std::move(result_);
  }

 private:
  std::string config() const {
    std::string text = config_for(services_host());
    text = replaced(text, R"("rest_url": "http://)" + services_host(),
                    R"("rest_url": "http://127.0.0.1:)" + std::to_string(rest_.port()));
    text = replaced(text, R"("reconnect": {)",
                    R"("connections": )" + std::to_string(connections_) +
                        R"(, "timeouts": {"rest_ms": 400}, "reconnect": {)");
    return R"({"backfill": {"interval_ms": 1, "retry_initial_ms": 20, "retry_max_ms": 200}, )" +
           text.substr(1);
  }
  std::string services_host() const { return "127.0.0.1:" + std::to_string(port_.number()); }
  std::string tapes_directory() const { return directory_ + "/tapes"; }

  void wait_for_messages(std::int64_t more) {
    if (!services_->wait_for_messages(more))
      result_.faults.emplace_back("the recorder does not come back (see record.log)");
  }

  void start_recorder() {
    recorder_ = std::make_unique<Child>(
        std::vector<std::string>{"record", "--config", directory_ + "/config.json", "--tapes",
                                 tapes_directory(), "--name", "chaos"},
        directory_ + "/record.log");
  }

  void kill_recorder() {
    ++result_.kills;
    recorder_->end(SIGKILL);
    start_recorder();
  }

  void restart_services() {
    ++result_.restarts;
    stop_services();
    services_ = std::make_unique<SimulatedServices>(options_);
  }

  void stop_services() {
    services_->stop();
    const auto said = services_->conversations();
    conversations_.insert(conversations_.end(), said.begin(), said.end());
    result_.connections += static_cast<std::int64_t>(said.size());
    const std::string summary = services_->summary();
    if (const std::size_t at = summary.find("faults: "); at != std::string::npos)
      result_.cuts += std::stoll(summary.substr(at + 8));
  }

  bool has_open_gaps() const {
    const auto tapes = list_tapes(tapes_directory());
    if (!tapes || tapes->empty()) return true;  // each was killed before it had a tape
    auto reader = open_tape(tapes->back());
    if (!reader) return true;
    const auto gaps = (*reader)->gaps();
    return !gaps || std::any_of(gaps->begin(), gaps->end(),
                                [](const Gap& gap) { return gap.status == GapStatus::open; });
  }

  void end() {
    if (const int code = recorder_->end(SIGTERM); code != 0)
      result_.faults.push_back("record ended with " + std::to_string(code));
    stop_services();
    result_.spoiled = rest_.spoiled();
    const std::vector<std::string> tapes = std::move(*list_tapes(tapes_directory()));
    judge_frames(tapes, conversations_, result_.faults);
    const ProcessSource source;
    const auto parsed = parse_config(config(), source);
    Simulator::Timeline timeline;
    timeline.epoch_ns = *options_.epoch_ns;
    timeline.rate = options_.rate;
    timeline.upto = static_cast<std::int64_t>(
                        static_cast<double>(SystemClock().now().wall - timeline.epoch_ns) / 1e9 *
                        timeline.rate) +
                    1;
    for (const FeedConfig& feed : parsed->feeds) {
      judge_rows(feed, *feed.feed->make_simulator(options_.seed), timeline, tapes, result_);
    }
    verify(tapes);
    for (const std::string& tape : tapes) check_coverage(tape);
  }

  void verify(const std::vector<std::string>& tapes) {
    std::vector<std::string> arguments = {"verify"};
    arguments.insert(arguments.end(), tapes.begin(), tapes.end());
    Process checker(arguments);
    const std::string said = checker.rest_of_out();
    if (checker.wait() != 0) result_.faults.push_back(said);
  }

  // Of each stream: live, filled, partial and missing time make up the whole session.
  void check_coverage(const std::string& tape) {
    Process info({"info", "--json", tape});
    const auto told = nlohmann::json::parse(info.rest_of_out());
    const auto& session = told.at("session");
    const Ns whole = session.at("ended_ns").get<Ns>() - session.at("started_ns").get<Ns>();
    std::size_t streams = 0;
    for (const auto& feed : told.at("feeds")) {
      for (const auto& time : feed.at("coverage")) {
        ++streams;
        Ns sum = 0;
        for (const char* part : {"live_ns", "filled_ns", "partial_ns", "missing_ns"}) {
          const Ns length = time.at(part).get<Ns>();
          if (length < 0) result_.faults.push_back(tape + ": negative: " + time.dump());
          sum += length;
        }
        if (sum != whole) {
          result_.faults.push_back(tape + ": not the whole " + std::to_string(whole) +
                                   " ns: " + time.dump());
        }
      }
    }
    const bool has_begun = told.at("frames").get<std::int64_t>() > 0;
    if (has_begun && streams != extent().streams)
      result_.faults.push_back(tape + ": tells of " + std::to_string(streams) + " streams");
  }

  Dice dice_;
  const std::string directory_;
  const HeldPort port_;
  RestTrouble rest_;
  SimOptions options_;
  int connections_ = 1;
  std::unique_ptr<SimulatedServices> services_;
  std::unique_ptr<Child> recorder_;
  std::vector<Conversation> conversations_;
  ChaosResult result_;
};

}  // namespace

ChaosResult run_chaos(std::uint64_t seed, const std::string& directory) {
  return Chaos(seed, directory).play();
}

}  // namespace tapedeck::testing
