// Where the trades stand: which identifier a gap-fill would start after.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "schema/feeds/hypercall/tally.h"
#include "schema/records.h"

namespace tapedeck::hypercall {

inline constexpr std::string_view kTrades = "trades";

// A trade of a REST answer.
struct ToldTrade {
  std::uint64_t id = 0;
  std::uint64_t key = 0;
  Int event_ns;
};

// Asks of each cursor answer whether everything up to its newest trade has been received, or
// belongs to a gap that began before. The newest trade may still be on its way on the socket, so it
// becomes the cursor only
//  - once no look-alike of its millisecond can follow it: a later trade was pushed, or it is
//  clearly
//    older than the answer; and
//  - when it was pushed, or told for a gap, or happened before the stream was subscribed to.
// Until then the former cursor stands. A trade that should have been pushed long ago and was not is
// evidence of a subscription that is dead in silence.
class TradeCursor {
 public:
  // References outlive the cursor.
  TradeCursor(const TradeTally& tally, const ServerClock& clock) : tally_(tally), clock_(clock) {}

  // The service acknowledged the subscription of connection `slot`.
  void subscribed(int slot, Ns recv_ns);
  void pushed(Int event_ns, Ns recv_ns, RowSink& rows);
  // `newest`: of a cursor answer; nullopt: the service has no trade at all.
  void answered(const std::optional<ToldTrade>& newest, Ns recv_ns, RowSink& rows);

  // Whether `id` is one that this session made its cursor, or comes after one.
  bool is_of_this_session(std::uint64_t id) const { return first_ && id >= *first_; }

 private:
  void settle(Ns now_ns, RowSink& rows);
  void adopt(std::uint64_t id, Int event_ns, RowSink& rows);
  bool is_settled(const ToldTrade& trade, Ns now_ns) const;
  // When every connection that ever was had subscribed; nullopt when none has.
  std::optional<Ns> subscribed_ns() const;
  void tell_missed(Ns at_ns, Ns now_ns, RowSink& rows);

  const TradeTally& tally_;
  const ServerClock& clock_;
  std::map<int, Ns> subscribed_by_slot_;
  Int pushed_event_ns_;  // the latest that was pushed, by its own time
  Ns pushed_ns_ = 0;     // when the last one was received
  std::optional<ToldTrade> candidate_;
  std::optional<ToldTrade> adopted_;
  std::optional<std::uint64_t> first_;
  std::optional<std::uint64_t> missed_;  // the last that was found missing
  Ns missed_ns_ = 0;                     // and when
};

}  // namespace tapedeck::hypercall
