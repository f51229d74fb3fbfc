#include "tests/simulation/run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "recorder/supervisor.h"
#include "tests/support/fakes.h"

namespace tapedeck::testing {
namespace {

// Everything that a feed has; a feed without a line records what it does by default.
const std::map<std::string, std::string, std::less<>>& configurations() {
  static const std::map<std::string, std::string, std::less<>> kConfigurations = {
      {"alterscope",
       R"("api_key":"k-secret","opportunities":["hyperliquid-btc-basis","aave-usdc-lending"])"},
      {"alphahub", R"("email":"me@example.org","password":"p-secret","algorithms":[14,16,17,18])"},
      {"nexusglass", R"("api_key":"k-secret")"},
      {"hypercall",
       R"("wallet":"0x1234","channels":["orderbook","trades","fills","order_updates","index_prices"])"},
      {"marketai",
       R"("api_key":"k-secret","channels":[{"type":"quotes"},{"type":"signals"},{"type":"trades"}])"},
  };
  return kConfigurations;
}

std::string config_of(const SimService& service, int connections) {
  const std::string name(service.feed().name());
  const auto own = configurations().find(name);
  return R"({"feeds":{")" + name + R"(":{"ws_url":")" + service.ws_url() + R"(","rest_url":")" +
         service.rest_url() + R"(","connections":)" + std::to_string(connections) +
         (own == configurations().end() ? "" : "," + own->second) + "}}}";
}

// A message of AlphaHub makes several times the rows of another feed's.
double messages_a_second(const Feed& feed, Dice& dice) {
  const auto rate = static_cast<double>(dice.between(2, 15));
  return feed.name() == "alphahub" ? rate * 0.4 : rate;
}

// In calm times it is looked this often whether there is anything to wait for.
constexpr Ns kCalmStepNs = 15 * kNsPerSec;

// No more than that is lost of a recorder's end: the longest stall of the disk and a commit.
constexpr Ns kUncommittedNs = 4 * kNsPerSec;

// Redundant connections' deliveries of what has no identifier are compared within that time
// (MultisetFold): one event that was received before and after a step forward by more is two.
constexpr Ns kFarNs = 600 * kNsPerSec;

std::vector<SessionSpan> spans_of(const std::vector<const SimTape*>& tapes) {
  std::vector<SessionSpan> spans;
  for (const SimTape* tape : tapes) spans.push_back({tape->started_ns, tape->newest_ns});
  return spans;
}

// One process's life.
class Recorder {
 public:
  Recorder(World& world, const std::string& config, std::string* story,
           const std::string& tape_path)
      : config_(std::move(*parse_config(config, source_))),
        journal(world, make_mirror(tape_path, world.clock().now().wall)),
        supervisor_(
            world, journal, config_, world.clock().now().wall,
            [&world, story](Severity, std::string_view who, std::string_view what) {
              *story += "  " + format_rfc3339(world.wall()) + " " + std::string(who) + ": " +
                        std::string(what) + "\n";
            },
            [this] { is_over = true; }) {}

  void start(const std::vector<const SimTape*>& earlier) {
    if (!earlier.empty()) go_on(earlier, journal.tape().started_ns);
    supervisor_.start();
  }
  void stop() { supervisor_.stop(); }
  // Every connection is ready, and nothing is left to be filled.
  bool is_calm() const {
    const std::vector<FeedStatus> feeds = supervisor_.status();
    return std::all_of(feeds.begin(), feeds.end(), [](const FeedStatus& feed) {
      return feed.links_ready == feed.links && feed.open_gaps == 0;
    });
  }
  void finish(Ns at_ns) {
    supervisor_.finish(at_ns);
    journal.stall(0);
    journal.commit();
  }

 private:
  void go_on(const std::vector<const SimTape*>& earlier, Ns now_ns) {
    const SimTape& last = *earlier.back();
    const PutBack put_back = find_put_back(spans_of(earlier), now_ns);
    Lineage lineage;
    Predecessor& predecessor = lineage.ends.emplace_back().tape;
    predecessor.path = "earlier.tape";
    predecessor.outcome = "interrupted";
    predecessor.started_ns = last.started_ns;
    predecessor.last_ns = last.frames > 0 ? last.last_frame_ns : last.started_ns;
    for (const auto& [id, gap] : last.gaps) predecessor.gaps.push_back(gap);
    for (const auto& [name, cursor] : last.cursors) predecessor.cursors.push_back(cursor);
    for (const auto& [id, one] : last.connections) {
      const auto heard = last.last_received.find(id);
      predecessor.add_line(
          one, heard == last.last_received.end() ? std::nullopt : std::optional(heard->second));
    }
    predecessor.move_back(put_back.ahead_ns.back());
    lineage.first_ns = earlier.front()->started_ns - put_back.ahead_ns.front();
    lineage.put_back_ns = put_back.last_ns;
    const Result<void> gone_on = supervisor_.continue_after(
        lineage,
        [&](const std::string& feed, Ns since_ns, std::span<const TableId> tables,
            const EarlierRows& told) -> Result<void> {
          tell_rows(earlier, put_back.ahead_ns, feed, since_ns, tables, told);
          return {};
        });
    EXPECT_TRUE(gone_on);
  }

