// The simulated services: which message happens when, and who gets it.
#include "replay/sim_feed.h"

#include <gtest/gtest.h>

#include "schema/feeds/registry.h"
#include "tests/replay/replay_fakes.h"

namespace tapedeck {
namespace {

using testing::FakeListener;
using testing::ManualClock;

constexpr Ns kEpoch = 1'773'705'600 * kNsPerSec;  // 2026-03-17T00:00:00Z
constexpr std::size_t kNoLimit = std::size_t{1} << 40U;

std::string path_of(const std::string& endpoint) {
  return endpoint.starts_with('/') ? endpoint : "/" + endpoint;
}

class SimFeedTest : public ::testing::TestWithParam<const Feed*> {
 protected:
  std::unique_ptr<SimFeed> make(double rate = 20, std::uint64_t seed = 1) {
    return std::make_unique<SimFeed>(*GetParam(), seed, kEpoch, rate, endpoints);
  }
  EndpointTable endpoints;
  ManualClock clock;
};

TEST_P(SimFeedTest, AMessageHappensAtItsTimeAndNotBefore) {
  const auto feed = make(20);
  EXPECT_EQ(feed->happened_by(kEpoch - 1), 0);
  EXPECT_EQ(feed->happened_by(kEpoch), 1);
  EXPECT_EQ(feed->happened_by(kEpoch + 50 * kNsPerMs - 1), 1);
  EXPECT_EQ(feed->happened_by(kEpoch + 50 * kNsPerMs), 2);
  EXPECT_EQ(feed->happened_by(kEpoch + 86'400 * kNsPerSec), 86'400 * 20 + 1);
  const auto odd = make(30);
  for (std::int64_t k = 0; k < 1'000; ++k) {
    Simulator::Timeline timeline{0, kEpoch, 30};
    EXPECT_EQ(odd->happened_by(timeline.time_of(k)), k + 1);
    EXPECT_EQ(odd->happened_by(timeline.time_of(k) - 1), k);
  }
}

TEST_P(SimFeedTest, NothingIsMadeWhileNobodyListens) {
  const auto feed = make();
  EXPECT_TRUE(feed->advance(kEpoch + 3'600 * kNsPerSec, kNoLimit));
  EXPECT_EQ(feed->messages_made(), 0);
  EXPECT_EQ(feed->next_ns(), std::nullopt);
}

TEST_P(SimFeedTest, ALateComerGetsWhatHappensFromThenOn) {
  const auto feed = make();
  feed->advance(kEpoch + 10 * kNsPerSec, kNoLimit);
  FakeListener listener(clock);
  feed->audience().join(listener);
  EXPECT_EQ(feed->next_ns(), kEpoch + 10 * kNsPerSec + 50 * kNsPerMs);
  feed->advance(kEpoch + 11 * kNsPerSec, kNoLimit);
  EXPECT_EQ(listener.log.size(), 20U);
  EXPECT_EQ(feed->messages_made(), 20);
}

TEST_P(SimFeedTest, TheSameStretchIsTheSameInAnyPieces) {
  const auto whole = make();
  const auto pieces = make();
  FakeListener hears_whole(clock);
  FakeListener hears_pieces(clock);
  whole->audience().join(hears_whole);
  pieces->audience().join(hears_pieces);
  whole->advance(kEpoch + 5 * kNsPerSec, kNoLimit);
  for (Ns at = 0; at <= 5'000; at += 7) pieces->advance(kEpoch + at * kNsPerMs, kNoLimit);
  while (!pieces->advance(kEpoch + 5 * kNsPerSec, 1)) {
  }
  EXPECT_EQ(hears_whole.log.size(), 101U);
  EXPECT_EQ(hears_whole.log, hears_pieces.log);

  const auto other = make(20, 2);
  FakeListener hears_other(clock);
  other->audience().join(hears_other);
  other->advance(kEpoch + 5 * kNsPerSec, kNoLimit);
  EXPECT_NE(hears_whole.log, hears_other.log);
}

TEST_P(SimFeedTest, WorkIsBoundedAndThePresentIsHowFarItCame) {
  const auto feed = make(1'000);
  FakeListener listener(clock);
  feed->audience().join(listener);
  EXPECT_FALSE(feed->advance(kEpoch + kNsPerSec, 1));
  EXPECT_EQ(listener.log.size(), 1U);
  EXPECT_EQ(feed->now_ns(), kEpoch + kNsPerMs);
  EXPECT_TRUE(feed->advance(kEpoch + kNsPerSec, kNoLimit));
  EXPECT_EQ(listener.log.size(), 1'001U);
  EXPECT_EQ(feed->now_ns(), kEpoch + kNsPerSec);
}

TEST_P(SimFeedTest, EveryMessageIsOfAnEndpointThatTheServiceHas) {
  struct Checker final : Listener {
    void on_due(const DueFrame& frame) override {
      ids.push_back(frame.served.id);
      is_data = is_data && frame.served.tag.role == FrameRole::data;
      const auto endpoint =
          frame.endpoint->description->service().endpoint_of(path_of(frame.endpoint->name));
      is_known = is_known && endpoint == frame.endpoint->name;
      is_encoded = is_encoded && frame.encoded.ends_with(frame.served.payload);
    }
    void on_state(const DeckState& /*state*/) override {}
    void on_end() override {}
    const Endpoint* endpoint() const override { return nullptr; }
    bool is_subscribed() const override { return true; }
    std::size_t queued_bytes() const override { return 0; }
    void notify_below(std::size_t /*bytes*/) override {}
    void close(std::uint16_t /*code*/, std::string_view /*reason*/) override {}
    void hang_up() override {}
    ClientInfo info() const override { return {}; }
    std::vector<std::int64_t> ids;
    bool is_data = true;
    bool is_known = true;
    bool is_encoded = true;
  };
  const auto feed = make();
  Checker checker;
  feed->audience().join(checker);
  feed->advance(kEpoch + 60 * kNsPerSec, kNoLimit);
  ASSERT_EQ(checker.ids.size(), 1'201U);
  EXPECT_EQ(checker.ids.front(), 1);
  EXPECT_EQ(checker.ids.back(), 1'201);
  EXPECT_TRUE(checker.is_data);
  EXPECT_TRUE(checker.is_known);
  EXPECT_TRUE(checker.is_encoded);
}

INSTANTIATE_TEST_SUITE_P(Feeds, SimFeedTest,
                         ::testing::ValuesIn(all_feeds().begin(), all_feeds().end()),
                         [](const auto& name) { return std::string(name.param->name()); });

}  // namespace
}  // namespace tapedeck
