// `replay` as its users meet it: real sockets, and clients that others wrote.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "replay/replay.h"
#include "schema/base/text.h"
#include "schema/feeds/registry.h"
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

std::string event(int id, const std::string& symbol) {
  return R"({"type":"EVENT","payload":{"id":)" + std::to_string(id) +
         R"(,"type":"REGIME_SHIFT","symbol":")" + symbol + "\"}}";
}
std::string fill(const std::string& symbol) {
  return R"({"type":"Fill","order_id":1,"fill_id":2,"symbol":")" + symbol +
         R"(","price":"1.50","size":"5.0","side":"buy","timestamp":1737331200000})";
}
const std::string kSnapshot = R"({"type":"SNAPSHOT","payload":{"events":[]}})";

// Nexusglass events and Hypercall fills, 10 ms apart, with what services say themselves in between.
void write_tape(const std::string& path) {
  TapeMaker tape(path);
  const auto events = tape.connection("nexusglass", "ws/fastfeed", 0, 5);
  const auto market = tape.connection("hypercall", "ws", 0, 5);
  tape.frame(events, 10, R"({"type":"HANDSHAKE","payload":{"tier":"OLD"}})");
  tape.frame(events, 20, kSnapshot);
  tape.frame(market, 30, R"({"type":"Subscribed","channel":"fills"})");
  tape.frame(events, 40, event(1, "BTCUSDT"));
  tape.frame(market, 50, fill("BTC-20260131-100000-C"));
  tape.frame(events, 60, R"({"type":"PING"})");
  tape.frame(events, 70, event(2, "ETHUSDT"));
  tape.frame(market, 80, fill("ETH-20260131-4000-P"));
  tape.frame(events, 90, std::string_view("\x00\xff\x10", 3), Opcode::binary);
  tape.frame(events, 100, R"({"type":"NEWS","payload":{"text":"grüße"}})");
  tape.finish();
}

std::string known_feeds() {
  std::vector<std::string> names;
  for (const Feed* feed : all_feeds()) names.emplace_back(feed->name());
  std::sort(names.begin(), names.end());
  return join(names, ", ");
}

class ReplayServerTest : public ::testing::Test {
 protected:
  void SetUp() override { write_tape(folder.file("a.tape")); }
  ReplayOptions options() const {
    ReplayOptions options;
    options.tapes = {folder.file("a.tape")};
    options.max_speed = true;
    options.grace_ns = 20 * kNsPerMs;
    return options;
  }
  static std::unique_ptr<Running<ReplayServer>> run(const ReplayOptions& options) {
    auto made = make_replay(options);
    EXPECT_TRUE(made.ok()) << made.error().message;
    return std::make_unique<Running<ReplayServer>>(std::move(*made));
  }
  static std::string error_of(const ReplayOptions& options) {
    const auto made = make_replay(options);
    return made ? "" : made.error().message;
  }
  TempDir folder;
};

TEST_F(ReplayServerTest, AFeedsClientGetsTheRecordedBytesAfterTheServicesOwnWords) {
  const auto replay = run(options());
  Log got = probe("ws " + replay->ws("/nexusglass/ws/fastfeed?token=k"));
  ASSERT_EQ(got.size(), 7U);
  EXPECT_NE(got[0].find("\"tier\":\"PULSE\""), std::string::npos) << got[0];
  got.erase(got.begin());
  EXPECT_EQ(got,
            (Log{"text " + kSnapshot, "text " + event(1, "BTCUSDT"), "text " + event(2, "ETHUSDT"),
                 "binary 00ff10", R"(text {"type":"NEWS","payload":{"text":"grüße"}})",
                 "close 1000 end of tape"}));
}

TEST_F(ReplayServerTest, AnotherFeedsClientPlaysItsOwnProtocol) {
  const auto replay = run(options());
  const Log got = probe("ws " + replay->ws("/hypercall/ws?wallet=0xabc") +
                        R"( --send '{"type":"Subscribe","channel":"fills","symbols":["ETH"]}')");
  EXPECT_EQ(got, (Log{R"(text {"type":"Subscribed","channel":"fills"})",
                      "text " + fill("ETH-20260131-4000-P"), "close 1000 end of tape"}));
}

TEST_F(ReplayServerTest, TapeClientsSeeEverythingInOrder) {
  const auto replay = run(options());
  const Log got = probe("ws " + replay->ws("/tape"));
  ASSERT_EQ(got.size(), 15U);
  EXPECT_EQ(got[0], R"(text {"t":"state","playing":false,"speed":"max","pos_ns":0})");
  EXPECT_EQ(got[1], R"(text {"t":"state","playing":true,"speed":"max","pos_ns":0})");
  for (std::size_t i = 0; i < 10; ++i) {
    const auto frame = nlohmann::json::parse(got[i + 2].substr(5));
    EXPECT_EQ(frame["id"], i + 1);
    EXPECT_EQ(frame["recv_ns"], TapeMaker::at(10 * (static_cast<Ns>(i) + 1)));
  }
  EXPECT_EQ(nlohmann::json::parse(got[10].substr(5))["payload_b64"], "AP8Q");
  EXPECT_EQ(got[13], R"(text {"t":"end"})");
  EXPECT_EQ(got[14], "close 1000 end of tape");
}

