#include "schema/feeds/fold.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace tapedeck {
namespace {

TEST(HashText, TellsSimilarTextsApart) {
  std::set<std::uint64_t> seen;
  std::size_t count = 0;
  const auto add = [&](const std::string& text) {
    seen.insert(hash_text(text));
    ++count;
  };
  // The word-wise loop must see every byte, also behind the last whole word and a text's end.
  for (std::size_t size = 0; size <= 33; ++size) {
    add(std::string(size, '\0'));
    for (std::size_t i = 0; i < size; ++i) {
      std::string text(size, '\0');
      text[i] = '\1';
      add(text);
      text[i] = '\x80';
      add(text);
    }
  }
  for (int i = 0; i < 100'000; ++i) add("event-" + std::to_string(i));
  EXPECT_EQ(seen.size(), count);
}

TEST(HashText, DependsOnTheSeedAndNothingElse) {
  EXPECT_EQ(hash_text("abc"), hash_text(std::string("abc")));
  EXPECT_NE(hash_text("abc", 1), hash_text("abc", 2));
  EXPECT_NE(hash_combine(1, 2), hash_combine(2, 1));
  EXPECT_NE(hash_combine(hash_text("ab"), hash_text("c")),
            hash_combine(hash_text("a"), hash_text("bc")));
}

TEST(SeenEvents, KnowsAKeyAgain) {
  SeenEvents seen;
  EXPECT_TRUE(seen.first_time(1));
  EXPECT_TRUE(seen.first_time(0));
  EXPECT_FALSE(seen.first_time(1));
  EXPECT_FALSE(seen.first_time(0));
}

TEST(SeenEvents, ForgetsTheOldestPastItsCapacity) {
  SeenEvents seen(3);
  for (const std::uint64_t key : {1, 2, 3}) EXPECT_TRUE(seen.first_time(key));
  EXPECT_FALSE(seen.first_time(1));  // at its capacity it has forgotten nothing
  EXPECT_TRUE(seen.first_time(4));   // forgets 1
  EXPECT_FALSE(seen.first_time(2));
  EXPECT_FALSE(seen.first_time(3));
  EXPECT_FALSE(seen.first_time(4));
  EXPECT_TRUE(seen.first_time(1));  // forgets 2
  EXPECT_TRUE(seen.first_time(2));
}

struct Arrival {
  std::uint64_t key;
  int slot;
  Ns recv_ns;
  bool is_new;
};

void expect_each(MultisetFold& fold, const std::vector<Arrival>& arrivals) {
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    const Arrival& a = arrivals[i];
    EXPECT_EQ(fold.is_new(a.key, a.slot, a.recv_ns), a.is_new) << "arrival " << i;
  }
}

TEST(MultisetFold, WithOneConnectionTakesEveryEventAsNew) {
  MultisetFold fold(1);
  expect_each(fold, {{7, 0, 1, true}, {7, 0, 1, true}, {7, 0, 2, true}});
}

TEST(MultisetFold, FoldsOneEventOfTwoConnections) {
  MultisetFold fold(2);
  expect_each(fold, {{7, 0, 1, true}, {7, 1, 2, false}, {8, 1, 3, true}, {8, 0, 4, false}});
}

TEST(MultisetFold, KeepsTwoEqualEventsOfOneConnectionApart) {
  MultisetFold fold(2);
  expect_each(fold,
              {
                  {7, 0, 1, true},
                  {7, 0, 2, true},
                  {7, 1, 3, false},
                  {7, 1, 4, false},
                  {7, 1, 5, true},  // a third, which the first connection has not delivered yet
                  {7, 0, 6, false},
              });
}

TEST(MultisetFold, FoldsThreeConnectionsToTheMaximum) {
  MultisetFold fold(3);
  expect_each(fold, {
                        {7, 0, 1, true},
                        {7, 2, 1, false},
                        {7, 2, 1, true},
                        {7, 1, 1, false},
                        {7, 1, 1, false},
                        {7, 0, 1, false},
                    });
}

// Connection 1 was away when the first came, connection 0 when the second did.
TEST(MultisetFold, TellsEqualEventsOfConnectionsThatTookTurnsApart) {
  MultisetFold fold(2);
  const auto at = [](int tenths) { return tenths * 100 * kNsPerMs; };
  fold.joined(0, 5, at(10));
  EXPECT_TRUE(fold.is_new(7, 0, at(20), 5));
  fold.joined(1, 5, at(30));
  EXPECT_TRUE(fold.is_new(7, 1, at(40), 5));
  // And what both deliver after that is one, also when it overtook the acknowledgement.
  EXPECT_TRUE(fold.is_new(7, 1, at(49), 5));
  fold.joined(0, 5, at(50));
  EXPECT_FALSE(fold.is_new(7, 0, at(51), 5));
  // A subscription to another stream changes nothing.
  fold.joined(1, 6, at(70));
  EXPECT_TRUE(fold.is_new(7, 0, at(80), 5));
  EXPECT_FALSE(fold.is_new(7, 1, at(81), 5));
}

// Both were lost right behind the first, and are back at once.
TEST(MultisetFold, WhatAConnectionBroughtItselfOvertookNoLaterSubscriptionOfIts) {
  MultisetFold fold(2);
  const auto at = [](int tenths) { return tenths * 100 * kNsPerMs; };
  for (const int slot : {0, 1}) fold.joined(slot, 5, at(1));
  EXPECT_TRUE(fold.is_new(7, 0, at(20), 5));
  EXPECT_FALSE(fold.is_new(7, 1, at(20), 5));
  for (const int slot : {0, 1}) fold.joined(slot, 5, at(21));
  EXPECT_TRUE(fold.is_new(7, 0, at(22), 5));
  EXPECT_FALSE(fold.is_new(7, 1, at(22), 5));
}

TEST(MultisetFold, DoesNotCompareEventsFurtherApartThanTheWindow) {
  MultisetFold fold(2, 100);
  expect_each(fold, {
                        {7, 0, 1'000, true},
                        {7, 1, 1'100, false},  // just within
                        {7, 0, 1'201, true},   // past it: another event
                        {7, 1, 1'202, false},
                        {8, 0, 1'300, true},
                        {8, 1, 1'401, true},
                    });
}

TEST(MultisetFold, JudgesTheWindowBetweenItsSweepsToo) {
  MultisetFold fold(2, 100);
  expect_each(fold, {
                        {9, 0, 1'000, true},
                        {7, 0, 1'040, true},
                        {9, 1, 1'100, false},  // sweeps; 7 is still young
                        {7, 1, 1'150, true},   // 110 later, and no sweep is due
                    });
}

TEST(MultisetFold, ForgetsWhatIsOlderThanTheWindow) {
  MultisetFold fold(2, 100);
  std::size_t most = 0;
  for (Ns t = 1'000; t < 11'000; ++t) {
    ASSERT_TRUE(fold.is_new(static_cast<std::uint64_t>(t), 0, t));
    most = std::max(most, fold.size());
  }
  EXPECT_GE(most, 100U);
  EXPECT_LE(most, 202U);
  MultisetFold single(1, 100);
  EXPECT_TRUE(single.is_new(1, 0, 1));
  EXPECT_EQ(single.size(), 0U);
}

TEST(MultisetFold, GoesOnWhenTheWallClockStepsBack) {
  MultisetFold fold(2, 100);
  expect_each(fold, {
                        {7, 0, 10'000, true},
                        {7, 1, 9'000, false},
                        {8, 0, 9'010, true},
                        {8, 1, 9'020, false},
                    });
}

}  // namespace
}  // namespace tapedeck
