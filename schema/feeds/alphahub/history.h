// What is known of the signals that REST may tell again, and what its answers add to the tape.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "schema/feeds/alphahub/leg.h"
#include "schema/feeds/fold.h"
#include "schema/normalize.h"

namespace tapedeck::alphahub {

// What is assumed of the service; times that name no zone are read with `zone`.
struct HistoryLimits {
  Ns clock_slack_ns = 60 * kNsPerSec;  // the most that its clock may be from ours
  Ns settle_ns = 2 * kNsPerSec;        // the most that its history may be behind its sockets
};

// Legs have no identity: socket and history together tell as many equal ones as the one that tells
// more of them. Not thread-safe; memory is bounded by the capacity of ToldTwice and by what earlier
// tapes hold of the last gap.
class SignalHistory {
 public:
  SignalHistory(std::string_view zone, HistoryLimits limits) : zone_(zone), limits_(limits) {}

  // A socket brought a leg. False when REST has told it before: it is on the tape.
  bool pushed(std::string_view stream, const Signal& row, Int event_ns, Ns recv_ns);

  // As the normalizer's.
  void remember(const EarlierRow& row);
  RestPage absorb(const RestAnswer& answer, RowSink& rows);

 private:
  struct Told;
  struct Earlier {
    std::uint32_t count = 0;
    Ns recv_ns = std::numeric_limits<Ns>::max();  // of the first
  };
  // The span, by their own time, in which what was sent in the gap lies.
  struct Span {
    Ns first_ns = 0;
    Ns last_ns = 0;
  };

  Span span_of(const Gap& gap) const;
  std::vector<Told> read(Json list, const RestAnswer& answer, RestPage& page) const;
  bool was_known_until(std::uint64_t key, Ns ns) const;
  void add_new(const std::vector<Told>& told, std::string_view algorithm, RowSink& rows);
  Ns settles_in(const RestAnswer& answer, const RestPage& page) const;
  bool is_behind(const RestAnswer& answer, const RestPage& page) const;
  void compare_clocks(Ns recv_ns, Ns event_ns);
  std::string doubt_about_clocks() const;

  std::string zone_;
  HistoryLimits limits_;
  ToldTwice told_;
  FirstTimes pushed_;                                   // that a socket brought
  std::unordered_map<std::uint64_t, Earlier> earlier_;  // on tapes of earlier recorders
  std::unordered_map<std::string, Ns> newest_ns_;       // that a socket brought, by stream

  // How live legs' own times lay to their receipt.
  Ns late_ns_ = 0;   // the most, of those within the slack
  Ns early_ns_ = 0;  // likewise
  bool has_near_ = false;
  std::optional<Ns> far_ns_;  // how late was the last that lay beyond
};

}  // namespace tapedeck::alphahub
