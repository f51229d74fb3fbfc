// Market.ai's gap-fill of events: what is asked, what becomes a row, and how the gap ends.
#include "tests/feeds/marketai/driven_gap.h"

namespace tapedeck::testing {
namespace {

std::string signal(const std::string& id, double second, const char* symbol = "BTC/USDT") {
  return R"({"id":")" + id + R"(","signal_type":"whale_movement","symbol":")" + symbol +
         R"(","severity":"alert","timestamp":)" + ms(second) + "}";
}
std::string liquidation(const std::string& price, double second, const char* quantity = "2.5",
                        const char* symbol = "BTC/USDT") {
  return R"({"exchange":"binance","symbol":")" + std::string(symbol) +
         R"(","side":"sell","price":)" + price + R"(,"quantity":")" + quantity +
         R"(","timestamp":)" + ms(second) + R"(,"notional_usd":"168000.00"})";
}

class MarketSignalGap : public MarketGap {
 protected:
  MarketSignalGap() {
    configure(R"(,"channels":["signals","trades","liquidations","narratives"])");
  }
  Lines ids(const DrivenFill& fill) { return column(fill.rows, "event_id"); }
};

TEST_F(MarketSignalGap, IsFilledWhereTheHistoryOverlapsBothEdges) {
  live("signals", signal("a", -1), -1);
  live("signals", signal("z", 101), 101);
  DrivenFill fill = this->fill("signals");
  EXPECT_EQ(fill.method(), GapMethod::after);
  EXPECT_EQ(fill.start(), Lines{ask("/v1/signals", -60, kUntil)});
  EXPECT_EQ(fill.answer(page({signal("a", -1), signal("b", 5), signal("c", 50)})),
            Lines{ask("/v1/signals", 50, kUntil)});
  EXPECT_EQ(fill.answer(page({signal("c", 50), signal("d", 60), signal("z", 101)})),
            Lines{ask("/v1/signals", 101, kUntil)});
  EXPECT_EQ(fill.answer(page({signal("z", 101)})), Lines{kOverlaps});
  EXPECT_EQ(ids(fill), (Lines{"b", "c", "d"}));
  EXPECT_EQ(fill.rows.rows.front(), "alert gapfill @" + ms(5) + "000000 event_id=b " +
                                        "type=whale_movement severity=alert symbol=BTC/USDT");
  EXPECT_EQ(live("signals", signal("c", 50), 110), Lines{}) << "told already";
}

TEST_F(MarketSignalGap, AsksOnWhereAPageIsShorterThanWasAskedFor) {
  // The service may cut pages to a limit of its own: two here.
  live("signals", signal("a", -1), -1);
  live("signals", signal("z", 101), 101);
  DrivenFill fill = this->fill("signals");
  fill.start();
  EXPECT_EQ(fill.answer(page({signal("a", -1), signal("b", 5)})),
            Lines{ask("/v1/signals", 5, kUntil)});
  EXPECT_EQ(fill.answer(page({signal("b", 5), signal("c", 6)})),
            Lines{ask("/v1/signals", 6, kUntil)});
  EXPECT_EQ(fill.answer(page({signal("c", 6), signal("z", 101)})),
            Lines{ask("/v1/signals", 101, kUntil)});
  EXPECT_EQ(fill.answer(page({signal("z", 101)})), Lines{kOverlaps});
  EXPECT_EQ(ids(fill), (Lines{"b", "c"}));
}

TEST_F(MarketSignalGap, PagesBackwardsWhereTheNewestComeFirst) {
  live("signals", signal("a", -1), -1);
  live("signals", signal("z", 101), 101);
  DrivenFill fill = this->fill("signals");
  fill.start();
  EXPECT_EQ(fill.answer(page({signal("z", 101), signal("d", 60), signal("c", 50)})),
            Lines{ask("/v1/signals", -60, 50)});
  EXPECT_EQ(fill.answer(page({signal("c", 50), signal("b", 5), signal("a", -1)})),
            Lines{ask("/v1/signals", -60, -1)});
  EXPECT_EQ(fill.answer(page({signal("a", -1)})), Lines{kOverlaps});
  EXPECT_EQ(ids(fill), (Lines{"c", "d", "b"}));
}

