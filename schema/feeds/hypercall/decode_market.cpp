#include <string>
#include <vector>

#include "schema/base/text.h"
#include "schema/feeds/hypercall/decode.h"

namespace tapedeck::hypercall {

namespace {

// `[["95000.5","10.5"],…]` of a book's side: numbers become strings with the digits sent. False
// when a level is no pair of price and size.
bool append_levels(Json side, std::string& out) {
  out += '[';
  for (Json level = side.first(); level.exists(); level = level.next()) {
    const Json price = level.is_array() ? level.first() : level["price"];
    const Json size = level.is_array() ? price.next() : level["size"];
    if (price.scalar().data() == nullptr || size.scalar().data() == nullptr) return false;
    if (out.size() > 1) out += ',';
    out += '[';
    append_json_string(out, price.scalar());
    out += ',';
    append_json_string(out, size.scalar());
    out += ']';
  }
  out += ']';
  return true;
}

// A null or absent side is NULL; an empty one is `[]`.
Text side_of_book(Fields& fields, std::string_view name, std::string& storage, Problem& problem) {
  const Json side = fields.nested(name, JsonKind::array);
  if (!side.exists()) return {};
  if (!append_levels(side, storage)) problem.bad(name);
  return storage;
}

OptionChain chain_base(Fields& fields, Problem& problem) {
  OptionChain row;
  row.action = fields.text("action");
  row.underlying = fields.text("currency");
  if (const Text expiry = fields.decimal("expiry"); expiry.data() != nullptr) {
    row.expiry_ns = chain_expiry(expiry);
    if (!row.expiry_ns) problem.bad("expiry");
  }
  return row;
}

}  // namespace

Int event_time_of(Fields& fields) {
  Int ns = fields.time("timestamp");
  for (const std::string_view name : {"updated_at", "created_at"}) {
    if (!ns) ns = parse_any_time(fields.object()[name].scalar());
  }
  return ns;
}

void decode_orderbook(Json message, Text asked, Problem& problem, RowSink& rows) {
  Fields fields(message, problem);
  std::string bids;
  std::string asks;
  Book row;
  row.symbol = fields.text("symbol", asked.empty() ? Need::required : Need::optional);
  if (row.symbol.data() == nullptr) row.symbol = asked;
  row.bids = side_of_book(fields, "bids", bids, problem);
  row.asks = side_of_book(fields, "asks", asks, problem);
  const Int event_ns = fields.time("timestamp");
  if (!problem.any()) rows.add(row, event_ns);
}

void decode_trade(Json message, Problem& problem, RowSink& rows) {
  Fields fields(message, problem);
  Trade row;
  row.symbol = fields.text("symbol", Need::required);
  row.price = fields.decimal("price", Need::required);
  row.size = fields.decimal("size", Need::required);
  Text sent_side = fields.text("side");
  if (sent_side.data() == nullptr) sent_side = fields.text("taker_side");
  const std::string side = to_lower(sent_side);
  if (sent_side.data() != nullptr) row.side = side;
  row.trade_id = fields.decimal("trade_id");
  const Int event_ns = event_time_of(fields);
  if (!problem.any()) rows.add(row, event_ns);
}

void decode_market(Json message, Problem& problem, RowSink& rows) {
  Fields fields(message, problem);
  Market row;
  row.action = fields.text("action", Need::required);
  row.symbol = fields.text("symbol", Need::required);
  row.underlying = fields.text("underlying");
  row.strike = fields.decimal("strike");
  row.is_call = fields.flag("is_call");
  row.expiry_ns = fields.time("expiry", kNsPerSec);
  const Int event_ns = fields.time("timestamp");
  if (!problem.any()) rows.add(row, event_ns);
}

void decode_index_prices(Json message, Problem& problem, RowSink& rows) {
  Fields fields(message, problem);
  const Int message_ns = fields.time("timestamp");
  const Json prices = fields.nested("prices", JsonKind::array);
  if (!prices.exists()) problem.no("prices");
  struct Priced {
    IndexPrice row;
    Int event_ns;
  };
  std::vector<Priced> found;
  for (Json price = prices.first(); price.exists(); price = price.next()) {
    Fields one(price, problem);
    const IndexPrice row{one.text("underlying", Need::required),
                         one.decimal("price", Need::required)};
    const Int own_ns = one.time("timestamp");
    found.push_back({row, own_ns ? own_ns : message_ns});
  }
  if (problem.any()) return;
  for (const Priced& priced : found) rows.add(priced.row, priced.event_ns);
}

void decode_options_chain(Json message, Problem& problem, RowSink& rows) {
  Fields fields(message, problem);
  OptionChain row = chain_base(fields, problem);
  const Int event_ns = fields.time("timestamp");
  if (row.action == "Remove") {
    row.strike = fields.decimal("strike");
    row.option_type = fields.text("option_type");
    row.symbol = fields.text("symbol");
    if (!problem.any()) rows.add(row, event_ns);
    return;
  }
  if (row.action != "Upsert") {
    row.action.data() == nullptr ? problem.no("action") : problem.bad("action");
    return;
  }
  const Json chain_row = fields.nested("row", JsonKind::object);
  if (!chain_row.exists()) problem.no("row");
  Fields chain_fields(chain_row, problem);
  row.strike = chain_fields.decimal("strike", Need::required);
  std::vector<OptionChain> legs;
  for (const std::string_view option_type : {"call", "put"}) {
    const Json leg = chain_fields.nested(option_type, JsonKind::object);
    if (!leg.exists()) continue;
    row.option_type = option_type;
    row.symbol = first_of(leg, {"symbol", "instrument_name"}).text();
    row.data = leg.raw();
    legs.push_back(row);
  }
  if (problem.any()) return;
  for (const OptionChain& leg : legs) rows.add(leg, event_ns);
}

}  // namespace tapedeck::hypercall
