#include "schema/feeds/marketai/absorb.h"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "schema/base/text.h"
#include "schema/feeds/marketai/decode.h"

namespace tapedeck::marketai {

namespace {

// One row of an answer.
struct Item {
  Json message;  // the update that it came in, if it did
  Json data;
  Int at_ns;  // where it lies in the answer's order
};

Item read_item(Json json, const Channel& channel) {
  Item item;
  item.data = json;
  // Bare, or as the socket sends it.
  if (json["type"].text() == "update" && json["data"].is_object()) {
    item.message = json;
    item.data = json["data"];
  }
  const Json own = item.data["timestamp"];
  Json at = own.exists() ? own : item.message["ts"];
  if (!at.exists() && channel.nature == Nature::candle) at = item.data["open_time"];
  item.at_ns = parse_unix(at.scalar(), kNsPerMs);
  return item;
}

// The list in `data`, or in the member of it that holds one; a state may also be told alone.
// nullopt when there is neither.
std::optional<std::vector<Item>> items_of(Json data, const Channel& channel) {
  const std::string_view section = channel.rest_path.substr(channel.rest_path.rfind('/') + 1);
  Json list = data;
  for (const std::string_view name :
       {channel.name, section, std::string_view("items"), std::string_view("rows"),
        std::string_view("results"), std::string_view("data")}) {
    if (list.is_object() && list[name].is_array()) list = list[name];
  }
  std::vector<Item> items;
  if (!list.is_array()) {
    if (!list.is_object() || channel.nature != Nature::state) return std::nullopt;
    if (list.size() > 0) items.push_back(read_item(list, channel));
    return items;
  }
  for (Json item = list.first(); item.exists(); item = item.next()) {
    items.push_back(read_item(item, channel));
  }
  return items;
}

// What the service says instead of an answer, also with a 2xx; empty when it answers.
std::string refusal_of(Json root) {
  const bool is_refused =
      root["ok"].boolean() == false || (!root["data"].exists() && root["error"].exists());
  if (!is_refused) return {};
  const ErrorInfo error = read_error(root);
  std::string why = "the service refused: " + describe(error);
  if (is_about_credentials(error.code)) why += ": check feeds.marketai.api_key";
  return why;
}

// The first of an answer lies after its last.
bool is_newest_first(const std::vector<Item>& items) {
  return !items.empty() && items.front().at_ns && items.back().at_ns &&
         *items.front().at_ns > *items.back().at_ns;
}

// Judges the rows of one answer against what is known, and passes on what is new.
class Absorber final : public RowSink {
 public:
  Absorber(const RestAnswer& answer, const Channel& channel, Memory& memory, RowSink& rows)
      : answer_(answer),
        channel_(channel),
        gap_(*answer.gap),
        memory_(memory),
        events_(memory.events[index_of(channel)]),
        rows_(rows) {
    const Target asked = parse_target(answer.url);
    symbol_ = asked.get(channel.symbol_member);
    interval_ = asked.get("interval");
    page_.recv_ns = answer.recv_ns;
    answered_ns_ =
        parse_unix(answer.root()["meta"]["timestamp"].scalar(), kNsPerMs).value_or(answer.recv_ns);
  }

  RestPage run(std::vector<Item> items) {
    page_.is_newest_first = is_newest_first(items);
    if (page_.is_newest_first) std::reverse(items.begin(), items.end());
    std::stable_sort(items.begin(), items.end(),
                     [](const Item& a, const Item& b) { return a.at_ns < b.at_ns; });
    for (const Item& item : items) add_item(item);
    judge();
    return page_;
  }

  // A decoder's: of the item in hand.
  void add_row(const Row& row) override {
    const Text symbol = marketai::symbol_of(row.table->id, row.values);
    // Some services do not filter what they are asked to filter.
    if (!symbol_.empty() && !symbol.empty() && symbol != symbol_) return;
    switch (channel_.nature) {
      case Nature::event:
        return add_event(row, event_key(row.table->id, row.values, row.event_ns), row.event_ns);
      case Nature::candle:
        return add_candle(row);
      case Nature::state:
        return add_state(row);
    }
  }
  void set_cursor(std::string_view stream, std::string_view value) override {
    rows_.set_cursor(stream, value);
  }

 private:
  void add_item(const Item& item) {
    ++page_.items;
    if (item.at_ns) {
      page_.oldest_ns = std::min(page_.oldest_ns.value_or(*item.at_ns), *item.at_ns);
      page_.newest_ns = std::max(page_.newest_ns.value_or(*item.at_ns), *item.at_ns);
    }
    Problem problem(channel_.name);
    if (item.data.is_object()) {
      decoder_of(channel_.name)({item.message, item.data, symbol_, interval_}, problem, *this);
    } else {
      problem.bad("row of a REST answer");
    }
    if (!problem.any() || !memory_.unreadable.first_time(hash_text(item.data.raw()))) return;
    rows_.add(Unparsed{problem.reason()}, std::nullopt, Origin::gapfill);
  }

