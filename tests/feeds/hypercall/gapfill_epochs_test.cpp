// Trades whose identifiers begin anew.
#include "tests/feeds/hypercall/recovered.h"

namespace tapedeck::testing {
namespace {

TEST_F(HypercallTradeFill, TakesIdentifiersThatBeganAnewForOtherTrades) {
  push({100, -1});
  DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
  fill.start();
  EXPECT_EQ(fill.answer(told_trades({})), Lines{after(80)});
  EXPECT_EQ(fill.answer(told_trades({})), Lines{kNewest});
  EXPECT_EQ(fill.answer(told_trades({{3, 30}}, 1)), Lines{after(0)});
  EXPECT_EQ(fill.answer(told_trades({{1, 10}, {2, 20}, {3, 30}})), Lines{after(3)});
  EXPECT_EQ(fill.answer(told_trades({})),
            Lines{"end partial: the history no longer holds trade 100, after which the gap begins: "
                  "identifiers began anew, or it is too old"});
  EXPECT_EQ(ids(fill), (Lines{"3", "1", "2"}));
}

TEST_F(HypercallTradeFill, SeesIdentifiersThatBeganAnewAndHaveOvertakenTheCursor) {
  push({100, -1});
  DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
  fill.start();
  EXPECT_EQ(fill.answer(told_trades({{101, 90}})), Lines{after(80)});
  EXPECT_EQ(fill.answer(told_trades({{81, 70}, {100, 89}, {101, 90}})), Lines{kNewest});
  EXPECT_EQ(fill.answer(told_trades({{101, 90}}, 1)), Lines{after(0)});
  fill.answer(told_trades({{1, 10}, {81, 70}, {100, 89}, {101, 90}}));
  EXPECT_EQ(fill.answer(told_trades({}))[0].substr(0, 12), "end partial:");
  EXPECT_EQ(ids(fill), (Lines{"101", "81", "100", "1"}));
}

// The new epoch has come past the cursor within the time by which clocks may differ.
TEST_F(HypercallTradeFill, TakesAnIdentifierAloneForNoProofOfTheOlderEdge) {
  push({100, -1});
  DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
  fill.start();
  fill.answer(told_trades({{101, 1}}));
  EXPECT_EQ(fill.answer(told_trades({{100, 0.5}, {101, 1}})), Lines{kNewest});
}

// It began before the loss and has come past the cursor: what the cursor seems to cover is missing.
TEST_F(HypercallTradeFill, KeepsWhatSeemsCoveredAndCameAfterTheLoss) {
  DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
  fill.start();
  fill.answer(told_trades({{101, 3}}));
  EXPECT_EQ(fill.answer(told_trades({{98, -70}, {99, 0.5}, {100, 1}, {101, 3}})), Lines{kFilled});
  EXPECT_EQ(ids(fill), (Lines{"101", "99", "100"}));
}

}  // namespace
}  // namespace tapedeck::testing
