// Alterscope's normalizer: frames → rows.
#include <gtest/gtest.h>

#include "schema/feeds/alterscope/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck {
namespace {

using testing::Inbound;
using testing::normalize_one;
using testing::RowLog;
using testing::testdata;
using Lines = std::vector<std::string>;

const char* const kEndpoint = "v2/ws/factors";

std::unique_ptr<Normalizer> fresh(int connections = 1) {
  return alterscope_feed().make_normalizer(connections);
}

Lines rows_of(std::string_view payload) {
  return normalize_one(*fresh(), kEndpoint, payload);
}

// A change of factor `f` of opportunity `o`, with what `members` adds.
std::string change(const std::string& members) {
  return R"({"type":"factor.changed","opportunity_id":"o","factor":"f",)" + members + "}";
}

TEST(AlterscopeNormalizer, TurnsMessagesIntoRows) {
  const struct {
    const char* file;
    Lines rows;
  } cases[] = {
      {"factor_changed.json",
       {"factor live @1777278842000000000 opportunity_id=hyperliquid-btc-basis "
        "factor=dynamic_stability_ratio previous=0.74 current=0.61 as_of_block=22341488"}},
      {"factor_changed_meta.json",
       {"factor live @1777278842123456789 opportunity_id=aave-usdc-lending "
        "factor=oracle_deviation_bps previous=-0.0 current=12.067400000000001 "
        "as_of_block=9007199254740993"}},
      {"factor_changed_texts.json",
       {"factor live @1777278842000000000 opportunity_id=aave-usdc-lending "
        "factor=exit_liquidity_usd previous=95000.50 current=1e-28 as_of_block=22341488"}},
      {"factor_changed_bare.json", {"factor live opportunity_id=aave-usdc-lending factor=net_apy"}},
      {"error.json", {"feed_error live code=rate_limited message=Too many messages"}},
      {"error_typed.json", {"feed_error live code=4429 message=Connection limit"}},
  };
  for (const auto& c : cases) EXPECT_EQ(rows_of(testdata("alterscope", c.file)), c.rows) << c.file;
}

TEST(AlterscopeNormalizer, KeepsEveryFieldAsItWasSent) {
  const struct {
    const char* members;
    const char* row;
  } cases[] = {
      {R"("previous":1E+2,"current":123456789012345678901234567890.123456789)",
       "previous=1E+2 current=123456789012345678901234567890.123456789"},
      {R"("previous":"0.10","current":"n/a")", "previous=0.10 current=n/a"},
      {R"("previous":null,"current":95000.50)", "current=95000.50"},
      {R"("previous":"","current":0)", "previous= current=0"},
      {R"("current":1,"current":2)", "current=1"},
      {R"("current":1,"as_of_block":18446744073709551617)",
       "current=1 as_of_block=18446744073709551617"},
      {R"("current":1,"as_of_block":"0x1f")", "current=1 as_of_block=0x1f"},
      {R"("current":1,"as_of_block":null,"as_of":null)", "current=1"},
      {R"("current":1,"as_of":"soon")", "current=1"},
      {R"("current":1,"meta":{"current":9},"unknown":[1])", "current=1"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(rows_of(change(c.members)),
              Lines{std::string("factor live opportunity_id=o factor=f ") + c.row});
  }
}

TEST(AlterscopeNormalizer, ReadsEveryFormOfTimeToTheNanosecond) {
  const struct {
    const char* as_of;
    const char* event_ns;
  } cases[] = {
      {R"("2026-04-27T08:34:02Z")", "1777278842000000000"},
      {R"("2026-04-27T10:34:02.5+02:00")", "1777278842500000000"},
      {R"("2026-04-27T08:34:02.123456789Z")", "1777278842123456789"},
      {R"("2026-04-27 08:34:02")", "1777278842000000000"},
      {R"(1777278842)", "1777278842000000000"},
      {R"(1777278842123)", "1777278842123000000"},
      {R"("1777278842.25")", "1777278842250000000"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(
        rows_of(change(std::string(R"("current":1,"as_of":)") + c.as_of)),
        Lines{std::string("factor live @") + c.event_ns + " opportunity_id=o factor=f current=1"});
  }
}

TEST(AlterscopeNormalizer, MovesTheCursorOfItsOpportunityWithEveryRow) {
  const auto normalizer = fresh();
  RowLog log;
  for (const std::string& payload :
       {testdata("alterscope", "factor_changed.json"),
        testdata("alterscope", "factor_changed_meta.json"),
        testdata("alterscope", "factor_changed_bare.json"), std::string(R"({"type":"error"})"),
        std::string(R"({"type":"factor.changed","opportunity_id":"o","as_of":"2026-04-27"})"),
        testdata("alterscope", "factor_changed_texts.json")}) {
    const Inbound inbound(kEndpoint, payload);
    normalizer->normalize(inbound.frame(), log);
  }
  EXPECT_EQ(log.cursors, (Lines{"hyperliquid-btc-basis=2026-04-27T08:34:02Z",
                                "aave-usdc-lending=2026-04-27T08:34:02.123456789Z",
                                "aave-usdc-lending=1777278842000"}));
}

TEST(AlterscopeNormalizer, TakesEqualChangesOfOneConnectionForTwo) {
  const std::string payload = testdata("alterscope", "factor_changed.json");
  const auto normalizer = fresh();
  EXPECT_EQ(normalize_one(*normalizer, kEndpoint, payload).size(), 1U);
  EXPECT_EQ(normalize_one(*normalizer, kEndpoint, payload).size(), 1U);
}

TEST(AlterscopeNormalizer, FoldsTheSameChangeOfRedundantConnectionsAsMultisets) {
  const auto normalizer = fresh(2);
  const std::string a = change(R"("current":1,"meta":{"request_id":"x"})");
  const std::string b = change(R"("current":1,"meta":{"request_id":"y"})");
  const struct {
    std::string payload;
    int slot;
    std::size_t rows;
  } cases[] = {{a, 0, 1}, {b, 1, 0},   {b, 1, 1},   {a, 0, 0},
               {a, 0, 1}, {"x", 1, 1}, {"x", 0, 0}, {"x", 0, 1}};
  Ns recv_ns = 1'000;
  for (const auto& c : cases) {
    EXPECT_EQ(normalize_one(*normalizer, kEndpoint, c.payload, recv_ns += 1'000, c.slot).size(),
              c.rows)
        << c.payload << ' ' << c.slot;
  }
}

TEST(AlterscopeNormalizer, KeepsErrorsOfEveryShape) {
  const struct {
    const char* payload;
    const char* row;
  } cases[] = {
      {R"({"error":{"code":"a","message":"b","request_id":"c"}})",
       "feed_error live code=a message=b"},
      {R"({"type":"error","error":{"code":7}})", "feed_error live code=7"},
      {R"({"error":"busy"})", "feed_error live message=busy"},
      {R"({"type":"error","detail":"odd"})",
       R"(feed_error live message={"type":"error","detail":"odd"})"},
  };
  for (const auto& c : cases) EXPECT_EQ(rows_of(c.payload), Lines{c.row});
}

TEST(AlterscopeNormalizer, SaysWhyAFrameCannotBeRead) {
  const struct {
    std::string payload;
    const char* reason;
  } cases[] = {
      {"", "not JSON"},
      {R"({"type":"factor.changed")", "not JSON"},
      {"{\"type\":\"\xff\"}", "invalid UTF-8"},
      {"[1]", "not a JSON object"},
      {"{}", "no type"},
      {R"({"type":""})", "no type"},
      {R"({"type":7,"error":{}})", "no type"},
      {R"({"type":"factor.removed","opportunity_id":"o"})", "unknown type: factor.removed"},
      {R"({"type":"factor.changed"})", "factor.changed: no opportunity_id"},
      {R"({"type":"factor.changed","opportunity_id":{}})", "factor.changed: no opportunity_id"},
      {R"({"type":"factor.changed","opportunity_id":"o","factor":""})",
       "factor.changed: no factor"},
      {change(R"("previous":1)"), "factor.changed: no current"},
      {change(R"("current":[1])"), "factor.changed: bad current"},
      {change(R"("current":true)"), "factor.changed: bad current"},
      {change(R"("current":1,"previous":{})"), "factor.changed: bad previous"},
      {R"({"type":")" + std::string(63, 'a') + "é" + std::string(99, 'b') + "\"}",
       "unknown type: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(rows_of(c.payload), Lines{std::string("unparsed live reason=") + c.reason})
        << c.payload;
  }
  const Inbound binary(kEndpoint, "\x01\x02", 1'000, 0, Opcode::binary);
  RowLog log;
  fresh()->normalize(binary.frame(), log);
  EXPECT_EQ(log.rows, Lines{"unparsed live reason=binary frame"});
}

TEST(AlterscopeNormalizer, ClassifiesByRoleAndOpportunity) {
  const struct {
    std::string payload;
    FrameRole role;
    const char* type;
    const char* stream;
  } cases[] = {
      {testdata("alterscope", "factor_changed.json"), FrameRole::data, "factor.changed",
       "hyperliquid-btc-basis"},
      {testdata("alterscope", "factor_changed_meta.json"), FrameRole::data, "factor.changed",
       "aave-usdc-lending"},
      {testdata("alterscope", "error.json"), FrameRole::error, "", ""},
      {testdata("alterscope", "error_typed.json"), FrameRole::error, "error", ""},
      {R"({"type":"factor.removed","opportunity_id":"o"})", FrameRole::data, "factor.removed", "o"},
      {R"({"type":"notice"})", FrameRole::data, "notice", ""},
      {R"({"type":"factor.changed","opportunity_id":12})", FrameRole::data, "factor.changed", "12"},
      {"not JSON", FrameRole::data, "", ""},
      {"[]", FrameRole::data, "", ""},
  };
  const auto normalizer = fresh();
  for (const auto& c : cases) {
    const Inbound inbound(kEndpoint, c.payload);
    const FrameTag tag = normalizer->classify(inbound.frame());
    EXPECT_EQ(tag.role, c.role) << c.payload;
    EXPECT_EQ(tag.type, c.type) << c.payload;
    EXPECT_EQ(tag.stream, c.stream) << c.payload;
    EXPECT_EQ(tag.symbol, "") << c.payload;
    EXPECT_EQ(tag.event, "") << c.payload;
    EXPECT_FALSE(tag.is_snapshot) << c.payload;
  }
  const Inbound binary(kEndpoint, R"({"type":"error"})", 1'000, 0, Opcode::binary);
  EXPECT_EQ(normalizer->classify(binary.frame()).role, FrameRole::data);
}

}  // namespace
}  // namespace tapedeck
