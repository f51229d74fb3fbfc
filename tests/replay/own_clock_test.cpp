// `?clock=own`: a deck of one's own, which the shared one's buttons do not move, nor the other way.
#include "replay/own_clock.h"

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

std::string fill(int id) {
  return R"({"type":"Fill","fill_id":)" + std::to_string(id) +
         R"(,"symbol":"BTC-C","price":"1","size":"2"})";
}

// Fills 1 … 5, 10 ms apart, from 10 ms on.
class OwnClockTest : public ::testing::Test {
 protected:
  void SetUp() override {
    TapeMaker tape(folder.file("a.tape"));
    const auto market = tape.connection("hypercall", "ws", 0, 5);
    for (int i = 1; i <= 5; ++i) {
      Fill row;
      row.fill_id.integer = i;
      row.symbol = "BTC-C";
      tape.frame(market, 10 * i, fill(i)).row("hypercall", row);
    }
    tape.finish();
  }
  // The shared deck stands still.
  std::unique_ptr<Running<ReplayServer>> run(const std::string& from = "",
                                             const std::string& to = "") {
    ReplayOptions options;
    options.from = from;
    options.to = to;
    options.tapes = {folder.file("a.tape")};
    options.max_speed = true;
    options.paused = true;
    auto made = make_replay(options);
    EXPECT_TRUE(made.ok()) << made.error().message;
    return std::make_unique<Running<ReplayServer>>(std::move(*made));
  }
  static nlohmann::json status(Running<ReplayServer>& replay) {
    return nlohmann::json::parse(probe("http GET " + replay.http("/api/status")).at(0).substr(4));
  }
  static Log payloads(const Log& lines) {
    Log out;
    for (const std::string& line : lines) {
      if (line.starts_with("close ")) out.push_back(line);
      if (!line.starts_with(R"(text {"t":"frame")")) continue;
      out.push_back(nlohmann::json::parse(line.substr(5))["payload"].get<std::string>());
    }
    return out;
  }
  static std::string subscribe() { return R"( --send '{"type":"Subscribe","channel":"fills"}')"; }
  TempDir folder;
};

TEST_F(OwnClockTest, AFeedsClientPlaysTheTapeWhileTheSharedDeckStandsStill) {
  const auto replay = run();
  const Log got = probe("ws " + replay->ws("/hypercall/ws?wallet=0xa&clock=own") + subscribe());
  EXPECT_EQ(
      got, (Log{R"(text {"type":"Subscribed","channel":"fills"})", "text " + fill(1),
                "text " + fill(2), "text " + fill(3), "text " + fill(4), "text " + fill(5), kEnd}));
  EXPECT_EQ(status(*replay)["pos_ns"], 0);
}

TEST_F(OwnClockTest, FromToAndSpeedAreItsOwn) {
  const auto replay = run();
  const Log got = probe("ws " +
                        replay->ws("/hypercall/ws?wallet=0xa&clock=own&from=%2B20ms&to=40ms&"
                                   "speed=2") +
                        subscribe());
  EXPECT_EQ(got, (Log{R"(text {"type":"Subscribed","channel":"fills"})", "text " + fill(2),
                      "text " + fill(3), kEnd}));
  const Log tape = probe("ws " + replay->ws("/tape?clock=own&from=%2B40ms&speed=0.5"));
  EXPECT_EQ(payloads(tape), (Log{fill(4), fill(5), kEnd}));
  EXPECT_EQ(tape[0], R"(text {"t":"state","playing":false,"speed":0.5,"pos_ns":40000000})");
}

TEST_F(OwnClockTest, WhatTheQueryNamesIsOfTheWholeTapeAndTheRestIsTheServers) {
  const auto replay = run("20ms", "40ms");
  const auto own = [&](const std::string& query) {
    return payloads(probe("ws " + replay->ws("/tape?clock=own" + query)));
  };
  EXPECT_EQ(own(""), (Log{fill(2), fill(3), kEnd}));
  EXPECT_EQ(own("&from=0ms&to=60ms"), (Log{fill(1), fill(2), fill(3), fill(4), fill(5), kEnd}));
  EXPECT_EQ(own("&from=0ms"), (Log{fill(1), fill(2), fill(3), kEnd}));
  EXPECT_EQ(own("&to=60ms"), (Log{fill(2), fill(3), fill(4), fill(5), kEnd}));
  EXPECT_EQ(own("&from=0ms&to=20ms"), (Log{fill(1), kEnd}));
}

