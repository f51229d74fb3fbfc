// The tables of a tape as SQL, and its versions (docs/TAPE_FORMAT.md).
#pragma once

#include <cstdint>
#include <string>

#include "schema/base/result.h"
#include "schema/records.h"
#include "storage/tape.h"

namespace tapedeck::sqlite {

class Database;

// Pages of 16 KiB hold some 40 frames each: fewer page headers and splits at the same number of
// bytes.
inline constexpr int kPageBytes = 16'384;

// Common columns of the normalized tables, as they are read: `id` and then what is written.
inline constexpr int kCommonColumns = 7;

std::string create_table_sql(const Table& table);
// Parameters: frame_id, request_id, feed, origin, recv_ns, event_ns, then the table's own.
std::string insert_row_sql(const Table& table);
// Which rows a walk takes, from id ?1 on (exclusive), by id.
enum class RowScan : std::uint8_t { forward, backward, requested };
// `with_values`: the table's own columns after the common ones.
std::string select_rows_sql(const Table& table, RowScan scan, bool with_values);

// Turns an empty database into a tape with its one session, all in one transaction: a tape that can
// be opened is whole.
Result<void> create_layout(Database& database, const SessionInfo& session);

// Refuses what is no tape and what a newer version wrote.
Result<void> check_is_tape(Database& database);

// What every connection that writes sets up.
Result<void> prepare_to_write(Database& database, Durability durability);
// Folds the log in and, where nobody else has the tape open, leaves one plain file that can be read
// from read-only media; else the file stays in WAL mode, which loses nothing.
Result<void> leave_plain_file(Database& database);

}  // namespace tapedeck::sqlite
