#include "schema/feeds/marketai/identity.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "schema/feeds/fold.h"

namespace tapedeck::marketai {

namespace {

constexpr int kNone = -1;
using Columns = std::array<int, 5>;

// Which columns of a table (in the order of records.h) say what.
struct Shape {
  TableId table;
  int symbol;
  int identifier;    // the event has an identity when this one is there
  Columns identity;  // then these are it, of a signal with its time: its ids may begin anew
  Columns values;    // otherwise these; of a state: what it is of
};
constexpr std::array<Shape, 9> kShapes = {{
    {TableId::quote, 1, kNone, {}, {0, 1, kNone}},
    {TableId::book, 1, kNone, {}, {0, 1, kNone}},
    {TableId::trade, 1, 5, {0, 1, 5, kNone}, {0, 1, 2, 3, 4}},
    {TableId::alert, 4, 0, {0, kNone}, {1, 3, 4, 7, 8}},
    // Not its notional: that is computed, and may be left out.
    {TableId::liquidation, 1, kNone, {}, {0, 1, 2, 3, 4}},
    {TableId::funding, 1, kNone, {}, {0, 1, kNone}},
    {TableId::candle, 1, 10, {0, 1, 2, 8, kNone}, {0, 1, 2, 8, kNone}},
    {TableId::narrative, 0, kNone, {}, {0, 1, 2, kNone}},
    {TableId::prediction, 0, kNone, {}, {0, 1, kNone}},
}};

const Shape& shape_of(TableId table) {
  const auto* found = std::find_if(kShapes.begin(), kShapes.end(),
                                   [&](const Shape& shape) { return shape.table == table; });
  assert(found != kShapes.end());
  return *found;
}

bool is_there(const Value& value) {
  if (value.type == Value::Type::integer) return value.integer != 0;
  return !value.text.empty();
}

enum class Compare : std::uint8_t { bytes, decimals };

std::uint64_t hash_value(const Value& value, Compare how) {
  if (value.type == Value::Type::integer) {
    return hash_combine(1, static_cast<std::uint64_t>(value.integer));
  }
  if (value.text.empty()) return 0;
  return how == Compare::bytes ? hash_text(value.text) : hash_decimal(value.text);
}

std::uint64_t hash_columns(TableId table, std::span<const Value> values, const Columns& columns,
                           Compare how) {
  auto hash = hash_combine(static_cast<std::uint64_t>(table), static_cast<std::uint64_t>(how));
  for (const int column : columns) {
    if (column == kNone) break;
    hash = hash_combine(hash, hash_value(values[static_cast<std::size_t>(column)], how));
  }
  return hash;
}

}  // namespace

EventKey event_key(TableId table, std::span<const Value> values, Int event_ns) {
  const Shape& shape = shape_of(table);
  const int identifier = shape.identifier;
  if (identifier != kNone && is_there(values[static_cast<std::size_t>(identifier)])) {
    const std::uint64_t hash = hash_columns(table, values, shape.identity, Compare::bytes);
    if (table != TableId::alert) return {hash, true};
    return {hash_combine(hash, hash_value(Value(event_ns), Compare::bytes)), true};
  }
  const std::uint64_t hash = hash_columns(table, values, shape.values, Compare::decimals);
  return {hash_combine(hash, hash_value(Value(event_ns), Compare::bytes)), false};
}

EventKey candle_key(std::span<const Value> values) {
  const Shape& shape = shape_of(TableId::candle);
  return {hash_columns(TableId::candle, values, shape.identity, Compare::bytes), true};
}

EventKey candle_key(Text venue, Text symbol, Text interval, Ns open_ns) {
  std::array<Value, 11> values;
  values[candle_column::kVenue] = venue;
  values[candle_column::kSymbol] = symbol;
  values[candle_column::kInterval] = interval;
  values[candle_column::kOpenNs] = Value(Int(open_ns));
  return candle_key(values);
}

std::optional<bool> is_closed(std::span<const Value> values) {
  const Value& said = values[candle_column::kIsClosed];
  if (said.type != Value::Type::integer) return std::nullopt;
  return said.integer != 0;
}

std::uint64_t state_key(TableId table, std::span<const Value> values) {
  return hash_columns(table, values, shape_of(table).values, Compare::bytes);
}

Text symbol_of(TableId table, std::span<const Value> values) {
  return values[static_cast<std::size_t>(shape_of(table).symbol)].text;
}

}  // namespace tapedeck::marketai
