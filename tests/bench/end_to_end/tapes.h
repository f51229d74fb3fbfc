// Tapes to measure with.
#pragma once

#include <cstdint>
#include <string>

#include "schema/base/time.h"
#include "tests/bench/support.h"

namespace tapedeck::bench {

constexpr Ns kTapeStartNs = 1'795'253'400'000'000'000;

// A trade of Hypercall in 335 bytes, the mean of the five feeds' messages in the field.
std::string trade_message(std::int64_t number);

// `frames` such trades on one connection, `every_ns` apart.
void make_trade_tape(const std::string& path, std::int64_t frames, Ns every_ns);

// What the simulated services say, in turns, 1 ms apart; without rows.
std::int64_t make_mixed_tape(const std::string& path, std::int64_t messages_each);

}  // namespace tapedeck::bench
