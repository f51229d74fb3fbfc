// Hypercall's decoder and fills, driven by hand: what the socket pushes, what REST answers.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "schema/feeds/hypercall/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck::testing {

using Lines = std::vector<std::string>;

// When the loss began; times are told as seconds from it.
inline constexpr Ns kLoss = 1'773'743'400 * kNsPerSec;
inline Ns at(double seconds) {
  return kLoss + static_cast<Ns>(seconds * 1'000) * kNsPerMs;
}

struct TestTrade {
  int id;
  double second;
  std::string price = "1.5";
};

inline std::string ms_of(double second) {
  return std::to_string(at(second) / kNsPerMs);
}
inline std::string list_of(const Lines& items) {
  std::string text = "[";
  for (const auto& item : items) text += (text.size() > 1 ? "," : "") + item;
  return text + "]";
}
inline std::string envelope(const Lines& items, int limit = 1000) {
  return R"({"success":true,"data":)" + list_of(items) + R"(,"pagination":{"limit":)" +
         std::to_string(limit) + R"(,"offset":0,"count":)" + std::to_string(items.size()) + "}}";
}

// As the socket pushes it, and as REST tells it: the price with another digit, the side in
// capitals.
inline std::string pushed_trade(const TestTrade& trade) {
  return R"({"type":"Trade","symbol":"BTC-1-C","price":")" + trade.price +
         R"(","size":"2.0","side":"buy","timestamp":)" + ms_of(trade.second) + "}";
}
inline std::string told_trade(const TestTrade& trade) {
  return R"({"trade_id":)" + std::to_string(trade.id) + R"(,"symbol":"BTC-1-C","price":")" +
         trade.price + R"(0","size":"2","taker_side":"Buy","timestamp":)" + ms_of(trade.second) +
         R"(,"maker_address":"0x1","created_at":"2026-03-17T10:30:00Z"})";
}
inline std::string told_trades(const std::vector<TestTrade>& trades, int limit = 1000) {
  Lines items;
  for (const TestTrade& trade : trades) items.push_back(told_trade(trade));
  return envelope(items, limit);
}

class HypercallRecovery : public ::testing::Test {
 protected:
  explicit HypercallRecovery(const std::string& config = R"({"wallet":"0x1"})")
      : plan_(plan_of(hypercall_feed(), config)), normalizer_(plan_->make_normalizer(1)) {}

  // The rows that a message gives.
  Lines push(const std::string& message, double second, int slot = 0) {
    const Inbound inbound("ws", message, at(second), slot);
    const std::size_t before = live.rows.size();
    normalizer_->normalize(inbound.frame(), live);
    return {live.rows.begin() + static_cast<std::ptrdiff_t>(before), live.rows.end()};
  }
  // Received 10 ms after it happened.
  Lines push(const TestTrade& trade, int slot = 0) {
    return push(pushed_trade(trade), trade.second + 0.01, slot);
  }
  void subscribed(double second, int slot = 0) {
    push(R"({"type":"Subscribed","channel":"trades"})", second, slot);
  }
  // An answer to the question where the trades stand.
  RestPage cursor_answer(const std::string& body, double second) {
    JsonDoc doc;
    doc.parse(body);
    RestAnswer answer;
    answer.purpose = "cursor";
    answer.stream = "trades";
    answer.url = "http://host/trades?limit=1";
    answer.recv_ns = at(second);
    answer.doc = &doc;
    return normalizer_->absorb(answer, live);
  }

  // Lost at 0, ready again at 100.
  static Gap gap(std::string stream, std::optional<std::string> cursor = std::nullopt) {
    Gap gap;
    gap.stream = std::move(stream);
    gap.from_ns = at(0);
    gap.floor_ns = at(-60);
    gap.to_ns = at(100);
    gap.after_cursor = std::move(cursor);
    return gap;
  }

  // Of each row the columns named, as `value value`.
  static Lines columns(const RowLog& log, const Lines& names) {
    Lines found;
    for (const std::string& row : log.rows) {
      std::string line;
      for (const std::string& name : names) {
        const std::size_t begin = row.find(" " + name + "=");
        if (begin == std::string::npos) continue;
        const std::size_t from = begin + name.size() + 2;
        line += (line.empty() ? "" : " ") + row.substr(from, row.find(' ', from) - from);
      }
      found.push_back(line);
    }
    return found;
  }

  RowLog live;
  std::unique_ptr<FeedPlan> plan_;
  std::unique_ptr<Normalizer> normalizer_;
};

inline const std::string kFilled = "end filled: the history has both its edges";

inline std::string after(int id) {
  return "ask gapfill GET http://host/trades?after_trade_id=" + std::to_string(id) + "&limit=1000";
}
// The end is asked for once more.
inline std::string again_after(int id) {
  return after(id) + " in 2000";
}
inline const std::string kNewest = "ask gapfill GET http://host/trades?limit=1";

class HypercallTradeFill : public HypercallRecovery {
 protected:
  using HypercallRecovery::HypercallRecovery;

  static Lines ids(const DrivenFill& fill) { return columns(fill.rows, {"trade_id"}); }
};

}  // namespace tapedeck::testing
