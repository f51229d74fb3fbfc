// The normalized tables (contract section 4): one struct a table, and the generic row that storage,
// verification and replay work with. A column stands here once; DDL and statements are made from
// it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>

#include "schema/base/json.h"
#include "schema/base/time.h"

namespace tapedeck {

// Text as the feed sent it. data() == nullptr means absent (NULL); "" is an empty text that was
// sent.
using Text = std::string_view;
using Int = std::optional<std::int64_t>;
using Bool = std::optional<bool>;

// An identifier or count that the service sends as a whole number. Kept as INTEGER where it fits 64
// signed bits and as its digits where it does not, so that none is ever rounded.
struct Id {
  Int integer;
  Text digits;

  static Id of(Json value) {
    if (auto i = value.integer()) return {i, {}};
    return {std::nullopt, value.scalar()};
  }
};

// How a row's event reached us.
enum class Origin : std::uint8_t { live, snapshot, gapfill };
std::string_view to_string(Origin origin);
std::optional<Origin> parse_origin(std::string_view text);

struct Value {
  enum class Type : std::uint8_t { null, integer, text };
  Type type = Type::null;
  std::int64_t integer = 0;
  std::string_view text;

  Value() = default;
  Value(Text t) : type(t.data() == nullptr ? Type::null : Type::text), text(t) {}
  Value(Int i) : type(i ? Type::integer : Type::null), integer(i.value_or(0)) {}
  Value(Bool b) : type(b ? Type::integer : Type::null), integer(b.value_or(false) ? 1 : 0) {}
  Value(const Id& id) : Value(id.integer ? Value(id.integer) : Value(id.digits)) {}

