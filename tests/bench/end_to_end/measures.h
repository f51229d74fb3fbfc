// The measures of the end-to-end bench, each with both its sides in one run.
#pragma once

#include <cstdint>

#include "tests/bench/end_to_end/report.h"

namespace tapedeck::bench {

// How much is done. Every measure works with either; figures of a brief run say little.
struct Scale {
  std::int64_t mixed_messages_each = 60'000;  // of each feed, for recording
  std::int64_t trades = 2'000'000;            // messages of one feed, for replaying
  std::int64_t paced = 30'000;                // messages, for pacing
  std::int64_t long_tape = 10'000'000;        // frames, for opening, seeking and growth
  double rest_seconds = 15;
};

// Socket to committed tape, all feeds at once, against bare inserts of the same rows.
void measure_record(Report& report, const Scale& scale);
// From receipt to commit at 20,000 messages/s.
void measure_latency(Report& report, const Scale& scale);
// What 1,000 messages/s cost the program.
void measure_rest(Report& report, const Scale& scale);
// The recorder's receive path alone.
void measure_receive(Report& report, const Scale& scale);
// A tape out over sockets, as fast as it goes.
void measure_replay(Report& report, const Scale& scale);
// A tape out over a socket at its pace.
void measure_pacing(Report& report, const Scale& scale);
// Opening, seeking, scanning; and writing as a tape grows.
void measure_reading(Report& report, const Scale& scale);
void measure_compact(Report& report, const Scale& scale);

}  // namespace tapedeck::bench
