// NexusGlass's service side: what a client does → what it gets.
#include <gtest/gtest.h>

#include "schema/feeds/nexusglass/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck {
namespace {

using testing::Inbound;
using testing::SessionLog;
using testing::testdata;
using Lines = std::vector<std::string>;

constexpr Ns kNow = 1'773'743'400 * kNsPerSec;  // 2026-03-17T10:30:00Z
const char* const kHandshake =
    R"(send {"type":"HANDSHAKE","payload":{"tier":"PULSE","priorities":["P0","P1","P2"],"delay_ms":0,)"
    R"("server_time":"2026-03-17T10:30:00Z"}})";

class FakeData final : public ServiceData {
 public:
  Ns now_ns() const override { return kNow; }
  std::optional<SnapshotFrame> snapshot(std::string_view endpoint) override {
    snapshot_endpoint = endpoint;
    return first;
  }
  std::vector<std::string> history(const Query& query) override {
    queries.push_back(
        query.stream + " after=" + (query.after ? std::to_string(*query.after) : "none") +
        " limit=" + std::to_string(query.limit) + (query.newest_first ? " newest" : ""));
    return events;
  }

  std::optional<SnapshotFrame> first;
  std::string snapshot_endpoint;
  Lines events;
  Lines queries;
};

HttpRequest request(std::string_view target, std::string_view method = "GET",
                    Headers headers = {}) {
  return {std::string(method), parse_target(target), std::move(headers), ""};
}

class NexusGlassSession : public ::testing::Test {
 protected:
  Lines open(const std::string& target) {
    const HttpRequest upgrade = request(target);
    const auto endpoint = service_.endpoint_of(upgrade.target.path);
    EXPECT_TRUE(endpoint.has_value());
    endpoint_ = endpoint.value_or("");
    session_ = service_.open_session(endpoint_, upgrade, data_);
    session_->on_open(log_);
    return log_.take();
  }
  Lines message(const std::string& payload) {
    JsonDoc doc;
    doc.parse(payload);
    session_->on_message(payload, doc, log_);
    return log_.take();
  }
  Lines timer(int id) {
    session_->on_timer(id, log_);
    return log_.take();
  }
  // A frame that is due, classified as the replay server would.
  Lines due(const std::string& payload, std::int64_t id = 100, Opcode opcode = Opcode::text) {
    const auto normalizer = nexusglass_feed().make_normalizer(1);
    const Inbound inbound(endpoint_, payload, 1'000, 0, opcode);
    ServedFrame frame{id, endpoint_, opcode, payload, normalizer->classify(inbound.frame())};
    session_->on_data(frame, log_);
    return log_.take();
  }

  const Service& service_ = nexusglass_feed().service();
  FakeData data_;
  std::string endpoint_;
  std::unique_ptr<Session> session_;
  SessionLog log_;
};

TEST_F(NexusGlassSession, ShakesHandsOnEveryEndpointThenWaitsForData) {
  for (const char* target : {"/ws?token=K", "/ws/nexus-bridge?token=K", "/ws/fastfeed?token=K"}) {
    EXPECT_EQ(open(target), (Lines{kHandshake, "subscribed yes", "arm 1 30000"})) << target;
    EXPECT_EQ(data_.snapshot_endpoint, endpoint_);
  }
}

TEST_F(NexusGlassSession, SendsTheRecordedSnapshotByteForByteAfterTheHandshake) {
  const std::string snapshot =
      "{ \"type\":\"SNAPSHOT\" , \"payload\":[ {\"id\":1,\"symbol\":\"A\"} ] }";
  data_.first = {7, snapshot};
  EXPECT_EQ(open("/ws/fastfeed?token=K"),
            (Lines{kHandshake, "forward " + snapshot, "subscribed yes", "arm 1 30000"}));
}

TEST_F(NexusGlassSession, FiltersTheEventsOfASnapshotAndKeepsTheOtherBytes) {
  const std::string btc = R"({"id":1, "type":"REGIME_SHIFT","symbol":"BTCUSDT","x":-0.0})";
  const std::string eth =
      R"({"type":"EVENT","payload":{"id":2,"type":"FUNDING_EXTREME","symbol":"ETHUSDT"}})";
  const std::string any = R"({"id":3})";
  const struct {
    const char* query;
    std::string before, list, after;
    std::string kept;
  } cases[] = {
      {"&symbols=BTCUSDT", R"({"type":"SNAPSHOT", "payload": {"n":1e-28, "events": [)",
       btc + ", " + eth + ",\n" + any, R"( ], "m" : 2} } )", btc + "," + any},
      {"&symbols=ETHUSDT,X", R"({"type":"SNAPSHOT","payload":[)", btc + "," + eth + "," + any, "]}",
       eth + "," + any},
      {"&events=FUNDING_EXTREME", R"({"type":"SNAPSHOT","payload":{"data":{"events":[)",
       btc + "," + eth, "]}}}", eth},
      {"&symbols=BTCUSDT&events=FUNDING_EXTREME", R"({"type":"SNAPSHOT","payload":{"data":[)",
       btc + "," + eth, "]}}", ""},
      {"&symbols=BTCUSDT&events=REGIME_SHIFT", R"({"type":"SNAPSHOT","payload":{"tickers":[)",
       R"({"symbol":"BTCUSDT","type":"perp"},{"symbol":"ETHUSDT"})", "]}}",
       R"({"symbol":"BTCUSDT","type":"perp"})"},
  };
  for (const auto& c : cases) {
    data_.first = {7, c.before + c.list + c.after};
    const Lines got = open(std::string("/ws/fastfeed?token=K") + c.query);
    ASSERT_EQ(got.size(), 4U) << c.query;
    std::string expected = c.before + c.kept + c.after;
    if (const auto blank = expected.find(" ], \"m\""); blank != std::string::npos)
      expected.erase(blank, 1);
    while (expected.ends_with(' ')) expected.pop_back();
    EXPECT_EQ(got[1], "send " + expected);
  }
}

TEST_F(NexusGlassSession, LeavesASnapshotWithoutAListAsItIs) {
  for (const char* snapshot : {R"({"type":"SNAPSHOT","payload":{"tier":"PULSE"}})", "not JSON"}) {
    data_.first = {7, snapshot};
    EXPECT_EQ(open("/ws?token=K&symbols=BTCUSDT")[1], std::string("send ") + snapshot);
  }
}

TEST_F(NexusGlassSession, ForwardsWhatPassesTheFilters) {
  const std::string event = testdata("nexusglass", "event.json");
  const std::string ticker = testdata("nexusglass", "ticker.json");
  const std::string unknown = R"({"type":"NEW","payload":{"symbol":"BTCUSDT"}})";
  const struct {
    const char* target;
    std::string payload;
    bool passes;
  } cases[] = {
      {"/ws/fastfeed?token=K", event, true},
      {"/ws/fastfeed?token=K&symbols=&events=", event, true},
      {"/ws/fastfeed?token=K&symbols=ETHUSDT,BTCUSDT", event, true},
      {"/ws/fastfeed?token=K&symbols=ETHUSDT", event, false},
      {"/ws/fastfeed?token=K&events=REGIME_SHIFT,LIQUIDATION_CLUSTER_ARMED", event, true},
      {"/ws/fastfeed?token=K&events=REGIME_SHIFT", event, false},
      {"/ws/fastfeed?token=K&symbols=BTCUSDT&events=REGIME_SHIFT", event, false},
      {"/ws/fastfeed?token=K&symbols=BTCUSDT%2CETHUSDT", event, true},
      {"/ws?token=K&symbols=BTCUSDT&events=REGIME_SHIFT", ticker, true},
      {"/ws?token=K&symbols=ETHUSDT", ticker, false},
      {"/ws/fastfeed?token=K&symbols=ETHUSDT&events=REGIME_SHIFT", unknown, true},
      {"/ws/fastfeed?token=K&symbols=ETHUSDT", "not JSON", true},
  };
  for (const auto& c : cases) {
    open(c.target);
    EXPECT_EQ(due(c.payload), c.passes ? Lines{"forward " + c.payload} : Lines{}) << c.target;
  }
  open("/ws?token=K&symbols=ETHUSDT");
  EXPECT_EQ(due("\x01\x02", 100, Opcode::binary), Lines{"forward \x01\x02"});
}

TEST_F(NexusGlassSession, DoesNotRepeatWhatItSaysItself) {
  open("/ws/fastfeed?token=K");
  for (const char* file : {"handshake.json", "ping.json", "pong.json", "error.json"}) {
    EXPECT_EQ(due(testdata("nexusglass", file)), Lines{}) << file;
  }
}

TEST_F(NexusGlassSession, ForwardsLaterSnapshotsOnly) {
  const std::string snapshot = testdata("nexusglass", "snapshot_payload_events.json");
  data_.first = {7, snapshot};
  open("/ws/fastfeed?token=K");
  EXPECT_EQ(due(snapshot, 6), Lines{});
  EXPECT_EQ(due(snapshot, 7), Lines{});
  EXPECT_EQ(due(snapshot, 8), Lines{"forward " + snapshot});

  open("/ws/fastfeed?token=K&symbols=NONE");
  EXPECT_EQ(due(snapshot, 7), Lines{});
  EXPECT_EQ(due(snapshot, 8), Lines{R"(send {"type":"SNAPSHOT","payload":{"events":[]}})"});

  data_.first.reset();
  open("/ws/fastfeed?token=K");
  EXPECT_EQ(due(snapshot, 1), Lines{"forward " + snapshot});
}

TEST_F(NexusGlassSession, ClosesAfterThreeMissedPongsInARow) {
  const Lines ping = {R"(send {"type":"PING"})", "arm 2 10000", "arm 1 30000"};
  open("/ws/fastfeed?token=K");
  EXPECT_EQ(timer(1), ping);
  EXPECT_EQ(message(R"({"type":"PONG"})"), Lines{"arm 2 off"});
  for (int missed = 0; missed < 2; ++missed) {
    EXPECT_EQ(timer(1), ping);
    EXPECT_EQ(timer(2), Lines{});
  }
  EXPECT_EQ(timer(1), ping);
  EXPECT_EQ(message(R"({"type":"PONG"})"), Lines{"arm 2 off"}) << "in time: the count starts again";
  for (int missed = 0; missed < 2; ++missed) {
    EXPECT_EQ(timer(1), ping);
    EXPECT_EQ(timer(2), Lines{});
    EXPECT_EQ(message(R"({"type":"PONG"})"), Lines{}) << "too late: the miss stands";
  }
  EXPECT_EQ(timer(1), ping);
  session_->on_pong("", log_);
  EXPECT_EQ(log_.take(), Lines{}) << "a control frame is no PONG message";
  EXPECT_EQ(timer(2), (Lines{"arm 1 off", "close 1008 pong timeout"}));
}

TEST_F(NexusGlassSession, AnswersWhatClientsSend) {
  const auto complaint = [](const std::string& message) {
    return R"(send {"type":"ERROR","payload":{"code":"INVALID_MESSAGE","message":")" + message +
           "\"}}";
  };
  const struct {
    const char* message;
    Lines answer;
  } cases[] = {
      {R"({"type":"PING"})", {R"(send {"type":"PONG"})"}},
      {R"({"type":"PONG"})", {}},
      {"hello", {complaint("Message is not valid JSON")}},
      {"{}", {complaint("Message has no type")}},
      {"[1]", {complaint("Message has no type")}},
      {R"({"type":"SUBSCRIBE \"x\""})", {complaint(R"(Unknown message type: SUBSCRIBE \"x\")")}},
  };
  open("/ws?token=K");
  for (const auto& c : cases) EXPECT_EQ(message(c.message), c.answer) << c.message;
}

