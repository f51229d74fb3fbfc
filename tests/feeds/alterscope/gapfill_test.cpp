// Alterscope's gap-fill: what is asked, what becomes a row, how the gap ends; and which changes
// prove that one was missed.
#include <gtest/gtest.h>

#include "schema/feeds/alterscope/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck {
namespace {

using testing::DrivenFill;
using testing::Inbound;
using testing::plan_of;
using testing::RowLog;
using Lines = std::vector<std::string>;

constexpr Ns kFrom = 1'777'278'842 * kNsPerSec;  // 2026-04-27T08:34:02Z
const Lines kEnd = {"end partial: the service tells what factors are now, not how they became so"};
const Lines kLater = {"later: the service tells an older state than the socket has brought"};

std::string as_of(int second) {
  return R"(,"as_of":")" + format_rfc3339(kFrom + second * kNsPerSec) + "\"";
}
std::string state(const std::string& factor, const std::string& current, int second,
                  const std::string& more = "") {
  return R"({"factor":")" + factor + R"(","current":)" + current + as_of(second) + more + "}";
}
std::string page(const Lines& states, const std::string& meta = R"({"has_more":false})") {
  std::string body = R"({"data":[)";
  for (const auto& one : states) body += (body.back() == '[' ? "" : ",") + one;
  return body + R"(],"meta":)" + meta + "}";
}
std::string ask(const std::string& query = "page%5Blimit%5D=50") {
  return "ask snapshot GET http://host/v2/yield/opportunities/a%2Fb/factors?" + query +
         " Authorization: Bearer k3y";
}

class AlterscopeFill : public ::testing::Test {
 protected:
  AlterscopeFill() { configure(); }

  void configure(const std::string& more = "", int connections = 1) {
    plan_ = plan_of(alterscope_feed(), R"({"api_key":"k3y","opportunities":["a/b"])" + more + "}");
    normalizer_ = plan_->make_normalizer(connections);
  }
  static Gap gap() {
    Gap gap;
    gap.stream = "a/b";
    gap.from_ns = kFrom;
    gap.floor_ns = kFrom - 60 * kNsPerSec;
    gap.to_ns = kFrom + 100 * kNsPerSec;
    return gap;
  }
  // What a change gives that happens at `second` and is received half a second later.
  RowLog change(const std::string& factor, const std::string& previous, const std::string& current,
                int second, int slot = 0, const std::string& more = "") {
    const Inbound inbound("v2/ws/factors",
                          R"({"type":"factor.changed","opportunity_id":"a/b","factor":")" + factor +
                              R"(","previous":)" + previous + R"(,"current":)" + current +
                              as_of(second) + more + "}",
                          kFrom + second * kNsPerSec + 500 * kNsPerMs, slot);
    RowLog log;
    normalizer_->normalize(inbound.frame(), log);
    return log;
  }
  // The rows that one answer gives.
  Lines told(const Lines& states, const Gap& of = gap()) {
    DrivenFill fill(*plan_, *normalizer_, of);
    fill.answered_after_ns = kNsPerSec;
    fill.start();
    EXPECT_EQ(fill.answer(page(states)), kEnd);
    return brief(fill.rows.rows);
  }
  // `FACTOR CURRENT SECOND`
  static Lines brief(const Lines& rows) {
    Lines found;
    for (const std::string& row : rows) {
      const auto word = [&](const std::string& name) {
        const std::size_t at = row.find(name) + name.size();
        return row.substr(at, row.find(' ', at) - at);
      };
      const Ns time = row.find('@') == std::string::npos ? 0 : std::stoll(word("@")) - kFrom;
      found.push_back(word(" factor=") + " " + word("current=") + " " +
                      std::to_string(time / kNsPerSec));
    }
    return found;
  }

  std::unique_ptr<FeedPlan> plan_;
  std::unique_ptr<Normalizer> normalizer_;
};