TEST_F(MarketSignalGap, StopsAtAPageThatRepeatsItself) {
  live("signals", signal("z", 101), 101);
  DrivenFill fill = this->fill("signals");
  fill.start();
  const std::string same = page({signal("b", 5), signal("z", 101)});
  EXPECT_EQ(fill.answer(same), Lines{ask("/v1/signals", 101, kUntil)});
  EXPECT_EQ(fill.answer(same), Lines{ask("/v1/signals", -60.001 - 86'400, -60.001, 1)});
  EXPECT_EQ(fill.answer(same), Lines{"end partial: the history does not reach back to before it"});
  EXPECT_EQ(ids(fill), Lines{"b"});
}

TEST_F(MarketSignalGap, IsProvenOnTheLeftByWhateverIsOlder) {
  live("signals", signal("z", 101), 101);
  DrivenFill fill = this->fill("signals");
  fill.start();
  fill.answer(page({signal("b", 5), signal("z", 101)}));
  EXPECT_EQ(fill.answer(page({signal("z", 101)})),
            Lines{ask("/v1/signals", -60.001 - 86'400, -60.001, 1)});
  EXPECT_EQ(fill.answer(page({signal("old", -4'000)})), Lines{kOverlaps});
  EXPECT_EQ(ids(fill), Lines{"b"}) << "what is older than the gap is none of its rows";
}

TEST_F(MarketSignalGap, WaitsForAHistoryThatIsBehindTheSocketButNotForEver) {
  live("signals", signal("a", -1), -1);
  live("signals", signal("z", 101), 101);
  for (const auto& [seconds, ending] : {std::pair{1, std::string("later: ") + kBehind},
                                        std::pair{899, std::string("later: ") + kBehind},
                                        std::pair{900, std::string("end partial: ") + kBehind}}) {
    DrivenFill fill = this->fill("signals");
    fill.answered_after_ns = seconds * kNsPerSec;
    fill.start();
    EXPECT_EQ(fill.answer(page({signal("a", -1), signal("b", 5)})),
              Lines{ask("/v1/signals", 5, kUntil)});
    EXPECT_EQ(fill.answer(page({})), Lines{ending}) << seconds;
  }
}

TEST_F(MarketSignalGap, WaitsForSomethingThatProvesItsEndButNotForEver) {
  live("signals", signal("a", -1), -1);
  for (const auto& [seconds, ending] :
       {std::pair{1, std::string("later: ") + kNothingSince},
        std::pair{20, std::string("end partial: ") + kNothingSince}}) {
    DrivenFill fill = this->fill("signals");
    fill.answered_after_ns = seconds * kNsPerSec;
    fill.start();
    fill.answer(page({signal("a", -1), signal("b", 5)}));
    EXPECT_EQ(fill.answer(page({signal("b", 5)})), Lines{ending});
    EXPECT_EQ(ids(fill), seconds == 1 ? Lines{"b"} : Lines{}) << "its row is there at once";
  }
}

TEST_F(MarketSignalGap, KnowsWhatWasReceivedWhenAndNotWhatItsClockSays) {
  // The service's clock is two minutes ahead: what came before the loss seems to lie behind it.
  live("signals", signal("a", 119), -1);
  DrivenFill fill = this->fill("signals");
  fill.answered_after_ns = 60 * kNsPerSec;
  fill.start();
  fill.answer(page({signal("a", 119), signal("b", 150)}));
  EXPECT_EQ(fill.answer(page({signal("b", 150)})),
            Lines{std::string("end partial: ") + kNothingSince});
  EXPECT_EQ(ids(fill), Lines{"b"});
}

TEST_F(MarketSignalGap, AsksForTheSymbolsThatAreKnownWhereTheServiceWantsOne) {
  live("signals", signal("a", -1), -1);
  live("signals", signal("z", 101), 101);
  const std::string refusal =
      R"({"ok":false,"error":{"code":"INVALID_PARAMETER","message":"symbol is required"}})";
  DrivenFill fill = this->fill("signals");
  fill.start();
  EXPECT_EQ(fill.answer(refusal, 400), Lines{ask("/v1/signals?symbol=BTC%2FUSDT", -60, kUntil)});
  fill.answer(page({signal("a", -1), signal("b", 5), signal("z", 101)}));
  EXPECT_EQ(fill.answer(page({})),
            Lines{"end partial: only the symbols that were heard of could be asked for"});
  EXPECT_EQ(ids(fill), Lines{"b"});

  normalizer_ = marketai_feed().make_normalizer(1);
  DrivenFill unknown = this->fill("signals");
  unknown.start();
  EXPECT_EQ(unknown.answer(refusal, 422),
            Lines{"later: HTTP 422, INVALID_PARAMETER: symbol is required: it may want a symbol, "
                  "and none is known of this stream yet; check feeds.marketai.rest.signals_path "
                  "(null: none)"});
}

TEST_F(MarketSignalGap, IsPartialWhereAMillisecondHoldsMoreThanAPage) {
  live("signals", signal("a", -1), -1);
  live("signals", signal("z", 101), 101);
  DrivenFill fill = this->fill("signals");
  fill.start();
  EXPECT_EQ(fill.answer(page({signal("a", -1), signal("b", 5), signal("c", 5), signal("d", 5)})),
            Lines{ask("/v1/signals", 5, kUntil)});
  EXPECT_EQ(fill.answer(page({signal("b", 5), signal("c", 5), signal("d", 5), signal("e", 5)})),
            Lines{ask("/v1/signals", 5.001, kUntil)});
  EXPECT_EQ(fill.answer(page({signal("z", 101)})), Lines{ask("/v1/signals", 101, kUntil)});
  EXPECT_EQ(fill.answer(page({signal("z", 101)})),
            Lines{"end partial: more events in one millisecond than a page holds"});
  EXPECT_EQ(ids(fill), (Lines{"b", "c", "d", "e"}));
}

TEST_F(MarketSignalGap, DoesNotRepeatWhatAnEarlierRecorderHas) {
  const auto remember = [&](const char* id, Ns second, Ns recv_second, Origin origin) {
    const Value values[] = {Text(id), Text("whale_movement"), {}, {}, Text("BTC/USDT"), {}, {}, {},
                            {}};
    normalizer_->remember({TableId::alert, origin, kGapFrom + recv_second * kNsPerSec,
                           kGapFrom + second * kNsPerSec, values});
  };
  remember("a", -1, -1, Origin::live);
  // Told by REST after the gap: on the tape, but no proof that anything came after it.
  remember("b", 5, 102, Origin::gapfill);
  DrivenFill fill = this->fill("signals");
  fill.answered_after_ns = 30 * kNsPerSec;
  fill.start();
  fill.answer(page({signal("a", -1), signal("b", 5), signal("c", 6)}));
  EXPECT_EQ(fill.answer(page({signal("c", 6)})),
            Lines{std::string("end partial: ") + kNothingSince});
  EXPECT_EQ(ids(fill), Lines{"c"});
  // A frame of this session gives its row all the same: the tape stands for itself.
  EXPECT_EQ(live("signals", signal("b", 5), 120).size(), 1U);
}

// The new epoch's signals bear the identifiers of those that were received before the gap.
TEST_F(MarketSignalGap, TakesAnIdentifierAloneForNoProofOfTheOlderEdge) {
  live("signals", signal("a", -1), -1);
  live("signals", signal("b", 101), 101);
  DrivenFill fill = this->fill("signals");
  fill.start();
  fill.answer(page({signal("a", 50), signal("b", 101)}));
  fill.answer(page({}));
  EXPECT_EQ(fill.answer(page({})),
            Lines{"end partial: the history does not reach back to before it"});
  EXPECT_EQ(ids(fill), Lines{"a"});
}

TEST_F(MarketSignalGap, ReadsEveryAssumedShapeAndNamesWhatItCannotRead) {
  const std::string b = signal("b", 5);
  for (const std::string& body :
       {"[" + b + "]", R"({"data":[)" + b + "]}", R"({"ok":true,"data":{"signals":[)" + b + "]}}",
        R"({"ok":true,"data":{"items":[)" + b + R"(],"total":1}})",
        R"({"ok":true,"data":[{"type":"update","channel":"signals","ts":1,"data":)" + b + "}]}"}) {
    normalizer_ = marketai_feed().make_normalizer(1);
    DrivenFill fill = this->fill("signals");
    fill.start();
    EXPECT_EQ(fill.answer(body), Lines{ask("/v1/signals", 5, kUntil)}) << body;
    EXPECT_EQ(ids(fill), Lines{"b"}) << body;
  }
  const std::pair<const char*, const char*> problems[] = {
      {R"({"ok":true})", "no list of signals"},
      {R"({"ok":true,"data":{"count":0}})", "no list of signals"},
      {"7", "no list of signals"},
      {R"({"ok":false,"error":{"code":"RATE_LIMITED","message":"slow down","retry_after":9}})",
       "the service refused: RATE_LIMITED: slow down"},
      {R"({"ok":false,"error":{"code":"UNAUTHORIZED","message":"no"}})",
       "the service refused: UNAUTHORIZED: no: check feeds.marketai.api_key"},
      {R"({"error":"busy"})", "the service refused: busy"},
  };
  for (const auto& [body, problem] : problems) {
    DrivenFill fill = this->fill("signals");
    fill.start();
    EXPECT_EQ(fill.answer(body), Lines{std::string("problem: ") + problem}) << body;
  }
}

TEST_F(MarketSignalGap, NamesTheRemedyOfARefusal) {
  const std::pair<int, const char*> cases[] = {
      {401,
       "HTTP 401: check feeds.marketai.api_key, and that its tier covers "
       "feeds.marketai.rest.signals_path"},
      {403,
       "HTTP 403: check feeds.marketai.api_key, and that its tier covers "
       "feeds.marketai.rest.signals_path"},
      {404,
       "HTTP 404: check feeds.marketai.rest_url and feeds.marketai.rest.signals_path (null: "
       "none)"},
      {409, "HTTP 409"},
  };
  for (const auto& [status, why] : cases) {
    DrivenFill fill = this->fill("signals");
    fill.start();
    EXPECT_EQ(fill.answer("", status), Lines{std::string("later: ") + why});
  }
}

TEST_F(MarketSignalGap, WritesARowThatBreaksTheRulesDownOnce) {
  DrivenFill fill = this->fill("signals");
  fill.start();
  fill.answer(page({R"({"id":"x"})", signal("b", 5), "7"}));
  fill.answer(page({R"({"id":"x"})", "7"}));
  EXPECT_EQ(column(fill.rows, "reason"), (Lines{"signals:", "signals:", "-"}));
  EXPECT_EQ(fill.rows.rows.size(), 3U);
}

TEST_F(MarketSignalGap, ThatNoPathIsKnownForIsUnfillable) {
  configure(R"(,"channels":["narratives"])");
  EXPECT_EQ(fill("narratives").start(), Lines{"end unfillable: no path is known to ask for it "
                                              "(feeds.marketai.rest.narratives_path)"});
  EXPECT_FALSE(fill("elsewhere").exists());
}

// --- events without an identity ---

TEST_F(MarketSignalGap, KeepsLiquidationsThatMerelyLookAlike) {
  live("liquidations", liquidation(R"("67200.00")", -1), -1);
  live("liquidations", liquidation("67200", -1), -0.9);  // another one, of the same millisecond
  live("liquidations", liquidation("7", 101), 101);
  DrivenFill fill = this->fill("liquidations");
  EXPECT_EQ(fill.start(), Lines{ask("/v1/liquidations", -60, kUntil)});
  // Two that look alike before the gap, three in it, and what is said again by the next page.
  const std::string before = liquidation("67200.0", -1, "2.50");
  const std::string in_gap = liquidation(R"("95000.50")", 5);
  EXPECT_EQ(fill.answer(page({before, before, in_gap, in_gap})),
            Lines{ask("/v1/liquidations", 5, kUntil)});
  EXPECT_EQ(fill.answer(page({in_gap, in_gap, in_gap, liquidation(R"("7.0")", 101)})),
            Lines{ask("/v1/liquidations", 101, kUntil)});
  EXPECT_EQ(fill.answer(page({liquidation("7", 101)})), Lines{kOverlaps});
  EXPECT_EQ(column(fill.rows, "price"), (Lines{"95000.50", "95000.50", "95000.50"}));
  // Told before it is pushed: one event.
  EXPECT_EQ(live("liquidations", liquidation("95000.5", 5), 102), Lines{});
}

TEST_F(MarketSignalGap, CountsLiquidationsOfAnEarlierRecorder) {
  const Value values[] = {Text("binance"),  Text("BTC/USDT"), Text("sell"),
                          Text("67200.00"), Text("2.5"),      Text("168000.00")};
  const Ns at = kGapFrom - kNsPerSec;
  normalizer_->remember({TableId::liquidation, Origin::live, at, at, values});
  live("liquidations", liquidation("7", 101), 101);
  DrivenFill fill = this->fill("liquidations");
  fill.start();
  const std::string one = liquidation("67200", -1);
  fill.answer(page({one, one, liquidation("7", 101)}));
  EXPECT_EQ(fill.answer(page({})), Lines{kOverlaps});
  EXPECT_EQ(column(fill.rows, "price"), Lines{"67200"}) << "the second of the two";
}

TEST_F(MarketSignalGap, KnowsATradeByItsIdentifier) {
  const auto trade = [](const char* id, double second) {
    return R"({"exchange":"binance","symbol":"BTC/USDT","price":"1","quantity":"1","trade_id":)" +
           std::string(id) + R"(,"timestamp":)" + ms(second) + "}";
  };
  live("trades", trade("1", -1), -1);
  live("trades", trade("9", 101), 101);
  DrivenFill fill = this->fill("trades");
  EXPECT_EQ(fill.start(), Lines{ask("/v1/trades", -60, kUntil)});
  fill.answer(page({trade(R"("1")", -1), trade("2", 5), trade("3", 5), trade("9", 101)}));
  EXPECT_EQ(fill.answer(page({trade("9", 101)})), Lines{kOverlaps});
  EXPECT_EQ(column(fill.rows, "trade_id"), (Lines{"2", "3"}));
}

// --- a subscription to some symbols ---

class MarketSymbolGap : public MarketGap {
 protected:
  MarketSymbolGap() {
    configure(R"(,"channels":[{"type":"signals","symbols":["BTC/USDT","ETH/USDT"]}])");
  }
};

TEST_F(MarketSymbolGap, IsFilledWhereEachSymbolIsProven) {
  for (const char* symbol : {"BTC/USDT", "ETH/USDT"}) {
    live("signals", signal(std::string("a") + symbol, -1, symbol), -1);
    live("signals", signal(std::string("z") + symbol, 101, symbol), 101);
  }
  DrivenFill fill = this->fill("signals");
  EXPECT_EQ(fill.start(), Lines{ask("/v1/signals?symbol=BTC%2FUSDT", -60, kUntil)});
  // A service that does not filter.
  const std::string all =
      page({signal("aBTC/USDT", -1), signal("aETH/USDT", -1, "ETH/USDT"), signal("b", 5),
            signal("c", 5, "ETH/USDT"), signal("d", 5, "SOL/USDT"), signal("zBTC/USDT", 101),
            signal("zETH/USDT", 101, "ETH/USDT")});
  fill.answer(all);
  EXPECT_EQ(column(fill.rows, "event_id"), Lines{"b"});
  EXPECT_EQ(fill.answer(page({})), Lines{ask("/v1/signals?symbol=ETH%2FUSDT", -60, kUntil)});
  fill.answer(all);
  EXPECT_EQ(fill.answer(page({})), Lines{kOverlaps});
  EXPECT_EQ(column(fill.rows, "event_id"), (Lines{"b", "c"}));
}

TEST_F(MarketSymbolGap, SaysWhichSymbolIsNotProven) {
  live("signals", signal("a", -1), -1);
  live("signals", signal("z", 101), 101);
  live("signals", signal("x", -1, "ETH/USDT"), -1);
  DrivenFill fill = this->fill("signals");
  fill.answered_after_ns = 60 * kNsPerSec;
  fill.start();
  fill.answer(page({signal("a", -1), signal("z", 101)}));
  fill.answer(page({}));
  fill.answer(page({signal("x", -1, "ETH/USDT")}));
  EXPECT_EQ(fill.answer(page({})), Lines{std::string("end partial: ETH/USDT: ") + kNothingSince});
}

}  // namespace
}  // namespace tapedeck::testing
