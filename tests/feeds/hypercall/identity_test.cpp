// One event, one row; who a frame is for; and whatever else comes over the wire.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <set>

#include "schema/feeds/hypercall/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck::testing {
namespace {

using Rows = std::vector<std::string>;

std::string payload(const std::string& name) {
  std::string text = testdata("hypercall", name + ".json");
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

Rows rows_of(std::string_view text) {
  const auto normalizer = hypercall_feed().make_normalizer(1);
  return normalize_one(*normalizer, "ws", text);
}

// --- one event, one row ---

struct Delivery {
  int slot;
  std::string text;
  std::size_t rows;
};

void expect_rows(int connections, const std::vector<Delivery>& deliveries) {
  const auto normalizer = hypercall_feed().make_normalizer(connections);
  Ns now = 1'000;
  for (std::size_t i = 0; i < deliveries.size(); ++i) {
    const Delivery& one = deliveries[i];
    EXPECT_EQ(normalize_one(*normalizer, "ws", one.text, now += kNsPerMs, one.slot).size(),
              one.rows)
        << "delivery " << i;
  }
}

TEST(HypercallNormalizer, CountsEachDeliveryOfOneConnection) {
  const std::string trade = payload("trade");
  const std::string order = payload("order_update");
  expect_rows(1, {{0, trade, 1}, {0, trade, 1}, {0, order, 1}, {0, order, 1}});
}

TEST(HypercallNormalizer, FoldsRedundantConnectionsAsMultisets) {
  const std::string trade = payload("trade");
  const std::string book = payload("orderbook_update");
  expect_rows(2, {{0, trade, 1},
                  {1, trade, 0},
                  {1, trade, 1},
                  {0, trade, 0},
                  {0, trade, 1},
                  {1, book, 1},
                  {0, book, 0},
                  {0, book, 1},
                  {0, "garbage", 1},
                  {1, "garbage", 0}});
}

TEST(HypercallNormalizer, KeepsEachConnectionsOwnErrors) {
  expect_rows(2, {{0, payload("error"), 1}, {1, payload("error"), 1}});
}

// Its identifiers may begin anew.
TEST(HypercallNormalizer, KnowsAFillByItsIdentifierAndWhatWasFilled) {
  const std::string fill = payload("fill");
  const std::string again =
      R"({"type":"Fill","fill_id":67890,"symbol":"BTC-20260131-100000-C","price":"0.05230","size":"5","trade_id":1})";
  const std::string anew =
      R"({"type":"Fill","fill_id":67890,"symbol":"X","price":"1","size":"1","trade_id":1})";
  const std::string other =
      R"({"type":"Fill","fill_id":67891,"symbol":"X","price":"1","size":"1"})";
  expect_rows(1, {{0, fill, 1}, {0, fill, 0}, {0, again, 0}, {0, anew, 1}, {0, other, 1}});
  expect_rows(2, {{0, fill, 1}, {1, fill, 0}, {1, fill, 0}, {1, other, 1}, {0, other, 0}});
  const std::string broken = R"({"type":"Fill","fill_id":5})";
  expect_rows(2, {{0, broken, 1}, {1, broken, 0}});
}

TEST(HypercallNormalizer, TellsFillsBeyond53BitsApart) {
  const auto fill = [](const std::string& id) {
    return R"({"type":"Fill","fill_id":)" + id + R"(,"symbol":"X","price":"1","size":"1"})";
  };
  expect_rows(1, {{0, fill("9007199254740992"), 1},
                  {0, fill("9007199254740993"), 1},
                  {0, fill("18446744073709551615"), 1},
                  {0, fill("18446744073709551616"), 1},
                  {0, fill("18446744073709551615"), 0}});
}

TEST(HypercallNormalizer, GivesAClosedCandleOneRow) {
  const std::string closed = payload("candle_update");
  std::string open = closed;
  open.replace(open.find("\"is_closed\":true"), 16, "\"is_closed\":false");
  std::string next = closed;
  next.replace(next.find("1737331200000"), 13, "1737334800000");
  expect_rows(1, {{0, open, 1}, {0, open, 1}, {0, closed, 1}, {0, closed, 0}, {0, next, 1}});
}

// --- classify ---

struct Tagged {
  std::string text;
  FrameRole role;
  std::string stream;
  std::string symbol;
};

TEST(HypercallNormalizer, ClassifiesByChannelAndSymbol) {
  const std::string instrument = "BTC-20260131-100000-C";
  const std::vector<Tagged> cases = {
      {payload("orderbook_update"), FrameRole::data, "orderbook", instrument},
      {payload("trade"), FrameRole::data, "trades", instrument},
      {payload("fill"), FrameRole::data, "fills", instrument},
      {payload("order_update"), FrameRole::data, "order_updates", ""},
      {payload("order_update_nested"), FrameRole::data, "order_updates", instrument},
      {payload("portfolio_update_initial"), FrameRole::data, "portfolio", ""},
      {payload("position_expired"), FrameRole::data, "portfolio", instrument},
      {payload("liquidation_state_change"), FrameRole::data, "liquidation", ""},
      {payload("competition_pnl_summary"), FrameRole::data, "competition", ""},
      {payload("market_update_expired"), FrameRole::data, "market_updates", instrument},
      {payload("index_price_update"), FrameRole::data, "index_prices", ""},
      {payload("options_chain_update_upsert"), FrameRole::data, "options_chain", "BTC"},
      {payload("candle_update"), FrameRole::data, "candles:BTC:1h", "BTC"},
      {payload("candle_data"), FrameRole::data, "candles:ETH:1m", "ETH"},
      {R"({"type":"CandleUpdate","open":1})", FrameRole::data, "candles", ""},
      {payload("error"), FrameRole::error, "", ""},
      {payload("subscribed"), FrameRole::ack, "orderbook", ""},
      {payload("authenticated"), FrameRole::ack, "", ""},
      {payload("unsubscribed"), FrameRole::ack, "", ""},
      {payload("clock_synced"), FrameRole::ack, "", ""},
      {R"({"type":"Rumour","symbol":"BTC"})", FrameRole::data, "", ""},
      {"nonsense", FrameRole::data, "", ""},
  };
  const auto normalizer = hypercall_feed().make_normalizer(1);
  for (const Tagged& one : cases) {
    const Inbound inbound("ws", one.text);
    const FrameTag tag = normalizer->classify(inbound.frame());
    EXPECT_EQ(tag.role, one.role) << one.text;
    EXPECT_EQ(tag.stream, one.stream) << one.text;
    EXPECT_EQ(tag.symbol, one.symbol) << one.text;
    EXPECT_EQ(tag.type, std::string(inbound.frame().root()["type"].text())) << one.text;
  }
}

TEST(HypercallNormalizer, BoundsTheCandleChannelsThatItRemembers) {
  const auto normalizer = hypercall_feed().make_normalizer(1);
  std::set<std::string> streams;
  for (int i = 0; i < 2'000; ++i) {
    const Inbound inbound(
        "ws", R"({"type":"Candle","underlying":"U)" + std::to_string(i) + R"(","interval":"1h"})");
    streams.emplace(normalizer->classify(inbound.frame()).stream);
  }
  EXPECT_EQ(streams.size(), 1'025U);  // the last one is plain `candles`
}

// --- whatever comes ---

TEST(HypercallNormalizer, SurvivesEveryTruncationAndMutationOfEveryPayload) {
  const auto normalizer = hypercall_feed().make_normalizer(2);
  const std::string swaps = "{}[]\",:0-e\\n\x80\xff";
  const auto folder = std::filesystem::path(TAPEDECK_SOURCE_DIR) / "tests/feeds/hypercall/testdata";
  std::size_t payloads = 0;
  std::size_t silent = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string whole = payload(entry.path().stem().string());
    ++payloads;
    for (std::size_t cut = 0; cut < whole.size(); ++cut) {
      // Objects end with their last byte: every shorter text is broken.
      const auto alone = hypercall_feed().make_normalizer(1);
      EXPECT_EQ(normalize_one(*alone, "ws", whole.substr(0, cut)),
                Rows{"unparsed live reason=not JSON"})
          << entry.path() << " cut at " << cut;
      std::string mutated = whole;
      mutated[cut] = swaps[(cut * 7 + whole.size()) % swaps.size()];
      normalize_one(*normalizer, "ws", mutated, 1'000, static_cast<int>(cut % 2));
      const Inbound inbound("ws", mutated);
      const FrameTag tag = normalizer->classify(inbound.frame());
      const Rows rows = rows_of(mutated);
      if (!rows.empty()) continue;
      ++silent;
      // Without a row: an acknowledgement, or a message whose list turned out empty.
      EXPECT_TRUE(tag.role == FrameRole::ack || tag.stream == "index_prices" ||
                  tag.stream == "options_chain" || tag.stream.starts_with("candles"))
          << mutated;
    }
  }
  EXPECT_GE(payloads, 40U);
  EXPECT_GT(silent, 0U);
}

}  // namespace
}  // namespace tapedeck::testing
