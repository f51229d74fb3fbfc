// How a recording goes on where an earlier one ended.
#include "recorder/supervisor.h"

#include <gtest/gtest.h>

#include "tests/support/fake_environment.h"
#include "tests/support/fakes.h"

namespace tapedeck::testing {
namespace {

// A recorder of this name was killed 100 s after its start.
class SupervisorTest : public ::testing::Test {
 protected:
  SupervisorTest() {
    lineage_.first_ns = at(0);
    predecessor_.path = "earlier.tape";
    predecessor_.outcome = "interrupted";
    predecessor_.started_ns = at(0);
    predecessor_.last_ns = at(100);
    predecessor_.lines.push_back({"marketai", "/", 0, at(1), at(100), true});
  }
  static Ns at(int second) { return 1'000 * kNsPerSec + second * kNsPerSec; }

  // The oldest event that belongs into the restart's gap, where the earlier tape has events that
  // came at `first` and bore `second`.
  Ns floor_after(const std::vector<std::pair<int, int>>& events) {
    FakeSource source;
    auto config = parse_config(
        R"({"feeds":{"marketai":{"api_key":"k","channels":[{"type":"signals"}]}}})", source);
    EXPECT_TRUE(config);
    FakeEnvironment world;
    world.time.stamp.wall = at(200);
    FakeJournal journal;
    Supervisor supervisor(
        world, journal, *config, at(200), [](Severity, std::string_view, std::string_view) {},
        [] {});
    const auto tell = [&](const std::string&, Ns since_ns, std::span<const TableId>,
                          const EarlierRows& told) -> Result<void> {
      told_since_ns_ = since_ns;
      const auto values = Alert{}.values();
      for (const auto& [recv, event] : events) {
        if (at(recv) >= since_ns) told({TableId::alert, Origin::live, at(recv), at(event), values});
      }
      return {};
    };
    EXPECT_TRUE(supervisor.continue_after(lineage_, tell));
    EXPECT_EQ(journal.gaps.size(), 1U);
    return journal.gaps.begin()->second.floor_ns;
  }

  Lineage lineage_;
  Predecessor& predecessor_ = lineage_.ends.emplace_back().tape;
  Ns told_since_ns_ = 0;  // the last time: what the decoder is told
};

TEST_F(SupervisorTest, ARestartsGapReachesBackToTheFirstSubscriptionButNotFar) {
  EXPECT_EQ(floor_after({}), at(40));
  predecessor_.started_ns = at(70);
  EXPECT_EQ(floor_after({{90, 90}}), at(70));
}

// It began 8 s later by the recorder's clock than by the service's.
TEST_F(SupervisorTest, ARestartsGapReachesBackByTheServicesClockWhereThatIsBehind) {
  predecessor_.started_ns = at(70);
  EXPECT_EQ(floor_after({{60, 60}, {75, 67}, {76, 60}, {90, 82}}), at(62));
}

// Fills may bring again what lies somewhat further back, and no more.
TEST_F(SupervisorTest, TheDecoderIsToldWhatCameShortlyBeforeTheGap) {
  lineage_.first_ns = at(-100'000);
  floor_after({{-90'000, -90'000}, {-500, -500}, {90, 90}});
  EXPECT_EQ(told_since_ns_, at(40 - 300));
}

// An hour before the restart by our clock, which was put forward then, and a minute in truth.
TEST_F(SupervisorTest, TheDecoderIsToldWhatOnlySeemsToHaveComeLongBefore) {
  lineage_.first_ns = at(-100'000);
  floor_after({{-90'000, -90'000}, {-3'600, 50}, {90, 90}});
  EXPECT_LE(told_since_ns_, at(-3'600));
  EXPECT_GT(told_since_ns_, at(-90'000));
}

TEST_F(SupervisorTest, AGapThatWasOpenKnowsItsOldestEvent) {
  predecessor_.outcome = "closed";
  Gap gap;
  gap.id = 3;
  gap.feed = "marketai";
  gap.stream = "signals";
  gap.from_ns = at(80);
  gap.to_ns = at(90);
  gap.floor_ns = at(12);
  predecessor_.gaps.push_back(gap);
  EXPECT_EQ(floor_after({{75, 67}}), at(12));
}

}  // namespace
}  // namespace tapedeck::testing
