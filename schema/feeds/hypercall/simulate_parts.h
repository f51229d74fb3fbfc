// What the simulator's files share: the order of messages in a cycle, and the facts behind them,
// each a pure function of (seed, number).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "schema/base/time.h"
#include "schema/feeds/simulating.h"
#include "schema/json_object.h"

namespace tapedeck::hypercall::sim {

using tapedeck::sim::decimal;
using tapedeck::sim::Random;
using tapedeck::sim::Slots;
using Object = JsonObject;

// One letter a message: b book, t trade, f fill, o order, p portfolio, c competition, m market, s
// settlement, l liquidation, i index prices, x options chain, k candle. Order updates stand around
// the fills they are about, and each fill after its trade.
inline constexpr std::string_view kCycle =
    "btbmbxbo"
    "btbkbpbi"
    "tbftobpb"
    "btbxbkpb"
    "bmbtbcbp"
    "tblbobkb"
    "btbtbfbp"
    "bsbtbxbi"
    "ombtbkpb"
    "btblbcpb";
inline constexpr std::int64_t kCycleSize = static_cast<std::int64_t>(kCycle.size());

// Where the messages of one kind stand.
const Slots& slots(char kind);

inline constexpr std::array<std::string_view, 3> kUnderlyings = {"BTC", "ETH", "SOL"};
inline constexpr std::array<std::string_view, 12> kInstruments = {
    "BTC-20261225-100000-C", "ETH-20261225-4000-C", "SOL-20261225-200-C",
    "BTC-20261225-100000-P", "ETH-20261225-4000-P", "SOL-20261225-200-P",
    "BTC-20270326-120000-C", "ETH-20270326-5000-C", "SOL-20270326-250-C",
    "BTC-20270326-120000-P", "ETH-20270326-5000-P", "SOL-20270326-250-P"};
inline constexpr std::int64_t kExpirySeconds = 1798156800;  // 2026-12-25
inline constexpr std::string_view kWallet = "0x5e11e55e11e55e11e55e11e55e11e55e11e55e11";
inline constexpr std::string_view kOther = "0x0ddba110ddba110ddba110ddba110ddba110ddba";

std::int64_t to_ms(Ns t);

struct TradeFacts {
  std::string_view symbol;
  std::string price;
  std::int64_t size_tenths = 0;
  bool buy = false;
  std::string size() const { return decimal(size_tenths, 1); }
};
// Trade `n` from 0: the one with `trade_id` n + 1.
TradeFacts trade_facts(std::uint64_t seed, std::int64_t n);

struct FillFacts {
  std::int64_t trade = 0;  // number of its trade, from 0
  std::int64_t order = 0;  // number of its order, from 0
};
FillFacts fill_facts(std::int64_t n);
std::string fill_id(std::int64_t n);   // contiguous, beyond 2^53
std::string order_id(std::int64_t n);  // every other one beyond 2^63

struct BookFacts {
  std::string_view symbol;
  // Levels as JSON, best first, with every price and size put between `quote`s; `null` for a side
  // that is not there.
  std::string bids;
  std::string asks;
};
BookFacts book_facts(std::uint64_t seed, std::int64_t n, std::string_view quote);

// Payloads of message number `n` of their kind.
std::string book_message(std::uint64_t seed, std::int64_t n, Ns at_ns);
std::string trade_message(std::uint64_t seed, std::int64_t n, Ns at_ns);
std::string market_message(std::int64_t n, Ns at_ns);
std::string index_message(std::uint64_t seed, std::int64_t n, Ns at_ns);
std::string chain_message(std::uint64_t seed, std::int64_t n, Ns at_ns);
std::string candle_message(std::uint64_t seed, std::int64_t n, Ns at_ns);
std::string fill_message(std::uint64_t seed, std::int64_t n, Ns at_ns);
std::string order_message(std::uint64_t seed, std::int64_t n, Ns at_ns);
std::string portfolio_message(std::uint64_t seed, std::int64_t n, Ns at_ns);
std::string competition_message(std::uint64_t seed, std::int64_t n, Ns at_ns);
std::string settlement_message(std::uint64_t seed, std::int64_t n, Ns at_ns);
std::string liquidation_message(std::uint64_t seed, std::int64_t n, Ns at_ns);

// A fill's members, with or without the message's `type`.
Object fill_object(Object object, std::uint64_t seed, std::int64_t n, Ns at_ns);
// The symbol, side, price and size of order `n`.
struct OrderFacts {
  TradeFacts trade;
  std::string size;
  std::string remaining;  // once its fill has happened
  bool fills_whole = false;
};
OrderFacts order_facts(std::uint64_t seed, std::int64_t n);

}  // namespace tapedeck::hypercall::sim
