// What the simulated Alterscope talks about. The two first opportunities and the first factor are
// the service's own examples; the others are made up in their style.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tapedeck::alterscope {

// How an opportunity's blocks are numbered.
enum class SimBlocks : std::uint8_t {
  ordinary,
  beyond_double,  // past 2^53: a double would round them
  beyond_int64,   // past 2^63
  none,           // not on a chain: `as_of_block` is not sent
};
struct SimOpportunity {
  std::string_view id;
  SimBlocks blocks;
};
inline constexpr std::array<SimOpportunity, 8> kSimOpportunities = {{
    {"hyperliquid-btc-basis", SimBlocks::ordinary},
    {"aave-usdc-lending", SimBlocks::ordinary},
    {"morpho-usdc-vault", SimBlocks::beyond_double},
    {"ethena-susde-yield", SimBlocks::ordinary},
    {"pendle-pt-eeth", SimBlocks::beyond_int64},
    {"compound-usdt-lending", SimBlocks::ordinary},
    {"curve-3pool-lp", SimBlocks::none},
    {"lido-steth-staking", SimBlocks::ordinary},
}};

// Values lie within 2 * `spread` of `base`, in units of 10^-digits. Both are even, so that every
// other value is odd and no two in a row are equal.
struct SimFactor {
  std::string_view name;
  std::int64_t base;
  std::int64_t spread;
  int digits;
  bool is_text;  // sent as a JSON string
};
inline constexpr std::array<SimFactor, 5> kSimFactors = {{
    {"dynamic_stability_ratio", 74, 10, 2, false},
    {"exit_liquidity_usd", 481'265'024, 9'000'000, 2, true},
    {"oracle_deviation_bps", 0, 4'000, 3, false},
    {"timelock_hours", 48, 10, 0, false},
    {"net_apy", 8'412'000, 900'000, 8, true},
}};

// Numbers that a double would change or write otherwise, of a shape that no value above has.
inline constexpr std::array<std::string_view, 10> kSimAwkward = {
    "12.067400000000001",
    "-0.0",
    "1e-28",
    "95000.50",
    "9007199254740993",
    "0.1000",
    "-1.50E-7",
    "1E+2",
    "0.30000000000000004",
    "123456789012345678901234567890.123456789"};

// Members beyond the documented ones: all of them stay in the frame, none is a column.
inline constexpr std::array<std::string_view, 4> kSimExtras = {
    R"("meta":{"request_id":"req_5f0c","source":"indexer-2","lag_ms":84})",
    R"("meta":{"note":"caf\u00e9 \"basis\" C:\\path\/to","previous":1e-28},"confidence":0.9200000000000001)",
    R"("details":{"venues":["hyperliquid","binance"],"window":"1h"},"severity":"high")",
    R"("meta":{"note":"Größe über 清算 🐋 – ±2σ","type":"factor.other"})"};

}  // namespace tapedeck::alterscope
