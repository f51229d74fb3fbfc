// Where the trades stand: which identifier a gap-fill would start after.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "schema/feeds/fold.h"
#include "schema/feeds/hypercall/service_times.h"
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
  TradeCursor(const TradeTally& tally, const ServiceTimes& times) : tally_(tally), times_(times) {}

  // The service acknowledged the subscription of connection `slot`.
  void subscribed(int slot, Ns recv_ns);
  void pushed(Int event_ns, Ns recv_ns, RowSink& rows);
  // `newest`: of a cursor answer; nullopt: the service has no trade at all.
  void answered(const std::optional<ToldTrade>& newest, Ns recv_ns, RowSink& rows);

  // Whether this session made `id` its cursor.
  bool was(std::uint64_t id) const { return adopted_by_id_.contains(id); }
  // Whether it had made `trade` its cursor by then, and not another one with its identifier.
  bool was_until(const ToldTrade& trade, Ns ns) const;

 private:
  void settle(Ns now_ns, RowSink& rows);
  void adopt(const ToldTrade& trade, Ns now_ns, RowSink& rows);
  bool is_settled(const ToldTrade& trade, Ns now_ns) const;
  // When every connection that ever was had subscribed; nullopt when none has.
  std::optional<Ns> subscribed_ns() const;
  void tell_missed(Ns at_ns, Ns now_ns, RowSink& rows);

  const TradeTally& tally_;
  const ServiceTimes& times_;
  std::map<int, Ns> subscribed_by_slot_;
  Int pushed_event_ns_;  // the latest that was pushed, by its own time
  Ns pushed_ns_ = 0;     // when the last one was received
  std::optional<ToldTrade> candidate_;
  std::optional<ToldTrade> adopted_;
  struct Adopted {
    std::uint64_t key = 0;
    Ns at_ns = 0;
  };
  std::unordered_map<std::uint64_t, Adopted> adopted_by_id_;  // the first with that identifier
  LastKeys adopted_ids_{10'000};
  std::optional<std::uint64_t> missed_;  // the last that was found missing
  Ns missed_ns_ = 0;                     // and when
};

}  // namespace tapedeck::hypercall
