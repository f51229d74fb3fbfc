// Pacing, seeking, stepping and the end, on a clock moved by hand.
#include "replay/player.h"

#include <gtest/gtest.h>

#include "tests/replay/replay_fakes.h"

namespace tapedeck {
namespace {

using testing::FakeListener;
using testing::FakeServer;
using testing::ManualClock;
using testing::ScriptedFrame;
using testing::ScriptedSource;
using Log = std::vector<std::string>;

constexpr Ns ms(Ns n) {
  return n * kNsPerMs;
}

class PlayerTest : public ::testing::Test {
 protected:
  // The tape: a at 0 ms, b and c at 10 ms, d at 25 ms, e at 100 ms.
  static std::vector<ScriptedFrame> tape() {
    return {{ms(0), "a"}, {ms(10), "b"}, {ms(10), "c"}, {ms(25), "d"}, {ms(100), "e"}};
  }
  void open(Speed speed, std::vector<ScriptedFrame> frames = tape()) {
    options.grace_ns = 0;
    source = std::make_unique<ScriptedSource>(&endpoint, std::move(frames));
    Player::Hooks hooks;
    hooks.on_end = [this] { ends += 1; };
    hooks.on_error = [this](const std::string& why) { error = why; };
    player = std::make_unique<Player>(Deck(0, ms(100), speed), 0, *source, server, clock, options,
                                      hooks);
    player->join(listener);
    player->start();
  }

