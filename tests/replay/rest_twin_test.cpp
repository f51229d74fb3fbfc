// The services' REST paths answered from a tape: what existed at the deck's position, live and
// gap-filled, in the service's own format, and nothing of later.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "replay/replay.h"
#include "tests/replay/probe.h"
#include "tests/replay/tape_maker.h"

namespace tapedeck {
namespace {

using nlohmann::json;
using testing::probe;
using testing::Running;
using testing::TapeMaker;
using testing::TempDir;
using Log = std::vector<std::string>;

constexpr std::int64_t kStartMs = testing::kTapeStart / kNsPerMs;

Trade trade(Text symbol, Text price, Text side = "buy") {
  Trade trade;
  trade.symbol = symbol;
  trade.price = price;
  trade.size = "2.0";
  trade.side = side;
  return trade;
}

std::string event_text(int id, const std::string& symbol) {
  return R"({"id":)" + std::to_string(id) + R"(,"type":"REGIME_SHIFT","symbol":")" + symbol +
         R"(","extra":0.10})";
}

Alert alert(Text id, Text symbol) {
  Alert alert;
  alert.event_id = id;
  alert.type = "REGIME_SHIFT";
  alert.symbol = symbol;
  alert.confidence = "0.880";
  return alert;
}

class RestTwinTest : public ::testing::Test {
 protected:
  std::unique_ptr<Running<ReplayServer>> run(const std::vector<std::string>& tapes = {"a.tape"}) {
    ReplayOptions options;
    for (const std::string& tape : tapes) options.tapes.push_back(folder.file(tape));
    options.paused = true;
    auto made = make_replay(options);
    EXPECT_TRUE(made.ok()) << made.error().message;
    return std::make_unique<Running<ReplayServer>>(std::move(*made));
  }
  static void seek(Running<ReplayServer>& replay, int ms) {
    const Log done = probe("http POST " + replay.http("/api/seek?to=" + std::to_string(ms) + "ms"));
    ASSERT_EQ(done.size(), 1U);
    ASSERT_TRUE(done[0].starts_with("200 ")) << done[0];
  }
  // The answer's body, which must have come with 200.
  static json get(Running<ReplayServer>& replay, const std::string& path,
                  const std::string& header = "") {
    const Log got = probe("http GET " + replay.http(path) +
                          (header.empty() ? "" : " --header '" + header + "'"));
    EXPECT_EQ(got.size(), 1U);
    if (got.empty() || !got[0].starts_with("200 ")) {
      ADD_FAILURE() << (got.empty() ? "no answer" : got[0]);
      return {};
    }
    return json::parse(got[0].substr(4));
  }
  // Each row's `member`, in order.
  static std::vector<json> column(const json& rows, const char* member) {
    std::vector<json> all;
    for (const json& row : rows) all.push_back(row.at(member));
    return all;
  }
  using Column = std::vector<json>;
  TempDir folder;
};

// Trades of two feeds in one table; SOL's was recovered later.
void write_trades(const std::string& path) {
  TapeMaker tape(path);
  const auto market = tape.connection("hypercall", "ws", 0, 5);
  const auto other = tape.connection("marketai", "/", 0, 5);
  tape.frame(market, 10, "{}").row("hypercall", trade("BTC", "1.50"), TapeMaker::at(9));
  tape.frame(other, 20, "{}").row("marketai", trade("BTC/USDT", "7"), TapeMaker::at(19));
  tape.frame(market, 30, "{}").row("hypercall", trade("ETH", "1e-28", "sell"), TapeMaker::at(29));
  tape.frame(market, 50, "{}").row("hypercall", trade("BTC", "3"), TapeMaker::at(49));
  tape.request("hypercall", 60).filled("hypercall", trade("SOL", "4"), TapeMaker::at(40));
  tape.frame(market, 70, "{}").row("hypercall", trade("BTC", "5"), TapeMaker::at(69));
  tape.finish();
}

