// One decoder a message type: message → rows. Each adds all of its message's rows, or none and
// notes why in `problem`. Pure. What is documented and what assumed stands in
// docs/feeds/hypercall.md.
#pragma once

#include "schema/feeds/fields.h"
#include "schema/feeds/hypercall/wire.h"
#include "schema/records.h"

namespace tapedeck::hypercall {

// An event's own time: `timestamp` in milliseconds; where there is none, as REST rows may have it,
// `updated_at` or `created_at` in whatever form.
Int event_time_of(Fields& fields);

// Market data (decode_market.cpp). A trade's side is also read as REST names it, `taker_side`.
// `asked`: the instrument of a book that does not name it; empty: it must.
void decode_orderbook(Json message, Text asked, Problem& problem, RowSink& rows);
void decode_trade(Json message, Problem& problem, RowSink& rows);
void decode_market(Json message, Problem& problem, RowSink& rows);
void decode_index_prices(Json message, Problem& problem, RowSink& rows);
void decode_options_chain(Json message, Problem& problem, RowSink& rows);

// The account's own (decode_account.cpp).
void decode_fill(Json message, Problem& problem, RowSink& rows);
void decode_order(Json message, Problem& problem, RowSink& rows);
// Adds the portfolio row always, the Greeks all or none.
void decode_portfolio(Json message, Problem& problem, RowSink& rows);
void decode_settlement(Json message, Problem& problem, RowSink& rows);
void decode_liquidation(Json message, Problem& problem, RowSink& rows);
void decode_competition(Json message, Problem& problem, RowSink& rows);

// One candle of a message (decode_candle.cpp); `candle` is the object with the OHLCV fields. Views
// live as long as the parsed message.
struct DecodedCandle {
  Candle row;
  Int event_ns;
};
DecodedCandle decode_candle(Json message, Json candle, Problem& problem);

}  // namespace tapedeck::hypercall
