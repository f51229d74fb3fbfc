#include "schema/feeds/hypercall/tally.h"

#include <algorithm>

#include "schema/feeds/fold.h"

namespace tapedeck::hypercall {

std::uint64_t trade_key(std::span<const Value> values, Int event_ns) {
  // The columns of `trade`: venue, symbol, price, size, side.
  std::uint64_t key = hash_text(values[1].text);
  key = hash_combine(key, hash_decimal(values[2].text));
  key = hash_combine(key, hash_decimal(values[3].text));
  key = hash_combine(key, hash_text(values[4].text));
  return hash_combine(key, static_cast<std::uint64_t>(event_ns.value_or(-1) / kNsPerMs));
}

TradeTally::Counts& TradeTally::counts_of(std::uint64_t key, Int event_ns) {
  const auto [entry, is_new] = counts_.try_emplace(key);
  if (is_new) {
    order_.push_back({key, event_ns});
    if (order_.size() > capacity_) {
      forgotten_ns_ = std::max(forgotten_ns_, order_.front().event_ns);
      counts_.erase(order_.front().key);
      order_.pop_front();
    }
  }
  return entry->second;
}

bool TradeTally::pushed(std::uint64_t key, Int event_ns, Ns recv_ns) {
  Counts& counts = counts_of(key, event_ns);
  counts.pushed_ns = recv_ns;
  counts.known_ns = std::min(counts.known_ns.value_or(recv_ns), recv_ns);
  if (++counts.pushed <= counts.rows) return false;
  ++counts.rows;
  return true;
}

TradeTally::Told TradeTally::told(std::uint64_t id, std::uint64_t key, Int event_ns, Ns recv_ns,
                                  bool may_become_row) {
  if (forgotten_ns_ && event_ns && *event_ns <= *forgotten_ns_ && !counts_.contains(key)) {
    return Told::forgotten;
  }
  Counts& counts = counts_of(key, event_ns);
  auto& told = counts.told;
  auto trade = std::find_if(told.begin(), told.end(), [&](const Trade& t) { return t.id == id; });
  if (trade == told.end()) trade = told.insert(told.end(), {id, false});
  if (!may_become_row || trade->is_row || told.size() <= counts.earlier + counts.rows) {
    return Told::known;
  }
  trade->is_row = true;
  ++counts.rows;
  counts.known_ns = std::min(counts.known_ns.value_or(recv_ns), recv_ns);
  return Told::is_new;
}

void TradeTally::remember(std::uint64_t key, Int event_ns, Ns recv_ns) {
  Counts& counts = counts_of(key, event_ns);
  ++counts.earlier;
  counts.known_ns = std::min(counts.known_ns.value_or(recv_ns), recv_ns);
}

bool TradeTally::knows(std::uint64_t key) const {
  const auto found = counts_.find(key);
  return found != counts_.end() && found->second.known_ns.has_value();
}

bool TradeTally::was_known_until(std::uint64_t key, Ns ns) const {
  const auto found = counts_.find(key);
  return found != counts_.end() && found->second.known_ns && *found->second.known_ns <= ns;
}

bool TradeTally::was_pushed_after(std::uint64_t key, Ns since_ns) const {
  const auto found = counts_.find(key);
  return found != counts_.end() && found->second.pushed > 0 && found->second.pushed_ns > since_ns;
}

void ServerClock::heard(Int event_ns, Ns recv_ns) {
  Ns lag_ns = 0;
  if (!event_ns || __builtin_sub_overflow(recv_ns, *event_ns, &lag_ns)) return;
  lag_ns_ = is_fresh_ ? std::min(lag_ns_, lag_ns) : lag_ns;
  is_fresh_ = true;
}

Ns ServerClock::ours(Ns event_ns) const {
  Ns ours_ns = 0;
  return __builtin_add_overflow(event_ns, lag_ns_, &ours_ns) ? event_ns : ours_ns;
}

}  // namespace tapedeck::hypercall