  friend bool operator==(const Value& a, const Value& b) {
    return a.type == b.type && a.integer == b.integer && a.text == b.text;
  }
};

// What a column holds. `text`: TEXT; `integer`: INTEGER (times, booleans, small counts); `id`: as
// Id, no affinity; `json`: TEXT holding JSON.
enum class ColumnType : std::uint8_t { text, integer, id, json };

struct Column {
  std::string_view name;
  ColumnType type;
};

enum class TableId : std::uint8_t {
  factor,
  signal,
  alert,
  snapshot,
  trade,
  quote,
  book,
  liquidation,
  funding,
  candle,
  narrative,
  prediction,
  order_update,
  fill,
  greeks,
  portfolio,
  market,
  settlement,
  liquidation_state,
  competition,
  index_price,
  option_chain,
  feed_error,
  unparsed
};
inline constexpr std::size_t kTableCount = 24;

// A normalized table: its own columns, those that stand after the common ones
// (`id, frame_id, request_id, feed, origin, recv_ns, event_ns`).
struct Table {
  TableId id;
  std::string_view name;
  std::span<const Column> columns;
};

// Every table, in the order of TableId.
std::span<const Table> all_tables();
const Table& table_of(TableId id);
const Table* find_table(std::string_view name);

struct Factor {
  static constexpr TableId kTable = TableId::factor;
  Text opportunity_id, factor, previous, current;
  Id as_of_block;
  auto values() const {
    return std::array<Value, 5>{opportunity_id, factor, previous, current, as_of_block};
  }
};

struct Signal {
  static constexpr TableId kTable = TableId::signal;
  Id algorithm_id;
  Text action;
  Int leg;
  Text symbol, side, price;
  auto values() const {
    return std::array<Value, 6>{algorithm_id, action, leg, symbol, side, price};
  }
};

struct Alert {
  static constexpr TableId kTable = TableId::alert;
  Text event_id, type, priority, severity, symbol, confidence;
  Id latency_ms;
  Text narrative, data;
  auto values() const {
    return std::array<Value, 9>{event_id,   type,       priority,  severity, symbol,
                                confidence, latency_ms, narrative, data};
  }
};

struct Snapshot {
  static constexpr TableId kTable = TableId::snapshot;
  Text endpoint, type, symbol, data;
  auto values() const { return std::array<Value, 4>{endpoint, type, symbol, data}; }
};

struct Trade {
  static constexpr TableId kTable = TableId::trade;
  Text venue, symbol, price, size, side, trade_id;
  Bool is_liquidation;
  auto values() const {
    return std::array<Value, 7>{venue, symbol, price, size, side, trade_id, is_liquidation};
  }
};

struct Quote {
  static constexpr TableId kTable = TableId::quote;
  Text venue, symbol, bid, ask, mid, vwap, volume_24h, obi, max_arb_bps, trend;
  auto values() const {
    return std::array<Value, 10>{venue, symbol,     bid, ask,         mid,
                                 vwap,  volume_24h, obi, max_arb_bps, trend};
  }
};

struct Book {
  static constexpr TableId kTable = TableId::book;
  Text venue, symbol, best_bid, best_ask, bids, asks, mid, spread_bps, metrics;
  auto values() const {
    return std::array<Value, 9>{venue, symbol, best_bid,   best_ask, bids,
                                asks,  mid,    spread_bps, metrics};
  }
};

struct Liquidation {
  static constexpr TableId kTable = TableId::liquidation;
  Text venue, symbol, side, price, size, notional;
  auto values() const { return std::array<Value, 6>{venue, symbol, side, price, size, notional}; }
};

struct Funding {
  static constexpr TableId kTable = TableId::funding;
  Text venue, symbol, rate, predicted_rate;
  Int next_ns;
  auto values() const { return std::array<Value, 5>{venue, symbol, rate, predicted_rate, next_ns}; }
};

struct Candle {
  static constexpr TableId kTable = TableId::candle;
  Text venue, symbol, interval, open, high, low, close, volume;
  Int open_ns, close_ns;
  Bool is_closed;
  auto values() const {
    return std::array<Value, 11>{venue, symbol, interval, open,     high,     low,
                                 close, volume, open_ns,  close_ns, is_closed};
  }
};

struct Narrative {
  static constexpr TableId kTable = TableId::narrative;
  Text symbol, text, source;
  auto values() const { return std::array<Value, 3>{symbol, text, source}; }
};

struct Prediction {
  static constexpr TableId kTable = TableId::prediction;
  Text coin, timeframe, up_price, down_price, volume, liquidity;
  Id seconds_remaining;
  Bool active;
  auto values() const {
    return std::array<Value, 8>{coin,   timeframe, up_price,          down_price,
                                volume, liquidity, seconds_remaining, active};
  }
};

struct OrderUpdate {
  static constexpr TableId kTable = TableId::order_update;
  Id order_id;
  Text client_order_id, symbol, side, price, size, status, filled_size, remaining_size,
      avg_fill_price, reason, wallet;
  auto values() const {
    return std::array<Value, 12>{
        order_id, client_order_id, symbol,         side,           price,  size,
        status,   filled_size,     remaining_size, avg_fill_price, reason, wallet};
  }
};

struct Fill {
  static constexpr TableId kTable = TableId::fill;
  Id fill_id, order_id, trade_id;
  Text symbol, side, price, size, fee;
  Bool is_taker;
  Text wallet, builder_code_address, builder_code_fee;
  auto values() const {
    return std::array<Value, 12>{fill_id,
                                 order_id,
                                 trade_id,
                                 symbol,
                                 side,
                                 price,
                                 size,
                                 fee,
                                 is_taker,
                                 wallet,
                                 builder_code_address,
                                 builder_code_fee};
  }
};

struct Greeks {
  static constexpr TableId kTable = TableId::greeks;
  Text symbol, quantity, delta, gamma, theta, vega, iv;
  auto values() const {
    return std::array<Value, 7>{symbol, quantity, delta, gamma, theta, vega, iv};
  }
};

struct Portfolio {
  static constexpr TableId kTable = TableId::portfolio;
  Text kind, data;
  auto values() const { return std::array<Value, 2>{kind, data}; }
};

struct Market {
  static constexpr TableId kTable = TableId::market;
  Text action, symbol, underlying, strike;
  Bool is_call;
  Int expiry_ns;
  auto values() const {
    return std::array<Value, 6>{action, symbol, underlying, strike, is_call, expiry_ns};
  }
};

struct Settlement {
  static constexpr TableId kTable = TableId::settlement;
  Text wallet, symbol, position_size, settlement_price, settlement_value;
  auto values() const {
    return std::array<Value, 5>{wallet, symbol, position_size, settlement_price, settlement_value};
  }
};

struct LiquidationState {
  static constexpr TableId kTable = TableId::liquidation_state;
  Text wallet, previous_state, new_state, equity, mm_required, shortfall;
  Id auction_id;
  auto values() const {
    return std::array<Value, 7>{wallet,      previous_state, new_state, equity,
                                mm_required, shortfall,      auction_id};
  }
};

struct Competition {
  static constexpr TableId kTable = TableId::competition;
  Text wallet, lifetime_realized_pnl;
  Id competition_id;
  Text competition_name, competition_state;
  Id rank;
  Text pnl, volume, efficiency, medal;
  auto values() const {
    return std::array<Value, 10>{wallet,
                                 lifetime_realized_pnl,
                                 competition_id,
                                 competition_name,
                                 competition_state,
                                 rank,
                                 pnl,
                                 volume,
                                 efficiency,
                                 medal};
  }
};

struct IndexPrice {
  static constexpr TableId kTable = TableId::index_price;
  Text underlying, price;
  auto values() const { return std::array<Value, 2>{underlying, price}; }
};

struct OptionChain {
  static constexpr TableId kTable = TableId::option_chain;
  Text action, underlying;
  Int expiry_ns;
  Text strike, option_type, symbol, data;
  auto values() const {
    return std::array<Value, 7>{action, underlying, expiry_ns, strike, option_type, symbol, data};
  }
};

struct FeedError {
  static constexpr TableId kTable = TableId::feed_error;
  Text code, message;
  auto values() const { return std::array<Value, 2>{code, message}; }
};

struct Unparsed {
  static constexpr TableId kTable = TableId::unparsed;
  Text reason;
  auto values() const { return std::array<Value, 1>{reason}; }
};

// A row on its way to the tape. Views need to live only during the call that takes it.
struct Row {
  const Table* table = nullptr;
  Origin origin = Origin::live;
  Int event_ns;
  std::span<const Value> values;
};

// Where a decoder puts what it found. The holder knows the frame or request that the rows come
// from.
class RowSink {
 public:
  virtual ~RowSink() = default;

  template <class Record>
  void add(const Record& record, Int event_ns, Origin origin = Origin::live) {
    const auto values = record.values();
    add_row(Row{&table_of(Record::kTable), origin, event_ns, values});
  }
  virtual void add_row(const Row& row) = 0;

  // The position from which a gap-fill of `stream` would start, once these rows are committed.
  virtual void set_cursor(std::string_view stream, std::string_view value) = 0;

  // What just came proves that something of `stream` is missing which came after `since_ns` (a time
  // of receipt): a gap, unless one is known that explains it.
  virtual void missed(std::string_view /*stream*/, Ns /*since_ns*/, std::string_view /*why*/) {}
};

}  // namespace tapedeck
