// What the simulated services sent against what the tapes have and the ledger admits.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "recorder/config.h"
#include "tests/simulation/service.h"
#include "tests/simulation/tape.h"

namespace tapedeck::testing {

// What one run came to, for the totals that are printed.
struct Verdict {
  std::vector<std::string> faults;  // empty: the promise was kept
  std::int64_t sent = 0;            // rows that the services' messages make
  std::int64_t missing = 0;         // of these, on no tape, and admitted by a gap
  std::int64_t recovered = 0;       // on a tape by gap-fill alone
  std::int64_t filled = 0;          // gaps by how they ended
  std::int64_t partial = 0;
  std::int64_t unfillable = 0;
  std::int64_t open = 0;
};

// `tapes` in the order of their recorders. Rules:
//   no row twice; a row that is on no tape lies in a gap of its stream that is not `filled`; no
//   drift.
// What the tapes say of times is by the recorder's clock then; it is compared as of when it really
// was. Rows may be there twice unless `is_each_once`. Messages within `margin` of the first
// subscription and of the end may be there or not.
Verdict judge(const FeedPlan& plan, const SimService& service,
              const std::vector<const SimTape*>& tapes, Ns ended_ns, bool is_each_once);

}  // namespace tapedeck::testing
