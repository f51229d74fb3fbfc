// The recorder's wall clock: the machine's, but for one thing: it never goes back.
#pragma once

#include <mutex>

#include "schema/base/time.h"

namespace tapedeck {

// Whoever sets the machine's clock (NTP, an operator, a suspended machine that wakes up) must not
// confuse what came before what: ledger, decoders and fills compare times of receipt. So a step
// forward is followed at once; after a step back time goes on from where it was, a tenth slower
// than it passes, until the machine's clock has caught up. Monotonic time is the machine's.
class SteadyClock final : public Clock {
 public:
  // `machine` outlives it.
  explicit SteadyClock(const Clock& machine);

  Stamp now() const override;

  // How far it is ahead of the machine's clock. 0 but for a while after a step back.
  Ns ahead_ns() const;

 private:
  const Clock& machine_;
  mutable std::mutex mutex_;
  mutable Stamp last_;       // guarded by mutex_
  mutable Ns ahead_ns_ = 0;  // guarded by mutex_; as of `last_`
};

}  // namespace tapedeck
