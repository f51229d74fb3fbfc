// The trades of a gap: what is asked, what becomes a row, and how the gap ends.
#include "tests/feeds/hypercall/recovered.h"

namespace tapedeck::testing {
namespace {

TEST_F(HypercallTradeFill, ReadsUpwardsFromBeforeTheGapEachAnswerHoldingTheLastOfTheOneBefore) {
  push({100, -1});
  push({104, 101});
  DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
  EXPECT_EQ(fill.method(), GapMethod::after);
  EXPECT_EQ(fill.start(), Lines{after(80)});
  EXPECT_EQ(fill.answer(told_trades({{100, -1}, {101, 1}}, 2)), Lines{after(100)});
  EXPECT_EQ(fill.answer(told_trades({{101, 1}, {102, 2}}, 2)), Lines{after(101)});
  EXPECT_EQ(fill.answer(told_trades({{102, 2}, {103, 3}, {104, 101}}, 3)), Lines{kFilled});
  EXPECT_EQ(ids(fill), (Lines{"101", "102", "103"}));
  EXPECT_EQ(fill.rows.rows.front(), "trade gapfill @" + std::to_string(at(1)) +
                                        " symbol=BTC-1-C price=1.50 size=2 side=buy trade_id=101");
}

TEST_F(HypercallTradeFill, AsksOnWhereAnAnswerDoesNotSayHowLongAPageIs) {
  push({100, -1});
  DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
  fill.start();
  const auto bare = [](const std::vector<TestTrade>& trades) {
    Lines items;
    for (const TestTrade& trade : trades) items.push_back(told_trade(trade));
    return list_of(items);
  };
  EXPECT_EQ(fill.answer(bare({{102, 2}, {101, 1}, {100, -1}})), Lines{after(101)});
  EXPECT_EQ(fill.answer(bare({{102, 2}})), Lines{again_after(101)});
  EXPECT_EQ(fill.answer(bare({{102, 2}})), Lines{kFilled});
  EXPECT_EQ(ids(fill), (Lines{"101", "102"}));
}

// REST may lag, or give an answer once more: nothing has come by which the gap's end could be seen.
TEST_F(HypercallTradeFill, AsksTwiceForAnEndThatNothingWasPushedBehind) {
  push({100, -1});
  DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
  fill.start();
  EXPECT_EQ(fill.answer(told_trades({{100, -1}})), Lines{again_after(99)});
  EXPECT_EQ(fill.answer(told_trades({{100, -1}, {101, 90}})), Lines{again_after(100)});
  EXPECT_EQ(fill.answer(told_trades({{101, 90}})), Lines{kFilled});
  EXPECT_EQ(ids(fill), Lines{"101"});
}

TEST_F(HypercallTradeFill, EndsAtATradeThatWasPushedSinceTheGap) {
  push({100, -1});
  DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
  fill.start();
  EXPECT_EQ(fill.answer(told_trades({{100, -1}})), Lines{again_after(99)});
  push({102, 101});
  EXPECT_EQ(fill.answer(told_trades({{100, -1}, {101, 90}, {102, 101}, {103, 102}}, 4)),
            Lines{kFilled});
  EXPECT_EQ(ids(fill), (Lines{"101", "103"}));
}

TEST_F(HypercallTradeFill, FoldsWhatTheSocketBroughtBeforeAndAfter) {
  push({100, -3});
  push({101, -2});
  push({104, 101});
  DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
  fill.start();
  EXPECT_EQ(
      fill.answer(told_trades({{99, -4}, {100, -3}, {101, -2}, {102, 1}, {103, 2}, {104, 101}})),
      Lines{kFilled});
  EXPECT_TRUE(fill.page().meets_after);
  EXPECT_EQ(ids(fill), (Lines{"102", "103"}));
  EXPECT_EQ(push({103, 2}), Lines{}) << "on its way while REST told it";
  EXPECT_EQ(push({105, 3}).size(), 1U);
}

TEST_F(HypercallTradeFill, KeepsLookAlikesBeforeInAndAfterTheGap) {
  // Three equal ones before, of which one was lost; two in it; two after, of which one was told
  // before it was pushed.
  push({100, -3});
  push({101, -2});
  push({102, -2});
  push({106, 101});
  DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
  fill.start();
  EXPECT_EQ(fill.answer(told_trades({{100, -3},
                                     {101, -2},
                                     {102, -2},
                                     {103, -2},
                                     {104, 7},
                                     {105, 7},
                                     {106, 101},
                                     {107, 101}})),
            Lines{kFilled});
  EXPECT_EQ(ids(fill), (Lines{"103", "104", "105", "107"}));
  EXPECT_EQ(push({107, 101}), Lines{});
  EXPECT_EQ(push({108, 101}).size(), 1U);
}

TEST_F(HypercallTradeFill, TellsALookAlikeAfterTheCursorFromTheCursorsOwnTrade) {
  push({100, -1});
  DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
  fill.start();
  fill.answer(told_trades({{99, -2}, {100, -1}, {101, -1}, {102, 5}}));
  EXPECT_EQ(ids(fill), (Lines{"101", "102"})) << "the one that was pushed was 100";
}

TEST_F(HypercallTradeFill, MakesNoRowsOfWhatTheCursorCovers) {
  push({98, -3});
  push({102, -0.5});
  DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
  fill.start();
  fill.answer(told_trades({{98, -3}, {99, -2}, {100, -1}, {101, 1}}));
  EXPECT_EQ(ids(fill), Lines{"101"});
}

TEST_F(HypercallTradeFill, CountsATradeOnceHoweverOftenItIsTold) {
  push({100, -1});
  for (int attempt = 0; attempt < 3; ++attempt) {
    DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
    fill.start();
    fill.answer(told_trades({{100, -1}, {101, 1}, {102, 1}}));
    EXPECT_EQ(fill.answer(told_trades({{102, 1}})), Lines{kFilled});
    EXPECT_EQ(ids(fill), attempt == 0 ? (Lines{"101", "102"}) : Lines{});
  }
}

// An answer that was given before, or one of another epoch: what lay between them is in neither.
TEST_F(HypercallTradeFill, BeginsAnewWhereTwoAnswersDoNotMeet) {
  push({100, -1});
  for (const TestTrade& other : {TestTrade{103, 3}, TestTrade{102, 7}, TestTrade{1, 4}}) {
    DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
    fill.start();
    EXPECT_EQ(fill.answer(told_trades({{100, -1}, {101, 1}, {102, 2}}, 3)), Lines{after(101)});
    EXPECT_EQ(fill.answer(told_trades({other})),
              Lines{"later: two answers do not meet at trade 102"});
  }
}

TEST_F(HypercallTradeFill, WaitsForAHistoryThatIsBehindTheSocket) {
  push({100, -1});
  push({103, 101});
  DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
  fill.start();
  EXPECT_EQ(fill.answer(told_trades({{100, -1}, {101, 1}})),
            Lines{"later: the history does not hold yet what the socket has brought"});
  DrivenFill again(*plan_, *normalizer_, gap("trades", "100"));
  again.start();
  EXPECT_EQ(again.answer(told_trades({{100, -1}, {101, 1}, {102, 2}, {103, 101}})), Lines{kFilled});
  EXPECT_EQ(ids(again), Lines{"102"});
}

TEST_F(HypercallTradeFill, IsPartialWhereTheHistoryNoLongerReachesBack) {
  push({100, -1});
  DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
  fill.start();
  EXPECT_EQ(fill.answer(told_trades({{150, 90}})), Lines{kNewest});
  EXPECT_EQ(fill.answer(told_trades({{150, 90}}, 1)), Lines{after(0)});
  EXPECT_EQ(fill.answer(told_trades({{150, 90}})), Lines{again_after(149)});
  EXPECT_EQ(fill.answer(told_trades({{150, 90}})),
            Lines{"end partial: the history does not hold trade 100, after which the gap begins: "
                  "identifiers began anew, or it is too old"});
  EXPECT_EQ(ids(fill), Lines{"150"});
}

TEST_F(HypercallTradeFill, TakesACursorBeforeTheFirstTradeOfAllForNone) {
  DrivenFill fill(*plan_, *normalizer_, gap("trades", "0"));
  EXPECT_EQ(fill.start(), Lines{kNewest});
}

// Given before, also where it was REST that told what is newer.
TEST_F(HypercallTradeFill, WaitsForAHistoryThatIsOlderThanWhatIsKnown) {
  push({100, -2});
  push({101, -1});
  const Lines later = {"later: the history does not hold yet what the socket has brought"};
  DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
  fill.start();
  EXPECT_EQ(fill.answer(told_trades({{100, -2}})), later);
  DrivenFill other(*plan_, *normalizer_, gap("trades", "100"));
  other.start();
  other.answer(told_trades({{100, -2}, {101, -1}, {102, 1}}));
  DrivenFill again(*plan_, *normalizer_, gap("trades", "100"));
  again.start();
  EXPECT_EQ(again.answer(told_trades({{100, -2}, {101, -1}})), later);
}

// Whatever our clock said before: it may have been put back since.
TEST_F(HypercallTradeFill, KnowsWhatTheGapHoldsByWhatWasReceivedBeforeIt) {
  const Value values[] = {{}, Text("BTC-1-C"), Text("1.5"), Text("2.0"), Text("buy"), {}, {}};
  normalizer_->remember({TableId::trade, Origin::live, at(-0.01), at(-0.02), values});
  // Ten minutes pass in what is a second by our clock.
  push(pushed_trade({104, 700}), 101);
  DrivenFill fill(*plan_, *normalizer_, gap("trades", "90"));
  EXPECT_EQ(fill.start(), Lines{after(70)});
  EXPECT_EQ(
      fill.answer(told_trades(
          {{89, -61}, {90, -60}, {100, -0.02}, {101, 1}, {102, 500}, {103, 600}, {104, 700}})),
      Lines{kFilled});
  EXPECT_EQ(ids(fill), (Lines{"101", "102", "103"}));
}

// ---- without a cursor ----

TEST_F(HypercallTradeFill, WithoutACursorLooksDownwardsForWhatIsOlderThanTheGap) {
  push({2500, -10});
  push({5001, 101});
  DrivenFill fill(*plan_, *normalizer_, gap("trades"));
  EXPECT_EQ(fill.start(), Lines{kNewest});
  EXPECT_EQ(fill.answer(told_trades({{5000, 99}}, 1)), Lines{after(4000)});
  EXPECT_EQ(fill.answer(told_trades({{4001, 50}, {4002, 51}}, 2)), Lines{after(3000)});
  EXPECT_EQ(fill.answer(told_trades({{3001, 20}, {3002, 21}}, 2)), Lines{after(1000)});
  EXPECT_EQ(fill.answer(told_trades({{1001, -80}, {2500, -10}, {2501, -9}, {3001, 20}}, 4)),
            Lines{after(3000)});
  EXPECT_EQ(fill.answer(told_trades({{3001, 20}, {3002, 21}, {3003, 22}, {5000, 99}}, 4)),
            Lines{after(4999)});
  EXPECT_EQ(fill.answer(told_trades({{5000, 99}, {5001, 101}}, 4)), Lines{kFilled});
  EXPECT_EQ(ids(fill), (Lines{"5000", "4001", "4002", "3001", "3002", "2501", "3003"}));
}

TEST_F(HypercallTradeFill, LosesNotTheTradeThatWasOnItsWayWhenTheCursorWasAskedFor) {
  subscribed(-3);
  cursor_answer(told_trades({{7, -1}}, 1), -0.9);
  ASSERT_EQ(live.cursors, Lines{});
  Gap short_gap = gap("trades");
  short_gap.floor_ns = at(-3);
  DrivenFill fill(*plan_, *normalizer_, short_gap);
  EXPECT_EQ(fill.start(), Lines{kNewest});
  EXPECT_EQ(fill.answer(told_trades({{8, 50}}, 1)), Lines{after(0)});
  EXPECT_EQ(fill.answer(told_trades({{6, -4}, {7, -1}, {8, 50}})), Lines{again_after(7)});
  EXPECT_EQ(fill.answer(told_trades({{8, 50}})), Lines{kFilled});
  EXPECT_EQ(ids(fill), (Lines{"8", "7"}));
}

TEST_F(HypercallTradeFill, WithoutACursorTakesTheVeryFirstIdentifierForNoProof) {
  DrivenFill fill(*plan_, *normalizer_, gap("trades"));
  fill.start();
  EXPECT_EQ(fill.answer(told_trades({{3, 30}}, 1)), Lines{after(0)});
  EXPECT_EQ(fill.answer(told_trades({{1, 1}, {2, 2}, {3, 30}})), Lines{again_after(2)});
  EXPECT_EQ(fill.answer(told_trades({{3, 30}})),
            Lines{"end partial: the history begins with trade 1, which is not older than the gap"});
  EXPECT_EQ(ids(fill), (Lines{"3", "1", "2"}));
}

TEST_F(HypercallTradeFill, WithoutACursorIsPartialWhereTheHistoryBeginsTooLate) {
  DrivenFill fill(*plan_, *normalizer_, gap("trades"));
  fill.start();
  const std::string all = told_trades({{4990, 80}, {5000, 99}});
  EXPECT_EQ(fill.answer(told_trades({{5000, 99}}, 1)), Lines{after(4000)});
  EXPECT_EQ(fill.answer(all), Lines{after(3000)});
  EXPECT_EQ(fill.answer(all), Lines{after(1000)});
  EXPECT_EQ(fill.answer(all), Lines{after(0)});
  EXPECT_EQ(fill.answer(all), Lines{again_after(4999)});
  EXPECT_EQ(fill.answer(told_trades({{5000, 99}})),
            Lines{"end partial: the history begins with trade 4990, which is not older than the "
                  "gap"});
}

TEST_F(HypercallTradeFill, WithoutACursorTakesAnEmptyHistoryForNoProof) {
  DrivenFill fill(*plan_, *normalizer_, gap("trades"));
  fill.start();
  EXPECT_EQ(fill.answer(told_trades({}, 1)), Lines{after(0)});
  EXPECT_EQ(fill.answer(told_trades({})), Lines{again_after(0)});
  EXPECT_EQ(fill.answer(told_trades({})),
            Lines{"end partial: the history is empty: it shows nothing older than the gap"});
  push({1, 101});
  DrivenFill behind(*plan_, *normalizer_, gap("trades"));
  behind.start();
  behind.answer(told_trades({}, 1));
  EXPECT_EQ(behind.answer(told_trades({})),
            Lines{"later: the history does not hold yet what the socket has brought"});
}

// ---- restart, damage, refusals ----

TEST_F(HypercallTradeFill, DoesNotRepeatWhatEarlierTapesHave) {
  const auto remember = [&](int id, double second, Origin origin) {
    const std::string text = std::to_string(id);
    const Value values[] = {{},          Text("BTC-1-C"),
                            Text("1.5"), Text("2.0"),
                            Text("buy"), origin == Origin::live ? Value() : Value(Text(text)),
                            {}};
    normalizer_->remember({TableId::trade, origin, at(second + 0.01), at(second), values});
  };
  remember(101, -5, Origin::live);
  remember(102, -5, Origin::live);
  remember(104, -4, Origin::gapfill);
  DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
  fill.start();
  fill.answer(told_trades({{100, -6}, {101, -5}, {102, -5}, {103, -5}, {104, -4}, {105, 1}}));
  EXPECT_EQ(ids(fill), (Lines{"103", "105"}));
  EXPECT_EQ(push({101, -5}), Lines{}) << "103, told before it came";
  EXPECT_EQ(push({102, -5}).size(), 1U) << "a tape stands for itself";
}

TEST_F(HypercallTradeFill,
       LeavesOutWhatIsOlderThanTheGapThoughACursorOfAnEarlierTapeDoesNotCoverIt) {
  DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
  fill.start();
  fill.answer(told_trades({{101, -3'600}, {102, -61}, {103, -59}}));
  EXPECT_EQ(ids(fill), Lines{"103"});
}

TEST_F(HypercallTradeFill, KeepsEverythingAfterACursorOfItsOwnWhateverTheClocksSay) {
  subscribed(-0.5);
  cursor_answer(told_trades({{100, -500}}, 1), -0.4);
  ASSERT_EQ(live.cursors, Lines{"trades=100"});
  Gap short_gap = gap("trades", "100");
  short_gap.floor_ns = at(-0.5);
  DrivenFill fill(*plan_, *normalizer_, short_gap);
  fill.start();
  fill.answer(told_trades({{101, -400}, {102, 1}}));
  EXPECT_EQ(ids(fill), (Lines{"101", "102"}));
}

TEST_F(HypercallTradeFill, ReadsEveryEnvelopeAndKeepsWhatItCannotRead) {
  const std::string one = told_trade({101, 1});
  for (const std::string& body :
       {"[" + one + "]", R"({"success":true,"data":[)" + one + "]}",
        R"({"jsonrpc":"2.0","id":1,"result":[)" + one + R"(],"usIn":1,"usOut":2})",
        R"({"result":{"trades":[)" + one + R"(],"pagination":{"limit":1000}}})",
        R"({"trades":[)" + one + "]}"}) {
    normalizer_ = plan_->make_normalizer(1);
    DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
    fill.start();
    EXPECT_EQ(fill.answer(body), Lines{kNewest}) << body;
    EXPECT_EQ(ids(fill), Lines{"101"}) << body;
  }
  normalizer_ = plan_->make_normalizer(1);
  DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
  fill.start();
  const std::string strange = R"([{"trade_id":101,"symbol":"X"},7,)" + told_trade({102, 2}) + "]";
  EXPECT_EQ(fill.answer(strange), Lines{kNewest});
  EXPECT_EQ(fill.answer(strange), Lines{after(0)});
  EXPECT_EQ(fill.rows.rows.size(), 3U);
  EXPECT_EQ(fill.rows.rows[0], "unparsed gapfill reason=REST trade: no price");
  EXPECT_EQ(fill.rows.rows[1], "unparsed gapfill reason=REST trade: no trade_id");
  for (const auto& [body, problem] : std::vector<std::pair<std::string, std::string>>{
           {R"({"success":false,"error":"down"})", "the service refused: down"},
           {R"({"error":{"code":-32000,"message":"no such method"}})",
            "the service refused: no such method"},
           {R"({"success":true,"data":7})", "no list of rows"},
           {"true", "no list of rows"}}) {
    EXPECT_EQ(fill.answer(body), Lines{"problem: " + problem}) << body;
  }
}

TEST_F(HypercallTradeFill, NamesTheRemedyOfARefusal) {
  for (const auto& [status, remedy] :
       std::vector<std::pair<int, std::string>>{{404, "feeds.hypercall.rest.trades_path"},
                                                {403, "feeds.hypercall.wallet"},
                                                {400, "limit"},
                                                {422, "limit"}}) {
    DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
    fill.start();
    const Lines said = fill.answer(R"({"success":false,"error":"no"})", status);
    ASSERT_EQ(said.size(), 1U);
    EXPECT_TRUE(said[0].starts_with("later: HTTP " + std::to_string(status) + ", no: "));
    EXPECT_NE(said[0].find(remedy), std::string::npos) << said[0];
  }
}

TEST_F(HypercallTradeFill, SurvivesEveryTruncationAndMutationOfAnAnswer) {
  const std::string whole = told_trades({{99, -2}, {100, -1}, {101, 1}});
  const std::string swaps = "{}[]\",:0-e9\n\x80\xff";
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    for (std::string body : {whole.substr(0, cut), whole}) {
      if (body.size() == whole.size()) body[cut] = swaps[(cut * 7) % swaps.size()];
      DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
      fill.start();
      for (int i = 0; i < 3; ++i) EXPECT_LE(fill.answer(body).size(), 1U) << body;
      cursor_answer(body, 1);
    }
  }
}

class HypercallTwice : public HypercallTradeFill {
 protected:
  HypercallTwice() { normalizer_ = plan_->make_normalizer(2); }
};

TEST_F(HypercallTwice, RedundantConnectionsPushATradeOnce) {
  EXPECT_EQ(push({101, -5}, 0).size(), 1U);
  EXPECT_EQ(push({101, -5}, 1).size(), 0U);
  EXPECT_EQ(push({102, -5}, 1).size(), 1U);
  DrivenFill fill(*plan_, *normalizer_, gap("trades", "100"));
  fill.start();
  fill.answer(told_trades({{101, -5}, {102, -5}, {103, -5}}));
  EXPECT_EQ(ids(fill), Lines{"103"});
}

}  // namespace
}  // namespace tapedeck::testing
