#include "schema/feeds/hypercall/recover_trades.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "schema/base/text.h"
#include "schema/feeds/hypercall/decode.h"
#include "schema/feeds/hypercall/envelope.h"
#include "schema/feeds/hypercall/sift.h"
#include "schema/feeds/hypercall/wire.h"

namespace tapedeck::hypercall {

namespace {

// By how much a trade that a cursor covers may seem to come after the loss began.
constexpr Ns kClockSlackNs = 2 * kNsPerSec;

}  // namespace

void TradeRecovery::push(Json message, Ns recv_ns, Problem& problem, RowSink& rows) {
  Int event_ns;
  Sifter live(rows, [&](const Row& row) {
    event_ns = row.event_ns;
    pushed_ns_ = recv_ns;
    newest_ns_ = std::max(newest_ns_, event_ns);
    clock_.heard(event_ns, recv_ns);
    return tally_.pushed(trade_key(row.values, event_ns), event_ns, recv_ns);
  });
  decode_trade(message, problem, live);
  if (!problem.any()) cursor_.pushed(event_ns, recv_ns, rows);
}

void TradeRecovery::remember(const EarlierRow& row) {
  if (row.origin == Origin::live) clock_.heard(row.event_ns, row.recv_ns);
  newest_ns_ = std::max(newest_ns_, row.event_ns);
  tally_.remember(trade_key(row.values, row.event_ns), row.event_ns, row.recv_ns);
}

std::optional<std::uint64_t> TradeRecovery::cursor_of(const Gap& gap) const {
  if (!gap.after_cursor || new_epoch_ == gap.id) return std::nullopt;
  return whole_number(*gap.after_cursor);
}

std::optional<ToldTrade> TradeRecovery::read(Json item, RowSink& rows) {
  Problem problem("REST trade");
  ToldTrade trade;
  const auto id = whole_number(item["trade_id"].scalar());
  if (id) {
    trade.id = *id;
  } else {
    problem.no("trade_id");
  }
  Sifter reader(rows, [&](const Row& row) {
    trade.event_ns = row.event_ns;
    trade.key = trade_key(row.values, row.event_ns);
    return false;
  });
  decode_trade(item, problem, reader);
  if (!problem.any()) return trade;
  if (strangers_.first_time(hash_text(item.raw()))) {
    rows.add(Unparsed{problem.reason()}, std::nullopt, Origin::gapfill);
  }
  return std::nullopt;
}

RestPage TradeRecovery::absorb(const RestAnswer& answer, RowSink& rows) {
  RestPage page;
  const Listing listing = read_listing(answer.root());
  page.problem = listing.problem;
  if (!page.problem.empty()) return page;
  page.items = listing.items;

  std::vector<std::pair<ToldTrade, Json>> items;
  for (Json item = listing.list.first(); item.exists(); item = item.next()) {
    if (const auto trade = read(item, rows)) items.emplace_back(*trade, item);
  }
  std::stable_sort(items.begin(), items.end(),
                   [](const auto& a, const auto& b) { return a.first.id < b.first.id; });
  if (answer.gap == nullptr) {
    if (!items.empty()) cursor_.answered(items.back().first, answer.recv_ns, rows);
    if (page.items == 0) cursor_.answered(std::nullopt, answer.recv_ns, rows);
    return page;
  }
  const Gap& gap = *answer.gap;
  if (!items.empty()) {
    page.first = std::to_string(items.front().first.id);
    page.last = std::to_string(items.back().first.id);
    if (listing.may_go_on()) page.next = page.last;
    std::vector<ToldTrade> trades;
    for (const auto& [trade, item] : items) trades.push_back(trade);
    note_epoch(gap, trades, !parse_target(answer.url).has("after_trade_id"));
  }
  for (const auto& [trade, item] : items) absorb_trade(item, trade, answer, page, rows);
  Int& told_ns = told_ns_[gap.id];
  told_ns = std::max(told_ns, page.newest_ns);
  const bool is_old = told_ns && told_ns < newest_ns_;
  const bool has_news = pushed_ns_ > gap.to_ns.value_or(answer.recv_ns);
  // It may lag: what it holds right after the gap is no proof of the gap's end.
  const bool is_young = answer.recv_ns < gap.to_ns.value_or(answer.recv_ns) + kClockSlackNs;
  page.is_behind = (is_old || has_news || is_young) && !page.meets_after;
  return page;
}

// Identifiers began anew when the newest one is less than the cursor, or when one that the cursor
// covers is an unknown trade from after the loss.
void TradeRecovery::note_epoch(const Gap& gap, const std::vector<ToldTrade>& trades,
                               bool is_newest) {
  const auto cursor = cursor_of(gap);
  if (!cursor) return;
  const bool is_anew = std::any_of(trades.begin(), trades.end(), [&](const ToldTrade& trade) {
    return trade.id <= *cursor && trade.event_ns && !tally_.knows(trade.key) &&
           clock_.ours(*trade.event_ns) > gap.from_ns + kClockSlackNs;
  });
  if (is_anew || (is_newest && trades.back().id < *cursor)) new_epoch_ = gap.id;
}

void TradeRecovery::absorb_trade(Json item, const ToldTrade& trade, const RestAnswer& answer,
                                 RestPage& page, RowSink& rows) {
  const Gap& gap = *answer.gap;
  const auto cursor = cursor_of(gap);
  const bool is_covered = cursor && trade.id <= *cursor;
  // What an identifier of this session's cursors proves needs no clock.
  const bool is_past = cursor && !is_covered && cursor_.is_of_this_session(*cursor);
  const bool is_early = trade.event_ns && clock_.ours(*trade.event_ns) < gap.floor_ns;
  const bool is_old = !is_past && is_early;
  if (trade.event_ns) {
    page.oldest_ns = std::min(page.oldest_ns.value_or(*trade.event_ns), *trade.event_ns);
    page.newest_ns = std::max(page.newest_ns.value_or(*trade.event_ns), *trade.event_ns);
  }
  // Its identifier alone proves nothing: another epoch's trades have the same.
  const bool is_from_before = is_early || tally_.was_known_until(trade.key, gap.from_ns);
  if (cursor ? is_covered && is_from_before : is_old) page.meets_before = true;
  if (!is_covered && tally_.was_pushed_after(trade.key, gap.to_ns.value_or(gap.from_ns))) {
    page.meets_after = true;
  }
  if (is_old) return;
  // What seems covered and came after the loss is another epoch's.
  const bool is_late = trade.event_ns && clock_.ours(*trade.event_ns) > gap.from_ns;
  const bool may_be_missing = !is_covered || is_late;
  switch (tally_.told(trade.id, trade.key, trade.event_ns, answer.recv_ns, may_be_missing)) {
    case TradeTally::Told::known:
      return;
    case TradeTally::Told::forgotten:
      // It may be on the tape: then the answer proves nothing of what came before it.
      if (!is_covered) page.meets_before = false;
      return;
    case TradeTally::Told::is_new:
      break;
  }
  Problem problem("REST trade");
  Sifter recovered(
      rows, [](const Row& /*row*/) { return true; }, Origin::gapfill);
  decode_trade(item, problem, recovered);
}

}  // namespace tapedeck::hypercall
