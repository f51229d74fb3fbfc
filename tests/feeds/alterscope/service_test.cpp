// Alterscope's service side: what a client does → what it gets.
#include <gtest/gtest.h>

#include "schema/feeds/alterscope/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck {
namespace {

using testing::Inbound;
using testing::SessionLog;
using testing::testdata;
using Lines = std::vector<std::string>;

const char* const kEndpoint = "v2/ws/factors";
const char* const kRest = "/v2/yield/opportunities/aave-usdc-lending/factors";
const Headers kBearer = {{"authorization", "Bearer K"}};

// Newest first, in batches as asked for.
class FakeData final : public ServiceData {
 public:
  Ns now_ns() const override { return 0; }
  std::optional<SnapshotFrame> snapshot(std::string_view /*endpoint*/) override {
    return std::nullopt;
  }
  std::vector<std::string> history(const Query& query) override {
    streams.push_back(query.stream);
    EXPECT_TRUE(query.newest_first);
    Lines page;
    for (std::size_t i = query.offset; i < rows.size() && page.size() < query.limit; ++i) {
      page.push_back(rows[i]);
    }
    return page;
  }

  Lines rows;
  Lines streams;
};

HttpRequest request(std::string_view target, Headers headers = kBearer,
                    std::string_view method = "GET") {
  return {std::string(method), parse_target(target), std::move(headers), ""};
}

const Service& service() {
  return alterscope_feed().service();
}

// The answer's body with its request id, which stands for the request alone, replaced by `ID`.
std::string without_id(const HttpReply& reply) {
  const std::string name = R"("request_id":"req_)";
  std::string body = reply.body;
  const std::size_t at = body.find(name);
  if (at != std::string::npos) body.replace(at + name.size(), 16, "ID");
  return body;
}

