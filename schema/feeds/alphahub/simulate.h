// AlphaHub's data, made up: every message is a pure function of the seed and its number.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schema/service.h"

namespace tapedeck::alphahub {

// The document's four algorithms take turns. A cycle has every shape of a signal: both lists, one
// of them, an empty one, `hold`, `weight`, prices as whole numbers, decimals and texts, both forms
// of a timestamp, names with blanks, legs and whole signals that look alike.
class AlphaHubSimulator final : public Simulator {
 public:
  explicit AlphaHubSimulator(std::uint64_t seed) : seed_(seed) {}

  Message message(std::int64_t k, Ns at_ns) const override;
  std::int64_t cycle() const override;
  // AlphaHub sends none.
  std::optional<std::string> snapshot(std::string_view endpoint,
                                      const Timeline& timeline) const override;
  // Streams are topics. Rows have no identifier, so that `after` selects nothing.
  std::vector<std::string> history(const ServiceData::Query& query,
                                   const Timeline& timeline) const override;

 private:
  std::uint64_t seed_;
};

}  // namespace tapedeck::alphahub
