// The control API: its JSON, its errors, and what a query's time may look like.
#include "replay/control.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/replay/replay_fakes.h"
#include "tests/replay/tape_maker.h"

namespace tapedeck {
namespace {

using testing::FakeListener;
using testing::FakeServer;
using testing::ManualClock;
using testing::ScriptedSource;
using testing::TapeMaker;
using testing::TempDir;

class ControlTest : public ::testing::Test {
 protected:
  void SetUp() override {
    TapeMaker tape(folder.file("a.tape"));
    tape.frame(tape.connection("elsewhere", "ws"), 60'000, "x").finish();
    auto opened = TapeSet::open({folder.file("a.tape")}, endpoints);
    ASSERT_TRUE(opened.ok());
    tapes = std::move(*opened);
    source = std::make_unique<ScriptedSource>(
        &endpoint,
        std::vector<testing::ScriptedFrame>{
            {TapeMaker::at(0), "a"}, {TapeMaker::at(50'000), "b"}, {TapeMaker::at(60'000), "c"}});
    Player::Options options;
    options.grace_ns = 0;
    const Deck deck(tapes->start_ns(), tapes->end_ns(), Speed{});
    player = std::make_unique<Player>(deck, tapes->start_ns(), *source, server, clock, options,
                                      Player::Hooks{});
    player->start();
    control = std::make_unique<Control>(*player, *tapes);
  }
  // `STATUS BODY`
  std::string ask(const std::string& method, const std::string& target) {
    HttpRequest request;
    request.method = method;
    request.target = parse_target(target);
    const HttpReply reply = control->answer(request);
    EXPECT_EQ(reply.content_type, "application/json");
    return std::to_string(reply.status) + " " + reply.body;
  }
  std::string post(const std::string& target) { return ask("POST", target); }

  TempDir folder;
  EndpointTable endpoints;
  ManualClock clock;
  FakeServer server{clock};
  Endpoint endpoint{"elsewhere", "ws", nullptr, true};
  FakeListener listener{clock};
  std::unique_ptr<TapeSet> tapes;
  std::unique_ptr<ScriptedSource> source;
  std::unique_ptr<Player> player;
  std::unique_ptr<Control> control;
};

TEST_F(ControlTest, ButtonsAnswerWithTheState) {
  EXPECT_EQ(post("/api/pause"), R"(200 {"playing":false,"speed":1,"pos_ns":0})");
  EXPECT_EQ(post("/api/speed?value=2.5"), R"(200 {"playing":false,"speed":2.5,"pos_ns":0})");
  EXPECT_EQ(post("/api/speed?value=max"), R"(200 {"playing":false,"speed":"max","pos_ns":0})");
  EXPECT_EQ(post("/api/step?count=2"),
            R"(200 {"playing":false,"speed":"max","pos_ns":50000000000})");
  EXPECT_EQ(post("/api/speed?value=1"), R"(200 {"playing":false,"speed":1,"pos_ns":50000000000})");
  EXPECT_EQ(post("/api/play"), R"(200 {"playing":true,"speed":1,"pos_ns":50000000000})");
}

TEST_F(ControlTest, ATimeMayBeWrittenInManyWays) {
  (void)post("/api/pause");
  for (const char* to : {"+30s", "%2B30s", "%2b30s", "30s", "%2030s", "2026-03-17T10:00:30Z",
                         "2026-03-17T11:00:30%2B01:00", "30000000000"}) {
    EXPECT_EQ(post("/api/seek?to=0"), R"(200 {"playing":false,"speed":1,"pos_ns":0})");
    EXPECT_EQ(post("/api/seek?to=" + std::string(to)),
              R"(200 {"playing":false,"speed":1,"pos_ns":30000000000})")
        << to;
  }
}

TEST_F(ControlTest, WhatCannotApplyIs400WithTheReason) {
  EXPECT_EQ(post("/api/seek"),
            R"(400 {"error":"seek: give to=TIME, RFC 3339 or an offset like +30s"})");
  EXPECT_EQ(post("/api/seek?to=2h"),
            R"(400 {"error":"2026-03-17T12:00:00Z is outside of what is played: )"
            R"(2026-03-17T10:00:00Z to 2026-03-17T10:01:00Z"})");
  EXPECT_EQ(post("/api/seek?to=yesterday").substr(0, 14), R"(400 {"error":")");
  EXPECT_EQ(post("/api/speed?value=-1"),
            R"(400 {"error":"speed \"-1\" is neither a positive number nor max"})");
  EXPECT_EQ(post("/api/speed"), R"(400 {"error":"speed: give value=N, a positive number or max"})");
  EXPECT_EQ(post("/api/step?count=x"),
            R"(400 {"error":"step: count \"x\" is not a whole number"})");
  EXPECT_EQ(post("/api/step?count=0"), R"(400 {"error":"step: count must be 1 or more"})");
}

TEST_F(ControlTest, UnknownPathsAre404AndWrongMethods405) {
  EXPECT_EQ(ask("GET", "/api/nothing"), R"(404 {"error":"/api/nothing: no such path"})");
  EXPECT_EQ(ask("GET", "/api/play"), R"(405 {"error":"/api/play wants POST"})");
  EXPECT_EQ(post("/api/status"), R"(405 {"error":"/api/status wants GET"})");
}

TEST_F(ControlTest, StatusTellsEverythingOfTheDeck) {
  player->join(listener);
  player->subscription(listener);
  server.advance(50 * kNsPerSec - 5 * kNsPerMs);
  server.stall(10 * kNsPerMs);
  server.settle();
  const auto status = nlohmann::json::parse(ask("GET", "/api/status").substr(4));
  EXPECT_EQ(status["playing"], true);
  EXPECT_EQ(status["waiting"], false);
  EXPECT_EQ(status["ended"], false);
  EXPECT_EQ(status["speed"], 1);
  EXPECT_EQ(status["pos_ns"], 50'005 * kNsPerMs);
  EXPECT_EQ(status["start_ns"], TapeMaker::at(0));
  EXPECT_EQ(status["end_ns"], TapeMaker::at(60'000));
  EXPECT_EQ(status["frames_played"], 2);
  EXPECT_DOUBLE_EQ(status["lateness_ms"]["max"].get<double>(), 5.0);
  EXPECT_DOUBLE_EQ(status["lateness_ms"]["p50"].get<double>(), 0.0);
  EXPECT_EQ(status["clients"].size(), 1U);
}

TEST_F(ControlTest, TapesAreListed) {
  const auto answer = nlohmann::json::parse(ask("GET", "/api/tapes").substr(4));
  ASSERT_EQ(answer["tapes"].size(), 1U);
  const auto& tape = answer["tapes"][0];
  EXPECT_EQ(tape["path"], folder.file("a.tape"));
  EXPECT_EQ(tape["outcome"], "closed");
  EXPECT_EQ(tape["started_ns"], TapeMaker::at(0));
  EXPECT_EQ(tape["last_frame_ns"], TapeMaker::at(60'000));
  EXPECT_EQ(tape["feeds"], nlohmann::json::array({"elsewhere"}));
}

}  // namespace
}  // namespace tapedeck
