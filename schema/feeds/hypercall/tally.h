// What sockets and REST have said of trades, which only REST gives an identifier.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "schema/base/time.h"
#include "schema/records.h"

namespace tapedeck::hypercall {

// The same for a trade that a socket pushes and for the one that REST tells: symbol, price and size
// by value, side, millisecond.
std::uint64_t trade_key(std::span<const Value> values, Int event_ns);

// How often each look-alike was pushed and told, so that what both say is one row and two trades
// that look alike stay two. A trade that REST tells is counted once, however often it is told.
//
// Memory is bounded: the oldest keys are forgotten past the capacity, and what might be one of them
// is then never taken for new.
class TradeTally {
 public:
  explicit TradeTally(std::size_t capacity = 100'000) : capacity_(capacity) {}

  // A socket pushed one more. True when it is not on the tape yet.
  bool pushed(std::uint64_t key, Int event_ns, Ns recv_ns);

  enum class Told : std::uint8_t { known, is_new, forgotten };
  // REST told the trade `id`. New: there are more of them than the tapes have, and it may become a
  // row; it then counts as one.
  Told told(std::uint64_t id, std::uint64_t key, Int event_ns, Ns recv_ns, bool may_become_row);

  // An earlier tape has one, which a socket pushed or REST told.
  void remember(std::uint64_t key, Int event_ns, Ns recv_ns, bool was_pushed);

  // Whether the tapes have one.
  bool knows(std::uint64_t key) const;
  // Whether they had one by then.
  bool was_known_until(std::uint64_t key, Ns ns) const;
  // Whether a socket had pushed one by then; whether one pushed one later.
  bool was_pushed_until(std::uint64_t key, Ns ns) const;
  bool was_pushed_after(std::uint64_t key, Ns ns) const;
  std::size_t size() const { return counts_.size(); }

 private:
  struct Trade {
    std::uint64_t id = 0;
    bool is_row = false;
  };
  struct Counts {
    std::uint32_t earlier = 0;  // rows of earlier tapes
    std::uint32_t pushed = 0;
    std::uint32_t rows = 0;  // of this tape
    // Receipts: the first row's, the first and the last that was pushed.
    std::optional<Ns> known_ns;
    std::optional<Ns> pushed_first_ns;
    std::optional<Ns> pushed_last_ns;
    std::vector<Trade> told;

    void note_known(Ns recv_ns);
    void note_pushed(Ns recv_ns);
  };
  const Counts* find(std::uint64_t key) const;
  Counts& counts_of(std::uint64_t key, Int event_ns);

  struct Known {
    std::uint64_t key;
    Int event_ns;
  };
  std::size_t capacity_;
  std::unordered_map<std::uint64_t, Counts> counts_;
  std::deque<Known> order_;
  Int forgotten_ns_;  // the newest that was forgotten, by its own time
};

}  // namespace tapedeck::hypercall
