// How gaps are filled: pace, trouble, and what is written down. The service is the test.
#include "recorder/gap_filler.h"

#include <gtest/gtest.h>

#include "tests/support/fake_environment.h"
#include "tests/support/fakes.h"

namespace tapedeck {
namespace {

using testing::FakeEnvironment;
using testing::FakeJournal;
using Lines = std::vector<std::string>;

// Asks for page 1, 2, … and ends `filled` at a page that says so.
class PagedFill final : public GapFill {
 public:
  explicit PagedFill(std::string stream) : stream_(std::move(stream)) {}
  bool trusts_clocks() const override { return stream_ != "numbered"; }
  Ns clocks_apart_max() const override {
    return stream_ == "patient" ? 3'400 * kNsPerSec : GapFill::clocks_apart_max();
  }
  GapMethod method() const override { return GapMethod::after; }
  void start(FillActions& actions) override { ask(actions); }
  void on_page(const RestPage& page, FillActions& actions) override {
    if (page.last == "end") return actions.end(GapStatus::filled, "it came to its end");
    if (page.last == "behind") return actions.later("not there yet");
    ++page_;
    ask(actions, page.settles_in);
  }

 private:
  void ask(FillActions& actions, Ns after = 0) const {
    RestRequest request;
    request.purpose = "gapfill";
    request.url = "http://toy/page/" + std::to_string(page_) + "?key=sesame-open";
    actions.ask(std::move(request), after);
  }
  std::string stream_;
  int page_ = 1;
};

// A stream without a path: there is nothing to ask.
class PathlessFill final : public GapFill {
 public:
  GapMethod method() const override { return GapMethod::none; }
  void start(FillActions& actions) override { actions.end(GapStatus::unfillable, "no path"); }
  void on_page(const RestPage& /*page*/, FillActions& actions) override { start(actions); }
};

class PagedPlan final : public FeedPlan {
 public:
  std::vector<std::string> endpoints() const override { return {"toy"}; }
  std::unique_ptr<Client> make_client(std::string_view, int) const override { return nullptr; }
  std::unique_ptr<GapFill> make_fill(const FillTask& task) const override {
    if (task.gap.stream == "mute") return nullptr;
    if (task.gap.stream == "pathless") return std::make_unique<PathlessFill>();
    return std::make_unique<PagedFill>(task.gap.stream);
  }
  std::optional<CursorPlan> cursor_plan(std::string_view stream) const override {
    if (stream != "counted") return std::nullopt;
    CursorPlan plan;
    plan.request.purpose = "cursor";
    plan.request.url = "http://toy/newest";
    plan.every = 60 * kNsPerSec;
    return plan;
  }
};

// `{"rows":N,"last":"x"}` gives N rows; with `"bad":true` two more that tell of trouble.
class PagedNormalizer final : public Normalizer {
 public:
  FrameTag classify(const InFrame&) const override { return {}; }
  void normalize(const InFrame&, RowSink&) override {}
  RestPage absorb(const RestAnswer& answer, RowSink& rows) override {
    RestPage page;
    if (!answer.root().is_object()) {
      page.problem = "no object";
      return page;
    }
    if (answer.root()["ok"].boolean() == false) {
      page.problem = "refused";
      return page;
    }
    const auto count = answer.root()["rows"].integer().value_or(0);
    for (std::int64_t i = 0; i < count; ++i) {
      rows.add(Narrative{"r", answer.root()["last"].text(), {}}, std::nullopt, Origin::gapfill);
    }
    if (answer.root()["bad"].boolean() == true) {
      rows.add(Unparsed{"no event"}, std::nullopt, Origin::gapfill);
      rows.add(FeedError{"sick", "half of it"}, std::nullopt, Origin::gapfill);
    }
    if (answer.purpose == "cursor") rows.set_cursor(answer.stream, "77");
    page.last = answer.root()["last"].text();
    page.settles_in = answer.root()["settles_in_ms"].integer().value_or(0) * kNsPerMs;
    return page;
  }
};

class GapFillerTest : public ::testing::Test {
 protected:
  GapFillerTest() {
    feed_.name = "toy";
    feed_.plan = std::make_unique<PagedPlan>();
    feed_.normalizer = std::make_unique<PagedNormalizer>();
    feed_.ledger = std::make_unique<GapLedger>("toy", world_.time.stamp.wall, journal_);
    secrets_.add("sesame-open");
    make();
  }
  void make() {
    filler_ =
        std::make_unique<GapFiller>(world_, journal_, feed_, secrets_, settings_,
                                    [this](Severity, std::string_view who, std::string_view what) {
                                      log_.push_back(std::string(who) + ": " + std::string(what));
                                    });
  }

