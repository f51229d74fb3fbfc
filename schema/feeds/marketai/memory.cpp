#include "schema/feeds/marketai/memory.h"

#include <algorithm>
#include <cstring>

#include "schema/base/decimal.h"
#include "schema/base/json.h"

namespace tapedeck::marketai {

namespace {

constexpr std::size_t kStatesMax = 50'000;
constexpr std::size_t kSymbolsMax = 20'000;

template <class T>
void append_bytes(std::string& out, T value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

template <class T>
T take_bytes(std::string_view& in) {
  T value{};
  std::memcpy(&value, in.data(), sizeof value);
  in.remove_prefix(sizeof value);
  return value;
}

Value take_value(std::string_view& in) {
  switch (take_bytes<Value::Type>(in)) {
    case Value::Type::null:
      return {};
    case Value::Type::integer:
      return Int(take_bytes<std::int64_t>(in));
    case Value::Type::text:
      break;
  }
  const auto size = take_bytes<std::size_t>(in);
  const std::string_view text = in.substr(0, size);
  in.remove_prefix(size);
  return text;
}

bool is_same_json(Json a, Json b) {
  if (a.kind() != b.kind()) return false;
  if (a.is_string() || a.is_number()) return same_decimal(a.scalar(), b.scalar());
  if (!a.is_array() && !a.is_object()) return a.raw() == b.raw();
  if (a.size() != b.size()) return false;
  Json other = b.first();
  for (Json item = a.first(); item.exists(); item = item.next()) {
    if (a.is_object()) other = b[item.key()];
    if (!is_same_json(item, other)) return false;
    if (a.is_array()) other = other.next();
  }
  return true;
}

bool is_same_json(std::string_view a, std::string_view b) {
  JsonDoc first;
  JsonDoc second;
  return a == b || (first.parse(a) && second.parse(b) && is_same_json(first.root(), second.root()));
}

}  // namespace

bool EventMemory::add(std::uint64_t hash, std::optional<Ns> recv_ns) {
  const auto [entry, is_new] = events_.try_emplace(hash, recv_ns);
  if (!is_new && !entry->second) entry->second = recv_ns;
  if (!is_new) return false;
  if (const auto forgotten = last_.push(hash)) events_.erase(*forgotten);
  return true;
}

bool EventMemory::pushed(const EventKey& key, Ns recv_ns) {
  const bool is_first = add(key.hash, recv_ns);
  return key.is_identity ? is_first : by_value_.pushed(key.hash);
}

bool EventMemory::told(const EventKey& key, std::uint32_t nth) {
  const auto earlier = earlier_.find(key.hash);
  const std::uint32_t had = earlier == earlier_.end() ? 0 : earlier->second.count;
  if (key.is_identity) return had == 0 && add(key.hash, std::nullopt);
  return nth > had && by_value_.told_all(key.hash, nth - had) > 0;
}

void EventMemory::remember(const EventKey& key, std::optional<Ns> recv_ns) {
  if (earlier_.size() >= kEventsMax && !earlier_.contains(key.hash)) return;
  Earlier& earlier = earlier_[key.hash];
  ++earlier.count;
  if (!earlier.recv_ns) earlier.recv_ns = recv_ns;
}

bool EventMemory::knows(const EventKey& key) const {
  return events_.contains(key.hash) || earlier_.contains(key.hash);
}

std::optional<Ns> EventMemory::received_ns(const EventKey& key) const {
  const auto earlier = earlier_.find(key.hash);
  if (earlier != earlier_.end() && earlier->second.recv_ns) return earlier->second.recv_ns;
  const auto found = events_.find(key.hash);
  return found == events_.end() ? std::nullopt : found->second;
}

void SymbolMemory::pushed(std::string_view symbol, Int event_ns, Ns recv_ns) {
  auto found = by_symbol_.find(symbol);
  if (found == by_symbol_.end()) {
    if (by_symbol_.size() >= kSymbolsMax) return;
    found = by_symbol_.emplace(symbol, Newest()).first;
  }
  Newest& newest = found->second;
  newest.recv_ns = std::max(newest.recv_ns, recv_ns);
  newest.event_ns = std::max(newest.event_ns, event_ns);
}

void SymbolMemory::remember(std::string_view symbol) {
  if (by_symbol_.size() < kSymbolsMax) by_symbol_.try_emplace(std::string(symbol));
}

std::optional<SymbolMemory::Newest> SymbolMemory::newest(std::string_view symbol) const {
  if (!symbol.empty()) {
    const auto found = by_symbol_.find(symbol);
    return found == by_symbol_.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<Newest> newest;
  for (const auto& [name, one] : by_symbol_) {
    if (!newest || newest->event_ns < one.event_ns) newest = one;
  }
  return newest;
}

std::vector<std::string> SymbolMemory::symbols() const {
  std::vector<std::string> found;
  for (const auto& [name, newest] : by_symbol_) {
    if (!name.empty()) found.push_back(name);
  }
  return found;
}

void StateMemory::put(const Row& row, Ns recv_ns) {
  const std::uint64_t key = state_key(row.table->id, row.values);
  if (row.event_ns) seen_.first_time(stamp(key, *row.event_ns));
  if (last_.size() >= kStatesMax && !last_.contains(key)) return;
  const auto [entry, is_new] = last_.try_emplace(key);
  Last& last = entry->second;
  if (!is_new && row.event_ns && last.event_ns && *row.event_ns < *last.event_ns) return;
  last = {recv_ns, row.event_ns, pack(row.values)};
}

void StateMemory::remember(const EarlierRow& row) {
  const std::uint64_t key = state_key(row.table, row.values);
  if (row.event_ns) seen_earlier_.first_time(stamp(key, *row.event_ns));
  if (earlier_.size() >= kStatesMax && !earlier_.contains(key)) return;
  earlier_[key] = {row.recv_ns, row.event_ns, pack(row.values)};
}

const StateMemory::Last* StateMemory::find(std::uint64_t key) const {
  for (const auto* states : {&last_, &earlier_}) {
    if (const auto found = states->find(key); found != states->end()) return &found->second;
  }
  return nullptr;
}

bool StateMemory::has(std::uint64_t key, Ns event_ns) const {
  const std::uint64_t both = stamp(key, event_ns);
  return seen_.contains(both) || seen_earlier_.contains(both);
}

std::string StateMemory::pack(std::span<const Value> values) {
  std::string packed;
  for (const Value& value : values) {
    append_bytes(packed, value.type);
    if (value.type == Value::Type::integer) append_bytes(packed, value.integer);
    if (value.type != Value::Type::text) continue;
    append_bytes(packed, value.text.size());
    packed += value.text;
  }
  return packed;
}

bool StateMemory::is_same(const std::string& packed, const Row& row) {
  std::string_view rest = packed;
  for (std::size_t i = 0; i < row.values.size(); ++i) {
    const Value& now = row.values[i];
    const Value before = take_value(rest);
    if (before == now) continue;
    if (before.type != Value::Type::text || now.type != before.type) return false;
    const bool is_json = row.table->columns[i].type == ColumnType::json;
    if (is_json ? !is_same_json(before.text, now.text) : !same_decimal(before.text, now.text)) {
      return false;
    }
  }
  return true;
}

}  // namespace tapedeck::marketai
