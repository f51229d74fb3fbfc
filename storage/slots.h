// Which of the redundant connections each one is, for tapes that do not say it. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "storage/tape.h"

namespace tapedeck {

// Those which have no end on the tape though a later one of their endpoint was opened: whether they
// overlap only their frames tell.
std::set<std::int64_t> without_known_end(const std::vector<ConnectionInfo>& connections);

// In order of their opening each connection gets the lowest slot that no other one of its feed and
// endpoint has at that time. `last_received`: where those of without_known_end() end; one that
// received nothing ends where it begins.
void derive_slots(std::vector<ConnectionInfo>& connections,
                  const std::map<std::int64_t, Ns>& last_received);

}  // namespace tapedeck