TEST_F(AlterscopeFill, MakesARowOfEachFactorThatHasAnotherValue) {
  change("ratio", "0.70", "0.74", -10);
  change("depth", "1", "2", -5);
  DrivenFill fill(*plan_, *normalizer_, gap());
  EXPECT_EQ(fill.method(), GapMethod::snapshot);
  EXPECT_EQ(fill.start(), Lines{ask()});
  EXPECT_EQ(fill.answer(page({state("ratio", "0.610", 50, R"(,"as_of_block":22341488)"),
                              state("depth", "\"2.0\"", -5)})),
            kEnd);
  EXPECT_EQ(fill.rows.rows,
            Lines{"factor gapfill @1777278892000000000 opportunity_id=a/b factor=ratio "
                  "current=0.610 as_of_block=22341488"});
  EXPECT_EQ(fill.rows.cursors, Lines{"a/b=2026-04-27T08:34:52Z"});
}

TEST_F(AlterscopeFill, TakesPreviousFromTheAnswerAloneAndValueForCurrent) {
  change("ratio", "0.70", "0.74", -10);
  DrivenFill fill(*plan_, *normalizer_, gap());
  fill.start();
  fill.answer(page({R"({"factor":"ratio","value":"0.5","previous":0.66})"}));
  EXPECT_EQ(fill.rows.rows,
            Lines{"factor gapfill opportunity_id=a/b factor=ratio previous=0.66 current=0.5"});
}

TEST_F(AlterscopeFill, GoesThroughEveryPageAndStopsWhereTheyRepeat) {
  change("a", "0", "1", -1);
  change("b", "0", "1", -1);
  DrivenFill fill(*plan_, *normalizer_, gap());
  fill.start();
  EXPECT_EQ(fill.answer(page({state("a", "2", 5)}, R"({"cursor":"x&y","has_more":true})")),
            Lines{ask("page%5Blimit%5D=50&page%5Bcursor%5D=x%26y")});
  EXPECT_EQ(fill.answer(page({state("b", "2", 5)}, R"({"cursor":7})")),
            Lines{ask("page%5Blimit%5D=50&page%5Bcursor%5D=7")});
  EXPECT_EQ(fill.answer(page({state("a", "2", 5)}, R"({"cursor":"x&y","has_more":true})")),
            Lines{kEnd.front() + "; the answer's pages repeat"});
  EXPECT_EQ(brief(fill.rows.rows), (Lines{"a 2 5", "b 2 5"}));
  for (const char* last :
       {"{}", "null", R"({"cursor":null,"has_more":true})", R"({"cursor":"z","has_more":false})"}) {
    DrivenFill other(*plan_, *normalizer_, gap());
    other.start();
    EXPECT_EQ(other.answer(page({}, last)), kEnd) << last;
  }
}

TEST_F(AlterscopeFill, TakesAFactorThatWasNeverSeenOnlyIfItChangedInTheGap) {
  EXPECT_EQ(told({state("long ago", "1", -62), state("edge", "2", -61), state("in", "3", 99),
                  state("after", "4", 101), R"({"factor":"timeless","current":5})"}),
            (Lines{"edge 2 -61", "in 3 99"}));
}

TEST_F(AlterscopeFill, LeavesOutOtherCategoriesWhereTheAnswerNamesThem) {
  configure(R"(,"categories":["liquidity","oracle"],"rest":{"limit":7},"auth":"query")");
  DrivenFill fill(*plan_, *normalizer_, gap());
  EXPECT_EQ(fill.start(), Lines{"ask snapshot GET http://host/v2/yield/opportunities/a%2Fb/factors?"
                                "categories=liquidity,oracle&page%5Blimit%5D=7&token=k3y"});
  fill.answer(page({state("a", "1", 5, R"(,"category":"oracle")"),
                    state("b", "1", 5, R"(,"category":"economic")"), state("c", "1", 5)}));
  EXPECT_EQ(brief(fill.rows.rows), (Lines{"a 1 5", "c 1 5"}));
}