  ManualClock clock;
  FakeServer server{clock};
  Endpoint endpoint{"feed", "ws", nullptr, true};
  FakeListener listener{clock};
  std::unique_ptr<ScriptedSource> source;
  Player::Options options;
  std::unique_ptr<Player> player;
  int ends = 0;
  std::string error;
};

TEST_F(PlayerTest, FramesLeaveAtTheirRecordedPace) {
  open(Speed{});
  server.advance(ms(99));
  EXPECT_EQ(listener.take(), (Log{"@0 a", "@10 b", "@10 c", "@25 d"}));
  EXPECT_EQ(player->position(), ms(99));
  server.advance(ms(1));
  EXPECT_EQ(listener.take(), (Log{"@100 e", "end"}));
  EXPECT_EQ(ends, 1);
  EXPECT_EQ(player->lateness().max(), 0);
}

TEST_F(PlayerTest, SpeedScalesThePace) {
  open(Speed{0.5, false});
  server.advance(ms(300));
  EXPECT_EQ(listener.take(), (Log{"@0 a", "@20 b", "@20 c", "@50 d", "@200 e", "end"}));
}

TEST_F(PlayerTest, WhatBecameDueWhileTheMachineWasBusyLeavesInOneTurnAndIsMeasured) {
  open(Speed{});
  server.advance(ms(5));
  server.stall(ms(25));
  server.settle();
  EXPECT_EQ(listener.take(), (Log{"@0 a", "@30 b", "@30 c", "@30 d"}));
  EXPECT_EQ(player->lateness().max(), ms(20));
  server.advance(ms(70));
  EXPECT_EQ(listener.take(), (Log{"@100 e", "end"})) << "the delay is not handed on";
}

TEST_F(PlayerTest, AfterAnHourAtOneTheSpanIsRightToAMillisecond) {
  // Irregular frames, and a machine that is late by up to 3 ms again and again.
  std::vector<ScriptedFrame> frames;
  for (Ns at = 0; at < 3'600 * kNsPerSec; at += 97 * kNsPerMs + at % 13'337)
    frames.push_back({at, "x"});
  frames.push_back({3'600 * kNsPerSec, "last"});
  const std::size_t count = frames.size();
  source = std::make_unique<ScriptedSource>(&endpoint, std::move(frames));
  options.grace_ns = 0;
  player = std::make_unique<Player>(Deck(0, 3'600 * kNsPerSec, Speed{}), 0, *source, server, clock,
                                    options, Player::Hooks{});
  player->join(listener);
  player->start();
  server.settle();
  for (Ns late = 0; clock.stamp.mono < 3'599 * kNsPerSec; late = (late + 7) % 4) {
    server.advance(ms(61));
    server.stall(ms(late));
    server.settle();
  }
  server.advance(2 * kNsPerSec);
  EXPECT_EQ(player->frames_played(), static_cast<std::int64_t>(count));
  ASSERT_GT(listener.log.size(), 2U);
  EXPECT_EQ(listener.log[listener.log.size() - 2], "@3600000 last");
  EXPECT_LE(player->lateness().max(), ms(4));
  EXPECT_NEAR(player->achieved_speed(), 1.0, 1e-6);
  EXPECT_EQ(player->falls(), 0);
}

TEST_F(PlayerTest, AMachineThatCannotHoldTheSpeedStallsTapeTimeForAll) {
  open(Speed{});
  server.advance(ms(5));
  server.stall(ms(2'005));
  EXPECT_EQ(player->position(), ms(10)) << "not past the frames that are late";
  server.settle();
  EXPECT_EQ(listener.take(), (Log{"@0 a", "@2010 b", "@2010 c"}));
  EXPECT_EQ(player->falls(), 1);
  EXPECT_EQ(player->fallen_ns(), ms(2'000));
  server.advance(ms(90));
  EXPECT_EQ(listener.take(), (Log{"@2025 d", "@2100 e", "end"})) << "time went on from there";
  EXPECT_NEAR(player->achieved_speed(), 0.1 / 2.1, 1e-6);
}

TEST_F(PlayerTest, TheAchievedSpeedCountsNeitherSeeksNorPauses) {
  open(Speed{2, false});
  server.advance(ms(10));
  ASSERT_TRUE(player->seek(ms(60)).ok());
  server.advance(ms(5));
  ASSERT_TRUE(player->pause().ok());
  server.advance(ms(500));
  EXPECT_NEAR(player->achieved_speed(), 2.0, 1e-9);
}

TEST_F(PlayerTest, AtMaxNothingWaitsForTheClock) {
  open(Speed{1, true});
  server.settle();
  EXPECT_EQ(listener.take(), (Log{"@0 a", "@0 b", "@0 c", "@0 d", "@0 e", "end"}));
  EXPECT_EQ(player->state().pos_ns, ms(100));
}

TEST_F(PlayerTest, SpeedCanChangeOnTheWay) {
  open(Speed{});
  server.advance(ms(20));
  ASSERT_TRUE(player->set_speed(Speed{10, false}).ok());
  server.advance(ms(50));
  EXPECT_EQ(listener.take(), (Log{"@0 a", "@10 b", "@10 c", "@20 d", "@28 e", "end"}));
}

TEST_F(PlayerTest, PauseHoldsTheDeckAndPlayGoesOn) {
  open(Speed{});
  server.advance(ms(15));
  ASSERT_TRUE(player->pause().ok());
  server.advance(ms(1'000));
  EXPECT_EQ(listener.take(), (Log{"@0 a", "@10 b", "@10 c"}));
  EXPECT_EQ(player->position(), ms(15));
  ASSERT_TRUE(player->play().ok());
  server.advance(ms(10));
  EXPECT_EQ(listener.take(), (Log{"@1025 d"}));
}

TEST_F(PlayerTest, SeekPlaysOnFromThereInclusive) {
  open(Speed{});
  server.advance(ms(30));
  listener.take();
  ASSERT_TRUE(player->seek(ms(10)).ok());
  server.advance(ms(15));
  EXPECT_EQ(listener.take(), (Log{"@30 b", "@30 c", "@45 d"}));
  EXPECT_EQ(source->seeks, (std::vector<Ns>{0, ms(10)}));
}

TEST_F(PlayerTest, SeekOutsideIsRefusedAndChangesNothing) {
  open(Speed{});
  server.advance(ms(15));
  EXPECT_FALSE(player->seek(ms(101)).ok());
  EXPECT_EQ(source->seeks, (std::vector<Ns>{0}));
  EXPECT_EQ(player->position(), ms(15));
}

TEST_F(PlayerTest, PausedItBeginsStandingStill) {
  options.paused = true;
  open(Speed{});
  server.advance(ms(1'000));
  EXPECT_EQ(listener.take(), Log{});
  ASSERT_TRUE(player->play().ok());
  server.advance(ms(10));
  EXPECT_EQ(listener.take(), (Log{"@1000 a", "@1010 b", "@1010 c"}));
}

TEST_F(PlayerTest, StepCountsInboundDataFramesAndServesWhatLiesBetween) {
  options.paused = true;
  ScriptedFrame copy{ms(2), "copy"};
  copy.is_duplicate = true;
  ScriptedFrame pong{ms(3), "pong"};
  pong.opcode = Opcode::pong;
  ScriptedFrame sent{ms(4), "sent"};
  sent.direction = Direction::out;
  open(Speed{}, {{ms(0), "hello", FrameRole::handshake},
                 {ms(1), "a"},
                 copy,
                 pong,
                 sent,
                 {ms(5), "b"},
                 {ms(6), "c"}});
  ASSERT_TRUE(player->step(2).ok());
  EXPECT_EQ(listener.take(), (Log{"@0 hello", "@0 a", "@0 copy", "@0 pong", "@0 sent", "@0 b"}));
  EXPECT_EQ(player->position(), ms(5));
  EXPECT_FALSE(player->state().is_playing);
  ASSERT_TRUE(player->play().ok());
  server.advance(ms(1));
  EXPECT_EQ(listener.take(), (Log{"@1 c", "end"}));
}

TEST_F(PlayerTest, WhatCannotApplyIsAnError) {
  open(Speed{});
  server.settle();
  EXPECT_EQ(player->step(1).error().message, "the deck is playing: pause it before stepping");
  ASSERT_TRUE(player->pause().ok());
  EXPECT_EQ(player->step(0).error().message, "step: count must be 1 or more");
  ASSERT_TRUE(player->play().ok());
  server.advance(ms(200));
  EXPECT_EQ(player->play().error().message, "the tape has ended: seek first");
  EXPECT_EQ(player->pause().error().message, "the tape has ended: nothing is playing");
  EXPECT_EQ(player->step(1).error().message, "the tape has ended: seek first");
}

TEST_F(PlayerTest, AfterTheEndASeekWaitsForClientsAgain) {
  open(Speed{});
  server.advance(ms(100));
  listener.subscribed = false;
  listener.take();
  ASSERT_TRUE(player->seek(ms(25)).ok());
  server.advance(ms(500));
  EXPECT_EQ(listener.take(), Log{});
  EXPECT_TRUE(player->state().is_waiting);
  FakeListener late(clock);
  player->join(late);
  player->subscription(late);
  server.advance(ms(80));
  EXPECT_EQ(late.take(), (Log{"@600 d", "@675 e", "end"}));
}

TEST_F(PlayerTest, ALoopGoesOnFromTheStart) {
  open(Speed{});
  source->loops = true;
  server.advance(ms(115));
  EXPECT_EQ(listener.take(),
            (Log{"@0 a", "@10 b", "@10 c", "@25 d", "@100 e", "@100 a", "@110 b", "@110 c"}));
  EXPECT_EQ(player->position(), ms(15));
  EXPECT_EQ(ends, 0);
}

TEST_F(PlayerTest, ASlowDiskDelaysEverybodyAndHurriesNobody) {
  open(Speed{});
  source->available = 0;
  server.advance(ms(5));
  ASSERT_TRUE(player->seek(ms(0)).ok());
  listener.take();
  server.advance(ms(50));
  EXPECT_EQ(player->position(), 0);
  source->available = 100;
  source->ready();
  server.advance(ms(12));
  EXPECT_EQ(listener.take(), (Log{"@55 a", "@65 b", "@65 c"}));
}

TEST_F(PlayerTest, AFailingTapeEndsTheReplayWithItsReason) {
  open(Speed{1, true});
  source->error = "x.tape: the disk image is malformed";
  server.settle();
  EXPECT_EQ(listener.log.back(), "close 1011 the tape cannot be read any further");
  EXPECT_EQ(error, "x.tape: the disk image is malformed");
  EXPECT_EQ(ends, 0);
}

TEST_F(PlayerTest, EveryChangeIsTold) {
  listener.hears_state = true;
  open(Speed{}, {{ms(0), "a"}, {ms(100), "e"}});
  server.advance(ms(10));
  (void)player->pause();
  (void)player->set_speed(Speed{1, true});
  (void)player->seek(ms(50));
  (void)player->step(1);
  (void)player->play();
  server.settle();
  EXPECT_EQ(listener.take(),
            (Log{"state playing 1 @0", "@0 a", "state paused 1 @10", "state paused \"max\" @10",
                 "state paused \"max\" @50", "@10 e", "state paused \"max\" @100",
                 "state playing \"max\" @100", "state ended \"max\" @100", "end"}));
}

TEST_F(PlayerTest, ATurnIsBoundedSoThatOthersGetTheirs) {
  std::vector<ScriptedFrame> frames;
  for (int i = 0; i < 40; ++i) frames.push_back({ms(i), std::string(100'000, 'x')});
  open(Speed{1, true}, std::move(frames));
  const auto begin = server.next_timer();
  ASSERT_TRUE(begin.has_value());
  (void)player->play();  // one turn, without the tasks that it posts
  EXPECT_EQ(listener.log.size(), 11U) << "a little more than 1 MiB";
  server.settle();
  EXPECT_EQ(listener.log.size(), 41U) << "all of them and the end";
}

}  // namespace
}  // namespace tapedeck