  void add(const std::string& stream = "a", std::int64_t id = 1) {
    Gap gap;
    gap.id = id;
    gap.feed = "toy";
    gap.stream = stream;
    gap.from_ns = world_.time.stamp.wall - 10 * kNsPerSec;
    gap.to_ns = world_.time.stamp.wall;
    gap.detail = "reset";
    filler_->add(gap);
    world_.settle();
    world_.settle();
  }
  std::size_t asked() const { return world_.calls.size(); }
  std::string last_url() const { return world_.calls.back().request.url; }
  void answer(int status, const std::string& body, Headers headers = {}) {
    RestResponse response;
    response.status = status;
    response.body = body;
    response.headers = std::move(headers);
    const auto done = world_.calls.back().done;
    done(response);
    world_.settle();
  }
  // Nothing is asked for `ms` and something then.
  void expect_silence_of(std::int64_t ms) {
    const std::size_t before = asked();
    world_.advance_ms(ms - 1);
    EXPECT_EQ(asked(), before) << "asked too early";
    world_.advance_ms(1);
    EXPECT_EQ(asked(), before + 1) << "did not ask";
  }
  std::string gap(std::int64_t id = 1) {
    const Gap& gap = journal_.gaps.at(id);
    return std::string(to_string(gap.method)) + " " + std::string(to_string(gap.status)) + " " +
           std::to_string(gap.recovered) + " " + gap.detail;
  }

