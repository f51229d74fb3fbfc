// Rows as events: what tells one event from another, whichever way it came to a tape.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/records.h"

namespace tapedeck::testing {

// The same for a row that a socket brought and for the same event's row that REST told.
std::string event_key(const Table& table, std::string_view feed, Int event_ns,
                      std::span<const Value> values);

// The keys of the rows that a decoder makes.
class EventKeys final : public RowSink {
 public:
  explicit EventKeys(std::string_view feed) : feed_(feed) {}
  void add_row(const Row& row) override {
    keys.push_back(event_key(*row.table, feed_, row.event_ns, row.values));
  }
  void set_cursor(std::string_view, std::string_view) override {}
  std::vector<std::string> keys;

 private:
  std::string feed_;
};

// One feed's events on the tapes of recorders that followed each other. What REST told of the
// present state is no event by itself: mostly no message made it.
class KeptEvents {
 public:
  explicit KeptEvents(std::string_view feed) : feed_(feed) {}

  void begin_tape() { own_.clear(); }
  void add(TableId table, Origin origin, Int event_ns, std::span<const Value> values);

  std::int64_t count(const std::string& key) const { return of(kept_, key); }
  // Of a state, told by REST: where a message made the same, it may have come after that and be
  // folded into it.
  std::int64_t told(const std::string& key) const { return of(told_, key); }
  std::int64_t by_fill(const std::string& key) const { return of(by_fill_, key); }

 private:
  using Counts = std::map<std::string, std::int64_t>;
  static std::int64_t of(const Counts& counts, const std::string& key) {
    const auto found = counts.find(key);
    return found == counts.end() ? 0 : found->second;
  }

  std::string feed_;
  std::set<std::string> own_;
  Counts kept_;
  Counts by_fill_;
  Counts told_;
};

}  // namespace tapedeck::testing
