// `/tape`: what its texts look like to the byte, and what its buttons answer.
#include "replay/tape_client.h"

#include <gtest/gtest.h>

#include "tests/replay/replay_fakes.h"

namespace tapedeck {
namespace {

using testing::FakePeer;
using testing::FakeServer;
using testing::ManualClock;
using testing::ScriptedFrame;
using testing::ScriptedSource;
using Log = std::vector<std::string>;

constexpr Ns kStart = 1'000 * kNsPerSec;
constexpr Ns ms(Ns n) {
  return kStart + n * kNsPerMs;
}

class TapeClientTest : public ::testing::Test {
 protected:
  void open(TapeQuery query,
            std::vector<ScriptedFrame> frames = {{ms(0), "a"}, {ms(50), "b"}, {ms(100), "c"}}) {
    source = std::make_unique<ScriptedSource>(&endpoint, std::move(frames));
    Player::Options options;
    options.grace_ns = 0;
    player = std::make_unique<Player>(Deck(kStart, ms(100), Speed{}), kStart, *source, server,
                                      clock, options, Player::Hooks{});
    player->start();
    client = make(std::move(query));
    client->on_open(peer);
  }
  std::unique_ptr<TapeClient> make(TapeQuery query) {
    return std::make_unique<TapeClient>(std::move(query), *player, encoder, [this] { left += 1; });
  }
  std::string answer(std::string_view message) {
    peer.take();
    client->on_message(Opcode::text, message);
    return peer.log.empty() ? "" : peer.log.front();
  }
  static std::string frame(int id, int at_ms, const std::string& payload) {
    return R"(text {"t":"frame","id":)" + std::to_string(id) +
           R"(,"feed":"elsewhere","endpoint":"ws","direction":"in","opcode":1,"recv_ns":)" +
           std::to_string(ms(at_ms)) + ",\"payload\":\"" + payload + "\"}";
  }
  static std::string state(bool playing, const std::string& speed, int pos_ms) {
    return R"(text {"t":"state","playing":)" + std::string(playing ? "true" : "false") +
           ",\"speed\":" + speed + ",\"pos_ns\":" + std::to_string(Ns{pos_ms} * kNsPerMs) + "}";
  }

