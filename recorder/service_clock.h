// How a service's clock stands to ours, by what its events say of themselves. Pure.
#pragma once

#include <algorithm>
#include <optional>

#include "schema/base/time.h"

namespace tapedeck {

// The newest event tells most: others may have been old when they were sent. So it is the greatest
// lead of the last minute or two that counts.
class ServiceClock {
 public:
  // An event that arrived live; `recv_ns` does not go back.
  void saw(Ns event_ns, Ns recv_ns) {
    if (recv_ns - since_ns_ >= kWindowNs) {
      former_ = recv_ns - since_ns_ < 2 * kWindowNs ? lead_ns_ : std::nullopt;
      lead_ns_.reset();
      since_ns_ = recv_ns;
    }
    const Ns lead_ns = event_ns - recv_ns;
    lead_ns_ = std::max(lead_ns_.value_or(lead_ns), lead_ns);
  }

  // How far its events are ahead of our clock; negative: behind. 0 where none has said.
  Ns lead_ns() const {
    if (!lead_ns_) return former_.value_or(0);
    return std::max(*lead_ns_, former_.value_or(*lead_ns_));
  }

 private:
  static constexpr Ns kWindowNs = 60 * kNsPerSec;

  Ns since_ns_ = 0;
  std::optional<Ns> lead_ns_;
  std::optional<Ns> former_;  // of the window before
};

}  // namespace tapedeck