  void add_event(const Row& row, const EventKey& key, Int at_ns) {
    const std::optional<Ns> received_ns = events_.received_ns(key);
    const bool is_old = at_ns && *at_ns < gap_.floor_ns;
    if (is_old || (received_ns && *received_ns <= gap_.from_ns)) page_.meets_before = true;
    if (received_ns && *received_ns >= gap_.to_ns.value_or(answer_.recv_ns)) {
      page_.meets_after = true;
    }
    if (is_old) return;
    if (events_.told(key, ++told_[key.hash])) emit(row);
  }

  void add_candle(const Row& row) {
    const Text interval = row.values[candle_column::kInterval].text;
    if (!interval_.empty() && interval != interval_) return;
    const Value& sent = row.values[candle_column::kCloseNs];
    const Ns closes_ns = sent.type == Value::Type::integer
                             ? sent.integer
                             : close_of(row.values[candle_column::kOpenNs].integer, interval);
    // One that does not say whether it is closed tells by its time.
    if (!is_closed(row.values).value_or(closes_ns <= answered_ns_)) return;
    add_event(row, candle_key(row.values), row.event_ns.value_or(closes_ns));
  }

  // A state of the gap's time differs from the one before it, in this answer or on the tape; one of
  // now from the last, unless the socket has brought a newer one.
  void add_state(const Row& row) {
    const std::uint64_t key = state_key(row.table->id, row.values);
    const Int at_ns = row.event_ns;
    if (at_ns && *at_ns < gap_.floor_ns) return;
    std::string& before = states_[key];
    if (at_ns && memory_.states.has(key, *at_ns)) {
      before = StateMemory::pack(row.values);
      return;
    }
    const Ns to_ns = gap_.to_ns.value_or(answer_.recv_ns);
    const bool is_of_gap = at_ns && *at_ns <= to_ns;
    const StateMemory::Last* last = memory_.states.find(key);
    if (!is_of_gap && last != nullptr && last->recv_ns >= to_ns) return;
    if (before.empty() && last != nullptr) {
      const bool is_before = last->recv_ns <= gap_.from_ns || !is_of_gap ||
                             (last->event_ns && *last->event_ns <= *at_ns);
      if (is_before) before = last->values;
    }
    if (!before.empty() && StateMemory::is_same(before, row)) {
      if (at_ns) memory_.states.skip(key, *at_ns);
      return;
    }
    before = StateMemory::pack(row.values);
    emit(row);
    memory_.states.put(row, answer_.recv_ns);
  }

  void emit(const Row& row) {
    Row told = row;
    told.origin = Origin::gapfill;
    rows_.add_row(told);
  }

  // What this answer and the socket say about the gap together.
  void judge() {
    if (channel_.nature == Nature::candle) {
      const std::string series = candle_series(symbol_, interval_);
      const auto is_known = [&](Text venue, Ns open_ns) {
        return events_.knows(candle_key(venue, symbol_, interval_, open_ns));
      };
      const auto whole = memory_.candles.is_whole(series, gap_.floor_ns,
                                                  gap_.to_ns.value_or(answer_.recv_ns), is_known);
      page_.is_whole = whole == true;
      page_.is_behind = whole == false;
      return;
    }
    const auto newest = memory_.symbols[index_of(channel_)].newest(symbol_);
    page_.is_behind = newest && newest->recv_ns >= gap_.to_ns.value_or(answer_.recv_ns) &&
                      (!page_.newest_ns || *page_.newest_ns < newest->event_ns);
  }

  const RestAnswer& answer_;
  const Channel& channel_;
  const Gap& gap_;
  Memory& memory_;
  EventMemory& events_;
  RowSink& rows_;
  RestPage page_;
  std::string symbol_;  // asked for; empty: all
  std::string interval_;
  Ns answered_ns_ = 0;  // by the service's clock where it says so
  std::unordered_map<std::uint64_t, std::uint32_t> told_;  // of each event, in this answer
  std::unordered_map<std::uint64_t, std::string> states_;  // of each state, the last told
};

}  // namespace

RestPage absorb_answer(const RestAnswer& answer, Memory& memory, RowSink& rows) {
  RestPage page;
  const Channel* channel = find_channel(answer.stream);
  const Json root = answer.root();
  if (channel == nullptr || !root.exists()) {
    page.problem = channel == nullptr ? "no such channel" : "not JSON";
    return page;
  }
  page.problem = refusal_of(root);
  if (!page.problem.empty()) return page;
  auto items = items_of(root.is_array() ? root : root["data"], *channel);
  if (!items) {
    page.problem = "no list of " + std::string(channel->name);
    return page;
  }
  if (answer.gap == nullptr) return page;
  return Absorber(answer, *channel, memory, rows).run(std::move(*items));
}

}  // namespace tapedeck::marketai
