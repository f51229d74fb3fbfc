#include "schema/records.h"

namespace tapedeck {
namespace {

constexpr Column text(std::string_view name) {
  return {name, ColumnType::text};
}
constexpr Column integer(std::string_view name) {
  return {name, ColumnType::integer};
}
constexpr Column id(std::string_view name) {
  return {name, ColumnType::id};
}
constexpr Column json(std::string_view name) {
  return {name, ColumnType::json};
}

// In the order of each struct's values().
constexpr Column kFactor[] = {text("opportunity_id"), text("factor"), text("previous"),
                              text("current"), id("as_of_block")};
constexpr Column kSignal[] = {id("algorithm_id"), text("action"), integer("leg"),
                              text("symbol"),     text("side"),   text("price")};
constexpr Column kAlert[] = {text("event_id"), text("type"),      text("priority"),
                             text("severity"), text("symbol"),    text("confidence"),
                             id("latency_ms"), text("narrative"), json("data")};
constexpr Column kSnapshot[] = {text("endpoint"), text("type"), text("symbol"), json("data")};
constexpr Column kTrade[] = {
    text("venue"),    text("symbol"),           text("price"), text("size"), text("side"),
    text("trade_id"), integer("is_liquidation")};
constexpr Column kQuote[] = {text("venue"),       text("symbol"), text("bid"),        text("ask"),
                             text("mid"),         text("vwap"),   text("volume_24h"), text("obi"),
                             text("max_arb_bps"), text("trend")};
constexpr Column kBook[] = {text("venue"),    text("symbol"),     text("best_bid"),
                            text("best_ask"), json("bids"),       json("asks"),
                            text("mid"),      text("spread_bps"), json("metrics")};
constexpr Column kLiquidation[] = {text("venue"), text("symbol"), text("side"),
                                   text("price"), text("size"),   text("notional")};
constexpr Column kFunding[] = {text("venue"), text("symbol"), text("rate"), text("predicted_rate"),
                               integer("next_ns")};
constexpr Column kCandle[] = {text("venue"),       text("symbol"),      text("interval"),
                              text("open"),        text("high"),        text("low"),
                              text("close"),       text("volume"),      integer("open_ns"),
                              integer("close_ns"), integer("is_closed")};
constexpr Column kNarrative[] = {text("symbol"), text("text"), text("source")};
constexpr Column kPrediction[] = {
    text("coin"),   text("timeframe"), text("up_price"),        text("down_price"),
    text("volume"), text("liquidity"), id("seconds_remaining"), integer("active")};
constexpr Column kOrderUpdate[] = {
    id("order_id"),         text("client_order_id"), text("symbol"),
    text("side"),           text("price"),           text("size"),
    text("status"),         text("filled_size"),     text("remaining_size"),
    text("avg_fill_price"), text("reason"),          text("wallet")};
constexpr Column kFill[] = {id("fill_id"),
                            id("order_id"),
                            id("trade_id"),
                            text("symbol"),
                            text("side"),
                            text("price"),
                            text("size"),
                            text("fee"),
                            integer("is_taker"),
                            text("wallet"),
                            text("builder_code_address"),
                            text("builder_code_fee")};
constexpr Column kGreeks[] = {text("symbol"), text("quantity"), text("delta"), text("gamma"),
                              text("theta"),  text("vega"),     text("iv")};
constexpr Column kPortfolio[] = {text("kind"), json("data")};
constexpr Column kMarket[] = {text("action"), text("symbol"),     text("underlying"),
                              text("strike"), integer("is_call"), integer("expiry_ns")};
constexpr Column kSettlement[] = {text("wallet"), text("symbol"), text("position_size"),
                                  text("settlement_price"), text("settlement_value")};
constexpr Column kLiquidationState[] = {text("wallet"),  text("previous_state"), text("new_state"),
                                        text("equity"),  text("mm_required"),    text("shortfall"),
                                        id("auction_id")};
constexpr Column kCompetition[] = {text("wallet"),
                                   text("lifetime_realized_pnl"),
                                   id("competition_id"),
                                   text("competition_name"),
                                   text("competition_state"),
                                   id("rank"),
                                   text("pnl"),
                                   text("volume"),
                                   text("efficiency"),
                                   text("medal")};
constexpr Column kIndexPrice[] = {text("underlying"), text("price")};
constexpr Column kOptionChain[] = {text("action"), text("underlying"),  integer("expiry_ns"),
                                   text("strike"), text("option_type"), text("symbol"),
                                   json("data")};
constexpr Column kFeedError[] = {text("code"), text("message")};
constexpr Column kUnparsed[] = {text("reason")};

constexpr Table kTables[] = {
    {TableId::factor, "factor", kFactor},
    {TableId::signal, "signal", kSignal},
    {TableId::alert, "alert", kAlert},
    {TableId::snapshot, "snapshot", kSnapshot},
    {TableId::trade, "trade", kTrade},
    {TableId::quote, "quote", kQuote},
    {TableId::book, "book", kBook},
    {TableId::liquidation, "liquidation", kLiquidation},
    {TableId::funding, "funding", kFunding},
    {TableId::candle, "candle", kCandle},
    {TableId::narrative, "narrative", kNarrative},
    {TableId::prediction, "prediction", kPrediction},
    {TableId::order_update, "order_update", kOrderUpdate},
    {TableId::fill, "fill", kFill},
    {TableId::greeks, "greeks", kGreeks},
    {TableId::portfolio, "portfolio", kPortfolio},
    {TableId::market, "market", kMarket},
    {TableId::settlement, "settlement", kSettlement},
    {TableId::liquidation_state, "liquidation_state", kLiquidationState},
    {TableId::competition, "competition", kCompetition},
    {TableId::index_price, "index_price", kIndexPrice},
    {TableId::option_chain, "option_chain", kOptionChain},
    {TableId::feed_error, "feed_error", kFeedError},
    {TableId::unparsed, "unparsed", kUnparsed},
};
static_assert(std::size(kTables) == kTableCount);

// A struct's values() and its columns are written down apart: hold them together here.
template <class Record>
constexpr bool matches(const Table& table) {
  using Values = decltype(std::declval<const Record&>().values());
  return table.id == Record::kTable && table.columns.size() == std::tuple_size_v<Values>;
}
template <class... Records>
constexpr bool all_match() {
  return sizeof...(Records) == kTableCount &&
         (matches<Records>(kTables[static_cast<std::size_t>(Records::kTable)]) && ...);
}
static_assert(
    all_match<Factor, Signal, Alert, Snapshot, Trade, Quote, Book, Liquidation, Funding, Candle,
              Narrative, Prediction, OrderUpdate, Fill, Greeks, Portfolio, Market, Settlement,
              LiquidationState, Competition, IndexPrice, OptionChain, FeedError, Unparsed>());

}  // namespace

std::span<const Table> all_tables() {
  return kTables;
}

const Table& table_of(TableId table) {
  return kTables[static_cast<std::size_t>(table)];
}

const Table* find_table(std::string_view name) {
  for (const Table& table : kTables) {
    if (table.name == name) return &table;
  }
  return nullptr;
}

std::string_view to_string(Origin origin) {
  switch (origin) {
    case Origin::live:
      return "live";
    case Origin::snapshot:
      return "snapshot";
    case Origin::gapfill:
      return "gapfill";
  }
  return "";
}

std::optional<Origin> parse_origin(std::string_view text) {
  for (const Origin origin : {Origin::live, Origin::snapshot, Origin::gapfill}) {
    if (to_string(origin) == text) return origin;
  }
  return std::nullopt;
}

}  // namespace tapedeck
