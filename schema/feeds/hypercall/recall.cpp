// Recorded rows as the rows of REST answers (docs/feeds/hypercall.md, "The service's side").
#include "schema/recall.h"

#include <string>

#include "schema/base/text.h"
#include "schema/feeds/hypercall/service.h"
#include "schema/feeds/hypercall/wire.h"

namespace tapedeck::hypercall {

namespace {

void add_time(JsonObject& object, const RecordedRow& row) {
  if (row.event_ns) object.number("timestamp", *row.event_ns / kNsPerMs);
}

std::string trade(const RecordedRow& row) {
  JsonObject object;
  object.number("trade_id", row.number).text("symbol", row.of("symbol"));
  object.text("price", row.of("price")).text("size", row.of("size"));
  if (std::string side(row.text("side")); !side.empty()) {
    if (side == "buy" || side == "sell") side.front() = side == "buy" ? 'B' : 'S';
    object.text("taker_side", side);
  }
  add_time(object, row);
  if (row.event_ns) object.text("created_at", format_rfc3339(*row.event_ns));
  return object.str();
}

// A message without what names its kind.
std::string without_type(Json message) {
  JsonObject object;
  for (Json member = message.first(); member.exists(); member = member.next()) {
    if (member.key() != "type") object.raw(member.key(), member.raw());
  }
  return object.str();
}

JsonObject typed(std::string_view type) {
  JsonObject object;
  object.text("type", type);
  return object;
}

std::string fill_members(const RecordedRow& row, JsonObject object) {
  object.number("order_id", row.of("order_id")).number("fill_id", row.of("fill_id"));
  object.text("symbol", row.of("symbol")).text("side", row.of("side"));
  object.text("price", row.of("price")).text("size", row.of("size"));
  add_time(object, row);
  object.text("wallet_address", row.of("wallet")).text("fee", row.of("fee"));
  object.number("trade_id", row.of("trade_id")).flag("is_taker", row.of("is_taker"));
  object.text("builder_code_address", row.of("builder_code_address"));
  object.text("builder_code_fee", row.of("builder_code_fee"));
  return object.str();
}

std::string fill(const RecordedRow& row) {
  return row.message.is_object() ? without_type(row.message) : fill_members(row, JsonObject());
}

std::string order_members(const RecordedRow& row, JsonObject object) {
  object.number("order_id", row.of("order_id"));
  for (const std::string_view name :
       {"client_order_id", "symbol", "side", "price", "size", "status", "filled_size",
        "remaining_size", "avg_fill_price", "reason"}) {
    object.text(name, row.of(name));
  }
  add_time(object, row);
  object.text("wallet_address", row.of("wallet"));
  return object.str();
}

std::string order(const RecordedRow& row) {
  return order_members(row, JsonObject());
}

// A side's levels as JSON numbers; null for one that was not there.
std::string side_of_book(const Value& side) {
  JsonDoc doc;
  if (side.type != Value::Type::text || !doc.parse(side.text)) return "null";
  std::string out = "[";
  for (Json level = doc.root().first(); level.exists(); level = level.next()) {
    out += out.size() > 1 ? ",[" : "[";
    bool is_first = true;
    for (Json number = level.first(); number.exists(); number = number.next()) {
      if (!is_first) out += ',';
      is_first = false;
      out += is_json_number(number.scalar()) ? number.scalar() : number.raw();
    }
    out += ']';
  }
  return out + "]";
}

std::string book(const RecordedRow& row) {
  JsonObject object;
  object.text("symbol", row.of("symbol"));
  object.raw("bids", side_of_book(row.of("bids"))).raw("asks", side_of_book(row.of("asks")));
  add_time(object, row);
  return object.str();
}

std::string trade_message(const RecordedRow& row) {
  JsonObject object = typed("Trade");
  object.text("symbol", row.of("symbol")).text("price", row.of("price"));
  object.text("size", row.of("size")).text("side", row.of("side"));
  add_time(object, row);
  return object.str();
}

std::string fill_message(const RecordedRow& row) {
  return fill_members(row, typed("Fill"));
}

std::string order_message(const RecordedRow& row) {
  return order_members(row, typed("OrderUpdate"));
}

std::string book_message(const RecordedRow& row) {
  JsonObject object = typed("OrderbookUpdate");
  object.text("symbol", row.of("symbol"));
  object.nested("bids", row.of("bids")).nested("asks", row.of("asks"));
  add_time(object, row);
  return object.str();
}

std::string portfolio_message(const RecordedRow& row) {
  JsonDoc doc;
  doc.parse(row.text("data"));
  if (doc.root()["type"].text() == "PortfolioUpdate") return std::string(row.text("data"));
  JsonObject object = typed("PortfolioUpdate");
  // The variant stands in a second `type`; without one it is this.
  if (row.text("kind") != "GreeksUpdate") object.text("type", row.of("kind"));
  for (Json member = doc.root().first(); member.exists(); member = member.next()) {
    if (member.key() != "type") object.raw(member.key(), member.raw());
  }
  return object.str();
}

std::string liquidation_message(const RecordedRow& row) {
  JsonObject object = typed("LiquidationStateChange");
  object.text("wallet_address", row.of("wallet"));
  for (const std::string_view name :
       {"previous_state", "new_state", "equity", "mm_required", "shortfall"}) {
    object.text(name, row.of(name));
  }
  object.number("auction_id", row.of("auction_id"));
  add_time(object, row);
  return object.str();
}

// What a gap-fill can recover, and the channel that it was missing on.
struct Pushed {
  TableId table;
  std::string_view channel;
  std::string (*message)(const RecordedRow&);
};
constexpr Pushed kPushed[] = {{TableId::trade, "trades", trade_message},
                              {TableId::fill, "fills", fill_message},
                              {TableId::order_update, "order_updates", order_message},
                              {TableId::book, "orderbook", book_message},
                              {TableId::portfolio, "portfolio", portfolio_message},
                              {TableId::liquidation_state, "liquidation", liquidation_message}};

const Pushed* find_pushed(const RecordedRow& row) {
  for (const Pushed& pushed : kPushed) {
    if (pushed.table == row.table->id) return &pushed;
  }
  return nullptr;
}

std::string portfolio(const RecordedRow& row) {
  JsonDoc doc;
  const Text data = row.text("data");
  return doc.parse(data) && doc.root().is_object() ? without_type(doc.root()) : "null";
}

struct Stream {
  std::string_view name;
  TableId table;
  std::string (*answer)(const RecordedRow&);
};
constexpr Stream kStreams[] = {{"trades", TableId::trade, trade},
                               {"fills", TableId::fill, fill},
                               {"orders", TableId::order_update, order},
                               {"orderbook", TableId::book, book},
                               {"portfolio", TableId::portfolio, portfolio}};

const Stream* find_stream(std::string_view name) {
  for (const Stream& stream : kStreams) {
    if (stream.name == name) return &stream;
  }
  return nullptr;
}

class RowRecall final : public Recall {
 public:
  std::optional<TableId> table_of(std::string_view stream) const override {
    const Stream* found = find_stream(stream);
    return found == nullptr ? std::nullopt : std::optional(found->table);
  }

  // An order is its newest update.
  std::string key_of(std::string_view stream, const RecordedRow& row) const override {
    if (stream != "orders") return {};
    const Value id = row.of("order_id");
    if (id.type == Value::Type::integer) return std::to_string(id.integer);
    return std::string(id.type == Value::Type::text ? id.text : row.text("client_order_id"));
  }

  bool is_asked(const Query& query, const RecordedRow& row) const override {
    return query.symbol.empty() || row.text("symbol") == query.symbol;
  }

  bool wants_message(std::string_view stream) const override { return stream == "fills"; }

  std::string answer(const Query& query, RecordedEvent event) const override {
    return find_stream(query.stream)->answer(event.front());
  }

  std::string stream_of(const RecordedRow& row) const override {
    const Pushed* pushed = find_pushed(row);
    return pushed == nullptr ? std::string() : std::string(pushed->channel);
  }

  std::optional<Message> message(RecordedEvent event) const override {
    const Pushed* pushed = find_pushed(event.front());
    if (pushed == nullptr) return std::nullopt;
    return Message{kEndpoint, pushed->message(event.front())};
  }
};

}  // namespace

const Recall* HypercallService::recall() const {
  static const RowRecall instance;
  return &instance;
}

}  // namespace tapedeck::hypercall
