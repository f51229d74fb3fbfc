// What the simulator's files share: the order of messages in a cycle, and the `data` of each
// channel, a pure function of (seed, number).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "schema/base/time.h"
#include "schema/feeds/simulating.h"
#include "schema/json_object.h"

namespace tapedeck::marketai::sim {

using tapedeck::sim::decimal;
using tapedeck::sim::Random;
using tapedeck::sim::Slots;
using Object = JsonObject;

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

// Where the messages of one kind stand.
const Slots& slots(char kind);

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
