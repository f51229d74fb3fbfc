#include "schema/base/text.h"
#include "schema/feeds/hypercall/simulate_parts.h"
#include "schema/feeds/hypercall/wire.h"

namespace tapedeck::hypercall::sim {

namespace {

// Candle numbers wrap after this many, so that open times stay within 64 bits of nanoseconds.
constexpr std::int64_t kCandlesMax = 1'000'000;
constexpr std::int64_t kFirstCandleMs = 1'735'689'600'000;  // 2025-01-01

std::string_view instrument(std::int64_t n) {
  return kInstruments[static_cast<std::size_t>(n) % kInstruments.size()];
}

// Cents around which an underlying trades.
std::int64_t base_cents(std::string_view underlying) {
  if (underlying == "BTC") return 9'500'050;
  return underlying == "ETH" ? 320'000 : 18'000;
}

std::string level(std::string_view quote, const std::string& price, const std::string& size) {
  std::string text = "[";
  text.append(quote).append(price).append(quote).append(",");
  return text.append(quote).append(size).append(quote).append("]");
}

// `step` < 0 walks down from `best_cents` as bids do.
std::string side(Random& random, std::string_view quote, std::int64_t best_cents,
                 std::int64_t step) {
  std::string levels = "[";
  const std::int64_t depth = random.in(2, 6);
  for (std::int64_t i = 0; i < depth; ++i) {
    if (i > 0) levels += ',';
    // Sizes such as 12.067400000000001 come from sums of binary fractions on the service's side.
    const std::string size = i == 1 ? "12.067400000000001"
                                    : decimal(random.in(1, 500), static_cast<int>(random.in(0, 3)));
    levels += level(quote, decimal(best_cents + i * step, 2), size);
  }
  return levels + "]";
}

}  // namespace

BookFacts book_facts(std::uint64_t seed, std::int64_t n, std::string_view quote) {
  Random random(seed, 'b', n);
  BookFacts book;
  book.symbol = instrument(n);
  const std::int64_t mid = base_cents(underlying_of(book.symbol)) / 50 + random.in(-100, 100) + 200;
  const std::int64_t half = random.in(1, 20);
  const std::int64_t variant = n % slots('b').per_cycle();
  const bool crossed = variant == 5;
  book.bids = side(random, quote, crossed ? mid + half : mid - half, -1);
  book.asks = side(random, quote, crossed ? mid - half : mid + half, 1);
  // A side that nobody quotes is empty, as documented; null sides, which were seen as well, would
  // end the document's own example client.
  if (variant == 11 || variant == 29) book.bids = "[]";
  if (variant == 17 || variant == 29) book.asks = "[]";
  return book;
}

std::string book_message(std::uint64_t seed, std::int64_t n, Ns at_ns) {
  const BookFacts book = book_facts(seed, n, "\"");
  return Object()
      .text("type", "OrderbookUpdate")
      .text("symbol", book.symbol)
      .raw("bids", book.bids)
      .raw("asks", book.asks)
      .number("timestamp", to_ms(at_ns))
      .str();
}

TradeFacts trade_facts(std::uint64_t seed, std::int64_t n) {
  const std::int64_t variant = n % slots('t').per_cycle();
  if (variant == 3) return trade_facts(seed, n - 1);  // two trades that look alike are two trades
  Random random(seed, 't', n);
  TradeFacts trade;
  trade.symbol = instrument(random.in(0, static_cast<std::int64_t>(kInstruments.size()) - 1));
  trade.price = decimal(random.in(1, 9'999), 4);
  if (variant == 5) trade.price = "12.067400000000001";
  if (variant == 6) trade.price = "95000.50";
  if (variant == 9) trade.price = "1e-28";
  trade.size_tenths = random.in(1, 400);
  trade.buy = random.in(0, 1) == 1;
  return trade;
}

std::string trade_message(std::uint64_t seed, std::int64_t n, Ns at_ns) {
  const TradeFacts trade = trade_facts(seed, n);
  return Object()
      .text("type", "Trade")
      .text("symbol", trade.symbol)
      .text("price", trade.price)
      .text("size", trade.size())
      .text("side", trade.buy ? "buy" : "sell")
      .number("timestamp", to_ms(at_ns))
      .str();
}

std::string market_message(std::int64_t n, Ns at_ns) {
  constexpr std::string_view kActions[] = {"Created", "Deleted", "Expired"};
  const std::string_view symbol = instrument(n);
  const std::vector<std::string> parts = split_list(symbol, '-');
  return Object()
      .text("type", "MarketUpdate")
      .text("action", kActions[n % 3])
      .text("symbol", symbol)
      .text("strike", parts[2])
      .raw("is_call", symbol.ends_with('C') ? "true" : "false")
      .text("underlying", parts[0])
      .number("expiry", kExpirySeconds)
      .number("timestamp", to_ms(at_ns))
      .str();
}

std::string index_message(std::uint64_t seed, std::int64_t n, Ns at_ns) {
  Random random(seed, 'i', n);
  std::string prices = "[";
  for (const std::string_view underlying : kUnderlyings) {
    if (prices.size() > 1) prices += ',';
    Object price;
    price.text("underlying", underlying);
    price.text("price", decimal(base_cents(underlying) + random.in(-5'000, 5'000), 2));
    // The second of a cycle leaves the prices' own times to the message's.
    if (n % 2 == 0) price.number("timestamp", to_ms(at_ns) - random.in(1, 40));
    prices += price.str();
  }
  return Object()
      .text("type", "IndexPriceUpdate")
      .raw("prices", prices + "]")
      .number("timestamp", to_ms(at_ns))
      .str();
}

namespace {

std::string chain_leg(Random& random, std::string_view symbol) {
  const std::int64_t bid = random.in(1, 9'000);
  return Object()
      .text("symbol", symbol)
      .text("bid", decimal(bid, 4))
      .text("ask", decimal(bid + random.in(-3, 30), 4))  // crossed at times, as on the wire
      .raw("delta", "-0.0")
      .raw("gamma", "1e-28")
      .raw("iv", decimal(random.in(30, 120), 2))
      .str();
}

}  // namespace

std::string chain_message(std::uint64_t seed, std::int64_t n, Ns at_ns) {
  Random random(seed, 'x', n);
  // Instruments 0-2 are calls, 3-5 the puts of the same strikes.
  const std::int64_t which = n / 3 % 3;
  const std::string_view call = instrument(which);
  const std::string_view put = instrument(which + 3);
  const std::string strike = split_list(call, '-')[2];
  Object update;
  update.text("type", "OptionsChainUpdate");
  update.text("action", n % 3 == 2 ? "Remove" : "Upsert");
  update.text("currency", underlying_of(call)).number("expiry", kExpirySeconds);
  if (n % 3 == 2) {
    update.text("strike", strike).text("option_type", "put").text("symbol", put);
  } else {
    Object row;
    row.text("strike", strike).raw("call", chain_leg(random, call));
    row.raw("put", n % 3 == 0 ? chain_leg(random, put) : "null");
    update.raw("row", row.str());
  }
  return update.number("timestamp", to_ms(at_ns)).str();
}

std::string candle_message(std::uint64_t seed, std::int64_t n, Ns at_ns) {
  // Each cycle has one candle of either name: an update while it is open, then its close.
  const std::int64_t per_cycle = slots('k').per_cycle();
  const bool closed = n % 2 == 1;
  const bool hourly = n % per_cycle < 2;
  const std::int64_t number = n / per_cycle % kCandlesMax;
  const std::int64_t length_ms = hourly ? 3'600'000 : 60'000;
  const std::int64_t open_ms = kFirstCandleMs + number * length_ms;
  Random random(seed, 'k', n - n % 2);
  const std::int64_t open = base_cents(hourly ? "BTC" : "ETH") + random.in(-9'000, 9'000);
  const std::int64_t spread = random.in(100, 900);
  return Object()
      .text("type", "CandleUpdate")
      .text("underlying", hourly ? "BTC" : "ETH")
      .text("interval", hourly ? "1h" : "1m")
      .text("open", decimal(open, 2))
      .text("high", decimal(open + spread, 2))
      .text("low", decimal(open - spread, 2))
      .text("close", decimal(open + (closed ? spread / 2 : 0), 2))
      .text("volume", decimal(random.in(1, 90'000), 3))
      .number("open_time", open_ms)
      .number("close_time", open_ms + length_ms)
      .raw("is_closed", closed ? "true" : "false")
      .number("timestamp", to_ms(at_ns))
      .str();
}

}  // namespace tapedeck::hypercall::sim
