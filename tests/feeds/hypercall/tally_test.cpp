// Counting trades that only REST gives an identifier, in bounded memory.
#include "schema/feeds/hypercall/tally.h"

#include <gtest/gtest.h>

namespace tapedeck::hypercall {
namespace {

using Told = TradeTally::Told;

TEST(HypercallTradeTally, TheTapeGetsAsManyAsEitherSideHasSaid) {
  TradeTally tally;
  EXPECT_TRUE(tally.pushed(1, 5, 5));
  EXPECT_TRUE(tally.pushed(1, 5, 6));
  EXPECT_EQ(tally.told(10, 1, 5, 5, true), Told::known);
  EXPECT_EQ(tally.told(11, 1, 5, 5, true), Told::known);
  EXPECT_EQ(tally.told(12, 1, 5, 5, true), Told::is_new);
  EXPECT_EQ(tally.told(12, 1, 5, 5, true), Told::known) << "told again";
  EXPECT_FALSE(tally.pushed(1, 5, 7));
  EXPECT_TRUE(tally.pushed(1, 5, 8));
}

TEST(HypercallTradeTally, WhatMayNotBecomeARowCountsAllTheSame) {
  TradeTally tally;
  EXPECT_TRUE(tally.pushed(1, 5, 5));
  EXPECT_EQ(tally.told(11, 1, 5, 5, true), Told::known);
  EXPECT_EQ(tally.told(10, 1, 5, 5, false), Told::known);
  EXPECT_EQ(tally.told(11, 1, 5, 5, true), Told::is_new) << "the one that was pushed was 10";
  EXPECT_EQ(tally.told(10, 1, 5, 5, true), Told::known);
}

TEST(HypercallTradeTally, KnowsWhenOneWasPushed) {
  TradeTally tally;
  tally.told(10, 1, 5, 5, true);
  EXPECT_FALSE(tally.was_pushed_after(1, 0));
  tally.pushed(1, 5, 20);
  EXPECT_TRUE(tally.was_pushed_after(1, 19));
  EXPECT_FALSE(tally.was_pushed_after(1, 20));
  EXPECT_FALSE(tally.was_pushed_after(2, 0));
  tally.pushed(1, 5, 30);
  EXPECT_FALSE(tally.was_pushed_until(1, 19));
  EXPECT_TRUE(tally.was_pushed_until(1, 20));
  EXPECT_TRUE(tally.was_pushed_after(1, 29));
}

TEST(HypercallTradeTally, ForgetsTheOldestAndNeverTakesThemForNew) {
  TradeTally tally(3);
  for (int key = 1; key <= 5; ++key) EXPECT_TRUE(tally.pushed(key, key * 10, key * 10));
  EXPECT_EQ(tally.size(), 3U);
  EXPECT_EQ(tally.told(1, 1, 10, 10, true), Told::forgotten);
  EXPECT_EQ(tally.told(2, 2, 20, 20, true), Told::forgotten);
  EXPECT_EQ(tally.told(3, 3, 30, 30, true), Told::known);
  EXPECT_EQ(tally.told(6, 6, 60, 60, true), Told::is_new);
  EXPECT_EQ(tally.told(3, 3, 30, 30, true), Told::forgotten);
}

TEST(HypercallTradeTally, KnowsWhatIsOnTheTapesAndSinceWhen) {
  TradeTally tally;
  tally.told(10, 1, 5, 50, false);
  EXPECT_FALSE(tally.knows(1)) << "what the cursor covers becomes no row";
  tally.told(11, 1, 5, 60, true);
  tally.remember(2, 5, 30, true);
  tally.pushed(2, 5, 20);
  tally.remember(4, 5, 30, false);
  EXPECT_TRUE(tally.knows(1));
  EXPECT_FALSE(tally.was_known_until(1, 59));
  EXPECT_TRUE(tally.was_known_until(1, 60));
  EXPECT_FALSE(tally.was_known_until(2, 19));
  EXPECT_TRUE(tally.was_known_until(2, 20));
  EXPECT_FALSE(tally.was_known_until(3, 100));
  EXPECT_TRUE(tally.was_known_until(4, 30));
  EXPECT_FALSE(tally.was_pushed_until(4, 30)) << "REST told it";
  EXPECT_TRUE(tally.was_pushed_after(2, 29)) << "on an earlier tape";
}

}  // namespace
}  // namespace tapedeck::hypercall
