// What the simulated NexusGlass talks about: its markets, the order of its messages, and what each
// event type's `data` holds. Names within `data` follow the one documented example
// (LIQUIDATION_CLUSTER_ARMED) in style; the service documents no other.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "schema/feeds/nexusglass/wire.h"

namespace tapedeck::nexusglass {

// "Default: all 10 symbols"; only the first two are named by the service.
struct SimMarket {
  std::string_view symbol;
  std::int64_t price;  // in units of 10^-digits
  int digits;
};
inline constexpr std::array<SimMarket, 10> kSimMarkets = {{{"BTCUSDT", 9'850'000, 2},
                                                           {"ETHUSDT", 341'275, 2},
                                                           {"SOLUSDT", 18'842, 2},
                                                           {"BNBUSDT", 61'230, 2},
                                                           {"XRPUSDT", 23'517, 4},
                                                           {"DOGEUSDT", 194'120, 6},
                                                           {"ADAUSDT", 7'714, 4},
                                                           {"AVAXUSDT", 35'610, 3},
                                                           {"LINKUSDT", 18'934, 3},
                                                           {"TONUSDT", 54'870, 4}}};

inline constexpr std::array<std::string_view, 12> kSimVenues = {
    "binance", "bybit", "okx",    "bitget",   "gate",    "kucoin",
    "htx",     "mexc",  "kraken", "coinbase", "deribit", "hyperliquid"};

// One message of a cycle.
enum class SimMessage : std::uint8_t {
  event,
  ticker,
  oi_delta,
  market,
  bridge_delta,
  cross_metric
};
struct SimSlot {
  SimMessage message;
  std::uint8_t event = 0;  // index into kEventTypes
};
inline constexpr std::array<SimSlot, 32> kSimCycle = {{
    {SimMessage::ticker},       {SimMessage::event, 0},  {SimMessage::bridge_delta},
    {SimMessage::event, 3},     {SimMessage::ticker},    {SimMessage::event, 8},
    {SimMessage::oi_delta},     {SimMessage::event, 10}, {SimMessage::cross_metric},
    {SimMessage::event, 1},     {SimMessage::market},    {SimMessage::event, 4},
    {SimMessage::ticker},       {SimMessage::event, 9},  {SimMessage::bridge_delta},
    {SimMessage::event, 11},    {SimMessage::oi_delta},  {SimMessage::event, 0},
    {SimMessage::ticker},       {SimMessage::event, 5},  {SimMessage::bridge_delta},
    {SimMessage::event, 2},     {SimMessage::oi_delta},  {SimMessage::event, 12},
    {SimMessage::cross_metric}, {SimMessage::event, 6},  {SimMessage::market},
    {SimMessage::event, 10},    {SimMessage::ticker},    {SimMessage::event, 7},
    {SimMessage::event, 13},    {SimMessage::ticker},
}};

// A member of an event's `data`. `low` and `high` are in units of 10^-digits.
enum class SimKind : std::uint8_t {
  price,    // near the market's, `low`..`high` per mille away
  number,   // between low and high
  choice,   // one of `choices`, separated by '|'
  awkward,  // a number whose exact text is easily lost
  note,     // a text with what JSON has to escape
  hex,      // `low` hex digits after 0x
};
struct SimField {
  std::string_view name;
  SimKind kind;
  std::int64_t low = 0;
  std::int64_t high = 0;
  int digits = 0;
  std::string_view choices = {};
};

inline constexpr std::string_view kSides = "LONG|SHORT";
inline constexpr std::string_view kVenueChoices = "binance|bybit|okx|deribit";

inline constexpr std::array<SimField, 4> kClusterData = {{
    {"cluster_price", SimKind::price, -30, 30},
    {"cluster_side", SimKind::choice, 0, 0, 0, "LONG_LIQ|SHORT_LIQ"},
    {"intensity_usd", SimKind::number, 500'000, 9'000'000},
    {"distance_pct", SimKind::number, 1, 30, 1},
}};
inline constexpr std::array<SimField, 4> kLeverageData = {{
    {"oi_change_pct", SimKind::number, 800, 4'500, 2},
    {"oi_usd", SimKind::number, 900'000'000, 9'000'000'000},
    {"window_minutes", SimKind::number, 1, 15},
    {"estimated_leverage", SimKind::awkward},
}};
inline constexpr std::array<SimField, 5> kInflowData = {{
    {"exchange", SimKind::choice, 0, 0, 0, kVenueChoices},
    {"amount", SimKind::awkward},
    {"amount_usd", SimKind::number, 1'000'000, 250'000'000, 2},
    {"tx_hash", SimKind::hex, 64},
    {"mempool_age_ms", SimKind::number, 12, 9'000},
}};
inline constexpr std::array<SimField, 5> kWhaleData = {{
    {"wallet", SimKind::hex, 40},
    {"side", SimKind::choice, 0, 0, 0, kSides},
    {"size_delta", SimKind::number, -9'000'000, 9'000'000, 4},
    {"entry_price", SimKind::price, -20, 20},
    {"leverage", SimKind::number, 10, 500, 1},
}};
inline constexpr std::array<SimField, 4> kSyndicateData = {{
    {"whales", SimKind::number, 3, 9},
    {"side", SimKind::choice, 0, 0, 0, kSides},
    {"combined_usd", SimKind::number, 3'000'000, 90'000'000},
    {"leader", SimKind::hex, 40},
}};
inline constexpr std::array<SimField, 4> kHuntingData = {{
    {"zone_low", SimKind::price, -25, -10},
    {"zone_high", SimKind::price, -9, -1},
    {"trapped_side", SimKind::choice, 0, 0, 0, kSides},
    {"stop_density", SimKind::awkward},
}};
inline constexpr std::array<SimField, 4> kDangerData = {{
    {"zone_price", SimKind::price, -15, 15},
    {"distance_pct", SimKind::number, 5, 150, 2},
    {"velocity_pct_per_min", SimKind::awkward},
    {"liquidatable_usd", SimKind::number, 700'000, 70'000'000},
}};
inline constexpr std::array<SimField, 4> kDivergenceData = {{
    {"z_score", SimKind::number, -4'500, -2'001, 3},
    {"price_change_pct", SimKind::number, -350, 350, 2},
    {"cvd_delta", SimKind::awkward},
    {"window", SimKind::choice, 0, 0, 0, "5m|15m|1h"},
}};
inline constexpr std::array<SimField, 4> kRegimeData = {{
    {"from", SimKind::choice, 0, 0, 0, "RANGE|TREND_UP|TREND_DOWN"},
    {"to", SimKind::choice, 0, 0, 0, "VOLATILE|SQUEEZE|CAPITULATION"},
    {"probability", SimKind::number, 5'100, 9'999, 4},
    {"note", SimKind::note},
}};
inline constexpr std::array<SimField, 4> kCorrelationData = {{
    {"other", SimKind::choice, 0, 0, 0, "BTCUSDT|ETHUSDT"},
    {"correlation_before", SimKind::number, 600, 990, 3},
    {"correlation_after", SimKind::number, -900, 300, 3},
    {"p_value", SimKind::awkward},
}};
inline constexpr std::array<SimField, 5> kLiquidationData = {{
    {"side", SimKind::choice, 0, 0, 0, kSides},
    {"price", SimKind::price, -5, 5},
    {"quantity", SimKind::awkward},
    {"notional_usd", SimKind::number, 50'000'001, 900'000'000, 2},
    {"exchange", SimKind::choice, 0, 0, 0, kVenueChoices},
}};
inline constexpr std::array<SimField, 4> kFundingData = {{
    {"rate", SimKind::awkward},
    {"percentile", SimKind::number, 950, 999, 1},
    {"exchange", SimKind::choice, 0, 0, 0, kVenueChoices},
    {"interval_hours", SimKind::number, 1, 8},
}};
inline constexpr std::array<SimField, 4> kMagnetData = {{
    {"magnet_price", SimKind::price, -40, 40},
    {"pull_score", SimKind::number, 700, 1'000, 3},
    {"liquidity_usd", SimKind::number, 2'000'000, 80'000'000},
    {"note", SimKind::note},
}};
inline constexpr std::array<SimField, 3> kDominanceData = {{
    {"from", SimKind::choice, 0, 0, 0, "DERIVATIVES|ONCHAIN"},
    {"ratio", SimKind::awkward},
    {"note", SimKind::note},
}};

// In the order of kEventTypes.
inline constexpr std::array<std::span<const SimField>, kEventTypes.size()> kSimEventData = {
    kClusterData,     kLeverageData, kInflowData,     kWhaleData,    kSyndicateData,
    kHuntingData,     kDangerData,   kDivergenceData, kRegimeData,   kCorrelationData,
    kLiquidationData, kFundingData,  kMagnetData,     kDominanceData};

// JSON numbers that a double would change or write otherwise.
inline constexpr std::array<std::string_view, 9> kAwkwardNumbers = {
    "12.067400000000001",
    "-0.0",
    "1e-28",
    "9007199254740993",
    "0.1000",
    "-1.50E-7",
    "1E+2",
    "0.30000000000000004",
    "123456789012345678901234567890.123456789"};

// JSON texts that a careless pass would change.
inline constexpr std::array<std::string_view, 4> kNotes = {
    R"("Größe über 清算 🐋 – ±2σ")", R"("caf\u00e9 \"quoted\" C:\\path\/to\tx\nnext")",
    R"("\ud83d\udc0b whale, 100 % \u2265 2\u03c3")", R"("")"};

}  // namespace tapedeck::nexusglass
