// A connection's life: attempts, refusals, back-off, time-outs, the end.
#include "recorder/link.h"

#include <gtest/gtest.h>

#include "schema/ws/codec.h"
#include "tests/recorder/link_world.h"

namespace tapedeck::testing {
namespace {

TEST_F(LinkTest, WritesDownAConnectionsWholeLife) {
  link_->start();
  EXPECT_EQ(world_.last().take(), Lines{"connect ws://toy/?key=sesame-open"});
  EXPECT_EQ(connection(1).url, "ws://toy/?key=***");
  EXPECT_EQ(connection(1).attempt, 1);
  EXPECT_FALSE(connection(1).opened_ns);
  world_.advance_ms(100);
  world_.last().open();
  EXPECT_EQ(connection(1).opened_ns, world_.time.stamp.wall);
  world_.last().text("ready a");
  EXPECT_FALSE(connection(1).ready_ns);
  world_.advance_ms(50);
  world_.last().text("ready b");
  EXPECT_EQ(connection(1).ready_ns, world_.time.stamp.wall);
  world_.last().text("data 1");
  link_->stop();
  world_.last().close(1000, "");
  world_.last().end();
  EXPECT_EQ(link_->state(), Link::State::stopped);
  EXPECT_EQ(connection(1).closed_by, ClosedBy::client);
  EXPECT_EQ(connection(1).close_code, 1000);
  EXPECT_EQ(connection(1).error, std::nullopt);
  const std::string close = ws::close_payload(1000, "");
  EXPECT_EQ(journal_.frames, (Lines{"out 1 hello ***", "in 1 ready a", "in 1 ready b",
                                    "in 1 data 1", "out 8 " + close, "in 8 " + close}));
  EXPECT_EQ(journal_.rows, Lines{"feed_error live message=data 1"});
  EXPECT_EQ(gaps(), Lines{});
}

TEST_F(LinkTest, AnswersPingsWithTheirOwnPayloadAndWritesBothDown) {
  become_ready();
  journal_.frames.clear();
  world_.last().events->on_message(Opcode::ping, "abc", true);
  EXPECT_EQ(world_.last().take(), Lines{"pong abc"});
  EXPECT_EQ(journal_.frames, (Lines{"in 9 abc", "out 10 abc"}));
}

TEST_F(LinkTest, ALossIsAGapFromTheLastFrameUntilReadyAgain) {
  become_ready();
  world_.advance_ms(250);
  world_.last().text("data");
  world_.advance_ms(500);
  lose();
  EXPECT_EQ(connection(1).closed_by, ClosedBy::network);
  EXPECT_EQ(connection(1).close_code, std::nullopt);
  EXPECT_EQ(connection(1).error, "reset by peer");
  EXPECT_EQ(gaps(), (Lines{"disconnect a 1000+250ms.. reset by peer",
                           "disconnect b 1000+250ms.. reset by peer"}));
  world_.advance_ms(1'000);
  world_.last().open();
  world_.last().text("ready b");
  EXPECT_EQ(gaps()[0], "disconnect a 1000+250ms.. reset by peer");
  EXPECT_EQ(gaps()[1], "disconnect b 1000+250ms..1001+750ms reset by peer");
  EXPECT_EQ(connection(2).attempt, 2);
}

TEST_F(LinkTest, BacksOffDoublingUpToTheCap) {
  link_->start();
  for (const int ms : {1'000, 2'000, 4'000, 8'000, 8'000}) {
    lose("cannot connect");
    EXPECT_TRUE(waits_for(ms)) << ms;
  }
}

TEST_F(LinkTest, JitterMovesTheWaitBothWays) {
  link_->start();
  world_.chance = 0;
  lose();
  EXPECT_TRUE(waits_for(500));
  world_.chance = 0.75;
  lose();
  EXPECT_TRUE(waits_for(2'250));
}

TEST_F(LinkTest, BackOffStartsAnewOnlyAfterAStableConnection) {
  become_ready();
  lose();
  EXPECT_TRUE(waits_for(1'000));
  world_.last().open();
  world_.last().text("ready a");
  world_.last().text("ready b");
  for (int i = 0; i < 59; ++i) {
    world_.advance_ms(1'000);
    world_.last().text("data");
  }
  lose();  // 59 s: not stable yet
  EXPECT_TRUE(waits_for(2'000));
  world_.last().open();
  world_.last().text("ready a");
  world_.last().text("ready b");
  for (int i = 0; i < 60; ++i) {
    world_.advance_ms(1'000);
    world_.last().text("data");
  }
  lose();
  EXPECT_TRUE(waits_for(1'000));
  EXPECT_EQ(connection(4).attempt, 1);
}

TEST_F(LinkTest, APermanentRefusalStopsForGoodWithTheRemedy) {
  link_->start();
  RestResponse refused;
  refused.status = 401;
  world_.last().events->on_phase("upgrade");
  world_.last().events->on_refused(refused);
  lose("the upgrade was refused with HTTP 401");
  EXPECT_EQ(link_->state(), Link::State::given_up);
  EXPECT_EQ(connection(1).error, "bad key: set feeds.toy.api_key");
  EXPECT_EQ(log_.back(), "toy/toy: stopped: bad key: set feeds.toy.api_key");
  EXPECT_EQ(gaps()[0], "disconnect a 1000+0ms.. bad key: set feeds.toy.api_key");
  world_.advance_ms(600'000);
  EXPECT_EQ(world_.transports.size(), 1U);
}

TEST_F(LinkTest, ARefusalWithRetryAfterWaitsThatLong) {
  link_->start();
  RestResponse refused;
  refused.status = 429;
  refused.headers = {{"Retry-After", "20"}};
  world_.last().events->on_refused(refused);
  lose();
  EXPECT_TRUE(waits_for(20'000));
}

TEST_F(LinkTest, TheServersCloseIsEchoedAndKept) {
  become_ready();
  world_.last().close(1012, "restart");
  EXPECT_EQ(world_.last().take(), (Lines{"close 1012 restart", "shutdown"}));
  EXPECT_EQ(connection(1).closed_by, ClosedBy::server);
  EXPECT_EQ(connection(1).close_code, 1012);
  EXPECT_EQ(connection(1).close_reason, "restart");
  world_.last().end();
  EXPECT_EQ(link_->state(), Link::State::waiting);
  EXPECT_EQ(gaps()[0], "disconnect a 1000+0ms.. the server closed with 1012, restart");
}

TEST_F(LinkTest, AClosingServerThatLingersIsCutOff) {
  become_ready();
  world_.last().close(1001, "");
  world_.last().take();
  world_.advance_ms(2'000);
  EXPECT_EQ(link_->state(), Link::State::waiting);
}

TEST_F(LinkTest, ACloseCodeThatIsPermanentStops) {
  become_ready();
  world_.last().close(4401, "auth");
  world_.last().end();
  EXPECT_EQ(link_->state(), Link::State::given_up);
  EXPECT_EQ(link_->why(), "key revoked");
}

TEST_F(LinkTest, EachPhaseOfConnectingHasItsTimeAndItsName) {
  for (const char* phase : {"name lookup", "TCP connect", "TLS handshake", "upgrade"}) {
    SCOPED_TRACE(phase);
    const auto before = static_cast<std::int64_t>(world_.transports.size());
    if (before == 0) link_->start();
    const auto id = static_cast<std::int64_t>(world_.transports.size());
    world_.last().events->on_phase(phase);
    world_.advance_ms(9'999);
    EXPECT_EQ(connection(id).error, std::nullopt);
    world_.advance_ms(1);
    EXPECT_EQ(connection(id).error, std::string(phase) + " took longer than 10 s");
    world_.advance_ms(8'000);
  }
}

TEST_F(LinkTest, AConnectionThatDoesNotBecomeReadyIsTriedAgainAndSaysWhatIsMissing) {
  link_->start();
  world_.last().open();
  world_.last().text("ready a");
  world_.advance_ms(15'000);
  EXPECT_EQ(connection(1).error, "not ready 15 s after the upgrade, waiting for: b");
  EXPECT_EQ(connection(1).closed_by, ClosedBy::client);
}

TEST_F(LinkTest, SilenceEndsTheConnectionButAnyFrameIsLife) {
  become_ready();
  for (int i = 0; i < 10; ++i) {
    world_.advance_ms(50'000);
    world_.last().events->on_message(Opcode::ping, "", true);
  }
  EXPECT_EQ(link_->state(), Link::State::ready);
  world_.advance_ms(60'000);
  EXPECT_EQ(link_->state(), Link::State::closing);
  EXPECT_EQ(connection(1).error, "nothing was received for 60 s");
  world_.advance_ms(2'000);  // nobody answers the goodbye either
  EXPECT_EQ(link_->state(), Link::State::waiting);
}

}  // namespace
}  // namespace tapedeck::testing
