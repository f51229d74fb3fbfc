#include "storage/sqlite/layout.h"

#include "schema/base/text.h"
#include "storage/sqlite/database.h"

namespace tapedeck::sqlite {
namespace {

// No index beyond the primary keys: each costs a quarter of the insert rate. `frame.payload` and id
// columns have no declared type, so that SQLite keeps each value as it was bound.
constexpr const char* kTables[] = {
    R"(CREATE TABLE session (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  name TEXT NOT NULL,
  started_ns INTEGER NOT NULL,
  ended_ns INTEGER,
  outcome TEXT NOT NULL,
  recorder_version TEXT NOT NULL,
  host TEXT NOT NULL,
  config TEXT NOT NULL,
  follows TEXT,
  beside TEXT))",
    R"(CREATE TABLE connection (
  id INTEGER PRIMARY KEY,
  feed TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  slot INTEGER NOT NULL,
  url TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  opened_ns INTEGER,
  ready_ns INTEGER,
  closed_ns INTEGER,
  close_code INTEGER,
  close_reason TEXT,
  closed_by TEXT,
  error TEXT))",
    R"(CREATE TABLE frame (
  id INTEGER PRIMARY KEY,
  connection_id INTEGER NOT NULL,
  recv_ns INTEGER NOT NULL,
  direction TEXT NOT NULL,
  opcode INTEGER NOT NULL,
  payload NOT NULL))",
    R"(CREATE TABLE request (
  id INTEGER PRIMARY KEY,
  feed TEXT NOT NULL,
  purpose TEXT NOT NULL,
  sent_ns INTEGER NOT NULL,
  recv_ns INTEGER,
  method TEXT NOT NULL,
  url TEXT NOT NULL,
  status INTEGER,
  body TEXT,
  error TEXT,
  stream TEXT,
  gap_id INTEGER,
  after_frame_id INTEGER NOT NULL))",
    R"(CREATE TABLE gap (
  id INTEGER PRIMARY KEY,
  feed TEXT NOT NULL,
  stream TEXT NOT NULL,
  cause TEXT NOT NULL,
  from_ns INTEGER NOT NULL,
  to_ns INTEGER,
  after_cursor TEXT,
  method TEXT NOT NULL,
  status TEXT NOT NULL,
  recovered INTEGER NOT NULL,
  detail TEXT NOT NULL,
  floor_ns INTEGER NOT NULL))",
    R"(CREATE TABLE stream (
  feed TEXT NOT NULL,
  stream TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  first_ready_ns INTEGER,
  PRIMARY KEY (feed, stream)) WITHOUT ROWID)",
    R"(CREATE TABLE drift (
  id INTEGER PRIMARY KEY,
  feed TEXT NOT NULL,
  type TEXT NOT NULL,
  path TEXT NOT NULL,
  what TEXT NOT NULL,
  frame_id INTEGER NOT NULL,
  recv_ns INTEGER NOT NULL))",
    R"(CREATE TABLE cursor (
  feed TEXT NOT NULL,
  stream TEXT NOT NULL,
  value TEXT NOT NULL,
  recv_ns INTEGER NOT NULL,
  PRIMARY KEY (feed, stream)) WITHOUT ROWID)",
};

constexpr std::string_view kCommon = "frame_id, request_id, feed, origin, recv_ns, event_ns";

std::string_view declared_type(ColumnType type) {
  switch (type) {
    case ColumnType::text:
    case ColumnType::json:
      return " TEXT";
    case ColumnType::integer:
      return " INTEGER";
    case ColumnType::id:
      return "";
  }
  return "";
}

std::string own_columns(const Table& table) {
  std::string names;
  for (const Column& column : table.columns) {
    names += ", ";
    names += column.name;
  }
  return names;
}

Result<void> insert_session(Database& database, const SessionInfo& session) {
  auto insert = database.prepare(
      "INSERT INTO session (id, name, started_ns, ended_ns, outcome, recorder_version, host, "
      "config, follows, beside)"
      " VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  if (!insert) return insert.error();
  insert->add(std::string_view(session.name)).add(session.started_ns).add(session.ended_ns);
  insert->add(std::string_view(session.outcome)).add(std::string_view(session.recorder_version));
  insert->add(std::string_view(session.host)).add(std::string_view(session.config));
  session.follows.empty() ? insert->add_null() : insert->add(std::string_view(session.follows));
  const std::string beside = join(session.beside.value_or(std::vector<std::string>()), "/");
  session.beside ? insert->add(std::string_view(beside)) : insert->add_null();
  if (insert->step() != SQLITE_DONE) return database.error("write its session");
  return {};
}

}  // namespace

