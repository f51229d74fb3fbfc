// record(replay(tape)) of a tape with losses: the same data frames, rows and gaps.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>

#include "storage/tape_reader.h"
#include "tests/loopback/harness.h"
#include "tests/support/temp_dir.h"

namespace tapedeck {
namespace {

using namespace testing;
using Lines = std::vector<std::string>;

// Every service ends every connection after some frames, each in a way of its own, and says nothing
// for a while at the beginning of the next: who comes back in that time loses nothing of what comes
// after it, neither live nor in a replay.
constexpr std::string_view kLosses =
    "close:frame=260,feed=alterscope,code=1012,reason=restart;"
    "close:frame=270,feed=alphahub;"
    "close:frame=90,feed=nexusglass,endpoint=ws,code=1001;"
    "close:frame=130,feed=nexusglass,endpoint=ws/fastfeed,code=1001;"
    "close:frame=40,feed=nexusglass,endpoint=ws/nexus-bridge,code=1001;"
    "close:frame=280,feed=hypercall,code=1008,reason=pong timeout;"
    "close:frame=265,feed=marketai,code=1011;"
    "stall:frame=1,for=700ms";

// What a fill gets depends on when it asks: what is recorded live and what was lost does not.
std::string config_without_backfill(const std::string& host) {
  return R"({"backfill": false, )" + config_for(host).substr(1);
}

// What only one of them has, a line each.
Lines differences(const std::map<std::string, std::vector<std::string>>& a,
                  const std::map<std::string, std::vector<std::string>>& b) {
  Lines found;
  const auto add = [&](const auto& from, const auto& other, const std::string& mark) {
    for (const auto& [key, lines] : from) {
      auto left = other.contains(key) ? other.at(key) : Lines();
      for (const std::string& line : lines) {
        const auto same = std::find(left.begin(), left.end(), line);
        if (same == left.end()) {
          found.push_back(mark + key + ": " + line);
        } else {
          left.erase(same);
        }
      }
    }
  };
  add(a, b, "- ");
  add(b, a, "+ ");
  return found;
}

class FixpointLosses : public ::testing::Test {
 protected:
  void SetUp() override {
    SimOptions options;
    options.rate = 200;
    options.faults = kLosses;
    SimulatedServices services(options);
    Recording recording(config_without_backfill(services.host()), directory_.path() + "/first");
    recording.wait_until_ready(2);
    services.wait_until_sent(2 * extent().connections, 30);
    tape_ = recording.stop();
  }

  std::string record_replay(ReplayOptions options) {
    options.tapes = {tape_};
    options.wait_clients = static_cast<int>(extent().connections);
    options.grace_ns = 20 * kNsPerMs;
    options.exit_at_end = true;
    options.disconnects = true;
    Replaying replaying(options);
    Recording recording(config_without_backfill(replaying.host()), directory_.path() + "/second");
    replaying.wait();
    return recording.stop();
  }

  // In the order of feeds and streams; without the replay's own end, which is a loss to who
  // records it.
  static std::vector<Gap> gaps_of(const std::string& tape) {
    std::vector<Gap> gaps = std::move(*(*open_tape(tape))->gaps());
    std::erase_if(
        gaps, [](const Gap& gap) { return gap.detail.find("end of tape") != std::string::npos; });
    std::stable_sort(gaps.begin(), gaps.end(), [](const Gap& a, const Gap& b) {
      return std::tie(a.feed, a.stream) < std::tie(b.feed, b.stream);
    });
    return gaps;
  }
  static Lines lines_of(const std::vector<Gap>& gaps) {
    Lines lines;
    for (const Gap& gap : gaps) {
      lines.push_back(gap.feed + " " + gap.stream + " " + std::string(to_string(gap.cause)) + " " +
                      std::string(to_string(gap.method)) + " " +
                      std::string(to_string(gap.status)) + " after " +
                      gap.after_cursor.value_or("-"));
    }
    return lines;
  }

  // When the data frames were received, and when connections were open, by endpoint in order.
  using Times = std::map<std::string, std::vector<Ns>>;
  static Times receipts_of(const std::string& tape) {
    Times receipts;
    frames_of(tape, Direction::in,
              [&, is_data = only_data()](const std::string& feed, const InFrame& frame) {
                if (is_data(feed, frame))
                  receipts[feed + "/" + std::string(frame.endpoint)].push_back(frame.recv_ns);
                return false;
              });
    return receipts;
  }
  static Times openings_of(const std::string& tape) {
    Times openings;
    const auto connections = (*open_tape(tape))->connections();
    for (const ConnectionInfo& connection : *connections) {
      if (connection.opened_ns)
        openings[connection.feed + "/" + connection.endpoint].push_back(*connection.opened_ns);
    }
    return openings;
  }

  void expect_fixpoint(const std::string& again) {
    std::set<std::string> lost;
    for (const Gap& gap : gaps_of(tape_)) lost.insert(gap.feed + " " + gap.stream);
    EXPECT_EQ(lost.size(), extent().streams) << "the tape would prove little without";
    EXPECT_EQ(differences({{"gap", lines_of(gaps_of(tape_))}}, {{"gap", lines_of(gaps_of(again))}}),
              Lines());
    EXPECT_EQ(differences(data_frames_of(tape_), data_frames_of(again)), Lines());
    EXPECT_EQ(data_frames_of(again), data_frames_of(tape_)) << "in their order";
    EXPECT_EQ(differences(rows_of(tape_), rows_of(again)), Lines());
  }

  TempDir directory_;
  std::string tape_;
};

TEST_F(FixpointLosses, AtFullSpeed) {
  ReplayOptions options;
  options.max_speed = true;
  expect_fixpoint(record_replay(options));
}

// Endpoints let nobody in before the time at which the service was back.
TEST_F(FixpointLosses, AtRecordedPace) {
  const std::string again = record_replay({});
  expect_fixpoint(again);
  // No frame leaves before its time, so the one that was the least late tells when the deck began.
  const auto before = receipts_of(tape_);
  const auto after = receipts_of(again);
  Ns later_by = std::numeric_limits<Ns>::max();
  for (const auto& [endpoint, receipts] : before) {
    for (std::size_t i = 0; i < receipts.size(); ++i)
      later_by = std::min(later_by, after.at(endpoint).at(i) - receipts[i]);
  }
  const auto live = openings_of(tape_);
  const auto replayed = openings_of(again);
  for (const auto& [endpoint, opened] : live) {
    ASSERT_GE(opened.size(), 2U) << endpoint;
    ASSERT_GE(replayed.at(endpoint).size(), opened.size()) << endpoint;
    for (std::size_t i = 1; i < opened.size(); ++i)
      EXPECT_GE(replayed.at(endpoint)[i], opened[i] + later_by - 20 * kNsPerMs) << endpoint;
  }
}

}  // namespace
}  // namespace tapedeck
