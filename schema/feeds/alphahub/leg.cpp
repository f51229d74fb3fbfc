#include "schema/feeds/alphahub/leg.h"

#include <string>

#include "schema/base/text.h"
#include "schema/feeds/alphahub/wire.h"
#include "schema/feeds/fold.h"

namespace tapedeck::alphahub {

namespace {

bool is_present(Json value) {
  return value.exists() && value.kind() != JsonKind::null;
}

}  // namespace

LegOrProblem read_leg(Json value, std::string_view zone) {
  if (!value.is_object()) return {{}, "a leg that is no object"};
  const Json symbol = member_of(value, "symbol");
  if (!is_present(symbol)) return {{}, "no symbol"};
  if (!symbol.is_string() || symbol.text().empty()) return {{}, "bad symbol"};
  const Json side = member_of(value, "side");
  if (is_present(side) && !side.is_string()) return {{}, "bad side"};
  const Json price = member_of(value, "price");
  if (is_present(price) && price.scalar().data() == nullptr) return {{}, "bad price"};
  const Json timestamp = member_of(value, "timestamp");
  Leg leg{symbol.text(), side.text(), price.scalar(), std::nullopt};
  if (is_present(timestamp)) {
    leg.event_ns = read_time(timestamp, zone);
    if (!leg.event_ns) return {{}, "bad timestamp"};
  }
  return {leg, {}};
}

Signal row_of(std::string_view algorithm, const Leg& leg, std::string& lower_side) {
  Signal row;
  row.algorithm_id = id_of(algorithm);
  row.symbol = leg.symbol;
  lower_side = to_lower(leg.side);
  if (leg.side.data() != nullptr) row.side = lower_side;
  row.price = leg.price;
  return row;
}

std::uint64_t identity_of(const Signal& row, Ns event_ns) {
  const Id& id = row.algorithm_id;
  std::uint64_t key = id.integer ? static_cast<std::uint64_t>(*id.integer) : hash_text(id.digits);
  key = hash_combine(key, hash_text(row.symbol));
  key = hash_combine(key, hash_text(row.side));
  key = hash_combine(key, hash_decimal(row.price));
  return hash_combine(key, static_cast<std::uint64_t>(event_ns));
}

}  // namespace tapedeck::alphahub
