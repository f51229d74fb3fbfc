#include "schema/base/text.h"
#include "schema/feeds/hypercall/simulate_parts.h"

namespace tapedeck::hypercall::sim {

namespace {

std::string leg(std::string_view symbol, std::string_view quantity, std::string_view delta,
                std::string_view gamma) {
  return Object()
      .text("symbol", symbol)
      .text("quantity", quantity)
      .raw("delta", delta)
      .raw("gamma", gamma)
      .raw("theta", "-0.12")
      .raw("vega", "0.44")
      .raw("iv", "0.63")
      .str();
}

std::string aggregate(std::string_view delta, std::string_view gamma) {
  return Object()
      .raw("delta", delta)
      .raw("gamma", gamma)
      .raw("theta", "-0.24")
      .raw("vega", "0.88")
      .raw("iv", "0.63")
      .str();
}

std::string position(std::string_view symbol, std::string_view quantity) {
  return Object()
      .text("symbol", symbol)
      .text("quantity", quantity)
      .text("entry_price", "0.0523")
      .text("mark_price", "12.067400000000001")
      .text("unrealized_pnl", "-0.0")
      .str();
}

}  // namespace

FillFacts fill_facts(std::int64_t n) {
  // The last trade before the fill; and an order a fill.
  return {slots('t').count(slots('f').message_of(n)) - 1, n};
}

std::string fill_id(std::int64_t n) {
  return std::to_string(9'007'199'254'740'993 + n);
}

std::string order_id(std::int64_t n) {
  if (n % 2 == 0) return std::to_string(12'345 + n);
  return std::to_string(9'223'372'036'854'775'808ULL + static_cast<std::uint64_t>(n));
}

OrderFacts order_facts(std::uint64_t seed, std::int64_t n) {
  OrderFacts order;
  order.trade = trade_facts(seed, fill_facts(n).trade);
  order.fills_whole = n % 2 == 0;
  order.size = decimal(order.trade.size_tenths + (order.fills_whole ? 0 : 50), 1);
  order.remaining = order.fills_whole ? "0" : "5.0";
  return order;
}

Object fill_object(Object object, std::uint64_t seed, std::int64_t n, Ns at_ns) {
  const FillFacts facts = fill_facts(n);
  const TradeFacts trade = trade_facts(seed, facts.trade);
  object.raw("order_id", order_id(facts.order))
      .raw("fill_id", fill_id(n))
      .text("symbol", trade.symbol)
      .text("side", trade.buy ? "buy" : "sell")
      .text("price", trade.price)
      .text("size", trade.size())
      .number("timestamp", to_ms(at_ns))
      .text("wallet_address", kWallet)
      .text("fee", "0.0005")
      .number("trade_id", facts.trade + 1)
      .raw("is_taker", n % 2 == 0 ? "true" : "false");
  if (n % 2 == 1) {
    object.text("builder_code_address", kOther)
        .text("builder_code_fee", "0.000050")
        .text("instrument_type", "option");
  }
  return object;
}

std::string fill_message(std::uint64_t seed, std::int64_t n, Ns at_ns) {
  Object object;
  object.text("type", "Fill");
  return fill_object(std::move(object), seed, n, at_ns).str();
}

std::string order_message(std::uint64_t seed, std::int64_t n, Ns at_ns) {
  const std::int64_t number = n / 2;
  const OrderFacts order = order_facts(seed, number);
  const std::string client_order_id = "sim-" + std::to_string(number);
  Object update;
  update.text("type", "OrderUpdate").raw("order_id", order_id(number));
  if (n % 2 == 1) {
    update.text("client_order_id", client_order_id)
        .text("status", order.fills_whole ? "filled" : "cancelled")
        .text("filled_size", order.trade.size())
        .text("remaining_size", order.remaining)
        .text("avg_fill_price", order.trade.price);
    return update.str();
  }
  Object request;
  request.text("price", order.trade.price)
      .text("size", order.size)
      .text("symbol", order.trade.symbol)
      .text("side", order.trade.buy ? "Buy" : "Sell")
      .text("tif", "gtc")
      .text("client_order_id", client_order_id);
  return update.raw("request", request.str())
      .text("status", "open")
      .text("filled_size", "0")
      .number("timestamp", to_ms(at_ns))
      .raw("reason", "null")
      .text("wallet_address", kWallet)
      .text("instrument_type", "option")
      .str();
}

std::string portfolio_message(std::uint64_t seed, std::int64_t n, Ns at_ns) {
  constexpr std::string_view kKinds[] = {
      "", "", "Initial", "PositionUpdate", "BalanceUpdate", "MarginUpdate", "GreeksUpdate"};
  Random random(seed, 'p', n);
  const std::int64_t variant = n % slots('p').per_cycle();
  const std::string quantity = decimal(random.in(-90, 90), 0) + ".0";
  const std::string_view symbol = kInstruments[static_cast<std::size_t>(random.in(0, 11))];
  const std::string balance =
      Object().text("currency", "USDC").text("amount", decimal(random.in(0, 9'999'999), 2)).str();
  Object update;
  update.text("type", "PortfolioUpdate");
  // On the wire the variant is a second member of the same name.
  if (variant > 1) update.text("type", kKinds[variant]);
  update.number("timestamp", to_ms(at_ns));
  switch (variant) {
    case 0:
      update.raw("per_leg", "[" + leg(symbol, quantity, "0.91", "1e-28") + "," +
                                leg(kInstruments[0], "2.0", "-0.0", "0.003") + "]");
      return update.raw("aggregate", aggregate("0.91", "0.003")).str();
    case 1:
      return update.raw("per_leg", "[]").raw("aggregate", "null").str();
    case 2:
      return update.raw("positions", "[" + position(symbol, quantity) + "]")
          .raw("balances", "[" + balance + "]")
          .str();
    case 3:
      return update.raw("position", position(symbol, quantity)).str();
    case 4:
      return update.raw("balance", balance).str();
    case 5:
      return update.text("equity", "10000.00")
          .text("initial_margin", "12.067400000000001")
          .text("maintenance_margin", "-0.0")
          .str();
    default:
      return update.raw("per_leg", "[" + leg(symbol, quantity, "-1.0E-7", "1e-28") + "]")
          .raw("aggregate", aggregate("-1.0E-7", "1e-28"))
          .str();
  }
}

std::string competition_message(std::uint64_t seed, std::int64_t n, Ns at_ns) {
  Random random(seed, 'c', n);
  std::string active = "null";
  if (n % 2 == 0) {
    active = Object()
                 .number("competition_id", 7)
                 .text("competition_name", "Spring Sprint")
                 .text("competition_state", "active")
                 .number("rank", random.in(1, 500))
                 .text("pnl", decimal(random.in(-50'000, 50'000) + 100'000, 2))
                 .text("volume", "25000")
                 .text("efficiency", "0.01681")
                 .raw("medal", "null")
                 .str();
  }
  return Object()
      .text("type", "CompetitionPnlSummary")
      .text("wallet_address", kWallet)
      .text("lifetime_realized_pnl", "1250.50")
      .raw("active_competition", active)
      .number("timestamp", to_ms(at_ns))
      .str();
}

std::string settlement_message(std::uint64_t seed, std::int64_t n, Ns at_ns) {
  Random random(seed, 's', n);
  return Object()
      .text("type", "PositionExpired")
      .text("wallet_address", kWallet)
      .text("symbol", kInstruments[static_cast<std::size_t>(random.in(0, 11))])
      .text("position_size", decimal(random.in(1, 900), 1))
      .text("settlement_price", "105000")
      .text("settlement_value", decimal(random.in(0, 90'000), 2))
      .number("timestamp", to_ms(at_ns))
      .str();
}

std::string liquidation_message(std::uint64_t seed, std::int64_t n, Ns at_ns) {
  Random random(seed, 'l', n);
  // There and back: each state is the next message's previous one.
  constexpr std::string_view kStates[] = {"Normal", "Warning", "Liquidating", "Warning", "Normal"};
  const auto step = static_cast<std::size_t>(n % 4);
  const bool auction = step == 1;
  Object update;
  update.text("type", "LiquidationStateChange")
      .text("wallet_address", kWallet)
      .text("previous_state", kStates[step])
      .text("new_state", kStates[step + 1])
      .text("equity", decimal(random.in(900'000, 1'000'000), 2))
      .text("mm_required", "9500.0")
      .text("shortfall", auction ? "12.067400000000001" : "0")
      .raw("auction_id", auction ? "9007199254740995" : "null");
  if (n % 2 == 1) update.text("im_required", "11000.0").text("margin_ratio", "1e-28");
  return update.number("timestamp", to_ms(at_ns)).str();
}

}  // namespace tapedeck::hypercall::sim
