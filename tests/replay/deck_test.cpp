#include "replay/deck.h"

#include <gtest/gtest.h>

#include <limits>

namespace tapedeck {
namespace {

constexpr Ns kFrom = 1'000 * kNsPerSec;
constexpr Ns kTo = 2'000 * kNsPerSec;
constexpr Ns kHour = 3'600 * kNsPerSec;

Deck playing(double rate) {
  Deck deck(kFrom, kTo, Speed{rate, false});
  deck.play(0);
  return deck;
}

TEST(Deck, StandsStillUntilItPlays) {
  Deck deck(kFrom, kTo, Speed{});
  EXPECT_EQ(deck.position(5 * kNsPerSec), kFrom);
  EXPECT_EQ(deck.deadline_of(kFrom), std::nullopt);
  deck.play(5 * kNsPerSec);
  EXPECT_EQ(deck.position(5 * kNsPerSec), kFrom);
  EXPECT_EQ(deck.position(8 * kNsPerSec), kFrom + 3 * kNsPerSec);
}

TEST(Deck, MovesAtItsSpeed) {
  struct Case {
    double rate;
    Ns elapsed;
    Ns moved;
  };
  for (const Case& c :
       {Case{1, 7 * kNsPerSec, 7 * kNsPerSec}, Case{2.5, 4 * kNsPerSec, 10 * kNsPerSec},
        Case{0.25, 4 * kNsPerSec, kNsPerSec}, Case{1e6, kNsPerUs, kNsPerSec}, Case{3, 1, 3},
        Case{0.5, 1, 0}}) {
    EXPECT_EQ(playing(c.rate).position(c.elapsed), kFrom + c.moved) << c.rate;
  }
}

TEST(Deck, DeadlineIsWhenThePositionIsReached) {
  EXPECT_EQ(playing(1).deadline_of(kFrom + 9), 9);
  EXPECT_EQ(playing(2).deadline_of(kFrom + 9), 5);
  EXPECT_EQ(playing(2).position(5), kFrom + 10);
  EXPECT_EQ(playing(0.5).deadline_of(kFrom + 9), 18);
  EXPECT_EQ(playing(1).deadline_of(kFrom - 9), 0) << "what is behind is due since the anchor";
}

TEST(Deck, AnHourAtAnySpeedDoesNotDrift) {
  for (const double rate : {1.0, 0.1, 3.7, 1.0 / 3.0}) {
    Deck deck(0, 1'000 * kHour, Speed{rate, false});
    deck.play(0);
    for (Ns mono = 0; mono < kHour; mono += 997 * kNsPerMs) (void)deck.position(mono);
    const auto expected = static_cast<Ns>(static_cast<long double>(kHour) * rate);
    EXPECT_NEAR(static_cast<double>(deck.position(kHour) - expected), 0.0, 1.0) << rate;
  }
}

TEST(Deck, PauseKeepsThePositionAndPlayGoesOnFromThere) {
  Deck deck = playing(2);
  deck.pause(3 * kNsPerSec);
  EXPECT_EQ(deck.position(50 * kNsPerSec), kFrom + 6 * kNsPerSec);
  EXPECT_EQ(deck.deadline_of(kFrom), std::nullopt);
  deck.play(60 * kNsPerSec);
  EXPECT_EQ(deck.position(61 * kNsPerSec), kFrom + 8 * kNsPerSec);
}

TEST(Deck, PlayingOrPausingTwiceChangesNothing) {
  Deck deck = playing(1);
  deck.play(5 * kNsPerSec);
  EXPECT_EQ(deck.position(6 * kNsPerSec), kFrom + 6 * kNsPerSec);
  deck.pause(7 * kNsPerSec);
  deck.pause(9 * kNsPerSec);
  EXPECT_EQ(deck.position(10 * kNsPerSec), kFrom + 7 * kNsPerSec);
}

TEST(Deck, SpeedChangesFromWhereItIs) {
  Deck deck = playing(1);
  deck.set_speed(Speed{10, false}, 5 * kNsPerSec);
  EXPECT_EQ(deck.position(5 * kNsPerSec), kFrom + 5 * kNsPerSec);
  EXPECT_EQ(deck.position(6 * kNsPerSec), kFrom + 15 * kNsPerSec);
  EXPECT_EQ(deck.deadline_of(kFrom + 15 * kNsPerSec), 6 * kNsPerSec);
}

TEST(Deck, SeekMovesPlayingOrNot) {
  Deck deck = playing(1);
  ASSERT_TRUE(deck.seek(kFrom + 100 * kNsPerSec, 5 * kNsPerSec).ok());
  EXPECT_EQ(deck.position(6 * kNsPerSec), kFrom + 101 * kNsPerSec);
  deck.pause(6 * kNsPerSec);
  ASSERT_TRUE(deck.seek(kFrom, 7 * kNsPerSec).ok());
  EXPECT_EQ(deck.position(99 * kNsPerSec), kFrom);
}

TEST(Deck, SeekOutsideIsAnErrorAndChangesNothing) {
  Deck deck(kFrom, kTo, Speed{});
  EXPECT_EQ(deck.seek(kFrom - 1, 0).error().message,
            "1970-01-01T00:16:39.999999999Z is outside of what is played: 1970-01-01T00:16:40Z to "
            "1970-01-01T00:33:20Z");
  EXPECT_FALSE(deck.seek(kTo + 1, 0).ok());
  EXPECT_EQ(deck.position(0), kFrom);
  EXPECT_TRUE(deck.seek(kTo, 0).ok());
}

TEST(Deck, StopsAtTheEnd) {
  EXPECT_EQ(playing(1).position(kHour), kTo);
  Deck deck = playing(1);
  deck.extend(kTo + 5);
  EXPECT_EQ(deck.position(kHour), kTo + 5);
}

TEST(Deck, HeldTimeIsNotMadeUpFor) {
  Deck deck = playing(1);
  deck.hold(2 * kNsPerSec);
  EXPECT_EQ(deck.position(9 * kNsPerSec), kFrom + 2 * kNsPerSec);
  EXPECT_EQ(deck.deadline_of(kFrom + 3 * kNsPerSec), std::nullopt);
  EXPECT_TRUE(deck.is_playing());
  deck.release(10 * kNsPerSec);
  EXPECT_EQ(deck.deadline_of(kFrom + 3 * kNsPerSec), 11 * kNsPerSec);
}

TEST(Deck, AtMaxTheFramesMoveIt) {
  Deck deck(kFrom, kTo, Speed{1, true});
  deck.play(7);
  EXPECT_EQ(deck.position(kHour), kFrom);
  EXPECT_EQ(deck.deadline_of(kTo), 7);
  deck.reached(kFrom + 50, 9);
  EXPECT_EQ(deck.position(kHour), kFrom + 50);
  deck.reached(kFrom + 40, 10);
  EXPECT_EQ(deck.position(kHour), kFrom + 50) << "never back";
}

TEST(Deck, ATinySpeedPutsTheNextFrameBeyondTheEndOfTime) {
  EXPECT_EQ(playing(1e-300).deadline_of(kTo), std::numeric_limits<Ns>::max());
}

TEST(Speed, IsAPositiveNumberOrMax) {
  EXPECT_EQ(*parse_speed("2.5"), (Speed{2.5, false}));
  EXPECT_EQ(*parse_speed(" 1e2 "), (Speed{100, false}));
  EXPECT_EQ(*parse_speed("max"), (Speed{1, true}));
  for (const char* bad : {"", "0", "-1", "fast", "1x", "inf", "nan"}) {
    EXPECT_EQ(parse_speed(bad).error().message,
              "speed \"" + std::string(bad) + "\" is neither a positive number nor max");
  }
  EXPECT_EQ(to_json(Speed{1, false}), "1");
  EXPECT_EQ(to_json(Speed{0.5, false}), "0.5");
  EXPECT_EQ(to_json(Speed{1, true}), "\"max\"");
}

}  // namespace
}  // namespace tapedeck
