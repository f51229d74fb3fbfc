// The gaps of fills, orders, books and the portfolio, and which streams cannot be filled.
#include "tests/feeds/hypercall/recovered.h"

namespace tapedeck::testing {
namespace {

std::string fill_json(int id, double second, const std::string& symbol = "BTC-1-C") {
  return R"({"order_id":1,"fill_id":)" + std::to_string(id) + R"(,"symbol":")" + symbol +
         R"(","side":"buy","price":"0.0523","size":"5.0","timestamp":)" + ms_of(second) +
         R"(,"wallet_address":"0x1","fee":"0.0005","trade_id":9,"is_taker":true})";
}
const char* const kListEnds =
    "end partial: the list holds nothing from before the gap: older ones may be gone";

std::string as_message(const std::string& type, const std::string& json) {
  return R"({"type":")" + type + "\"," + json.substr(1);
}
std::string page_of(const Lines& items, int limit, int offset = 0) {
  return R"({"success":true,"data":)" + list_of(items) + R"(,"pagination":{"limit":)" +
         std::to_string(limit) + R"(,"offset":)" + std::to_string(offset) + R"(,"count":)" +
         std::to_string(items.size()) + "}}";
}

// ---- fills ----

class HypercallFillFill : public HypercallRecovery {
 protected:
  using HypercallRecovery::HypercallRecovery;

  static std::string ask(int offset) {
    return "ask gapfill GET http://host/fills?wallet=0x1&limit=1000&offset=" +
           std::to_string(offset);
  }
  static Lines ids(const DrivenFill& fill) { return columns(fill.rows, {"fill_id"}); }
  Lines push_fill(int id, double second) {
    return push(as_message("Fill", fill_json(id, second)), second + 0.01);
  }
};

TEST_F(HypercallFillFill, StopsAtAFillFromBeforeTheGapAndFoldsWhatTheSocketBrought) {
  push_fill(10, -5);
  push_fill(13, 101);
  DrivenFill fill(*plan_, *normalizer_, gap("fills"));
  EXPECT_EQ(fill.method(), GapMethod::after);
  EXPECT_EQ(fill.start(), Lines{ask(0)});
  EXPECT_EQ(fill.answer(page_of({fill_json(13, 101), fill_json(12, 2), fill_json(11, 1),
                                 fill_json(10, -5), fill_json(9, -9)},
                                1000)),
            Lines{"end filled: the list reaches back beyond the gap"});
  EXPECT_EQ(ids(fill), (Lines{"9", "11", "12"})) << "what was not received, as it happened";
  EXPECT_EQ(push_fill(12, 2), Lines{}) << "it comes late";
  EXPECT_EQ(push_fill(14, 3).size(), 1U);
}

TEST_F(HypercallFillFill, OverlapsPagesAndLosesNothingWhenTheyShift) {
  DrivenFill fill(*plan_, *normalizer_, gap("fills"));
  fill.start();
  Lines list;
  for (int id = 50; id > 0; --id) list.push_back(fill_json(id, id));
  const auto page = [&](std::size_t offset) {
    Lines items(list.begin() + static_cast<std::ptrdiff_t>(offset),
                list.begin() + static_cast<std::ptrdiff_t>(std::min(offset + 30, list.size())));
    return page_of(items, 30, static_cast<int>(offset));
  };
  // The service gives pages of 30, however many were asked for; half of that overlaps at most.
  EXPECT_EQ(fill.answer(page(0)), Lines{ask(15)});
  list.insert(list.begin(), fill_json(51, 200));
  EXPECT_EQ(fill.answer(page(15)), Lines{ask(30)});
  EXPECT_EQ(fill.answer(page(30)), Lines{ask(0) + " in 2000"});
  EXPECT_EQ(fill.answer(page(0)), Lines{ask(15)});
  EXPECT_EQ(fill.answer(page(15)), Lines{ask(30)});
  EXPECT_EQ(fill.answer(page(30)), Lines{ask(0) + " in 2000"}) << "51 has come since";
  EXPECT_EQ(fill.answer(page(0)), Lines{ask(15)});
  EXPECT_EQ(fill.answer(page(15)), Lines{ask(30)});
  EXPECT_EQ(fill.answer(page(30)), Lines{kListEnds});
  EXPECT_EQ(ids(fill).size(), 51U);
}

