#include "schema/feeds/hypercall/trade_cursor.h"

#include <algorithm>

#include "schema/feeds/hypercall/gapfill.h"

namespace tapedeck::hypercall {

namespace {

// A trade that was not pushed by then is not on its way any more.
constexpr Ns kOverdueNs = 10 * kNsPerSec;
// A subscription counts from a little after its acknowledgement was received.
constexpr Ns kReadyNs = kNsPerSec;

}  // namespace

void TradeCursor::subscribed(int slot, Ns recv_ns) {
  subscribed_by_slot_[slot] = recv_ns;
}

std::optional<Ns> TradeCursor::subscribed_ns() const {
  std::optional<Ns> earliest;
  for (const auto& [slot, ns] : subscribed_by_slot_) earliest = std::min(earliest.value_or(ns), ns);
  return earliest;
}

void TradeCursor::pushed(Int event_ns, Ns recv_ns, RowSink& rows) {
  pushed_event_ns_ = std::max(pushed_event_ns_, event_ns);
  pushed_ns_ = recv_ns;
  if (candidate_) settle(recv_ns, rows);
}

void TradeCursor::answered(const std::optional<ToldTrade>& newest, Ns recv_ns, RowSink& rows) {
  if (candidate_) settle(recv_ns, rows);
  if (!newest) {
    // Whatever comes will be the first.
    if (!adopted_) adopt({}, recv_ns, rows);
    return;
  }
  if (adopted_ && newest->id <= adopted_->id) {
    // The same, or an answer that lags; a newer trade with a lesser identifier begins an epoch.
    const bool is_newer = newest->event_ns && adopted_->event_ns &&
                          *newest->event_ns > *adopted_->event_ns && newest->id != adopted_->id;
    if (!is_newer) return;
  }
  candidate_ = newest;
  settle(recv_ns, rows);
}

bool TradeCursor::is_settled(const ToldTrade& trade, Ns now_ns) const {
  if (!trade.event_ns) return false;
  if (pushed_event_ns_ && *pushed_event_ns_ > *trade.event_ns) return true;
  return times_.ours(*trade.event_ns) <= now_ns - kRestLagNs;
}

void TradeCursor::settle(Ns now_ns, RowSink& rows) {
  const ToldTrade trade = *candidate_;
  if (!is_settled(trade, now_ns)) return;
  const Ns at_ns = times_.ours(*trade.event_ns);
  const auto subscribed = subscribed_ns();
  const bool is_before = !subscribed || at_ns < *subscribed;
  if (is_before || tally_.knows(trade.key)) return adopt(trade, now_ns, rows);
  if (at_ns > now_ns - kOverdueNs || missed_ == trade.id) return;
  missed_ = trade.id;
  tell_missed(at_ns, now_ns, rows);
}

bool TradeCursor::was_until(const ToldTrade& trade, Ns ns) const {
  const auto found = adopted_by_id_.find(trade.id);
  return found != adopted_by_id_.end() && found->second.key == trade.key &&
         found->second.at_ns <= ns;
}

void TradeCursor::adopt(const ToldTrade& trade, Ns now_ns, RowSink& rows) {
  if (adopted_by_id_.try_emplace(trade.id, Adopted{trade.key, now_ns}).second) {
    if (const auto forgotten = adopted_ids_.push(trade.id)) adopted_by_id_.erase(*forgotten);
  }
  adopted_ = trade;
  candidate_.reset();
  rows.set_cursor(kTrades, std::to_string(trade.id));
}

void TradeCursor::tell_missed(Ns at_ns, Ns now_ns, RowSink& rows) {
  Ns since_ns = pushed_ns_ > 0 ? std::min(pushed_ns_, at_ns - kRestLagNs) : 0;
  // Not before the subscription, and after what was told before.
  since_ns = std::max({since_ns, *subscribed_ns() + kReadyNs, missed_ns_ + 1});
  missed_ns_ = now_ns;
  rows.missed(kTrades, std::min(since_ns, now_ns),
              "the service tells trade " + std::to_string(*missed_) +
                  ", which its socket never brought: the subscription is dead or lost some");
}

}  // namespace tapedeck::hypercall
