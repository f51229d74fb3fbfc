// AlphaHub's gap-fill: which answers prove a gap's edges, and when it asks again.
#include "tests/feeds/alphahub/fill_world.h"

namespace tapedeck {
namespace {

using namespace testing::alphahub;
using testing::DrivenFill;

TEST_F(AlphaHubFill, ProvesTheOlderEdgeOfALongAnswer) {
  Lines legs;
  for (int second = 95; second > 0; second -= 5) legs.push_back(leg(second));
  const struct {
    std::string oldest;
    const char* end;
  } cases[] = {
      {leg(-61), kNoOlderEdge},
      {leg(-63), kFilled},  // older than the gap
      {leg(-20), kFilled},  // known
      {leg(-86'000), kFilled},
  };
  for (const auto& one : cases) {
    configure();
    live({leg(-20)}, -20);
    Lines all = legs;
    all.push_back(one.oldest);
    DrivenFill fill = begin(gap());
    EXPECT_EQ(fill.answer(page(all)), Lines{ask("2021-04-26")}) << one.oldest;
    EXPECT_EQ(fill.answer(page(all)), Lines{one.end}) << one.oldest;
  }
}

// Our clock was put forward: by their own time all look as if they were from before the gap.
TEST_F(AlphaHubFill, ALegThatCameAfterTheLossProvesNoOlderEdgeWhateverItsTime) {
  live({leg(102)}, 102);
  live({leg(-1'000)}, 103);
  Gap of = gap();
  of.floor_ns = kFrom - 2'000 * kNsPerSec;
  EXPECT_EQ(begin(of).answer(page({leg(102), leg(-1'000)})), Lines{kNoOlderEdge});
  configure();
  const Value values[] = {Int(16), {}, {}, Text("MU"), Text("sell"), Text("87.1")};
  const Ns event_ns = kFrom - 50 * kNsPerSec;
  for (const auto& [second, end] : {std::pair(1, kNoOlderEdge), {0, kFilled}}) {
    normalizer_->remember(
        {TableId::signal, Origin::gapfill, kFrom + second * kNsPerSec, event_ns, values});
    EXPECT_EQ(begin(gap()).answer(page({leg(-50)})), Lines{end}) << second;
  }
}

// Times are whole seconds: a leg of the loss's very second may be a look-alike of the known one.
TEST_F(AlphaHubFill, ALegOfTheSecondOfTheLossProvesNoOlderEdge) {
  configure(R"(,"whole_below":1)");
  live({leg(-1)}, -1);
  DrivenFill fill = begin(gap());
  fill.answer(page({leg(50), leg(-1)}));
  EXPECT_EQ(fill.answer(page({leg(50), leg(-1)})), Lines{kNoOlderEdge});
}

// The first answer was an old one, and the history has lost what lay between.
TEST_F(AlphaHubFill, AnOldAnswerProvesNoOlderEdgeOfANewOne) {
  configure(R"(,"whole_below":1)");
  live({leg(-20)}, -20);
  DrivenFill fill = begin(gap());
  EXPECT_EQ(fill.answer(page({leg(10), leg(-20)})), Lines{ask("2021-04-26")});
  EXPECT_EQ(fill.answer(page({leg(101), leg(60)})), Lines{kNoOlderEdge});
}

TEST_F(AlphaHubFill, GoesOnFromTheNewestDayOfAnAnswerThatIsCutOffAtItsNewerEnd) {
  configure(R"(,"whole_below":3,"overlap_days":2)");
  Gap of = gap();
  of.to_ns = kFrom + 30 * 3'600 * kNsPerSec;  // until the next evening
  DrivenFill fill = begin(of);
  EXPECT_EQ(fill.answer(page({leg(-100'000), leg(-90'000), leg(50)})), Lines{ask("2021-04-26")});
  EXPECT_EQ(fill.answer(page({leg(50), leg(60), leg(80'000)})), Lines{ask("2021-04-27")});
  EXPECT_EQ(fill.answer(page({leg(80'000), leg(80'001)})), Lines{kFilled});
  EXPECT_EQ(brief(fill.rows.rows), (Lines{"50 87.1", "60 87.1", "80000 87.1", "80001 87.1"}));
}

TEST_F(AlphaHubFill, TakesADateThatExcludesItselfForNoStep) {
  configure(R"(,"whole_below":1)");
  live({leg(-20)}, -20);
  DrivenFill fill = begin(gap());
  EXPECT_EQ(fill.answer(page({leg(50), leg(-20)})), Lines{ask("2021-04-26")});
  EXPECT_EQ(fill.answer(page({})), Lines{kFilled});
}

TEST_F(AlphaHubFill, WaitsForAHistoryThatIsBehindTheSocket) {
  live({leg(-20)}, -20);
  EXPECT_EQ(begin(gap()).answer(page({})), kLater);
  EXPECT_EQ(begin(gap()).answer(page({leg(-21)})), kLater);
  EXPECT_EQ(begin(gap()).answer(page({leg(-20)})), Lines{kFilled});
  // What came after the gap's end shows that the history has to reach that far, and no further.
  live({leg(130)}, 130);
  EXPECT_EQ(begin(gap()).answer(page({leg(50), leg(-20)})), kLater);
  EXPECT_EQ(begin(gap()).answer(page({leg(101), leg(50), leg(-20)})), Lines{kFilled});
}

TEST_F(AlphaHubFill, GivesTheHistoryTimeToHoldWhatWasSentLast) {
  DrivenFill fill = begin(gap());
  fill.answered_after_ns = 500 * kNsPerMs;
  EXPECT_EQ(fill.answer(page({leg(50)})), Lines{ask("2021-04-25") + " in 2500"});
  fill.answered_after_ns = 2'999 * kNsPerMs;
  EXPECT_EQ(fill.answer(page({leg(102), leg(51), leg(50)})), Lines{ask("2021-04-25") + " in 1"});
  fill.answered_after_ns = 3'000 * kNsPerMs;
  EXPECT_EQ(fill.answer(page({leg(51), leg(50), leg(-63)})), Lines{kFilled});
  EXPECT_EQ(brief(fill.rows.rows), (Lines{"50 87.1", "51 87.1", "102 87.1"}));
}

// Past it whatever the clocks are: ours may have been put back since they were last compared.
TEST_F(AlphaHubFill, WaitsNoLongerOnceTheHistoryIsPastTheGapByMoreThanClocksMayBeApart) {
  DrivenFill fill = begin(gap());
  fill.answered_after_ns = 0;
  EXPECT_EQ(fill.answer(page({leg(159), leg(50), leg(-63)})),
            Lines{ask("2021-04-25") + " in 3000"});
  EXPECT_EQ(fill.answer(page({leg(161), leg(159), leg(50), leg(-63)})), Lines{kFilled});
  // By a clock that is seen to be two and a half seconds ahead it waits as much longer.
  live({leg(-17)}, -20);
  DrivenFill ahead = begin(gap());
  ahead.answered_after_ns = 0;
  EXPECT_EQ(ahead.answer(page({leg(105), leg(-17)})), Lines{ask("2021-04-25") + " in 5500"});
  EXPECT_EQ(ahead.answer(page({leg(161), leg(-17)})), Lines{kFilled});
  EXPECT_EQ(brief(ahead.rows.rows), Lines{});
}

TEST_F(AlphaHubFill, CountsAgainWhatLooksLikeALegThatCameWhileItAsked) {
  live({leg(-20)}, -20);
  DrivenFill fill = begin(gap());
  fill.answered_after_ns = 0;
  fill.answer(page({leg(99), leg(-20)}));
  // Sent after the gap, though it bears the same second: it might be the one that REST told.
  EXPECT_EQ(live({leg(99)}, 100), Lines{});
  fill.answered_after_ns = 10 * kNsPerSec;
  EXPECT_EQ(fill.answer(page({leg(99), leg(99), leg(-20)})), Lines{kFilled});
  EXPECT_EQ(brief(fill.rows.rows), (Lines{"99 87.1", "99 87.1"}));
}

// The service may have forgotten what it sent, or have begun anew.
TEST_F(AlphaHubFill, TakesAShortAnswerForNoWholeHistory) {
  EXPECT_EQ(begin(gap()).answer(page({})), Lines{kNoOlderEdge});
  EXPECT_EQ(begin(gap()).answer(page({leg(50)})), Lines{kNoOlderEdge});
  live({leg(-3 * 86'400)}, -3 * 86'400);
  EXPECT_EQ(begin(gap()).answer(page({})), Lines{kNoOlderEdge}) << "older than what was asked for";
}

}  // namespace
}  // namespace tapedeck