TEST_F(HypercallFillFill, KnowsTheEndOfAListWithoutPagination) {
  DrivenFill fill(*plan_, *normalizer_, gap("fills"));
  fill.start();
  EXPECT_EQ(fill.answer("[" + fill_json(2, 2) + "," + fill_json(1, 1) + "]"), Lines{ask(1)});
  const Lines again = {ask(0) + " in 2000"};
  EXPECT_EQ(fill.answer("[" + fill_json(1, 1) + "]"), again);
  EXPECT_EQ(fill.answer("[" + fill_json(2, 2) + "," + fill_json(1, 1) + "]"), Lines{ask(1)});
  EXPECT_EQ(fill.answer("[" + fill_json(1, 1) + "]"),
            Lines{"end filled: the list was read to its end"});
  DrivenFill empty(*plan_, *normalizer_, gap("fills"));
  empty.start();
  EXPECT_EQ(empty.answer(R"({"success":true,"data":[]})"), again);
  EXPECT_EQ(empty.answer(R"({"success":true,"data":[]})"), Lines{kListEnds});
}

TEST_F(HypercallFillFill, BeginsAnewWherePagesDoNotMeetOrDoNotAdvance) {
  const std::string whole = page_of({fill_json(9, 9), fill_json(8, 8), fill_json(7, 7)}, 3);
  DrivenFill fill(*plan_, *normalizer_, gap("fills"));
  fill.start();
  EXPECT_EQ(fill.answer(whole), Lines{ask(2)});
  EXPECT_EQ(fill.answer(page_of({fill_json(5, 5), fill_json(4, 4)}, 3, 2)),
            Lines{"later: two pages do not meet: the list shifted by more than the overlap"});
  DrivenFill endless(*plan_, *normalizer_, gap("fills"));
  endless.start();
  endless.answer(whole);
  EXPECT_EQ(endless.answer(whole), Lines{"end partial: the pages do not advance"});
}

TEST_F(HypercallFillFill, WaitsForAListThatIsBehindTheSocket) {
  push_fill(10, -5);
  push_fill(13, 101);
  DrivenFill fill(*plan_, *normalizer_, gap("fills"));
  fill.start();
  EXPECT_EQ(fill.answer(page_of({fill_json(12, 2), fill_json(10, -5)}, 1000)),
            Lines{"later: the list does not hold yet what the socket has brought"});
}

// REST may lag, or give an answer once more: nothing has come by which the gap's end could be seen.
TEST_F(HypercallFillFill, ReadsTwiceAListThatNothingWasPushedBehind) {
  push_fill(10, -5);
  DrivenFill fill(*plan_, *normalizer_, gap("fills"));
  fill.start();
  const Lines again = {ask(0) + " in 2000"};
  EXPECT_EQ(fill.answer(page_of({fill_json(10, -5)}, 1000)), again);
  EXPECT_EQ(fill.answer(page_of({fill_json(11, 99), fill_json(10, -5)}, 1000)), again);
  EXPECT_EQ(fill.answer(page_of({fill_json(11, 99), fill_json(10, -5)}, 1000)),
            Lines{"end filled: the list reaches back beyond the gap"});
  EXPECT_EQ(ids(fill), Lines{"11"});
}

// Whatever our clock said before: it may have been put back since.
TEST_F(HypercallFillFill, KnowsWhatTheGapHoldsByWhatWasReceivedBeforeIt) {
  const Value values[] = {Int(10), {}, {}, Text("BTC-1-C"), {}, Text("0.0523"), Text("5"), {}, {},
                          {},      {}, {}};
  normalizer_->remember({TableId::fill, Origin::live, at(-1), at(-1), values});
  // Ten minutes pass in what is a second by our clock.
  push(as_message("Fill", fill_json(12, 700)), 101);
  DrivenFill fill(*plan_, *normalizer_, gap("fills"));
  fill.start();
  EXPECT_EQ(fill.answer(page_of({fill_json(12, 700), fill_json(11, 2), fill_json(10, -1)}, 1000)),
            Lines{"end filled: the list reaches back beyond the gap"});
  EXPECT_EQ(ids(fill), Lines{"11"});
}

