// What the player does besides frames: cues at their place, waiting for who was sent away, and
// silence cut short. On a clock moved by hand.
#include <gtest/gtest.h>

#include "replay/player.h"
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

class PlayerCuesTest : public ::testing::Test {
 protected:
  // The tape: a at 0 ms, b at 10 ms, c at 100 ms.
  void open(Speed speed) {
    options.grace_ns = 0;
    source = std::make_unique<ScriptedSource>(
        &endpoint, std::vector<ScriptedFrame>{{ms(0), "a"}, {ms(10), "b"}, {ms(100), "c"}});
    source->loops = loops;
    player = std::make_unique<Player>(Deck(0, ms(100), speed), 0, *source, server, clock, options,
                                      Player::Hooks{});
    player->set_cues(std::move(cues));
    player->join(listener);
    player->start();
  }
  void cue(Ns at_ms, const std::string& name, bool is_before = false) {
    cues.push_back({ms(at_ms), is_before, [this, name] {
                      listener.log.push_back("@" + std::to_string(clock.stamp.mono / kNsPerMs) +
                                             " [" + name + "]");
                    }});
  }

  ManualClock clock;
  FakeServer server{clock};
  Endpoint endpoint{"feed", "ws", nullptr, true};
  FakeListener listener{clock};
  std::unique_ptr<ScriptedSource> source;
  Player::Options options;
  std::vector<Cue> cues;
  bool loops = false;
  std::unique_ptr<Player> player;
};

TEST_F(PlayerCuesTest, CuesComeAtTheirTimeAndInTheirOrderAmongTheFrames) {
  cue(50, "quiet");
  cue(10, "after b");
  cue(10, "before b", true);
  cue(100, "last");
  cue(101, "past the end");
  open(Speed{});
  server.advance(ms(200));
  EXPECT_EQ(listener.take(), (Log{"@0 a", "@10 [before b]", "@10 b", "@10 [after b]", "@50 [quiet]",
                                  "@100 c", "@100 [last]", "end"}));
}

TEST_F(PlayerCuesTest, AtMaxTheyKeepTheirPlace) {
  cue(50, "quiet");
  open(Speed{1, true});
  server.settle();
  EXPECT_EQ(listener.take(), (Log{"@0 a", "@0 b", "@0 [quiet]", "@0 c", "end"}));
}

TEST_F(PlayerCuesTest, ASeekGoesBackToThemAndALoopMeetsThemAgain) {
  cue(20, "x");
  loops = true;
  open(Speed{});
  server.advance(ms(30));
  EXPECT_EQ(listener.take(), (Log{"@0 a", "@10 b", "@20 [x]"}));
  ASSERT_TRUE(player->seek(ms(20)).ok());
  server.advance(ms(100));
  EXPECT_EQ(listener.take(), (Log{"@30 [x]", "@110 c", "@110 a", "@120 b", "@130 [x]"}));
}

TEST_F(PlayerCuesTest, APausedDeckMeetsNone) {
  cue(20, "x");
  open(Speed{});
  server.advance(ms(15));
  ASSERT_TRUE(player->pause().ok());
  server.advance(ms(500));
  EXPECT_EQ(listener.take(), (Log{"@0 a", "@10 b"}));
  ASSERT_TRUE(player->play().ok());
  server.advance(ms(5));
  EXPECT_EQ(listener.take(), (Log{"@520 [x]"}));
}

class PlayerRecessTest : public PlayerCuesTest {
 protected:
  void SetUp() override {
    options.stall_timeout_ns = ms(5'000);
    cues.push_back({ms(50), true, [this] {
                      listener.subscribed = false;  // sent away
                      player->await_more(1);
                    }});
  }
};

TEST_F(PlayerRecessTest, AtMaxTheDeckWaitsForWhoWasSentAway) {
  open(Speed{1, true});
  server.settle();
  EXPECT_EQ(listener.take(), (Log{"@0 a", "@0 b"}));
  EXPECT_TRUE(player->state().is_waiting);
  EXPECT_TRUE(player->has_begun());
  EXPECT_EQ(player->position(), ms(50));
  server.advance(ms(1'000));
  listener.subscribed = true;
  player->subscription(listener);
  server.settle();
  EXPECT_EQ(listener.take(), (Log{"@1000 c", "end"}));
}

TEST_F(PlayerRecessTest, NoLongerThanTheStallTimeout) {
  open(Speed{1, true});
  server.advance(ms(4'999));
  EXPECT_EQ(listener.take(), (Log{"@0 a", "@0 b"}));
  server.advance(ms(1));
  EXPECT_EQ(listener.take(), (Log{"@5000 c", "end"}));
}

TEST_F(PlayerRecessTest, AtAFixedSpeedTheDeckGoesOn) {
  open(Speed{});
  server.advance(ms(100));
  EXPECT_EQ(listener.take(), (Log{"@0 a", "@10 b", "@100 c", "end"}));
}

class PlayerIdleTest : public PlayerCuesTest {
 protected:
  void SetUp() override { options.idle_ns_max = ms(20); }
};

TEST_F(PlayerIdleTest, LongSilenceIsShortenedAndPositionsStayTheTapes) {
  open(Speed{});
  server.advance(ms(29));
  EXPECT_EQ(listener.take(), (Log{"@0 a", "@10 b"}));
  EXPECT_EQ(player->position(), ms(99));
  server.advance(ms(1));
  EXPECT_EQ(listener.take(), (Log{"@30 c", "end"}));
  EXPECT_EQ(player->lateness().max(), 0);
}

TEST_F(PlayerIdleTest, TheLengthIsTheTapesSoTheSpeedAppliesToIt) {
  open(Speed{2, false});
  server.advance(ms(15));
  EXPECT_EQ(listener.take(), (Log{"@0 a", "@5 b", "@15 c", "end"}));
}

TEST_F(PlayerIdleTest, ASeekIntoSilenceWaitsForNoMoreThanThat) {
  open(Speed{});
  server.advance(ms(5));
  listener.take();
  ASSERT_TRUE(player->seek(ms(30)).ok());
  server.advance(ms(20));
  EXPECT_EQ(listener.take(), (Log{"@25 c", "end"}));
}

TEST_F(PlayerIdleTest, ACueEndsSilence) {
  cue(60, "x");
  open(Speed{});
  server.advance(ms(50));
  EXPECT_EQ(listener.take(), (Log{"@0 a", "@10 b", "@30 [x]", "@50 c", "end"}));
}

}  // namespace
}  // namespace tapedeck
