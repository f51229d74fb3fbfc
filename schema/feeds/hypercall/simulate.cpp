#include "schema/feeds/hypercall/simulate.h"

#include <algorithm>
#include <map>

#include "schema/base/text.h"
#include "schema/feeds/fold.h"
#include "schema/feeds/hypercall/simulate_parts.h"
#include "schema/feeds/hypercall/wire.h"

namespace tapedeck::hypercall {

namespace sim {

Slots::Slots(char kind) {
  for (std::size_t i = 0; i < kCycle.size(); ++i) {
    if (kCycle[i] == kind) positions_.push_back(static_cast<std::int64_t>(i));
  }
}

std::int64_t Slots::count(std::int64_t upto) const {
  if (upto <= 0) return 0;
  const auto before = std::lower_bound(positions_.begin(), positions_.end(), upto % kCycleSize);
  return upto / kCycleSize * per_cycle() + (before - positions_.begin());
}

std::int64_t Slots::message_of(std::int64_t n) const {
  return n / per_cycle() * kCycleSize + positions_[static_cast<std::size_t>(n % per_cycle())];
}

const Slots& slots(char kind) {
  static const std::map<char, Slots> all = [] {
    std::map<char, Slots> made;
    for (const char letter : kCycle) made.try_emplace(letter, letter);
    return made;
  }();
  return all.at(kind);
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

Object& Object::text(std::string_view name, std::string_view value) {
  return raw(name, json_string(value));
}

Object& Object::raw(std::string_view name, std::string_view json) {
  if (body_.size() > 1) body_ += ',';
  append_json_string(body_, name);
  body_.append(":").append(json);
  return *this;
}

Object& Object::number(std::string_view name, std::int64_t value) {
  return raw(name, std::to_string(value));
}

std::string decimal(std::int64_t value, int decimals) {
  std::string digits = std::to_string(value);
  const auto places = static_cast<std::size_t>(decimals);
  if (places == 0) return digits;
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  digits.insert(digits.size() - places, 1, '.');
  return digits;
}

std::int64_t to_ms(Ns t) {
  return t / kNsPerMs;
}

}  // namespace sim

Simulator::Message HypercallSimulator::message(std::int64_t k, Ns at_ns) const {
  using namespace sim;
  const char kind = kCycle[static_cast<std::size_t>(k % kCycleSize)];
  const std::int64_t n = slots(kind).count(k);
  const auto payload = [&]() -> std::string {
    switch (kind) {
      case 'b':
        return book_message(seed_, n, at_ns);
      case 't':
        return trade_message(seed_, n, at_ns);
      case 'f':
        return fill_message(seed_, n, at_ns);
      case 'o':
        return order_message(seed_, n, at_ns);
      case 'p':
        return portfolio_message(seed_, n, at_ns);
      case 'c':
        return competition_message(seed_, n, at_ns);
      case 'm':
        return market_message(n, at_ns);
      case 's':
        return settlement_message(seed_, n, at_ns);
      case 'l':
        return liquidation_message(seed_, n, at_ns);
      case 'i':
        return index_message(seed_, n, at_ns);
      case 'x':
        return chain_message(seed_, n, at_ns);
      default:
        return candle_message(seed_, n, at_ns);
    }
  };
  return {kEndpoint, payload()};
}

std::int64_t HypercallSimulator::cycle() const {
  return sim::kCycleSize;
}

std::optional<std::string> HypercallSimulator::snapshot(std::string_view /*endpoint*/,
                                                        const Timeline& /*timeline*/) const {
  return std::nullopt;
}

}  // namespace tapedeck::hypercall
