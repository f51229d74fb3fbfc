#include "schema/feeds/marketai/normalize.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "schema/base/text.h"
#include "schema/feeds/marketai/absorb.h"
#include "schema/feeds/marketai/decode.h"
#include "schema/ws/codec.h"

namespace tapedeck::marketai {

namespace {

// Why a frame is no message at all; empty when it is one.
std::string_view not_a_message(const InFrame& frame) {
  if (frame.opcode == Opcode::binary) return "binary frame";
  const Json root = frame.root();
  if (!root.exists()) {
    return ws::is_valid_utf8(frame.payload) ? "not JSON" : "invalid UTF-8";
  }
  if (!root.is_object()) return "not a JSON object";
  if (type_of(root).empty() && kind_of(root) != Kind::error) return "no type";
  return {};
}

// Lets a message's rows through or none of them. `is_new` is asked once, when the first row comes:
// by then the message is known to be whole, and a broken one takes no identity away from it. `keep`
// sees what passes.
template <class IsNew, class Keep>
class Gate final : public RowSink {
 public:
  Gate(RowSink& rows, IsNew is_new, Keep keep)
      : rows_(rows), is_new_(std::move(is_new)), keep_(std::move(keep)) {}

  void add_row(const Row& row) override {
    if (!is_open_) is_open_ = is_new_(row);
    if (!*is_open_) return;
    rows_.add_row(row);
    keep_(row);
  }
  void set_cursor(std::string_view stream, std::string_view value) override {
    rows_.set_cursor(stream, value);
  }

