#include "recorder/steady_clock.h"

#include <gtest/gtest.h>

#include "recorder/service_clock.h"
#include "tests/support/fake_environment.h"

namespace tapedeck::testing {
namespace {

constexpr Ns kHour = 3'600 * kNsPerSec;

class SteadyClockTest : public ::testing::Test {
 protected:
  void pass(Ns by) {
    machine_.stamp.wall += by;
    machine_.stamp.mono += by;
  }
  // Since the start, by the clock's wall time.
  Ns passed() const { return clock_.now().wall - 1'000 * kNsPerSec; }

  ManualClock machine_;
  SteadyClock clock_{machine_};
};

TEST_F(SteadyClockTest, IsTheMachinesAsLongAsNobodySetsIt) {
  for (int i = 1; i <= 5; ++i) {
    pass(7);
    EXPECT_EQ(clock_.now().wall, machine_.stamp.wall);
    EXPECT_EQ(clock_.now().mono, machine_.stamp.mono);
  }
  EXPECT_EQ(clock_.ahead_ns(), 0);
}

TEST_F(SteadyClockTest, FollowsAStepForwardAtOnce) {
  machine_.stamp.wall += kHour;
  EXPECT_EQ(passed(), kHour);
}

TEST_F(SteadyClockTest, GoesOnSlowerAfterAStepBackUntilTheMachineHasCaughtUp) {
  machine_.stamp.wall -= 10 * kNsPerSec;
  EXPECT_EQ(passed(), 0);
  EXPECT_EQ(clock_.ahead_ns(), 10 * kNsPerSec);
  pass(50 * kNsPerSec);
  EXPECT_EQ(passed(), 45 * kNsPerSec);
  EXPECT_EQ(clock_.ahead_ns(), 5 * kNsPerSec);
  pass(50 * kNsPerSec);
  EXPECT_EQ(passed(), 90 * kNsPerSec);
  EXPECT_EQ(clock_.ahead_ns(), 0);
  pass(kNsPerSec);
  EXPECT_EQ(passed(), 91 * kNsPerSec);
}

TEST_F(SteadyClockTest, AStepThatIsTakenBackLeavesNoTrace) {
  machine_.stamp.wall -= kHour;
  EXPECT_EQ(passed(), 0);
  machine_.stamp.wall += kHour;
  pass(kNsPerSec);
  EXPECT_EQ(passed(), kNsPerSec);
}

// The moment `passed` after a start, by a wall clock that is `off` what it was.
Stamp moment(Ns passed, Ns off = 0) {
  return {1'000 * kNsPerSec + passed + off, 500 * kNsPerSec + passed};
}

TEST(ServiceClock, IsAsFarAheadAsTheNewestOfTheLastEvents) {
  ServiceClock clock;
  EXPECT_EQ(clock.lead_ns(moment(0)), 0);
  clock.saw(moment(0).wall - 50, moment(0));
  clock.saw(moment(1).wall - kHour, moment(1));
  EXPECT_EQ(clock.lead_ns(moment(1)), -50);
}

TEST(ServiceClock, KnowsOfAStepOfOursBeforeTheNextEvent) {
  ServiceClock clock;
  clock.saw(moment(0).wall, moment(0));
  EXPECT_EQ(clock.lead_ns(moment(kHour)), 0);
  EXPECT_EQ(clock.lead_ns(moment(kHour, 30 * kNsPerSec)), -30 * kNsPerSec);
  // Half of it is taken back, slowly.
  EXPECT_EQ(clock.lead_ns(moment(kHour, 15 * kNsPerSec)), -15 * kNsPerSec);
}

TEST(ServiceClock, ForgetsWhatIsLongerAgoThanTwoMinutes) {
  ServiceClock clock;
  // Its own is put back by an hour after the first.
  clock.saw(moment(0).wall, moment(0));
  for (const auto& [second, lead_ns] : {std::pair(61, Ns{0}), {122, -kHour}}) {
    const Stamp at = moment(second * kNsPerSec);
    clock.saw(at.wall - kHour, at);
    EXPECT_EQ(clock.lead_ns(at), lead_ns) << second;
  }
}

TEST(EarlierServiceClock, IsAsFarBehindAsTheNewestEventsOfAnyMomentTell) {
  EarlierServiceClock clock;
  EXPECT_EQ(clock.most_behind_ns(), 0);
  const Ns start = 1'000 * kNsPerSec;
  clock.saw(start + 5, start);
  clock.saw(start - kHour, start + 1);  // told late
  EXPECT_EQ(clock.most_behind_ns(), 0);
  // Our clock is put forward, and later back: rows come table by table.
  clock.saw(start + 10 * kNsPerSec, start + 20 * kNsPerSec);
  clock.saw(start + 30 * kNsPerSec, start + 30 * kNsPerSec);
  clock.saw(start + 13 * kNsPerSec, start + 22 * kNsPerSec);
  EXPECT_EQ(clock.most_behind_ns(), -9 * kNsPerSec);
}

}  // namespace
}  // namespace tapedeck::testing