TEST_F(RestTwinTest, TradesAreThoseUpToNowNumberedInTheOrderOfTime) {
  write_trades(folder.file("a.tape"));
  const auto replay = run();
  EXPECT_EQ(get(*replay, "/hypercall/trades")["data"], json::array());
  seek(*replay, 35);
  const json two = get(*replay, "/hypercall/trades");
  EXPECT_EQ(column(two["data"], "trade_id"), (Column{2, 1})) << "newest first";
  EXPECT_EQ(two["data"][0], (json{{"trade_id", 2},
                                  {"symbol", "ETH"},
                                  {"price", "1e-28"},
                                  {"size", "2.0"},
                                  {"taker_side", "Sell"},
                                  {"timestamp", kStartMs + 29},
                                  {"created_at", "2026-03-17T10:00:00.029Z"}}));
  seek(*replay, 70);
  const json all = get(*replay, "/hypercall/trades");
  EXPECT_EQ(column(all["data"], "symbol"), (Column{"BTC", "BTC", "SOL", "ETH", "BTC"}));
  EXPECT_EQ(column(all["data"], "trade_id"), (Column{5, 4, 3, 2, 1}))
      << "a recovered trade exists from its own time on";
}

TEST_F(RestTwinTest, PagingByCursorOffsetAndSymbolHolds) {
  write_trades(folder.file("a.tape"));
  const auto replay = run();
  seek(*replay, 70);
  const auto ids = [&](const std::string& query) {
    return column(get(*replay, "/hypercall/trades?" + query)["data"], "trade_id");
  };
  EXPECT_EQ(ids("after_trade_id=0&limit=2"), (Column{1, 2}));
  EXPECT_EQ(ids("after_trade_id=2&limit=2"), (Column{3, 4}));
  EXPECT_EQ(ids("after_trade_id=4"), (Column{5}));
  EXPECT_EQ(ids("after_trade_id=5"), (Column{}));
  EXPECT_EQ(ids("limit=2&offset=1"), (Column{4, 3}));
  EXPECT_EQ(ids("symbol=BTC&offset=1"), (Column{4, 1}));
  EXPECT_EQ(ids("symbol=DOGE"), (Column{}));
}

TEST_F(RestTwinTest, SeveralTapesAreOneHistory) {
  write_trades(folder.file("a.tape"));
  TapeMaker later(folder.file("b.tape"), 1000);
  const auto market = later.connection("hypercall", "ws", 0, 1005);
  later.frame(market, 1010, "{}").row("hypercall", trade("XRP", "9"), TapeMaker::at(1009));
  later.finish();
  const auto replay = run({"b.tape", "a.tape"});
  seek(*replay, 1010);
  EXPECT_EQ(column(get(*replay, "/hypercall/trades?after_trade_id=4")["data"], "symbol"),
            (Column{"BTC", "XRP"}));
}

TEST_F(RestTwinTest, OrdersAreTheirNewestUpdates) {
  TapeMaker tape(folder.file("a.tape"));
  const auto market = tape.connection("hypercall", "ws", 0, 5);
  const auto order = [](std::int64_t id, Text status) {
    OrderUpdate made;
    made.order_id.integer = id;
    made.symbol = "BTC";
    made.status = status;
    return made;
  };
  tape.frame(market, 10, "{}").row("hypercall", order(1, "open"));
  tape.frame(market, 20, "{}").row("hypercall", order(2, "open"));
  tape.frame(market, 30, "{}").row("hypercall", order(1, "filled"));
  tape.finish();
  const auto replay = run();
  seek(*replay, 30);
  const json all = get(*replay, "/hypercall/orders?wallet=0xabc");
  EXPECT_EQ(column(all["data"], "order_id"), (Column{1, 2}));
  EXPECT_EQ(column(all["data"], "status"), (Column{"filled", "open"}));
  const json open = get(*replay, "/hypercall/orders?wallet=0xabc&status=open");
  EXPECT_EQ(column(open["data"], "order_id"), (Column{2})) << "order 1 is open no more";
}

