// Recorded rows as the rows of REST answers: an update's `data` again.
#include "schema/recall.h"

#include <string>

#include "schema/feeds/marketai/rest.h"
#include "schema/feeds/marketai/service.h"
#include "schema/feeds/marketai/wire.h"

namespace tapedeck::marketai {

namespace {

void add_ms(JsonObject& object, std::string_view name, Int ns) {
  if (ns) object.number(name, *ns / kNsPerMs);
}
void add_ms(JsonObject& object, std::string_view name, const Value& ns) {
  if (ns.type == Value::Type::integer) object.number(name, ns.integer / kNsPerMs);
}

JsonObject quote(RecordedEvent event) {
  const RecordedRow& aggregate = event.front();
  JsonObject object;
  object.text("symbol", aggregate.of("symbol")).text("global_mid", aggregate.of("mid"));
  object.text("global_vwap", aggregate.of("vwap"));
  object.number("max_arb_bps", aggregate.of("max_arb_bps"));
  object.text("consensus_trend", aggregate.of("trend"));
  std::string venues;
  for (const RecordedRow& row : event.subspan(1)) {
    JsonObject venue;
    venue.text("exchange", row.of("venue")).text("bid", row.of("bid")).text("ask", row.of("ask"));
    venue.text("mid", row.of("mid")).text("volume_24h", row.of("volume_24h"));
    venue.number("obi", row.of("obi"));
    if (!venues.empty()) venues += ',';
    venues += venue.str();
  }
  return object.raw("exchanges", "[" + venues + "]");
}

JsonObject book(RecordedEvent event) {
  const RecordedRow& row = event.front();
  JsonObject object;
  object.text("symbol", row.of("symbol")).text("exchange", row.of("venue"));
  object.text("best_bid", row.of("best_bid")).text("best_ask", row.of("best_ask"));
  object.text("mid_price", row.of("mid")).number("spread_bps", row.of("spread_bps"));
  JsonDoc metrics;  // all other members, the walls among them
  metrics.parse(row.text("metrics"));
  for (Json member = metrics.root().first(); member.exists(); member = member.next()) {
    object.raw(member.key(), member.raw());
  }
  return object;
}

JsonObject trade(RecordedEvent event) {
  const RecordedRow& row = event.front();
  JsonObject object;
  object.text("exchange", row.of("venue")).text("symbol", row.of("symbol"));
  object.text("price", row.of("price")).text("quantity", row.of("size"));
  object.text("side", row.of("side")).text("trade_id", row.of("trade_id"));
  return object.flag("is_liquidation", row.of("is_liquidation"));
}

JsonObject signal(RecordedEvent event) {
  const RecordedRow& row = event.front();
  JsonObject object;
  object.text("id", row.of("event_id")).text("signal_type", row.of("type"));
  object.text("symbol", row.of("symbol")).text("severity", row.of("severity"));
  return object.nested("data", row.of("data")).text("narrative", row.of("narrative"));
}

JsonObject liquidation(RecordedEvent event) {
  const RecordedRow& row = event.front();
  JsonObject object;
  object.text("exchange", row.of("venue")).text("symbol", row.of("symbol"));
  object.text("side", row.of("side")).text("price", row.of("price"));
  return object.text("quantity", row.of("size")).text("notional_usd", row.of("notional"));
}

JsonObject funding(RecordedEvent event) {
  const RecordedRow& row = event.front();
  JsonObject object;
  object.text("exchange", row.of("venue")).text("symbol", row.of("symbol"));
  object.number("rate", row.of("rate"));
  add_ms(object, "next_funding_time", row.of("next_ns"));
  return object.number("predicted_rate", row.of("predicted_rate"));
}

JsonObject kline(RecordedEvent event) {
  const RecordedRow& row = event.front();
  JsonObject object;
  object.text("exchange", row.of("venue")).text("symbol", row.of("symbol"));
  for (const std::string_view name : {"interval", "open", "high", "low", "close", "volume"}) {
    object.text(name, row.of(name));
  }
  add_ms(object, "open_time", row.of("open_ns"));
  add_ms(object, "close_time", row.of("close_ns"));
  return object.flag("is_closed", row.of("is_closed"));
}

JsonObject narrative(RecordedEvent event) {
  const RecordedRow& row = event.front();
  JsonObject object;
  object.text("symbol", row.of("symbol")).text("narrative", row.of("text"));
  return object.text("source", row.of("source"));
}

JsonObject prediction(RecordedEvent event) {
  const RecordedRow& row = event.front();
  JsonObject object;
  object.text("coin", row.of("coin")).text("timeframe", row.of("timeframe"));
  object.text("upPrice", row.of("up_price")).text("downPrice", row.of("down_price"));
  object.text("volume", row.of("volume")).text("liquidity", row.of("liquidity"));
  object.number("timeRemainingSeconds", row.of("seconds_remaining"));
  return object.flag("active", row.of("active"));
}

struct Format {
  std::string_view channel;
  JsonObject (*data)(RecordedEvent);
  TableId table;
  bool has_time = false;  // the document shows a `timestamp` in `data`
};
constexpr Format kFormats[] = {
    {"quotes", quote, TableId::quote},
    {"book", book, TableId::book},
    {"trades", trade, TableId::trade, true},
    {"signals", signal, TableId::alert, true},
    {"liquidations", liquidation, TableId::liquidation, true},
    {"funding", funding, TableId::funding},
    {"klines", kline, TableId::candle},
    {"narratives", narrative, TableId::narrative},
    {"polymarket", prediction, TableId::prediction},
};
static_assert(std::size(kFormats) == kChannels.size());

template <class Is>
const Format* find_format(Is is) {
  for (const Format& format : kFormats) {
    if (is(format)) return &format;
  }
  return nullptr;
}

class UpdateRecall final : public Recall {
 public:
  std::optional<TableId> table_of(std::string_view stream) const override {
    const Format* format = find_format([&](const Format& f) { return f.channel == stream; });
    return format == nullptr ? std::nullopt : std::optional(format->table);
  }