class AlterscopeSession : public ::testing::Test {
 protected:
  Lines open(const std::string& target) {
    session_ = service().open_session(kEndpoint, request(target), data_);
    session_->on_open(log_);
    return log_.take();
  }
  // A frame that is due, classified as the replay server would.
  Lines due(const std::string& payload, Opcode opcode = Opcode::text) {
    const Inbound inbound(kEndpoint, payload, 1'000, 0, opcode);
    const auto normalizer = alterscope_feed().make_normalizer(1);
    session_->on_data({1, kEndpoint, opcode, payload, normalizer->classify(inbound.frame())}, log_);
    return log_.take();
  }

  FakeData data_;
  std::unique_ptr<Session> session_;
  SessionLog log_;
};

TEST_F(AlterscopeSession, IsSubscribedByItsUrlAndPingsEveryThirtySeconds) {
  EXPECT_EQ(open("/v2/ws/factors?opportunities=a"), (Lines{"subscribed yes", "arm 1 30000"}));
  for (int i = 0; i < 4; ++i) {
    session_->on_timer(1, log_);
    EXPECT_EQ(log_.take(), (Lines{"ping ", "arm 1 30000"}));
  }
}

TEST_F(AlterscopeSession, IgnoresWhatClientsSend) {
  open("/v2/ws/factors?opportunities=a");
  for (const char* payload : {"hello", R"({"type":"subscribe","opportunities":["b"]})", "[]"}) {
    JsonDoc doc;
    doc.parse(payload);
    session_->on_message(payload, doc, log_);
    session_->on_pong(payload, log_);
    EXPECT_EQ(log_.take(), Lines{}) << payload;
  }
}

TEST_F(AlterscopeSession, ForwardsTheOpportunitiesOfItsUrl) {
  const std::string btc = testdata("alterscope", "factor_changed.json");
  const struct {
    const char* query;
    std::string payload;
    bool passes;
  } cases[] = {
      {"opportunities=hyperliquid-btc-basis", btc, true},
      {"opportunities=aave-usdc-lending,hyperliquid-btc-basis", btc, true},
      {"opportunities=aave-usdc-lending%2Chyperliquid-btc-basis", btc, true},
      {"opportunities=aave-usdc-lending", btc, false},
      {"opportunities=hyperliquid-btc", btc, false},
      // Messages carry no category and no size of their change.
      {"opportunities=hyperliquid-btc-basis&categories=oracle&alert_threshold=99&details=false",
       btc, true},
      {"opportunities=x", R"({"type":"factor.removed","opportunity_id":"y"})", true},
      {"opportunities=x", R"({ "type":"notice" })", true},
      {"opportunities=x", "not JSON", true},
      // Who names none asks for all.
      {"token=K", btc, true},
      {"opportunities=&categories=", btc, true},
      {"opportunities=%2C,", btc, true},
  };
  for (const auto& c : cases) {
    open(std::string("/v2/ws/factors?") + c.query);
    EXPECT_EQ(due(c.payload), c.passes ? Lines{"forward " + c.payload} : Lines{}) << c.query;
  }
  EXPECT_EQ(due("\x01\x02", Opcode::binary), Lines{"forward \x01\x02"});
}

TEST_F(AlterscopeSession, DoesNotRepeatErrors) {
  open("/v2/ws/factors?opportunities=hyperliquid-btc-basis");
  EXPECT_EQ(due(testdata("alterscope", "error.json")), Lines{});
  EXPECT_EQ(due(testdata("alterscope", "error_typed.json")), Lines{});
}

TEST(AlterscopeService, KnowsItsEndpoint) {
  EXPECT_EQ(service().endpoint_of("/v2/ws/factors"), kEndpoint);
  for (const char* path : {"/v2/ws/factors/", "/v2/ws", "/ws", "/", "", "v2/ws/factors", kRest}) {
    EXPECT_EQ(service().endpoint_of(path), std::nullopt) << path;
  }
}

TEST(AlterscopeService, AdmitsAnyKeyAndRefusesNone) {
  const std::string no_key =
      R"({"error":{"code":"unauthorized","message":"Missing API key","request_id":"req_ID"}})";
  const struct {
    const char* target;
    Headers headers;
    int status;  // 0: admitted
    std::string body;
  } cases[] = {
      {"/v2/ws/factors?opportunities=a", {{"Authorization", "Bearer K"}}, 0, ""},
      {"/v2/ws/factors?opportunities=a", {{"AUTHORIZATION", "bearer  any thing "}}, 0, ""},
      {"/v2/ws/factors?opportunities=a&token=K", {}, 0, ""},
      {"/v2/ws/factors?opportunities=a", {}, 401, no_key},
      {"/v2/ws/factors?opportunities=a&token=", {}, 401, no_key},
      {"/v2/ws/factors?opportunities=a", {{"Authorization", "Bearer "}}, 401, no_key},
      {"/v2/ws/factors?opportunities=a", {{"Authorization", "Bearer"}}, 401, no_key},
      {"/v2/ws/factors?opportunities=a", {{"Authorization", "Basic Sw=="}}, 401, no_key},
      {"/v2/ws/factors?opportunities=a", {{"Authorization", "K"}}, 401, no_key},
      {"/v2/ws/factors", {}, 401, no_key},
      {"/v2/ws/factors", kBearer, 0, ""},
  };
  for (const auto& c : cases) {
    const auto reply = service().refuse(request(c.target, c.headers));
    EXPECT_EQ(reply ? reply->status : 0, c.status) << c.target;
    if (!reply) continue;
    EXPECT_EQ(without_id(*reply), c.body) << c.target;
    EXPECT_EQ(reply->content_type, "application/json");
  }
}

TEST(AlterscopeService, MakesRequestIdsFromTheRequestWithoutItsToken) {
  const auto id_of = [](const char* target) {
    FakeData data;
    const auto reply = service().rest(request(target), data);
    return reply ? reply->body : "";
  };
  const std::string bad = std::string(kRest) + "?page[limit]=0";
  EXPECT_EQ(id_of(bad.c_str()), id_of((bad + "&token=x").c_str()));
  EXPECT_NE(id_of(bad.c_str()), id_of((bad + "0").c_str()));
}

TEST(AlterscopeService, AnswersTheLastValueOfEachFactor) {
  FakeData data;
  data.rows = {R"({"factor":"b","current":0.10,"previous":-0.0})",
               R"({"factor":"a","current":"1e-28"})",
               R"({"factor":"b","current":7})",
               "no JSON",
               R"({"current":7})",
               R"({ "factor":"c", "current":12.067400000000001 })"};
  const auto reply = service().rest(request(kRest), data);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body, R"({"data":[{"factor":"a","current":"1e-28"},)"
                         R"({"factor":"b","current":0.10,"previous":-0.0},)"
                         R"({ "factor":"c", "current":12.067400000000001 }],)"
                         R"("meta":{"cursor":null,"has_more":false}})");
  EXPECT_EQ(data.streams, Lines{"aave-usdc-lending"});
}

TEST(AlterscopeService, LooksThroughHistoriesOfAnyLength) {
  FakeData data;
  for (int i = 0; i < 2'500; ++i) {
    data.rows.push_back(R"({"factor":"a","current":)" + std::to_string(i) + "}");
  }
  data.rows.emplace_back(R"({"factor":"old","current":1})");
  const auto reply = service().rest(request(kRest), data);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->body, R"({"data":[{"factor":"a","current":0},{"factor":"old","current":1}],)"
                         R"("meta":{"cursor":null,"has_more":false}})");
  EXPECT_EQ(data.streams.size(), 3U);
}

