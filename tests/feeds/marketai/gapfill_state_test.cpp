// Market.ai's gap-fill of candles and states, and answers that are damaged.
#include <random>

#include "tests/feeds/marketai/driven_gap.h"

namespace tapedeck::testing {
namespace {

// --- candles ---

std::string candle(double open, const char* close_price, const char* closed,
                   const char* interval = "1m", const char* venue = "binance") {
  const double length = std::string(interval) == "1m" ? 60 : 3'600;
  return R"({"exchange":")" + std::string(venue) + R"(","symbol":"BTC/USDT","interval":")" +
         interval + R"(","open":"1","high":"2","low":"1","close":")" + close_price +
         R"(","volume":"1","open_time":)" + ms(open) + R"(,"close_time":)" + ms(open + length) +
         (*closed == '\0' ? "" : R"(,"is_closed":)" + std::string(closed)) + "}";
}

class MarketCandleGap : public MarketGap {
 protected:
  MarketCandleGap() { configure(R"(,"channels":["klines"])"); }
};

// The gap's hundred seconds begin on a full minute: candles close in it at 0+60, and, up to a
// minute before it, at -60+60.
TEST_F(MarketCandleGap, IsFilledWhenEveryCandleThatClosedInItIsThere) {
  live("klines", candle(-60, "5", "false"), -1);
  DrivenFill fill = this->fill("klines");
  EXPECT_EQ(fill.start(), Lines{ask("/v1/klines?symbol=BTC%2FUSDT&interval=1m", -120, kUntil)});
  EXPECT_EQ(fill.answer(page({candle(-180, "4", ""), candle(-60, "6", ""), candle(0, "7", ""),
                              candle(60, "8", "")})),
            Lines{"end filled: every candle that closed in it is there"});
  EXPECT_EQ(column(fill.rows, "close"), (Lines{"6", "7"})) << "neither older nor open ones";
  EXPECT_EQ(column(fill.rows, "is_closed"), (Lines{"-", "-"})) << "what was not sent is NULL";
  EXPECT_EQ(live("klines", candle(0, "7", "true"), 101), Lines{}) << "told already";
}

TEST_F(MarketCandleGap, WaitsForACandleThatIsNotThereYet) {
  live("klines", candle(-60, "5", "true"), 0);
  for (const int seconds : {1, 900}) {
    DrivenFill fill = this->fill("klines");
    fill.answered_after_ns = seconds * kNsPerSec;
    fill.start();
    EXPECT_EQ(fill.answer(page({candle(-60, "5", "true"), candle(0, "6", "false")})),
              Lines{ask("/v1/klines?symbol=BTC%2FUSDT&interval=1m", 0, kUntil)});
    EXPECT_EQ(fill.answer(page({})), Lines{std::string(seconds == 1 ? "later: " : "end partial: ") +
                                           "BTC/USDT 1m: " + kBehind});
    EXPECT_EQ(fill.rows.rows, Lines{}) << "an open candle is no event";
  }
}