TEST_F(ReplayServerTest, ItWaitsForItsClientsAndLeavesAtTheEnd) {
  ReplayOptions two = options();
  two.wait_clients = 2;
  two.exit_at_end = true;
  const auto replay = run(two);
  Probe first("ws " + replay->ws("/nexusglass/ws/fastfeed?token=k"));
  EXPECT_NE(first.line().find("HANDSHAKE"), std::string::npos);
  EXPECT_EQ(first.line(), "text " + kSnapshot) << "before the deck has started";
  const Log second = probe("ws " + replay->ws("/tape?feeds=hypercall"));
  EXPECT_EQ(second.size(), 8U);
  EXPECT_EQ(first.rest().back(), "close 1000 end of tape");
  EXPECT_TRUE(replay->wait().ok());
  EXPECT_EQ(replay->server().summary(), "played 10 frames, sent 8 to clients");
}

TEST_F(ReplayServerTest, AfterTheEndLateComersAreToldAndASeekGoesOn) {
  const auto replay = run(options());
  EXPECT_EQ(probe("ws " + replay->ws("/tape")).size(), 15U);
  EXPECT_EQ(probe("ws " + replay->ws("/hypercall/ws")), (Log{"close 1000 end of tape"}));
  EXPECT_EQ(probe("http POST " + replay->http("/api/seek?to=+75ms")),
            (Log{R"(200 {"playing":false,"speed":"max","pos_ns":75000000})"}));
  const Log got = probe("ws " + replay->ws("/nexusglass/ws/fastfeed?token=k"));
  ASSERT_EQ(got.size(), 5U);
  EXPECT_EQ(got[1], "text " + kSnapshot);
  EXPECT_EQ(got[2], "binary 00ff10");
}

TEST_F(ReplayServerTest, StepsServeAsManyDataFrames) {
  ReplayOptions paused = options();
  paused.paused = true;
  const auto replay = run(paused);
  Probe client("ws " + replay->ws("/nexusglass/ws/fastfeed?token=k"));
  EXPECT_NE(client.line().find("HANDSHAKE"), std::string::npos);
  EXPECT_EQ(client.line(), "text " + kSnapshot);
  EXPECT_EQ(probe("http POST " + replay->http("/api/step?count=2")).size(), 1U);
  EXPECT_EQ(client.line(), "text " + event(1, "BTCUSDT"));
  const auto status =
      nlohmann::json::parse(probe("http GET " + replay->http("/api/status")).at(0).substr(4));
  EXPECT_EQ(status["pos_ns"], 40 * kNsPerMs);
  EXPECT_EQ(status["playing"], false);
  EXPECT_EQ(status["clients"][0]["feed"], "nexusglass");
  replay->server().stop();
  EXPECT_EQ(client.rest(), (Log{"close 1001 "}));
}

TEST_F(ReplayServerTest, FromAndToCutTheTape) {
  ReplayOptions cut = options();
  cut.from = "2026-03-17T10:00:00.04Z";
  cut.to = "+80ms";
  const auto replay = run(cut);
  const Log got = probe("ws " + replay->ws("/tape"));
  ASSERT_EQ(got.size(), 9U);
  EXPECT_EQ(got[0], R"(text {"t":"state","playing":false,"speed":"max","pos_ns":40000000})");
  EXPECT_EQ(nlohmann::json::parse(got[2].substr(5))["id"], 4);
  EXPECT_EQ(nlohmann::json::parse(got[5].substr(5))["id"], 7);
}

TEST_F(ReplayServerTest, WrongPathsAndQueriesAreRefused) {
  ReplayOptions one = options();
  one.feeds = {"hypercall"};
  const auto replay = run(one);
  EXPECT_EQ(probe("ws " + replay->ws("/nobody/ws")), (Log{"refused 404"}));
  EXPECT_EQ(probe("ws " + replay->ws("/hypercall/nowhere")), (Log{"refused 404"}));
  EXPECT_EQ(probe("ws " + replay->ws("/nexusglass/ws?token=k")), (Log{"refused 404"}));
  EXPECT_EQ(probe("ws " + replay->ws("/tape?view=columns")), (Log{"refused 400"}));
  EXPECT_EQ(probe("http GET " + replay->http("/hypercall/ws")),
            (Log{R"(426 {"error":"/hypercall/ws speaks WebSocket"})"}));
}

TEST_F(ReplayServerTest, OptionsThatCannotBeAreNamed) {
  const auto with = [&](auto change) {
    ReplayOptions changed = options();
    change(changed);
    return error_of(changed);
  };
  EXPECT_EQ(with([](auto& o) { o.max_speed = false, o.speed = 0; }),
            "--speed must be a positive number or max");
  EXPECT_EQ(with([](auto& o) { o.from = "+1h"; }),
            "--from +1h is past the end of the tape, 2026-03-17T10:00:00.1Z: give an earlier time");
  EXPECT_EQ(with([](auto& o) { o.from = "+50ms", o.to = "+50ms"; }),
            "--to +50ms leaves nothing to play: it must be later than 2026-03-17T10:00:00.05Z");
  EXPECT_EQ(with([](auto& o) { o.feeds = {"nexusglas"}; }),
            "--feeds: no feed called nexusglas; there are " + known_feeds());
  EXPECT_EQ(with([](auto& o) { o.server.host = "0.0.0.0"; }),
            "--listen 0.0.0.0 can be reached from other machines: give --token, or listen on "
            "127.0.0.1");
  EXPECT_EQ(with([](auto& o) { o.wait_clients = -1; }), "--wait-clients must be 0 or more");
  EXPECT_EQ(with([](auto& o) { o.stall_timeout_ns = 0; }), "--stall-timeout must be more than 0");
  EXPECT_TRUE(with([](auto& o) { o.from = "soon"; }).starts_with("--from: "));
}

}  // namespace
}  // namespace tapedeck
