#include "recorder/steady_clock.h"

#include <algorithm>

namespace tapedeck {

SteadyClock::SteadyClock(const Clock& machine) : machine_(machine), last_(machine.now()) {}

Stamp SteadyClock::now() const {
  const std::lock_guard lock(mutex_);
  Stamp now = machine_.now();
  const Ns passed = now.mono - last_.mono;
  const Ns slowed = last_.wall + passed - passed / 10;
  ahead_ns_ = std::max<Ns>(slowed - now.wall, 0);
  now.wall = std::max(now.wall, slowed);
  last_ = now;
  return now;
}

Ns SteadyClock::ahead_ns() const {
  const std::lock_guard lock(mutex_);
  return ahead_ns_;
}

}  // namespace tapedeck
