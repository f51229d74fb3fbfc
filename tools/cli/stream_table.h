// How much of each stream a tape has, for `gaps` and `info`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.h"
#include "storage/stream_time.h"
#include "storage/tape_reader.h"
#include "tools/cli/cli.h"

namespace tapedeck::cli {

// A session without an end goes to its last frame.
Result<std::vector<StreamTime>> stream_times_of(TapeReader& tape);

// A line a stream, lengths and the share that is on the tape as it was sent or made up for wholly.
void print_stream_times(const std::vector<StreamTime>& times, bool with_feed,
                        std::string_view indent, Io& io);

// `{"stream":…,"live_ns":…,"filled_ns":…,"partial_ns":…,"missing_ns":…,"before_ns":…}`
std::string json_of(const StreamTime& time);

}  // namespace tapedeck::cli
