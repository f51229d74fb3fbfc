// A tape's SQLite connection together with its share of the tape's lock. One thread at a time.
#pragma once

#include <SQLiteCpp/Database.h>

#include <memory>
#include <string>
#include <string_view>

#include "schema/base/result.h"
#include "storage/sqlite/lock.h"
#include "storage/sqlite/statement.h"

namespace tapedeck::sqlite {

enum class Access : std::uint8_t { read, write };

class Database {
 public:
  // Opens the file under `lock`, which exists. Reads nothing yet, so also what is no database
  // opens.
  static Result<std::unique_ptr<Database>> open(const std::string& path, Access access,
                                                std::unique_ptr<TapeLock> lock);
  // Opens a tape for reading and checks that it is one (layout.h). Where the directory cannot be
  // written, so that SQLite cannot share memory with a writer, an unheld tape without a log is read
  // as it lies.
  static Result<std::unique_ptr<Database>> open_tape_to_read(const std::string& path);

  const std::string& path() const { return path_; }
  TapeLock& lock() { return *lock_; }
  const TapeLock& lock() const { return *lock_; }
  sqlite3* handle() const { return database_->getHandle(); }

  // Runs statements without parameters. `what`, as in "begin a transaction", goes into the error.
  Result<void> run(const char* sql, std::string_view what);
  // The statement must not outlive this.
  Result<Statement> prepare(std::string_view sql);
  // One whole number, such as a pragma's value.
  Result<std::int64_t> query_integer(std::string_view sql);

  // What SQLite said last, with the tape's name and what to do about it.
  Error error(std::string_view what) const;

  // How long calls wait for another program's lock.
  void set_patience_ms(int ms) { database_->setBusyTimeout(ms); }

 private:
  Database(std::string path, std::unique_ptr<TapeLock> lock);
  Result<void> connect(const std::string& name, int flags);

  std::string path_;
  std::unique_ptr<TapeLock> lock_;  // outlives the connection (lock.h)
  std::unique_ptr<SQLite::Database> database_;
};

inline constexpr int kPatienceMs = 5'000;
// Of a tape's writer: what is recorded meanwhile waits in the recorder's queue and at its senders,
// and to give up ends the recording.
inline constexpr int kWriterPatienceMs = 30'000;

}  // namespace tapedeck::sqlite
