#include "replay/recovered.h"

#include <algorithm>
#include <cstdlib>

namespace tapedeck {

namespace {

Ns clip(Ns t, const Gap& gap, Ns known_ns) {
  return std::clamp(t, gap.from_ns, std::max(gap.from_ns, gap.to_ns.value_or(known_ns)));
}

Ns event_ns_of(const TapeRow& row) {
  return std::min(row.event_ns.value_or(row.recv_ns), row.recv_ns);
}

// nullptr when the row is of no gap.
const Gap* gap_of(const std::vector<Gap>& gaps, const TapeRow& row, const Table& table,
                  const Recall* recall) {
  const Ns event_ns = event_ns_of(row);
  const RecordedRow recorded{&table, row.recv_ns, row.event_ns, row.values, 0, Json()};
  const std::string stream = recall == nullptr ? "" : recall->stream_of(recorded);
  const auto distance = [&](const Gap& gap) {
    return std::abs(clip(event_ns, gap, row.recv_ns) - event_ns);
  };
  const Gap* nearest = nullptr;
  for (const Gap& gap : gaps) {
    if (gap.feed != row.feed || gap.stream != stream || gap.from_ns > row.recv_ns) continue;
    if (nearest == nullptr || distance(gap) < distance(*nearest)) nearest = &gap;
  }
  return nearest;
}

}  // namespace

Ns recovered_from_ns(const std::vector<Gap>& gaps, const TapeRow& row, const Table& table,
                     const Recall* recall) {
  const Gap* gap = gap_of(gaps, row, table, recall);
  return gap == nullptr ? event_ns_of(row) : std::max(event_ns_of(row), gap->from_ns);
}

Ns recovered_within_ns(const std::vector<Gap>& gaps, const TapeRow& row, const Table& table,
                       const Recall* recall) {
  const Gap* gap = gap_of(gaps, row, table, recall);
  return gap == nullptr ? event_ns_of(row) : clip(event_ns_of(row), *gap, row.recv_ns);
}

}  // namespace tapedeck
