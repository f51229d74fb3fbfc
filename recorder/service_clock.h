// How a service's clock stands to ours, by what its events say of themselves. Pure.
#pragma once

#include <algorithm>
#include <map>
#include <optional>

#include "schema/base/time.h"

namespace tapedeck {

// The newest event tells most: others may have been old when they were sent. So it is the greatest
// lead of the last minute or two that counts. Events are compared with monotonic time, so that a
// step of our wall clock is known at once, before the next event tells of it.
class ServiceClock {
 public:
  // An event that arrived live, at `at`; monotonic time does not go back.
  void saw(Ns event_ns, const Stamp& at) {
    if (at.mono - since_mono_ >= kWindowNs) {
      former_ns_ = at.mono - since_mono_ < 2 * kWindowNs ? newest_ns_ : std::nullopt;
      newest_ns_.reset();
      since_mono_ = at.mono;
    }
    const Ns over_mono_ns = event_ns - at.mono;
    newest_ns_ = std::max(newest_ns_.value_or(over_mono_ns), over_mono_ns);
  }

  // How far its events are ahead of our wall clock as it is `now`; negative: behind. 0 where none
  // has said.
  Ns lead_ns(const Stamp& now) const {
    if (!newest_ns_) return 0;
    return std::max(*newest_ns_, former_ns_.value_or(*newest_ns_)) - (now.wall - now.mono);
  }

 private:
  static constexpr Ns kWindowNs = 60 * kNsPerSec;

  // The greatest that an event's time was beyond monotonic time.
  std::optional<Ns> newest_ns_;
  std::optional<Ns> former_ns_;  // of the window before
  Ns since_mono_ = 0;
};

// The same of an earlier recorder, by the rows on its tape, which know no monotonic time: its wall
// clock may have been put forward at any time, and nothing says when.
class EarlierServiceClock {
 public:
  // An event that it received live; in any order.
  void saw(Ns event_ns, Ns recv_ns) {
    const auto [moment, is_new] = leads_ns_.try_emplace(recv_ns / kMomentNs, event_ns - recv_ns);
    if (!is_new) moment->second = std::max(moment->second, event_ns - recv_ns);
  }

  // Where it was furthest behind that recorder's clock; 0 where it was ahead, or none has said.
  Ns most_behind_ns() const {
    Ns lead_ns = 0;
    for (const auto& [moment, one] : leads_ns_) lead_ns = std::min(lead_ns, one);
    return lead_ns;
  }

 private:
  static constexpr Ns kMomentNs = 10 * kNsPerSec;

  std::map<Ns, Ns> leads_ns_;  // the greatest of each moment
};

}  // namespace tapedeck
