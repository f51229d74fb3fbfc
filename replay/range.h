// The stretch of the tapes that is played.
#pragma once

#include <limits>
#include <string>
#include <string_view>

#include "schema/base/result.h"
#include "schema/base/time.h"

namespace tapedeck {

// What `from` and `to` come to, once the tapes are known.
struct Range {
  Ns from_ns = 0;
  Ns to_ns = std::numeric_limits<Ns>::max();  // exclusive, for the source
  Ns deck_end_ns = 0;                         // where the deck stops
};

// Narrows `whole` (a tape's start and end, or what a server plays of it) to what a user gave: times
// as in parse_time_or_offset, offsets from `start_ns`; "" leaves an end as it is. `dashes` stand
// before the names in errors.
Result<Range> narrow(const Range& whole, Ns start_ns, std::string_view from, std::string_view to,
                     std::string_view dashes);

}  // namespace tapedeck
