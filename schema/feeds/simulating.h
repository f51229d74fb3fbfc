// What simulators are made of: where the messages of one kind stand in a cycle of many, numbers
// that depend on (seed, kind, number) alone, and decimals.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tapedeck::sim {

// Where the messages of one kind stand in a cycle that has a letter for each message.
class Slots {
 public:
  Slots(std::string_view cycle, char kind);
  std::int64_t per_cycle() const { return static_cast<std::int64_t>(positions_.size()); }
  // How many of this kind are among the first `upto` messages: also the number of message `upto`.
  std::int64_t count(std::int64_t upto) const;
  // The message that is number `n` (from 0) of its kind.
  std::int64_t message_of(std::int64_t n) const;

 private:
  std::int64_t cycle_;  // its length
  std::vector<std::int64_t> positions_;
};

// The slots of every letter of a cycle, by letter.
std::map<char, Slots> slots_of(std::string_view cycle);

// A stream of numbers from (seed, kind, n).
class Random {
 public:
  Random(std::uint64_t seed, char kind, std::int64_t n);
  std::uint64_t next();
  std::int64_t in(std::int64_t low, std::int64_t high);  // both included
  template <class List>
  const auto& pick(const List& list) {
    return list[next() % list.size()];
  }

 private:
  std::uint64_t state_;
};

// 9500050 with 2 decimals → `95000.50`; negative values keep their sign.
std::string decimal(std::int64_t value, int decimals);

}  // namespace tapedeck::sim
