// The answer to "can I trust this tape?": for each stream, how much of the session it has.
#pragma once

#include <string>
#include <vector>

#include "schema/gap.h"
#include "storage/tape.h"

namespace tapedeck {

// Live, filled, partial and missing add up to the whole session.
struct StreamTime {
  std::string feed;
  std::string stream;
  Ns live_ns = 0;     // received as it was sent
  Ns filled_ns = 0;   // lost, and made up for completely
  Ns partial_ns = 0;  // lost, and made up for in part, or by the state afterwards
  Ns missing_ns = 0;  // lost, and not made up for (yet), or never subscribed to
  Ns before_ns = 0;   // of the missing: before the first subscription
};

// `end_ns`: the session's end, or the last frame of one that has none. Where gaps overlap the worse
// one counts. Streams that only gaps know (an earlier build's tape) are listed as well. By feed and
// stream.
std::vector<StreamTime> stream_times(Ns started_ns, Ns end_ns,
                                     const std::vector<StreamInfo>& streams,
                                     const std::vector<Gap>& gaps);

}  // namespace tapedeck
