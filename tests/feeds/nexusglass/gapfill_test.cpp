// NexusGlass's gap-fill: what is asked, what becomes a row, and how the gap ends.
#include <gtest/gtest.h>

#include "schema/feeds/nexusglass/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck {
namespace {

using testing::DrivenFill;
using testing::Inbound;
using testing::plan_of;
using testing::RowLog;
using Lines = std::vector<std::string>;

const char* const kConfig = R"({"api_key":"k3y","endpoints":["ws","ws/fastfeed"]})";
constexpr Ns kFrom = 1'773'743'400 * kNsPerSec;  // 2026-03-17T10:30:00Z

std::string event(int id, int second, const char* symbol = "BTCUSDT",
                  const char* type = "REGIME_SHIFT") {
  return R"({"id":)" + std::to_string(id) + R"(,"type":")" + type + R"(","symbol":")" + symbol +
         R"(","detected_at":")" + format_rfc3339(kFrom + second * kNsPerSec) + "\"}";
}
std::string page(const Lines& events) {
  std::string body = R"({"events":[)";
  for (const auto& one : events) body += (body.back() == '[' ? "" : ",") + one;
  return body + "]}";
}
std::string ask(const std::string& query) {
  return "ask gapfill GET http://host/api/v1/fastfeed/events?" + query + "limit=100 X-API-Key: k3y";
}

class NexusGlassFill : public ::testing::Test {
 protected:
  explicit NexusGlassFill(const char* config = kConfig)
      : plan_(plan_of(nexusglass_feed(), config)), normalizer_(plan_->make_normalizer(1)) {}

  // What the socket brings when it happens.
  void live(int id, int second, const char* endpoint = "ws/fastfeed") {
    const Inbound inbound(endpoint, R"({"type":"EVENT","payload":)" + event(id, second) + "}",
                          kFrom + second * kNsPerSec);
    RowLog log;
    normalizer_->normalize(inbound.frame(), log);
  }
  Gap gap(std::optional<std::string> cursor) const {
    Gap gap;
    gap.stream = "ws/fastfeed";
    gap.from_ns = kFrom;
    gap.floor_ns = kFrom - 60 * kNsPerSec;
    gap.to_ns = kFrom + 100 * kNsPerSec;
    gap.after_cursor = std::move(cursor);
    return gap;
  }
  static Lines ids(const RowLog& log) {
    Lines found;
    for (const std::string& row : log.rows) {
      const std::size_t at = row.find("event_id=");
      found.push_back(row.substr(0, row.find(' ', 6)) + " " +
                      row.substr(at + 9, row.find(' ', at) - at - 9));
    }
    return found;
  }

  std::unique_ptr<FeedPlan> plan_;
  std::unique_ptr<Normalizer> normalizer_;
};

TEST_F(NexusGlassFill, PagesUntilNoGreaterIdComesAndProvesThatTheHistoryReachesBack) {
  live(10, -1);
  DrivenFill fill(*plan_, *normalizer_, gap("10"));
  EXPECT_EQ(fill.method(), GapMethod::after);
  EXPECT_EQ(fill.start(), Lines{ask("after=10&")});
  EXPECT_EQ(fill.answer(page({event(12, 5), event(11, 4)})), Lines{ask("after=12&")});
  EXPECT_EQ(fill.answer(page({event(13, 6)})), Lines{ask("after=13&")});
  EXPECT_EQ(fill.answer(page({})), Lines{ask("after=9&")});
  EXPECT_EQ(fill.answer(page({event(10, -1), event(11, 4)})),
            Lines{"end filled: the history has both its edges"});
  EXPECT_EQ(ids(fill.rows), (Lines{"alert gapfill 11", "alert gapfill 12", "alert gapfill 13"}));
  EXPECT_EQ(fill.rows.cursors, (Lines{"ws/fastfeed=11", "ws/fastfeed=12", "ws/fastfeed=13"}));
}

