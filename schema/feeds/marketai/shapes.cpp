#include "schema/feeds/marketai/shapes.h"

#include "schema/feeds/marketai/wire.h"

namespace tapedeck::marketai {

namespace {

using namespace shape;

// Section "Channels". The decoder takes `data.timestamp` for the event's time in every channel.
constexpr FieldShape kEnvelope[] = {
    {"type", kText, kOptional},
    {"channel", kText, kOptional},
    {"ts", kNumber},
    {"data", kObject},
};

// An aggregate may be null when no venue gives one.
constexpr FieldShape kQuotes[] = {
    {"data.symbol", kText},
    {"data.global_mid", kText | kNull},
    {"data.global_vwap", kText | kNull},
    {"data.max_arb_bps", kNumber | kNull},
    {"data.consensus_trend", kText},
    {"data.exchanges", kList},
    {"data.exchanges[]", kObject},
    {"data.exchanges[].exchange", kText},
    {"data.exchanges[].bid", kText},
    {"data.exchanges[].ask", kText},
    {"data.exchanges[].mid", kText},
    {"data.exchanges[].volume_24h", kText},
    {"data.exchanges[].obi", kNumber},
    {"data.timestamp", kNumber, kOptional},
};

constexpr FieldShape kBook[] = {
    {"data.symbol", kText},
    {"data.exchange", kText},
    {"data.best_bid", kText},
    {"data.best_ask", kText},
    {"data.mid_price", kText},
    {"data.spread_bps", kNumber},
    {"data.obi_5", kNumber},
    {"data.obi_10", kNumber},
    {"data.bid_depth_1pct", kText},
    {"data.ask_depth_1pct", kText},
    {"data.bid_walls", kList},
    {"data.bid_walls[]", kObject},
    {"data.bid_walls[].price", kText},
    {"data.bid_walls[].quantity", kText},
    {"data.bid_walls[].multiple_of_median", kNumber},
    {"data.ask_walls", kList},
    {"data.ask_walls[]", kObject},
    {"data.ask_walls[].price", kText},
    {"data.ask_walls[].quantity", kText},
    {"data.ask_walls[].multiple_of_median", kNumber},
    {"data.timestamp", kNumber, kOptional},
};

constexpr FieldShape kTrades[] = {
    {"data.exchange", kText}, {"data.symbol", kText},         {"data.price", kText},
    {"data.quantity", kText}, {"data.side", kText},           {"data.timestamp", kNumber},
    {"data.trade_id", kText}, {"data.is_liquidation", kFlag},
};

constexpr FieldShape kSignals[] = {
    {"data.id", kText},          {"data.signal_type", kText}, {"data.symbol", kText},
    {"data.severity", kText},    {"data.data", kObject},  // each signal type has its own
    {"data.timestamp", kNumber}, {"data.narrative", kText},
};

constexpr FieldShape kLiquidations[] = {
    {"data.exchange", kText},     {"data.symbol", kText},   {"data.side", kText},
    {"data.price", kText},        {"data.quantity", kText}, {"data.timestamp", kNumber},
    {"data.notional_usd", kText},
};

constexpr FieldShape kFunding[] = {
    {"data.exchange", kText},
    {"data.symbol", kText},
    {"data.rate", kNumber},
    {"data.next_funding_time", kNumber},
    {"data.predicted_rate", kNumber | kNull},  // where no prediction is made
    {"data.timestamp", kNumber, kOptional},
};

constexpr FieldShape kKlines[] = {
    {"data.exchange", kText},     {"data.symbol", kText},    {"data.interval", kText},
    {"data.open", kText},         {"data.high", kText},      {"data.low", kText},
    {"data.close", kText},        {"data.volume", kText},    {"data.open_time", kNumber},
    {"data.close_time", kNumber}, {"data.is_closed", kFlag}, {"data.timestamp", kNumber, kOptional},
};

constexpr FieldShape kNarratives[] = {
    {"data.symbol", kText},
    {"data.narrative", kText},
    {"data.source", kText},
    {"data.timestamp", kNumber, kOptional},
};

constexpr FieldShape kPolymarket[] = {
    {"data.coin", kText},
    {"data.timeframe", kText},
    {"data.upPrice", kText},
    {"data.downPrice", kText},
    {"data.volume", kText},
    {"data.liquidity", kText},
    {"data.timeRemainingSeconds", kNumber},
    {"data.active", kFlag},
    {"data.timestamp", kNumber, kOptional},
};

// Section "Protocol".
constexpr FieldShape kAuthenticated[] = {{"type", kText, kOptional}, {"tier", kText}};
constexpr FieldShape kSubscription[] = {
    {"type", kText, kOptional},
    {"channel", kText},
    {"symbols", kList},
    {"symbols[]", kText},
};
constexpr FieldShape kPong[] = {{"type", kText, kOptional}};
constexpr FieldShape kError[] = {
    {"type", kText, kOptional},
    {"code", kText},
    {"message", kText},
};
// Section "Tier Limits": an error without a type.
constexpr FieldShape kUntypedError[] = {
    {"ok", kFlag, kOptional},
    {"error", kObject},
    {"error.code", kText},
    {"error.message", kText},
    {"error.retry_after", kDecimal, kOptional},
};

constexpr MessageShape kMessages[] = {
    {"update quotes", kQuotes, kEnvelope},
    {"update book", kBook, kEnvelope},
    {"update trades", kTrades, kEnvelope},
    {"update signals", kSignals, kEnvelope},
    {"update liquidations", kLiquidations, kEnvelope},
    {"update funding", kFunding, kEnvelope},
    {"update klines", kKlines, kEnvelope},
    {"update narratives", kNarratives, kEnvelope},
    {"update polymarket", kPolymarket, kEnvelope},
    {"authenticated", kAuthenticated},
    {"subscribed", kSubscription},
    {"unsubscribed", kSubscription},
    {"pong", kPong},
    {"error", kError},
    {"error untyped", kUntypedError},
};

const MessageShape* shape_of(const InFrame& /*frame*/, const FrameTag& tag) {
  if (tag.role == FrameRole::error && tag.type.empty()) {
    return find_shape(kMessages, "error", "untyped");
  }
  const bool is_of_channel = tag.role == FrameRole::data;
  return find_shape(kMessages, tag.type, is_of_channel ? tag.stream : std::string_view());
}

constexpr FeedShapes kShapes{kMessages, shape_of};

}  // namespace

const FeedShapes& shapes() {
  return kShapes;
}

}  // namespace tapedeck::marketai