TEST(AlterscopeService, PagesByTheFactorsName) {
  FakeData data;
  for (int i = 299; i >= 100; --i) {
    data.rows.push_back(R"({"factor":"f )" + std::to_string(i) + "\"}");
  }
  const struct {
    const char* query;
    const char* first;
    const char* last;
    std::size_t count;
    const char* meta;
  } cases[] = {
      {"", "f 100", "f 149", 50, R"({"cursor":"f 149","has_more":true})"},
      {"?page[limit]=2&page[cursor]=f%20149", "f 150", "f 151", 2,
       R"({"cursor":"f 151","has_more":true})"},
      {"?page%5Blimit%5D=2&page%5Bcursor%5D=f%20297&categories=oracle", "f 298", "f 299", 2,
       R"({"cursor":null,"has_more":false})"},
      {"?page[limit]=200", "f 100", "f 299", 200, R"({"cursor":null,"has_more":false})"},
      {"?page[limit]=199", "f 100", "f 298", 199, R"({"cursor":"f 298","has_more":true})"},
      {"?page[limit]=99999999999999999999", "f 100", "f 299", 200,
       R"({"cursor":null,"has_more":false})"},
      {"?page[cursor]=f%20150x", "f 151", "f 200", 50, R"({"cursor":"f 200","has_more":true})"},
  };
  for (const auto& c : cases) {
    const auto reply = service().rest(request(std::string(kRest) + c.query), data);
    ASSERT_TRUE(reply.has_value()) << c.query;
    JsonDoc doc;
    ASSERT_TRUE(doc.parse(reply->body)) << reply->body;
    const Json rows = doc.root()["data"];
    ASSERT_EQ(rows.size(), c.count) << c.query;
    EXPECT_EQ(rows.first()["factor"].text(), c.first) << c.query;
    EXPECT_EQ(rows.at(c.count - 1)["factor"].text(), c.last) << c.query;
    EXPECT_EQ(doc.root()["meta"].raw(), c.meta) << c.query;
  }
  data.rows.clear();
  EXPECT_EQ(service().rest(request(kRest), data)->body,
            R"({"data":[],"meta":{"cursor":null,"has_more":false}})");
}

TEST(AlterscopeService, ReadsTheOpportunityFromThePath) {
  const struct {
    const char* path;
    const char* opportunity;  // nullptr: no path of the service
  } cases[] = {
      {"/v2/yield/opportunities/a/factors", "a"},
      {"/v2/yield/opportunities/a%2Fb%20c/factors", "a/b c"},
      {"/v2/yield/opportunities/factors", nullptr},
      {"/v2/yield/opportunities//factors", nullptr},
      {"/v2/yield/opportunities/a/b/factors", nullptr},
      {"/v2/yield/opportunities/a", nullptr},
      {"/v2/yield/opportunities/a/factors/", nullptr},
      {"/v2/ws/factors", nullptr},
      {"/", nullptr},
  };
  for (const auto& c : cases) {
    FakeData data;
    const auto reply = service().rest(request(c.path), data);
    EXPECT_EQ(reply.has_value(), c.opportunity != nullptr) << c.path;
    EXPECT_EQ(data.streams, c.opportunity ? Lines{c.opportunity} : Lines{}) << c.path;
  }
}

TEST(AlterscopeService, AnswersBadRestRequestsInTheServicesForm) {
  const std::string bad_limit =
      R"({"error":{"code":"invalid_request","message":"page[limit] must be a number from 1 to 200","request_id":"req_ID"}})";
  const struct {
    const char* method;
    const char* query;
    Headers headers;
    int status;
    std::string body;
  } cases[] = {
      {"GET",
       "",
       {},
       401,
       R"({"error":{"code":"unauthorized","message":"Missing API key","request_id":"req_ID"}})"},
      {"GET", "?page[limit]=0", kBearer, 400, bad_limit},
      {"GET", "?page[limit]=", kBearer, 400, bad_limit},
      {"GET", "?page[limit]=-1", kBearer, 400, bad_limit},
      {"GET", "?page[limit]=5x&token=K", {}, 400, bad_limit},
      {"POST", "", kBearer, 405,
       R"({"error":{"code":"method_not_allowed","message":"Use GET","request_id":"req_ID"}})"},
  };
  for (const auto& c : cases) {
    FakeData data;
    const auto reply =
        service().rest(request(std::string(kRest) + c.query, c.headers, c.method), data);
    ASSERT_TRUE(reply.has_value()) << c.query;
    EXPECT_EQ(reply->status, c.status) << c.method << c.query;
    EXPECT_EQ(without_id(*reply), c.body) << c.method << c.query;
    EXPECT_EQ(data.streams, Lines{}) << c.query;
  }
}

}  // namespace
}  // namespace tapedeck
