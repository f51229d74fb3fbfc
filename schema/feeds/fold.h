// Ways to know an event again, shared by the feeds' normalizers. All keep bounded memory.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "schema/base/time.h"

namespace tapedeck {

std::uint64_t hash_text(std::string_view text, std::uint64_t seed = 0);
std::uint64_t hash_combine(std::uint64_t a, std::uint64_t b);
// Equal for decimals of equal value, however they are written; else as hash_text.
std::uint64_t hash_decimal(std::string_view text);

// The last keys in the order in which they came.
class LastKeys {
 public:
  // Room for `capacity` keys, at least one.
  explicit LastKeys(std::size_t capacity) : capacity_(capacity == 0 ? 1 : capacity) {}
  // The key that falls out for this one, if there are as many as may be.
  std::optional<std::uint64_t> push(std::uint64_t key);

 private:
  std::size_t capacity_;
  std::vector<std::uint64_t> keys_;  // a ring once it is full
  std::size_t oldest_ = 0;
};

// For events with an identity of their own: is this the first time?
class SeenEvents {
 public:
  explicit SeenEvents(std::size_t capacity = 100'000) : last_(capacity) {}
  // True the first time for `key`; the oldest keys are forgotten past the capacity.
  bool first_time(std::uint64_t key);
  bool contains(std::uint64_t key) const { return seen_.contains(key); }

 private:
  boost::unordered_flat_set<std::uint64_t> seen_;
  LastKeys last_;
};

// When events with an identity of their own were first received.
class FirstTimes {
 public:
  explicit FirstTimes(std::size_t capacity = 100'000) : last_(capacity) {}
  // True the first time for `key`; the oldest keys are forgotten past the capacity.
  bool add(std::uint64_t key, Ns recv_ns);
  bool is_until(std::uint64_t key, Ns ns) const;
  bool is_from(std::uint64_t key, Ns ns) const;

 private:
  boost::unordered_flat_map<std::uint64_t, Ns> first_ns_;
  LastKeys last_;
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
  bool is_new(std::uint64_t key, int slot, Ns recv_ns, std::uint64_t stream = 0);
  // `slot` has just subscribed to `stream`: what others delivered before is not its to deliver, so
  // that an equal event which only it brings later is another one.
  void joined(int slot, std::uint64_t stream, Ns recv_ns);
  // How many keys are remembered: those of the last one to two windows.
  std::size_t size() const { return counts_.size(); }

 private:
  struct Delivered {
    std::uint32_t count = 0;
    Ns joined_ns = 0;  // the subscription that the count is about
  };
  struct Counts {
    Ns last_ns = 0;
    std::vector<Ns> new_ns;  // when each occurrence was new
    std::vector<Delivered> by_slot;
  };
  void expire(Ns now_ns);

  int slots_;
  Ns window_;
  Ns swept_ns_ = 0;
  std::unordered_map<std::uint64_t, Counts> counts_;
  std::map<std::pair<int, std::uint64_t>, Ns> joined_ns_;  // by slot and stream
};

// For events without identity that are pushed by sockets and told again by REST: how often each was
// said by either side. Together they are the greater of the two, so that an event that both tell is
// one, and two equal ones stay two.
//
// The oldest keys are forgotten past the capacity: choose it so that what lies between a stream's
// cursor and now fits.
class ToldTwice {
 public:
  explicit ToldTwice(std::size_t capacity = 100'000) : last_(capacity) {}

  // A socket pushed one more. True when REST has not told it before: it is new.
  bool pushed(std::uint64_t key);
  // REST told one more (`told` counts over all answers). True when no socket has pushed it.
  bool told(std::uint64_t key);
  // REST told `count` of them in one answer that holds all there are. How many are new.
  std::uint32_t told_all(std::uint64_t key, std::uint32_t count);
  // Whether either side has said it.
  bool knows(std::uint64_t key) const { return counts_.contains(key); }

 private:
  struct Counts {
    std::uint32_t pushed = 0;
    std::uint32_t told = 0;
    std::uint32_t rows = 0;
  };
  Counts& counts_of(std::uint64_t key);

  boost::unordered_flat_map<std::uint64_t, Counts> counts_;
  LastKeys last_;
};

}  // namespace tapedeck
