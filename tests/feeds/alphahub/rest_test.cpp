// The service's REST side: requests → answers.
#include <gtest/gtest.h>

#include <algorithm>

#include "schema/base/text.h"
#include "schema/feeds/alphahub/feed.h"
#include "tests/feeds/alphahub/driven.h"

namespace tapedeck::testing {
namespace {

using Texts = std::vector<std::string>;

// Remembers what it was asked, and answers from its list, newest first.
class ListedData final : public ServiceData {
 public:
  Ns now_ns() const override { return 0; }
  std::optional<SnapshotFrame> snapshot(std::string_view /*endpoint*/) override { return {}; }
  std::vector<std::string> history(const Query& query) override {
    asked.push_back(query.stream + (query.newest_first ? " newest " : " oldest ") +
                    std::to_string(query.offset) + "+" + std::to_string(query.limit));
    const std::size_t first = std::min(query.offset, rows.size());
    const std::size_t last = std::min(first + query.limit, rows.size());
    return {rows.begin() + static_cast<std::ptrdiff_t>(first),
            rows.begin() + static_cast<std::ptrdiff_t>(last)};
  }

  Texts rows;
  Texts asked;
};

struct Ask {
  std::string target;
  std::string method = "GET";
  std::string body = "";
  std::string authorization = "TOKEN";
};

// `STATUS BODY`; "none" when there is no such path.
std::string answer(ServiceData& data, const Ask& ask) {
  HttpRequest request;
  request.method = ask.method;
  request.target = parse_target(ask.target);
  request.body = ask.body;
  if (!ask.authorization.empty()) request.headers = {{"authorization", ask.authorization}};
  const auto reply = alphahub_feed().service().rest(request, data);
  if (!reply) return "none";
  EXPECT_EQ(reply->content_type, "application/json");
  return std::to_string(reply->status) + " " + reply->body;
}

std::string row(const std::string& time) {
  return R"({"price":1,"side":"buy","symbol":"X","timestamp":")" + time + "\"}";
}

TEST(AlphaHubRest, LogsInWhoeverHasAnEmailAndAPassword) {
  const std::string tokens =
      "200 {\"data\":{\"renew_token\":\"tapedeck-renew-token\","
      "\"token\":\"tapedeck-session-token\"}}";
  const std::string refused = R"(401 {"error":"Invalid email or password"})";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"user%5Bemail%5D=my%40email.com&user%5Bpassword%5D=abc123", tokens},
      {"user[password]=x&user[email]=y&more=1", tokens},
      {"user%5Bemail%5D=+&user%5Bpassword%5D=+", tokens},
      {"user%5Bemail%5D=my%40email.com&user%5Bpassword%5D=", refused},
      {"user%5Bemail%5D=&user%5Bpassword%5D=x", refused},
      {"user%5Bemail%5D=my%40email.com", refused},
      {"email=a&password=b", refused},
      {"", refused},
  };
  ListedData data;
  for (const auto& [body, expected] : cases) {
    EXPECT_EQ(answer(data, {"/api/v1/session", "POST", body, ""}), expected) << body;
  }
  EXPECT_EQ(answer(data, {"/api/v1/session", "GET", "", ""}),
            R"(405 {"error":"Method not allowed"})");
}

TEST(AlphaHubRest, AnswersTheHistoryFromTheDateOnNewestFirst) {
  const std::string a = row("2021-04-27T00:00:00");
  const std::string b = row("2021-04-26 T14:30:00");
  const std::string c = row("2021-04-25T23:59:59");
  const std::string odd = row("?");
  const struct {
    const char* query;
    Texts rows;
  } cases[] = {
      {"", {a, odd, b, c}},
      {"?after=2021-04-25", {a, odd, b, c}},
      {"?after=2021-04-26", {a, odd, b}},
      {"?after=2021-04-27", {a, odd}},
      {"?after=2021-04-28", {odd}},
      {"?after=2021-04-26T14:30:01Z", {a, odd}},
  };
  for (const auto& one : cases) {
    ListedData data;
    data.rows = {a, odd, b, c};
    EXPECT_EQ(answer(data, {std::string("/api/v1/algorithms/14/signals") + one.query}),
              R"(200 {"data":{"signals":[)" + join(one.rows, ",") + "]}}")
        << one.query;
    EXPECT_EQ(data.asked, Texts{"algorithms:14 newest 0+50000"});
  }
}

