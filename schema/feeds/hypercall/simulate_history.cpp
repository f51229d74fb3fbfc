#include <algorithm>

#include "schema/feeds/hypercall/simulate.h"
#include "schema/feeds/hypercall/simulate_parts.h"

namespace tapedeck::hypercall {

namespace {

using namespace sim;
using Query = ServiceData::Query;
using Timeline = Simulator::Timeline;

// Walks numbers 0 … count - 1 in the order asked for, skipping and stopping as the query says.
// `row` gives a number's JSON, "" when a filter leaves it out.
template <class Row>
std::vector<std::string> walk(const Query& query, std::int64_t first, std::int64_t count, Row row) {
  std::vector<std::string> rows;
  std::size_t skip = query.offset;
  // Without a filter the offset needs no walking.
  if (query.symbol.empty()) {
    const auto all = static_cast<std::size_t>(std::max<std::int64_t>(count - first, 0));
    const auto jump = static_cast<std::int64_t>(std::min(skip, all));
    (query.newest_first ? count : first) += query.newest_first ? -jump : jump;
    skip = 0;
  }
  for (std::int64_t i = 0; first + i < count && rows.size() < query.limit; ++i) {
    std::string json = row(query.newest_first ? count - 1 - i : first + i);
    if (json.empty()) continue;
    if (skip > 0) {
      --skip;
      continue;
    }
    rows.push_back(std::move(json));
  }
  return rows;
}

bool is_instrument(std::string_view symbol) {
  return std::find(kInstruments.begin(), kInstruments.end(), symbol) != kInstruments.end();
}

bool left_out(const Query& query, std::string_view symbol) {
  return !query.symbol.empty() && query.symbol != symbol;
}

std::string trade_row(std::uint64_t seed, std::int64_t n, const TradeFacts& trade, Ns at_ns) {
  Random random(seed, 'T', n);
  const bool maker_is_us = random.in(0, 9) == 0;
  return Object()
      .number("trade_id", n + 1)
      .text("symbol", trade.symbol)
      .text("price", trade.price)
      .text("size", trade.size())
      .text("taker_side", trade.buy ? "Buy" : "Sell")
      .number("timestamp", to_ms(at_ns))
      .text("maker_address", maker_is_us ? kWallet : kOther)
      .text("taker_address", maker_is_us ? kOther : kWallet)
      .text("maker_fee", "0.0002")
      .text("taker_fee", "0.0005")
      .text("created_at", format_rfc3339(to_ms(at_ns) * kNsPerMs))
      .str();
}

std::vector<std::string> trades(std::uint64_t seed, const Query& query, const Timeline& timeline) {
  const std::int64_t first = std::max<std::int64_t>(query.after.value_or(0), 0);
  return walk(query, first, slots('t').count(timeline.upto), [&](std::int64_t n) -> std::string {
    const TradeFacts trade = trade_facts(seed, n);
    if (left_out(query, trade.symbol)) return {};
    return trade_row(seed, n, trade, timeline.time_of(slots('t').message_of(n)));
  });
}

std::vector<std::string> fills(std::uint64_t seed, const Query& query, const Timeline& timeline) {
  return walk(query, 0, slots('f').count(timeline.upto), [&](std::int64_t n) -> std::string {
    if (left_out(query, trade_facts(seed, fill_facts(n).trade).symbol)) return {};
    return fill_object(Object(), seed, n, timeline.time_of(slots('f').message_of(n))).str();
  });
}

std::vector<std::string> orders(std::uint64_t seed, const Query& query, const Timeline& timeline) {
  // Order n is opened by order message 2n and ended by 2n + 1.
  const std::int64_t messages = slots('o').count(timeline.upto);
  return walk(query, 0, (messages + 1) / 2, [&](std::int64_t n) -> std::string {
    const OrderFacts order = order_facts(seed, n);
    if (left_out(query, order.trade.symbol)) return {};
    const bool ended = 2 * n + 1 < messages;
    const std::string_view end_status = order.fills_whole ? "filled" : "cancelled";
    const std::int64_t last = ended ? 2 * n + 1 : 2 * n;
    return Object()
        .raw("order_id", order_id(n))
        .text("client_order_id", "sim-" + std::to_string(n))
        .text("symbol", order.trade.symbol)
        .text("side", order.trade.buy ? "buy" : "sell")
        .text("price", order.trade.price)
        .text("size", order.size)
        .text("status", ended ? end_status : "open")
        .text("filled_size", ended ? order.trade.size() : "0")
        .text("remaining_size", ended ? order.remaining : order.size)
        .number("timestamp", to_ms(timeline.time_of(slots('o').message_of(last))))
        .text("wallet_address", kWallet)
        .str();
  });
}

// The last book of every instrument lies among the last as many books as there are instruments.
std::vector<std::string> books(std::uint64_t seed, const Query& query, const Timeline& timeline) {
  const std::int64_t count = slots('b').count(timeline.upto);
  const auto instruments = static_cast<std::int64_t>(kInstruments.size());
  const std::int64_t first = std::max<std::int64_t>(count - instruments, 0);
  return walk(query, first, count, [&](std::int64_t n) -> std::string {
    const BookFacts book = book_facts(seed, n, "");
    if (left_out(query, book.symbol)) return {};
    return Object()
        .text("symbol", book.symbol)
        .raw("bids", book.bids)
        .raw("asks", book.asks)
        .number("timestamp", to_ms(timeline.time_of(slots('b').message_of(n))))
        .str();
  });
}

std::vector<std::string> portfolio(const Timeline& timeline) {
  const std::int64_t count = slots('p').count(timeline.upto);
  if (count == 0) return {};
  return {Object()
              .text("wallet_address", kWallet)
              .raw("positions", "[]")
              .raw("balances", R"([{"currency":"USDC","amount":"10000.00"}])")
              .number("timestamp", to_ms(timeline.time_of(slots('p').message_of(count - 1))))
              .str()};
}

}  // namespace

std::vector<std::string> HypercallSimulator::history(const ServiceData::Query& query,
                                                     const Timeline& timeline) const {
  if (!query.symbol.empty() && !is_instrument(query.symbol)) return {};
  if (query.stream == "trades") return trades(seed_, query, timeline);
  if (query.stream == "fills") return fills(seed_, query, timeline);
  if (query.stream == "orders") return orders(seed_, query, timeline);
  if (query.stream == "orderbook") return books(seed_, query, timeline);
  if (query.stream == "portfolio") return portfolio(timeline);
  return {};
}

}  // namespace tapedeck::hypercall
