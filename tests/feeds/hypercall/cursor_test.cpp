// Where the trades stand: when a cursor may be trusted, and what gives a dead subscription away.
#include "tests/feeds/hypercall/recovered.h"

namespace tapedeck::testing {
namespace {

class HypercallCursor : public HypercallRecovery {
 protected:
  void answered(const TestTrade& newest, double second) {
    EXPECT_EQ(cursor_answer(told_trades({newest}, 1), second).problem, "");
  }
};

TEST_F(HypercallCursor, IsAskedForTradesAloneAndAsOftenAsConfigured) {
  const auto plan = plan_->cursor_plan("trades");
  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan->request.purpose, "cursor");
  EXPECT_EQ(plan->request.method + " " + plan->request.url, "GET http://host/trades?limit=1");
  EXPECT_EQ(plan->every, 60 * kNsPerSec);
  EXPECT_FALSE(plan_->cursor_plan("fills").has_value());
  const auto once = plan_of(hypercall_feed(), R"({"rest":{"cursor_ms":0,"trades_path":"/t"}})");
  EXPECT_EQ(once->cursor_plan("trades")->every, 0);
  EXPECT_EQ(once->cursor_plan("trades")->request.url, "http://host/t?limit=1");
}

TEST_F(HypercallCursor, TakesATradeFromBeforeTheSubscriptionAtOnce) {
  subscribed(0);
  answered({7, -5}, 0.1);
  EXPECT_EQ(live.cursors, Lines{"trades=7"});
  EXPECT_EQ(live.rows, Lines{}) << "a cursor's answer makes no rows";
}

TEST_F(HypercallCursor, WaitsForATradeThatMayStillBeOnItsWay) {
  subscribed(0);
  answered({7, 5.0}, 5.1);
  EXPECT_EQ(live.cursors, Lines{});
  push({7, 5.0});
  EXPECT_EQ(live.cursors, Lines{}) << "a look-alike of the same millisecond may follow";
  push({8, 5.5});
  EXPECT_EQ(live.cursors, Lines{"trades=7"});
}

TEST_F(HypercallCursor, DoesNotTakeWhatALaterTradeOvertookAndNobodyPushed) {
  subscribed(0);
  push({6, 4.0});
  answered({7, 5.0}, 5.1);
  push({8, 5.5, "9"});
  EXPECT_EQ(live.cursors, Lines{}) << "trade 7 should have come before";
  push({7, 5.0});
  push({9, 5.6, "9"});
  EXPECT_EQ(live.cursors, Lines{"trades=7"});
}

TEST_F(HypercallCursor, TakesAPushedTradeOnceItIsClearlyOld) {
  subscribed(0);
  push({7, 5.0});
  answered({7, 5.0}, 5.1);
  EXPECT_EQ(live.cursors, Lines{});
  answered({7, 5.0}, 65);
  EXPECT_EQ(live.cursors, Lines{"trades=7"});
  answered({7, 5.0}, 125);
  EXPECT_EQ(live.cursors, Lines{"trades=7"}) << "said once";
}

TEST_F(HypercallCursor, TakesTheFormerNewestWhenItsAnswerComesWithANewerOne) {
  subscribed(0);
  push({7, 5.0});
  answered({7, 5.0}, 5.1);
  answered({9, 64.9}, 65);
  EXPECT_EQ(live.cursors, Lines{"trades=7"});
}

TEST_F(HypercallCursor, MeasuresTheServicesClock) {
  // It is 30 s ahead: what it calls new is that old.
  subscribed(0);
  push(pushed_trade({1, 32}), 2.01);
  answered({2, 29}, 2.1);
  EXPECT_EQ(live.cursors, Lines{"trades=2"}) << "from before the subscription, by our clock";
  push(pushed_trade({3, 40}), 10.01);
  answered({3, 40}, 10.1);
  EXPECT_EQ(live.cursors, Lines{"trades=2"});
  answered({3, 40}, 13);
  EXPECT_EQ(live.cursors, (Lines{"trades=2", "trades=3"}));
}

TEST_F(HypercallCursor, BeginsWithNothingWhereThereIsNoTradeYet) {
  subscribed(0);
  EXPECT_EQ(cursor_answer(envelope({}), 0.1).problem, "");
  EXPECT_EQ(live.cursors, Lines{"trades=0"});
  EXPECT_EQ(cursor_answer(envelope({}), 60.1).problem, "");
  EXPECT_EQ(live.cursors, Lines{"trades=0"});
}

TEST_F(HypercallCursor, DoesNotGoBackWithAnAnswerThatLagsButWithANewEpoch) {
  subscribed(0);
  answered({900, -5}, 0.1);
  answered({890, -8}, 60.1);
  EXPECT_EQ(live.cursors, Lines{"trades=900"});
  push({3, 100});
  answered({3, 100}, 120);
  EXPECT_EQ(live.cursors, (Lines{"trades=900", "trades=3"}));
}

TEST_F(HypercallCursor, TellsOfASubscriptionThatIsDeadInSilence) {
  subscribed(0);
  push({7, 5.0});
  answered({8, 50}, 61);
  ASSERT_EQ(live.misses.size(), 1U);
  EXPECT_EQ(live.misses[0], "trades since " + std::to_string(at(5.01)) +
                                ": the service tells trade 8, which its socket never brought: the "
                                "subscription is dead or lost some");
  EXPECT_EQ(live.cursors, Lines{});
  answered({8, 50}, 120);
  EXPECT_EQ(live.misses.size(), 1U) << "said once of a trade";
  answered({9, 150}, 180);
  ASSERT_EQ(live.misses.size(), 2U) << "and again for what came since";
  EXPECT_TRUE(live.misses[1].starts_with("trades since " + std::to_string(at(61) + 1)))
      << live.misses[1];
}

TEST_F(HypercallCursor, IsPatientWithATradeThatIsYoungOrFromBeforeTheSubscription) {
  subscribed(0);
  push({7, 5.0});
  answered({8, 55}, 60);
  EXPECT_EQ(live.misses, Lines{}) << "younger than ten seconds";
  subscribed(100);
  answered({8, 55}, 120);
  EXPECT_EQ(live.misses, Lines{}) << "the gap before the second subscription has it";
  EXPECT_EQ(live.cursors, Lines{"trades=8"});
}

TEST_F(HypercallCursor, TakesWhatAFillToldForPushed) {
  subscribed(0);
  push({7, 5.0});
  answered({8, 50}, 60);
  Gap missed = gap("trades");
  missed.from_ns = at(5.01);
  missed.floor_ns = at(0);
  missed.to_ns = at(60);
  DrivenFill fill(*plan_, *normalizer_, missed);
  fill.start();
  fill.answer(told_trades({{8, 50}}, 1));
  EXPECT_EQ(columns(fill.rows, {"trade_id"}), Lines{"8"});
  answered({8, 50}, 120);
  EXPECT_EQ(live.cursors, Lines{"trades=8"});
}

TEST_F(HypercallCursor, SaysWhatItCannotRead) {
  EXPECT_EQ(cursor_answer(R"({"success":false,"error":"busy"})", 1).problem,
            "the service refused: busy");
  EXPECT_EQ(cursor_answer("7", 1).problem, "no list of rows");
  EXPECT_EQ(cursor_answer(R"([{"trade_id":"x"}])", 1).problem, "");
  EXPECT_EQ(live.cursors, Lines{});
  EXPECT_EQ(live.rows, Lines{"unparsed gapfill reason=REST trade: no trade_id"});
}

}  // namespace
}  // namespace tapedeck::testing
