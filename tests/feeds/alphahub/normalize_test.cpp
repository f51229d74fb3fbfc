// Frames → rows, and what a frame is to its service.
#include <gtest/gtest.h>

#include "schema/feeds/alphahub/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck::testing {
namespace {

using Rows = std::vector<std::string>;

constexpr const char* kEndpoint = "socket/websocket";

Rows rows_of(std::string_view payload) {
  return normalize_one(*alphahub_feed().make_normalizer(1), kEndpoint, payload);
}
std::string signals(const std::string& payload, const std::string& topic = "algorithms:14") {
  return "[null,null,\"" + topic + R"(","new_signals",)" + payload + "]";
}
std::string leg(const std::string& members) {
  return signals(R"({"open":[{)" + members + "}]}");
}

TEST(AlphaHubNormalizer, MakesARowOfEachLegOfTheDocumentedSignal) {
  EXPECT_EQ(rows_of(testdata("alphahub", "new_signals.json")),
            (Rows{"signal live @1619447400000000000 algorithm_id=16 action=close leg=0 symbol=VRTX "
                  "side=buy price=216.08",
                  "signal live @1619447400000000000 algorithm_id=16 action=close leg=1 symbol=MU "
                  "side=sell price=87.1",
                  "signal live @1619447400000000000 algorithm_id=16 action=close leg=2 symbol=BMRN "
                  "side=sell price=80.28",
                  "signal live @1619447401000000000 algorithm_id=16 action=open leg=0 symbol=JBHT "
                  "side=buy price=168.56",
                  "signal live @1619447401000000000 algorithm_id=16 action=open leg=1 symbol=ILMN "
                  "side=buy price=414.6",
                  "signal live @1619447401000000000 algorithm_id=16 action=open leg=2 symbol=CDNS "
                  "side=sell price=142.94"}));
}

TEST(AlphaHubNormalizer, TakesEveryFormOfPriceSideAndTime) {
  EXPECT_EQ(rows_of(testdata("alphahub", "new_signals_forms.json")),
            (Rows{"signal live @1619447401123456789 algorithm_id=18 action=open leg=0 "
                  "symbol=BRK.B side=hold price=141",
                  "signal live @1619447401000000000 algorithm_id=18 action=open leg=1 symbol=X "
                  "side=buy price=95000.50",
                  "signal live @1619447401000000000 algorithm_id=18 action=open leg=2 symbol=X "
                  "side=sell price=12.067400000000001"}));
}

TEST(AlphaHubNormalizer, KeepsEveryDigit) {
  for (const char* price : {"-0.0", "1e-28", "0.1000", "12.067400000000001", "9007199254740993",
                            "123456789012345678901234567890.1234567890"}) {
    const std::string row =
        std::string("signal live algorithm_id=14 action=open leg=0 symbol=X price=") + price;
    EXPECT_EQ(rows_of(leg(R"("symbol":"X","price":)" + std::string(price))), Rows{row});
    EXPECT_EQ(rows_of(leg(R"("symbol":"X","price":")" + std::string(price) + "\"")), Rows{row});
  }
}

TEST(AlphaHubNormalizer, LeavesAbsentWhatWasNotSent) {
  const Rows expected = {"signal live algorithm_id=14 action=open leg=0 symbol=X"};
  EXPECT_EQ(rows_of(leg(R"("symbol":"X")")), expected);
  EXPECT_EQ(rows_of(leg(R"("symbol":"X","side":null,"price":null,"timestamp":null)")), expected);
}

TEST(AlphaHubNormalizer, SetsBlanksAroundNamesAside) {
  EXPECT_EQ(
      rows_of(signals(R"({" open ":[{" symbol":"X","side ":"BUY","\tprice":1," symbol":"Y"}]})")),
      Rows{"signal live algorithm_id=14 action=open leg=0 symbol=X side=buy price=1"});
  EXPECT_EQ(rows_of(leg(R"(" symbol":"X","symbol":"Y","symbol":"Z")")),
            Rows{"signal live algorithm_id=14 action=open leg=0 symbol=Y"})
      << "the exact name is preferred, the first of two counts";
}

TEST(AlphaHubNormalizer, TakesTheAlgorithmFromTheTopicHoweverLong) {
  const struct {
    const char* topic;
    const char* id;
  } cases[] = {{"algorithms:0", "0"},
               {"algorithms:9007199254740993", "9007199254740993"},
               {"algorithms:18446744073709551617", "18446744073709551617"},
               {"algorithms:007", "007"},
               {"algorithms:minotaur", "minotaur"}};
  for (const auto& one : cases) {
    EXPECT_EQ(
        rows_of(signals(R"({"close":[{"symbol":"X"}]})", one.topic)),
        Rows{std::string("signal live algorithm_id=") + one.id + " action=close leg=0 symbol=X"});
  }
}

