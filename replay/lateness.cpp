#include "replay/lateness.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace tapedeck {

// Below 16 ns one bucket a nanosecond; above, 16 buckets from each power of two to the next.
std::size_t Lateness::bucket_of(Ns ns) {
  const auto value = static_cast<std::uint64_t>(ns);
  if (value < kSteps) return static_cast<std::size_t>(value);
  const auto power = static_cast<std::size_t>(std::bit_width(value)) - 1;  // at least 4
  const std::size_t step = static_cast<std::size_t>(value >> (power - 4)) - kSteps;
  return (power - 3) * kSteps + step;
}

Ns Lateness::edge_of(std::size_t bucket) {
  if (bucket < kSteps) return static_cast<Ns>(bucket);
  const std::size_t power = bucket / kSteps + 3;
  const std::uint64_t step = bucket % kSteps + kSteps;
  return static_cast<Ns>(((step + 1) << (power - 4)) - 1);
}

void Lateness::add(Ns late_ns) {
  last_ns_ = std::max<Ns>(0, late_ns);
  max_ns_ = std::max(max_ns_, last_ns_);
  ++buckets_[bucket_of(last_ns_)];
  ++count_;
}

Ns Lateness::quantile(double q) const {
  if (count_ == 0) return 0;
  const auto wanted = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(std::ceil(q * static_cast<double>(count_))));
  std::int64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= wanted) return std::min(edge_of(i), max_ns_);
  }
  return max_ns_;
}

}  // namespace tapedeck