TEST_F(RestTwinTest, BooksFillsAndPortfoliosComeAsTheServiceWordsThem) {
  TapeMaker tape(folder.file("a.tape"));
  const auto market = tape.connection("hypercall", "ws", 0, 5);
  Book book;
  book.symbol = "BTC-C";
  book.bids = R"([["95000.50","10.5"],["94999.0","1"]])";
  tape.frame(market, 10, "{}").row("hypercall", book, TapeMaker::at(9));
  Fill fill;
  fill.fill_id.integer = 7;
  fill.symbol = "BTC-C";
  tape.frame(market, 20,
             R"({"type":"Fill","fill_id":7,"symbol":"BTC-C","instrument_type":"option"})")
      .row("hypercall", fill);
  Portfolio portfolio;
  portfolio.kind = "Initial";
  portfolio.data = R"({"type":"PortfolioUpdate","balance":1.50})";
  tape.frame(market, 30, "{}").row("hypercall", portfolio);
  Fill recovered;
  recovered.fill_id.digits = "18446744073709551616";
  recovered.symbol = "ETH-C";
  recovered.is_taker = true;
  tape.request("hypercall", 35).filled("hypercall", recovered, TapeMaker::at(15));
  tape.finish();
  const auto replay = run();
  seek(*replay, 30);
  const Log sent = probe("http GET " + replay->http("/hypercall/orderbook?instrument_id=BTC-C"));
  EXPECT_EQ(sent, (Log{R"(200 {"success":true,"data":{"symbol":"BTC-C","bids":[[95000.50,10.5],)"
                       R"([94999.0,1]],"asks":null,"timestamp":)" +
                       std::to_string(kStartMs + 9) + "}}"}));
  EXPECT_TRUE(
      probe("http GET " + replay->http("/hypercall/orderbook?instrument_id=DOGE"))[0].starts_with(
          "404 "));
  const json fills = get(*replay, "/hypercall/fills?wallet=0xabc")["data"];
  ASSERT_EQ(fills.size(), 2U);
  EXPECT_EQ(fills[0], (json{{"fill_id", 7}, {"symbol", "BTC-C"}, {"instrument_type", "option"}}))
      << "as it was sent, but for its type";
  EXPECT_EQ(fills[1]["is_taker"], true);
  EXPECT_EQ(get(*replay, "/hypercall/portfolio?wallet=0xabc")["data"], (json{{"balance", 1.5}}));
}

TEST_F(RestTwinTest, EventsStandInTheOrderOfTheirIdsWhateverBroughtThem) {
  TapeMaker tape(folder.file("a.tape"));
  const auto events = tape.connection("nexusglass", "ws/fastfeed", 0, 5);
  tape.frame(events, 10,
             R"({"type":"SNAPSHOT","payload":{"events":[)" + event_text(12, "B") + "," +
                 event_text(11, "A") + "]}}");
  tape.row("nexusglass", alert("12", "B"), TapeMaker::at(8), Origin::snapshot);
  tape.row("nexusglass", alert("11", "A"), TapeMaker::at(7), Origin::snapshot);
  tape.frame(events, 20, R"({"type":"EVENT","payload":)" + event_text(13, "A") + "}")
      .row("nexusglass", alert("13", "A"), TapeMaker::at(19));
  tape.frame(events, 50, R"({"type":"EVENT","payload":)" + event_text(15, "A") + "}")
      .row("nexusglass", alert("15", "A"), TapeMaker::at(49));
  tape.request("nexusglass", 60).filled("nexusglass", alert("14", "C"), TapeMaker::at(30));
  tape.frame(events, 70, "{}");
  tape.finish();
  const auto replay = run();
  const auto ids = [&](const std::string& query) {
    return column(get(*replay, "/nexusglass/api/v1/fastfeed/events?token=k" + query)["events"],
                  "id");
  };
  seek(*replay, 20);
  EXPECT_EQ(ids("&after=0"), (Column{11, 12, 13}));
  seek(*replay, 35);
  EXPECT_EQ(ids("&after=12"), (Column{13, 14}));
  seek(*replay, 70);
  EXPECT_EQ(ids("&after=11&limit=2"), (Column{12, 13}));
  EXPECT_EQ(ids("&after=13"), (Column{14, 15}));
  const json rows = get(*replay, "/nexusglass/api/v1/fastfeed/events?token=k&after=11")["events"];
  EXPECT_EQ(rows[0], json::parse(event_text(12, "B"))) << "with all that was sent";
  EXPECT_EQ(rows[2], (json{{"id", 14},
                           {"type", "REGIME_SHIFT"},
                           {"symbol", "C"},
                           {"confidence", 0.88},
                           {"detected_at", "2026-03-17T10:00:00.03Z"}}));
}

