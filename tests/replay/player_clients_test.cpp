// Whom the deck waits for, and what becomes of clients that do not read.
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

class PlayerClientsTest : public ::testing::Test {
 protected:
  void open(Speed speed, std::vector<ScriptedFrame> frames) {
    source = std::make_unique<ScriptedSource>(&endpoint, std::move(frames));
    player = std::make_unique<Player>(Deck(0, ms(100), speed), 0, *source, server, clock, options,
                                      Player::Hooks{});
    player->start();
  }
  void subscribe(FakeListener& listener) {
    listener.subscribed = true;
    player->subscription(listener);
  }

  ManualClock clock;
  FakeServer server{clock};
  Endpoint endpoint{"feed", "ws", nullptr, true};
  std::unique_ptr<ScriptedSource> source;
  Player::Options options;
  std::unique_ptr<Player> player;
};

TEST_F(PlayerClientsTest, TheDeckStartsAGraceAfterTheLastSubscription) {
  open(Speed{}, {{0, "a"}});
  FakeListener one(clock);
  FakeListener two(clock);
  one.subscribed = two.subscribed = false;
  player->join(one);
  player->join(two);
  server.advance(ms(1'000));
  subscribe(one);
  server.advance(ms(400));
  subscribe(two);
  server.advance(ms(499));
  EXPECT_EQ(one.log, Log{});
  server.advance(ms(1));
  EXPECT_EQ(one.take(), (Log{"@1900 a", "end"}));
  EXPECT_EQ(two.take(), (Log{"@1900 a", "end"}));
}

TEST_F(PlayerClientsTest, AtAFixedSpeedASlowClientCanHoldTheDeckUpInsteadOfBeingClosed) {
  options.waits_for_slow = true;
  options.grace_ns = 0;
  options.client_queue_bytes_max = 4;
  open(Speed{}, {{ms(10), "aaa"}, {ms(20), "b"}, {ms(50), "c"}});
  FakeListener slow(clock);
  slow.reads = false;
  player->join(slow);
  subscribe(slow);
  server.advance(ms(1'000));
  EXPECT_EQ(slow.take(), (Log{"@10 aaa", "below 0"}));
  EXPECT_EQ(player->position(), ms(10));
  EXPECT_TRUE(player->is_held());
  slow.queued = 0;
  slow.reads = true;
  player->drained();
  server.advance(ms(40));
  EXPECT_EQ(slow.take(), (Log{"@1010 b", "@1040 c", "end"})) << "nothing is hurried afterwards";
  const ClientInfo stalled = player->audience().infos().at(0);
  EXPECT_EQ(stalled.stalls, 1);
  EXPECT_EQ(stalled.stalled_ns, ms(990));
  player->leave(slow);
  ASSERT_EQ(player->audience().stalled_before().size(), 1U);
  EXPECT_EQ(player->audience().stalled_before()[0].stalled_ns, ms(990));
}

TEST_F(PlayerClientsTest, ItWaitsForAsManyAsAreAwaited) {
  options.wait_clients = 2;
  open(Speed{}, {{0, "a"}});
  FakeListener one(clock);
  FakeListener two(clock);
  player->join(one);
  player->subscription(one);
  server.advance(ms(5'000));
  EXPECT_EQ(one.log, Log{});
  EXPECT_TRUE(player->state().is_waiting);
  player->join(two);
  player->subscription(two);
  server.advance(ms(500));
  EXPECT_EQ(one.take(), (Log{"@5500 a", "end"}));
}

TEST_F(PlayerClientsTest, WhoHasNoSubscriptionOrHasGoneIsNotAwaited) {
  options.wait_clients = 2;
  open(Speed{}, {{0, "a"}});
  FakeListener silent(clock);
  silent.subscribed = false;
  FakeListener gone(clock);
  FakeListener stays(clock);
  player->join(silent);
  player->join(stays);
  player->subscription(stays);
  player->join(gone);
  player->subscription(gone);
  server.advance(ms(200));
  player->leave(gone);
  server.advance(ms(5'000));
  EXPECT_EQ(stays.log, Log{});
  FakeListener next(clock);
  player->join(next);
  player->subscription(next);
  server.advance(ms(500));
  EXPECT_EQ(next.take(), (Log{"@5700 a", "end"}));
}

TEST_F(PlayerClientsTest, WithNobodyAwaitedItStartsAtOnce) {
  options.wait_clients = 0;
  open(Speed{}, {{0, "a"}, {ms(100), "b"}});
  server.advance(ms(550));
  EXPECT_EQ(player->position(), ms(50));
}

TEST_F(PlayerClientsTest, PlayEndsTheWait) {
  open(Speed{}, {{0, "a"}, {ms(100), "b"}});
  ASSERT_TRUE(player->play().ok());
  server.advance(ms(30));
  EXPECT_EQ(player->position(), ms(30));
}

TEST_F(PlayerClientsTest, PauseEndsTheWaitToo) {
  open(Speed{}, {{0, "a"}});
  ASSERT_TRUE(player->pause().ok());
  FakeListener one(clock);
  player->join(one);
  player->subscription(one);
  server.advance(ms(5'000));
  EXPECT_EQ(one.log, Log{});
}

TEST_F(PlayerClientsTest, AFrameReachesOnlyThoseOfItsEndpoint) {
  options.wait_clients = 0;
  options.grace_ns = 0;
  open(Speed{}, {{0, "a"}});
  const Endpoint other{"feed", "other", nullptr, true};
  FakeListener here(clock, &endpoint);
  FakeListener there(clock, &other);
  FakeListener everywhere(clock);
  for (FakeListener* listener : {&here, &there, &everywhere}) player->join(*listener);
  server.settle();
  EXPECT_EQ(here.log, (Log{"@0 a", "end"}));
  EXPECT_EQ(there.log, (Log{"end"}));
  EXPECT_EQ(everywhere.log, (Log{"@0 a", "end"}));
}

// Queues of at most 1,000 bytes: the player stops at 500 and goes on at 125.
class SlowClientTest : public PlayerClientsTest {
 protected:
  void play_at_max() {
    options.client_queue_bytes_max = 1'000;
    options.stall_timeout_ns = ms(30'000);
    options.grace_ns = 0;
    std::vector<ScriptedFrame> frames;
    for (int i = 0; i < 5; ++i)
      frames.push_back({ms(i), std::string(300, static_cast<char>('a' + i))});
    open(Speed{1, true}, std::move(frames));
    player->join(slow);
    player->join(fast);
    slow.reads = false;
    player->subscription(slow);
    server.settle();
  }
  static std::string letters(const FakeListener& listener) {
    std::string letters;
    for (const std::string& line : listener.log) {
      if (line.size() > 200) letters += line.back();
    }
    return letters;
  }
  FakeListener slow{clock};
  FakeListener fast{clock};
};

TEST_F(SlowClientTest, AtMaxItSlowsTheDeckAndLosesNothing) {
  play_at_max();
  EXPECT_EQ(letters(slow), "ab");
  EXPECT_EQ(letters(fast), "ab");
  EXPECT_EQ(slow.log.back(), "below 125");
  EXPECT_EQ(player->state().pos_ns, ms(1)) << "time stands still for all";

  slow.queued = 200;
  player->drained();
  EXPECT_EQ(letters(fast), "ab") << "not drained far enough";
  slow.queued = 100;
  player->drained();
  EXPECT_EQ(letters(fast), "abcd");
  slow.queued = 0;
  slow.reads = true;
  player->drained();
  server.settle();
  EXPECT_EQ(letters(slow), "abcde");
  EXPECT_EQ(letters(fast), "abcde");
}

TEST_F(SlowClientTest, AtMaxItIsClosedWhenItReadsNothingForTheStallTimeout) {
  play_at_max();
  server.advance(ms(29'000));
  EXPECT_EQ(slow.log.back(), "below 125");
  server.advance(ms(9'000));
  EXPECT_EQ(slow.log.back(), "end");
  EXPECT_EQ(slow.log[3], "close 1008 slow client");
  EXPECT_EQ(letters(fast), "abcde") << "the others go on";
}

TEST_F(SlowClientTest, AtMaxALittleReadingIsEnoughToStay) {
  play_at_max();
  for (int i = 0; i < 8; ++i) {
    server.advance(ms(20'000));
    slow.queued -= 10;
  }
  EXPECT_EQ(slow.log.back(), "below 125");
}

TEST_F(SlowClientTest, TheEndWaitsUntilAllIsRead) {
  play_at_max();
  slow.queued = 100;
  player->drained();
  slow.queued = 100;
  player->drained();
  server.settle();
  EXPECT_EQ(letters(slow), "abcde");
  EXPECT_EQ(slow.log.back(), "below 0");
  EXPECT_FALSE(player->has_ended());
  slow.queued = 0;
  player->drained();
  EXPECT_EQ(slow.log.back(), "end");
}

TEST_F(SlowClientTest, AtMaxItsLeavingSetsTheOthersFree) {
  play_at_max();
  player->leave(slow);
  server.settle();
  EXPECT_EQ(letters(fast), "abcde");
}

}  // namespace
}  // namespace tapedeck
