// How late frames left, in fixed memory.
#pragma once

#include <array>
#include <cstdint>

#include "schema/base/time.h"

namespace tapedeck {

// Counts durations in buckets of 1/16 of a power of two: quantiles are exact to about 6 %.
class Lateness {
 public:
  void add(Ns late_ns);
  // The upper edge of the bucket that holds the quantile `q` (0…1), at most max(); 0 when nothing
  // was added.
  Ns quantile(double q) const;
  Ns max() const { return max_ns_; }
  Ns last() const { return last_ns_; }
  std::int64_t count() const { return count_; }

 private:
  static constexpr std::size_t kSteps = 16;  // buckets in each power of two
  static constexpr std::size_t kBuckets = 64 * kSteps;
  static std::size_t bucket_of(Ns ns);
  static Ns edge_of(std::size_t bucket);

  std::array<std::int64_t, kBuckets> buckets_{};
  std::int64_t count_ = 0;
  Ns max_ns_ = 0;
  Ns last_ns_ = 0;
};

}  // namespace tapedeck
