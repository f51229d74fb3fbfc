// Between making a tape (create.cpp) and writing it (writer.cpp).
#pragma once

#include <memory>

#include "storage/sqlite/database.h"
#include "storage/tape_writer.h"

namespace tapedeck::sqlite {

// A writer on a tape whose lock `database` holds.
Result<std::unique_ptr<TapeWriter>> make_writer(std::unique_ptr<Database> database);

}  // namespace tapedeck::sqlite
