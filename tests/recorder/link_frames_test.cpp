// What a link writes down and sends: streams, timers, REST exchanges, frames.
#include <gtest/gtest.h>

#include "recorder/link.h"
#include "schema/ws/codec.h"
#include "tests/recorder/link_world.h"

namespace tapedeck::testing {
namespace {

TEST_F(LinkTest, AStreamThatIsLostAloneIsAGapWhileTheConnectionLives) {
  link_->start();
  world_.last().open();
  world_.last().text("ready a");
  world_.last().text("lost b");
  EXPECT_EQ(link_->state(), Link::State::ready);
  EXPECT_EQ(gaps(), Lines{"channel b 1000+0ms.. no such channel"});
  world_.last().text("ready b");
  EXPECT_EQ(gaps(), Lines{"channel b 1000+0ms..1000+0ms no such channel"});
}

TEST_F(LinkTest, AConnectionWhoseEveryStreamWasRefusedIsTriedAgain) {
  link_->start();
  world_.last().open();
  world_.last().text("lost b");
  world_.last().text("lost a");
  EXPECT_EQ(link_->state(), Link::State::closing);
  EXPECT_EQ(connection(1).error, "the service refused every stream");
  EXPECT_FALSE(link_->was_ever_ready());
}

TEST_F(LinkTest, AClientThatGivesUpForGoodStopsTheLink) {
  become_ready();
  world_.last().text("die");
  EXPECT_EQ(world_.last().take(), Lines{"close 1000"});
  world_.last().close(1000, "");
  world_.last().end();
  EXPECT_EQ(link_->state(), Link::State::given_up);
  EXPECT_EQ(link_->why(), "wrong tier");
}

TEST_F(LinkTest, TimersOfTheClientEndWithTheConnection) {
  become_ready();
  world_.last().text("tick?");
  world_.advance_ms(3'000);
  EXPECT_EQ(world_.last().take(), Lines{"text tick 7"});
  world_.last().text("tick?");
  lose();
  world_.advance_ms(1'000);
  world_.last().open();
  world_.last().take();
  world_.advance_ms(4'000);
  EXPECT_EQ(world_.last().take(), Lines{});
}

TEST_F(LinkTest, RestExchangesAreWrittenDownRedacted) {
  become_ready();
  world_.last().text("ask");
  ASSERT_EQ(world_.calls.size(), 1U);
  RestResponse response;
  response.status = 200;
  response.body = R"({"echo":"sesame-open","token":"fresh-token"})";
  world_.calls[0].done(response);
  EXPECT_EQ(world_.last().take(), Lines{"text answer 5 200"});
  const RequestInfo& request = journal_.requests.at(1);
  EXPECT_EQ(request.url, "http://toy/login?p=***");
  EXPECT_EQ(request.body, R"({"echo":"***","token":"***"})");
  EXPECT_EQ(request.status, 200);
  EXPECT_EQ(request.purpose, "login");
}

TEST_F(LinkTest, ARestExchangeThatIsGivenUpIsWrittenDownAsWell) {
  become_ready();
  world_.last().text("ask");
  lose();
  EXPECT_EQ(journal_.requests.at(1).error, "given up: the connection that asked ended");
  EXPECT_EQ(journal_.requests.at(1).status, std::nullopt);
}

TEST_F(LinkTest, ASecretThatComesBackIsRedactedInItsFrameAndItsRows) {
  become_ready();
  journal_.frames.clear();
  world_.last().text(R"(data {"echo":"sesame-open"})");
  world_.last().text("data two");
  EXPECT_EQ(journal_.frames, (Lines{R"(in 1 data {"echo":"***"})", "in 1 data two"}));
  EXPECT_EQ(journal_.rows, (Lines{R"(feed_error live message=data {"echo":"***"})",
                                  "feed_error live message=data two"}));
  EXPECT_EQ(connection(1).error, "the service sent a secret back; it is redacted in its frame");
}

TEST_F(LinkTest, AfterAnEchoedSecretTheLogStillSaysWhyTheConnectionEnded) {
  become_ready();
  world_.last().text(R"(data {"echo":"sesame-open"})");
  lose("reset by peer");
  EXPECT_EQ(connection(1).error, "the service sent a secret back; it is redacted in its frame");
  EXPECT_TRUE(log_.back().starts_with("toy/toy: reset by peer; connecting again in "))
      << log_.back();
  EXPECT_TRUE(gaps()[0].ends_with(" reset by peer")) << gaps()[0];
}

TEST_F(LinkTest, ACloseWithoutACodeIsCalledSo) {
  become_ready();
  world_.last().close(close_code::kNone, "");
  world_.last().end("");
  EXPECT_EQ(connection(1).close_code, std::nullopt);
  EXPECT_TRUE(log_.back().starts_with("toy/toy: the server closed without a code; connecting"))
      << log_.back();
}

constexpr FieldShape kPriceFields[] = {{"price", shape::kText}};
constexpr MessageShape kPriceShape[] = {{"price", kPriceFields}};
constexpr FeedShapes kToyShapes{kPriceShape, [](const InFrame& frame, const FrameTag&) {
                                  return frame.root().is_object() ? kPriceShape : nullptr;
                                }};

Lines drift_lines(const FakeJournal& journal) {
  Lines out;
  for (const DriftRecord& d : journal.drifts) {
    out.push_back(d.feed + " " + d.type + " " + d.path + " " + d.what + " frame " +
                  std::to_string(d.frame_id));
  }
  return out;
}

TEST_F(LinkTest, AFormatThatChangedIsWrittenDownWithItsFirstFrameAndWarnedOfOnce) {
  feed_.drift = DriftDetector(kToyShapes);
  become_ready();
  log_.clear();
  world_.last().text(R"({"price":"1"})");
  EXPECT_EQ(drift_lines(journal_), Lines{});
  const std::string first = std::to_string(journal_.frames.size() + 1);
  for (int i = 0; i < 3; ++i) world_.last().text(R"({"price":1,"fee":2})");
  EXPECT_EQ(drift_lines(journal_), (Lines{"toy price price kind: string -> number frame " + first,
                                          "toy price fee new field frame " + first}));
  EXPECT_EQ(journal_.drifts[0].recv_ns, world_.time.stamp.wall);
  const std::string what = "toy/toy: the service's format is not as known: ";
  EXPECT_EQ(log_, (Lines{what + "price: price: kind: string -> number (frame " + first + ")",
                         what + "price: fee: new field (frame " + first + ")"}));
}

TEST_F(LinkTest, ASecretInANameReachesNeitherDriftNorLog) {
  feed_.drift = DriftDetector(kToyShapes);
  become_ready();
  log_.clear();
  // The secret ends beyond the bytes that a path keeps of a name.
  world_.last().text("{\"price\":\"1\",\"" + std::string(58, 'x') + "sesame-open\":2}");
  ASSERT_EQ(journal_.drifts.size(), 1U);
  EXPECT_EQ(journal_.drifts[0].path, "***");
  for (const std::string& line : log_) EXPECT_EQ(line.find("sesa"), std::string::npos) << line;
}

TEST_F(LinkTest, RedundantConnectionsTellDriftOnce) {
  feed_.drift = DriftDetector(kToyShapes);
  Link other(
      world_, journal_, feed_, secrets_, "toy", 1,
      [this](Severity, std::string_view, std::string_view what) { log_.emplace_back(what); },
      [] {});
  become_ready();
  other.start();
  world_.last().open();
  for (const auto& transport : world_.transports) transport->text(R"({"price":1})");
  ASSERT_EQ(journal_.drifts.size(), 1U);
  EXPECT_EQ(journal_.drifts[0].what, "kind: string -> number");
}

TEST_F(LinkTest, DriftIsOnlyToldOfFramesThatAreOnTheTape) {
  feed_.drift = DriftDetector(kToyShapes);
  become_ready();
  journal_.full = true;
  world_.last().text(R"({"price":1})");
  EXPECT_EQ(drift_lines(journal_), Lines{});
  journal_.full = false;
  world_.last().text(R"({"price":1})");
  EXPECT_EQ(journal_.drifts.size(), 1U);
}

TEST_F(LinkTest, FramesThatFindNoRoomAreAnOverloadGap) {
  become_ready();
  world_.last().text("data 1");
  journal_.full = true;
  world_.advance_ms(10);
  world_.last().text("data 2");
  world_.last().text("data 3");
  journal_.full = false;
  world_.advance_ms(10);
  world_.last().text("data 4");
  EXPECT_EQ(journal_.rows,
            (Lines{"feed_error live message=data 1", "feed_error live message=data 4"}));
  EXPECT_EQ(gaps()[0],
            "overload a 1000+0ms..1000+20ms the queue towards the tape was full: 2 frames, 12 "
            "bytes not kept");
}

TEST_F(LinkTest, ReadingWaitsWhileTheQueueIsCrowded) {
  become_ready();
  world_.last().take();
  journal_.crowded = true;
  world_.last().text("data 1");
  world_.last().events->on_read_end();
  EXPECT_EQ(world_.last().take(), Lines{"pause"});
  world_.advance_ms(100);
  EXPECT_EQ(world_.last().take(), Lines{});
  journal_.crowded = false;
  world_.advance_ms(1);
  EXPECT_EQ(world_.last().take(), Lines{"go on"});
}

TEST_F(LinkTest, ReadingWaitsForTheQueueASecondTimeOnlyOnceItHasBeenFree) {
  become_ready();
  world_.last().take();
  journal_.crowded = true;
  world_.last().events->on_read_end();
  world_.advance_ms(4'999);
  EXPECT_EQ(world_.last().take(), Lines{"pause"});
  world_.advance_ms(1);
  EXPECT_EQ(world_.last().take(), Lines{"go on"}) << "pings must be answered";
  world_.last().events->on_read_end();
  EXPECT_EQ(world_.last().take(), Lines{});
  journal_.crowded = false;
  world_.last().events->on_read_end();
  journal_.crowded = true;
  world_.last().events->on_read_end();
  EXPECT_EQ(world_.last().take(), Lines{"pause"});
  // The connection may end meanwhile.
  world_.last().end();
  world_.advance_ms(10'000);
}

TEST_F(LinkTest, WhoIsNotListenedToIsNotSilent) {
  become_ready();
  world_.advance_ms(59'000);
  world_.last().take();
  journal_.crowded = true;
  world_.last().text("data 1");
  world_.advance_ms(58'000);
  world_.last().events->on_read_end();
  world_.advance_ms(4'000);
  EXPECT_EQ(link_->state(), Link::State::ready) << "62 s after the last frame";
  journal_.crowded = false;
  world_.advance_ms(1'000);
  EXPECT_EQ(world_.last().take(), (Lines{"pause", "go on"}));
  world_.advance_ms(59'000);
  EXPECT_EQ(link_->state(), Link::State::ready);
  world_.advance_ms(2'000);
  EXPECT_NE(link_->state(), Link::State::ready);
}

TEST_F(LinkTest, TextThatIsNotUtf8IsKeptAndTheConnectionFailedWith1007) {
  become_ready();
  journal_.frames.clear();
  world_.last().events->on_message(Opcode::text, "data \xff", false);
  EXPECT_EQ(journal_.frames[0], "in 1 data \xff");
  EXPECT_EQ(world_.last().take(), Lines{"close 1007 invalid UTF-8"});
}

TEST_F(LinkTest, APeerThatBreaksTheProtocolIsToldSoAndAFeedErrorSaysIt) {
  become_ready();
  world_.last().events->on_protocol_error({"a message is over the limit", 1009});
  EXPECT_EQ(world_.last().take(), (Lines{"close 1009 a message is over the limit", "shutdown"}));
  EXPECT_EQ(journal_.rows,
            Lines{"feed_error live code=PROTOCOL_ERROR message=a message is over the limit"});
  world_.last().end();
  EXPECT_EQ(link_->state(), Link::State::waiting);
}

TEST_F(LinkTest, StoppingWhileWaitingOrConnectingEndsAtOnce) {
  link_->start();
  lose("cannot connect");
  link_->stop();
  EXPECT_EQ(link_->state(), Link::State::stopped);
  world_.advance_ms(60'000);
  EXPECT_EQ(world_.transports.size(), 1U);
}

TEST_F(LinkTest, StoppingDuringAnAttemptDropsItWithoutAGap) {
  link_->start();
  link_->stop();
  world_.settle();
  EXPECT_EQ(link_->state(), Link::State::stopped);
  EXPECT_EQ(gaps(), Lines{});
}

}  // namespace
}  // namespace tapedeck::testing
