// What the simulator's files share: the order of messages in a cycle, and the `data` of each
// channel, a pure function of (seed, number).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/time.h"

namespace tapedeck::marketai::sim {

// One letter a message: q quotes, b book, t trades, s signals, l liquidations, f funding, k klines,
// n narratives, p polymarket.
inline constexpr std::string_view kCycle =
    "qbtsqbtk"
    "qbtsqtbl"
    "qbtsqbtf"
    "qbtsqbtk"
    "tbqsqbtn"
    "qbtsqbtp"
    "qbtsqbtk"
    "qbtsqbtl"
    "qbtsqbtf"
    "qbtskntp";
inline constexpr std::int64_t kCycleSize = static_cast<std::int64_t>(kCycle.size());

// Where the messages of one channel stand.
class Slots {
 public:
  explicit Slots(char kind);
  std::int64_t per_cycle() const { return static_cast<std::int64_t>(positions_.size()); }
  // How many of this kind are among the first `upto` messages: also the number of message `upto`.
  std::int64_t count(std::int64_t upto) const;
  // The message that is number `n` (from 0) of its kind.
  std::int64_t message_of(std::int64_t n) const;

 private:
  std::vector<std::int64_t> positions_;
};
const Slots& slots(char kind);

// A stream of numbers from (seed, kind, n).
class Random {
 public:
  Random(std::uint64_t seed, char kind, std::int64_t n);
  std::uint64_t next();
  std::int64_t in(std::int64_t low, std::int64_t high);  // both included
  template <class List>
  const auto& pick(const List& list) {
    return list[next() % list.size()];
  }

 private:
  std::uint64_t state_;
};

// A JSON object in the making; members stand in the order added.
class Object {
 public:
  Object& text(std::string_view name, std::string_view value);
  Object& raw(std::string_view name, std::string_view json);
  Object& number(std::string_view name, std::int64_t value);
  std::string str() const { return body_ + "}"; }

 private:
  std::string body_ = "{";
};

struct SimMarket {
  std::string_view symbol;
  std::string_view coin;
  std::int64_t price = 0;  // in units of 10^-2
};
inline constexpr std::array<SimMarket, 5> kMarkets = {{{"BTC/USDT", "BTC", 6'745'025},
                                                       {"ETH/USDT", "ETH", 321'840},
                                                       {"SOL/USDT", "SOL", 18'842},
                                                       {"XRP/USDT", "XRP", 235},
                                                       {"DOGE/USDT", "DOGE", 19}}};
inline constexpr std::array<std::string_view, 5> kVenues = {"binance", "bybit", "okx", "coinbase",
                                                            "kraken"};

// The market that number `n` of a channel is about.
const SimMarket& market_of(char kind, std::int64_t n);

// 6745025 with 2 decimals → `67450.25`; negative values keep their sign.
std::string decimal(std::int64_t value, int decimals);

// The `data` of number `n` of a channel, which happens at `at_ms`.
std::string quotes_data(std::uint64_t seed, std::int64_t n);
std::string book_data(std::uint64_t seed, std::int64_t n);
std::string trade_data(std::uint64_t seed, std::int64_t n, std::int64_t at_ms);
std::string signal_data(std::uint64_t seed, std::int64_t n, std::int64_t at_ms);
std::string liquidation_data(std::uint64_t seed, std::int64_t n, std::int64_t at_ms);
std::string funding_data(std::uint64_t seed, std::int64_t n, std::int64_t at_ms);
std::string kline_data(std::uint64_t seed, std::int64_t n);
std::string narrative_data(std::uint64_t seed, std::int64_t n);
std::string prediction_data(std::uint64_t seed, std::int64_t n);

}  // namespace tapedeck::marketai::sim
