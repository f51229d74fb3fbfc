// One run from one seed, over real sockets: `record` as a process of its own, killed at random
// points and started again, against simulated services that cut connections and whose REST side
// misbehaves.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "schema/gap.h"

namespace tapedeck::testing {

struct ChaosResult {
  std::vector<std::string> faults;  // empty: the promise was kept
  std::int64_t kills = 0;
  std::int64_t restarts = 0;  // of the services
  std::int64_t connections = 0;
  std::int64_t cuts = 0;     // of these, ended by the services at random
  std::int64_t spoiled = 0;  // REST exchanges
  std::int64_t sent = 0;     // rows that the services' messages make
  std::int64_t recovered = 0;
  std::int64_t missing = 0;  // on no tape, and admitted by a gap
  std::map<GapStatus, std::int64_t> gaps;
};

// Everything that the run leaves behind goes to `directory`. What happens when is the threads' and
// the kernel's to choose: the same seed gives the same troubles, not the same run.
ChaosResult run_chaos(std::uint64_t seed, const std::string& directory);

}  // namespace tapedeck::testing