TEST_F(RestTwinTest, MarketAiAnswersWithUpdatesAndPutsRecoveredQuotesTogether) {
  TapeMaker tape(folder.file("a.tape"));
  const auto market = tape.connection("marketai", "/", 0, 5);
  const auto quote = [](Text venue, Text mid) {
    Quote made;
    made.venue = venue;
    made.symbol = "BTC/USDT";
    made.mid = mid;
    return made;
  };
  const std::string update =
      R"({"type":"update","channel":"quotes","ts":5,"data":{"symbol":"BTC/USDT","global_mid":"1.0",)"
      R"("exchanges":[{"exchange":"x","obi":0.10}]}})";
  tape.frame(market, 10, update).row("marketai", quote({}, "1.0"), TapeMaker::at(5));
  tape.row("marketai", quote("x", {}), TapeMaker::at(5));
  tape.request("marketai", 60).filled("marketai", quote({}, "2.0"), TapeMaker::at(20));
  tape.filled("marketai", quote("y", "2.1"), TapeMaker::at(20));
  tape.filled("marketai", quote("z", "2.2"), TapeMaker::at(20));
  tape.filled("marketai", quote({}, "3.0"), TapeMaker::at(30));
  tape.frame(market, 70, "{}").finish();
  const auto replay = run();
  seek(*replay, 70);
  const std::string key = "Authorization: Bearer k";
  const json rows = get(*replay, "/marketai/v1/quotes", key)["data"];
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0]["global_mid"], "3.0");
  EXPECT_EQ(rows[0]["exchanges"], json::array());
  EXPECT_EQ(column(rows[1]["exchanges"], "exchange"), (Column{"y", "z"}));
  EXPECT_EQ(rows[1]["timestamp"], kStartMs + 20);
  EXPECT_EQ(rows[2], json::parse(R"({"symbol":"BTC/USDT","global_mid":"1.0",)"
                                 R"("exchanges":[{"exchange":"x","obi":0.1}],"timestamp":5})"));
  const std::string span =
      "?from=" + std::to_string(kStartMs + 20) + "&to=" + std::to_string(kStartMs + 29);
  EXPECT_EQ(column(get(*replay, "/marketai/v1/quotes" + span, key)["data"], "global_mid"),
            (Column{"2.0"}));
}