TEST(NexusGlassService, KnowsItsEndpoints) {
  const Service& service = nexusglass_feed().service();
  const struct {
    const char* path;
    std::optional<std::string> endpoint;
  } cases[] = {
      {"/ws", "ws"},
      {"/ws/nexus-bridge", "ws/nexus-bridge"},
      {"/ws/fastfeed", "ws/fastfeed"},
      {"/ws/other", std::nullopt},
      {"/", std::nullopt},
      {"", std::nullopt},
      {"ws", std::nullopt},
      {"/api/v1/fastfeed/events", std::nullopt},
  };
  for (const auto& c : cases) EXPECT_EQ(service.endpoint_of(c.path), c.endpoint) << c.path;
}

TEST(NexusGlassService, RefusesAnUpgradeWithoutToken) {
  const Service& service = nexusglass_feed().service();
  for (const char* target : {"/ws", "/ws?token=", "/ws/fastfeed?symbols=BTCUSDT"}) {
    const auto reply = service.refuse(request(target));
    ASSERT_TRUE(reply.has_value()) << target;
    EXPECT_EQ(reply->status, 401);
    EXPECT_EQ(
        reply->body,
        R"({"error":"AUTH_FAILED","code":"AUTH_FAILED","message":"Invalid or expired API key"})");
    EXPECT_EQ(reply->content_type, "application/json");
  }
  EXPECT_FALSE(service.refuse(request("/ws?token=anything")).has_value());
}

