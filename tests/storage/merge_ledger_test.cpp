#include "storage/merge_ledger.h"

#include <gtest/gtest.h>

#include <string>

namespace tapedeck {
namespace {

using Lines = std::vector<std::string>;

Gap gap_of(std::int64_t id, Ns from_ns, Ns to_ns, GapStatus status = GapStatus::open,
           GapMethod method = GapMethod::none) {
  Gap gap;
  gap.id = id;
  gap.from_ns = from_ns;
  gap.to_ns = to_ns;
  gap.floor_ns = from_ns - 5;
  gap.status = status;
  gap.method = method;
  gap.detail = "why " + std::to_string(id);
  return gap;
}

// What `[from,to]` less its unfilled gaps leaves.
StreamAccount account_of(std::size_t tape, Span session, std::vector<Gap> gaps) {
  StreamAccount account;
  account.tape = tape;
  account.gaps = std::move(gaps);
  Spans received = {session};
  Spans lost;
  for (const Gap& gap : account.gaps) {
    (gap.status == GapStatus::filled ? received : lost).push_back({gap.from_ns, *gap.to_ns});
  }
  account.received = without(united(received), united(lost));
  return account;
}

Lines lines_of(const std::vector<MergedGap>& merged) {
  Lines lines;
  for (const MergedGap& one : merged) {
    std::string line = std::to_string(one.gap.from_ns) + "-" + std::to_string(*one.gap.to_ns) +
                       " " + std::string(to_string(one.gap.cause)) + " " +
                       std::string(to_string(one.gap.method)) + " " +
                       std::string(to_string(one.gap.status)) + " (" + one.gap.detail + ")";
    for (const auto& source : one.sources) {
      line += " <" + std::to_string(source.tape) + ":" + std::to_string(source.gap_id);
    }
    for (const auto& closed : one.closed) {
      line += " +" + std::to_string(closed.tape) + ":" + std::to_string(closed.span.from_ns) + "-" +
              std::to_string(closed.span.to_ns);
    }
    lines.push_back(line);
  }
  return lines;
}

Lines merge(const std::vector<StreamAccount>& accounts, Ns skew_ns = 0, bool vouch = true) {
  LedgerRules rules;
  rules.skew_ns = skew_ns;
  rules.vouches = [vouch](std::size_t, std::size_t) { return vouch; };
  rules.name_of = [](std::size_t tape) { return std::string(1, static_cast<char>('A' + tape)); };
  return lines_of(merge_gaps(accounts, rules));
}

TEST(Spans, LeaveWhatIsNotTaken) {
  EXPECT_EQ(united({{30, 40}, {0, 10}, {10, 20}, {35, 36}}), (Spans{{0, 20}, {30, 40}}));
  EXPECT_EQ(without(Span{0, 100}, {{10, 20}, {50, 60}}), (Spans{{0, 10}, {20, 50}, {60, 100}}));
  EXPECT_EQ(without(Span{10, 20}, {{0, 15}}), (Spans{{15, 20}}));
  EXPECT_EQ(without(Span{10, 20}, {{10, 20}}), Spans{});
  EXPECT_EQ(without(Span{10, 20}, {{0, 10}, {20, 30}}), (Spans{{10, 20}}));
  EXPECT_EQ(without(Span{10, 10}, {{0, 9}, {11, 20}}), (Spans{{10, 10}}));
  EXPECT_EQ(without(Span{10, 10}, {{0, 10}}), Spans{});
  EXPECT_EQ(shrunk({{0, 10}, {20, 23}, {30, 34}}, 2), (Spans{{2, 8}, {32, 32}}));
  EXPECT_TRUE(meets({{0, 10}, {20, 30}}, {10, 12}));
  EXPECT_FALSE(meets({{0, 10}, {20, 30}}, {11, 19}));
  EXPECT_EQ(common({{0, 10}, {20, 30}}, {{5, 25}, {30, 40}}), (Spans{{5, 10}, {20, 25}}));
}

TEST(MergeLedger, WhatAPeerReceivedIsFilledByIt) {
  EXPECT_EQ(merge({account_of(0, {0, 100}, {gap_of(7, 10, 20)}), account_of(1, {5, 90}, {})}),
            Lines{"10-20 disconnect peer filled (why 7; received by B) <0:7 +0:10-20"});
}

TEST(MergeLedger, SeveralPeersTogetherAreEnough) {
  EXPECT_EQ(merge({account_of(0, {0, 100}, {gap_of(1, 10, 40)}), account_of(1, {0, 25}, {}),
                   account_of(2, {20, 60}, {})}),
            Lines{"10-40 disconnect peer filled (why 1; received by B, C) <0:1 +0:10-40"});
}

TEST(MergeLedger, WhatNobodyHasRemainsAndNoMore) {
  EXPECT_EQ(merge({account_of(0, {0, 100}, {gap_of(1, 10, 50)}), account_of(1, {20, 30}, {})}),
            (Lines{"10-20 disconnect none open (why 1; cut from 1970-01-01T00:00:00.00000001Z to "
                   "1970-01-01T00:00:00.00000005Z: the rest was received by B)",
                   "30-50 disconnect none open (why 1; cut from 1970-01-01T00:00:00.00000001Z to "
                   "1970-01-01T00:00:00.00000005Z: the rest was received by B) <0:1 +0:20-30"}));
}

TEST(MergeLedger, ALossOfAllStandsOnceAsWhoeverKnowsMostSays) {
  const Gap known = gap_of(4, 10, 20, GapStatus::partial, GapMethod::snapshot);
  EXPECT_EQ(merge({account_of(0, {0, 100}, {gap_of(1, 10, 20)}), account_of(1, {0, 90}, {known})}),
            Lines{"10-20 disconnect snapshot partial (why 4) <0:1 <1:4"});
  // Nearly the same time: each lacks the middle.
  EXPECT_EQ(merge({account_of(0, {0, 100}, {gap_of(1, 10, 20)}),
                   account_of(1, {0, 90}, {gap_of(2, 12, 23)})}),
            Lines{"12-20 disconnect none open (why 1; cut from 1970-01-01T00:00:00.00000001Z to "
                  "1970-01-01T00:00:00.00000002Z: the rest was received by B) <0:1 <1:2 +0:10-12 "
                  "+1:20-23"});
}

TEST(MergeLedger, GapsOfOneTapeAreKeptApart) {
  EXPECT_EQ(merge({account_of(0, {0, 100}, {gap_of(1, 10, 50), gap_of(2, 20, 30)}),
                   account_of(1, {60, 90}, {})}),
            (Lines{"10-50 disconnect none open (why 1) <0:1",
                   "20-30 disconnect none open (why 2) <0:2"}));
}

TEST(MergeLedger, WhatWasFilledStaysAsItWasAndCountsAsReceived) {
  const Gap filled = gap_of(2, 10, 20, GapStatus::filled, GapMethod::after);
  EXPECT_EQ(merge({account_of(0, {0, 100}, {gap_of(1, 12, 18)}), account_of(1, {0, 90}, {filled})}),
            (Lines{"10-20 disconnect after filled (why 2) <1:2 <0:1 +0:12-18"}));
}

TEST(MergeLedger, APartlyFilledGapClosesNothing) {
  const Gap partial = gap_of(2, 10, 20, GapStatus::partial, GapMethod::after);
  EXPECT_EQ(
      merge({account_of(0, {0, 100}, {gap_of(1, 12, 18)}), account_of(1, {0, 90}, {partial})}),
      Lines{"12-18 disconnect after partial (why 2; cut from 1970-01-01T00:00:00.00000001Z "
            "to 1970-01-01T00:00:00.00000002Z: the rest was received by A) <0:1 <1:2 "
            "+1:10-12 +1:18-20"});
}

TEST(MergeLedger, ClocksThatDifferWantMoreOnBothSides) {
  const auto a = account_of(0, {0, 100}, {gap_of(1, 10, 20)});
  EXPECT_EQ(merge({a, account_of(1, {7, 23}, {})}, 3),
            Lines{"10-20 disconnect peer filled (why 1; received by B) <0:1 +0:10-20"});
  EXPECT_EQ(merge({a, account_of(1, {8, 23}, {})}, 3),
            Lines{"10-11 disconnect none open (why 1; cut from 1970-01-01T00:00:00.00000001Z to "
                  "1970-01-01T00:00:00.00000002Z: the rest was received by B) <0:1 +0:11-20"});
}

TEST(MergeLedger, WhoAskedForOtherThingsClosesNothing) {
  EXPECT_EQ(
      merge({account_of(0, {0, 100}, {gap_of(1, 10, 20)}), account_of(1, {0, 90}, {})}, 0, false),
      Lines{"10-20 disconnect none open (why 1) <0:1"});
}

TEST(MergeLedger, TheTimeBetweenTwoTapesIsAGap) {
  EXPECT_EQ(merge({account_of(0, {0, 10}, {}), account_of(1, {30, 40}, {})}),
            Lines{"10-30 restart none unfillable (between two tapes: no recorder had the stream)"});
  // Unless the later recorder has said so itself.
  Gap restart = gap_of(1, 10, 30);
  restart.cause = GapCause::restart;
  EXPECT_EQ(merge({account_of(0, {0, 10}, {}), account_of(1, {30, 40}, {restart})}),
            Lines{"10-30 restart none open (why 1) <1:1"});
}

TEST(MergeLedger, ARecorderThatNeverHadTheStreamStillSaysWhy) {
  StreamAccount never;
  never.tape = 1;
  never.gaps = {gap_of(3, 0, 50, GapStatus::unfillable)};
  EXPECT_EQ(merge({account_of(0, {5, 50}, {}), never}),
            Lines{"0-5 disconnect none unfillable (why 3; cut from 1970-01-01T00:00:00Z to "
                  "1970-01-01T00:00:00.00000005Z: the rest was received by A) <1:3 +1:5-50"});
}

}  // namespace
}  // namespace tapedeck
