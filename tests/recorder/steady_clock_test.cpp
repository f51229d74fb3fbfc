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

TEST(ServiceClock, IsAsFarAheadAsTheNewestOfTheLastEvents) {
  ServiceClock clock;
  EXPECT_EQ(clock.lead_ns(), 0);
  const Ns start = 1'000 * kNsPerSec;
  clock.saw(start - 50, start);
  clock.saw(start - kHour, start + 1);
  EXPECT_EQ(clock.lead_ns(), -50);
}

TEST(ServiceClock, ForgetsWhatIsLongerAgoThanTwoMinutes) {
  ServiceClock clock;
  const Ns start = 1'000 * kNsPerSec;
  clock.saw(start, start);
  // Ours is put forward by an hour.
  const Ns after = start + kHour;
  clock.saw(after - kHour, after);
  EXPECT_EQ(clock.lead_ns(), -kHour);
  clock.saw(after + 61 * kNsPerSec - kHour - 5, after + 61 * kNsPerSec);
  EXPECT_EQ(clock.lead_ns(), -kHour);
  clock.saw(after + 122 * kNsPerSec - kHour - 5, after + 122 * kNsPerSec);
  EXPECT_EQ(clock.lead_ns(), -kHour - 5);
}

}  // namespace
}  // namespace tapedeck::testing
