// `--heal` and `--as-known`: what gap-fills recovered, in the feed's own format and in its place.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "replay/replay.h"
#include "tests/replay/probe.h"
#include "tests/replay/tape_maker.h"

namespace tapedeck {
namespace {

using nlohmann::json;
using testing::probe;
using testing::Probe;
using testing::Running;
using testing::TapeMaker;
using testing::TempDir;
using Log = std::vector<std::string>;

const std::string kEnd = "close 1000 end of tape";
constexpr std::int64_t kStartMs = testing::kTapeStart / kNsPerMs;

std::string event(int id) {
  return R"({"type":"EVENT","payload":{"id":)" + std::to_string(id) +
         R"(,"type":"REGIME_SHIFT","symbol":"BTC"}})";
}
Alert alert(Text id, Text symbol) {
  Alert alert;
  alert.event_id = id;
  alert.type = "REGIME_SHIFT";
  alert.symbol = symbol;
  alert.data = R"({"x":1.50})";
  return alert;
}
std::string healed_event(int id, const std::string& symbol, int ms) {
  return R"({"type":"EVENT","payload":{"id":)" + std::to_string(id) +
         R"(,"type":"REGIME_SHIFT","symbol":")" + symbol +
         R"(","data":{"x":1.50},"detected_at":")" + format_rfc3339(TapeMaker::at(ms)) + "\"}}";
}

// Events 1 and 4 came live at 10 and 50 ms; 2 and 3 were recovered at 60 ms, out of order. The
// stream was away from 10 to 40 ms; event 3 claims 45.
void write_events(TapeMaker& tape) {
  const auto events = tape.connection("nexusglass", "ws/fastfeed", 0, 5);
  tape.frame(events, 10, event(1)).row("nexusglass", alert("1", "BTC"), TapeMaker::at(9));
  tape.frame(events, 50, event(4)).row("nexusglass", alert("4", "BTC"), TapeMaker::at(49));
  tape.gap("nexusglass", "ws/fastfeed", 10, 40);
  tape.request("nexusglass", 60);
  tape.filled("nexusglass", alert("3", "ETH"), TapeMaker::at(45));
  tape.filled("nexusglass", alert("2", "BTC"), TapeMaker::at(20));
  tape.frame(events, 70, event(5)).row("nexusglass", alert("5", "BTC"), TapeMaker::at(69));
}

class HealTest : public ::testing::Test {
 protected:
  std::unique_ptr<Running<ReplayServer>> run(std::optional<HealMode> heal, bool paused = false) {
    ReplayOptions options;
    options.paused = paused;
    options.tapes = {folder.file("a.tape")};
    options.max_speed = true;
    options.grace_ns = 20 * kNsPerMs;
    options.heal = heal;
    auto made = make_replay(options);
    EXPECT_TRUE(made.ok()) << made.error().message;
    return std::make_unique<Running<ReplayServer>>(std::move(*made));
  }
  // Without what the service says itself at the beginning.
  static Log data(const Log& lines) {
    Log out;
    for (const std::string& line : lines) {
      if (line.find("HANDSHAKE") == line.npos && line.find(R"("Subscribed")") == line.npos)
        out.push_back(line.starts_with("text ") ? line.substr(5) : line);
    }
    return out;
  }
  // Messages of `/tape` as `@MS WHAT`: a payload's or row's id.
  static Log ids(const Log& lines) {
    Log out;
    for (const std::string& line : lines) {
      if (!line.starts_with("text {\"t\":\"frame\"") && !line.starts_with("text {\"t\":\"row\""))
        continue;
      const json message = json::parse(line.substr(5));
      const std::string at =
          "@" + std::to_string(message["recv_ns"].get<Ns>() / kNsPerMs - kStartMs) + " ";
      if (message["t"] == "row") {
        out.push_back(at + message["event_id"].get<std::string>());
        continue;
      }
      const json payload = json::parse(message["payload"].get<std::string>());
      out.push_back(at + payload["payload"]["id"].dump() +
                    (message.contains("healed") ? " healed" : ""));
    }
    return out;
  }
  TempDir folder;
};

TEST_F(HealTest, AFeedsClientGetsRecoveredEventsInItsFormatAtTheirTimes) {
  TapeMaker tape(folder.file("a.tape"));
  write_events(tape);
  tape.finish();
  const auto replay = run(HealMode::at_event);
  const std::string url = replay->ws("/nexusglass/ws/fastfeed?token=k");
  EXPECT_EQ(data(probe("ws " + url)), (Log{event(1), healed_event(2, "BTC", 20),
                                           healed_event(3, "ETH", 45), event(4), event(5), kEnd}));
}

TEST_F(HealTest, AsKnownTheyComeWhenTheRecorderGotThem) {
  TapeMaker tape(folder.file("a.tape"));
  write_events(tape);
  tape.finish();
  const auto replay = run(HealMode::as_known);
  const std::string url = replay->ws("/nexusglass/ws/fastfeed?token=k");
  EXPECT_EQ(data(probe("ws " + url)), (Log{event(1), event(4), healed_event(3, "ETH", 45),
                                           healed_event(2, "BTC", 20), event(5), kEnd}));
}

TEST_F(HealTest, WithoutItNothingIsAdded) {
  TapeMaker tape(folder.file("a.tape"));
  write_events(tape);
  tape.finish();
  const auto replay = run(std::nullopt);
  const std::string url = replay->ws("/nexusglass/ws/fastfeed?token=k");
  EXPECT_EQ(data(probe("ws " + url)), (Log{event(1), event(4), event(5), kEnd}));
}

TEST_F(HealTest, FiltersHoldForThemToo) {
  TapeMaker tape(folder.file("a.tape"));
  write_events(tape);
  tape.finish();
  const auto replay = run(HealMode::at_event);
  const std::string url = replay->ws("/nexusglass/ws/fastfeed?token=k&symbols=ETH");
  EXPECT_EQ(data(probe("ws " + url)), (Log{healed_event(3, "ETH", 45), kEnd}));
}

TEST_F(HealTest, TapeClientsAreToldWhichFramesAreHealedAndTheTimeIsWithinTheGap) {
  TapeMaker tape(folder.file("a.tape"));
  write_events(tape);
  tape.finish();
  const auto replay = run(HealMode::at_event);
  const Log got = probe("ws " + replay->ws("/tape"));
  EXPECT_EQ(ids(got), (Log{"@10 1", "@20 2 healed", "@40 3 healed", "@50 4", "@70 5"}));
  EXPECT_EQ(got[3], R"(text {"t":"frame","id":null,"feed":"nexusglass","endpoint":"ws/fastfeed",)"
                    R"("direction":"in","opcode":1,"recv_ns":)" +
                        std::to_string(TapeMaker::at(20)) + R"(,"payload":)" +
                        json(healed_event(2, "BTC", 20)).dump() + R"(,"healed":true})");
}

TEST_F(HealTest, RowsStandAtTheirEventsTime) {
  TapeMaker tape(folder.file("a.tape"));
  write_events(tape);
  tape.finish();
  const auto replay = run(HealMode::at_event);
  EXPECT_EQ(ids(probe("ws " + replay->ws("/tape?view=rows"))),
            (Log{"@10 1", "@60 2", "@60 3", "@50 4", "@70 5"}))
      << "each once, with the receipt that is on the tape";
}

TEST_F(HealTest, RowsAsKnownStandWhereTheyWereReceived) {
  TapeMaker tape(folder.file("a.tape"));
  write_events(tape);
  tape.finish();
  const auto replay = run(HealMode::as_known);
  EXPECT_EQ(ids(probe("ws " + replay->ws("/tape?view=rows"))),
            (Log{"@10 1", "@50 4", "@60 3", "@60 2", "@70 5"}));
}

TEST_F(HealTest, ASeekFindsThemAndOwnClocksHaveThem) {
  TapeMaker tape(folder.file("a.tape"));
  write_events(tape);
  tape.finish();
  const auto replay = run(HealMode::at_event);
  EXPECT_EQ(ids(probe("ws " + replay->ws("/tape?clock=own&from=%2B30ms&to=50ms"))),
            (Log{"@40 3 healed"}));
}

TEST_F(HealTest, HypercallTradesAndFillsComeAsMessagesOfTheirChannels) {
  TapeMaker tape(folder.file("a.tape"));
  const auto market = tape.connection("hypercall", "ws", 0, 5);
  tape.frame(market, 10, R"({"type":"Trade","symbol":"BTC","price":"1","size":"1"})");
  tape.gap("hypercall", "trades", 10, 40).gap("hypercall", "fills", 10, 40);
  Trade trade;
  trade.symbol = "BTC";
  trade.price = "95000.50";
  trade.size = "0.1";
  trade.side = "sell";
  Fill fill;
  fill.fill_id.integer = 7;
  fill.symbol = "BTC-C";
  fill.price = "2";
  fill.size = "3";
  fill.is_taker = false;
  tape.request("hypercall", 60).filled("hypercall", trade, TapeMaker::at(20));
  tape.filled("hypercall", fill, TapeMaker::at(30));
  tape.frame(market, 70, R"({"type":"Trade","symbol":"BTC","price":"2","size":"1"})").finish();
  const auto replay = run(HealMode::at_event, true);
  Probe client("ws " + replay->ws("/hypercall/ws?wallet=0xa") +
               R"( --send '{"type":"Subscribe","channel":"trades"}')"
               R"( --send '{"type":"Subscribe","channel":"fills"}')");
  EXPECT_EQ(client.line(), R"(text {"type":"Subscribed","channel":"trades"})");
  EXPECT_EQ(client.line(), R"(text {"type":"Subscribed","channel":"fills"})");
  EXPECT_EQ(probe("http POST " + replay->http("/api/play")).size(), 1U);
  const Log got = data(client.rest());
  const auto at = [](int ms) { return std::to_string(kStartMs + ms); };
  ASSERT_EQ(got.size(), 5U);
  EXPECT_EQ(got[1], R"({"type":"Trade","symbol":"BTC","price":"95000.50","size":"0.1",)"
                    R"("side":"sell","timestamp":)" +
                        at(20) + "}");
  EXPECT_EQ(got[2], R"({"type":"Fill","fill_id":7,"symbol":"BTC-C","price":"2","size":"3",)"
                    R"("timestamp":)" +
                        at(30) + R"(,"is_taker":false})");
}

TEST_F(HealTest, WhatHasNoFormatOfItsFeedIsHealedOnTheTapeSocketAlone) {
  TapeMaker tape(folder.file("a.tape"));
  const auto signals = tape.connection("alphahub", "socket/websocket", 0, 5);
  const std::string sent = R"([null,null,"algorithms:14","new_signals",{"open":[{"symbol":"A"}]}])";
  tape.frame(signals, 10, sent);
  tape.gap("alphahub", "algorithms:14", 10, 40);
  Signal leg;
  leg.algorithm_id.integer = 14;
  leg.symbol = "VRTX";
  leg.side = "buy";
  leg.price = "216.08";
  tape.request("alphahub", 60).filled("alphahub", leg, TapeMaker::at(20));
  tape.frame(signals, 70, sent).finish();
  const auto replay = run(HealMode::at_event);
  const Log got = probe("ws " + replay->ws("/tape"));
  const json healed = json::parse(got.at(3).substr(5));
  EXPECT_EQ(healed["healed"], true);
  EXPECT_EQ(healed["payload"], R"({"algorithm_id":14,"price":216.08,"side":"buy",)"
                               R"("symbol":"VRTX","timestamp":"2026-03-17T10:00:00.02"})");
  Probe client("ws " + replay->ws("/alphahub/socket/websocket?api_token=t&clock=own") +
               R"( --send '["1","1","algorithms:14","phx_join",{}]')");
  EXPECT_NE(client.line().find("phx_reply"), std::string::npos);
  EXPECT_EQ(client.rest(), (Log{"text " + sent, "text " + sent, kEnd}));
}

TEST_F(HealTest, RecoveredQuotesAreOneMessageWithTheirVenues) {
  TapeMaker tape(folder.file("a.tape"));
  const auto market = tape.connection("marketai", "/", 0, 5);
  tape.frame(market, 10, R"({"type":"update","channel":"quotes","ts":1,"data":{}})");
  tape.gap("marketai", "quotes", 10, 40);
  Quote aggregate;
  aggregate.symbol = "BTC/USDT";
  aggregate.mid = "2.0";
  Quote venue = aggregate;
  venue.venue = "binance";
  venue.obi = "0.10";
  tape.request("marketai", 60).filled("marketai", aggregate, TapeMaker::at(20));
  tape.filled("marketai", venue, TapeMaker::at(20)).frame(market, 70, "{}").finish();
  const auto replay = run(HealMode::at_event);
  const Log got = probe("ws " + replay->ws("/tape"));
  EXPECT_EQ(json::parse(got.at(3).substr(5))["payload"],
            R"({"type":"update","channel":"quotes","ts":)" + std::to_string(kStartMs + 20) +
                R"(,"data":{"symbol":"BTC/USDT","global_mid":"2.0",)"
                R"("exchanges":[{"exchange":"binance","mid":"2.0","obi":0.10}]}})");
}

}  // namespace
}  // namespace tapedeck
