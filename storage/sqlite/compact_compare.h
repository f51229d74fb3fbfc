// Two tapes compared, one of them compacted.
#pragma once

#include <functional>

#include "storage/sqlite/database.h"

namespace tapedeck::sqlite {

// An error names a record in which they differ, payloads compared wherever they are kept. A second
// thread, with connections of its own, takes its share of the frames, and has ended when this
// returns; `on_step` is called by the caller's thread alone.
Result<void> compare_tapes(Database& a, Database& b, const std::function<void()>& on_step);

}  // namespace tapedeck::sqlite