  static void tell_rows(const std::vector<const SimTape*>& earlier, const std::vector<Ns>& ahead,
                        const std::string& feed, Ns since_ns, std::span<const TableId> wanted,
                        const EarlierRows& told) {
    for (std::size_t i = 0; i < earlier.size(); ++i) {
      for (const SimRow& row : earlier[i]->rows) {
        const Ns recv_ns = row.recv_ns - ahead[i];
        if (row.feed != feed || recv_ns < since_ns) continue;
        if (std::find(wanted.begin(), wanted.end(), row.table) == wanted.end()) continue;
        const std::vector<Value> values = row.values();
        told({row.table, row.origin, recv_ns, row.event_ns, values});
      }
    }
  }

  // nullptr where no path is given.
  std::unique_ptr<TapeWriter> make_mirror(const std::string& path, Ns started_ns) const {
    if (path.empty()) return nullptr;
    SessionInfo session;
    session.name = "simulated";
    session.started_ns = started_ns;
    session.config = config_.redacted_json;
    auto tape = create_tape_at(path, session, Durability::process);
    EXPECT_TRUE(tape);
    return tape ? std::move(*tape) : nullptr;
  }

  FakeSource source_;
  RecorderConfig config_;

 public:
  SimJournal journal;

 private:
  Supervisor supervisor_;

 public:
  bool is_over = false;
};

class Run {
 public:
  Run(const Feed& feed, std::uint64_t seed, std::string directory = "")
      : directory_(std::move(directory)),
        world_(seed),
        service_(world_, feed, seed, world_.wall() - world_.dice.ms(1'000, 60'000),
                 messages_a_second(feed, world_.dice)),
        connections_(world_.dice.chance(0.3) ? 2 : 1) {}

