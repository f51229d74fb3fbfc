// Two ways to know an event again, shared by the feeds' normalizers. Both keep bounded memory.
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "schema/base/time.h"

namespace tapedeck {

std::uint64_t hash_text(std::string_view text, std::uint64_t seed = 0);
std::uint64_t hash_combine(std::uint64_t a, std::uint64_t b);

// For events with an identity of their own: is this the first time?
class SeenEvents {
 public:
  explicit SeenEvents(std::size_t capacity = 1'000'000) : capacity_(capacity) {}
  // True the first time for `key`; the oldest keys are forgotten past the capacity.
  bool first_time(std::uint64_t key);

 private:
  std::size_t capacity_;
  std::unordered_set<std::uint64_t> seen_;
  std::deque<std::uint64_t> order_;
};

// For events without identity that redundant connections each deliver: a multiset per connection,
// folded to the maximum. Two equal events on one connection are two events; one event on two
// connections is one.
class MultisetFold {
 public:
  // `slots` redundant connections; with 1 every event is new and nothing is kept.
  explicit MultisetFold(int slots, Ns window = 600 * kNsPerSec) : slots_(slots), window_(window) {}
  // True when no other connection has delivered this occurrence yet. Equal events further apart
  // than the window are not compared.
  bool is_new(std::uint64_t key, int slot, Ns recv_ns);
  // How many keys are remembered: those of the last one to two windows.
  std::size_t size() const { return counts_.size(); }

 private:
  struct Counts {
    Ns last_ns = 0;
    std::uint32_t emitted = 0;
    std::vector<std::uint32_t> by_slot;
  };
  void expire(Ns now_ns);

  int slots_;
  Ns window_;
  Ns swept_ns_ = 0;
  std::unordered_map<std::uint64_t, Counts> counts_;
};

}  // namespace tapedeck