TEST(AlphaHubNormalizer, KeepsTheGoodLegsAndSaysWhatIsWrongWithTheFirstBadOne) {
  EXPECT_EQ(rows_of(signals(R"({"open":[{"symbol":"A"},{"side":"buy"},7,{"symbol":"B"}],
                                "close":[{"symbol":"C","price":[]}]})")),
            (Rows{"signal live algorithm_id=14 action=open leg=0 symbol=A",
                  "signal live algorithm_id=14 action=open leg=3 symbol=B",
                  "unparsed live reason=new_signals: no symbol"}));
}

TEST(AlphaHubNormalizer, GivesAReasonForWhatBreaksTheRules) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "not JSON"},
      {"[1", "not JSON"},
      {"\"\xff\"", "invalid UTF-8"},
      {"{}", "not a Phoenix message"},
      {"[]", "not a Phoenix message"},
      {R"([null,null,"algorithms:14","new_signals"])", "not a Phoenix message"},
      {R"([null,null,14,"new_signals",{}])", "not a Phoenix message"},
      {R"([null,null,"algorithms:14",null,{}])", "not a Phoenix message"},
      {R"([null,null,"algorithms:14","presence_state",{}])", "unknown event: presence_state"},
      {R"([null,null,"algorithms:14","",{}])", "unknown event: "},
      {signals("{}", "lobby"), "new_signals: no algorithm in the topic"},
      {signals("{}", "algorithms:"), "new_signals: no algorithm in the topic"},
      {signals("[]"), "new_signals: bad payload"},
      {signals("null"), "new_signals: bad payload"},
      {signals("{}"), "new_signals: no open or close"},
      {signals(R"({"open":{}})"), "new_signals: bad open"},
      {signals(R"({"close":"x"})"), "new_signals: bad close"},
      {signals(R"({"open":[],"open":[{"symbol":"X"}]})"), "new_signals: a list twice"},
      {signals(R"({"open":[],"hold":[{"symbol":"X"}]})"), "new_signals: an unknown list"},
      {signals(R"({"open":[null]})"), "new_signals: a leg that is no object"},
      {leg(""), "new_signals: no symbol"},
      {leg(R"("symbol":null)"), "new_signals: no symbol"},
      {leg(R"("symbol":"")"), "new_signals: bad symbol"},
      {leg(R"("symbol":5)"), "new_signals: bad symbol"},
      {leg(R"("symbol":"X","side":1)"), "new_signals: bad side"},
      {leg(R"("symbol":"X","price":true)"), "new_signals: bad price"},
      {leg(R"("symbol":"X","timestamp":"yesterday")"), "new_signals: bad timestamp"},
      {leg(R"("symbol":"X","timestamp":"")"), "new_signals: bad timestamp"},
      {leg(R"("symbol":"X","timestamp":{})"), "new_signals: bad timestamp"},
  };
  for (const auto& [payload, reason] : cases) {
    EXPECT_EQ(rows_of(payload), Rows{"unparsed live reason=" + reason}) << payload;
  }
  RowLog log;
  const Inbound binary(kEndpoint, "[]", 1'000, 0, Opcode::binary);
  alphahub_feed().make_normalizer(1)->normalize(binary.frame(), log);
  EXPECT_EQ(log.rows, Rows{"unparsed live reason=binary frame"});
}

TEST(AlphaHubNormalizer, CutsUnknownNamesOnACharactersEdge) {
  const std::string name = std::string(63, 'x') + "é";
  EXPECT_EQ(rows_of("[null,null,\"t\",\"" + name + "\",{}]"),
            Rows{"unparsed live reason=unknown event: " + std::string(63, 'x')});
}

TEST(AlphaHubNormalizer, TakesEmptyListsForASignalWithoutLegs) {
  EXPECT_EQ(rows_of(signals(R"({"open":[],"close":null,"note":"x","version":[1]})")), Rows{});
}

TEST(AlphaHubNormalizer, WritesDownWhatTheServiceRefuses) {
  EXPECT_EQ(rows_of(testdata("alphahub", "join_refused.json")),
            Rows{"feed_error live code=phx_reply message=algorithms:99: unmatched topic"});
  EXPECT_EQ(rows_of(testdata("alphahub", "phx_error.json")),
            Rows{"feed_error live code=phx_error message=algorithms:14"});
  EXPECT_EQ(rows_of(R"([null,null,"algorithms:14","phx_error",{"reason":"boom"}])"),
            Rows{"feed_error live code=phx_error message=algorithms:14: boom"});
  EXPECT_EQ(rows_of(R"([null,null,"algorithms:14","phx_reply",{"status":"error"}])"),
            Rows{"feed_error live code=phx_reply message=algorithms:14"});
}