TEST_F(MarketCandleGap, AsksForEachSeriesThatTheStreamHasBeenAbout) {
  live("klines", candle(-60, "5", "true"), 0);
  live("klines", candle(-60, "5", "true", "1m", "okx"), 0);
  live("klines", candle(-3'600, "5", "true", "1h"), 0);
  DrivenFill fill = this->fill("klines");
  EXPECT_EQ(fill.start(),
            Lines{ask("/v1/klines?symbol=BTC%2FUSDT&interval=1h", -60 - 3'600, kUntil)});
  EXPECT_EQ(fill.answer(page({})),
            Lines{ask("/v1/klines?symbol=BTC%2FUSDT&interval=1m", -120, kUntil)});
  // Of either exchange.
  EXPECT_EQ(fill.answer(page({candle(0, "6", "true")})),
            Lines{ask("/v1/klines?symbol=BTC%2FUSDT&interval=1m", 0, kUntil)});
  EXPECT_EQ(fill.answer(page({candle(0, "6", "true", "1m", "okx")})),
            Lines{"end filled: every candle that closed in it is there"});
}

TEST_F(MarketCandleGap, IsNotFilledByItsEdgesWhereOneExchangeLags) {
  for (const char* venue : {"binance", "okx"}) {
    live("klines", candle(-60, "5", "true", "1m", venue), 0);
  }
  live("klines", candle(60, "5", "true"), 120);
  DrivenFill fill = this->fill("klines");
  fill.start();
  fill.answer(page({candle(-60, "5", "true"), candle(0, "5", "true"), candle(60, "5", "true")}));
  EXPECT_EQ(fill.answer(page({})), Lines{std::string("later: BTC/USDT 1m: ") + kBehind});
}

TEST_F(MarketCandleGap, OfCandlesThatFollowNoClockIsFilledByItsEdges) {
  const auto timed = [](double open, double second) {
    std::string text = candle(open, "5", "true");
    text.pop_back();
    return text + R"(,"timestamp":)" + ms(second) + "}";
  };
  live("klines", timed(-90'000, -1), -1);
  live("klines", timed(-89'880, 101), 101);
  DrivenFill fill = this->fill("klines");
  fill.start();
  fill.answer(page({timed(-90'000, -1), timed(-89'940, 50), timed(-89'880, 101)}));
  EXPECT_EQ(fill.answer(page({})), Lines{"end filled: every candle that closed in it is there"});
  EXPECT_EQ(fill.rows.rows.size(), 1U);
}

TEST_F(MarketCandleGap, AsksWithoutAnIntervalWhereNoneIsKnown) {
  configure(R"(,"channels":[{"type":"klines","symbols":["BTC/USDT"]}])");
  DrivenFill fill = this->fill("klines");
  EXPECT_EQ(fill.start(), Lines{ask("/v1/klines?symbol=BTC%2FUSDT", -60 - 86'400, kUntil)});
  live("klines", candle(60, "5", "true"), 120);
  fill.answer(page({candle(-180, "4", "true"), candle(0, "5", "true"), candle(60, "5", "true")}));
  EXPECT_EQ(fill.answer(page({})), Lines{"end partial: no interval was known to ask for"});
  EXPECT_EQ(column(fill.rows, "open_ns"), Lines{ms(0) + "000000"});
}

// --- states ---

std::string quote(const std::string& mid, const std::string& bid, const std::string& time = "") {
  return R"({"symbol":"BTC/USDT","global_mid":)" + mid +
         R"(,"exchanges":[{"exchange":"binance","bid":)" + bid + "}]" +
         (time.empty() ? "" : R"(,"timestamp":)" + time) + "}";
}

class MarketStateGap : public MarketGap {
 protected:
  MarketStateGap() { configure(R"(,"channels":["quotes","book","funding","polymarket"])"); }
  const char* const kPartial = "end partial: it is a state: what it was in between is not known";
};

TEST_F(MarketStateGap, AddsWhatDiffersFromTheLastRecordedByValue) {
  live("quotes", quote(R"("95000.50")", R"("7")"), -1);
  DrivenFill fill = this->fill("quotes");
  EXPECT_EQ(fill.method(), GapMethod::snapshot);
  EXPECT_EQ(fill.start(), Lines{ask("/v1/quotes?symbol=BTC%2FUSDT", -60, 100.001, 4, "snapshot")});
  // The one state there is, alone in `data`.
  EXPECT_EQ(fill.answer(R"({"ok":true,"data":)" + quote("95000.5", "8.0") + "}"), Lines{kPartial});
  EXPECT_EQ(fill.rows.rows, Lines{"quote gapfill venue=binance symbol=BTC/USDT bid=8.0"});
  DrivenFill again = this->fill("quotes");
  again.start();
  again.answer(R"({"ok":true,"data":)" + quote("95000.50", "8") + "}");
  EXPECT_EQ(again.rows.rows, Lines{});
}

TEST_F(MarketStateGap, NeverSetsANewerStateBack) {
  live("quotes", quote("1", "1"), -1);
  live("quotes", quote("3", "3"), 101);
  DrivenFill fill = this->fill("quotes");
  fill.start();
  fill.answer(R"({"ok":true,"data":)" + quote("2", "2") + "}");
  EXPECT_EQ(fill.rows.rows, Lines{}) << "the socket has told since how it is";
}

TEST_F(MarketStateGap, TakesWhatTheServiceSaysOfTheGapsOwnTime) {
  live("quotes", quote("1", "1"), -1);
  live("quotes", quote("3", "3"), 101);
  DrivenFill fill = this->fill("quotes");
  fill.start();
  const std::string body = page({quote("0", "0", ms(-70)), quote("1", "1", ms(-1)),
                                 quote("1.0", "2", ms(10)), quote("3", "2", ms(20))});
  EXPECT_EQ(fill.answer(body),
            Lines{ask("/v1/quotes?symbol=BTC%2FUSDT", 20, 100.001, 4, "snapshot")});
  EXPECT_EQ(fill.answer(page({quote("3", "2", ms(20)), quote("3", "3", ms(101))})),
            Lines{kPartial});
  EXPECT_EQ(fill.rows.rows,
            (Lines{"quote gapfill @" + ms(10) + "000000 venue=binance symbol=BTC/USDT bid=2",
                   "quote gapfill @" + ms(20) + "000000 symbol=BTC/USDT mid=3"}));
  DrivenFill again = this->fill("quotes");
  again.start();
  again.answer(body);
  EXPECT_EQ(again.rows.rows, Lines{});
}

TEST_F(MarketStateGap, ComparesBooksByWhatTheySay) {
  const auto book = [](const char* rest) {
    return R"({"symbol":"BTC/USDT","exchange":"okx",)" + std::string(rest) + "}";
  };
  live("book",
       book(R"("best_bid":"1.50","obi_5":0.15,"bid_walls":[{"price":"2.0","quantity":"1"}])"), -1);
  DrivenFill fill = this->fill("book");
  EXPECT_EQ(fill.start(),
            Lines{ask("/v1/orderbook?symbol=BTC%2FUSDT", -60, 100.001, 4, "snapshot")});
  fill.answer(page(
      {book(R"("best_bid":"1.5", "bid_walls":[ {"quantity":"1", "price":"2"} ], "obi_5":0.150)")}));
  EXPECT_EQ(fill.rows.rows, Lines{});
  DrivenFill other = this->fill("book");
  other.start();
  other.answer(page({book(R"("best_bid":"1.5","obi_5":0.16,"bid_walls":[])")}));
  EXPECT_EQ(other.rows.rows.size(), 1U);
}

TEST_F(MarketStateGap, KnowsTheLastStateOfAnEarlierRecorder) {
  const Value values[] = {Text("binance"), Text("BTC/USDT"), Text("0.0001"), Text("0.00012"),
                          Int(1'708'790'400 * kNsPerSec)};
  normalizer_->remember(
      {TableId::funding, Origin::live, kGapFrom - kNsPerSec, kGapFrom - kNsPerSec, values});
  const auto funding = [](const char* rate) {
    return R"({"exchange":"binance","symbol":"BTC/USDT","rate":)" + std::string(rate) +
           R"(,"next_funding_time":1708790400000,"predicted_rate":0.00012})";
  };
  DrivenFill fill = this->fill("funding");
  EXPECT_EQ(fill.start(), Lines{ask("/v1/funding?symbol=BTC%2FUSDT", -60, 100.001, 4, "snapshot")});
  EXPECT_EQ(fill.answer(page({funding("1e-4")})), Lines{kPartial});
  EXPECT_EQ(fill.rows.rows, Lines{});
  EXPECT_EQ(live("funding", funding("0.0001"), 101).size(), 1U) << "a frame is a row";
}

TEST_F(MarketStateGap, AsksOnceForAllWhereNothingIsKnown) {
  DrivenFill fill = this->fill("quotes");
  EXPECT_EQ(fill.start(), Lines{ask("/v1/quotes", -60, 100.001, 4, "snapshot")});
  EXPECT_EQ(fill.answer(page({})), Lines{kPartial});
  live("polymarket", R"({"coin":"BTC","timeframe":"1h","upPrice":"0.5"})", -1);
  EXPECT_EQ(this->fill("polymarket").start(),
            Lines{ask("/v1/polymarket?coin=BTC", -60, 100.001, 4, "snapshot")});
}

// --- damage ---

const char* const kChannelsWithHistory[] = {"quotes",       "book",    "trades", "signals",
                                            "liquidations", "funding", "klines", "polymarket"};

class MarketDamagedAnswer : public MarketGap {
 protected:
  MarketDamagedAnswer() { configure(""); }
  // Whatever comes, exactly one thing is done next.
  void expect_one_action(const std::string& channel, const std::string& body) {
    DrivenFill fill = this->fill(channel);
    ASSERT_EQ(fill.start().size(), 1U);
    Lines actions;
    ASSERT_NO_THROW(actions = fill.answer(body)) << body;
    EXPECT_EQ(actions.size(), 1U) << body;
  }
  // The document's payload as a row of an answer.
  static std::string answer_of(const std::string& channel) {
    JsonDoc doc;
    EXPECT_TRUE(doc.parse(testdata("marketai", channel + ".json")));
    return page({std::string(doc.root()["data"].raw())});
  }
};

TEST_F(MarketDamagedAnswer, GivesTheDocumentsPayloadsTheirRows) {
  for (const std::string channel : kChannelsWithHistory) {
    configure("");
    DrivenFill fill = this->fill(channel);
    fill.start();
    fill.answer(answer_of(channel));
    EXPECT_EQ(fill.rows.rows.size(), channel == "quotes" ? 2U : 1U) << channel;
    for (const std::string& row : fill.rows.rows)
      EXPECT_EQ(row.find("unparsed"), std::string::npos) << row;
  }
}

TEST_F(MarketDamagedAnswer, NeverBreaksAnything) {
  std::mt19937_64 random(20'240'224);
  for (const std::string channel : kChannelsWithHistory) {
    const std::string whole = answer_of(channel);
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      expect_one_action(channel, whole.substr(0, size));
    }
    for (int round = 0; round < 300; ++round) {
      std::string body = whole;
      for (std::size_t edits = 1 + random() % 4; edits > 0 && !body.empty(); --edits) {
        const std::size_t at = random() % body.size();
        if (random() % 2 == 0) {
          body[at] = "0\"[]{}:,x"[random() % 9];
        } else {
          body.erase(at, 1 + random() % 8);
        }
      }
      expect_one_action(channel, body);
    }
  }
}

TEST_F(MarketDamagedAnswer, WithValuesOfTheWrongKindIsAccountedFor) {
  const char* const kValues[] = {"null",
                                 "true",
                                 "0",
                                 "-0.0",
                                 "1e999",
                                 "\"\"",
                                 "\"x\"",
                                 "[]",
                                 "{}",
                                 "9223372036854775807",
                                 "-9223372036854775808"};
  for (const std::string channel : kChannelsWithHistory) {
    JsonDoc doc;
    ASSERT_TRUE(doc.parse(answer_of(channel)));
    const Json row = doc.root()["data"].at(0);
    for (Json member = row.first(); member.exists(); member = member.next()) {
      const auto begin = static_cast<std::size_t>(member.raw().data() - doc.root().raw().data());
      for (const char* value : kValues) {
        std::string body(doc.root().raw());
        expect_one_action(channel, body.replace(begin, member.raw().size(), value));
      }
    }
  }
}

}  // namespace
}  // namespace tapedeck::testing
