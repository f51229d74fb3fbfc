#include "storage/sqlite/database.h"

#include <SQLiteCpp/Exception.h>

#include <filesystem>
#include <utility>

#include "schema/base/text.h"
#include "storage/sqlite/layout.h"

namespace tapedeck::sqlite {
namespace {

// Absolute, so that neither `file:` nor `:memory:` at its beginning means something to SQLite.
std::string absolute(const std::string& path) {
  std::error_code error;
  const auto full = std::filesystem::absolute(path, error);
  return error ? path : full.string();
}

std::string_view remedy(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return "free space on that disk, then start again";
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return "the tape and its directory must be writable";
    case SQLITE_CANTOPEN:
      return "check that the directory is there and can be read and written";
    case SQLITE_IOERR:
      return "check the disk and its free space, then start again";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another program has it locked; close that program";
    case SQLITE_CORRUPT:
      return "the file is damaged; run `tapedeck verify` on it and keep a copy";
    case SQLITE_NOTADB:
      return "name a tape";
    case SQLITE_TOOBIG:
      return "SQLite holds at most 1 GB in one value";
    case SQLITE_NOMEM:
      return "free memory, then start again";
    default:
      return "";
  }
}

Error describe(const std::string& path, std::string_view what, int code, std::string_view said) {
  std::string text = path + ": cannot " + std::string(what) + ": " + std::string(said) +
                     " (SQLite code " + std::to_string(code) + ")";
  if (const auto advice = remedy(code); !advice.empty()) text += ": " + std::string(advice);
  return Error{std::move(text)};
}

bool needs_shared_memory(int code) {
  const int primary = code & 0xff;
  return primary == SQLITE_CANTOPEN || primary == SQLITE_READONLY;
}

}  // namespace

Database::Database(std::string path, std::unique_ptr<TapeLock> lock)
    : path_(std::move(path)), lock_(std::move(lock)) {}

Result<void> Database::connect(const std::string& name, int flags) {
  try {
    database_.reset();
    database_ = std::make_unique<SQLite::Database>(name, flags | SQLITE_OPEN_NOMUTEX, kPatienceMs);
    sqlite3_extended_result_codes(handle(), 1);
    return {};
  } catch (const SQLite::Exception& failure) {
    return describe(path_, "open it", failure.getExtendedErrorCode(), failure.what());
  }
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, Access access,
                                                 std::unique_ptr<TapeLock> lock) {
  std::unique_ptr<Database> database(new Database(path, std::move(lock)));
  const int flags = access == Access::read ? SQLite::OPEN_READONLY : SQLite::OPEN_READWRITE;
  if (auto result = database->connect(absolute(path), flags); !result) return result.error();
  return database;
}

Result<std::unique_ptr<Database>> Database::open_tape_to_read(const std::string& path) {
  auto lock = TapeLock::open(path);
  if (!lock) return lock.error();
  auto database = open(path, Access::read, std::move(*lock));
  if (!database) return database;
  auto checked = check_is_tape(**database);
  if (checked) return database;
  Database& tape = **database;
  if (!needs_shared_memory(sqlite3_extended_errcode(tape.handle())) || tape.lock().is_held()) {
    return checked.error();
  }
  std::error_code no_log;
  const auto log_bytes = std::filesystem::file_size(path + "-wal", no_log);
  if (!no_log && log_bytes > 0) {
    return Error{path + ": its last commits are in " + path +
                 "-wal, which cannot be read where nothing can be written: copy both files to a "
                 "directory that can be written and read them there"};
  }
  const std::string uri = "file:" + percent_encode(absolute(path), "/") + "?immutable=1";
  auto connected = tape.connect(uri, SQLite::OPEN_READONLY | SQLITE_OPEN_URI);
  if (!connected) return connected.error();
  checked = check_is_tape(tape);
  if (!checked) return checked.error();
  return database;
}

Result<void> Database::run(const char* sql, std::string_view what) {
  if (database_->tryExec(sql) != SQLITE_OK) return error(what);
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  Statement statement(handle(), sql);
  if (!statement.ok()) return error("use it");
  return statement;
}

Result<std::int64_t> Database::query_integer(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return statement.error();
  if (statement->step() != SQLITE_ROW) return error("read it");
  return statement->integer(0);
}

Error Database::error(std::string_view what) const {
  return describe(path_, what, sqlite3_extended_errcode(handle()), sqlite3_errmsg(handle()));
}

}  // namespace tapedeck::sqlite
