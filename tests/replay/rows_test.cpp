// `/tape?view=rows`: every normalized row of the tape in recorded order, nothing lost at a seek, a
// step, or when the first client that wants rows comes late.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "replay/replay.h"
#include "replay/tape_walk.h"
#include "tests/replay/probe.h"
#include "tests/replay/tape_maker.h"

namespace tapedeck {
namespace {

using testing::kTapeStart;
using testing::must_open;
using testing::probe;
using testing::Probe;
using testing::Running;
using testing::TapeMaker;
using testing::TempDir;
using Log = std::vector<std::string>;

Trade trade(Text symbol, Text price) {
  Trade trade;
  trade.symbol = symbol;
  trade.price = price;
  return trade;
}

// Trades and alerts 10 ms apart; one trade is filled in later. With frames that have no rows.
void write_tape(const std::string& path) {
  TapeMaker tape(path);
  const auto events = tape.connection("nexusglass", "ws/fastfeed", 0, 5);
  const auto market = tape.connection("hypercall", "ws", 0, 5);
  tape.frame(events, 10, R"({"type":"HANDSHAKE"})");
  tape.frame(market, 20, "t1").row("hypercall", trade("BTC", "1.50"), TapeMaker::at(19));
  Alert alert;
  alert.event_id = "7";
  alert.symbol = "a\"b";
  alert.latency_ms.digits = "18446744073709551616";
  alert.data = R"({"x":[1,2.50]})";
  tape.frame(events, 30, "e1").row("nexusglass", alert, TapeMaker::at(25));
  Candle candle;
  candle.is_closed = true;
  candle.open = "-0.0";
  tape.frame(market, 40, "two rows").row("hypercall", candle);
  tape.row("hypercall", trade("ETH", "1e-28"));
  tape.request("hypercall", 45).filled("hypercall", trade("SOL", "3"), TapeMaker::at(15));
  tape.frame(market, 50, "t2").row("hypercall", trade("BTC", "2"), std::nullopt, Origin::snapshot);
  tape.request("hypercall", 60).filled("hypercall", trade("XRP", "4"), std::nullopt);
  tape.finish();
}

class RowsTest : public ::testing::Test {
 protected:
  void SetUp() override { write_tape(path()); }
  std::string path() const { return folder.file("a.tape"); }
  ReplayOptions options() const {
    ReplayOptions options;
    options.tapes = {path()};
    options.max_speed = true;
    options.grace_ns = 20 * kNsPerMs;
    return options;
  }
  static std::unique_ptr<Running<ReplayServer>> run(const ReplayOptions& options) {
    auto made = make_replay(options);
    EXPECT_TRUE(made.ok()) << made.error().message;
    return std::make_unique<Running<ReplayServer>>(std::move(*made));
  }
  // A row as `TABLE SYMBOL`, all else as it came.
  static std::string brief(const std::string& line) {
    if (!line.starts_with(R"(text {"t":"row")")) return line;
    const auto row = nlohmann::json::parse(line.substr(5));
    return row["table"].get<std::string>() + " " +
           (row["symbol"].is_null() ? "" : row["symbol"].get<std::string>());
  }
  static Log brief(const Log& lines) {
    Log out;
    for (const std::string& line : lines) {
      if (!line.starts_with(R"(text {"t":"state")")) out.push_back(brief(line));
    }
    return out;
  }
  // What a walk gives from `from_ms` on: frames as `@MS PAYLOAD`, rows as `@MS TABLE id`.
  Log walk(Ns from_ms) {
    std::vector<std::unique_ptr<TapeReader>> readers;
    readers.push_back(must_open(path()));
    EndpointTable endpoints;
    TapeWalk walk(readers, endpoints, {true, nullptr});
    EXPECT_TRUE(walk.start(TapeMaker::at(from_ms)).ok());
    Log log;
    DueFrame due;
    while (true) {
      const auto more = walk.next(due);
      EXPECT_TRUE(more.ok());
      if (!more.ok() || !*more) return log;
      std::string text = "@" + std::to_string((due.pos_ns - kTapeStart) / kNsPerMs) + " ";
      if (due.kind == DueKind::row) {
        const auto row = nlohmann::json::parse(due.served.payload);
        text += row["table"].get<std::string>() + " " + std::to_string(row["id"].get<int>());
      } else {
        text += due.served.payload;
      }
      log.push_back(text);
    }
  }
  TempDir folder;
};

TEST_F(RowsTest, AreServedInRecordedOrderWithTheirExactValues) {
  const auto replay = run(options());
  const Log got = probe("ws " + replay->ws("/tape?view=rows"));
  EXPECT_EQ(brief(got),
            (Log{"trade BTC", "alert a\"b", "trade ETH", "candle ", "trade SOL", "trade BTC",
                 "trade XRP", R"(text {"t":"end"})", "close 1000 end of tape"}));
  const std::string at20 = std::to_string(TapeMaker::at(20));
  EXPECT_EQ(got[2], R"(text {"t":"row","table":"trade","id":1,"frame_id":2,"request_id":null,)"
                    R"("feed":"hypercall","origin":"live","recv_ns":)" +
                        at20 + R"(,"event_ns":)" + std::to_string(TapeMaker::at(19)) +
                        R"(,"venue":null,"symbol":"BTC","price":"1.50","size":null,"side":null,)"
                        R"("trade_id":null,"is_liquidation":null})");
  const auto alert = nlohmann::json::parse(got[3].substr(5));
  EXPECT_EQ(alert["latency_ms"], "18446744073709551616");
  EXPECT_EQ(alert["data"], nlohmann::json::parse(R"({"x":[1,2.50]})"));
  EXPECT_NE(got[3].find(R"("data":{"x":[1,2.50]})"), std::string::npos) << "digits stay";
  EXPECT_EQ(nlohmann::json::parse(got[4].substr(5))["price"], "1e-28");
  const auto candle = nlohmann::json::parse(got[5].substr(5));
  EXPECT_EQ(candle["open"], "-0.0");
  EXPECT_EQ(candle["is_closed"], 1);
  const auto filled = nlohmann::json::parse(got[6].substr(5));
  EXPECT_EQ(filled["origin"], "gapfill");
  EXPECT_EQ(filled["recv_ns"], TapeMaker::at(45));
  EXPECT_EQ(filled["request_id"], 1);
}

TEST_F(RowsTest, AFeedFilterHolds) {
  const auto replay = run(options());
  EXPECT_EQ(brief(probe("ws " + replay->ws("/tape?view=rows&feeds=nexusglass"))),
            (Log{"alert a\"b", R"(text {"t":"end"})", "close 1000 end of tape"}));
}

TEST_F(RowsTest, FeedsThatTheReplayLeavesOutHaveNoRows) {
  ReplayOptions one = options();
  one.feeds = {"nexusglass"};
  const auto replay = run(one);
  EXPECT_EQ(brief(probe("ws " + replay->ws("/tape?view=rows"))),
            (Log{"alert a\"b", R"(text {"t":"end"})", "close 1000 end of tape"}));
}

TEST_F(RowsTest, AStepServesTheRowsOfItsFrames) {
  ReplayOptions paused = options();
  paused.paused = true;
  const auto replay = run(paused);
  Probe rows("ws " + replay->ws("/tape?view=rows"));
  EXPECT_NE(rows.line().find("\"t\":\"state\""), std::string::npos);
  EXPECT_EQ(probe("http POST " + replay->http("/api/step?count=3")).size(), 1U);
  EXPECT_EQ(brief(rows.line()), "trade BTC");
  EXPECT_EQ(brief(rows.line()), "alert a\"b");
  EXPECT_EQ(brief(rows.line()), "trade ETH");
  EXPECT_EQ(brief(rows.line()), "candle ");
  EXPECT_NE(rows.line().find("\"t\":\"state\""), std::string::npos) << "then it stands still";
  replay->server().stop();
  EXPECT_EQ(rows.rest(), (Log{"close 1001 "}));
}

TEST_F(RowsTest, WhoComesLateGetsTheRowsOfWhatIsStillToCome) {
  ReplayOptions paused = options();
  paused.paused = true;
  const auto replay = run(paused);
  Probe frames("ws " + replay->ws("/tape"));
  frames.line();
  EXPECT_EQ(probe("http POST " + replay->http("/api/step?count=2")).size(), 1U);
  EXPECT_NE(frames.line().find("HANDSHAKE"), std::string::npos);
  EXPECT_NE(frames.line().find("\"t1\""), std::string::npos);
  EXPECT_NE(frames.line().find("\"e1\""), std::string::npos);
  frames.line();  // the state
  Probe rows("ws " + replay->ws("/tape?view=rows"));
  rows.line();
  EXPECT_EQ(probe("http POST " + replay->http("/api/play")).size(), 1U);
  EXPECT_EQ(brief(rows.rest()), (Log{"trade ETH", "candle ", "trade SOL", "trade BTC", "trade XRP",
                                     R"(text {"t":"end"})", "close 1000 end of tape"}));
  const Log rest = frames.rest();
  ASSERT_EQ(rest.size(), 6U) << "and nobody else gets a frame twice";
  EXPECT_NE(rest[1].find("two rows"), std::string::npos);
  EXPECT_NE(rest[2].find("\"t2\""), std::string::npos);
}

TEST_F(RowsTest, AWalkPutsRowsBeforeTheirFrameAndAnswersWhereTheyCame) {
  EXPECT_EQ(walk(0), (Log{R"(@10 {"type":"HANDSHAKE"})", "@20 trade 1", "@20 t1", "@30 alert 1",
                          "@30 e1", "@40 trade 2", "@40 candle 1", "@40 two rows", "@45 trade 3",
                          "@50 trade 4", "@50 t2", "@50 trade 5"}))
      << "the end is the last frame: what was received later comes with it";
  EXPECT_EQ(walk(41), (Log{"@45 trade 3", "@50 trade 4", "@50 t2", "@50 trade 5"}));
  EXPECT_EQ(walk(46), (Log{"@50 trade 4", "@50 t2", "@50 trade 5"}));
}

}  // namespace
}  // namespace tapedeck
