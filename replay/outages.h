// Recorded losses: when an endpoint was away, and how its clients heard of it.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "replay/block.h"
#include "replay/tape_set.h"
#include "schema/base/time.h"

namespace tapedeck {

// How a recorded connection ended.
struct RecordedEnd {
  std::optional<std::uint16_t> code;  // nullopt: no close frame came; 0: one without a code
  std::string reason;
};

struct Outage {
  static constexpr Ns kNever = std::numeric_limits<Ns>::max();

  const Endpoint* endpoint = nullptr;
  Ns from_ns = 0;     // its last connection was lost
  Ns to_ns = kNever;  // exclusive: one was open again
  RecordedEnd end;
};

// The outages of every included endpoint, in order of `from_ns`. An endpoint is away from the loss
// of the last of its connections that was ready until one that becomes ready is open, whichever
// tape and redundant connection that is. No loss is the recorder's own goodbye, nor the end of a
// tape whose recorder was killed; a connection that the recorder gave up (silence) is one, without
// a close frame.
std::vector<Outage> find_outages(const std::vector<TapeSet::Tape>& tapes, EndpointTable& endpoints);

}  // namespace tapedeck
