// One leg of a signal, as the socket and the history tell it.
#pragma once

#include <cstdint>
#include <string_view>

#include "schema/base/json.h"
#include "schema/records.h"

namespace tapedeck::alphahub {

struct Leg {
  Text symbol, side, price;  // as sent
  Int event_ns;
};

// A leg, or what is wrong with it. `zone`: of times that name none. Views live as long as the
// document.
struct LegOrProblem {
  Leg leg;
  std::string_view problem;
};
LegOrProblem read_leg(Json value, std::string_view zone);

// The row of a leg of `algorithm`, without what only the socket says of it (action, number).
// `lower_side` holds the row's side as long as the row is used.
Signal row_of(std::string_view algorithm, const Leg& leg, std::string& lower_side);

// Equal for what may be the same leg of an algorithm: by symbol, side, the price's value, and time.
// By the columns of `signal`.
std::uint64_t identity_of(const Signal& row, Ns event_ns);

}  // namespace tapedeck::alphahub