 private:
  RowSink& rows_;
  IsNew is_new_;
  Keep keep_;
  std::optional<bool> is_open_;
};

void add_error(Json message, RowSink& rows) {
  ErrorInfo error = read_error(message);
  if (error.message.data() == nullptr) error.message = message.raw();
  const Json sent = message["ts"];
  Int event_ns;
  if (sent.exists()) event_ns = parse_unix(sent.scalar(), kNsPerMs);
  rows.add(FeedError{error.code, error.message}, event_ns);
}

}  // namespace

FrameTag MarketNormalizer::classify(const InFrame& frame) const {
  FrameTag tag;
  if (frame.opcode != Opcode::text) return tag;
  const Json message = frame.root();
  tag.type = type_of(message);
  switch (kind_of(message)) {
    case Kind::subscribed:
      tag.stream = message["channel"].text();
      [[fallthrough]];
    case Kind::authenticated:
    case Kind::unsubscribed:
      tag.role = FrameRole::ack;
      break;
    case Kind::pong:
      tag.role = FrameRole::heartbeat;
      break;
    case Kind::error:
      tag.role = FrameRole::error;
      break;
    case Kind::update:
      if (const Channel* channel = channel_of(message); channel != nullptr) {
        tag.stream = channel->name;
        tag.symbol = symbol_of(*channel, message);
      }
      break;
    case Kind::other:
      break;
  }
  return tag;
}

bool MarketNormalizer::is_new(const InFrame& frame) {
  const std::uint64_t key = frame.payload.empty() ? 0 : hash_text(frame.payload);
  return deliveries_.is_new(key, frame.slot, frame.recv_ns);
}

void MarketNormalizer::unparsed(const InFrame& frame, std::string_view reason, RowSink& rows) {
  if (is_new(frame)) rows.add(Unparsed{reason}, std::nullopt);
}

void MarketNormalizer::normalize(const InFrame& frame, RowSink& rows) {
  if (const std::string_view why = not_a_message(frame); !why.empty()) {
    return unparsed(frame, why, rows);
  }
  const Json message = frame.root();
  switch (kind_of(message)) {
    case Kind::update:
      return update(frame, rows);
    // What the service says to one connection alone never folds with what it says to another.
    case Kind::error:
      return add_error(message, rows);
    case Kind::authenticated:
    case Kind::subscribed:
    case Kind::unsubscribed:
    case Kind::pong:
      return;
    case Kind::other:
      return unparsed(frame, "unknown type: " + std::string(shortened(type_of(message))), rows);
  }
}

void MarketNormalizer::update(const InFrame& frame, RowSink& rows) {
  const Json message = frame.root();
  const std::string_view name = message["channel"].text();
  if (name.empty()) return unparsed(frame, "no channel", rows);
  const Decoder decode = decoder_of(name);
  if (decode == nullptr)
    return unparsed(frame, "unknown channel: " + std::string(shortened(name)), rows);
  Problem problem(name);
  const Json data = message["data"];
  if (!data.exists() || data.kind() == JsonKind::null) {
    problem.no("data");
  } else if (!data.is_object()) {
    problem.bad("data");
  }
  if (problem.any()) return unparsed(frame, problem.reason(), rows);

  const std::size_t channel = index_of(*find_channel(name));
  Gate gate(
      rows, [&](const Row& row) { return is_new(frame, channel, row); },
      [&](const Row& row) { keep_state(kChannels[channel].nature, row, frame.recv_ns); });
  decode({message, data, {}, {}}, problem, gate);
  if (problem.any()) unparsed(frame, problem.reason(), rows);
}

// Whether the event whose first row this is comes for the first time; it is remembered.
bool MarketNormalizer::is_new(const InFrame& frame, std::size_t channel, const Row& row) {
  const TableId table = row.table->id;
  const Nature nature = kChannels[channel].nature;
  const EventKey key = event_key(table, row.values, row.event_ns);
  const bool is_event =
      nature == Nature::event || (nature == Nature::candle && is_closed(row.values) == true);
  if (!key.is_identity && !is_new(frame)) return false;
  if (is_event && !memory_.events[channel].pushed(key, frame.recv_ns)) return false;
  memory_.symbols[channel].pushed(symbol_of(table, row.values), row.event_ns, frame.recv_ns);
  return true;
}

void MarketNormalizer::keep_state(Nature nature, const Row& row, Ns recv_ns) {
  if (nature == Nature::candle) memory_.candles.put(row.values, recv_ns);
  if (nature == Nature::state) memory_.states.put(row, recv_ns);
}

// ---- REST ----

RestPage MarketNormalizer::absorb(const RestAnswer& answer, RowSink& rows) {
  return absorb_answer(answer, memory_, rows);
}

std::span<const TableId> MarketNormalizer::remembered_tables() const {
  static constexpr TableId kTables[] = {TableId::quote,  TableId::book,        TableId::trade,
                                        TableId::alert,  TableId::liquidation, TableId::funding,
                                        TableId::candle, TableId::narrative,   TableId::prediction};
  return kTables;
}

void MarketNormalizer::remember(const EarlierRow& row) {
  const Channel* channel = channel_of(row.table);
  if (channel == nullptr) return;
  const std::size_t index = index_of(*channel);
  memory_.symbols[index].remember(symbol_of(row.table, row.values));
  std::optional<Ns> recv_ns;
  if (row.origin != Origin::gapfill) recv_ns = row.recv_ns;
  if (channel->nature == Nature::state) return memory_.states.remember(row);
  if (channel->nature == Nature::candle) {
    if (recv_ns) memory_.candles.put(row.values, *recv_ns);
    // One of REST is closed, whether or not it says so.
    if (!is_closed(row.values).value_or(!recv_ns)) return;
    return memory_.events[index].remember(candle_key(row.values), recv_ns);
  }
  memory_.events[index].remember(event_key(row.table, row.values, row.event_ns), recv_ns);
}

std::vector<std::string> MarketNormalizer::symbols(std::string_view stream) const {
  const Channel* channel = find_channel(stream);
  if (channel == nullptr) return {};
  if (channel->nature == Nature::candle) return memory_.candles.series();
  return memory_.symbols[index_of(*channel)].symbols();
}

}  // namespace tapedeck::marketai