// Of before the gap, given again.
TEST_F(HypercallFillFill, WaitsForAListThatIsOlderThanWhatIsKnown) {
  push_fill(10, -5);
  push_fill(11, -4);
  DrivenFill fill(*plan_, *normalizer_, gap("fills"));
  fill.start();
  EXPECT_EQ(fill.answer(page_of({fill_json(10, -5)}, 1000)),
            Lines{"later: the list does not hold yet what the socket has brought"});
}

// The new epoch's fills bear the identifiers of those that were received before the gap.
TEST_F(HypercallFillFill, TakesAnIdentifierAloneForNoProofOfTheOlderEdge) {
  push_fill(10, -5);
  push(as_message("Fill", fill_json(12, 101, "ETH-1-C")), 101.01);
  DrivenFill fill(*plan_, *normalizer_, gap("fills"));
  fill.start();
  EXPECT_EQ(fill.answer(page_of({fill_json(12, 101, "ETH-1-C"), fill_json(11, 60, "ETH-1-C"),
                                 fill_json(10, 50, "ETH-1-C")},
                                1000)),
            Lines{"end partial: the list ends before the fills that were received before the gap: "
                  "older ones may be gone"});
  EXPECT_EQ(ids(fill), (Lines{"10", "11"}));
}

TEST_F(HypercallFillFill, IsPartialWhereTheListNoLongerReachesBackToWhatWasReceived) {
  push_fill(10, -5);
  DrivenFill fill(*plan_, *normalizer_, gap("fills"));
  fill.start();
  const std::string list = page_of({fill_json(13, 3), fill_json(12, 2)}, 1000);
  fill.answer(list);
  EXPECT_EQ(fill.answer(list),
            Lines{"end partial: the list ends before the fills that were received before the gap: "
                  "older ones may be gone"});
  EXPECT_EQ(ids(fill), (Lines{"12", "13"}));
}

// An earlier tape's gap, filled by a later recorder: what that tape received behind the gap does
// not bound it.
TEST_F(HypercallFillFill, IsNotStoppedByWhatAnEarlierTapeReceivedAfterTheGap) {
  const auto remember = [&](int id, double second) {
    const Value values[] = {Int(id), {}, {}, Text("BTC-1-C"), {}, Text("0.0523"), Text("5"), {}, {},
                            {},      {}, {}};
    normalizer_->remember({TableId::fill, Origin::live, at(second), at(second), values});
  };
  remember(10, -5);
  remember(14, 104);
  DrivenFill fill(*plan_, *normalizer_, gap("fills"));
  fill.start();
  EXPECT_EQ(fill.answer(page_of({fill_json(14, 104), fill_json(13, 3)}, 2)), Lines{ask(1)});
  EXPECT_EQ(fill.answer(page_of({fill_json(13, 3), fill_json(12, 2)}, 2, 1)), Lines{ask(2)});
  EXPECT_EQ(fill.answer(page_of({fill_json(12, 2), fill_json(10, -5)}, 2, 2)),
            Lines{"end filled: the list reaches back beyond the gap"});
  EXPECT_EQ(ids(fill), (Lines{"13", "12"}));
}

TEST_F(HypercallFillFill, LeavesOutWhatIsOlderThanTheGapAndWhatEarlierTapesHave) {
  const Value values[] = {Int(11), {}, {}, Text("BTC-1-C"), {}, Text("0.0523"), Text("5"), {}, {},
                          {},      {}, {}};
  normalizer_->remember({TableId::fill, Origin::live, at(1), at(1), values});
  DrivenFill fill(*plan_, *normalizer_, gap("fills"));
  fill.start();
  fill.answer(page_of({fill_json(12, 2), fill_json(11, 1), fill_json(10, -61)}, 1000));
  EXPECT_EQ(ids(fill), Lines{"12"});
  EXPECT_EQ(push_fill(11, 1).size(), 1U) << "a tape stands for itself";
}

