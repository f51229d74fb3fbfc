#include <string>
#include <vector>

#include "schema/base/text.h"
#include "schema/feeds/hypercall/decode.h"

namespace tapedeck::hypercall {

namespace {

Greeks greeks_of(Fields& fields) {
  Greeks row;
  row.quantity = fields.decimal("quantity");
  row.delta = fields.decimal("delta");
  row.gamma = fields.decimal("gamma");
  row.theta = fields.decimal("theta");
  row.vega = fields.decimal("vega");
  row.iv = fields.decimal("iv");
  return row;
}

// A member of the order, or of the `request` inside it where the nested shape keeps it.
Text order_decimal(Fields& order, Fields& request, std::string_view name) {
  const Text own = order.decimal(name);
  return own.data() != nullptr ? own : request.decimal(name);
}

}  // namespace

void decode_fill(Json message, Problem& problem, RowSink& rows) {
  Fields fields(message, problem);
  Fill row;
  row.fill_id = fields.id("fill_id", Need::required);
  row.order_id = fields.id("order_id");
  row.trade_id = fields.id("trade_id");
  row.symbol = fields.text("symbol", Need::required);
  const Text sent_side = fields.text("side");
  const std::string side = to_lower(sent_side);
  if (sent_side.data() != nullptr) row.side = side;
  row.price = fields.decimal("price", Need::required);
  row.size = fields.decimal("size", Need::required);
  row.fee = fields.decimal("fee");
  row.is_taker = fields.flag("is_taker");
  row.wallet = fields.text("wallet_address");
  row.builder_code_address = fields.text("builder_code_address");
  row.builder_code_fee = fields.decimal("builder_code_fee");
  const Int event_ns = event_time_of(fields);
  if (!problem.any()) rows.add(row, event_ns);
}

void decode_order(Json message, Problem& problem, RowSink& rows) {
  Fields fields(message, problem);
  Fields request(fields.nested("request", JsonKind::object), problem);
  OrderUpdate row;
  row.order_id = fields.id("order_id");
  row.client_order_id = order_decimal(fields, request, "client_order_id");
  if (Value(row.order_id).type == Value::Type::null && row.client_order_id.data() == nullptr) {
    problem.no("order_id");
  }
  row.symbol = order_decimal(fields, request, "symbol");
  const Text sent_side = order_decimal(fields, request, "side");
  const std::string side = to_lower(sent_side);
  if (sent_side.data() != nullptr) row.side = side;
  row.price = order_decimal(fields, request, "price");
  row.size = order_decimal(fields, request, "size");
  row.status = fields.text("status", Need::required);
  row.filled_size = fields.decimal("filled_size");
  row.remaining_size = fields.decimal("remaining_size");
  row.avg_fill_price = fields.decimal("avg_fill_price");
  row.reason = fields.text("reason");
  row.wallet = order_decimal(fields, request, "wallet_address");
  const Int event_ns = event_time_of(fields);
  if (!problem.any()) rows.add(row, event_ns);
}

void decode_portfolio(Json message, Problem& problem, RowSink& rows) {
  Fields fields(message, problem);
  const Int event_ns = fields.time("timestamp");
  // Variants differ and are hardly documented: the message is kept whatever its Greeks look like.
  rows.add(Portfolio{portfolio_kind(message), message.raw()}, event_ns);
  std::vector<Greeks> greeks;
  const Json legs = fields.nested("per_leg", JsonKind::array);
  for (Json leg = legs.first(); leg.exists(); leg = leg.next()) {
    Fields leg_fields(leg, problem);
    // A leg without a symbol would read as the aggregate.
    const Text symbol = leg_fields.text("symbol", Need::required);
    greeks.push_back(greeks_of(leg_fields));
    greeks.back().symbol = symbol;
  }
  const Json aggregate = fields.nested("aggregate", JsonKind::object);
  if (aggregate.exists()) {
    Fields aggregate_fields(aggregate, problem);
    greeks.push_back(greeks_of(aggregate_fields));
  }
  if (problem.any()) return;
  for (const Greeks& row : greeks) rows.add(row, event_ns);
}

void decode_settlement(Json message, Problem& problem, RowSink& rows) {
  Fields fields(message, problem);
  Settlement row;
  row.wallet = fields.text("wallet_address");
  row.symbol = fields.text("symbol", Need::required);
  row.position_size = fields.decimal("position_size");
  row.settlement_price = fields.decimal("settlement_price", Need::required);
  row.settlement_value = fields.decimal("settlement_value");
  const Int event_ns = fields.time("timestamp");
  if (!problem.any()) rows.add(row, event_ns);
}

void decode_liquidation(Json message, Problem& problem, RowSink& rows) {
  Fields fields(message, problem);
  LiquidationState row;
  row.wallet = fields.text("wallet_address");
  row.previous_state = fields.text("previous_state");
  row.new_state = fields.text("new_state", Need::required);
  row.equity = fields.decimal("equity");
  row.mm_required = fields.decimal("mm_required");
  row.shortfall = fields.decimal("shortfall");
  row.auction_id = fields.id("auction_id");
  const Int event_ns = fields.time("timestamp");
  if (!problem.any()) rows.add(row, event_ns);
}

void decode_competition(Json message, Problem& problem, RowSink& rows) {
  Fields fields(message, problem);
  Competition row;
  row.wallet = fields.text("wallet_address");
  row.lifetime_realized_pnl = fields.decimal("lifetime_realized_pnl");
  if (row.wallet.data() == nullptr && row.lifetime_realized_pnl.data() == nullptr) {
    problem.no("lifetime_realized_pnl");
  }
  Fields active(fields.nested("active_competition", JsonKind::object), problem);
  row.competition_id = active.id("competition_id");
  row.competition_name = active.text("competition_name");
  row.competition_state = active.text("competition_state");
  row.rank = active.id("rank");
  row.pnl = active.decimal("pnl");
  row.volume = active.decimal("volume");
  row.efficiency = active.decimal("efficiency");
  row.medal = active.text("medal");
  const Int event_ns = fields.time("timestamp");
  if (!problem.any()) rows.add(row, event_ns);
}

}  // namespace tapedeck::hypercall
