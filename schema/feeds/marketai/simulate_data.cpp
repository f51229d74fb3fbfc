#include <algorithm>

#include "schema/base/text.h"
#include "schema/feeds/marketai/simulate_parts.h"

namespace tapedeck::marketai::sim {

namespace {

// Candle numbers wrap after this many, so that open times stay within 64 bits of nanoseconds.
constexpr std::int64_t kCandlesMax = 1'000'000;
constexpr std::int64_t kFirstCandleMs = 1'735'689'600'000;  // 2025-01-01
constexpr std::int64_t kFundingEveryMs = 28'800'000;        // 8 h

// JSON numbers that a double would change or write otherwise.
constexpr std::array<std::string_view, 6> kAwkwardNumbers = {
    "12.067400000000001", "-0.0", "1e-28", "0.1000", "-1.50E-7", "0.30000000000000004"};

// JSON texts that a careless pass would change.
constexpr std::array<std::string_view, 4> kTexts = {
    R"("Größe über 清算 🐋 – ±2σ")", R"("caf\u00e9 \"quoted\" C:\\path\/to\tx\nnext")",
    R"("\ud83d\udc0b buy on Binance: $2.5M, 100 % \u2265 2\u03c3")",
    R"("BTC rallying 2.1% in the past hour with strong buying pressure. OBI at 0.18 across exchanges. )"
    R"(A significant bid wall at $67,000 (45.2 BTC, 8.5x median) is supporting price. Funding rate )"
    R"(normal at 0.01%.")"};

struct SignalType {
  std::string_view name;
  std::string_view member;  // of its `data`
};
// Section "signals", in its order.
constexpr std::array<SignalType, 10> kSignalTypes = {{
    {"whale_movement", "size_usd"},
    {"liquidation_cascade", "total_usd"},
    {"funding_spike", "rate"},
    {"orderbook_imbalance", "obi"},
    {"spread_anomaly", "spread_bps"},
    {"volume_spike", "ratio"},
    {"cross_exchange_divergence", "divergence_bps"},
    {"wall_appearance", "price"},
    {"wall_removal", "price"},
    {"price_level_break", "level"},
}};
constexpr std::array<std::string_view, 4> kSeverities = {"info", "warning", "alert", "critical"};
constexpr std::array<std::string_view, 3> kTrends = {"bullish", "bearish", "neutral"};

std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

// Every eighth is awkward, the others lie between low and high, in units of 10^-decimals.
std::string number(Random& random, std::int64_t low, std::int64_t high, int decimals) {
  const std::string plain = decimal(random.in(low, high), decimals);
  return random.next() % 8 == 0 ? std::string(random.pick(kAwkwardNumbers)) : plain;
}

