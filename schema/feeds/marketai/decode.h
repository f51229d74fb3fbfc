// One decoder a channel: an update → rows. Each adds all of its message's rows, or none and notes
// why in `problem`. Pure. Fields and tables stand in docs/feeds/marketai.md.
#pragma once

#include <string_view>

#include "schema/feeds/fields.h"
#include "schema/records.h"

namespace tapedeck::marketai {

// What a decoder reads: an update of the socket, or a row of a REST answer.
struct Update {
  Json message;  // holds `ts`, when the service sent it; missing for a bare row
  Json data;     // an object
  // What a REST answer was asked for, where a row does not say itself; absent in an update.
  Text symbol;
  Text interval;
};

using Decoder = void (*)(const Update& update, Problem& problem, RowSink& rows);

// nullptr for a channel that is not known.
Decoder decoder_of(std::string_view channel);

}  // namespace tapedeck::marketai