std::string create_table_sql(const Table& table) {
  std::string sql = "CREATE TABLE " + std::string(table.name) +
                    " (\n  id INTEGER PRIMARY KEY,\n  frame_id INTEGER,\n  request_id INTEGER,\n"
                    "  feed TEXT NOT NULL,\n  origin TEXT NOT NULL,\n  recv_ns INTEGER NOT NULL,\n"
                    "  event_ns INTEGER";
  for (const Column& column : table.columns) {
    sql += ",\n  " + std::string(column.name) + std::string(declared_type(column.type));
  }
  return sql + ")";
}

std::string insert_row_sql(const Table& table) {
  std::string sql = "INSERT INTO " + std::string(table.name) + " (" + std::string(kCommon) +
                    own_columns(table) + ") VALUES (?, ?, ?, ?, ?, ?";
  for (std::size_t i = 0; i < table.columns.size(); ++i) sql += ", ?";
  return sql + ")";
}

std::string select_rows_sql(const Table& table, RowScan scan, bool with_values) {
  std::string from = "SELECT id, " + std::string(kCommon) +
                     (with_values ? own_columns(table) : "") + " FROM " + std::string(table.name);
  switch (scan) {
    case RowScan::forward:
      return from + " WHERE id > ? ORDER BY id";
    case RowScan::backward:
      return from + " WHERE id < ? ORDER BY id DESC";
    case RowScan::requested:
      return from + " WHERE id > ? AND request_id IS NOT NULL ORDER BY id";
  }
  return from;
}

Result<void> create_layout(Database& database, const SessionInfo& session) {
  auto result = database.run("BEGIN IMMEDIATE", "create its tables");
  if (!result) return result;
  const std::string identity = "PRAGMA application_id = " + std::to_string(kTapeApplicationId) +
                               "; PRAGMA user_version = " + std::to_string(kTapeSchemaVersion);
  result = database.run(identity.c_str(), "create its tables");
  if (!result) return result;
  for (const char* sql : kTables) {
    result = database.run(sql, "create its tables");
    if (!result) return result;
  }
  for (const Table& table : all_tables()) {
    result = database.run(create_table_sql(table).c_str(), "create its tables");
    if (!result) return result;
  }
  result = insert_session(database, session);
  if (!result) return result;
  return database.run("COMMIT", "create its tables");
}

Result<void> check_is_tape(Database& database) {
  const auto application = database.query_integer("PRAGMA application_id");
  if (!application) return application.error();
  if (*application != kTapeApplicationId) {
    return Error{database.path() + ": is no tape (its application_id is " +
                 std::to_string(*application) + "): name a file that `tapedeck record` wrote"};
  }
  const auto version = database.query_integer("PRAGMA user_version");
  if (!version) return version.error();
  if (*version > kTapeSchemaVersion) {
    return Error{database.path() + ": was written by a newer tapedeck (schema " +
                 std::to_string(*version) + ", this one reads up to " +
                 std::to_string(kTapeSchemaVersion) + "): update tapedeck"};
  }
  if (*version < 1) {
    return Error{database.path() + ": has no valid schema version (" + std::to_string(*version) +
                 "): the file is damaged"};
  }
  return {};
}

Result<void> prepare_to_write(Database& database, Durability durability) {
  auto result = database.run("PRAGMA cache_size = -16384; PRAGMA foreign_keys = OFF", "set it up");
  if (!result) return result;
  return database.run(
      durability == Durability::power ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL",
      "set it up");
}

Result<void> leave_plain_file(Database& database) {
  database.set_patience_ms(0);
  auto folded = database.run("PRAGMA wal_checkpoint(TRUNCATE)", "fold its write-ahead log in");
  if (folded) folded = database.run("PRAGMA journal_mode = DELETE", "fold its write-ahead log in");
  const int code = sqlite3_errcode(database.handle()) & 0xff;
  database.set_patience_ms(kPatienceMs);
  if (!folded && (code == SQLITE_BUSY || code == SQLITE_LOCKED)) return {};
  return folded;
}

}  // namespace tapedeck::sqlite
