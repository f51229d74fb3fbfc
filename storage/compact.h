// Compresses the frames of a finished tape, and makes a compacted one plain again; without a loss,
// and whatever happens meanwhile (docs/TAPE_FORMAT.md, "Compacted tapes").
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "schema/base/result.h"

namespace tapedeck {

struct CompactOptions {
  std::string tape;
  std::string output;  // "": takes the place of `tape`; else a file that must not exist yet
  bool undo = false;   // make it plain
  // Called after each step, on the way to the end; for those who cut the power in tests.
  std::function<void()> on_step = nullptr;
};

struct CompactResult {
  std::int64_t frames = 0;
  std::int64_t payload_bytes = 0;
  std::int64_t bytes_before = 0;  // of the file
  std::int64_t bytes_after = 0;
};

// The new file is written beside its place, compared with the tape record by record, flushed to the
// disk, and only then put there: a tape that is replaced stands, whole, until that moment, also
// when the process is killed. What such a death leaves behind is removed by the next run. Refuses a
// tape that is being recorded or whose recorder died, and one that is in that form already. Memory
// does not grow with the tape; the disk needs room for the new file. Threads that help have ended
// when it returns.
Result<CompactResult> compact_tape(const CompactOptions& options);

}  // namespace tapedeck
