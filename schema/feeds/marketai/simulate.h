// Market.ai's data, made up: every channel and variant that is documented, with the values that
// break careless recorders (docs/feeds/marketai.md, "Simulation").
#pragma once

#include "schema/service.h"

namespace tapedeck::marketai {

// Messages of one channel are numbered from 0 over all messages; each is a function of the seed,
// its channel and its number, so that any stretch of history is made in time proportional to the
// answer (with a symbol: to the messages looked through).
class MarketSimulator final : public Simulator {
 public:
  explicit MarketSimulator(std::uint64_t seed) : seed_(seed) {}

  Message message(std::int64_t k, Ns at_ns) const override;
  std::int64_t cycle() const override;
  // The service sends none.
  std::optional<std::string> snapshot(std::string_view endpoint,
                                      const Timeline& timeline) const override;
  // The channels that have a REST path; `after` selects nothing, their identifiers are no numbers.
  std::vector<std::string> history(const ServiceData::Query& query,
                                   const Timeline& timeline) const override;

 private:
  std::uint64_t seed_;
};

}  // namespace tapedeck::marketai
