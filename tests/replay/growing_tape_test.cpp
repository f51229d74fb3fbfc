// Replays of tapes that have no end yet: a recorder is still at it, or was killed.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "replay/replay.h"
#include "tests/replay/probe.h"
#include "tests/replay/tape_maker.h"

namespace tapedeck {
namespace {

using testing::probe;
using testing::Probe;
using testing::Running;
using testing::TapeMaker;
using testing::TempDir;
using Log = std::vector<std::string>;

const std::string kEnd = "close 1000 end of tape";

std::string event(int id) {
  return R"({"type":"EVENT","payload":{"id":)" + std::to_string(id) +
         R"(,"type":"REGIME_SHIFT","symbol":"BTC"}})";
}

class GrowingTape : public ::testing::Test {
 protected:
  GrowingTape() : tape_(std::make_unique<TapeMaker>(folder_.file("a.tape"))) {
    events_ = tape_->connection("nexusglass", "ws/fastfeed", 0, 5);
    tape_->frame(events_, 10, event(1)).frame(events_, 20, event(2));
    tape_->commit();
  }
  std::unique_ptr<Running<ReplayServer>> run(bool paused = false) const {
    ReplayOptions options;
    options.tapes = {folder_.file("a.tape")};
    options.max_speed = true;
    options.grace_ns = 20 * kNsPerMs;
    options.paused = paused;
    options.heal = HealMode::at_event;
    auto made = make_replay(options);
    EXPECT_TRUE(made.ok()) << made.error().message;
    return std::make_unique<Running<ReplayServer>>(std::move(*made));
  }
  // Without the handshake.
  static Log listen(const Running<ReplayServer>& replay) {
    Log got = probe("ws " + replay.ws("/nexusglass/ws/fastfeed?token=k"));
    if (!got.empty()) got.erase(got.begin());
    return got;
  }
  static std::string outcome(const Running<ReplayServer>& replay) {
    const Log got = probe("http GET " + replay.http("/api/tapes"));
    return nlohmann::json::parse(got.at(0).substr(4))["tapes"][0]["outcome"];
  }
  // What a gap-fill recovered: event 25, between 2 and 3.
  void fill() {
    Alert alert;
    alert.event_id = "25";
    alert.type = "REGIME_SHIFT";
    alert.symbol = "ETH";
    tape_->gap("nexusglass", "ws/fastfeed", 20, 30).request("nexusglass", 40);
    tape_->filled("nexusglass", alert, TapeMaker::at(25));
  }

  TempDir folder_;
  std::unique_ptr<TapeMaker> tape_;
  std::int64_t events_ = 0;
};

TEST_F(GrowingTape, IsServedAsFarAsItIsCommitted) {
  const auto replay = run();
  EXPECT_EQ(outcome(*replay), "open");
  EXPECT_EQ(listen(*replay), (Log{"text " + event(1), "text " + event(2), kEnd}));
}

TEST_F(GrowingTape, WhatIsCommittedBeforeTheDeckComesToItIsServedToo) {
  const auto replay = run(true);
  Probe client("ws " + replay->ws("/nexusglass/ws/fastfeed?token=k"));
  client.line();  // the handshake
  ASSERT_TRUE(probe("http POST " + replay->http("/api/step"))[0].starts_with("200 "));
  EXPECT_EQ(client.line(), "text " + event(1));
  tape_->frame(events_, 30, event(3)).commit();
  ASSERT_TRUE(probe("http POST " + replay->http("/api/seek?to=0"))[0].starts_with("200 "));
  ASSERT_TRUE(probe("http POST " + replay->http("/api/step?count=3"))[0].starts_with("200 "));
  for (const int id : {1, 2, 3}) EXPECT_EQ(client.line(), "text " + event(id));
  const Log got = probe("http GET " + replay->http("/api/status"));
  EXPECT_EQ(nlohmann::json::parse(got.at(0).substr(4))["pos_ns"], 30 * kNsPerMs);
  replay->server().stop();
  EXPECT_EQ(client.rest(), Log{"close 1001 "});
}

TEST_F(GrowingTape, OfAKilledRecorderEndsWithItsLastFrame) {
  tape_.reset();
  const auto replay = run();
  EXPECT_EQ(listen(*replay), (Log{"text " + event(1), "text " + event(2), kEnd}));
}

// The rows of a later fill are there for REST; the deck's own plan was made when it started.
TEST_F(GrowingTape, WhatIsRecoveredLaterIsHealedByTheNextReplay) {
  const auto replay = run();
  fill();
  tape_->frame(events_, 50, event(3)).commit();
  // What was read ahead may have been read before the commit.
  ASSERT_TRUE(probe("http POST " + replay->http("/api/seek?to=0"))[0].starts_with("200 "));
  const Log before = listen(*replay);
  EXPECT_EQ(std::count_if(before.begin(), before.end(),
                          [](const std::string& line) { return line.find("ETH") != line.npos; }),
            0);
  const Log rest =
      probe("http GET " + replay->http("/nexusglass/api/v1/fastfeed/events?token=k&after=0"));
  EXPECT_EQ(nlohmann::json::parse(rest.at(0).substr(4))["events"][0]["id"], 25);
  const Log after = listen(*run());
  ASSERT_EQ(after.size(), 5U);
  EXPECT_NE(after[2].find(R"("id":25)"), std::string::npos) << after[2];
}

}  // namespace
}  // namespace tapedeck
