#include "schema/feeds/hypercall/recover_account.h"

#include <algorithm>
#include <vector>

#include "schema/base/text.h"
#include "schema/feeds/hypercall/decode.h"
#include "schema/feeds/hypercall/envelope.h"
#include "schema/feeds/hypercall/sift.h"
#include "schema/feeds/hypercall/wire.h"

namespace tapedeck::hypercall {

namespace {

// The columns that are looked at.
constexpr std::size_t kFillId = 0;
constexpr std::size_t kFillSymbol = 3;
constexpr std::size_t kFillPrice = 5;
constexpr std::size_t kFillSize = 6;
constexpr std::size_t kOrderId = 0;
constexpr std::size_t kClientOrderId = 1;
constexpr std::size_t kOrderSymbol = 2;
constexpr std::size_t kOrderStatus = 6;
constexpr std::size_t kOrderFilled = 7;

// Not the identifier alone: the service may begin them anew.
std::uint64_t fill_key(std::span<const Value> values) {
  std::uint64_t key = hash_text(id_text(values[kFillId]));
  key = hash_combine(key, hash_text(values[kFillSymbol].text));
  key = hash_combine(key, hash_decimal(values[kFillPrice].text));
  return hash_combine(key, hash_decimal(values[kFillSize].text));
}

std::uint64_t order_key(std::span<const Value> values) {
  const bool has_id = values[kOrderId].type != Value::Type::null;
  return hash_combine(has_id ? 1 : 2,
                      hash_text(id_text(values[has_id ? kOrderId : kClientOrderId])));
}

std::uint64_t state_key(std::span<const Value> values) {
  const Value& filled = values[kOrderFilled];
  const std::uint64_t status = hash_text(to_lower(values[kOrderStatus].text));
  const bool is_told = filled.type == Value::Type::text;
  return hash_combine(hash_combine(order_key(values), status),
                      hash_decimal(is_told ? filled.text : std::string_view("0")));
}

// Notes where a page's item lies: in the list's order, and in time.
void note(RestPage& page, std::string id, Int event_ns) {
  if (page.first.empty()) page.first = id;
  page.last = std::move(id);
  if (!event_ns) return;
  page.oldest_ns = std::min(page.oldest_ns.value_or(*event_ns), *event_ns);
  page.newest_ns = std::max(page.newest_ns.value_or(*event_ns), *event_ns);
}

// A page of a list that is asked for by offset: `next` is the offset behind it where more may
// follow. `decode` gives the row of an item, which passes when `is_missing(row, page)`.
template <class Decode, class IsMissing>
RestPage absorb_page(const RestAnswer& answer, std::string_view what, std::size_t id_column,
                     SeenEvents& strangers, RowSink& rows, Decode decode, IsMissing is_missing) {
  RestPage page;
  const Listing listing = read_listing(answer.root());
  page.problem = listing.problem;
  if (!page.problem.empty() || answer.gap == nullptr) return page;
  page.items = listing.items;
  if (listing.may_go_on()) {
    const auto offset = whole_number(parse_target(answer.url).get("offset"));
    page.next = std::to_string(offset.value_or(0) + static_cast<std::uint64_t>(listing.items));
  }
  std::vector<Json> items;
  for (Json item = listing.list.first(); item.exists(); item = item.next()) items.push_back(item);
  for (const Json item : items) {
    Problem problem(what);
    Sifter reader(rows, [&](const Row& row) {
      note(page, id_text(row.values[id_column]), row.event_ns);
      return false;
    });
    decode(item, problem, reader);
    if (problem.any() && strangers.first_time(hash_text(item.raw()))) {
      rows.add(Unparsed{problem.reason()}, std::nullopt, Origin::gapfill);
    }
  }
  // The list is newest first; rows come as things happened.
  std::reverse(items.begin(), items.end());
  Sifter recovered(
      rows, [&](const Row& row) { return is_missing(row, page); }, Origin::gapfill);
  for (const Json item : items) {
    Problem problem(what);
    decode(item, problem, recovered);
  }
  return page;
}

}  // namespace

void PushTimes::pushed(std::uint64_t key, Ns recv_ns) {
  if (!first_ns_.emplace(key, recv_ns).second) return;
  earliest_ns_ = std::min(earliest_ns_.value_or(recv_ns), recv_ns);
  if (const auto forgotten = last_.push(key)) first_ns_.erase(*forgotten);
}

bool PushTimes::was_pushed_until(std::uint64_t key, Ns ns) const {
  const auto found = first_ns_.find(key);
  return found != first_ns_.end() && found->second <= ns;
}

bool PushTimes::was_pushed_after(std::uint64_t key, Ns ns) const {
  const auto found = first_ns_.find(key);
  return found != first_ns_.end() && found->second > ns;
}

// ---- fills ----

void FillRecovery::push(Json message, Ns recv_ns, Problem& problem, RowSink& rows) {
  Sifter live(rows, [&](const Row& row) {
    const std::uint64_t key = fill_key(row.values);
    pushed_.pushed(key, recv_ns);
    newest_ns_ = std::max(newest_ns_, row.event_ns);
    times_.heard(row.event_ns, recv_ns);
    return rows_.first_time(key);
  });
  decode_fill(message, problem, live);
}

void FillRecovery::remember(const EarlierRow& row) {
  const std::uint64_t key = fill_key(row.values);
  earlier_.try_emplace(key, row.recv_ns);
  if (row.origin == Origin::live) pushed_.pushed(key, row.recv_ns);
  newest_ns_ = std::max(newest_ns_, row.event_ns);
}

bool FillRecovery::was_earlier(std::uint64_t key, Ns ns) const {
  const auto found = earlier_.find(key);
  return found != earlier_.end() && found->second <= ns;
}

bool FillRecovery::knows_any_until(Ns ns) const {
  return pushed_.any_until(ns) || std::any_of(earlier_.begin(), earlier_.end(),
                                              [ns](const auto& one) { return one.second <= ns; });
}

bool FillRecovery::is_missing(const Row& row, const Gap& gap, RestPage& page) {
  const std::uint64_t key = fill_key(row.values);
  const bool is_old = times_.is_before(gap, row.event_ns);
  if (is_old || was_earlier(key, gap.from_ns) || pushed_.was_pushed_until(key, gap.from_ns)) {
    page.meets_before = true;
    return false;
  }
  if (pushed_.was_pushed_after(key, gap.to_ns.value_or(gap.from_ns))) page.meets_after = true;
  if (earlier_.contains(key)) return false;
  return filter_.passes(row.values[kFillSymbol].text, Json()) && rows_.first_time(key);
}

RestPage FillRecovery::absorb(const RestAnswer& answer, RowSink& rows) {
  RestPage page = absorb_page(
      answer, "REST fill", kFillId, strangers_, rows, decode_fill,
      [&](const Row& row, RestPage& so_far) { return is_missing(row, *answer.gap, so_far); });
  if (answer.gap != nullptr) {
    page.is_behind = !page.meets_after && times_.is_behind(*answer.gap, page.newest_ns, newest_ns_);
    if (!page.meets_before && page.next.empty()) {
      page.doubt = knows_any_until(answer.gap->from_ns)
                       ? "the list ends before the fills that were received before the gap"
                       : "the list holds nothing from before the gap";
    }
  }
  return page;
}

// ---- orders ----

void OrderRecovery::push(Json message, Problem& problem, RowSink& rows) {
  Sifter live(rows, [&](const Row& row) {
    orders_.first_time(order_key(row.values));
    return states_.pushed(state_key(row.values));
  });
  decode_order(message, problem, live);
}

void OrderRecovery::remember(const EarlierRow& row) {
  orders_.first_time(order_key(row.values));
  earlier_.insert(state_key(row.values));
}

bool OrderRecovery::is_missing(const Row& row, const Gap& gap, RestPage& page) {
  const bool is_old = times_.is_before(gap, row.event_ns);
  if (is_old) page.meets_before = true;
  // The time of an order may be that of its making: a known one may have changed since.
  if (is_old && !orders_.contains(order_key(row.values))) return false;
  if (!filter_.passes(row.values[kOrderSymbol].text, Json())) return false;
  const std::uint64_t state = state_key(row.values);
  if (earlier_.contains(state) || states_.told_all(state, 1) == 0) return false;
  orders_.first_time(order_key(row.values));
  return true;
}

RestPage OrderRecovery::absorb(const RestAnswer& answer, RowSink& rows) {
  return absorb_page(
      answer, "REST order", kOrderId, strangers_, rows, decode_order,
      [&](const Row& row, RestPage& page) { return is_missing(row, *answer.gap, page); });
}

// ---- the portfolio ----

RestPage PortfolioRecovery::absorb(const RestAnswer& answer, RowSink& rows) {
  RestPage page;
  const Single single = read_single(answer.root());
  page.problem = single.problem;
  if (!page.problem.empty() || !single.object.exists()) return page;
  page.items = 1;
  if (single.object.raw() == told_) return page;
  told_ = single.object.raw();
  Portfolio row;
  row.data = told_;
  rows.add(row, time_ms(single.object["timestamp"]), Origin::gapfill);
  return page;
}

}  // namespace tapedeck::hypercall