TEST_F(NexusGlassFill, StopsWhereTheSocketGoesOnAndFoldsWhatBothBring) {
  live(10, -1);
  live(13, 101);
  DrivenFill fill(*plan_, *normalizer_, gap("10"));
  fill.start();
  EXPECT_EQ(fill.answer(page({event(11, 4), event(12, 5), event(13, 101)})),
            Lines{ask("after=9&")});
  EXPECT_EQ(fill.answer(page({event(10, -1), event(11, 4)})),
            Lines{"end filled: the history has both its edges"});
  EXPECT_EQ(ids(fill.rows), (Lines{"alert gapfill 11", "alert gapfill 12"}));
  RowLog later;
  const Inbound again("ws/fastfeed", R"({"type":"EVENT","payload":)" + event(12, 5) + "}");
  normalizer_->normalize(again.frame(), later);
  EXPECT_EQ(later.rows, Lines{});
}

// A proof that is older than the first answer: what lay between them is in neither.
TEST_F(NexusGlassFill, BeginsAnewWhereTwoAnswersDoNotMeet) {
  live(10, -1);
  DrivenFill fill(*plan_, *normalizer_, gap("10"));
  fill.start();
  fill.answer(page({event(40, 40), event(41, 41)}));
  fill.answer(page({}));
  EXPECT_EQ(fill.answer(page({event(10, -1), event(11, 4)})),
            Lines{"later: two answers do not meet behind event 10"});
}

// Ids began anew, and answers are as of before that.
TEST_F(NexusGlassFill, AnAnswerThatKnowsNothingOfWhatTheSocketHasBroughtSinceProvesNoEnd) {
  live(10, -1);
  live(3, 101);
  DrivenFill fill(*plan_, *normalizer_, gap("10"));
  fill.start();
  EXPECT_EQ(fill.answer(page({event(7, -4), event(10, -1)})), Lines{ask("after=9&")});
  EXPECT_EQ(fill.answer(page({event(10, -1)})),
            Lines{"later: the history is not as of now: it shows nothing of what the socket has "
                  "brought since"});
}

// The history is that of the event endpoint alone.
TEST_F(NexusGlassFill, DoesNotWaitForWhatAnotherEndpointHasBrought) {
  live(10, -1);
  live(3, 101, "ws");
  DrivenFill fill(*plan_, *normalizer_, gap("10"));
  fill.start();
  fill.answer(page({}));
  EXPECT_EQ(fill.answer(page({event(10, -1)})),
            Lines{"end filled: the history has both its edges"});
}

TEST_F(NexusGlassFill, AnOlderEventThatIsKnownProvesNoOlderEdge) {
  live(9, -2);
  live(10, -1);
  DrivenFill fill(*plan_, *normalizer_, gap("10"));
  fill.start();
  EXPECT_EQ(fill.answer(page({event(9, -2), event(11, 4)})), Lines{ask("after=11&")});
  EXPECT_EQ(fill.answer(page({})), Lines{ask("after=9&")});
  EXPECT_EQ(fill.answer(page({event(8, -70), event(9, -2), event(11, 4)})),
            Lines{"end partial: the history begins after event 10, after which the gap begins: "
                  "what lay between is gone"});
}

TEST_F(NexusGlassFill, GivesTheHistoryTimeToHoldWhatWasSentLast) {
  live(10, -1);
  DrivenFill fill(*plan_, *normalizer_, gap("10"));
  fill.answered_after_ns = 500 * kNsPerMs;
  fill.start();
  fill.answer(page({event(11, 4)}));
  fill.answer(page({}));
  EXPECT_EQ(fill.answer(page({event(10, -1), event(11, 4)})), Lines{ask("after=11&") + " in 1500"});
  fill.answered_after_ns = 2'000 * kNsPerMs;
  EXPECT_EQ(fill.answer(page({event(12, 99)})), Lines{ask("after=12&")});
  EXPECT_EQ(fill.answer(page({})), Lines{"end filled: the history has both its edges"});
  EXPECT_EQ(ids(fill.rows), (Lines{"alert gapfill 11", "alert gapfill 12"}));
}

TEST_F(NexusGlassFill, WaitsForAHistoryThatIsBehindTheSocket) {
  live(10, -1);
  live(13, 101);
  DrivenFill fill(*plan_, *normalizer_, gap("10"));
  fill.start();
  EXPECT_EQ(fill.answer(page({event(11, 4)})), Lines{ask("after=11&")});
  EXPECT_EQ(fill.answer(page({})),
            Lines{"later: the history does not hold yet what the socket has brought"});
}

