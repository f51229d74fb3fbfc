// What the decoder knows of the events and states that it has seen, so that REST answers are judged
// against them. Memory is bounded: the oldest events are forgotten, states and symbols beyond a
// count are not kept.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "schema/base/time.h"
#include "schema/feeds/fold.h"
#include "schema/feeds/marketai/candles.h"
#include "schema/feeds/marketai/identity.h"
#include "schema/feeds/marketai/wire.h"
#include "schema/normalize.h"
#include "schema/records.h"

namespace tapedeck::marketai {

// One channel's events.
class EventMemory {
 public:
  // A socket pushed it, and no redundant connection had before. True when it is new.
  bool pushed(const EventKey& key, Ns recv_ns);
  // REST told it, for the `nth` time in this answer, which has all that look like it. True when it
  // is new.
  bool told(const EventKey& key, std::uint32_t nth);
  // On an earlier tape; `recv_ns` when a socket brought it, if one did.
  void remember(const EventKey& key, std::optional<Ns> recv_ns);
  // Whether it is on this tape or an earlier one.
  bool knows(const EventKey& key) const;
  // When a socket first brought it; nullopt when none has.
  std::optional<Ns> received_ns(const EventKey& key) const;

 private:
  struct Earlier {
    std::optional<Ns> recv_ns;
    std::uint32_t count = 0;
  };
  bool add(std::uint64_t hash, std::optional<Ns> recv_ns);

  static constexpr std::size_t kEventsMax = 100'000;
  boost::unordered_flat_map<std::uint64_t, std::optional<Ns>> events_;  // when pushed, if it was
  LastKeys last_{kEventsMax};
  ToldTwice by_value_{kEventsMax};
  std::unordered_map<std::uint64_t, Earlier> earlier_;
};

// What one channel has been about, and the newest that the socket brought of each symbol.
class SymbolMemory {
 public:
  struct Newest {
    Ns recv_ns = 0;
    Int event_ns;
  };
  void pushed(std::string_view symbol, Int event_ns, Ns recv_ns);
  void remember(std::string_view symbol);
  // Of one symbol, or of all for "".
  std::optional<Newest> newest(std::string_view symbol) const;
  std::vector<std::string> symbols() const;

 private:
  std::map<std::string, Newest, std::less<>> by_symbol_;
};

// The last recorded row of each state.
class StateMemory {
 public:
  struct Last {
    Ns recv_ns = 0;
    Int event_ns;
    std::string values;  // packed
  };
  // A row on this tape.
  void put(const Row& row, Ns recv_ns);
  void remember(const EarlierRow& row);
  // On this tape, else on an earlier one; nullptr: never seen.
  const Last* find(std::uint64_t key) const;
  // Whether a row of this state and time was recorded.
  bool has(std::uint64_t key, Ns event_ns) const;
  void skip(std::uint64_t key, Ns event_ns) { seen_.first_time(stamp(key, event_ns)); }

  static std::string pack(std::span<const Value> values);
  // Decimals compare by value, JSON by what it says.
  static bool is_same(const std::string& packed, const Row& row);

 private:
  static std::uint64_t stamp(std::uint64_t key, Ns event_ns) {
    return hash_combine(key, static_cast<std::uint64_t>(event_ns));
  }
  SeenEvents seen_;
  std::unordered_map<std::uint64_t, Last> last_;
  SeenEvents seen_earlier_;
  std::unordered_map<std::uint64_t, Last> earlier_;
};

struct Memory {
  std::array<EventMemory, kChannels.size()> events;
  std::array<SymbolMemory, kChannels.size()> symbols;
  StateMemory states;
  CandleMemory candles;
  SeenEvents unreadable{10'000};  // rows of REST answers, by their bytes
};

}  // namespace tapedeck::marketai
