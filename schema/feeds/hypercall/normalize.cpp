#include "schema/feeds/hypercall/normalize.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "schema/base/text.h"
#include "schema/feeds/hypercall/sift.h"
#include "schema/ws/codec.h"

namespace tapedeck::hypercall {

namespace {

constexpr std::size_t kCandleChannelsMax = 1024;

using Decoder = void (*)(Json, Problem&, RowSink&);

struct Route {
  std::string_view type;
  Decoder decode;
};
constexpr Route kRoutes[] = {
    {"MarketUpdate", decode_market},
    {"OptionsChainUpdate", decode_options_chain},
    {"IndexPriceUpdate", decode_index_prices},
    {"PortfolioUpdate", decode_portfolio},
    {"PositionExpired", decode_settlement},
    {"LiquidationStateChange", decode_liquidation},
    {"CompetitionPnlSummary", decode_competition},
};

void add_unparsed(std::string_view reason, RowSink& rows) {
  rows.add(Unparsed{reason}, std::nullopt);
}

// Why a frame is no message at all; empty when it is one.
std::string_view not_a_message(const InFrame& frame) {
  if (frame.opcode == Opcode::binary) return "binary frame";
  const Json root = frame.root();
  if (!root.exists()) {
    return ws::is_valid_utf8(frame.payload) ? "not JSON" : "invalid UTF-8";
  }
  if (!root.is_object()) return "not a JSON object";
  if (root["type"].text().empty()) return "no type";
  return {};
}

std::uint64_t hash_of(std::string_view text) {
  return text.empty() ? 0 : hash_text(text);
}

// Candles of an index have no volume; without prices there is no candle.
bool has_prices(const DecodedCandle& candle) {
  const Candle& row = candle.row;
  return row.open.data() != nullptr && row.high.data() != nullptr && row.low.data() != nullptr &&
         row.close.data() != nullptr;
}

void add_error(Json message, RowSink& rows) {
  const Json text = message["message"];
  Int event_ns;
  if (message["timestamp"].exists()) event_ns = time_ms(message["timestamp"]);
  rows.add(FeedError{message["code"].scalar(), text.scalar()}, event_ns);
}

// The candles of a message: those of a list (assumed: `candles`, or `data` as an array), else its
// one.
std::vector<Json> candles_of(Json message) {
  const Json list = first_of(message, {"candles", "data"});
  if (!list.is_array()) return {candle_body(message)};
  std::vector<Json> found;
  for (Json candle = list.first(); candle.exists(); candle = candle.next()) found.push_back(candle);
  return found;
}

}  // namespace

HypercallNormalizer::HypercallNormalizer(int connections, Filters filters)
    : deliveries_(connections),
      fills_(times_, std::move(filters.fills)),
      orders_(times_, std::move(filters.orders)) {}

std::string_view HypercallNormalizer::candle_channel(const CandleName& name) const {
  std::string channel(kCandlesPrefix);
  channel.append(name.underlying).append(":").append(name.resolution);
  const auto known = candle_channels_.find(channel);
  if (known != candle_channels_.end()) return *known;
  if (candle_channels_.size() >= kCandleChannelsMax) return "candles";
  return *candle_channels_.insert(std::move(channel)).first;
}

FrameTag HypercallNormalizer::classify(const InFrame& frame) const {
  FrameTag tag;
  const Json message = frame.root();
  tag.type = message["type"].text();
  const MessageType* type = find_message_type(tag.type);
  if (type == nullptr) return tag;
  tag.role = type->role;
  tag.stream = type->channel;
  if (tag.type == "Subscribed") {
    tag.stream = message["channel"].text();
    return tag;
  }
  if (is_candle_type(tag.type)) {
    const Json sent_channel = message["channel"];
    const CandleName name = candle_name_of(message, candle_body(message));
    tag.symbol = name.underlying;
    if (parse_candle_channel(sent_channel.text()).whole()) {
      tag.stream = sent_channel.text();
    } else if (name.whole()) {
      tag.stream = candle_channel(name);
    }
    return tag;
  }
  tag.symbol = message["symbol"].text();
  if (tag.symbol.empty()) tag.symbol = message["request"]["symbol"].text();
  if (tag.symbol.empty() && tag.stream == "options_chain") tag.symbol = message["currency"].text();
  return tag;
}

bool HypercallNormalizer::is_new(const InFrame& frame) {
  return deliveries_.is_new(hash_of(frame.payload), frame.slot, frame.recv_ns);
}

void HypercallNormalizer::normalize(const InFrame& frame, RowSink& rows) {
  if (const std::string_view why = not_a_message(frame); !why.empty()) {
    if (is_new(frame)) add_unparsed(why, rows);
    return;
  }
  const std::string_view name = frame.root()["type"].text();
  const MessageType* type = find_message_type(name);
  if (type == nullptr) {
    if (is_new(frame)) add_unparsed("unknown type: " + std::string(shortened(name)), rows);
    return;
  }
  // What the service says to one connection alone is never the same event as what it says to
  // another.
  if (type->role == FrameRole::error) return add_error(frame.root(), rows);
  if (type->role == FrameRole::ack) return acknowledged(frame);
  if (type->role == FrameRole::data) decode(frame, *type, rows);
}

void HypercallNormalizer::acknowledged(const InFrame& frame) {
  const Json message = frame.root();
  if (message["type"].text() != "Subscribed" || message["channel"].text() != kTrades) return;
  trades_.subscribed(frame.slot, frame.recv_ns);
}

void HypercallNormalizer::decode(const InFrame& frame, const MessageType& type, RowSink& rows) {
  const Json message = frame.root();
  Problem problem(type.name);
  if (type.name == "Fill") {
    fills_.push(message, frame.recv_ns, problem, rows);
    if (problem.any() && is_new(frame)) add_unparsed(problem.reason(), rows);
    return;
  }
  if (!is_new(frame)) return;
  if (type.channel == "candles") return candles(frame, rows);
  if (type.name == "Trade") {
    trades_.push(message, frame.recv_ns, problem, rows);
  } else if (type.name == "OrderbookUpdate") {
    Sifter heard(rows, [&](const Row& row) {
      times_.heard(row.event_ns, frame.recv_ns);
      return true;
    });
    books_.push(message, problem, heard);
  } else if (type.name == "OrderUpdate") {
    orders_.push(message, problem, rows);
  }
  for (const Route& route : kRoutes) {
    if (route.type == type.name) route.decode(message, problem, rows);
  }
  if (type.name == "MarketUpdate" && message["action"].text() != "Created") {
    books_.forget(message["symbol"].text());
  }
  if (problem.any()) add_unparsed(problem.reason(), rows);
}

RestPage HypercallNormalizer::absorb(const RestAnswer& answer, RowSink& rows) {
  if (answer.stream == kTrades) return trades_.absorb(answer, rows);
  if (answer.stream == "fills") return fills_.absorb(answer, rows);
  if (answer.stream == "order_updates") return orders_.absorb(answer, rows);
  if (answer.stream == "orderbook") return books_.absorb(answer, rows);
  if (answer.stream == "portfolio") return portfolio_.absorb(answer, rows);
  return Normalizer::absorb(answer, rows);
}

std::span<const TableId> HypercallNormalizer::remembered_tables() const {
  static constexpr TableId kTables[] = {TableId::trade, TableId::fill, TableId::order_update,
                                        TableId::book};
  return kTables;
}

void HypercallNormalizer::remember(const EarlierRow& row) {
  // The time of an order may be that of its making.
  const bool tells_time = row.origin == Origin::live && row.table != TableId::order_update;
  if (tells_time) times_.remember(row.event_ns, row.recv_ns);
  if (row.table == TableId::trade) return trades_.remember(row);
  if (row.table == TableId::fill) return fills_.remember(row);
  if (row.table == TableId::order_update) return orders_.remember(row);
  if (row.table == TableId::book) return books_.remember(row);
}

std::vector<std::string> HypercallNormalizer::symbols(std::string_view stream) const {
  if (stream == "orderbook") return books_.symbols();
  return {};
}

void HypercallNormalizer::candles(const InFrame& frame, RowSink& rows) {
  const Json message = frame.root();
  Problem problem("Candle");
  std::vector<DecodedCandle> decoded;
  for (const Json candle : candles_of(message)) {
    decoded.push_back(decode_candle(message, candle, problem));
  }
  if (!std::all_of(decoded.begin(), decoded.end(), has_prices)) {
    return add_unparsed("candle without OHLCV fields", rows);
  }
  if (problem.any()) return add_unparsed(problem.reason(), rows);
  for (const DecodedCandle& candle : decoded) {
    const Candle& row = candle.row;
    if (row.is_closed.value_or(false) && row.open_ns) {
      std::uint64_t key = hash_combine(hash_of(row.symbol), hash_of(row.interval));
      key = hash_combine(key, static_cast<std::uint64_t>(*row.open_ns));
      if (!closed_candles_.first_time(key)) continue;
    }
    rows.add(row, candle.event_ns);
  }
}

}  // namespace tapedeck::hypercall