// A price within one per mille of the market's.
std::int64_t near(const SimMarket& market, Random& random) {
  const std::int64_t away = std::max<std::int64_t>(market.price / 1'000, 1);
  return market.price + random.in(-away, away);
}

std::string_view side(Random& random) {
  return random.in(0, 1) == 1 ? "buy" : "sell";
}

std::string walls(const SimMarket& market, Random& random, std::int64_t count, std::int64_t step) {
  std::string list = "[";
  for (std::int64_t i = 1; i <= count; ++i) {
    if (i > 1) list += ',';
    list += Object()
                .text("price", decimal(market.price + i * step * (market.price / 500 + 1), 2))
                .text("quantity", decimal(random.in(1, 900'000), 1))
                .raw("multiple_of_median", number(random, 30, 400, 1))
                .str();
  }
  return list + "]";
}

}  // namespace

const SimMarket& market_of(char kind, std::int64_t n) {
  // A candle's update and its close, and two liquidations that look alike, are about one market.
  const std::int64_t pair = kind == 'k' ? 4 : kind == 'l' ? 2 : 1;
  return kMarkets[static_cast<std::size_t>(n / pair) % kMarkets.size()];
}

std::string quotes_data(std::uint64_t seed, std::int64_t n) {
  Random random(seed, 'q', n);
  const SimMarket& market = market_of('q', n);
  std::string venues = "[";
  // Every seventh knows of no venue.
  const std::size_t count = n % 7 == 6 ? 0 : static_cast<std::size_t>(random.in(1, 5));
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) venues += ',';
    const std::int64_t mid = near(market, random);
    venues += Object()
                  .text("exchange", kVenues[i])
                  .text("bid", decimal(mid - 1, 2))
                  .text("ask", decimal(mid + 1, 2))
                  .text("mid", decimal(mid, 2))
                  .text("volume_24h", decimal(random.in(1, 90'000'000), 1))
                  .raw("obi", number(random, -99, 99, 2))
                  .str();
  }
  Object data;
  data.text("symbol", market.symbol);
  data.text("global_mid", n % 5 == 0 ? "95000.50" : decimal(near(market, random), 2));
  data.raw("global_vwap", n % 6 == 5 ? "null" : quoted(decimal(near(market, random), 2)));
  data.raw("max_arb_bps", number(random, 0, 99, 1));
  data.text("consensus_trend", random.pick(kTrends));
  return data.raw("exchanges", venues + "]").str();
}

std::string book_data(std::uint64_t seed, std::int64_t n) {
  Random random(seed, 'b', n);
  const SimMarket& market = market_of('b', n);
  const std::int64_t mid = near(market, random);
  return Object()
      .text("symbol", market.symbol)
      .text("exchange", kVenues[static_cast<std::size_t>(n / 2) % kVenues.size()])
      .text("best_bid", decimal(mid - 1, 2))
      .text("best_ask", decimal(mid + 1, 2))
      .text("mid_price", decimal(mid, 2))
      .raw("spread_bps", number(random, 1, 500, 2))
      .raw("obi_5", number(random, -99, 99, 2))
      .raw("obi_10", number(random, -99, 99, 2))
      .text("bid_depth_1pct", decimal(random.in(1, 90'000), 1))
      .text("ask_depth_1pct", decimal(random.in(1, 90'000), 1))
      .raw("bid_walls", walls(market, random, n % 3, -1))
      .raw("ask_walls", walls(market, random, n % 4, 1))
      .str();
}

std::string trade_data(std::uint64_t seed, std::int64_t n, std::int64_t at_ms) {
  Random random(seed, 't', n);
  const SimMarket& market = market_of('t', n);
  const std::int64_t variant = n % slots('t').per_cycle();
  Object data;
  data.text("exchange", random.pick(kVenues)).text("symbol", market.symbol);
  data.text("price", variant == 3 ? "12.067400000000001" : decimal(near(market, random), 2));
  data.text("quantity", variant == 5 ? "1e-28" : decimal(random.in(1, 90'000), 3));
  data.text("side", side(random)).number("timestamp", at_ms - random.in(0, 40));
  // Some venues number their trades, beyond 2^53.
  constexpr std::int64_t kLarge = 9'007'199'254'740'993;
  data.text("trade_id", n % 4 == 3 ? std::to_string(kLarge + n) : "t" + std::to_string(123456 + n));
  return data.raw("is_liquidation", variant == 7 ? "true" : "false").str();
}

std::string signal_data(std::uint64_t seed, std::int64_t n, std::int64_t at_ms) {
  Random random(seed, 's', n);
  const SimMarket& market = market_of('s', n);
  const SignalType& type = kSignalTypes[static_cast<std::size_t>(n) % kSignalTypes.size()];
  const std::string details = Object()
                                  .text("exchange", random.pick(kVenues))
                                  .raw(type.member, number(random, 1, 250'000'000, 2))
                                  .text("side", side(random))
                                  .str();
  return Object()
      .text("id", "sig_" + std::to_string(n + 1))
      .text("signal_type", type.name)
      .text("symbol", market.symbol)
      .text("severity", kSeverities[static_cast<std::size_t>(n) % kSeverities.size()])
      .raw("data", details)
      .number("timestamp", at_ms)
      .raw("narrative", random.pick(kTexts))
      .str();
}

std::string liquidation_data(std::uint64_t seed, std::int64_t n, std::int64_t at_ms) {
  // Two in a row look alike but for their time: two they are.
  Random random(seed, 'l', n - n % 2);
  const SimMarket& market = market_of('l', n);
  const std::int64_t price = near(market, random);
  const std::int64_t quantity = random.in(1, 9'000);
  return Object()
      .text("exchange", random.pick(kVenues))
      .text("symbol", market.symbol)
      .text("side", side(random))
      .text("price", decimal(price, 2))
      .text("quantity", decimal(quantity, 1))
      .number("timestamp", at_ms)
      .text("notional_usd", decimal(price * quantity, 3))
      .str();
}

std::string funding_data(std::uint64_t seed, std::int64_t n, std::int64_t at_ms) {
  Random random(seed, 'f', n);
  return Object()
      .text("exchange", random.pick(kVenues))
      .text("symbol", market_of('f', n).symbol)
      .raw("rate",
           n % 2 == 0 ? decimal(random.in(-75, 75), 4) : std::string(random.pick(kAwkwardNumbers)))
      .number("next_funding_time", (at_ms / kFundingEveryMs + 1) * kFundingEveryMs)
      .raw("predicted_rate", n % 4 == 1 ? "null" : decimal(random.in(-750, 750), 5))
      .str();
}

std::string kline_data(std::uint64_t seed, std::int64_t n) {
  // Each cycle has one candle of either interval: an update while it is open, then its close.
  const bool is_closed = n % 2 == 1;
  const bool is_hourly = n % 4 > 1;
  const std::int64_t length_ms = is_hourly ? 3'600'000 : 60'000;
  const std::int64_t open_ms = kFirstCandleMs + n / 4 % kCandlesMax * length_ms;
  const SimMarket& market = market_of('k', n);
  Random random(seed, 'k', n - n % 2);
  const std::int64_t open = near(market, random);
  const std::int64_t spread = random.in(1, 9);
  return Object()
      .text("exchange", random.pick(kVenues))
      .text("symbol", market.symbol)
      .text("interval", is_hourly ? "1h" : "1m")
      .text("open", decimal(open, 2))
      .text("high", decimal(open + spread, 2))
      .text("low", decimal(open - spread, 2))
      .text("close", decimal(open + (is_closed ? spread / 2 : 0), 2))
      .text("volume", decimal(random.in(1, 90'000), 1))
      .number("open_time", open_ms)
      .number("close_time", open_ms + length_ms)
      .raw("is_closed", is_closed ? "true" : "false")
      .str();
}

std::string narrative_data(std::uint64_t seed, std::int64_t n) {
  Random random(seed, 'n', n);
  return Object()
      .text("symbol", market_of('n', n).symbol)
      .raw("narrative", random.pick(kTexts))
      .text("source", n % 2 == 0 ? "template" : "llm")
      .str();
}

std::string prediction_data(std::uint64_t seed, std::int64_t n) {
  Random random(seed, 'p', n);
  const std::int64_t up = random.in(1, 999);
  return Object()
      .text("coin", market_of('p', n).coin)
      .text("timeframe", n % 4 < 2 ? "1h" : "15m")
      .text("upPrice", decimal(up, 3))
      .text("downPrice", decimal(1'000 - up, 3))
      .text("volume", decimal(random.in(1, 9'000'000), 2))
      .text("liquidity", decimal(random.in(1, 9'000'000), 2))
      .number("timeRemainingSeconds", n % 2 == 0 ? random.in(1, 3'600) : 0)
      .raw("active", n % 2 == 0 ? "true" : "false")
      .str();
}

}  // namespace tapedeck::marketai::sim