TEST_F(HypercallFillFill, KeepsWhatItCannotReadAndNamesTheRemedyOfARefusal) {
  DrivenFill fill(*plan_, *normalizer_, gap("fills"));
  fill.start();
  fill.answer(R"([{"fill_id":5},)" + fill_json(6, 6) + "]");
  EXPECT_EQ(fill.rows.rows.front(), "unparsed gapfill reason=REST fill: no symbol");
  EXPECT_EQ(fill.rows.rows.size(), 2U);
  EXPECT_EQ(
      fill.answer(R"({"success":false,"error":"Invalid wallet address: 0x1"})", 400),
      Lines{"later: HTTP 400, Invalid wallet address: 0x1: check feeds.hypercall.rest_url and "
            "feeds.hypercall.rest.fills_path and its limit, overlap and depth and "
            "feeds.hypercall.wallet"});
}

class HypercallFilteredFill : public HypercallFillFill {
 protected:
  HypercallFilteredFill()
      : HypercallFillFill(
            R"({"wallet":"0x1","rest":{"limit":500,"fills_path":"/my/fills","overlap":5},
                "channels":[{"channel":"fills","symbols":["BTC-20260131-100000-C","SOL"]}]})") {}
};

TEST_F(HypercallFilteredFill, KeepsOnlyWhatTheSubscriptionAsksFor) {
  DrivenFill fill(*plan_, *normalizer_, gap("fills"));
  EXPECT_EQ(fill.start(),
            Lines{"ask gapfill GET http://host/my/fills?wallet=0x1&limit=500&offset=0"});
  fill.answer(page_of({fill_json(4, 4, "SOL-1-P"), fill_json(3, 3, "ETH-1-C"),
                       fill_json(2, 2, "BTC-9-C"), fill_json(1, 1, "BTC")},
                      500));
  EXPECT_EQ(ids(fill), (Lines{"1", "2", "4"})) << "an instrument's name stands for its underlying";
}

// ---- orders ----

std::string order_json(int id, double second, const std::string& status,
                       const std::string& filled) {
  return R"({"order_id":)" + std::to_string(id) +
         R"(,"symbol":"BTC-1-C","side":"buy","price":"1","size":"9","status":")" + status +
         R"(","filled_size":")" + filled + R"(","timestamp":)" + ms_of(second) + "}";
}

TEST_F(HypercallRecovery, OrdersGetARowForEachStateThatTheTapeHasNot) {
  const auto push_order = [&](const std::string& json, double second) {
    return push(as_message("OrderUpdate", json), second).size();
  };
  push_order(order_json(1, -90, "open", "0"), -90);
  push_order(order_json(2, -50, "open", "0"), -50);
  push_order(order_json(3, -40, "partial", "2.50"), -40);
  DrivenFill fill(*plan_, *normalizer_, gap("order_updates"));
  EXPECT_EQ(fill.start(),
            Lines{"ask gapfill GET http://host/orders?wallet=0x1&limit=1000&offset=0"});
  EXPECT_EQ(
      fill.answer(page_of({order_json(5, 5, "filled", "9"), order_json(3, -40, "Partial", "2.5"),
                           order_json(2, -50, "filled", "9"), order_json(1, -90, "cancelled", "4"),
                           order_json(0, -90, "filled", "9")},
                          1000)),
      Lines{"end partial: the list reaches back beyond the gap; it tells states as they are now, "
            "not those that lay between"});
  EXPECT_EQ(columns(fill.rows, {"order_id", "status", "filled_size"}),
            (Lines{"1 cancelled 4", "2 filled 9", "5 filled 9"}))
      << "not order 0, which nobody heard of and which is older than the gap";
  EXPECT_EQ(push_order(order_json(5, 5, "filled", "9.0"), 101), 0U) << "it comes late";
  EXPECT_EQ(push_order(order_json(5, 5, "filled", "9.0"), 102), 1U);
  EXPECT_EQ(push_order(order_json(3, -40, "partial", "2.5"), 103), 1U);
}