TEST_F(NexusGlassFill, IsPartialWhereTheHistoryNoLongerReachesBack) {
  live(10, -1);
  DrivenFill fill(*plan_, *normalizer_, gap("10"));
  fill.start();
  EXPECT_EQ(fill.answer(page({event(50, 90)})), Lines{ask("after=50&")});
  EXPECT_EQ(fill.answer(page({})), Lines{ask("after=9&")});
  EXPECT_EQ(
      fill.answer(page({event(50, 90)})),
      Lines{"end partial: the history begins after event 10, after which the gap begins: what "
            "lay between is gone"});
  EXPECT_EQ(ids(fill.rows), Lines{"alert gapfill 50"});
}

TEST_F(NexusGlassFill, TakesIdsThatBeganAnewForOtherEvents) {
  live(9, -2);
  live(10, -1);
  DrivenFill fill(*plan_, *normalizer_, gap("10"));
  fill.start();
  EXPECT_EQ(fill.answer(page({})), Lines{ask("after=9&")});
  EXPECT_EQ(fill.answer(page({})), Lines{ask("after=0&")});
  EXPECT_EQ(fill.answer(page({event(1, 30), event(9, 31)})), Lines{ask("after=9&")});
  EXPECT_EQ(fill.answer(page({})),
            Lines{"end partial: the history no longer holds event 10, after which the gap begins: "
                  "ids began anew, or it is too old"});
  EXPECT_EQ(ids(fill.rows), (Lines{"alert gapfill 1", "alert gapfill 9"}));
}

// The new epoch has come past the cursor: what bears its id is another event.
TEST_F(NexusGlassFill, TakesAnIdAloneForNoProofOfTheOlderEdge) {
  live(10, -1);
  live(11, 120);
  DrivenFill fill(*plan_, *normalizer_, gap("10"));
  fill.start();
  EXPECT_EQ(fill.answer(page({event(11, 120)})), Lines{ask("after=9&")});
  EXPECT_EQ(fill.answer(page({event(10, 90), event(11, 120)})),
            Lines{"end partial: the history begins after event 10, after which the gap begins: "
                  "what lay between is gone"});
  EXPECT_EQ(ids(fill.rows), Lines{"alert gapfill 10"});
}

// An event of the new epoch that came after the loss is no proof either, on whichever tape it is.
TEST_F(NexusGlassFill, TakesWhatCameAfterTheLossForNoProofOfTheOlderEdge) {
  const Value values[] = {Text("10"), Text("REGIME_SHIFT"), {}, {}, Text("BTCUSDT"), {}, {}, {},
                          {}};
  const Ns at = kFrom + 90 * kNsPerSec;
  normalizer_->remember({TableId::alert, Origin::live, at, at, values});
  DrivenFill fill(*plan_, *normalizer_, gap("10"));
  fill.start();
  fill.answer(page({}));
  EXPECT_EQ(fill.answer(page({event(10, 90)}))[0].substr(0, 12), "end partial:");
}

// The first answer was an old one.
TEST_F(NexusGlassFill, GoesOnWhereTheProofKnowsOfMore) {
  live(10, -1);
  DrivenFill fill(*plan_, *normalizer_, gap("10"));
  fill.start();
  EXPECT_EQ(fill.answer(page({})), Lines{ask("after=9&")});
  EXPECT_EQ(fill.answer(page({event(10, -1), event(11, 4)})), Lines{ask("after=11&")});
  EXPECT_EQ(fill.answer(page({event(12, 5)})), Lines{ask("after=12&")});
  EXPECT_EQ(fill.answer(page({})), Lines{"end filled: the history has both its edges"});
  EXPECT_EQ(ids(fill.rows), (Lines{"alert gapfill 11", "alert gapfill 12"}));
}

TEST_F(NexusGlassFill, WithoutACursorTakesAShortHistoryForNoWholeOne) {
  DrivenFill fill(*plan_, *normalizer_, gap(std::nullopt));
  fill.start();
  EXPECT_EQ(fill.answer(page({event(6, 3)})), Lines{ask("after=6&")});
  EXPECT_EQ(fill.answer(page({})), Lines{"end partial: the history shows nothing from before it"});
}