TEST_F(AlterscopeFill, LeavesTheNewerValueToTheSocket) {
  change("ratio", "0.70", "0.74", -10);
  change("ratio", "0.5", "0.4", 101);
  EXPECT_EQ(told({state("ratio", "0.5", 50)}), Lines{});
  EXPECT_EQ(told({R"({"factor":"ratio","current":0.5})"}), Lines{});
  EXPECT_EQ(told({state("ratio", "0.3", 102)}), Lines{"ratio 0.3 102"});
}

TEST_F(AlterscopeFill, WaitsForAStateThatIsBehindTheSocket) {
  change("ratio", "0.70", "0.74", -10);
  DrivenFill fill(*plan_, *normalizer_, gap());
  fill.start();
  EXPECT_EQ(fill.answer(page({state("ratio", "0.70", -20), state("new", "1", 5)})), kLater);
  EXPECT_EQ(brief(fill.rows.rows), Lines{"new 1 5"});
  EXPECT_EQ(told({state("ratio", "0.61", 50), state("new", "1", 5)}), Lines{"ratio 0.61 50"});
  EXPECT_EQ(told({state("ratio", "0.61", 50), state("new", "1", 5)}), Lines{});
}

TEST_F(AlterscopeFill, TellsOldFromNewByTheBlockWhereTimesAreTooCoarse) {
  const auto block = [](int number) { return R"(,"as_of_block":)" + std::to_string(number); };
  change("ratio", "0.70", "0.74", -10, 0, block(7));
  EXPECT_EQ(told({state("ratio", "0.61", -10, block(8))}), Lines{"ratio 0.61 -10"});
  configure();
  change("ratio", "0.70", "0.74", -10, 0, block(7));
  DrivenFill fill(*plan_, *normalizer_, gap());
  fill.start();
  EXPECT_EQ(fill.answer(page({state("ratio", "0.70", -10, block(6))})), kLater);
  change("ratio", "0.74", "0.60", 101, 0, block(9));
  EXPECT_EQ(told({state("ratio", "0.61", 101, block(8))}), Lines{});
  EXPECT_EQ(told({state("ratio", "0.59", 101, block(10))}), Lines{"ratio 0.59 101"});
}

TEST_F(AlterscopeFill, TakesWhatRestToldAndTheSocketBringsLaterForOneChange) {
  change("ratio", "0.70", "0.74", -10);
  EXPECT_EQ(told({state("ratio", "0.61", 99), state("later", "7", 101)}), Lines{"ratio 0.61 99"});
  // On its way when REST told what came after it.
  EXPECT_EQ(change("ratio", "0.74", "0.66", 98).rows.size(), 1U);
  EXPECT_EQ(change("ratio", "0.66", "0.63", 99).rows.size(), 1U);
  RowLog same = change("ratio", "0.63", "0.610", 99);
  EXPECT_EQ(same.rows, Lines{});
  EXPECT_EQ(same.misses, Lines{});
  // Another one that looks alike is another one.
  EXPECT_EQ(change("ratio", "0.61", "0.610", 99).rows.size(), 1U);
  // Told, but no row yet.
  same = change("later", "6", "7", 101);
  EXPECT_EQ(same.rows.size(), 1U);
  EXPECT_EQ(same.misses, Lines{});
}

TEST_F(AlterscopeFill, ComparesWithWhatAnEarlierRecorderHas) {
  const auto remember = [&](const char* factor, const char* current, int second) {
    const Value values[] = {Text("a/b"), Text(factor), {}, Text(current), {}};
    const Ns at = kFrom + second * kNsPerSec;
    normalizer_->remember({TableId::factor, Origin::live, at, at, values});
  };
  EXPECT_EQ(normalizer_->remembered_tables().size(), 1U);
  remember("same", "1", -9);
  remember("same", "2", -8);
  remember("other", "1", -8);
  EXPECT_EQ(told({state("same", "2.0", -8), state("other", "3", 50)}), Lines{"other 3 50"});
  // It proves nothing, and a frame of this session gives its row all the same.
  remember("own", "1", -8);
  const RowLog own = change("own", "5", "1", -8);
  EXPECT_EQ(own.rows.size(), 1U);
  EXPECT_EQ(own.misses, Lines{});
  EXPECT_EQ(change("same", "1", "2", -8).rows.size(), 1U);
}

