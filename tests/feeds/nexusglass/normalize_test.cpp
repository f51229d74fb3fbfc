// NexusGlass's normalizer: payload → rows.
#include <gtest/gtest.h>

#include "schema/feeds/nexusglass/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck {
namespace {

using testing::Inbound;
using testing::normalize_one;
using testing::RowLog;
using testing::testdata;
using Lines = std::vector<std::string>;

const char* const kFast = "ws/fastfeed";

std::unique_ptr<Normalizer> fresh(int connections = 1) {
  return nexusglass_feed().make_normalizer(connections);
}

Lines rows_of(std::string_view endpoint, std::string_view payload) {
  return normalize_one(*fresh(), endpoint, payload);
}

std::string event(const std::string& id, const std::string& detected_at,
                  const std::string& more = "") {
  return R"({"type":"EVENT","payload":{"id":)" + id + R"(,"detected_at":")" + detected_at + "\"" +
         more + "}}";
}

// Feeds messages to one normalizer; what comes out at the end, rows and cursors.
RowLog run(const std::vector<std::pair<const char*, std::string>>& messages) {
  const auto normalizer = fresh();
  RowLog log;
  for (const auto& [endpoint, payload] : messages) {
    const Inbound inbound(endpoint, payload);
    normalizer->normalize(inbound.frame(), log);
  }
  return log;
}

TEST(NexusGlassNormalizer, TurnsTheDocumentedMessagesIntoRows) {
  const struct {
    const char* file;
    Lines rows;
  } cases[] = {
      {"handshake.json", {}},
      {"ping.json", {}},
      {"pong.json", {}},
      {"event.json",
       {"alert live @1773743445000000000 event_id=12346 type=LIQUIDATION_CLUSTER_ARMED priority=P0 "
        "symbol=BTCUSDT confidence=0.92 latency_ms=42 data={\n\"cluster_price\": "
        "98500,\n\"cluster_side\": "
        "\"LONG_LIQ\",\n\"intensity_usd\": 5200000,\n\"distance_pct\": 1.8\n}"}},
      {"error.json", {"feed_error live code=AUTH_FAILED message=Invalid or expired API key"}},
  };
  for (const char* endpoint : {"ws", "ws/nexus-bridge", "ws/fastfeed"}) {
    for (const auto& c : cases) {
      EXPECT_EQ(rows_of(endpoint, testdata("nexusglass", c.file)), c.rows)
          << endpoint << ' ' << c.file;
    }
  }
}

TEST(NexusGlassNormalizer, FindsTheEventsOfASnapshotInEveryAssumedShape) {
  const Lines expected = {
      "alert snapshot @1773743340000000000 event_id=12344 type=REGIME_SHIFT priority=P2 "
      "symbol=ETHUSDT "
      R"(confidence=0.71 latency_ms=900 data={"from":"RANGE","to":"VOLATILE"})",
      "alert snapshot @1773743400000000000 event_id=12345 type=WHALE_POSITION_SHIFT priority=P1 "
      R"(symbol=BTCUSDT confidence=0.880 latency_ms=120 data={"side":"LONG"})"};
  for (const char* file :
       {"snapshot_payload_array.json", "snapshot_payload_events.json", "snapshot_payload_data.json",
        "snapshot_payload_data_events.json", "snapshot_payload_recent.json",
        "snapshot_wrapped.json", "snapshot_top_level.json"}) {
    const RowLog log = run({{kFast, testdata("nexusglass", file)}});
    EXPECT_EQ(log.rows, expected) << file;
    EXPECT_EQ(log.cursors, (Lines{"ws/fastfeed=12344", "ws/fastfeed=12345"})) << file;
  }
}

TEST(NexusGlassNormalizer, KeepsEveryFieldAsItWasSent) {
  const struct {
    const char* payload;
    const char* row;
  } cases[] = {
      {R"({"id":"12346","confidence":"0.920","latency_ms":"42"})",
       "alert live event_id=12346 confidence=0.920 latency_ms=42"},
      {R"({"id":123456789012345678901234567890,"latency_ms":4.25,"confidence":1E-28})",
       "alert live event_id=123456789012345678901234567890 confidence=1E-28 latency_ms=4.25"},
      {R"({"id":7,"severity":"high","narrative":"a \"b\" \u00e9","data":[1, -0.0]})",
       "alert live event_id=7 severity=high narrative=a \"b\" é data=[1, -0.0]"},
      {R"({"id":7,"data":null,"symbol":null,"priority":{},"confidence":true})",
       "alert live event_id=7"},
      {R"({"id":7,"data":"text","extra":{"kept":"in the frame"}})",
       "alert live event_id=7 data=\"text\""},
      {R"({"id":7,"detected_at":1773743445123})", "alert live @1773743445123000000 event_id=7"},
      {R"({"id":7,"detected_at":"2026-03-17T11:30:45.123456789+01:00"})",
       "alert live @1773743445123456789 event_id=7"},
      {R"({"id":7,"detected_at":"soon"})", "alert live event_id=7"},
      {R"({"id":7,"type":"BRAND_NEW_TYPE"})", "alert live event_id=7 type=BRAND_NEW_TYPE"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(rows_of(kFast, std::string(R"({"type":"EVENT","payload":)") + c.payload + "}"),
              Lines{c.row});
  }
}

