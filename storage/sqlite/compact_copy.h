// A tape copied into a new file, its frames compressed or made plain on the way.
#pragma once

#include <functional>
#include <string>

#include "storage/compact.h"
#include "storage/sqlite/database.h"

namespace tapedeck::sqlite {

// Turns the empty database `to` into a copy of the tape at `from_path`, which nobody writes: every
// table, index, view and trigger. Counts frames and payloads into `result`. Compresses
// with threads of its own, which have ended when it returns; all else is done by the caller's.
Result<void> copy_tape(Database& to, const std::string& from_path, bool undo,
                       const std::function<void()>& on_step, CompactResult& result);

}  // namespace tapedeck::sqlite
