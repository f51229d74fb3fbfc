// Any table of a tape, whatever its columns are.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "storage/sqlite/database.h"
#include "storage/tape_reader.h"

namespace tapedeck::sqlite {

// A name as it may stand in SQL.
std::string sql_name(std::string_view name);

// `, "a", "b"`: names as they may follow a first column.
std::string sql_list(const std::vector<std::string>& names);

// `schema` as in frame_chunks.h.
Result<std::vector<std::string>> columns_of(Database& database, std::string_view table,
                                            std::string_view schema = "main");
// `column` of `table`, or `otherwise` where the tape has no such column: an earlier build, or
// another program, wrote it with the documented columns alone.
Result<std::string> column_or(Database& database, std::string_view table, std::string_view column,
                              std::string_view otherwise);
// Every table but `frame`, what belongs to it, and SQLite's own; by name.
Result<std::vector<std::string>> list_tables(Database& database);

// As the cursors of cursors.h it holds no transaction between calls.
Result<std::unique_ptr<RecordCursor>> make_record_cursor(std::shared_ptr<Database> database,
                                                         const std::string& table);

}  // namespace tapedeck::sqlite
