// Trades whose identifiers begin anew.
#include "tests/feeds/hypercall/recovered.h"

namespace tapedeck::testing {
namespace {

const std::string kLost =
    "end partial: the history does not hold trade 100, after which the gap begins: identifiers "
    "began anew, or it is too old";

TEST_F(HypercallTradeFill, TakesIdentifiersThatBeganAnewForOtherTrades) {
  push({100, -1});
  DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
  fill.start();
  EXPECT_EQ(fill.answer(told_trades({})), Lines{kNewest});
  EXPECT_EQ(fill.answer(told_trades({{3, 30}}, 1)), Lines{after(0)});
  EXPECT_EQ(fill.answer(told_trades({{1, 10}, {2, 20}, {3, 30}})), Lines{again_after(2)});
  EXPECT_EQ(fill.answer(told_trades({{3, 30}})), Lines{kLost});
  EXPECT_EQ(ids(fill), (Lines{"3", "1", "2"}));
}

// Also where it has come past the cursor within the time by which clocks may differ.
TEST_F(HypercallTradeFill, SeesIdentifiersThatBeganAnewAndHaveOvertakenTheCursor) {
  push({100, -1});
  for (const double second : {89.0, 0.5}) {
    DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
    fill.start();
    EXPECT_EQ(fill.answer(told_trades({{81, second - 0.2}, {100, second}, {101, 90}})),
              Lines{kNewest});
    EXPECT_EQ(fill.answer(told_trades({{101, 90}}, 1)), Lines{after(0)});
    EXPECT_EQ(fill.answer(told_trades({{1, 0.2}, {81, second - 0.2}, {100, second}, {101, 90}})),
              Lines{again_after(100)});
    EXPECT_EQ(fill.answer(told_trades({{101, 90}})), Lines{kLost});
  }
}

// Another epoch, of which as many were forgotten.
TEST_F(HypercallTradeFill, TakesTheIdentifierBehindTheCursorForNoProofOfTheOlderEdge) {
  push({100, -1});
  DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
  fill.start();
  EXPECT_EQ(fill.answer(told_trades({{101, 60}, {102, 90}})), Lines{kNewest});
  EXPECT_EQ(fill.answer(told_trades({{102, 90}}, 1)), Lines{after(0)});
  EXPECT_EQ(fill.answer(told_trades({{101, 60}, {102, 90}})), Lines{again_after(101)});
  EXPECT_EQ(fill.answer(told_trades({{102, 90}})), Lines{kLost});
}

// The epoch's trade with the cursor's identifier became a cursor itself before it was asked again.
TEST_F(HypercallTradeFill, KnowsTheCursorOfTheGapFromALaterOneWithItsIdentifier) {
  subscribed(-500);
  cursor_answer(told_trades({{100, -501}}, 1), -499);
  subscribed(100);
  cursor_answer(told_trades({{7, 50}}, 1), 100.1);
  cursor_answer(told_trades({{100, 99}}, 1), 103);
  ASSERT_EQ(live.cursors, (Lines{"trades=100", "trades=7", "trades=100"}));
  for (const char* cursor : {"100", "7"}) {
    DrivenFill fill(*plan_, *normalizer_, gap("trades", cursor));
    fill.start();
    EXPECT_EQ(fill.answer(told_trades({{1, 5}, {7, 50}, {100, 99}})), Lines{kNewest}) << cursor;
  }
}

// It began before the loss and has come past the cursor: what the cursor seems to cover is missing,
// and what is older than the gap is its edge as any other.
TEST_F(HypercallTradeFill, KeepsWhatSeemsCoveredAndCameAfterTheLoss) {
  DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
  fill.start();
  EXPECT_EQ(fill.answer(told_trades({{98, -70}, {99, 0.5}, {100, 1}, {101, 3}})),
            Lines{again_after(100)});
  EXPECT_EQ(fill.answer(told_trades({{101, 3}})), Lines{kFilled});
  EXPECT_EQ(ids(fill), (Lines{"99", "100", "101"}));
}

TEST_F(HypercallTradeFill, FillsFromATradeOfTheNewEpochThatWasPushedBeforeTheLoss) {
  push({3, -2});
  DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
  fill.start();
  EXPECT_EQ(fill.answer(told_trades({})), Lines{kNewest});
  EXPECT_EQ(fill.answer(told_trades({{5, 20}}, 1)), Lines{after(0)});
  EXPECT_EQ(fill.answer(told_trades({{2, -3}, {3, -2}, {4, 10}, {5, 20}})), Lines{again_after(4)});
  EXPECT_EQ(fill.answer(told_trades({{5, 20}})), Lines{kFilled});
}

}  // namespace
}  // namespace tapedeck::testing
