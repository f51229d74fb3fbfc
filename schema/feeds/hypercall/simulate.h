// Hypercall's data, made up: every message type and variant that is documented or was seen, with
// the values that break careless recorders (docs/feeds/hypercall.md, "Simulation").
#pragma once

#include "schema/service.h"

namespace tapedeck::hypercall {

// Trades are numbered 1, 2, … over all messages: the REST trade with `trade_id` N is the N-th Trade
// on the socket. Fills and orders are numbered in the same way, so that any stretch of history is
// made in time proportional to the answer (with a symbol: to the trades looked through).
class HypercallSimulator final : public Simulator {
 public:
  explicit HypercallSimulator(std::uint64_t seed) : seed_(seed) {}

  Message message(std::int64_t k, Ns at_ns) const override;
  std::int64_t cycle() const override;
  // The service sends none.
  std::optional<std::string> snapshot(std::string_view endpoint,
                                      const Timeline& timeline) const override;
  // `trades`, `fills`, `orders`, `orderbook`, `portfolio`; nothing for other streams.
  std::vector<std::string> history(const ServiceData::Query& query,
                                   const Timeline& timeline) const override;

 private:
  std::uint64_t seed_;
};

}  // namespace tapedeck::hypercall
