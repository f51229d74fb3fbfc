#include "schema/feeds/hypercall/decode.h"

namespace tapedeck::hypercall {

namespace {

Text decimal_of(Json candle, std::initializer_list<std::string_view> names) {
  return first_of(candle, names).scalar();
}

Int time_of(Json candle, std::initializer_list<std::string_view> names, Problem& problem) {
  const Json value = first_of(candle, names);
  if (!value.exists()) return std::nullopt;
  const Int ns = parse_any_time(value.scalar());
  if (!ns) problem.bad(value.key());
  return ns;
}

}  // namespace

// Every name here is assumed: the service documents the channel and not its messages.
DecodedCandle decode_candle(Json message, Json candle, Problem& problem) {
  DecodedCandle decoded;
  Candle& row = decoded.row;
  const CandleName name = candle_name_of(message, candle);
  if (!name.underlying.empty()) row.symbol = name.underlying;
  if (!name.resolution.empty()) row.interval = name.resolution;
  row.open = decimal_of(candle, {"open", "o"});
  row.high = decimal_of(candle, {"high", "h"});
  row.low = decimal_of(candle, {"low", "l"});
  row.close = decimal_of(candle, {"close", "c"});
  row.volume = decimal_of(candle, {"volume", "v"});
  row.open_ns = time_of(candle, {"open_time", "start_time", "start", "t"}, problem);
  row.close_ns = time_of(candle, {"close_time", "end_time", "end", "T"}, problem);
  row.is_closed = first_of(candle, {"is_closed", "closed", "is_final", "final"}).boolean();
  decoded.event_ns = time_of(candle, {"timestamp"}, problem);
  if (!decoded.event_ns) decoded.event_ns = time_of(message, {"timestamp"}, problem);
  return decoded;
}

}  // namespace tapedeck::hypercall