TEST_F(AlterscopeFill, NamesTheRemedyOfARefusal) {
  DrivenFill fill(*plan_, *normalizer_, gap());
  const struct {
    int status;
    const char* body;
    const char* what;
  } cases[] = {
      {401, R"({"error":{"code":"unauthorized","message":"no","request_id":"r"}})",
       "HTTP 401, unauthorized: no: check feeds.alterscope.api_key, that the key has the scope "
       "read:yield:detail, and its organisation's tier"},
      {403, "",
       "HTTP 403: check feeds.alterscope.api_key, that the key has the scope read:yield:detail, "
       "and its organisation's tier"},
      {404, "",
       "HTTP 404: check feeds.alterscope.rest_url, feeds.alterscope.rest.factors_path and "
       "feeds.alterscope.opportunities"},
      {302, "", "HTTP 302"},
  };
  for (const auto& one : cases) {
    fill.start();
    EXPECT_EQ(fill.answer(one.body, one.status), Lines{"later: " + std::string(one.what)});
  }
}

TEST_F(AlterscopeFill, KeepsTheGoodFactorsOfAnAnswerAndSaysWhatIsWrong) {
  const Lines bad = {"7", R"({"current":1})", R"({"factor":"x"})", R"({"factor":"x","value":{}})",
                     R"({"factor":"x","value":1,"previous":[]})"};
  Lines all = bad;
  all.push_back(state("good", "1", 5));
  DrivenFill fill(*plan_, *normalizer_, gap());
  for (int turn = 0; turn < 2; ++turn) {
    fill.start();
    EXPECT_EQ(fill.answer(page(all)),
              Lines{kEnd.front() +
                    "; a factor of the answer cannot be read (REST factor: bad previous)"});
  }
  EXPECT_EQ(fill.rows.rows,
            (Lines{"unparsed gapfill reason=REST factor: no factor",
                   "unparsed gapfill reason=REST factor: no factor",
                   "unparsed gapfill reason=REST factor: no current",
                   "unparsed gapfill reason=REST factor: bad current",
                   "unparsed gapfill reason=REST factor: bad previous",
                   "factor gapfill @1777278847000000000 opportunity_id=a/b factor=good "
                   "current=1"}));
}

TEST_F(AlterscopeFill, SurvivesEveryTruncation) {
  const std::string body = page({state("a", "1e-28", 5, R"(,"category":"oracle")"),
                                 state("b", "\"-0.0\"", 5, R"(,"previous":null)")},
                                R"({"cursor":"x","has_more":true})");
  for (std::size_t size = 0; size < body.size(); ++size) {
    DrivenFill fill(*plan_, *normalizer_, gap());
    fill.start();
    EXPECT_EQ(fill.answer(body.substr(0, size)), Lines{"problem: no list at data"}) << size;
  }
  for (const char* odd : {"{}", "null", R"({"data":{}})", R"({"data":null})", R"("data")"}) {
    DrivenFill fill(*plan_, *normalizer_, gap());
    fill.start();
    EXPECT_EQ(fill.answer(odd), Lines{"problem: no list at data"}) << odd;
  }
}

