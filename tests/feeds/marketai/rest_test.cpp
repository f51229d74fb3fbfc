// The service's REST side: requests → answers.
#include <gtest/gtest.h>

#include <algorithm>

#include "schema/feeds/marketai/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck::testing {
namespace {

std::string text_of(const std::optional<Ns>& time) {
  return time ? std::to_string(*time) : "none";
}

// Remembers what it was asked, and answers from its list.
class ListedData final : public ServiceData {
 public:
  Ns now_ns() const override { return 1'708'776'300'123'456'789; }
  std::optional<SnapshotFrame> snapshot(std::string_view /*endpoint*/) override { return {}; }
  std::vector<std::string> history(const Query& query) override {
    asked = query.stream + " symbol=" + query.symbol + " from=" + text_of(query.from_ns) +
            " to=" + text_of(query.to_ns) + " limit=" + std::to_string(query.limit) +
            (query.newest_first ? " newest" : " oldest");
    EXPECT_FALSE(query.after.has_value());
    const std::size_t first = std::min(query.offset, rows.size());
    const std::size_t last = std::min(first + query.limit, rows.size());
    return {rows.begin() + static_cast<std::ptrdiff_t>(first),
            rows.begin() + static_cast<std::ptrdiff_t>(last)};
  }

  std::vector<std::string> rows;
  std::string asked;
};

struct Answer {
  int status = 0;
  std::string body;
};

Answer ask(ServiceData& data, const std::string& target,
           const std::string& authorization = "Bearer KEY", const std::string& method = "GET") {
  HttpRequest request;
  request.method = method;
  request.target = parse_target(target);
  if (!authorization.empty()) request.headers = {{"authorization", authorization}};
  const auto reply = marketai_feed().service().rest(request, data);
  if (!reply) return {};
  EXPECT_EQ(reply->content_type, "application/json");
  return {reply->status, reply->body};
}

TEST(MarketRest, PassesOnWhatItWasAsked) {
  const std::pair<const char*, const char*> cases[] = {
      {"/v1/quotes", "quotes symbol= from=none to=none limit=100 newest"},
      {"/v1/orderbook?symbol=BTC%2FUSDT",
       "book symbol=BTC/USDT from=none to=none limit=100 newest"},
      {"/v1/signals?from=1708776300000&to=1708776300001&limit=7",
       "signals symbol= from=1708776300000000000 to=1708776300002000000 limit=7 oldest"},
      {"/v1/funding?to=0&limit=5000", "funding symbol= from=none to=1000000 limit=1000 newest"},
      {"/v1/liquidations?from=9223372036854775807",
       "liquidations symbol= from=9223372036853000000 to=none limit=100 oldest"},
      {"/v1/klines?symbol=S", "klines symbol=S from=none to=none limit=100 newest"},
      {"/v1/quotes?interval=1m&limit=3", "quotes symbol= from=none to=none limit=3 newest"},
  };
  for (const auto& [target, asked] : cases) {
    ListedData data;
    EXPECT_EQ(ask(data, target).status, 200) << target;
    EXPECT_EQ(data.asked, asked) << target;
  }
}

TEST(MarketRest, WrapsRowsInItsEnvelope) {
  ListedData data;
  EXPECT_EQ(ask(data, "/v1/quotes").body,
            R"({"ok":true,"data":[],"meta":{"timestamp":1708776300123}})");
  data.rows = {R"({"a":-0.0})", R"({"b":1})"};
  EXPECT_EQ(ask(data, "/v1/quotes").body,
            R"({"ok":true,"data":[{"a":-0.0},{"b":1}],"meta":{"timestamp":1708776300123}})");
}

TEST(MarketRest, PagesCandlesOfOneInterval) {
  ListedData data;
  for (int i = 0; i < 2'500; ++i) {
    data.rows.push_back(R"({"n":)" + std::to_string(i) + R"(,"interval":")" +
                        (i % 1'000 == 999 ? "1h" : "1m") + R"("})");
  }
  EXPECT_EQ(ask(data, "/v1/klines?interval=1h").body,
            R"({"ok":true,"data":[{"n":999,"interval":"1h"},{"n":1999,"interval":"1h"}],)"
            R"("meta":{"timestamp":1708776300123}})");
  EXPECT_EQ(ask(data, "/v1/klines?interval=1h&limit=1").body,
            R"({"ok":true,"data":[{"n":999,"interval":"1h"}],"meta":{"timestamp":1708776300123}})");
}

TEST(MarketRest, WantsAKey) {
  for (const char* given : {"", "Bearer", "Bearer ", "Bearer   ", "KEY", "Basic KEY"}) {
    ListedData data;
    const Answer answer = ask(data, "/v1/quotes?limit=x", given);
    EXPECT_EQ(answer.status, 401) << given;
    EXPECT_EQ(answer.body,
              R"({"ok":false,"error":{"code":"UNAUTHORIZED","message":"Invalid API key"}})");
    EXPECT_EQ(data.asked, "") << given;
  }
  ListedData data;
  EXPECT_EQ(ask(data, "/v1/quotes", "bearer k").status, 200);
}

TEST(MarketRest, RefusesBadRequests) {
  const std::pair<const char*, const char*> cases[] = {
      {"/v1/quotes?from=x", "from"},
      {"/v1/quotes?from=", "from"},
      {"/v1/quotes?from=-1", "from"},
      {"/v1/quotes?to=1.5", "to"},
      {"/v1/quotes?limit=0", "limit"},
      {"/v1/quotes?limit=1e3", "limit"},
      {"/v1/quotes?limit=-5", "limit"},
      {"/v1/quotes?from=x&limit=0", "from"},
      {"/v1/klines?to=99999999999999999999", "to"},
  };
  for (const auto& [target, name] : cases) {
    ListedData data;
    const Answer answer = ask(data, target);
    EXPECT_EQ(answer.status, 400) << target;
    EXPECT_EQ(answer.body, R"({"ok":false,"error":{"code":"INVALID_PARAMETER",)"
                           R"("message":"Invalid parameter: )" +
                               std::string(name) + R"("}})");
    EXPECT_EQ(data.asked, "") << target;
  }
  ListedData data;
  EXPECT_EQ(ask(data, "/v1/quotes", "Bearer K", "POST").status, 405);
  for (const char* path : {"/", "", "/v1", "/v1/trades", "/v1/book", "/v1/polymarket", "/quotes"}) {
    EXPECT_EQ(ask(data, path).status, 0) << path;
  }
}

}  // namespace
}  // namespace tapedeck::testing