  FakeEnvironment world_;
  FakeJournal journal_;
  FeedContext feed_;
  Redactor secrets_;
  BackfillSettings settings_;
  Lines log_;
  std::unique_ptr<GapFiller> filler_;
};

TEST_F(GapFillerTest, FillsPageByPageAndWritesEachExchangeDown) {
  add();
  ASSERT_EQ(asked(), 1U);
  EXPECT_EQ(last_url(), "http://toy/page/1?key=sesame-open");
  answer(200, R"({"rows":3,"last":"x"})");
  expect_silence_of(100);
  EXPECT_EQ(last_url(), "http://toy/page/2?key=sesame-open");
  answer(200, R"({"rows":2,"last":"end"})");
  EXPECT_EQ(gap(), "after filled 5 reset; it came to its end");
  EXPECT_EQ(filler_->pending(), 0U);
  EXPECT_EQ(filler_->outcome().recovered, 5);
  EXPECT_EQ(journal_.rows.size(), 5U);
  const RequestInfo& request = journal_.requests.at(1);
  EXPECT_EQ(request.url, "http://toy/page/1?key=***");
  EXPECT_EQ(request.purpose, "gapfill");
  EXPECT_EQ(request.stream, "a");
  EXPECT_EQ(request.gap_id, 1);
  EXPECT_EQ(request.status, 200);
  EXPECT_EQ(request.body, R"({"rows":3,"last":"x"})");
  EXPECT_EQ(journal_.requests.size(), 2U);
}

TEST_F(GapFillerTest, WhatTellsOfTroubleIsKeptButNotRecovered) {
  add();
  for (int i = 0; i < 3; ++i) {
    answer(200, R"({"rows":0,"last":"behind","bad":true})");
    world_.advance(300 * kNsPerSec);
  }
  answer(200, R"({"rows":2,"last":"end","bad":true})");
  EXPECT_EQ(gap(), "after filled 2 reset; it came to its end");
  EXPECT_EQ(filler_->outcome().recovered, 2);
  EXPECT_EQ(journal_.rows.size(), 10U);
}

TEST_F(GapFillerTest, FillsOtherGapsWhileOneWaitsForItsTime) {
  add("a", 1);
  answer(200, R"({"rows":1,"settles_in_ms":5000})");
  world_.advance_ms(1'000);
  ASSERT_EQ(asked(), 1U);
  add("b", 2);
  ASSERT_EQ(asked(), 2U);
  answer(200, R"({"rows":2,"last":"end"})");
  EXPECT_EQ(gap(2), "after filled 2 reset; it came to its end");
  expect_silence_of(4'000);
  EXPECT_EQ(last_url(), "http://toy/page/2?key=sesame-open");
  answer(200, R"({"rows":0,"last":"end"})");
  EXPECT_EQ(gap(1), "after filled 1 reset; it came to its end");
}

TEST_F(GapFillerTest, AsksTheSamePageAgainAfterWhateverPasses) {
  add();
  answer(200, R"({"rows":1,"last":"x"})");
  world_.advance_ms(100);
  const std::string second = last_url();
  const struct {
    int status;
    const char* body;
    int after_ms;  // 1, 2, 4, … s, less an eighth (the middle of the jitter)
  } troubles[] = {{500, "oops", 875}, {503, "<html>", 1'750}, {0, "", 3'500}, {408, "", 7'000}};
  for (const auto& trouble : troubles) {
    answer(trouble.status, trouble.body);
    expect_silence_of(trouble.after_ms);
    EXPECT_EQ(last_url(), second);
  }
  EXPECT_EQ(gap(), "after open 1 reset; not filled yet: HTTP 408");
  answer(200, R"({"rows":1,"last":"end"})");
  EXPECT_EQ(gap(), "after filled 2 reset; it came to its end");
}

TEST_F(GapFillerTest, BeginsAnewAfterAnAnswerThatCannotBeRead) {
  add();
  answer(200, R"({"rows":1,"last":"x"})");
  world_.advance_ms(100);
  for (const char* body : {"<html>busy</html>", "", "[1]", "{\"rows\":1"}) {
    answer(200, body);
    EXPECT_EQ(journal_.gaps.at(1).status, GapStatus::open) << body;
    world_.advance(300 * kNsPerSec);
    EXPECT_EQ(last_url(), "http://toy/page/1?key=sesame-open") << body;
  }
  answer(404, R"({"error":{"code":"not_found","message":"No such path"}})");
  EXPECT_EQ(gap(), "after open 1 reset; not filled yet: HTTP 404, not_found: No such path");
}

TEST_F(GapFillerTest, ATooManyRequestsPausesTheWholeFeedForAsLongAsItSays) {
  add("a", 1);
  add("b", 2);
  answer(429, R"({"error":{"retry_after":20}})");
  expect_silence_of(20'000);
  // The pause is over for all: the other gap, too, has its turn.
  answer(200, R"({"last":"end"})");
  world_.advance_ms(100);
  answer(200, R"({"last":"end"})");
  EXPECT_EQ(journal_.gaps.at(1).status, GapStatus::filled);
  EXPECT_EQ(journal_.gaps.at(2).status, GapStatus::filled);
}

TEST_F(GapFillerTest, WhatIsAlwaysRefusedWithTooManyRequestsKeepsNoOtherFromItsTurn) {
  add("a", 1);
  add("b", 2);
  add("c", 3);
  answer(429, "", {{"Retry-After", "2"}});
  expect_silence_of(2'000);
  answer(429, "", {{"Retry-After", "2"}});
  EXPECT_EQ(gap(2), "after open 0 reset; not filled yet: HTTP 429");
  expect_silence_of(2'000);
  answer(200, R"({"last":"end"})");
  EXPECT_EQ(gap(3), "after filled 0 reset; it came to its end");
  // Then in the order in which they failed, each with a back-off of its own.
  world_.advance_ms(100);
  answer(429, "", {{"Retry-After", "1"}});
  EXPECT_EQ(gap(2), "after open 0 reset; not filled yet: HTTP 429");
  expect_silence_of(1'000);
  answer(200, R"({"last":"end"})");
  EXPECT_EQ(gap(2), "after filled 0 reset; it came to its end");
  EXPECT_EQ(journal_.gaps.at(1).status, GapStatus::open);
}

TEST_F(GapFillerTest, AGapThatCameWhileOneEndpointRefusesWaitsNoLongerThanTheServiceSays) {
  add("a", 1);
  for (const int after_ms : {1'000, 1'750, 3'500, 7'000}) {
    answer(429, "", {{"Retry-After", "1"}});
    expect_silence_of(after_ms);
  }
  answer(429, "", {{"Retry-After", "1"}});
  add("b", 2);
  expect_silence_of(1'000);
  answer(200, R"({"last":"end"})");
  EXPECT_EQ(gap(2), "after filled 0 reset; it came to its end");
  expect_silence_of(13'000);  // 14 s since its own
}

TEST_F(GapFillerTest, WhatCannotBeAskedForEndsAtOnceAlsoWhileTheServiceWantsAPause) {
  add("a", 1);
  add("pathless", 2);  // while a request is under way
  EXPECT_EQ(gap(2), "none unfillable 0 reset; no path");
  answer(429, "", {{"Retry-After", "20"}});
  add("pathless", 3);
  EXPECT_EQ(gap(3), "none unfillable 0 reset; no path");
  EXPECT_EQ(filler_->pending(), 1U);
}

TEST_F(GapFillerTest, SaysWhenItReallyAsksAgain) {
  add("a", 1);
  answer(429, "", {{"Retry-After", "2"}});
  EXPECT_EQ(log_.back(), "toy/a: the gap is not filled yet: HTTP 429; asking again in 2 s");
  expect_silence_of(2'000);
  answer(200, R"({"ok":false,"error":{"code":"RATE_LIMITED","retry_after":20}})");
  EXPECT_EQ(log_.back(),
            "toy/a: the gap is not filled yet: the answer is not understood (refused); asking "
            "again in 20 s");
}

TEST_F(GapFillerTest, ARefusalWithATwoHundredIsWaitedForAsLongAsItSays) {
  add();
  answer(200, R"({"ok":false,"error":{"code":"RATE_LIMITED","retry_after":20}})");
  EXPECT_EQ(gap(), "after open 0 reset; not filled yet: the answer is not understood (refused)");
  expect_silence_of(20'000);
  // Nothing is said: the back-off alone.
  answer(200, R"({"ok":false,"error":{"code":"RATE_LIMITED"}})");
  expect_silence_of(1'750);
  answer(200, R"({"last":"end"})");
  EXPECT_EQ(journal_.gaps.at(1).status, GapStatus::filled);
}

TEST_F(GapFillerTest, OneGapsTroubleDoesNotHoldTheOthersUp) {
  add("a", 1);
  add("b", 2);
  answer(500, "");
  world_.advance_ms(100);
  answer(200, R"({"last":"end"})");
  EXPECT_EQ(journal_.gaps.at(1).status, GapStatus::open);
  EXPECT_EQ(journal_.gaps.at(2).status, GapStatus::filled);
}

TEST_F(GapFillerTest, LeavesWhatCannotBeAskedFor) {
  add("mute");
  EXPECT_EQ(gap(), "none unfillable 0 reset; the service has no way to ask for it");
  settings_.max_age_ns = 5 * kNsPerSec;
  make();
  add("a", 2);
  EXPECT_EQ(gap(2), "none unfillable 0 reset; it began before what backfill.max_age allows");
  EXPECT_EQ(asked(), 0U);
}

TEST_F(GapFillerTest, EndsAPartialFillThatComesToNoEnd) {
  settings_.pages_max = 3;
  make();
  add();
  for (int i = 0; i < 3; ++i) {
    answer(200, R"({"rows":1,"last":"x"})");
    world_.advance_ms(100);
  }
  EXPECT_EQ(gap(),
            "after partial 3 reset; after 3 pages it had come to no end (backfill.pages_max)");
}

TEST_F(GapFillerTest, ClaimsNothingFilledWhereTimesDoNotTellWhatLiesWithinTheGap) {
  const Ns now = world_.time.stamp.wall;
  feed_.service_clock.saw(now - 10 * kNsPerSec, world_.time.stamp);
  add();
  answer(200, R"({"rows":1,"last":"end"})");
  EXPECT_EQ(gap(1), "after filled 1 reset; it came to its end");

  feed_.put_back_ns = now - 10 * kNsPerSec;
  add("a", 2);
  world_.advance_ms(100);
  answer(200, R"({"rows":1,"last":"end"})");
  EXPECT_EQ(gap(2),
            "after partial 1 reset; it came to its end; but the clock was put back before "
            "1970-01-01T00:16:30Z: "
            "times do not tell whether that is all");

  feed_.put_back_ns.reset();
  feed_.service_clock.saw(world_.time.stamp.wall + 3'400 * kNsPerSec, world_.time.stamp);
  add("a", 3);
  world_.advance_ms(100);
  answer(200, R"({"rows":1,"last":"end"})");
  EXPECT_EQ(gap(3),
            "after partial 1 reset; it came to its end; but our clock is 3400 s behind the "
            "service's: times do "
            "not tell whether that is all");

  add("numbered", 4);
  world_.advance_ms(100);
  answer(200, R"({"rows":1,"last":"end"})");
  EXPECT_EQ(gap(4), "after filled 1 reset; it came to its end");

  add("patient", 5);
  world_.advance_ms(100);
  answer(200, R"({"rows":1,"last":"end"})");
  EXPECT_EQ(gap(5), "after filled 1 reset; it came to its end");
}

TEST_F(GapFillerTest, LearnsWhereAStreamStandsWhenItIsReadyAndFromTimeToTime) {
  filler_->ready("counted");
  filler_->ready("other");
  ASSERT_EQ(asked(), 1U);
  EXPECT_EQ(last_url(), "http://toy/newest");
  answer(200, "{}");
  EXPECT_EQ(journal_.cursors.at("counted"), "77");
  EXPECT_EQ(feed_.cursor_of("counted"), "77");
  expect_silence_of(60'000);
  answer(503, "");
  expect_silence_of(875);
  EXPECT_EQ(journal_.requests.at(2).status, 503);
}

TEST_F(GapFillerTest, ASecretInAnAnswerDoesNotReachItsRows) {
  add();
  answer(200, R"({"rows":1,"last":"sesame-open"})");
  EXPECT_EQ(journal_.requests.at(1).body, R"({"rows":1,"last":"***"})");
  EXPECT_EQ(journal_.rows, Lines{"narrative gapfill symbol=r text=***"});
}

TEST_F(GapFillerTest, StoppingWritesDownWhatWasUnderWayAndAsksNothingMore) {
  add("a", 1);
  add("b", 2);
  filler_->stop();
  EXPECT_EQ(journal_.requests.at(1).error, "given up: the recording ended");
  EXPECT_EQ(journal_.requests.at(1).recv_ns, std::nullopt);
  world_.advance(600 * kNsPerSec);
  EXPECT_EQ(asked(), 1U);
  EXPECT_EQ(filler_->pending(), 2U);
  EXPECT_EQ(journal_.gaps.at(1).status, GapStatus::open);
}

TEST_F(GapFillerTest, DoesNothingWhereBackfillIsOff) {
  settings_.enabled = false;
  make();
  add();
  filler_->ready("counted");
  EXPECT_EQ(asked(), 0U);
}

}  // namespace
}  // namespace tapedeck
