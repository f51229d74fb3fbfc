// The service's REST side: requests → answers, over rows made here and over the simulator's.
#include <gtest/gtest.h>

#include <algorithm>

#include "schema/feeds/hypercall/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck::testing {
namespace {

// Remembers what it was asked, and answers from its lists.
class ListedData final : public ServiceData {
 public:
  Ns now_ns() const override { return 0; }
  std::optional<SnapshotFrame> snapshot(std::string_view /*endpoint*/) override { return {}; }
  std::vector<std::string> history(const Query& query) override {
    asked = query.stream + " after=" + (query.after ? std::to_string(*query.after) : "none") +
            " symbol=" + query.symbol + " offset=" + std::to_string(query.offset) +
            " limit=" + std::to_string(query.limit) + (query.newest_first ? " newest" : " oldest");
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

Answer ask(ServiceData& data, const std::string& target, const std::string& method = "GET") {
  HttpRequest request;
  request.method = method;
  request.target = parse_target(target);
  const auto reply = hypercall_feed().service().rest(request, data);
  if (!reply) return {};
  EXPECT_EQ(reply->content_type, "application/json");
  return {reply->status, reply->body};
}

TEST(HypercallRest, PassesOnWhatItWasAsked) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"/trades", "trades after=none symbol= offset=0 limit=100 newest"},
      {"/trades?limit=1", "trades after=none symbol= offset=0 limit=1 newest"},
      {"/trades?after_trade_id=0&limit=1000", "trades after=0 symbol= offset=0 limit=1000 oldest"},
      {"/trades?after_trade_id=9007199254740993",
       "trades after=9007199254740993 symbol= offset=0 limit=100 oldest"},
      {"/trades?limit=5000&symbol=BTC-20260131-100000-C",
       "trades after=none symbol=BTC-20260131-100000-C offset=0 limit=1000 newest"},
      {"/fills?wallet=0x1&limit=2&offset=4", "fills after=none symbol= offset=4 limit=2 newest"},
      {"/orders?wallet=0x1", "orders after=none symbol= offset=0 limit=100 newest"},
      {"/orderbook?instrument_id=BTC-1",
       "orderbook after=none symbol=BTC-1 offset=0 limit=1 newest"},
      {"/portfolio?wallet=0x1", "portfolio after=none symbol= offset=0 limit=1 newest"},
  };
  for (const auto& [target, asked] : cases) {
    ListedData data;
    ask(data, target);
    EXPECT_EQ(data.asked, asked) << target;
  }
}

TEST(HypercallRest, WrapsListsInItsEnvelope) {
  ListedData data;
  data.rows = {R"({"trade_id":1})", R"({"trade_id":2})", R"({"trade_id":3})"};
  EXPECT_EQ(ask(data, "/trades?limit=2&offset=1").body,
            R"({"success":true,"data":[{"trade_id":2},{"trade_id":3}],)"
            R"("pagination":{"limit":2,"offset":1,"count":2}})");
  data.rows.clear();
  EXPECT_EQ(ask(data, "/fills?wallet=0x1").body,
            R"({"success":true,"data":[],"pagination":{"limit":100,"offset":0,"count":0}})");
  EXPECT_EQ(ask(data, "/portfolio?wallet=0x1").body, R"({"success":true,"data":null})");
  data.rows = {R"({"positions":[]})"};
  EXPECT_EQ(ask(data, "/portfolio?wallet=0x1").body, R"({"success":true,"data":{"positions":[]}})");
}

TEST(HypercallRest, CutsABookToItsDepth) {
  ListedData data;
  data.rows = {
      R"({"symbol":"B","bids":[[95000.50,1],[94999,2],[94998,3]],"asks":[],"timestamp":5})"};
  EXPECT_EQ(
      ask(data, "/orderbook?instrument_id=B&depth=2").body,
      R"({"success":true,"data":{"symbol":"B","bids":[[95000.50,1],[94999,2]],"asks":[],"timestamp":5}})");
  data.rows.clear();
  const Answer unknown = ask(data, "/orderbook?instrument_id=B");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.body, R"({"success":false,"error":"Unknown instrument: B"})");
}

TEST(HypercallRest, PagesOrdersOfOneStatus) {
  ListedData data;
  for (int i = 0; i < 2'500; ++i) {
    data.rows.push_back(R"({"order_id":)" + std::to_string(i) + R"(,"status":")" +
                        (i % 1'000 == 999 ? "open" : "filled") + R"("})");
  }
  EXPECT_EQ(
      ask(data, "/orders?wallet=0x1&status=open").body,
      R"({"success":true,"data":[{"order_id":999,"status":"open"},{"order_id":1999,"status":"open"}],)"
      R"("pagination":{"limit":100,"offset":0,"count":2}})");
  EXPECT_EQ(ask(data, "/orders?wallet=0x1&status=open&offset=1&limit=1").body,
            R"({"success":true,"data":[{"order_id":1999,"status":"open"}],)"
            R"("pagination":{"limit":1,"offset":1,"count":1}})");
}

TEST(HypercallRest, RefusesBadRequests) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"/trades?after_trade_id=abc", "Invalid after_trade_id: abc"},
      {"/trades?after_trade_id=-1", "Invalid after_trade_id: -1"},
      {"/trades?after_trade_id=99999999999999999999",
       "Invalid after_trade_id: 99999999999999999999"},
      {"/trades?after_trade_id=1&symbol=B", "after_trade_id cannot be combined with filters"},
      {"/trades?limit=0", "Invalid limit: 0"},
      {"/trades?limit=", "Invalid limit: "},
      {"/trades?offset=-3", "Invalid offset: -3"},
      {"/fills", "Missing parameter: wallet"},
      {"/fills?wallet=abc", "Invalid wallet address: abc"},
      {"/orders?limit=5", "Missing parameter: wallet"},
      {"/portfolio", "Missing parameter: wallet"},
      {"/orderbook", "Missing parameter: instrument_id"},
      {"/orderbook?instrument_id=B&depth=0", "Invalid depth: 0"},
  };
  for (const auto& [target, error] : cases) {
    ListedData data;
    const Answer answer = ask(data, target);
    EXPECT_EQ(answer.status, 400) << target;
    EXPECT_EQ(answer.body, R"({"success":false,"error":")" + error + R"("})") << target;
    EXPECT_EQ(data.asked, "") << target;
  }
  ListedData data;
  EXPECT_EQ(ask(data, "/trades", "POST").status, 405);
  EXPECT_EQ(ask(data, "/trade").status, 0) << "no such path";
}

}  // namespace
}  // namespace tapedeck::testing
