#include "schema/feeds/hypercall/simulate.h"

#include <algorithm>
#include <map>

#include "schema/base/text.h"
#include "schema/feeds/fold.h"
#include "schema/feeds/hypercall/simulate_parts.h"
#include "schema/feeds/hypercall/wire.h"

namespace tapedeck::hypercall {

namespace sim {

const Slots& slots(char kind) {
  static const std::map<char, Slots> all = tapedeck::sim::slots_of(kCycle);
  return all.at(kind);
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
