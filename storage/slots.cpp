#include "storage/slots.h"

#include <algorithm>
#include <string>
#include <utility>

namespace tapedeck {
namespace {

using Lane = std::pair<std::string, std::string>;  // feed and endpoint

// Indices of those that were opened, by their opening.
std::map<Lane, std::vector<std::size_t>> by_lane(const std::vector<ConnectionInfo>& connections) {
  std::map<Lane, std::vector<std::size_t>> lanes;
  for (std::size_t i = 0; i < connections.size(); ++i) {
    const ConnectionInfo& one = connections[i];
    if (one.opened_ns) lanes[{one.feed, one.endpoint}].push_back(i);
  }
  for (auto& [lane, indices] : lanes) {
    std::stable_sort(indices.begin(), indices.end(), [&](std::size_t a, std::size_t b) {
      return *connections[a].opened_ns < *connections[b].opened_ns;
    });
  }
  return lanes;
}

}  // namespace

std::set<std::int64_t> without_known_end(const std::vector<ConnectionInfo>& connections) {
  std::set<std::int64_t> found;
  for (const auto& [lane, indices] : by_lane(connections)) {
    for (const std::size_t i : indices) {
      if (!connections[i].closed_ns && i != indices.back()) found.insert(connections[i].id);
    }
  }
  return found;
}

void derive_slots(std::vector<ConnectionInfo>& connections,
                  const std::map<std::int64_t, Ns>& last_received) {
  for (const auto& [lane, indices] : by_lane(connections)) {
    std::vector<Ns> ends;  // by slot, of the last one in it
    for (const std::size_t i : indices) {
      ConnectionInfo& one = connections[i];
      const auto free = std::find_if(ends.begin(), ends.end(),
                                     [&](Ns end_ns) { return end_ns <= *one.opened_ns; });
      const auto received = last_received.find(one.id);
      const Ns end_ns = one.closed_ns.value_or(received != last_received.end() ? received->second
                                                                               : *one.opened_ns);
      one.slot = static_cast<int>(free - ends.begin());
      if (free == ends.end()) {
        ends.push_back(end_ns);
      } else {
        *free = end_ns;
      }
    }
  }
}

}  // namespace tapedeck