TEST(NexusGlassNormalizer, GivesOneRowForOneEventHoweverItArrives) {
  const std::string live = event("12345", "2026-03-17T10:30:00Z");
  const RowLog log = run({{kFast, event("12345", "2026-03-17T10:30:00.000Z")},
                          {kFast, live},
                          {"ws", live},
                          {kFast, event("\"12345\"", "2026-03-17T10:30:00Z")},
                          {kFast, testdata("nexusglass", "snapshot_wrapped.json")}});
  EXPECT_EQ(log.rows, (Lines{"alert live @1773743400000000000 event_id=12345",
                             "alert snapshot @1773743340000000000 event_id=12344 type=REGIME_SHIFT "
                             "priority=P2 symbol=ETHUSDT confidence=0.71 latency_ms=900 "
                             R"(data={"from":"RANGE","to":"VOLATILE"})"}));
}

TEST(NexusGlassNormalizer, FoldsTheSameEventOfRedundantConnections) {
  const auto normalizer = fresh(2);
  const std::string live = event("1", "2026-03-17T10:30:00Z");
  EXPECT_EQ(normalize_one(*normalizer, kFast, live, 1'000, 0).size(), 1U);
  EXPECT_EQ(normalize_one(*normalizer, kFast, live, 1'100, 1).size(), 0U);
  // Market messages have no identity: equal ones are folded between connections, not within one.
  const std::string ticker = testdata("nexusglass", "ticker.json");
  EXPECT_EQ(normalize_one(*normalizer, "ws", ticker, 1'200, 0).size(), 1U);
  EXPECT_EQ(normalize_one(*normalizer, "ws", ticker, 1'300, 1).size(), 0U);
  EXPECT_EQ(normalize_one(*normalizer, "ws", ticker, 1'400, 1).size(), 1U);
  EXPECT_EQ(normalize_one(*normalizer, "ws", ticker, 1'500, 0).size(), 0U);
}

TEST(NexusGlassNormalizer, TakesEqualMarketMessagesOfOneConnectionForTwo) {
  const std::string ticker = testdata("nexusglass", "ticker.json");
  EXPECT_EQ(run({{"ws", ticker}, {"ws", ticker}}).rows.size(), 2U);
}

TEST(NexusGlassNormalizer, TakesRestartedIdsWithANewerTimeForNewEvents) {
  const RowLog log = run({{kFast, event("900", "2026-03-17T10:30:00Z")},
                          {kFast, event("901", "2026-03-17T10:30:01Z")},
                          {kFast, event("1", "2026-03-17T10:31:00Z")},
                          {kFast, event("900", "2026-03-17T10:30:00Z")},
                          {kFast, event("2", "2026-03-17T10:31:01Z")},
                          {kFast, event("900", "2026-03-17T10:50:00Z")}});
  EXPECT_EQ(log.rows, (Lines{"alert live @1773743400000000000 event_id=900",
                             "alert live @1773743401000000000 event_id=901",
                             "alert live @1773743460000000000 event_id=1",
                             "alert live @1773743461000000000 event_id=2",
                             "alert live @1773744600000000000 event_id=900"}));
  EXPECT_EQ(log.cursors, (Lines{"ws/fastfeed=900", "ws/fastfeed=901", "ws/fastfeed=1",
                                "ws/fastfeed=2", "ws/fastfeed=900"}));
}

TEST(NexusGlassNormalizer, KeepsTheCursorAtTheGreatestIdOfTheEpoch) {
  const struct {
    std::vector<std::pair<const char*, std::string>> messages;
    Lines cursors;
  } cases[] = {
      // Detection times may overlap while ids ascend.
      {{{kFast, event("9", "2026-03-17T10:30:02Z")}, {kFast, event("10", "2026-03-17T10:30:00Z")}},
       {"ws/fastfeed=9", "ws/fastfeed=10"}},
      // A latecomer moves nothing.
      {{{kFast, event("10", "2026-03-17T10:30:02Z")}, {kFast, event("8", "2026-03-17T10:30:00Z")}},
       {"ws/fastfeed=10"}},
      // Nor does one of an epoch that is over, whatever its id.
      {{{kFast, event("10", "2026-03-17T10:30:02Z")},
        {kFast, event("1", "2026-03-17T10:31:00Z")},
        {kFast, event("11", "2026-03-17T10:30:01Z")}},
       {"ws/fastfeed=10", "ws/fastfeed=1"}},
      // Newest first, and reaching back over the restart.
      {{{kFast,
         R"({"type":"SNAPSHOT","payload":[{"id":2,"detected_at":"2026-03-17T10:31:01Z"},)"
         R"({"id":1,"detected_at":"2026-03-17T10:31:00Z"},{"id":99,"detected_at":"2026-03-17T10:30:00Z"}]})"}},
       {"ws/fastfeed=99", "ws/fastfeed=1", "ws/fastfeed=2"}},
      // Without times only a greater id moves it.
      {{{kFast, R"({"type":"EVENT","payload":{"id":10}})"},
        {kFast, R"({"type":"EVENT","payload":{"id":9}})"},
        {kFast, R"({"type":"EVENT","payload":{"id":11}})"}},
       {"ws/fastfeed=10", "ws/fastfeed=11"}},
      // An event on another endpoint says nothing about what was received on this one.
      {{{kFast, event("10", "2026-03-17T10:30:00Z")}, {"ws", event("12", "2026-03-17T10:30:01Z")}},
       {"ws/fastfeed=10"}},
  };
  for (const auto& c : cases) EXPECT_EQ(run(c.messages).cursors, c.cursors);
}

TEST(NexusGlassNormalizer, KeepsUndocumentedMarketMessagesWhole) {
  const struct {
    const char* endpoint;
    std::string payload;
    const char* row;
  } cases[] = {
      {"ws", testdata("nexusglass", "ticker.json"),
       "snapshot live @1773743445000000000 endpoint=ws type=TICKER symbol=BTCUSDT "
       R"(data={"symbol":"BTCUSDT","timestamp":1773743445000,"last":98500.10,"basis":-0.0})"},
      {"ws", testdata("nexusglass", "oi_delta.json"),
       "snapshot live @1773743445000000000 endpoint=ws type=OI_DELTA symbol=ETHUSDT "
       R"(data={"ts":1773743445,"delta":12.067400000000001})"},
      {"ws/nexus-bridge", testdata("nexusglass", "bridge_delta.json"),
       "snapshot live @1773743445250000000 endpoint=ws/nexus-bridge type=BRIDGE_DELTA "
       "symbol=BTCUSDT "
       R"(data={"type":"BRIDGE_DELTA","symbol":"BTCUSDT","time":"2026-03-17T10:30:45.250Z","delta":1e-28})"},
      {"ws",
       R"({"type":"SNAPSHOT","payload":{"events":[{"id":1,"detected_at":"2026-03-17T10:30:45Z"}]}})",
       R"(snapshot live endpoint=ws type=SNAPSHOT data={"events":[{"id":1,"detected_at":"2026-03-17T10:30:45Z"}]})"},
      {"ws", R"({"type":"X","payload":[1, 2]})", "snapshot live endpoint=ws type=X data=[1, 2]"},
      {"ws", R"({"type":"X","payload":null})",
       R"(snapshot live endpoint=ws type=X data={"type":"X","payload":null})"},
  };
  for (const auto& c : cases) EXPECT_EQ(rows_of(c.endpoint, c.payload), Lines{c.row});
}

TEST(NexusGlassNormalizer, KeepsErrorsOfEveryShape) {
  const struct {
    const char* payload;
    const char* row;
  } cases[] = {
      {R"({"type":"ERROR","code":"A","message":"b"})", "feed_error live code=A message=b"},
      {R"({"type":"ERROR","payload":{"error":"A","message":"b"}})",
       "feed_error live code=A message=b"},
      {R"({"type":"ERROR","payload":{"code":429}})", "feed_error live code=429"},
      {R"({"type":"ERROR","payload":"busy"})", "feed_error live message=busy"},
      {R"({"type":"ERROR"})", "feed_error live"},
  };
  for (const auto& c : cases) EXPECT_EQ(rows_of(kFast, c.payload), Lines{c.row});
}

TEST(NexusGlassNormalizer, SaysWhyAFrameCannotBeRead) {
  const struct {
    std::string payload;
    const char* reason;
  } cases[] = {
      {"", "not JSON"},
      {"ping", "not JSON"},
      {R"({"type":"EVENT")", "not JSON"},
      {"{\"type\":\"\xff\"}", "invalid UTF-8"},
      {"[1]", "not a JSON object"},
      {"{}", "no type"},
      {R"({"type":7})", "no type"},
      {R"({"type":""})", "no type"},
      {R"({"type":"EVENT"})", "EVENT without payload"},
      {R"({"type":"EVENT","payload":"x"})", "EVENT without payload"},
      {R"({"type":"EVENT","payload":{}})", "EVENT without id"},
      {R"({"type":"EVENT","payload":{"id":null}})", "EVENT without id"},
      {R"({"type":"EVENT","payload":{"id":{}}})", "EVENT without id"},
      {R"({"type":"SNAPSHOT"})", "SNAPSHOT without events"},
      {R"({"type":"SNAPSHOT","payload":{"events":{}}})", "SNAPSHOT without events"},
      {R"({"type":"SNAPSHOT","payload":[{"type":"X"}]})", "SNAPSHOT with an event without id"},
      {R"({"type":"event","payload":{"id":1}})", "unknown type: event"},
      {R"({"type":"TICKER","payload":{}})", "unknown type: TICKER"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(rows_of(kFast, c.payload), Lines{std::string("unparsed live reason=") + c.reason})
        << c.payload;
  }
  const Inbound binary(kFast, "\x01\x02", 1'000, 0, Opcode::binary);
  RowLog log;
  fresh()->normalize(binary.frame(), log);
  EXPECT_EQ(log.rows, Lines{"unparsed live reason=binary frame"});
}

TEST(NexusGlassNormalizer, KeepsTheGoodEventsOfASnapshotWithABadOne) {
  EXPECT_EQ(
      rows_of(kFast, R"({"type":"SNAPSHOT","payload":{"events":[{"id":1},{"x":1},3,{"id":2}]}})"),
      (Lines{"alert snapshot event_id=1", "alert snapshot event_id=2",
             "unparsed live reason=SNAPSHOT with an event without id"}));
}

TEST(NexusGlassNormalizer, TakesAnEmptySnapshotForWhatItIs) {
  EXPECT_EQ(rows_of(kFast, R"({"type":"SNAPSHOT","payload":[]})"), Lines{});
  EXPECT_EQ(rows_of(kFast, R"({"type":"SNAPSHOT","payload":{"events":[]}})"), Lines{});
}

TEST(NexusGlassNormalizer, CutsLongTypesInReasonsAtACharactersEdge) {
  const std::string type = std::string(63, 'a') + "é" + std::string(100, 'b');
  EXPECT_EQ(rows_of(kFast, R"({"type":")" + type + R"("})"),
            Lines{"unparsed live reason=unknown type: " + std::string(63, 'a')});
}

TEST(NexusGlassNormalizer, ClassifiesByRoleSymbolAndEvent) {
  const struct {
    std::string payload;
    FrameRole role;
    const char* type;
    const char* symbol;
    const char* event;
    bool is_snapshot;
  } cases[] = {
      {testdata("nexusglass", "handshake.json"), FrameRole::handshake, "HANDSHAKE", "", "", false},
      {testdata("nexusglass", "ping.json"), FrameRole::heartbeat, "PING", "", "", false},
      {testdata("nexusglass", "pong.json"), FrameRole::heartbeat, "PONG", "", "", false},
      {testdata("nexusglass", "error.json"), FrameRole::error, "ERROR", "", "", false},
      {testdata("nexusglass", "event.json"), FrameRole::data, "EVENT", "BTCUSDT",
       "LIQUIDATION_CLUSTER_ARMED", false},
      {testdata("nexusglass", "snapshot_wrapped.json"), FrameRole::data, "SNAPSHOT", "", "", true},
      {testdata("nexusglass", "ticker.json"), FrameRole::data, "TICKER", "BTCUSDT", "", false},
      {testdata("nexusglass", "oi_delta.json"), FrameRole::data, "OI_DELTA", "ETHUSDT", "", false},
      {R"({"type":"NEW"})", FrameRole::data, "NEW", "", "", false},
      {"not JSON", FrameRole::data, "", "", "", false},
      {"[]", FrameRole::data, "", "", "", false},
  };
  const auto normalizer = fresh();
  for (const auto& c : cases) {
    const Inbound inbound(kFast, c.payload);
    const FrameTag tag = normalizer->classify(inbound.frame());
    EXPECT_EQ(tag.role, c.role) << c.payload;
    EXPECT_EQ(tag.type, c.type) << c.payload;
    EXPECT_EQ(tag.stream, "") << c.payload;
    EXPECT_EQ(tag.symbol, c.symbol) << c.payload;
    EXPECT_EQ(tag.event, c.event) << c.payload;
    EXPECT_EQ(tag.is_snapshot, c.is_snapshot) << c.payload;
  }
}

}  // namespace
}  // namespace tapedeck
