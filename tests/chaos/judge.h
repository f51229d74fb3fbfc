// What the services sent over real sockets against what the tapes have and the ledger admits. Goes
// by the order of messages alone: no clock has to agree, and nothing has to be on time.
#pragma once

#include <string>
#include <vector>

#include "recorder/config.h"
#include "tests/chaos/run.h"
#include "tests/loopback/harness.h"

namespace tapedeck::testing {

// The tapes of recorders that followed each other, oldest first.
//
// Frames: what a connection has on a tape is what the service sent on one, from its first frame on,
// without a hole. Adds to `faults`.
void judge_frames(const std::vector<std::string>& tapes,
                  const std::vector<Conversation>& conversations, std::vector<std::string>& faults);

// Rows: no event twice; one that is missing between two messages that were received lies in a gap
// of its stream that touches the time between their receipts and is not `filled`. No drift, no row
// in `unparsed`. Adds to `result`.
void judge_rows(const FeedConfig& feed, const Simulator& simulator,
                const Simulator::Timeline& timeline, const std::vector<std::string>& tapes,
                ChaosResult& result);

}  // namespace tapedeck::testing
