#include "replay/lateness.h"

#include <gtest/gtest.h>

namespace tapedeck {
namespace {

TEST(Lateness, IsZeroWithoutFrames) {
  const Lateness late;
  EXPECT_EQ(late.quantile(0.5), 0);
  EXPECT_EQ(late.max(), 0);
}

TEST(Lateness, QuantilesAreNearTheTruth) {
  Lateness late;
  for (Ns i = 1; i <= 10'000; ++i) late.add(i * kNsPerUs);
  EXPECT_NEAR(static_cast<double>(late.quantile(0.5)), 5e6, 5e6 * 0.07);
  EXPECT_NEAR(static_cast<double>(late.quantile(0.99)), 9.9e6, 9.9e6 * 0.07);
  EXPECT_EQ(late.quantile(1), 10'000 * kNsPerUs);
  EXPECT_EQ(late.max(), 10'000 * kNsPerUs);
  EXPECT_EQ(late.count(), 10'000);
}

TEST(Lateness, SmallAndHugeDurationsHaveABucket) {
  for (const Ns ns : {Ns{0}, Ns{1}, Ns{15}, Ns{16}, Ns{17}, Ns{31}, Ns{32}, Ns{1'000},
                      Ns{4'611'686'018'427'387'904}}) {
    Lateness late;
    late.add(ns);
    EXPECT_EQ(late.quantile(0.5), ns);
  }
}

TEST(Lateness, EarlyCountsAsPunctual) {
  Lateness late;
  late.add(-5);
  EXPECT_EQ(late.max(), 0);
  EXPECT_EQ(late.count(), 1);
}

}  // namespace
}  // namespace tapedeck