TEST_F(HypercallRecovery, OrdersOfEarlierTapesAreKnown) {
  const Value values[] = {Int(7), {}, {}, {}, {}, {}, Text("open"), Text("0.0"), {}, {}, {}, {}};
  normalizer_->remember({TableId::order_update, Origin::live, at(-99), at(-99), values});
  DrivenFill fill(*plan_, *normalizer_, gap("order_updates"));
  fill.start();
  fill.answer(page_of({order_json(7, -99, "open", "0")}, 1000));
  EXPECT_EQ(fill.rows.rows, Lines{});
  fill.answer(page_of({order_json(7, -99, "filled", "9")}, 1000));
  EXPECT_EQ(columns(fill.rows, {"status"}), Lines{"filled"});
}

// ---- books ----

std::string book_json(const std::string& symbol, double second, const std::string& bids) {
  return R"({"symbol":")" + symbol + R"(","bids":)" + bids + R"(,"asks":[],"timestamp":)" +
         ms_of(second) + "}";
}
std::string ask_book(const std::string& symbol) {
  return "ask snapshot GET http://host/orderbook?instrument_id=" + symbol + "&depth=15";
}

TEST_F(HypercallRecovery, BooksAreAskedForByInstrumentAndAreNoHistory) {
  push(
      as_message("OrderbookUpdate", book_json("B-1", -5, R"([["95000.50","10.5"],["94999","1"]])")),
      -5);
  push(as_message("OrderbookUpdate", book_json("A-1", -4, R"([["1","2"]])")), -4);
  push(as_message("OrderbookUpdate", book_json("C-1", -3, R"([["1","2"]])")), -3);
  push(as_message("OrderbookUpdate", book_json("D-1", -3, "[]")), -3);
  push(R"({"type":"MarketUpdate","action":"Expired","symbol":"D-1"})", -2);
  EXPECT_EQ(normalizer_->symbols("orderbook"), (Lines{"A-1", "B-1", "C-1"}));
  DrivenFill fill(*plan_, *normalizer_, gap("orderbook"));
  EXPECT_EQ(fill.method(), GapMethod::snapshot);
  EXPECT_EQ(fill.start(), Lines{ask_book("A-1")});
  EXPECT_EQ(fill.answer(R"({"success":true,"data":)" + book_json("A-1", 99, "[[3,4]]") + "}"),
            Lines{ask_book("B-1")});
  // One level less, and written otherwise: the same.
  EXPECT_EQ(fill.answer(R"({"result":)" + book_json("B-1", 99, "[[95000.5,10.50]]") + "}"),
            Lines{ask_book("C-1")});
  EXPECT_EQ(fill.answer(R"({"success":false,"error":"Unknown instrument: C-1"})", 404),
            Lines{"end partial: the state as it is now was asked for; what lay between is gone; 1 "
                  "of 3 were refused, the last with HTTP 404, Unknown instrument: C-1: check "
                  "feeds.hypercall.rest_url and feeds.hypercall.rest.orderbook_path"});
  EXPECT_EQ(fill.rows.rows, Lines{"book gapfill @" + std::to_string(at(99)) +
                                  R"( symbol=A-1 bids=[["3","4"]] asks=[])"});
}

TEST_F(HypercallRecovery, ABookThatIsOlderThanThePushedOneIsNoNews) {
  push(as_message("OrderbookUpdate", book_json("A-1", 101, R"([["1","2"]])")), 101);
  DrivenFill fill(*plan_, *normalizer_, gap("orderbook"));
  fill.start();
  EXPECT_EQ(fill.answer(R"({"data":)" + book_json("A-1", 100, "[[3,4]]") + "}")[0].substr(0, 12),
            "end partial:");
  EXPECT_EQ(fill.rows.rows, Lines{});
  // Without a name and a time it is of the instrument that was asked for, and new if it differs.
  DrivenFill again(*plan_, *normalizer_, gap("orderbook"));
  again.start();
  again.answer(R"({"data":{"bids":[[1.0,2]],"asks":[]}})");
  again.answer(R"({"data":{"bids":[[1,5]],"asks":[]}})");
  EXPECT_EQ(again.rows.rows, Lines{R"(book gapfill symbol=A-1 bids=[["1","5"]] asks=[])"});
}

