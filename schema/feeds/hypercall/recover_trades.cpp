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

std::optional<std::uint64_t> cursor_of(const Gap& gap) {
  return gap.after_cursor ? whole_number(*gap.after_cursor) : std::nullopt;
}

bool is_covered(const ToldTrade& trade, const Gap& gap) {
  const auto cursor = cursor_of(gap);
  return cursor && trade.id <= *cursor;
}

}  // namespace

void TradeRecovery::push(Json message, Ns recv_ns, Problem& problem, RowSink& rows) {
  Int event_ns;
  Sifter live(rows, [&](const Row& row) {
    event_ns = row.event_ns;
    newest_ns_ = std::max(newest_ns_, event_ns);
    times_.heard(event_ns, recv_ns);
    return tally_.pushed(trade_key(row.values, event_ns), event_ns, recv_ns);
  });
  decode_trade(message, problem, live);
  if (!problem.any()) cursor_.pushed(event_ns, recv_ns, rows);
}

void TradeRecovery::remember(const EarlierRow& row) {
  newest_ns_ = std::max(newest_ns_, row.event_ns);
  tally_.remember(trade_key(row.values, row.event_ns), row.event_ns, row.recv_ns,
                  row.origin == Origin::live);
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

// In the order of their identifiers.
std::vector<TradeRecovery::Item> TradeRecovery::read_all(Json list, RowSink& rows) {
  std::vector<Item> items;
  for (Json item = list.first(); item.exists(); item = item.next()) {
    if (const auto trade = read(item, rows)) items.push_back({*trade, item});
  }
  std::stable_sort(items.begin(), items.end(),
                   [](const Item& a, const Item& b) { return a.trade.id < b.trade.id; });
  return items;
}

RestPage TradeRecovery::absorb(const RestAnswer& answer, RowSink& rows) {
  RestPage page;
  const Listing listing = read_listing(answer.root());
  page.problem = listing.problem;
  if (!page.problem.empty()) return page;
  page.items = listing.items;
  const std::vector<Item> items = read_all(listing.list, rows);
  if (answer.gap == nullptr) {
    if (!items.empty()) cursor_.answered(items.back().trade, answer.recv_ns, rows);
    if (page.items == 0) cursor_.answered(std::nullopt, answer.recv_ns, rows);
    return page;
  }
  const Gap& gap = *answer.gap;
  page.goes_on = goes_on(items, gap);
  if (!items.empty()) {
    page.first = std::to_string(items.front().trade.id);
    page.last = std::to_string(items.back().trade.id);
    if (listing.may_go_on()) page.next = page.last;
  }
  for (const Item& item : items) absorb_item(item, answer, page, rows);
  page.is_behind = !page.meets_after && times_.is_behind(gap, page.newest_ns, newest_ns_);
  newest_ns_ = std::max(newest_ns_, page.newest_ns);
  return page;
}

bool TradeRecovery::goes_on(const std::vector<Item>& items, const Gap& gap) {
  const auto before = told_last_.find(gap.id);
  const bool holds_it =
      before == told_last_.end() || std::any_of(items.begin(), items.end(), [&](const Item& item) {
        return item.trade.id == before->second.id && item.trade.key == before->second.key;
      });
  if (!items.empty()) told_last_[gap.id] = items.back().trade;
  return holds_it;
}

// Whether all that the gap can hold comes after `trade` in the service's order. Its identifier
// alone proves nothing: another epoch's trades have the same.
bool TradeRecovery::is_left_edge(const ToldTrade& trade, const Gap& gap) const {
  if (times_.is_before(gap, trade.event_ns)) return true;
  if (tally_.was_pushed_until(trade.key, gap.from_ns)) return true;
  return is_covered(trade, gap) &&
         (cursor_.was_until(trade, gap.from_ns) || tally_.was_known_until(trade.key, gap.from_ns));
}

bool TradeRecovery::may_be_missing(const ToldTrade& trade, const Gap& gap) const {
  // What seems covered and came after the loss is another epoch's.
  if (is_covered(trade, gap)) return times_.is_after_loss(gap, trade.event_ns);
  // What an identifier of this session's cursors proves needs no time.
  const auto cursor = cursor_of(gap);
  return (cursor && cursor_.was(*cursor)) || !times_.is_before(gap, trade.event_ns);
}

void TradeRecovery::absorb_item(const Item& item, const RestAnswer& answer, RestPage& page,
                                RowSink& rows) {
  const Gap& gap = *answer.gap;
  const ToldTrade& trade = item.trade;
  if (trade.event_ns) {
    page.oldest_ns = std::min(page.oldest_ns.value_or(*trade.event_ns), *trade.event_ns);
    page.newest_ns = std::max(page.newest_ns.value_or(*trade.event_ns), *trade.event_ns);
  }
  if (is_left_edge(trade, gap)) page.meets_before = true;
  if (tally_.was_pushed_after(trade.key, gap.to_ns.value_or(gap.from_ns))) page.meets_after = true;
  const bool may_become_row = may_be_missing(trade, gap);
  // What a cursor covers is counted: one behind it may look like it.
  if (!may_become_row && !is_covered(trade, gap)) return;
  switch (tally_.told(trade.id, trade.key, trade.event_ns, answer.recv_ns, may_become_row)) {
    case TradeTally::Told::known:
      return;
    case TradeTally::Told::forgotten:
      if (may_become_row) page.doubt = "more trades came since than are remembered";
      return;
    case TradeTally::Told::is_new:
      break;
  }
  Problem problem("REST trade");
  Sifter recovered(
      rows, [](const Row& /*row*/) { return true; }, Origin::gapfill);
  decode_trade(item.json, problem, recovered);
}

}  // namespace tapedeck::hypercall