// Events reach a client later than their own time: what came last before a loss had happened after
// what the fill recovered, by their clocks, and yet is the older state.
TEST_F(RestTwinTest, WhatWasMissingInALossIsNewerThanWhatWasReceivedBeforeIt) {
  TapeMaker tape(folder.file("a.tape"));
  const auto factors = tape.connection("alterscope", "v2/ws/factors", 0, 5);
  const auto events = tape.connection("nexusglass", "ws/fastfeed", 0, 5);
  const auto factor = [](Text current) {
    Factor made;
    made.opportunity_id = "a";
    made.factor = "net_apy";
    made.current = current;
    return made;
  };
  tape.frame(factors, 30, "{}").row("alterscope", factor("1"), TapeMaker::at(10));
  tape.frame(events, 35, R"({"type":"EVENT","payload":)" + event_text(13, "A") + "}")
      .row("nexusglass", alert("13", "A"), TapeMaker::at(12));
  tape.gap("alterscope", "a", 30, 50).gap("nexusglass", "ws/fastfeed", 40, 50);
  tape.request("alterscope", 60).filled("alterscope", factor("2"), TapeMaker::at(20));
  tape.request("nexusglass", 60).filled("nexusglass", alert("14", "B"), TapeMaker::at(20));
  tape.frame(factors, 70, "{}").finish();
  const auto replay = run();
  const auto current = [&] {
    return column(get(*replay, "/alterscope/v2/yield/opportunities/a/factors?token=k")["data"],
                  "current");
  };
  const auto ids = [&] {
    return column(get(*replay, "/nexusglass/api/v1/fastfeed/events?token=k&after=0")["events"],
                  "id");
  };
  seek(*replay, 29);
  EXPECT_EQ(current(), Column{});
  seek(*replay, 39);
  EXPECT_EQ(current(), (Column{2}));
  EXPECT_EQ(ids(), (Column{13})) << "not known before the loss";
  seek(*replay, 40);
  EXPECT_EQ(ids(), (Column{13, 14}));
}

TEST_F(RestTwinTest, SignalsAndFactorsAnswerForTheirStreamAlone) {
  TapeMaker tape(folder.file("a.tape"));
  const auto signals = tape.connection("alphahub", "socket/websocket", 0, 5);
  const auto factors = tape.connection("alterscope", "v2/ws/factors", 0, 5);
  const auto leg = [](std::int64_t algorithm, Text symbol) {
    Signal made;
    made.algorithm_id.integer = algorithm;
    made.symbol = symbol;
    made.side = "buy";
    made.price = "216.080";
    return made;
  };
  tape.frame(signals, 10, "[]").row("alphahub", leg(14, "VRTX"), TapeMaker::at(0));
  tape.row("alphahub", leg(16, "JBHT"), TapeMaker::at(0));
  const auto factor = [](Text opportunity, Text name, Text current) {
    Factor made;
    made.opportunity_id = opportunity;
    made.factor = name;
    made.current = current;
    return made;
  };
  tape.frame(factors, 20, R"({"factor":"f","current":0.50,"as_of":"2026-03-17T09:59:59Z"})")
      .row("alterscope", factor("one", "f", "0.50"));
  tape.frame(factors, 30, R"({"factor":"f","current":0.60})")
      .row("alterscope", factor("one", "f", "0.60"));
  tape.frame(factors, 40, R"({"factor":"g","current":null})")
      .row("alterscope", factor("two", "g", {}));
  tape.frame(factors, 50, R"({"factor":"e","current":"AAA"})")
      .row("alterscope", factor("one", "e", "AAA"));
  tape.finish();
  const auto replay = run();
  seek(*replay, 50);
  EXPECT_EQ(probe("http GET " + replay->http("/alphahub/api/v1/algorithms/14/signals") +
                  " --header 'Authorization: t'"),
            (Log{R"(200 {"data":{"signals":[{"price":216.080,"side":"buy","symbol":"VRTX",)"
                 R"("timestamp":"2026-03-17T10:00:00"}]}})"}));
  const std::string path = "/alterscope/v2/yield/opportunities/one/factors?token=k";
  EXPECT_EQ(get(*replay, path)["data"],
            json::parse(R"([{"factor":"e","current":"AAA"},{"factor":"f","current":0.60}])"));
  seek(*replay, 25);
  EXPECT_EQ(get(*replay, path)["data"],
            json::parse(R"([{"factor":"f","current":0.50,"as_of":"2026-03-17T09:59:59Z"}])"));
}

}  // namespace
}  // namespace tapedeck
