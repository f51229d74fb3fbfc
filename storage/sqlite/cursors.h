// Cursors that hold no transaction between calls: they take a block of records at a time out of
// SQLite, so that a reader which rests (a paused replay) never keeps a recorder's log from being
// folded in.
#pragma once

#include <memory>

#include "storage/sqlite/database.h"
#include "storage/sqlite/frame_chunks.h"
#include "storage/sqlite/layout.h"
#include "storage/tape_reader.h"

namespace tapedeck::sqlite {

// `chunks`: of a compacted tape; no other cursor's at the same time.
Result<std::unique_ptr<FrameCursor>> make_frame_cursor(std::shared_ptr<Database> database,
                                                       std::shared_ptr<ChunkedPayloads> chunks,
                                                       std::int64_t from_id);
// `beyond_id`: walks on from there, exclusive.
Result<std::unique_ptr<RowCursor>> make_row_cursor(std::shared_ptr<Database> database,
                                                   const Table& table, RowScan scan,
                                                   bool with_values, std::int64_t beyond_id);

}  // namespace tapedeck::sqlite