TEST_F(NexusGlassFill, EndsAtAPageThatRepeatsItself) {
  live(10, -1);
  DrivenFill fill(*plan_, *normalizer_, gap("10"));
  fill.start();
  EXPECT_EQ(fill.answer(page({event(11, 4)})), Lines{ask("after=11&")});
  EXPECT_EQ(fill.answer(page({event(11, 4)})), Lines{ask("after=9&")});
  EXPECT_EQ(ids(fill.rows), Lines{"alert gapfill 11"});
}

TEST_F(NexusGlassFill, WithoutACursorKeepsWhatIsNotOlderThanTheGap) {
  DrivenFill fill(*plan_, *normalizer_, gap(std::nullopt));
  EXPECT_EQ(fill.start(), Lines{ask("")});
  EXPECT_EQ(fill.answer(page({event(5, -100), event(6, 3)})), Lines{ask("after=6&")});
  EXPECT_EQ(fill.answer(page({})), Lines{"end filled: the history has both its edges"});
  EXPECT_EQ(ids(fill.rows), Lines{"alert gapfill 6"});
}

TEST_F(NexusGlassFill, DoesNotRepeatWhatAnEarlierRecorderHas) {
  const Value values[] = {Text("11"), Text("REGIME_SHIFT"), {}, {}, Text("BTCUSDT"), {}, {}, {},
                          {}};
  normalizer_->remember({TableId::alert, Origin::live, kFrom, kFrom + 4 * kNsPerSec, values});
  DrivenFill fill(*plan_, *normalizer_, gap("10"));
  fill.start();
  fill.answer(page({event(11, 4), event(12, 5)}));
  EXPECT_EQ(ids(fill.rows), Lines{"alert gapfill 12"});
  // A frame of this session gives its row all the same: the tape stands for itself.
  RowLog own;
  const Inbound inbound("ws/fastfeed", R"({"type":"EVENT","payload":)" + event(11, 4) + "}");
  normalizer_->normalize(inbound.frame(), own);
  EXPECT_EQ(own.rows.size(), 1U);
}

TEST_F(NexusGlassFill, ReadsEveryAssumedShapeAndNamesWhatItCannotRead) {
  for (const std::string& body : {"[" + event(11, 4) + "]", R"({"data":[)" + event(11, 4) + "]}",
                                  R"({"data":{"events":[)" + event(11, 4) + "]}}",
                                  R"([{"type":"EVENT","payload":)" + event(11, 4) + "}]"}) {
    normalizer_ = plan_->make_normalizer(1);
    DrivenFill fill(*plan_, *normalizer_, gap("10"));
    fill.start();
    EXPECT_EQ(fill.answer(body), Lines{ask("after=11&")}) << body;
    EXPECT_EQ(ids(fill.rows), Lines{"alert gapfill 11"}) << body;
  }
  DrivenFill fill(*plan_, *normalizer_, gap("10"));
  fill.start();
  EXPECT_EQ(fill.answer(R"({"ok":true})"), Lines{"problem: no list of events"});
  EXPECT_EQ(fill.answer(R"({"error":"forbidden","code":"TIER"})", 403),
            Lines{"later: HTTP 403, TIER: forbidden: check feeds.nexusglass.api_key, and that its "
                  "tier covers the event history"});
}

TEST_F(NexusGlassFill, OnlyTheEventEndpointHasAHistory) {
  Gap other = gap(std::nullopt);
  other.stream = "ws";
  EXPECT_FALSE(DrivenFill(*plan_, *normalizer_, other).exists());
}

class NexusGlassFilteredFill : public NexusGlassFill {
 protected:
  NexusGlassFilteredFill()
      : NexusGlassFill(
            R"({"api_key":"k3y","symbols":["BTCUSDT"],"events":["REGIME_SHIFT","MAGNETISM_HIGH"]})") {
  }
};

TEST_F(NexusGlassFilteredFill, KeepsOnlyWhatTheSubscriptionAsksFor) {
  DrivenFill fill(*plan_, *normalizer_, gap("10"));
  fill.start();
  fill.answer(page({event(11, 1), event(12, 2, "ETHUSDT"), event(13, 3, "BTCUSDT", "OTHER"),
                    event(14, 4, "BTCUSDT", "MAGNETISM_HIGH")}));
  EXPECT_EQ(ids(fill.rows), (Lines{"alert gapfill 11", "alert gapfill 14"}));
}

}  // namespace
}  // namespace tapedeck