TEST(AlphaHubNormalizer, TellsWhatAFrameIsToItsService) {
  const struct {
    std::string payload;
    FrameRole role;
    const char* type;
    const char* stream;
  } cases[] = {
      {testdata("alphahub", "join_reply.json"), FrameRole::ack, "phx_reply", "algorithms:14"},
      {testdata("alphahub", "join_reply_refs.json"), FrameRole::ack, "phx_reply", "algorithms:14"},
      {testdata("alphahub", "join_refused.json"), FrameRole::error, "phx_reply", "algorithms:99"},
      {testdata("alphahub", "heartbeat_reply.json"), FrameRole::heartbeat, "phx_reply", ""},
      {testdata("alphahub", "phx_error.json"), FrameRole::error, "phx_error", "algorithms:14"},
      {testdata("alphahub", "phx_close.json"), FrameRole::ack, "phx_close", "algorithms:14"},
      {testdata("alphahub", "new_signals.json"), FrameRole::data, "new_signals", "algorithms:16"},
      {R"(["1",null,"algorithms:14","presence_diff",{}])", FrameRole::data, "presence_diff", ""},
      {"no json", FrameRole::data, "", ""},
      {"{}", FrameRole::data, "", ""},
  };
  const auto normalizer = alphahub_feed().make_normalizer(1);
  for (const auto& one : cases) {
    const Inbound inbound(kEndpoint, one.payload);
    const FrameTag tag = normalizer->classify(inbound.frame());
    EXPECT_EQ(tag.role, one.role) << one.payload;
    EXPECT_EQ(tag.type, one.type) << one.payload;
    EXPECT_EQ(tag.stream, one.stream) << one.payload;
    const bool is_silent = tag.role == FrameRole::ack || tag.role == FrameRole::heartbeat;
    EXPECT_EQ(rows_of(one.payload).empty(), is_silent) << one.payload;
  }
}

// ---- one event, one row ----

TEST(AlphaHubNormalizer, CountsEachDeliveryOfOneConnection) {
  const auto normalizer = alphahub_feed().make_normalizer(1);
  const std::string twins = signals(R"({"open":[{"symbol":"X"},{"symbol":"X"}]})");
  EXPECT_EQ(normalize_one(*normalizer, kEndpoint, twins).size(), 2U);
  EXPECT_EQ(normalize_one(*normalizer, kEndpoint, twins).size(), 2U);
}

TEST(AlphaHubNormalizer, FoldsLegsOfRedundantConnectionsAsMultisets) {
  const auto normalizer = alphahub_feed().make_normalizer(2);
  Ns now = 1'000;
  const auto rows = [&](int slot, const std::string& payload, const std::string& topic) {
    return normalize_one(*normalizer, kEndpoint, signals(payload, topic), ++now, slot).size();
  };
  const std::string one = R"({"open":[{"symbol":"X"}]})";
  const std::string two = R"({"open":[{"symbol":"X"},{"symbol":"X"}]})";
  const std::string other_list = R"({"close":[{"symbol":"X"}]})";
  EXPECT_EQ(rows(0, two, "algorithms:14"), 2U);
  EXPECT_EQ(rows(1, two, "algorithms:14"), 0U);
  EXPECT_EQ(rows(1, one, "algorithms:14"), 1U) << "a third, here first";
  EXPECT_EQ(rows(0, one, "algorithms:14"), 0U);
  EXPECT_EQ(rows(0, one, "algorithms:16"), 1U) << "another algorithm's";
  EXPECT_EQ(rows(0, other_list, "algorithms:14"), 1U) << "a close is no open";
  EXPECT_EQ(rows(1, other_list, "algorithms:14"), 0U);
}

TEST(AlphaHubNormalizer, FoldsWhatItCannotReadButNeverErrors) {
  const auto normalizer = alphahub_feed().make_normalizer(2);
  const auto rows = [&](int slot, const std::string& payload) {
    return normalize_one(*normalizer, kEndpoint, payload, 1'000 + slot, slot).size();
  };
  EXPECT_EQ(rows(0, R"(["1",null,"t","odd",{}])"), 1U);
  EXPECT_EQ(rows(1, R"(["2",null,"t","odd",{}])"), 0U) << "references are each connection's own";
  EXPECT_EQ(rows(0, "no json"), 1U);
  EXPECT_EQ(rows(1, "no json"), 0U);
  EXPECT_EQ(rows(0, testdata("alphahub", "phx_error.json")), 1U);
  EXPECT_EQ(rows(1, testdata("alphahub", "phx_error.json")), 1U);
}

TEST(AlphaHubNormalizer, ReadsTimesWithoutAZoneAsConfigured) {
  const auto plan =
      plan_of(alphahub_feed(), R"({"email":"a","password":"b","utc_offset":"-04:00"})");
  const auto normalizer = plan->make_normalizer(1);
  ASSERT_NE(normalizer, nullptr);
  const std::string legs = R"({"open":[{"symbol":"A","timestamp":"2021-04-26 T10:30:00"},
    {"symbol":"B","timestamp":"2021-04-26T14:30:00Z"},{"symbol":"C","timestamp":1619447400}]})";
  EXPECT_EQ(normalize_one(*normalizer, kEndpoint, signals(legs)),
            (Rows{"signal live @1619447400000000000 algorithm_id=14 action=open leg=0 symbol=A",
                  "signal live @1619447400000000000 algorithm_id=14 action=open leg=1 symbol=B",
                  "signal live @1619447400000000000 algorithm_id=14 action=open leg=2 symbol=C"}));
}

}  // namespace
}  // namespace tapedeck::testing
