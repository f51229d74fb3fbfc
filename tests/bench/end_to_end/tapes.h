// Tapes to measure with.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "schema/base/result.h"
#include "schema/base/time.h"

namespace tapedeck::bench {

constexpr Ns kTapeStartNs = 1'795'253'400'000'000'000;

[[noreturn]] inline void die(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}
inline void must(const Result<void>& result) {
  if (!result) die(result.error().message);
}
template <class T>
T must(Result<T> result) {
  if (!result) die(result.error().message);
  return std::move(*result);
}

// A trade of Hypercall in 335 bytes, the mean of the five feeds' messages in the field.
std::string trade_message(std::int64_t number);

// `frames` such trades on one connection, `every_ns` apart.
void make_trade_tape(const std::string& path, std::int64_t frames, Ns every_ns);

// What the simulated services say, in turns, 1 ms apart; without rows.
std::int64_t make_mixed_tape(const std::string& path, std::int64_t messages_each);

}  // namespace tapedeck::bench
