// One decoder a channel: an update → rows. Each adds all of its message's rows, or none and notes
// why in `problem`. Pure. Fields and tables stand in docs/feeds/marketai.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "schema/feeds/marketai/fields.h"
#include "schema/records.h"

namespace tapedeck::marketai {

// `message` is the whole update; its `data` must be an object.
using Decoder = void (*)(Json message, Problem& problem, RowSink& rows);

// nullptr for a channel that is not known.
Decoder decoder_of(std::string_view channel);

// What makes an event the same wherever it arrives: a signal's id, a trade's exchange, symbol and
// id, a closed candle's exchange, symbol, interval and open time. nullopt for what has no identity:
// each delivery of one connection is then an event of its own.
std::optional<std::uint64_t> identity_of(std::string_view channel, Json message);

}  // namespace tapedeck::marketai
