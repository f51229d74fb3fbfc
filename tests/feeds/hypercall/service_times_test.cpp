// What came before a loss, by the service's own clock.
#include "schema/feeds/hypercall/service_times.h"

#include <gtest/gtest.h>

#include <limits>

namespace tapedeck::hypercall {
namespace {

constexpr Ns at(Ns seconds) {
  return (1'000'000 + seconds) * kNsPerSec;
}

Gap lost_at(Ns second) {
  Gap gap;
  gap.from_ns = at(second);
  gap.floor_ns = at(second - 60);
  return gap;
}

TEST(HypercallServiceTimes, WithoutAWordFromBeforeTheLossGoesByTheClockAsItIs) {
  ServiceTimes times;
  EXPECT_TRUE(times.is_before(lost_at(0), at(-61)));
  EXPECT_FALSE(times.is_before(lost_at(0), at(-60)));
  EXPECT_FALSE(times.is_after_loss(lost_at(0), at(0)));
  EXPECT_TRUE(times.is_after_loss(lost_at(0), at(0) + 1));
  times.heard(at(110), at(100));  // its clock is 10 s ahead of ours
  EXPECT_EQ(times.ours(at(110)), at(100));
  EXPECT_TRUE(times.is_before(lost_at(0), at(-51)));
  EXPECT_FALSE(times.is_before(lost_at(0), at(-50)));
  EXPECT_FALSE(times.is_after_loss(lost_at(0), at(10)));
  EXPECT_TRUE(times.is_after_loss(lost_at(0), at(11)));
  EXPECT_FALSE(times.is_before(lost_at(0), std::nullopt));
  EXPECT_FALSE(times.is_after_loss(lost_at(0), std::nullopt));
}

// Ours was put back by an hour between two lives, or forward, and nothing tells.
TEST(HypercallServiceTimes, GoesByWhatWasReceivedBeforeTheLossWhateverOurClockIsNow) {
  for (const Ns off : {-3'600, 3'600}) {
    ServiceTimes times;
    times.remember(at(-3), at(-2));
    times.heard(at(50), at(51 + off));
    EXPECT_TRUE(times.is_before(lost_at(0), at(-64))) << off;
    EXPECT_FALSE(times.is_before(lost_at(0), at(-63))) << off;
    EXPECT_FALSE(times.is_after_loss(lost_at(0), at(-3))) << off;
    EXPECT_TRUE(times.is_after_loss(lost_at(0), at(-2))) << off;
  }
}

TEST(HypercallServiceTimes, GoesNoFurtherBackThanTheGapAndAMinuteAtMost) {
  ServiceTimes times;
  times.heard(at(-3), at(-2));
  Gap gap = lost_at(0);
  gap.floor_ns = at(-5);  // the first subscription
  EXPECT_TRUE(times.is_before(gap, at(-9)));
  EXPECT_FALSE(times.is_before(gap, at(-8)));
  gap.floor_ns = at(-3'600);  // moved along with a clock that is behind
  EXPECT_TRUE(times.is_before(gap, at(-64)));
  gap.floor_ns = at(5);
  EXPECT_TRUE(times.is_before(gap, at(-4)));
  EXPECT_FALSE(times.is_before(gap, at(-3)));
}

// Earlier rows are told table by table.
TEST(HypercallServiceTimes, RemembersInAnyOrderAndOneMessageASecond) {
  ServiceTimes times;
  times.remember(at(-1), at(-1));
  times.remember(at(-9), at(-9));
  times.heard(at(7), at(7));
  times.heard(at(7) + 5, at(7) + 5);
  EXPECT_TRUE(times.is_after_loss(lost_at(-5), at(-8)));
  EXPECT_FALSE(times.is_after_loss(lost_at(-5), at(-9)));
  EXPECT_TRUE(times.is_after_loss(lost_at(8), at(7) + 1));
  EXPECT_FALSE(times.is_after_loss(lost_at(8), at(7)));
}

TEST(HypercallServiceTimes,
     TakesAnAnswerWithoutAnythingForBehindOnlyWhereSomethingCameSinceTheLoss) {
  ServiceTimes times;
  times.heard(at(-1), at(-1));
  EXPECT_TRUE(times.is_behind(lost_at(0), at(-2), at(-1)));
  EXPECT_FALSE(times.is_behind(lost_at(0), at(-1), at(-1)));
  EXPECT_FALSE(times.is_behind(lost_at(0), at(-1), std::nullopt));
  EXPECT_FALSE(times.is_behind(lost_at(0), std::nullopt, at(-1)));
  EXPECT_TRUE(times.is_behind(lost_at(0), std::nullopt, at(0)));
  EXPECT_FALSE(times.is_behind(lost_at(0), std::nullopt, std::nullopt));
}

TEST(HypercallServiceTimes, BearsTimesAtTheEndOfTheScale) {
  for (const Ns end : {std::numeric_limits<Ns>::min(), std::numeric_limits<Ns>::max()}) {
    ServiceTimes times;
    times.heard(end, at(-1));
    EXPECT_EQ(times.is_before(lost_at(0), at(-50)), end > 0);
    EXPECT_FALSE(times.is_before(lost_at(0), std::numeric_limits<Ns>::max()));
  }
}

}  // namespace
}  // namespace tapedeck::hypercall
