// `--disconnects` over real sockets: who is let in where on the tape, and how clients are lost.
#include <gtest/gtest.h>

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

std::string event(int id) {
  return R"({"type":"EVENT","payload":{"id":)" + std::to_string(id) + R"(,"symbol":"BTCUSDT"}})";
}

// Events 1 to 3 up to 40 ms; away from 50 to 100 ms; events 4 and 5 up to 120 ms.
class ReplayLossesTest : public ::testing::Test {
 protected:
  void write(ClosedBy by, std::optional<int> code = std::nullopt, std::string_view reason = "") {
    TapeMaker tape(folder.file("a.tape"));
    const auto first = tape.connection("nexusglass", "ws/fastfeed", 0, 5);
    const auto second = tape.connection("nexusglass", "ws/fastfeed", 0, 100);
    const auto market = tape.connection("hypercall", "ws", 0, 5);
    tape.end(first, 6, 50, by, code, reason);
    tape.end(second, 101, 130, ClosedBy::client, 1000);
    tape.end(market, 6, 130, ClosedBy::client, 1000);
    tape.frame(first, 10, event(1)).frame(first, 20, event(2)).frame(first, 40, event(3));
    tape.frame(second, 110, event(4)).frame(second, 120, event(5));
    tape.finish();
  }
  // Stands still at the start.
  std::unique_ptr<Running<ReplayServer>> run(bool disconnects = true) {
    ReplayOptions options;
    options.tapes = {folder.file("a.tape")};
    options.paused = true;
    options.max_speed = true;
    options.disconnects = disconnects;
    options.stall_timeout_ns = 100 * kNsPerMs;
    auto made = make_replay(options);
    EXPECT_TRUE(made.ok()) << made.error().message;
    return std::make_unique<Running<ReplayServer>>(std::move(*made));
  }
  // A client that has its handshake.
  static std::unique_ptr<Probe> listen(const Running<ReplayServer>& replay) {
    auto client = std::make_unique<Probe>("ws " + replay.ws("/nexusglass/ws/fastfeed?token=k"));
    EXPECT_NE(client->line().find("HANDSHAKE"), std::string::npos);
    return client;
  }
  static void press(const Running<ReplayServer>& replay, const std::string& button) {
    EXPECT_TRUE(probe("http POST " + replay.http("/api/" + button)).at(0).starts_with("200 "));
  }

  TempDir folder;
};

TEST_F(ReplayLossesTest, TheRefusalFollowsTheDecksPosition) {
  write(ClosedBy::server, 1012, "service restart");
  std::vector<std::unique_ptr<Probe>> clients;  // the replay's end is theirs
  const auto replay = run();
  const std::string url = "ws " + replay->ws("/nexusglass/ws/fastfeed?token=k");
  for (const char* away : {"seek?to=%2B50ms", "seek?to=%2B60ms", "seek?to=99999999"}) {
    press(*replay, away);
    EXPECT_EQ(probe(url), (Log{"refused 503"})) << away;
  }
  const std::string market = "ws " + replay->ws("/hypercall/ws?wallet=0xabc");
  clients.push_back(
      std::make_unique<Probe>(market + R"( --send '{"type":"Subscribe","channel":"fills"}')"));
  EXPECT_EQ(clients.back()->line(), R"(text {"type":"Subscribed","channel":"fills"})");
  for (const char* there : {"seek?to=%2B100ms", "seek?to=%2B49ms", "seek?to=0"}) {
    press(*replay, there);
    clients.push_back(listen(*replay));
  }
}

TEST_F(ReplayLossesTest, ClientsAreClosedAsRecordedOnceTheyHaveWhatCameBefore) {
  write(ClosedBy::server, 4000, "rebalance");
  const auto replay = run();
  const auto client = listen(*replay);
  press(*replay, "play");
  EXPECT_EQ(client->rest(), (Log{"text " + event(1), "text " + event(2), "text " + event(3),
                                 "close 4000 rebalance"}));
}

TEST_F(ReplayLossesTest, WhatHadNoCloseFrameIsCutAfterWhatCameBefore) {
  write(ClosedBy::network);
  const auto replay = run();
  const auto client = listen(*replay);
  press(*replay, "play");
  EXPECT_EQ(client->rest(),
            (Log{"text " + event(1), "text " + event(2), "text " + event(3), "close 1006 "}));
}

TEST_F(ReplayLossesTest, SteppingMeetsLossesToo) {
  write(ClosedBy::server, 1012, "");
  std::unique_ptr<Probe> next;  // the replay's end is its end
  const auto replay = run();
  const auto client = listen(*replay);
  press(*replay, "step?count=3");
  press(*replay, "step?count=1");
  EXPECT_EQ(client->rest().back(), "close 1012 ");
  next = listen(*replay);
  press(*replay, "step?count=1");
  EXPECT_EQ(next->line(), "text " + event(5));
}

TEST_F(ReplayLossesTest, WithoutTheOptionNobodyIsLost) {
  write(ClosedBy::server, 1012, "service restart");
  const auto replay = run(false);
  const auto client = listen(*replay);
  press(*replay, "seek?to=%2B60ms");
  const auto second = listen(*replay);
  press(*replay, "play");
  for (const auto& each : {client.get(), second.get()})
    EXPECT_EQ(each->rest(),
              (Log{"text " + event(4), "text " + event(5), "close 1000 end of tape"}));
}

}  // namespace
}  // namespace tapedeck
