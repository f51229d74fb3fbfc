// What makes an event or a state of Market.ai the same wherever it arrives: on a socket, over REST,
// or on an earlier tape. Told from the rows, so that all three are judged alike. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "schema/base/time.h"
#include "schema/feeds/marketai/wire.h"
#include "schema/records.h"

namespace tapedeck::marketai {

// The same for the same event. With an identity (a signal's id and time; a trade's exchange, symbol
// and id; a closed candle's exchange, symbol, interval and open time) it happened once. Without one
// it is known by its values, prices and sizes as decimals, and its time: two may look alike.
struct EventKey {
  std::uint64_t hash = 0;
  bool is_identity = false;
};
EventKey event_key(TableId table, std::span<const Value> values, Int event_ns);
// Of a candle that is closed, whether or not its row says so.
EventKey candle_key(Text venue, Text symbol, Text interval, Ns open_ns);
EventKey candle_key(std::span<const Value> values);

// Whether these columns of a `candle` say that it is closed; nullopt when they do not say.
std::optional<bool> is_closed(std::span<const Value> values);

// What a state is of: exchange and symbol, or coin and timeframe.
std::uint64_t state_key(TableId table, std::span<const Value> values);

// What symbol filters look at.
Text symbol_of(TableId table, std::span<const Value> values);

// Columns of `candle` by name.
namespace candle_column {
inline constexpr std::size_t kVenue = 0;
inline constexpr std::size_t kSymbol = 1;
inline constexpr std::size_t kInterval = 2;
inline constexpr std::size_t kOpenNs = 8;
inline constexpr std::size_t kCloseNs = 9;
inline constexpr std::size_t kIsClosed = 10;
}  // namespace candle_column

}  // namespace tapedeck::marketai
