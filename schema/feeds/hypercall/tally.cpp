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
  counts.note_pushed(recv_ns);
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
  counts.note_known(recv_ns);
  return Told::is_new;
}

void TradeTally::remember(std::uint64_t key, Int event_ns, Ns recv_ns, bool was_pushed) {
  Counts& counts = counts_of(key, event_ns);
  ++counts.earlier;
  was_pushed ? counts.note_pushed(recv_ns) : counts.note_known(recv_ns);
}

void TradeTally::Counts::note_known(Ns recv_ns) {
  known_ns = std::min(known_ns.value_or(recv_ns), recv_ns);
}

void TradeTally::Counts::note_pushed(Ns recv_ns) {
  note_known(recv_ns);
  pushed_first_ns = std::min(pushed_first_ns.value_or(recv_ns), recv_ns);
  pushed_last_ns = std::max(pushed_last_ns.value_or(recv_ns), recv_ns);
}

const TradeTally::Counts* TradeTally::find(std::uint64_t key) const {
  const auto found = counts_.find(key);
  return found == counts_.end() ? nullptr : &found->second;
}

bool TradeTally::knows(std::uint64_t key) const {
  const Counts* counts = find(key);
  return counts != nullptr && counts->known_ns;
}

bool TradeTally::was_known_until(std::uint64_t key, Ns ns) const {
  const Counts* counts = find(key);
  return counts != nullptr && counts->known_ns && *counts->known_ns <= ns;
}

bool TradeTally::was_pushed_until(std::uint64_t key, Ns ns) const {
  const Counts* counts = find(key);
  return counts != nullptr && counts->pushed_first_ns && *counts->pushed_first_ns <= ns;
}

bool TradeTally::was_pushed_after(std::uint64_t key, Ns ns) const {
  const Counts* counts = find(key);
  return counts != nullptr && counts->pushed_last_ns && *counts->pushed_last_ns > ns;
}

}  // namespace tapedeck::hypercall