  // Venues follow their aggregate.
  bool is_part(const RecordedRow& row) const override {
    return row.table->id == TableId::quote && row.of("venue").type != Value::Type::null;
  }

  bool is_asked(const Query& query, const RecordedRow& row) const override {
    return query.symbol.empty() ||
           row.text(find_channel(query.stream)->symbol_member) == query.symbol;
  }

  bool wants_message(std::string_view /*stream*/) const override { return true; }

  std::string answer(const Query& /*query*/, RecordedEvent event) const override {
    const RecordedRow& row = event.front();
    if (row.message["data"].is_object()) return rest_row(row.message);
    JsonObject object = format_of(row)->data(event);
    add_ms(object, "timestamp", row.event_ns);
    return object.str();
  }

  std::string stream_of(const RecordedRow& row) const override {
    const Format* format = format_of(row);
    return format == nullptr ? std::string() : std::string(format->channel);
  }

  std::optional<Message> message(RecordedEvent event) const override {
    const RecordedRow& row = event.front();
    const Format* format = format_of(row);
    if (format == nullptr) return std::nullopt;
    JsonObject data = format->data(event);
    if (format->has_time) add_ms(data, "timestamp", row.event_ns);
    JsonObject update;
    update.text("type", "update").text("channel", format->channel);
    add_ms(update, "ts", row.event_ns);
    return Message{kEndpoint, update.raw("data", data.str()).str()};
  }

 private:
  static const Format* format_of(const RecordedRow& row) {
    return find_format([&](const Format& f) { return f.table == row.table->id; });
  }
};

}  // namespace

const Recall* MarketService::recall() const {
  static const UpdateRecall instance;
  return &instance;
}

}  // namespace tapedeck::marketai