TEST(NexusGlassService, ServesEventsAfterAnIdOverRest) {
  const struct {
    const char* target;
    Headers headers;
    const char* query;
  } cases[] = {
      {"/api/v1/fastfeed/events", {{"X-API-Key", "K"}}, "ws/fastfeed after=none limit=100"},
      {"/api/v1/fastfeed/events?after=12", {{"x-api-key", "K"}}, "ws/fastfeed after=12 limit=100"},
      {"/api/v1/fastfeed/events?token=K&after=0&limit=7", {}, "ws/fastfeed after=0 limit=7"},
      {"/api/v1/fastfeed/events?token=K&limit=1000", {}, "ws/fastfeed after=none limit=1000"},
      {"/api/v1/fastfeed/events?token=K&limit=5000", {}, "ws/fastfeed after=none limit=1000"},
      {"/api/v1/fastfeed/events?token=K&after=9223372036854775807",
       {},
       "ws/fastfeed after=9223372036854775807 limit=100"},
  };
  for (const auto& c : cases) {
    FakeData data;
    data.events = {R"({"id":13})", R"({"id":14, "x":-0.0})"};
    const auto reply = nexusglass_feed().service().rest(request(c.target, "GET", c.headers), data);
    ASSERT_TRUE(reply.has_value()) << c.target;
    EXPECT_EQ(reply->status, 200) << c.target;
    EXPECT_EQ(reply->body, R"({"events":[{"id":13},{"id":14, "x":-0.0}]})");
    EXPECT_EQ(data.queries, Lines{c.query}) << c.target;
  }
  FakeData empty;
  const auto reply =
      nexusglass_feed().service().rest(request("/api/v1/fastfeed/events?token=K&after=99"), empty);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->body, R"({"events":[]})");
}

