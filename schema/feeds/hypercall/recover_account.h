// Fills, orders and the portfolio: what sockets push, and what REST tells again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "schema/feeds/fields.h"
#include "schema/feeds/fold.h"
#include "schema/feeds/hypercall/filter.h"
#include "schema/feeds/hypercall/service_times.h"
#include "schema/normalize.h"

namespace tapedeck::hypercall {

// When sockets, those of earlier recorders too, first pushed what has an identifier; the oldest are
// forgotten.
class PushTimes {
 public:
  void pushed(std::uint64_t key, Ns recv_ns);
  bool was_pushed_until(std::uint64_t key, Ns ns) const;
  bool was_pushed_after(std::uint64_t key, Ns ns) const;
  bool any_until(Ns ns) const { return earliest_ns_ && *earliest_ns_ <= ns; }

 private:
  boost::unordered_flat_map<std::uint64_t, Ns> first_ns_;
  LastKeys last_{100'000};
  std::optional<Ns> earliest_ns_;
};

// A fill is its `fill_id` with what was filled: identifiers may begin anew.
class FillRecovery {
 public:
  // `filter`: what the subscription asks for. `times` outlives it; fills set it.
  FillRecovery(ServiceTimes& times, ChannelFilter filter)
      : times_(times), filter_(std::move(filter)) {}

  void push(Json message, Ns recv_ns, Problem& problem, RowSink& rows);
  RestPage absorb(const RestAnswer& answer, RowSink& rows);
  void remember(const EarlierRow& row);

 private:
  bool is_missing(const Row& row, const Gap& gap, RestPage& page);
  bool was_earlier(std::uint64_t key, Ns ns) const;
  bool knows_any_until(Ns ns) const;

  ServiceTimes& times_;
  const ChannelFilter filter_;
  SeenEvents rows_;  // on this tape
  PushTimes pushed_;
  Int newest_ns_;                                  // of all that is known, by its own time
  std::unordered_map<std::uint64_t, Ns> earlier_;  // on earlier tapes, and when they got there
  SeenEvents strangers_{10'000};
};

// REST tells an order's state, not how it came to it: a row for each state (order, status, filled
// size) that is not on the tape.
class OrderRecovery {
 public:
  OrderRecovery(const ServiceTimes& times, ChannelFilter filter)
      : times_(times), filter_(std::move(filter)) {}

  // An `OrderUpdate` that no other connection has delivered yet.
  void push(Json message, Problem& problem, RowSink& rows);
  RestPage absorb(const RestAnswer& answer, RowSink& rows);
  void remember(const EarlierRow& row);

 private:
  bool is_missing(const Row& row, const Gap& gap, RestPage& page);

  const ServiceTimes& times_;
  const ChannelFilter filter_;
  ToldTwice states_;
  SeenEvents orders_;                          // that the tape is about
  std::unordered_set<std::uint64_t> earlier_;  // states on earlier tapes
  SeenEvents strangers_{10'000};
};

// The portfolio as REST tells it: a row unless it is what REST told last.
class PortfolioRecovery {
 public:
  RestPage absorb(const RestAnswer& answer, RowSink& rows);

 private:
  std::string told_;
};

}  // namespace tapedeck::hypercall
