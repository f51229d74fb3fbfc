#include "schema/feeds/alterscope/states.h"

#include <algorithm>
#include <utility>

#include "schema/base/decimal.h"
#include "schema/base/text.h"

namespace tapedeck::alterscope {

namespace {

constexpr std::size_t kStatesMax = 100'000;
// The documented `as_of` is cut to whole seconds.
constexpr Ns kGrainNs = kNsPerSec;

std::uint64_t factor_key(Text opportunity, Text factor) {
  return hash_combine(hash_text(opportunity), hash_text(factor));
}

std::optional<std::string> kept(Text value) {
  return value.data() == nullptr ? std::nullopt : std::optional<std::string>(value);
}

bool is_same(const std::optional<std::string>& recorded, Text value) {
  if (!recorded || value.data() == nullptr) return !recorded && value.data() == nullptr;
  return same_decimal(*recorded, value);
}

// The assumed `{"data":[…]}`; a bare list is understood too.
Json list_of(Json answer) {
  return answer.is_array() ? answer : answer["data"];
}

std::string next_page(Json meta) {
  if (meta["has_more"].boolean() == false) return "";
  return std::string(meta["cursor"].scalar());
}

bool lies_in(const Gap& gap, Int as_of_ns) {
  return as_of_ns >= gap.floor_ns - kGrainNs && as_of_ns <= gap.to_ns.value_or(gap.from_ns);
}

}  // namespace

FactorStates::State* FactorStates::Book::find(std::uint64_t factor) {
  const auto found = states_.find(factor);
  return found == states_.end() ? nullptr : &found->second;
}

void FactorStates::Book::put(std::uint64_t factor, State state) {
  const auto [entry, is_new] = states_.insert_or_assign(factor, std::move(state));
  if (!is_new) return;
  order_.push_back(factor);
  if (order_.size() <= kStatesMax) return;
  states_.erase(order_.front());
  order_.pop_front();
}

bool FactorStates::changed(const Change& change, Ns recv_ns, RowSink& rows) {
  const Factor& row = change.row;
  const std::uint64_t key = factor_key(row.opportunity_id, row.factor);
  State now{kept(row.current), change.as_of_ns, row.as_of_block.integer, recv_ns};
  State* last = states_.find(key);
  if (last != nullptr && last->is_told) {
    if (last->as_of_ns == change.as_of_ns && is_same(last->current, row.current)) {
      return !std::exchange(*last, std::move(now)).has_row;
    }
    // It was on its way when REST told what came after it.
    if (is_before(change, *last)) return true;
  }
  if (last != nullptr) expect_to_follow(change, *last, rows);
  states_.put(key, std::move(now));
  return true;
}

// Negative: older; positive: newer; 0: it cannot be told. Times may be cut to whole seconds.
int FactorStates::compare_age(const Change& change, const State& state) {
  const Int block = change.row.as_of_block.integer;
  if (block && state.block && *block != *state.block) return *block < *state.block ? -1 : 1;
  if (!change.as_of_ns || !state.as_of_ns) return 0;
  if (*change.as_of_ns + kGrainNs <= *state.as_of_ns) return -1;
  return *change.as_of_ns >= *state.as_of_ns + kGrainNs ? 1 : 0;
}

bool FactorStates::is_before(const Change& change, const State& told) {
  const int age = compare_age(change, told);
  return age < 0 || (age == 0 && !is_same(told.current, change.row.previous));
}

void FactorStates::expect_to_follow(const Change& change, const State& last, RowSink& rows) const {
  const Factor& row = change.row;
  // Below the threshold values move without a message.
  if (subscription_.has_threshold || row.previous.data() == nullptr || !last.current) return;
  if (same_decimal(*last.current, row.previous)) return;
  rows.missed(row.opportunity_id, last.recv_ns,
              std::string(shortened(row.factor)) + " changed from " +
                  std::string(shortened(row.previous)) + ", but the last value known is " +
                  std::string(shortened(*last.current)));
}

void FactorStates::remember(const EarlierRow& row) {
  // The columns of `factor`: opportunity_id, factor, previous, current, as_of_block.
  Int block;
  if (row.values[4].type == Value::Type::integer) block = row.values[4].integer;
  earlier_.put(factor_key(row.values[0].text, row.values[1].text),
               State{kept(row.values[3].text), row.event_ns, block, row.recv_ns});
}

bool FactorStates::is_subscribed(Json category) const {
  const auto& asked = subscription_.categories;
  if (asked.empty() || category.scalar().empty()) return true;
  return std::find(asked.begin(), asked.end(), category.scalar()) != asked.end();
}

RestPage FactorStates::absorb(const RestAnswer& answer, RowSink& rows) {
  RestPage page;
  const Json list = list_of(answer.root());
  if (!list.is_array()) {
    page.problem = "no list at data";
    return page;
  }
  if (answer.gap == nullptr) return page;
  page.next = next_page(answer.root()["meta"]);
  for (Json item = list.first(); item.exists(); item = item.next()) {
    ++page.items;
    if (!is_subscribed(item["category"])) continue;
    Change change;
    if (const std::string why = read_state(item, answer.stream, change); !why.empty()) {
      page.doubt = "a factor of the answer cannot be read (" + why + ")";
      const auto key = hash_combine(hash_text(answer.stream), hash_text(item.raw()));
      if (unread_.first_time(key)) rows.add(Unparsed{why}, std::nullopt, Origin::gapfill);
      continue;
    }
    absorb_state(change, answer, page, rows);
  }
  return page;
}

// One row for a value that differs from the last recorded one. What led to it is not known.
void FactorStates::absorb_state(const Change& change, const RestAnswer& answer, RestPage& page,
                                RowSink& rows) {
  const Gap& gap = *answer.gap;
  const Factor& row = change.row;
  const std::uint64_t key = factor_key(row.opportunity_id, row.factor);
  State* own = states_.find(key);
  const State* last = own != nullptr ? own : earlier_.find(key);
  bool has_row = last == nullptr ? lies_in(gap, change.as_of_ns) : true;
  if (last != nullptr && is_same(last->current, row.current)) {
    if (own != nullptr && compare_age(change, *own) <= 0) {
      own->recv_ns = answer.recv_ns;
      return;
    }
    // A newer time: it changed and changed back. The socket may yet bring the last of it.
    has_row = false;
  } else if (last != nullptr && last->recv_ns >= gap.to_ns.value_or(gap.from_ns)) {
    // What the socket has brought since then is the newer one, unless block or time say otherwise.
    if (compare_age(change, *last) <= 0) return;
  } else if (last != nullptr && compare_age(change, *last) < 0) {
    page.is_behind = true;
    return;
  }
  states_.put(key, State{kept(row.current), change.as_of_ns, row.as_of_block.integer,
                         answer.recv_ns, true, has_row});
  if (!has_row) return;
  rows.add(row, change.as_of_ns, Origin::gapfill);
  if (!change.as_of.empty()) rows.set_cursor(row.opportunity_id, change.as_of);
}

}  // namespace tapedeck::alterscope