TEST(NexusGlassService, AnswersBadRestRequestsInTheServicesForm) {
  const char* const kBadAfter =
      R"({"error":"INVALID_PARAMETER","code":"INVALID_PARAMETER","message":"after must be an event id"})";
  const char* const kBadLimit =
      R"({"error":"INVALID_PARAMETER","code":"INVALID_PARAMETER","message":"limit must be a number from 1 to 1000"})";
  const char* const kNoKey =
      R"({"error":"AUTH_FAILED","code":"AUTH_FAILED","message":"Invalid or expired API key"})";
  const char* const kBadMethod =
      R"({"error":"METHOD_NOT_ALLOWED","code":"METHOD_NOT_ALLOWED","message":"Use GET"})";
  const struct {
    const char* method;
    const char* query;
    int status;
    const char* body;
  } cases[] = {
      {"GET", "", 401, kNoKey},
      {"GET", "?token=", 401, kNoKey},
      {"GET", "?token=K&after=x", 400, kBadAfter},
      {"GET", "?token=K&after=", 400, kBadAfter},
      {"GET", "?token=K&after=-1", 400, kBadAfter},
      {"GET", "?token=K&after=1.5", 400, kBadAfter},
      {"GET", "?token=K&after=9223372036854775808", 400, kBadAfter},
      {"GET", "?token=K&limit=0", 400, kBadLimit},
      {"GET", "?token=K&limit=ten", 400, kBadLimit},
      {"POST", "?token=K", 405, kBadMethod},
      {"DELETE", "?token=K", 405, kBadMethod},
  };
  for (const auto& c : cases) {
    FakeData data;
    const auto reply = nexusglass_feed().service().rest(
        request(std::string("/api/v1/fastfeed/events") + c.query, c.method), data);
    ASSERT_TRUE(reply.has_value()) << c.query;
    EXPECT_EQ(reply->status, c.status) << c.method << c.query;
    EXPECT_EQ(reply->body, c.body) << c.method << c.query;
    EXPECT_EQ(data.queries, Lines{}) << c.query;
  }
}

TEST(NexusGlassService, HasNoOtherRestPath) {
  FakeData data;
  for (const char* target : {"/", "/api/v1/fastfeed", "/api/v1/fastfeed/events/", "/ws"}) {
    EXPECT_FALSE(nexusglass_feed().service().rest(request(target), data).has_value()) << target;
  }
}

}  // namespace
}  // namespace tapedeck