TEST_F(OwnClockTest, RowsComeOnItToo) {
  const auto replay = run();
  const Log got = probe("ws " + replay->ws("/tape?clock=own&view=rows&from=%2B40ms"));
  ASSERT_EQ(got.size(), 7U) << "three states, two rows, end, close";
  EXPECT_EQ(nlohmann::json::parse(got[2].substr(5))["fill_id"], 4);
  EXPECT_EQ(nlohmann::json::parse(got[3].substr(5))["fill_id"], 5);
}

TEST_F(OwnClockTest, ItsButtonsMoveItAlone) {
  const auto replay = run();
  Probe shared("ws " + replay->ws("/tape"));
  EXPECT_EQ(shared.line(), R"(text {"t":"state","playing":false,"speed":"max","pos_ns":0})");
  // Slow enough to stand where it began until it is told to hurry.
  const Log own =
      probe("ws " + replay->ws("/tape?clock=own&speed=0.000001") +
            R"( --send '{"op":"seek","to":"+50ms"}' --send '{"op":"speed","value":"max"}')");
  EXPECT_EQ(payloads(own), (Log{fill(5), kEnd}));
  EXPECT_EQ(status(*replay)["pos_ns"], 0);
  EXPECT_EQ(probe("http POST " + replay->http("/api/step?count=1")).size(), 1U);
  EXPECT_NE(shared.line().find("\"id\":1,"), std::string::npos);
  replay->server().stop();
  shared.rest();
}

TEST_F(OwnClockTest, TheSharedDecksButtonsDoNotTouchIt) {
  const auto replay = run();
  Probe own("ws " + replay->ws("/tape?clock=own&speed=0.000001"));
  own.line();  // standing still
  own.line();  // playing
  EXPECT_EQ(probe("http POST " + replay->http("/api/seek?to=50ms")).size(), 1U);
  EXPECT_EQ(probe("http POST " + replay->http("/api/play")).size(), 1U);
  // Wait until the shared deck has ended.
  while (status(*replay)["ended"] != true) {
  }
  const auto now = status(*replay);
  ASSERT_EQ(now["clients"].size(), 1U);
  EXPECT_EQ(now["clients"][0]["clock"], "own");
  EXPECT_EQ(now["clients"][0]["frames_sent"], 0);
  replay->server().stop();
  EXPECT_EQ(own.rest(), (Log{"close 1001 "}));
}

TEST_F(OwnClockTest, WrongQueriesAreRefused) {
  const auto replay = run();
  for (const char* query : {"clock=mine", "clock=own&speed=0", "clock=own&from=soon",
                            "clock=own&from=%2B30ms&to=%2B20ms", "speed=2"}) {
    EXPECT_EQ(probe("ws " + replay->ws("/tape?" + std::string(query))), (Log{"refused 400"}))
        << query;
  }
  EXPECT_EQ(probe("ws " + replay->ws("/hypercall/ws?clock=mine")), (Log{"refused 400"}));
  EXPECT_EQ(probe("ws " + replay->ws("/hypercall/ws?clock=own&speed=x")), (Log{"refused 400"}));
}

TEST_F(OwnClockTest, ThereIsABoundAndWhoLeavesMakesRoom) {
  const auto replay = run();
  // One program with all of them.
  const std::string many = "/usr/bin/python3 " TAPEDECK_SOURCE_DIR
                           "/tests/clients/many_clients.py " +
                           replay->ws("/tape?clock=own&speed=0.000001") + " " +
                           std::to_string(OwnClocks::kClocksMax + 1);
  FILE* pipe = ::popen(many.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string said;
  for (int c = ::fgetc(pipe); c != EOF; c = ::fgetc(pipe)) said += static_cast<char>(c);
  EXPECT_EQ(::pclose(pipe), 0);
  EXPECT_EQ(said, "refused 503 after " + std::to_string(OwnClocks::kClocksMax) + "\nroom again\n");
}

}  // namespace
}  // namespace tapedeck