TEST(AlphaHubRest, GivesTheDocumentedHistoryBack) {
  ListedData data;
  JsonDoc doc;
  ASSERT_TRUE(doc.parse(testdata("alphahub", "signals_history.json")));
  const Json signals = doc.root()["data"]["signals"];
  for (Json one = signals.first(); one.exists(); one = one.next()) {
    data.rows.emplace_back(one.raw());
  }
  ASSERT_EQ(data.rows.size(), 2U);
  EXPECT_EQ(answer(data, {"/api/v1/algorithms/16/signals?after=2019-02-10"}),
            "200 " + testdata("alphahub", "signals_history.json"));
}

TEST(AlphaHubRest, AnswersWithTheNewestRowsOfALongHistory) {
  const std::string young = row("2021-04-27T00:00:00");
  ListedData data;
  data.rows.assign(60'000, young);
  const std::string reply = answer(data, {"/api/v1/algorithms/14/signals?after=2021-04-26"});
  EXPECT_EQ(reply.size(),
            std::string(R"(200 {"data":{"signals":[]}})").size() + 50'000 * young.size() + 49'999);
  EXPECT_EQ(data.asked, Texts{"algorithms:14 newest 0+50000"});
}

TEST(AlphaHubRest, RefusesWhatItCannotAnswer) {
  const struct {
    Ask ask;
    const char* answer;
  } cases[] = {
      {{"/api/v1/algorithms/14/signals", "GET", "", ""}, R"(401 {"error":"Invalid token"})"},
      {{"/api/v1/algorithms/14/signals", "GET", "", " "}, R"(401 {"error":"Invalid token"})"},
      {{"/api/v1/algorithms/14/signals", "DELETE"}, R"(405 {"error":"Method not allowed"})"},
      {{"/api/v1/algorithms/14/signals?after=yesterday"},
       R"(400 {"error":"after must be a date, such as 2019-02-10"})"},
      {{"/api/v1/algorithms/14/signals?after=2021-02-30"},
       R"(400 {"error":"after must be a date, such as 2019-02-10"})"},
      {{"/api/v1/algorithms/14/signals?after="},
       R"(400 {"error":"after must be a date, such as 2019-02-10"})"},
      {{"/api/v1/algorithms/x/signals"}, "none"},
      {{"/api/v1/algorithms//signals"}, "none"},
      {{"/api/v1/algorithms/signals"}, "none"},
      {{"/api/v1/algorithms/14"}, "none"},
      {{"/api/v1/algorithms/14/signals/"}, "none"},
      {{"/api/v1/sessions", "POST"}, "none"},
      {{"/"}, "none"},
  };
  for (const auto& one : cases) {
    ListedData data;
    EXPECT_EQ(answer(data, one.ask), one.answer) << one.ask.target;
  }
}

// The recorder's own login and token pass.
TEST(AlphaHubRest, AcceptsTheRecordersLogin) {
  alphahub::Driven driven(R"("algorithms":[14])");
  driven.start();
  HttpRequest login;
  login.method = driven.log.requested.method;
  login.target = parse_target(driven.log.requested.url.substr(std::string("http://host").size()));
  login.body = driven.log.requested.body;
  ListedData data;
  const auto reply = alphahub_feed().service().rest(login, data);
  ASSERT_TRUE(reply.has_value());
  const std::string connect = driven.answer(reply->status, reply->body).back();
  HttpRequest upgrade;
  upgrade.target = parse_target(connect.substr(std::string("connect ws://host").size()));
  EXPECT_EQ(alphahub_feed().service().endpoint_of(upgrade.target.path), "socket/websocket");
  EXPECT_EQ(upgrade.target.get("vsn"), "2.0.0");
  EXPECT_EQ(upgrade.target.get("api_token"), "tapedeck-session-token");
  EXPECT_FALSE(alphahub_feed().service().refuse(upgrade).has_value());
}

}  // namespace
}  // namespace tapedeck::testing
