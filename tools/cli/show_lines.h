// The lines of `tapedeck show`: text for people, JSON for programs.
#pragma once

#include <string>

#include "storage/tape.h"
#include "tools/cli/timeline.h"

namespace tapedeck::cli {

// `start_ns`: what offsets count from. `width`: longer lines are cut to it; 0: never.
struct LineStyle {
  Ns start_ns = 0;
  std::size_t width = 0;
};

// `TIME OFFSET FEED/ENDPOINT#CONNECTION ARROW OPCODE PAYLOAD`, e.g.
// `2026-11-21T09:30:00.000000000Z    +1.500000s feed/ws#1 <- text {"type":"HELLO"}`
std::string frame_line(const FrameRecord& frame, const ConnectionInfo& connection,
                       const LineStyle& style);
std::string event_line(const TimelineEvent& event, const LineStyle& style);

// As on the `/tape` socket (contract section 5), with the connection's id; a payload that is not
// UTF-8 text stands in `payload_b64`.
std::string frame_json(const FrameRecord& frame, const ConnectionInfo& connection);
// `{"t":"connection","event":"open|ready|close",…}`, `{"t":"gap","event":"begin|end",…}`,
// `{"t":"feed_error",…}`
std::string event_json(const TimelineEvent& event);

}  // namespace tapedeck::cli