TEST_F(AlterscopeFill, TakesAChangeThatDoesNotFollowForProofOfAMissedOne) {
  EXPECT_EQ(change("ratio", "0.70", "0.74", 0).misses, Lines{}) << "the first proves nothing";
  EXPECT_EQ(change("ratio", "\"0.740\"", "7.4e-1", 1).misses, Lines{});
  EXPECT_EQ(change("depth", "5", "6", 2).misses, Lines{});
  EXPECT_EQ(change("ratio", "0.74", "null", 3).misses, Lines{});
  EXPECT_EQ(change("ratio", "0.1", "0.2", 4).misses, Lines{}) << "after none it may be anything";
  EXPECT_EQ(change("ratio", "null", "0.3", 5).misses, Lines{});
  EXPECT_EQ(change("ratio", "0.30", "0.4", 6).misses, Lines{});
  const RowLog log = change("ratio", "0.5", "0.6", 9);
  EXPECT_EQ(log.rows.size(), 1U);
  EXPECT_EQ(log.misses,
            Lines{"a/b since " + std::to_string(kFrom + 6 * kNsPerSec + 500 * kNsPerMs) +
                  ": ratio changed from 0.5, but the last value known is 0.4"});
  EXPECT_EQ(change("ratio", "0.6", "0.7", 10).misses, Lines{}) << "said once";
}

TEST_F(AlterscopeFill, CountsWhatRestToldAsRecorded) {
  change("ratio", "0.70", "0.74", -10);
  told({state("ratio", "0.61", 50), state("old", "3", -500)});
  EXPECT_EQ(change("ratio", "0.610", "0.5", 101).misses, Lines{});
  const std::string since = "a/b since " + std::to_string(*gap().to_ns + kNsPerSec) + ": ";
  EXPECT_EQ(change("old", "4", "5", 102).misses,
            Lines{since + "old changed from 4, but the last value known is 3"});
  // Confirmed by REST, it is known to have held until then.
  Gap second = gap();
  second.to_ns = kFrom + 200 * kNsPerSec;
  told({state("ratio", "0.5", 101)}, second);
  EXPECT_EQ(change("ratio", "0.4", "0.3", 300).misses,
            Lines{"a/b since " + std::to_string(*second.to_ns + kNsPerSec) +
                  ": ratio changed from 0.4, but the last value known is 0.5"});
}

TEST_F(AlterscopeFill, KnowsAValueThatWentAwayAndCameBackForANewOne) {
  change("ratio", "1", "2", -10);
  // In the gap it became 3; what made it 2 again is on its way on the socket when REST tells of it.
  EXPECT_EQ(told({state("ratio", "2", 102)}), Lines{});
  const RowLog back = change("ratio", "3", "2", 102);
  EXPECT_EQ(back.misses, Lines{});
  EXPECT_EQ(brief(back.rows), Lines{"ratio 2 102"});
  EXPECT_EQ(change("ratio", "2", "5", 104).misses, Lines{});
  EXPECT_EQ(change("ratio", "6", "7", 106).misses.size(), 1U);
}

TEST_F(AlterscopeFill, ProvesNothingBelowAThreshold) {
  configure(R"(,"alert_threshold":0.05)");
  change("ratio", "0.70", "0.74", 0);
  const RowLog log = change("ratio", "0.76", "0.9", 1);
  EXPECT_EQ(log.rows.size(), 1U);
  EXPECT_EQ(log.misses, Lines{});
}

TEST_F(AlterscopeFill, FoldsRedundantConnectionsBeforeItJudges) {
  configure("", 2);
  change("ratio", "0.70", "0.74", 0, 0);
  change("ratio", "0.74", "0.80", 1, 0);
  for (const char* previous : {"0.70", "0.74"}) {
    const bool is_first = std::string(previous) == "0.70";
    const RowLog log = change("ratio", previous, is_first ? "0.74" : "0.80", is_first ? 0 : 1, 1);
    EXPECT_EQ(log.rows, Lines{});
    EXPECT_EQ(log.misses, Lines{});
  }
  EXPECT_EQ(told({state("ratio", "0.9", 99)}), Lines{"ratio 0.9 99"});
  EXPECT_EQ(change("ratio", "0.80", "0.9", 99, 1).rows, Lines{});
  EXPECT_EQ(change("ratio", "0.80", "0.9", 99, 0).rows, Lines{});
  EXPECT_EQ(change("ratio", "0.90", "1", 100, 0).misses, Lines{});
}

}  // namespace
}  // namespace tapedeck
