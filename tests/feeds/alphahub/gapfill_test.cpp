// AlphaHub's gap-fill: what is asked, what becomes a row, and how the gap ends.
#include "tests/feeds/alphahub/fill_world.h"
#include "tests/feeds/alphahub/timed_log.h"

namespace tapedeck {
namespace {

using namespace testing::alphahub;
using testing::DrivenFill;
using testing::normalize_one;
using testing::testdata;

TEST_F(AlphaHubFill, LogsInAsksFromTheDayBeforeAndKeepsWhatFallsIntoTheGap) {
  live({leg(-20)}, -20);
  DrivenFill fill(*plan_, *normalizer_, gap());
  fill.answered_after_ns = 10 * kNsPerSec;
  EXPECT_EQ(fill.method(), GapMethod::after);
  EXPECT_EQ(fill.start(), Lines{kAskLogin});
  EXPECT_EQ(fill.answer(kTokens), (Lines{"secret R1", "secret T1", ask("2021-04-25")}));
  EXPECT_EQ(fill.answer(page({leg(400), leg(50, "\"95000.50\"", "Buy", "JBHT"), leg(10, "7"),
                              leg(-20), leg(-86'000)})),
            Lines{kFilled});
  EXPECT_EQ(fill.rows.rows,
            (Lines{"signal gapfill @1619447410000000000 algorithm_id=16 symbol=MU side=sell "
                   "price=7",
                   "signal gapfill @1619447450000000000 algorithm_id=16 symbol=JBHT side=buy "
                   "price=95000.50"}));
}

TEST_F(AlphaHubFill, ReadsTheHistoryAsItWasSeen) {
  Gap of = gap();
  of.from_ns += kNsPerSec;  // before the second leg of the capture
  of.floor_ns = of.from_ns;
  DrivenFill fill = begin(of);
  EXPECT_EQ(fill.answer(testdata("alphahub", "signals_history.json")), Lines{kNoOlderEdge});
  EXPECT_EQ(fill.rows.rows,
            (Lines{"signal gapfill @1619447400000000000 algorithm_id=16 symbol=VRTX side=buy "
                   "price=216.08",
                   "signal gapfill @1619447401000000000 algorithm_id=16 symbol=JBHT side=buy "
                   "price=168.56"}));
}

TEST_F(AlphaHubFill, CountsLegsThatLookAlikeBeforeInAndAfterTheGap) {
  EXPECT_EQ(live({leg(-1), leg(-1)}, -1).size(), 2U);
  EXPECT_EQ(live({leg(99)}, 101).size(), 1U);
  DrivenFill fill = begin(gap());
  // Five at -1 (two known), two at 50, three at 99 (one known), spelled as the service likes.
  fill.answer(page({leg(99), leg(99, "87.10"), leg(99), leg(50), leg(50, "\"8.71e1\""), leg(-1),
                    leg(-1), leg(-1), leg(-1, "87.100"), leg(-1)}));
  EXPECT_EQ(brief(fill.rows.rows), (Lines{"-1 87.1", "-1 87.100", "-1 87.1", "50 8.71e1", "50 87.1",
                                          "99 87.1", "99 87.10"}));
}

TEST_F(AlphaHubFill, TellsLegsApartBySymbolSidePriceTimeAndAlgorithm) {
  live({leg(10), leg(11, "87.1", "buy"), leg(12, "87.2"), leg(13, "87.1", "sell", "NVDA")}, 14);
  normalize_one(*normalizer_, "socket/websocket",
                R"([null,null,"algorithms:17","new_signals",{"open":[)" + leg(14) + "]}]",
                kFrom + 14 * kNsPerSec);
  DrivenFill fill = begin(gap());
  fill.answer(page({leg(14), leg(13), leg(12), leg(11), leg(10), leg(10)}));
  EXPECT_EQ(brief(fill.rows.rows), (Lines{"10 87.1", "11 87.1", "12 87.1", "13 87.1", "14 87.1"}));
}

TEST_F(AlphaHubFill, FoldsWhatTheSocketBringsLater) {
  DrivenFill fill = begin(gap());
  fill.answer(page({leg(99), leg(99)}));
  EXPECT_EQ(fill.rows.rows.size(), 2U);
  EXPECT_EQ(live({leg(99)}, 101), Lines{});
  // One more than REST told is one more event, of another action too.
  EXPECT_EQ(live({leg(99), leg(99)}, 101, 0, "close"),
            Lines{"signal live @1619447499000000000 algorithm_id=16 action=close leg=1 symbol=MU "
                  "side=sell price=87.1"});
}

TEST_F(AlphaHubFill, FoldsRedundantConnectionsAndTheHistoryTogether) {
  configure("", 2);
  EXPECT_EQ(live({leg(-1), leg(-1)}, -1, 0).size(), 2U);
  EXPECT_EQ(live({leg(-1), leg(-1)}, -1, 1).size(), 0U);
  DrivenFill fill = begin(gap());
  fill.answer(page({leg(99), leg(-1), leg(-1)}));
  EXPECT_EQ(brief(fill.rows.rows), Lines{"99 87.1"});
  EXPECT_EQ(live({leg(99)}, 101, 1).size(), 0U);
  EXPECT_EQ(live({leg(99)}, 101, 0).size(), 0U);
  EXPECT_EQ(live({leg(99)}, 102, 0).size(), 1U);
}

TEST_F(AlphaHubFill, AddsNothingWhenAskedAgain) {
  DrivenFill fill = begin(gap());
  const std::string body = page({leg(99), leg(99), leg(50), R"({"price":1})"});
  fill.answer(body);
  EXPECT_EQ(fill.rows.rows.size(), 4U);
  DrivenFill again = begin(gap());
  again.answer(body);
  EXPECT_EQ(again.rows.rows, Lines{});
}

TEST_F(AlphaHubFill, DoesNotRepeatWhatAnEarlierRecorderHas) {
  const auto remember = [&](Value algorithm, const char* price, int second) {
    const Value values[] = {algorithm, Text("open"), Int(0), Text("MU"), Text("sell"), Text(price)};
    const Ns at = kFrom + second * kNsPerSec;
    normalizer_->remember({TableId::signal, Origin::live, at, at, values});
  };
  EXPECT_EQ(normalizer_->remembered_tables().size(), 1U);
  remember(Int(16), "87.10", -1);
  remember(Int(17), "87.1", 50);
  DrivenFill fill = begin(gap());
  EXPECT_EQ(fill.answer(page({leg(50), leg(-1), leg(-1), leg(-63)})), Lines{kFilled});
  EXPECT_EQ(brief(fill.rows.rows), (Lines{"-1 87.1", "50 87.1"}));
  // A frame of this session gives its row all the same: the tape stands for itself.
  normalizer_ = plan_->make_normalizer(1);
  remember(Int(16), "87.1", 3);
  EXPECT_EQ(live({leg(3)}, 3).size(), 1U);
}

TEST_F(AlphaHubFill, IsPartialWhereASignalCannotBeReadAndKeepsTheOthers) {
  const struct {
    std::string item;
    std::string problem;
  } cases[] = {
      {R"({"price":1,"side":"buy","symbol":"X"})", "no timestamp"},
      {R"({"price":1,"side":"buy","symbol":"X","timestamp":"soon"})", "bad timestamp"},
      {R"({"price":1,"side":"buy","timestamp":"2021-04-26T14:30:09"})", "no symbol"},
      {"7", "a leg that is no object"},
  };
  for (const auto& one : cases) {
    configure();
    DrivenFill fill = begin(gap());
    EXPECT_EQ(
        fill.answer(page({leg(50), one.item})),
        Lines{"end partial: the history holds a signal that cannot be read (" + one.problem + ")"});
    EXPECT_EQ(fill.rows.rows.size(), 2U);
    EXPECT_EQ(fill.rows.rows.front(), "unparsed gapfill reason=REST signal: " + one.problem);
  }
  // Nothing that lies outside the gap matters.
  DrivenFill fill = begin(gap());
  EXPECT_EQ(fill.answer(page({R"({"timestamp":"2021-04-26 T10:00:00"})"})), Lines{kFilled});
}

TEST_F(AlphaHubFill, DoubtsTimesThatDoNotFitTheReceipt) {
  live({leg(-7'220)}, -20);
  DrivenFill fill = begin(gap());
  EXPECT_EQ(fill.answer(page({leg(50), leg(-7'220)})),
            Lines{"end partial: signals come 7200 s after the time that they bear, so that those "
                  "of the gap are not known by theirs: check feeds.alphahub.utc_offset and "
                  "feeds.alphahub.rest.clock_slack_ms"});
  EXPECT_EQ(brief(fill.rows.rows), Lines{"50 87.1"});
  // One that fits shows that the clocks agree: the other one was just told late.
  live({leg(-10)}, -10);
  EXPECT_EQ(begin(gap()).answer(page({leg(50), leg(-10), leg(-7'220)})), Lines{kFilled});
}

TEST_F(AlphaHubFill, ReadsAndAsksInTheConfiguredZone) {
  configure(R"(,"overlap_days":0)", 1, R"("utc_offset":"-05:00",)");
  Gap of = gap();
  of.from_ns = of.floor_ns = kFrom - 12 * 3'600 * kNsPerSec;  // 02:30 UTC
  DrivenFill fill(*plan_, *normalizer_, of);
  fill.start();
  EXPECT_EQ(fill.answer(kTokens).back(), ask("2021-04-25"));
  fill.answer(page({R"({"price":1,"symbol":"X","timestamp":"2021-04-26 T09:00:00"})"}));
  EXPECT_EQ(brief(fill.rows.rows), Lines{"-1800 1"});
}

TEST_F(AlphaHubFill, LogsInOnceMoreWhenTheTokenIsRefused) {
  DrivenFill fill = begin(gap());
  EXPECT_EQ(fill.answer(R"({"error":"Invalid token"})", 401), Lines{kAskLogin});
  EXPECT_EQ(fill.answer(R"({"data":{"token":"T2"}})"),
            (Lines{"secret T2", ask("2021-04-25", "T2")}));
  EXPECT_EQ(fill.answer(R"({"error":"Forbidden"})", 403),
            Lines{"later: HTTP 403, Forbidden: use an account in feeds.alphahub.email that has "
                  "access to the algorithm, or take it out of feeds.alphahub.algorithms"});
}

TEST_F(AlphaHubFill, TakesTheTokenThatAConnectionHasUntilItIsTooOld) {
  const auto client = plan_->make_client("socket/websocket", 0);
  TimedLog connection;
  connection.now = 100 * kNsPerSec;
  client->on_start(connection);
  RestResponse answer;
  answer.tag = connection.requested.tag;
  answer.status = 200;
  answer.body = R"({"data":{"renew_token":"R1","token":"T1"}})";
  connection.now = 101 * kNsPerSec;
  client->on_response(answer, connection);

  DrivenFill young(*plan_, *normalizer_, gap());
  young.set_now((100 + 1'739) * kNsPerSec);
  EXPECT_EQ(young.start(), Lines{ask("2021-04-25", "T1")});
  DrivenFill old(*plan_, *normalizer_, gap());
  old.set_now((100 + 1'740) * kNsPerSec);
  EXPECT_EQ(old.start(), Lines{kAskLogin});
  EXPECT_EQ(old.answer(R"({"data":{"token":"T2"}})"),
            (Lines{"secret T2", ask("2021-04-25", "T2")}));
  // The connection's next attempt, in turn, takes the fill's.
  connection.take();
  connection.now = 1'900 * kNsPerSec;
  client->on_start(connection);
  EXPECT_EQ(connection.take(), Lines{"connect ws://host/socket/websocket?vsn=2.0.0&api_token=T2"});
}

TEST_F(AlphaHubFill, ATokenThatTheServiceRefusesIsTriedByNobodyElse) {
  DrivenFill first(*plan_, *normalizer_, gap());
  DrivenFill second(*plan_, *normalizer_, gap());
  DrivenFill third(*plan_, *normalizer_, gap());
  for (DrivenFill* fill : {&first, &second, &third}) fill->set_now(kNsPerSec);
  EXPECT_EQ(first.start(), Lines{kAskLogin});
  first.answer(R"({"data":{"token":"T1"}})");
  EXPECT_EQ(second.start(), Lines{ask("2021-04-25", "T1")});
  EXPECT_EQ(first.answer(R"({"error":"Invalid token"})", 401), Lines{kAskLogin});
  EXPECT_EQ(first.answer(R"({"data":{"token":"T2"}})"),
            (Lines{"secret T2", ask("2021-04-25", "T2")}));
  // A refusal of the old one takes nothing from the new one.
  EXPECT_EQ(second.answer(R"({"error":"Invalid token"})", 401), Lines{ask("2021-04-25", "T2")});
  EXPECT_EQ(third.start(), Lines{ask("2021-04-25", "T2")});
}

TEST_F(AlphaHubFill, NamesTheRemedyOfARefusal) {
  DrivenFill fill(*plan_, *normalizer_, gap());
  fill.start();
  EXPECT_EQ(fill.answer(R"({"error":"no such user","old_token":"abc"})", 401),
            (Lines{"secret abc",
                   "later: the service refused the login (HTTP 401, no such user): correct "
                   "feeds.alphahub.email and feeds.alphahub.password"}));
  fill.start();
  EXPECT_EQ(fill.answer("{}"),
            Lines{"later: the login's answer (HTTP 200) has no token at data.token; if that goes "
                  "on, check feeds.alphahub.rest_url"});
  for (const int status : {400, 404, 422}) {
    EXPECT_EQ(begin(gap()).answer("", status),
              Lines{"later: HTTP " + std::to_string(status) +
                    ": check feeds.alphahub.rest_url, feeds.alphahub.rest.signals_path and "
                    "feeds.alphahub.algorithms"});
  }
  EXPECT_EQ(begin(gap()).answer("", 302), Lines{"later: HTTP 302"});
}

TEST_F(AlphaHubFill, TakesLessWrappedListsAndNamesWhatIsNone) {
  const std::string legs = leg(50) + "," + leg(-63);
  for (const std::string& body :
       {R"({"signals":[)" + legs + "]}", R"({"data":[)" + legs + "]}", "[" + legs + "]"}) {
    configure();
    DrivenFill fill = begin(gap());
    EXPECT_EQ(fill.answer(body), Lines{kFilled});
    EXPECT_EQ(brief(fill.rows.rows), Lines{"50 87.1"}) << body;
  }
  for (const char* body :
       {"{}", R"({"data":{"signals":null}})", "7", R"({"data":{"signals":{}}})"}) {
    EXPECT_EQ(begin(gap()).answer(body), Lines{"problem: no list at data.signals"}) << body;
  }
}

TEST_F(AlphaHubFill, SurvivesEveryTruncation) {
  const std::string body = page({leg(99), leg(50, "\"1e-28\""), leg(-1)});
  for (std::size_t size = 0; size < body.size(); ++size) {
    configure();
    DrivenFill fill = begin(gap());
    EXPECT_EQ(fill.answer(body.substr(0, size)), Lines{"problem: no list at data.signals"});
    DrivenFill login(*plan_, *normalizer_, gap());
    login.start();
    EXPECT_NO_THROW(login.answer(std::string(kTokens).substr(0, size)));
  }
}

TEST_F(AlphaHubFill, AsksTheConfiguredPath) {
  configure(R"(,"signals_path":"/x/{id}/y","overlap_days":30)");
  DrivenFill fill(*plan_, *normalizer_, gap());
  fill.start();
  EXPECT_EQ(fill.answer(kTokens).back(),
            "ask gapfill GET http://host/x/16/y?after=2021-03-27 Authorization: T1");
  Gap other = gap();
  other.stream = "phoenix";
  EXPECT_FALSE(DrivenFill(*plan_, *normalizer_, other).exists());
}

}  // namespace
}  // namespace tapedeck