  ManualClock clock;
  FakeServer server{clock};
  Endpoint endpoint{"elsewhere", "ws", nullptr, true};
  std::unique_ptr<ScriptedSource> source;
  std::unique_ptr<Player> player;
  TapeEncoder encoder{1};
  FakePeer peer;
  std::unique_ptr<TapeClient> client;
  int left = 0;
};

TEST_F(TapeClientTest, TellsTheStateThenTheFramesThenTheEnd) {
  open({});
  server.advance(100 * kNsPerMs);
  EXPECT_EQ(peer.take(), (Log{state(false, "1", 0), state(true, "1", 0), frame(1, 0, "a"),
                              frame(2, 50, "b"), frame(3, 100, "c"), state(false, "1", 100),
                              R"(text {"t":"end"})", "close 1000 end of tape"}));
  client->on_closed();
  EXPECT_EQ(left, 1);
}

TEST_F(TapeClientTest, ControlAndOutboundFramesOnlyWithAll) {
  ScriptedFrame ping{ms(0), "p"};
  ping.opcode = Opcode::ping;
  ScriptedFrame out{ms(0), "o"};
  out.direction = Direction::out;
  ScriptedFrame ack{ms(0), "k", FrameRole::ack};
  ScriptedFrame copy{ms(0), "a"};
  copy.is_duplicate = true;
  open({}, {{ms(0), "a"}, ping, out, ack, copy});
  TapeQuery all;
  all.all = true;
  const auto other = make(all);
  FakePeer other_peer(8);
  other->on_open(other_peer);
  server.settle();
  EXPECT_EQ(client->info().frames_sent, 3) << "a, k and the copy";
  EXPECT_EQ(other->info().frames_sent, 5);
  EXPECT_EQ(other_peer.log[3],
            R"(text {"t":"frame","id":2,"feed":"elsewhere","endpoint":"ws","direction":"in",)"
            R"("opcode":9,"recv_ns":1000000000000,"payload_b64":"cA=="})");
  EXPECT_EQ(other_peer.log[4],
            R"(text {"t":"frame","id":3,"feed":"elsewhere","endpoint":"ws","direction":"out",)"
            R"("opcode":1,"recv_ns":1000000000000,"payload":"o"})");
}

TEST_F(TapeClientTest, OnlyTheFeedsAskedFor) {
  TapeQuery query;
  query.feeds = {"another"};
  open(query);
  server.advance(100 * kNsPerMs);
  EXPECT_EQ(client->info().frames_sent, 0);
}

TEST_F(TapeClientTest, ButtonsMoveTheDeckForAll) {
  open({});
  server.advance(10 * kNsPerMs);
  EXPECT_EQ(answer(R"({"op":"pause"})"), state(false, "1", 10));
  EXPECT_EQ(answer(R"({"op":"speed","value":"max"})"), state(false, "\"max\"", 10));
  EXPECT_EQ(answer(R"({"op":"speed","value":2.5})"), state(false, "2.5", 10));
  EXPECT_EQ(answer(R"({"op":"seek","to":"+0.05s"})"), state(false, "2.5", 50));
  EXPECT_EQ(answer(R"({"op":"seek","to":"1970-01-01T00:16:40.02Z"})"), state(false, "2.5", 20));
  EXPECT_EQ(answer(R"({"op":"seek","to":30000000})"), state(false, "2.5", 30));
  EXPECT_EQ(answer(R"({"op":"step","count":1})"), frame(2, 50, "b"));
  EXPECT_EQ(peer.log.back(), state(false, "2.5", 50));
  EXPECT_EQ(answer(R"({"op":"play"})"), state(true, "2.5", 50));
}

TEST_F(TapeClientTest, WhatCannotApplyIsAnswered) {
  open({});
  server.advance(10 * kNsPerMs);
  const auto error = [](const std::string& message) {
    return R"(text {"t":"error","message":")" + message + "\"}";
  };
  EXPECT_EQ(answer("pause"), error(R"(not a JSON object: send {\"op\":…})"));
  EXPECT_EQ(answer(R"({"op":"rewind"})"),
            error(R"(op \"rewind\" is unknown; there are play, pause, seek, speed and step)"));
  EXPECT_EQ(answer(R"({"op":"seek"})"),
            error("seek: give to=TIME, RFC 3339 or an offset like +30s"));
  EXPECT_EQ(answer(R"({"op":"seek","to":"+5s"})"),
            error("1970-01-01T00:16:45Z is outside of what is played: 1970-01-01T00:16:40Z to "
                  "1970-01-01T00:16:40.1Z"));
  EXPECT_EQ(answer(R"({"op":"seek","to":-1})"),
            error("seek: position -1 is not within 0 to 100000000"));
  EXPECT_EQ(answer(R"({"op":"speed","value":0})"),
            error(R"(speed \"0\" is neither a positive number nor max)"));
  EXPECT_EQ(answer(R"({"op":"speed"})"), error("speed: give value=N, a positive number or max"));
  EXPECT_EQ(answer(R"({"op":"step","count":1})"),
            error("the deck is playing: pause it before stepping"));
  EXPECT_EQ(answer(R"({"op":"step","count":"two"})"),
            error(R"(step: count \"two\" is not a whole number)"));
}

TEST_F(TapeClientTest, AtAFixedSpeedASlowOneIsClosed) {
  open({}, {{ms(0), std::string(20 << 20U, 'x')}, {ms(50), "b"}});
  peer.reads = false;
  server.advance(60 * kNsPerMs);
  EXPECT_EQ(peer.log.back(), "close 1008 slow client");
}

TEST_F(TapeClientTest, WhoComesAfterTheEndIsToldSo) {
  open({});
  server.advance(200 * kNsPerMs);
  const auto late = make({});
  FakePeer late_peer(9);
  late->on_open(late_peer);
  EXPECT_EQ(late_peer.take(),
            (Log{state(false, "1", 100), R"(text {"t":"end"})", "close 1000 end of tape"}));
}

TEST(TapeEncoder, EscapesTextAndEncodesWhatIsNone) {
  const Endpoint endpoint{"elsewhere", "/", nullptr, true};
  DueFrame frame;
  frame.endpoint = &endpoint;
  frame.frame_id = 12;
  frame.tape = 1;
  frame.recv_ns = 34;
  frame.served.payload = "{\"a\":\"\\n\"}\t";
  std::string json;
  TapeEncoder::append_json(json, frame, false);
  EXPECT_EQ(json, R"({"t":"frame","id":12,"feed":"elsewhere","endpoint":"/","direction":"in",)"
                  R"("opcode":1,"recv_ns":34,"payload":"{\"a\":\"\\n\"}\t"})");
  frame.served.payload = "\xff";
  frame.is_valid_utf8 = false;
  json.clear();
  TapeEncoder::append_json(json, frame, true);
  EXPECT_EQ(json, R"({"t":"frame","id":12,"tape":1,"feed":"elsewhere","endpoint":"/",)"
                  R"("direction":"in","opcode":1,"recv_ns":34,"payload_b64":"/w=="})");
}

TEST(TapeQuery, IsReadOrRefusedInWords) {
  const std::vector<std::string> feeds = {"a", "b"};
  const auto read = [&](std::string_view query) {
    return parse_tape_query(parse_target("/tape?" + std::string(query)), feeds);
  };
  const auto good = read("view=frames&clock=deck&feeds=b,a&all=1");
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(good->feeds, (std::vector<std::string>{"b", "a"}));
  EXPECT_TRUE(good->all);
  EXPECT_FALSE(read("all=0")->all);
  EXPECT_EQ(read("feeds=c").error().message, "feeds: no feed called c; there are a, b");
  EXPECT_FALSE(good->rows);
  EXPECT_TRUE(read("view=rows")->rows);
  EXPECT_EQ(read("view=x").error().message, "view=x: no such view; there are frames and rows");
  EXPECT_EQ(read("all=yes").error().message, "all=yes: give 0 or 1");
}

}  // namespace
}  // namespace tapedeck
