// When what a gap-fill recovered happened, among what was received.
#pragma once

#include <string>
#include <vector>

#include "schema/gap.h"
#include "schema/recall.h"
#include "storage/tape_reader.h"

namespace tapedeck {

// The event's own time, or its receipt where it has none or a later one; but not before its gap: by
// then everything that had happened was received, whatever clock the source goes by. Of several
// gaps of its stream it is the nearest one's. `recall`: of the row's feed; nullptr: it has none.
Ns recovered_from_ns(const std::vector<Gap>& gaps, const TapeRow& row, const Table& table,
                     const Recall* recall);

// The same within the gap: not after its end either.
Ns recovered_within_ns(const std::vector<Gap>& gaps, const TapeRow& row, const Table& table,
                       const Recall* recall);

}  // namespace tapedeck
