#include "schema/feeds/marketai/decode.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "schema/base/text.h"

namespace tapedeck::marketai {

namespace {

// The event's own time where it has one, else that of the update.
Int event_time(const Update& update, Problem& problem) {
  const Int own = Fields(update.data, problem).time("timestamp");
  const Int sent = Fields(update.message, problem).time("ts");
  return own ? own : sent;
}

// A required text that the question has already said where the row does not.
Text said_or_asked(Fields& data, std::string_view name, Text asked) {
  const Json said = data.object()[name];
  const bool is_absent = !said.exists() || said.kind() == JsonKind::null;
  return is_absent && !asked.empty() ? asked : data.text(name, Need::required);
}

// A side in lower case; absent stays absent.
Text lower_side(Text sent, std::string& storage) {
  if (sent.data() == nullptr) return {};
  storage = to_lower(sent);
  return storage;
}

void decode_quotes(const Update& update, Problem& problem, RowSink& rows) {
  Fields data(update.data, problem);
  Quote aggregate;
  aggregate.symbol = said_or_asked(data, "symbol", update.symbol);
  aggregate.mid = data.decimal("global_mid");
  aggregate.vwap = data.decimal("global_vwap");
  aggregate.max_arb_bps = data.decimal("max_arb_bps");
  aggregate.trend = data.text("consensus_trend");
  std::vector<Quote> quotes = {aggregate};
  const Json venues = data.nested("exchanges", JsonKind::array);
  for (Json item = venues.first(); item.exists(); item = item.next()) {
    Fields venue(item, problem);
    Quote quote;
    quote.venue = venue.text("exchange", Need::required);
    quote.symbol = aggregate.symbol;
    quote.bid = venue.decimal("bid");
    quote.ask = venue.decimal("ask");
    quote.mid = venue.decimal("mid");
    quote.volume_24h = venue.decimal("volume_24h");
    quote.obi = venue.decimal("obi");
    quotes.push_back(quote);
  }
  const Int event_ns = event_time(update, problem);
  if (problem.any()) return;
  for (const Quote& quote : quotes) rows.add(quote, event_ns);
}

// A book's walls as `[["67000.00","45.2"],…]`, numbers with the digits sent. Absent stays absent.
Text walls(Fields& data, std::string_view name, std::string& out, Problem& problem) {
  const Json list = data.nested(name, JsonKind::array);
  if (!list.exists()) return {};
  out.assign(1, '[');
  for (Json wall = list.first(); wall.exists(); wall = wall.next()) {
    const Json price = wall.is_array() ? wall.first() : wall["price"];
    const Json quantity = wall.is_array() ? price.next() : wall["quantity"];
    if (price.scalar().data() == nullptr || quantity.scalar().data() == nullptr) problem.bad(name);
    if (out.size() > 1) out += ',';
    out += '[';
    append_json_string(out, price.scalar());
    out += ',';
    append_json_string(out, quantity.scalar());
    out += ']';
  }
  out += ']';
  return out;
}

// The analysis: every member that has no column of its own, as sent, the walls with all that is
// said of them included. Absent when there is none.
Text metrics(Json data, std::string& out) {
  constexpr std::array<std::string_view, 7> kColumns = {
      "symbol", "exchange", "best_bid", "best_ask", "mid_price", "spread_bps", "timestamp"};
  for (Json member = data.first(); member.exists(); member = member.next()) {
    if (std::find(kColumns.begin(), kColumns.end(), member.key()) != kColumns.end()) continue;
    out += out.empty() ? '{' : ',';
    append_json_string(out, member.key());
    out += ':';
    out += member.raw();
  }
  if (out.empty()) return {};
  out += '}';
  return out;
}

void decode_book(const Update& update, Problem& problem, RowSink& rows) {
  Fields data(update.data, problem);
  std::string bids;
  std::string asks;
  std::string analysis;
  Book row;
  row.venue = data.text("exchange");
  row.symbol = said_or_asked(data, "symbol", update.symbol);
  row.best_bid = data.decimal("best_bid");
  row.best_ask = data.decimal("best_ask");
  row.bids = walls(data, "bid_walls", bids, problem);
  row.asks = walls(data, "ask_walls", asks, problem);
  row.mid = data.decimal("mid_price");
  row.spread_bps = data.decimal("spread_bps");
  row.metrics = metrics(data.object(), analysis);
  const Int event_ns = event_time(update, problem);
  if (!problem.any()) rows.add(row, event_ns);
}

void decode_trade(const Update& update, Problem& problem, RowSink& rows) {
  Fields data(update.data, problem);
  std::string side;
  Trade row;
  row.venue = data.text("exchange");
  row.symbol = said_or_asked(data, "symbol", update.symbol);
  row.price = data.decimal("price", Need::required);
  row.size = data.decimal("quantity", Need::required);
  row.side = lower_side(data.text("side"), side);
  row.trade_id = data.decimal("trade_id");
  row.is_liquidation = data.flag("is_liquidation");
  const Int event_ns = event_time(update, problem);
  if (!problem.any()) rows.add(row, event_ns);
}

void decode_signal(const Update& update, Problem& problem, RowSink& rows) {
  Fields data(update.data, problem);
  Alert row;
  row.event_id = data.decimal("id");
  row.type = data.text("signal_type", Need::required);
  row.severity = data.text("severity");
  row.symbol = data.text("symbol");
  row.narrative = data.text("narrative");
  const Json details = data.object()["data"];
  if (details.exists() && details.kind() != JsonKind::null) row.data = details.raw();
  const Int event_ns = event_time(update, problem);
  if (!problem.any()) rows.add(row, event_ns);
}

void decode_liquidation(const Update& update, Problem& problem, RowSink& rows) {
  Fields data(update.data, problem);
  std::string side;
  Liquidation row;
  row.venue = data.text("exchange");
  row.symbol = said_or_asked(data, "symbol", update.symbol);
  row.side = lower_side(data.text("side"), side);
  row.price = data.decimal("price", Need::required);
  row.size = data.decimal("quantity", Need::required);
  row.notional = data.decimal("notional_usd");
  const Int event_ns = event_time(update, problem);
  if (!problem.any()) rows.add(row, event_ns);
}

void decode_funding(const Update& update, Problem& problem, RowSink& rows) {
  Fields data(update.data, problem);
  Funding row;
  row.venue = data.text("exchange");
  row.symbol = said_or_asked(data, "symbol", update.symbol);
  row.rate = data.decimal("rate", Need::required);
  row.predicted_rate = data.decimal("predicted_rate");
  row.next_ns = data.time("next_funding_time");
  const Int event_ns = event_time(update, problem);
  if (!problem.any()) rows.add(row, event_ns);
}

void decode_kline(const Update& update, Problem& problem, RowSink& rows) {
  Fields data(update.data, problem);
  Candle row;
  row.venue = data.text("exchange");
  row.symbol = said_or_asked(data, "symbol", update.symbol);
  row.interval = said_or_asked(data, "interval", update.interval);
  row.open = data.decimal("open", Need::required);
  row.high = data.decimal("high", Need::required);
  row.low = data.decimal("low", Need::required);
  row.close = data.decimal("close", Need::required);
  row.volume = data.decimal("volume");
  row.open_ns = data.time("open_time", kNsPerMs, Need::required);
  row.close_ns = data.time("close_time");
  row.is_closed = data.flag("is_closed");
  const Int event_ns = event_time(update, problem);
  if (!problem.any()) rows.add(row, event_ns);
}

void decode_narrative(const Update& update, Problem& problem, RowSink& rows) {
  Fields data(update.data, problem);
  Narrative row;
  row.symbol = data.text("symbol");
  row.text = data.text("narrative", Need::required);
  row.source = data.text("source");
  const Int event_ns = event_time(update, problem);
  if (!problem.any()) rows.add(row, event_ns);
}

void decode_prediction(const Update& update, Problem& problem, RowSink& rows) {
  Fields data(update.data, problem);
  Prediction row;
  row.coin = said_or_asked(data, "coin", update.symbol);
  row.timeframe = data.text("timeframe");
  row.up_price = data.decimal("upPrice");
  row.down_price = data.decimal("downPrice");
  row.volume = data.decimal("volume");
  row.liquidity = data.decimal("liquidity");
  row.seconds_remaining = data.id("timeRemainingSeconds");
  row.active = data.flag("active");
  const Int event_ns = event_time(update, problem);
  if (!problem.any()) rows.add(row, event_ns);
}

}  // namespace

Decoder decoder_of(std::string_view channel) {
  struct Route {
    std::string_view channel;
    Decoder decode;
  };
  constexpr Route kRoutes[] = {
      {"quotes", decode_quotes},
      {"book", decode_book},
      {"trades", decode_trade},
      {"signals", decode_signal},
      {"liquidations", decode_liquidation},
      {"funding", decode_funding},
      {"klines", decode_kline},
      {"narratives", decode_narrative},
      {"polymarket", decode_prediction},
  };
  for (const Route& route : kRoutes) {
    if (route.channel == channel) return route.decode;
  }
  return nullptr;
}

}  // namespace tapedeck::marketai