TEST_F(HypercallRecovery, BooksOfEarlierTapesNameTheInstruments) {
  EXPECT_EQ(DrivenFill(*plan_, *normalizer_, gap("orderbook")).start(),
            Lines{"end unfillable: no instrument is known whose book to ask for"});
  const Value values[] = {{}, Text("A-1"), {}, {}, Text("[]"), Text("[]"), {}, {}, {}};
  normalizer_->remember({TableId::book, Origin::live, at(-9), at(-9), values});
  DrivenFill fill(*plan_, *normalizer_, gap("orderbook"));
  EXPECT_EQ(fill.start(), Lines{ask_book("A-1")});
  EXPECT_EQ(fill.answer("{}", 404)[0].substr(0, 6), "later:") << "nothing was answered at all";
  EXPECT_EQ(fill.answer("{}", 403)[0].substr(0, 6), "later:");
}

// ---- portfolio, and what cannot be filled ----

TEST_F(HypercallRecovery, ThePortfolioIsKeptAsItIsTold) {
  DrivenFill fill(*plan_, *normalizer_, gap("portfolio"));
  EXPECT_EQ(fill.method(), GapMethod::snapshot);
  EXPECT_EQ(fill.start(), Lines{"ask snapshot GET http://host/portfolio?wallet=0x1"});
  const std::string body =
      R"({"success":true,"data":{"positions":[],"timestamp":)" + ms_of(101) + "}}";
  const Lines end = {"end partial: the state as it is now was asked for; what lay between is gone"};
  EXPECT_EQ(fill.answer(body), end);
  const std::string row = "portfolio gapfill @" + std::to_string(at(101)) +
                          R"( data={"positions":[],"timestamp":)" + ms_of(101) + "}";
  EXPECT_EQ(fill.rows.rows, Lines{row});
  fill.answer(body);
  EXPECT_EQ(fill.rows.rows, Lines{row}) << "the same again";
  fill.answer(R"({"success":true,"data":null})");
  EXPECT_EQ(fill.answer(R"({"success":true,"data":[]})"), Lines{"problem: no object"});
  EXPECT_EQ(fill.rows.rows, Lines{row});
}

TEST_F(HypercallRecovery, OtherStreamsHaveNoHistory) {
  for (const char* stream : {"index_prices", "market_updates", "candles:BTC:1h", "competition",
                             "options_chain", "liquidation"}) {
    EXPECT_FALSE(DrivenFill(*plan_, *normalizer_, gap(stream)).exists()) << stream;
  }
}

TEST_F(HypercallRecovery, EveryTruncationOfEveryAnswerIsSurvived) {
  push(as_message("OrderbookUpdate", book_json("A-1", -5, R"([["1","2"]])")), -5);
  for (const auto& [stream, body] : std::vector<std::pair<std::string, std::string>>{
           {"fills", page_of({fill_json(2, 2), fill_json(1, 1)}, 2)},
           {"order_updates", page_of({order_json(2, 2, "open", "0")}, 2)},
           {"orderbook", R"({"data":)" + book_json("A-1", 9, "[[1,2],[3,4]]") + "}"},
           {"portfolio", R"({"success":true,"data":{"positions":[]}})"}}) {
    for (std::size_t cut = 0; cut < body.size(); ++cut) {
      DrivenFill fill(*plan_, *normalizer_, gap(stream));
      fill.start();
      EXPECT_EQ(fill.answer(body.substr(0, cut))[0].substr(0, 8), "problem:") << stream << cut;
      std::string mutated = body;
      mutated[cut] = "{}[]\",:0-e9\x80"[cut % 12];
      EXPECT_LE(fill.answer(mutated).size(), 1U);
    }
  }
}

}  // namespace
}  // namespace tapedeck::testing
