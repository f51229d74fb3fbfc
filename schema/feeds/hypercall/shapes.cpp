#include "schema/feeds/hypercall/shapes.h"

#include "schema/feeds/hypercall/wire.h"

namespace tapedeck::hypercall {

namespace {

using namespace shape;

// Section "Message Types", and, where a comment says so, the service's public client.
constexpr FieldShape kEnvelope[] = {{"type", kText, kOptional}};

constexpr FieldShape kOrderbook[] = {
    {"symbol", kText}, {"bids", kList | kNull},  // null sides were seen on the wire
    {"bids[]", kList}, {"bids[][]", kText},     {"asks", kList | kNull},
    {"asks[]", kList}, {"asks[][]", kText},     {"timestamp", kNumber},
};

constexpr FieldShape kTrade[] = {
    {"symbol", kText}, {"price", kText},       {"size", kText},
    {"side", kText},   {"timestamp", kNumber}, {"trade_id", kDecimal, kOptional},
};

constexpr FieldShape kMarket[] = {
    {"action", kText},     {"symbol", kText},   {"strike", kText},      {"is_call", kFlag},
    {"underlying", kText}, {"expiry", kNumber}, {"timestamp", kNumber},
};

// The public client's.
constexpr FieldShape kChainUpsert[] = {
    {"action", kText, kOptional},
    {"currency", kText},
    {"expiry", kDecimal},
    {"row", kObject},
    {"row.strike", kDecimal},
    {"row.call", kObject | kNull, kOptional},
    {"row.put", kObject | kNull, kOptional},
    {"timestamp", kNumber},
};
constexpr FieldShape kChainRemove[] = {
    {"action", kText, kOptional}, {"currency", kText}, {"expiry", kDecimal},   {"strike", kDecimal},
    {"option_type", kText},       {"symbol", kText},   {"timestamp", kNumber},
};
constexpr FieldShape kIndexPrice[] = {
    {"prices", kList},
    {"prices[]", kObject},
    {"prices[].underlying", kText},
    {"prices[].price", kDecimal},
    {"prices[].timestamp", kNumber, kOptional},
    {"timestamp", kNumber},
};

constexpr FieldShape kOrder[] = {
    {"order_id", kNumber},
    {"client_order_id", kText | kNull},
    {"status", kText},
    {"filled_size", kText},
    {"remaining_size", kText},
    {"avg_fill_price", kText | kNull},
    // Known by the decoder, and in the public client's form.
    {"symbol", kText, kOptional},
    {"side", kText, kOptional},
    {"price", kDecimal, kOptional},
    {"size", kDecimal, kOptional},
    {"timestamp", kNumber, kOptional},
    {"reason", kText | kNull, kOptional},
    {"wallet_address", kText, kOptional},
    {"instrument_type", kText, kOptional},
};
// The public client's: the order as it was asked for inside.
constexpr FieldShape kOrderRequest[] = {
    {"order_id", kNumber},
    {"request", kObject, kOptional},
    {"request.price", kDecimal},
    {"request.size", kDecimal},
    {"request.symbol", kText},
    {"request.side", kText},
    {"request.tif", kText, kOptional},
    {"request.client_order_id", kText | kNull, kOptional},
    {"request.wallet_address", kText, kOptional},
    {"status", kText},
    {"filled_size", kText},
    {"timestamp", kNumber},
    {"reason", kText | kNull},
    {"wallet_address", kText},
    {"instrument_type", kText},
    {"client_order_id", kText | kNull, kOptional},
    {"remaining_size", kText, kOptional},
    {"avg_fill_price", kText | kNull, kOptional},
};

constexpr FieldShape kFill[] = {
    {"order_id", kNumber},
    {"fill_id", kNumber},
    {"symbol", kText},
    {"side", kText},
    {"price", kText},
    {"size", kText},
    {"timestamp", kNumber},
    {"wallet_address", kText},
    {"fee", kText},
    {"trade_id", kNumber},
    {"is_taker", kFlag},
    {"builder_code_address", kText | kNull, kOptional},
    {"builder_code_fee", kText | kNull, kOptional},
    {"instrument_type", kText, kOptional},  // the public client's
};

constexpr FieldShape kGreeks[] = {
    {"timestamp", kNumber},         {"per_leg", kList},
    {"per_leg[]", kObject},         {"per_leg[].symbol", kText},
    {"per_leg[].quantity", kText},  {"per_leg[].delta", kNumber},
    {"per_leg[].gamma", kNumber},   {"per_leg[].theta", kNumber},
    {"per_leg[].vega", kNumber},    {"per_leg[].iv", kNumber | kNull},
    {"aggregate", kObject | kNull}, {"aggregate.delta", kNumber},
    {"aggregate.gamma", kNumber},   {"aggregate.theta", kNumber},
    {"aggregate.vega", kNumber},    {"aggregate.iv", kNumber | kNull},
};
// Variants of which the public client has no more than the name.
constexpr FieldShape kPortfolio[] = {{"timestamp", kNumber}, {"*", kAny}};

constexpr FieldShape kSettlement[] = {
    {"wallet_address", kText},   {"symbol", kText},           {"position_size", kText},
    {"settlement_price", kText}, {"settlement_value", kText}, {"timestamp", kNumber},
};

constexpr FieldShape kLiquidation[] = {
    {"wallet_address", kText},
    {"previous_state", kText},
    {"new_state", kText},
    {"equity", kText},
    {"mm_required", kText},
    {"shortfall", kText},
    {"auction_id", kNumber | kNull},
    {"timestamp", kNumber},
    // Margin fields are the public client's; their names are assumed.
    {"im_required", kText, kOptional},
    {"margin_ratio", kText, kOptional},
};

constexpr FieldShape kCompetition[] = {
    {"wallet_address", kText},
    {"lifetime_realized_pnl", kText},
    {"active_competition", kObject | kNull},
    {"active_competition.competition_id", kNumber},
    {"active_competition.competition_name", kText},
    {"active_competition.competition_state", kText},
    {"active_competition.rank", kNumber | kNull},
    {"active_competition.pnl", kText},
    {"active_competition.volume", kText},
    {"active_competition.efficiency", kText},
    {"active_competition.medal", kText | kNull},
    {"timestamp", kNumber},
};

constexpr FieldShape kAuthenticated[] = {{"wallet", kText}};
constexpr FieldShape kSubscription[] = {
    {"channel", kText},
    {"symbols", kList | kNull, kOptional},
};
constexpr FieldShape kClockSynced[] = {{"nonce", kAny}, {"server_at", kDecimal}};
constexpr FieldShape kError[] = {
    {"message", kText},
    {"code", kDecimal, kOptional},
    {"timestamp", kNumber, kOptional},
};

// Candles have no shape: their messages are undocumented.
constexpr MessageShape kMessages[] = {
    {"OrderbookUpdate", kOrderbook, kEnvelope},
    {"Trade", kTrade, kEnvelope},
    {"IndexPriceUpdate", kIndexPrice, kEnvelope},
    {"OptionsChainUpdate Upsert", kChainUpsert, kEnvelope},
    {"OptionsChainUpdate Remove", kChainRemove, kEnvelope},
    {"MarketUpdate", kMarket, kEnvelope},
    {"OrderUpdate", kOrder, kEnvelope},
    {"OrderUpdate request", kOrderRequest, kEnvelope},
    {"Fill", kFill, kEnvelope},
    {"PortfolioUpdate GreeksUpdate", kGreeks, kEnvelope},
    {"PortfolioUpdate Initial", kPortfolio, kEnvelope},
    {"PortfolioUpdate PositionUpdate", kPortfolio, kEnvelope},
    {"PortfolioUpdate BalanceUpdate", kPortfolio, kEnvelope},
    {"PortfolioUpdate MarginUpdate", kPortfolio, kEnvelope},
    {"PositionExpired", kSettlement, kEnvelope},
    {"LiquidationStateChange", kLiquidation, kEnvelope},
    {"CompetitionPnlSummary", kCompetition, kEnvelope},
    {"Authenticated", kAuthenticated, kEnvelope},
    {"Subscribed", kSubscription, kEnvelope},
    {"Unsubscribed", kSubscription, kEnvelope},
    {"ClockSynced", kClockSynced, kEnvelope},
    {"Error", kError, kEnvelope},
};

// What tells a type's formats apart; empty where it has one.
std::string_view variant_of(Json message, const FrameTag& tag) {
  if (tag.type == "OptionsChainUpdate") return message["action"].text();
  if (tag.type == "PortfolioUpdate") return portfolio_kind(message);
  if (tag.type == "OrderUpdate" && message["request"].exists()) return "request";
  return {};
}

const MessageShape* shape_of(const InFrame& frame, const FrameTag& tag) {
  return find_shape(kMessages, tag.type, variant_of(frame.root(), tag));
}

constexpr FeedShapes kShapes{kMessages, shape_of};

}  // namespace

const FeedShapes& shapes() {
  return kShapes;
}

}  // namespace tapedeck::hypercall