  RunResult play() {
    if (world_.dice.chance(0.2))
      service_.retain(static_cast<std::size_t>(world_.dice.between(1, 200)));
    // `verify` knows a tape alone: what an earlier one can have it tells by times.
    sets_clock_ = world_.dice.chance(0.3) && directory_.empty();
    service_.begin();
    start_recorder();
    const Ns troubled_until = world_.mono() + world_.dice.ms(20'000, 120'000);
    while (world_.mono() < troubled_until) {
      world_.run_until(world_.mono() + world_.dice.ms(50, 12'000));
      trouble();
    }
    // Then all is well for a while, mostly long enough for the gaps to be filled.
    world_.rest_trouble = 0;
    const Ns calm_until = world_.mono() + world_.dice.ms(1'000, 300'000);
    // What died in silence is found out late: most worlds end before, some after.
    const bool ends_early = world_.dice.chance(0.7);
    while (world_.mono() < calm_until) {
      world_.run_until(std::min(calm_until, world_.mono() + kCalmStepNs));
      if (ends_early && recorder_->is_calm()) break;
    }
    finish();
    return std::move(result_);
  }

  SilenceResult play_silence() {
    connections_ = 2;
    service_.begin();
    start_recorder();
    world_.run_until(world_.mono() + 20 * kNsPerSec);
    std::set<std::string> endpoints;
    for (const auto& wire : std::vector(service_.wires())) {
      if (endpoints.insert(wire->endpoint()).second) wire->go_silent();
    }
    world_.run_until(world_.mono() + 300 * kNsPerSec);
    finish();
    SilenceResult result;
    result.verdict = result_.verdict;
    for (const auto& [id, connection] : tapes_.front()->connections) {
      result.found_dead += connection.error.value_or("").empty() ? 0 : 1;
    }
    for (const auto& [id, gap] : tapes_.front()->gaps) {
      result.gaps.push_back(gap.stream + ": " + gap.detail);
    }
    return result;
  }

 private:
  void finish() {
    const Ns ended_ns = world_.wall();
    recorder_->stop();
    for (int i = 0; i < 100 && !recorder_->is_over; ++i) {
      world_.run_until(world_.mono() + 100 * kNsPerMs);
    }
    recorder_->finish(world_.clock().now().wall);
    tapes_.push_back(std::make_unique<SimTape>(recorder_->journal.tape()));
    recorder_.reset();
    FakeSource source;
    const auto config = parse_config(config_of(service_, connections_), source);
    const bool is_each_once = !is_far_ahead_ || connections_ == 1;
    result_.verdict =
        judge(*config->feeds.front().plan, service_, earlier(), ended_ns, is_each_once);
    for (const auto& tape : tapes_) tell_gaps(*tape);
  }

  std::vector<const SimTape*> earlier() const {
    std::vector<const SimTape*> all;
    for (const auto& tape : tapes_) all.push_back(tape.get());
    return all;
  }

  void start_recorder() {
    std::string path;
    if (!directory_.empty()) {
      path = directory_ + "/" + std::to_string(result_.tapes.size()) + ".tape";
      result_.tapes.push_back(path);
    }
    recorder_ =
        std::make_unique<Recorder>(world_, config_of(service_, connections_), &result_.story, path);
    recorder_->start(earlier());
  }

  void tell(const std::string& what) {
    result_.story += format_rfc3339(world_.wall()) + " " + what + "\n";
  }
  void tell_gaps(const SimTape& tape) {
    for (const auto& [id, gap] : tape.gaps) {
      result_.story += "gap " + std::string(to_string(gap.cause)) + " " + gap.stream + " " +
                       format_rfc3339(gap.from_ns) + " .. " +
                       (gap.to_ns ? format_rfc3339(*gap.to_ns) : "-") + " " +
                       std::string(to_string(gap.status)) + " after " +
                       gap.after_cursor.value_or("-") + ": " + gap.detail + "\n";
    }
  }

  std::shared_ptr<Wire> any_wire() {
    const auto& wires = service_.wires();
    if (wires.empty()) return nullptr;
    return wires[static_cast<std::size_t>(
        world_.dice.between(0, static_cast<std::int64_t>(wires.size()) - 1))];
  }

  void trouble() {
    if (sets_clock_ && world_.dice.chance(0.15)) return set_clock();
    const auto wire = any_wire();
    switch (world_.dice.between(0, 10)) {
      case 0:
      case 1:
        if (wire == nullptr) return;
        ++result_.cuts;
        tell("cut " + wire->endpoint());
        return wire->cut();
      case 2:
        if (wire == nullptr) return;
        tell("silence on " + wire->endpoint());
        return wire->go_silent();
      case 3:
        if (wire == nullptr) return;
        tell("the service closes " + wire->endpoint());
        return wire->close(1012, "service restart");
      case 4:
        tell("the service restarts");
        return service_.restart(world_.dice.ms(0, 15'000));
      case 5:
        tell("the disk stalls");
        return recorder_->journal.stall(world_.dice.ms(100, 3'000));
      case 6:
      case 7:
        return kill();
      case 8:
        if (world_.dice.chance(0.7)) return;
        tell("the service restarts and begins its identifiers anew");
        return service_.begin_epoch(world_.dice.ms(0, 15'000));
      default:
        world_.rest_trouble = world_.dice.uniform();
        return tell("REST fails in " + std::to_string(world_.rest_trouble));
    }
  }

  // By seconds to hours, wrong or right again.
  void set_clock() {
    ++result_.clock_steps;
    Ns by = world_.dice.ms(-20'000, 20'000);
    if (world_.dice.chance(0.3)) by *= 500;
    if (world_.dice.chance(0.3)) by = -world_.clock_off_ns();
    is_far_ahead_ |= by > kFarNs;
    world_.step_clock(by);
    tell("the clock is set by " + std::to_string(by / kNsPerMs) + " ms");
  }

  // A clock that is put back by less than the recorder was away, or than its last commit is ago,
  // looks as if it were right (docs/ARCHITECTURE.md): then it is.
  void leave_a_trace(const Stamp& killed) {
    const Ns away_ns = world_.mono() - killed.mono;
    const Ns back_ns = killed.wall + away_ns - (world_.wall() + world_.clock_off_ns());
    if (back_ns > 0 && back_ns < away_ns + kUncommittedNs) world_.step_clock(back_ns);
  }

  void kill() {
    ++result_.kills;
    tell("kill -9");
    tapes_.push_back(std::make_unique<SimTape>(recorder_->journal.tape()));
    recorder_.reset();
    const Stamp killed = world_.clock().now();
    world_.run_until(world_.mono() + world_.dice.ms(0, 20'000));
    if (sets_clock_ && world_.dice.chance(0.4)) set_clock();
    leave_a_trace(killed);
    world_.begin_life();
    tell("the recorder starts again");
    start_recorder();
  }

  std::string directory_;  // "": no tapes are kept
  World world_;
  SimService service_;
  int connections_;
  bool sets_clock_ = false;  // a world in which the machine's clock is set
  bool is_far_ahead_ = false;
  std::unique_ptr<Recorder> recorder_;
  std::vector<std::unique_ptr<SimTape>> tapes_;
  RunResult result_;
};

}  // namespace

SilenceResult run_silence(const Feed& feed, std::uint64_t seed) {
  return Run(feed, seed).play_silence();
}

RunResult run_world(const Feed& feed, std::uint64_t seed, const std::string& directory) {
  return Run(feed, seed, directory).play();
}

}  // namespace tapedeck::testing
