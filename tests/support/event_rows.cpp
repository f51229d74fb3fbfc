#include "tests/support/event_rows.h"

#include "schema/base/decimal.h"

namespace tapedeck::testing {
namespace {

// Tables whose gap-filled rows are events of the past. In the others REST tells the present state:
// a row of its own, which no message made.
bool is_history(TableId table) {
  switch (table) {
    case TableId::alert:
    case TableId::signal:
    case TableId::trade:
    case TableId::fill:
    case TableId::liquidation:
    case TableId::candle:
      return true;
    default:
      return false;
  }
}

// Columns that only one of socket and REST tells.
bool is_compared(const Table& table, std::string_view feed, std::string_view column) {
  if (table.id == TableId::order_update) {
    return column == "order_id" || column == "status";
  }
  if (table.id == TableId::signal) return column != "action" && column != "leg";
  if (table.id == TableId::trade && feed == "hypercall") return column != "trade_id";
  return true;
}

}  // namespace

std::string event_key(const Table& table, std::string_view feed, Int event_ns,
                      std::span<const Value> values) {
  // The time of an order's state is one thing on the socket and may be another in REST's list.
  const Ns time_ns = table.id == TableId::order_update ? 0 : event_ns.value_or(0);
  std::string key = std::string(table.name) + "@" + std::to_string(time_ns);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!is_compared(table, feed, table.columns[i].name)) continue;
    key += '|';
    if (values[i].type == Value::Type::integer) key += std::to_string(values[i].integer);
    if (values[i].type != Value::Type::text) continue;
    key += canonical_decimal(values[i].text).value_or(std::string(values[i].text));
  }
  return key;
}

void KeptEvents::add(TableId table, Origin origin, Int event_ns, std::span<const Value> values) {
  const bool is_fill = origin == Origin::gapfill;
  const std::string key = event_key(table_of(table), feed_, event_ns, values);
  if (is_fill && !is_history(table)) {
    ++told_[key];
    return;
  }
  // A tape stands for itself: what a snapshot frame of its own shows is there, though an earlier
  // recorder's tape may have it too.
  if (origin == Origin::snapshot && kept_.contains(key) && own_.insert(key).second) return;
  ++kept_[key];
  own_.insert(key);
  if (is_fill) ++by_fill_[key];
}

}  // namespace tapedeck::testing
