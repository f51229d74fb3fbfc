#include "schema/feeds/simulating.h"

#include <algorithm>

#include "schema/feeds/fold.h"

namespace tapedeck::sim {

Slots::Slots(std::string_view cycle, char kind) : cycle_(static_cast<std::int64_t>(cycle.size())) {
  for (std::size_t i = 0; i < cycle.size(); ++i) {
    if (cycle[i] == kind) positions_.push_back(static_cast<std::int64_t>(i));
  }
}

std::int64_t Slots::count(std::int64_t upto) const {
  if (upto <= 0) return 0;
  const auto before = std::lower_bound(positions_.begin(), positions_.end(), upto % cycle_);
  return upto / cycle_ * per_cycle() + (before - positions_.begin());
}

std::int64_t Slots::message_of(std::int64_t n) const {
  return n / per_cycle() * cycle_ + positions_[static_cast<std::size_t>(n % per_cycle())];
}

std::map<char, Slots> slots_of(std::string_view cycle) {
  std::map<char, Slots> all;
  for (const char letter : cycle) all.try_emplace(letter, cycle, letter);
  return all;
}

Random::Random(std::uint64_t seed, char kind, std::int64_t n)
    : state_(hash_combine(hash_combine(seed, static_cast<unsigned char>(kind)),
                          static_cast<std::uint64_t>(n))) {}

std::uint64_t Random::next() {
  state_ = hash_combine(state_, 0x9e3779b97f4a7c15ULL);
  return state_;
}

std::int64_t Random::in(std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
}

std::string decimal(std::int64_t value, int decimals) {
  std::string digits = std::to_string(value < 0 ? -value : value);
  const auto places = static_cast<std::size_t>(decimals);
  if (places > 0) {
    if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
    digits.insert(digits.size() - places, 1, '.');
  }
  return value < 0 ? "-" + digits : digits;
}

}  // namespace tapedeck::sim
