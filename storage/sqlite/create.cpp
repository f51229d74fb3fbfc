#include "storage/sqlite/create.h"

#include <unistd.h>

#include <filesystem>
#include <utility>

#include "storage/sqlite/layout.h"
#include "storage/sqlite/scratch_file.h"

namespace tapedeck {
namespace {

using sqlite::Access;
using sqlite::Database;
using sqlite::ScratchFile;
using sqlite::TapeLock;

// What is newest on a tape. The last frame stands for all frames, which are in order of receipt.
constexpr const char* kNewestTime = R"(SELECT max(t) FROM (
  SELECT max(started_ns) AS t FROM session
  UNION ALL SELECT max(max(ifnull(opened_ns, 0), ifnull(ready_ns, 0), ifnull(closed_ns, 0))) FROM connection
  UNION ALL SELECT max(max(sent_ns, ifnull(recv_ns, 0))) FROM request
  UNION ALL SELECT max(max(from_ns, ifnull(to_ns, 0))) FROM gap
  UNION ALL SELECT max(recv_ns) FROM cursor
  UNION ALL SELECT recv_ns FROM (SELECT recv_ns FROM frame ORDER BY id DESC LIMIT 1)))";

// page_size and auto_vacuum must be set before the first page is written, WAL mode outside a
// transaction.
Result<std::unique_ptr<TapeWriter>> write_new(std::unique_ptr<Database> database,
                                              const SessionInfo& session, Durability durability) {
  const std::string pages = "PRAGMA page_size = " + std::to_string(sqlite::kPageBytes) +
                            "; PRAGMA auto_vacuum = NONE; PRAGMA encoding = 'UTF-8'";
  database->set_patience_ms(sqlite::kWriterPatienceMs);
  auto result = database->run(pages.c_str(), "create it");
  if (result) result = sqlite::prepare_to_write(*database, durability);
  if (result) result = database->run("PRAGMA journal_mode = WAL", "create it");
  if (result) result = sqlite::create_layout(*database, session);
  if (!result) return result.error();
  return sqlite::make_writer(std::move(database));
}

class Draft final : public TapeDraft {
 public:
  Draft(std::unique_ptr<ScratchFile> file, std::unique_ptr<TapeWriter> tape)
      : file_(std::move(file)), tape_(std::move(tape)) {}

  TapeWriter& tape() override { return *tape_; }

  Result<void> finish(Ns ended_ns, std::string_view outcome) override {
    if (auto ended = tape_->finish(ended_ns, outcome); !ended) return ended;
    tape_.reset();
    std::error_code absent;
    if (std::filesystem::exists(file_->path() + "-wal", absent)) {
      return Error{file_->path() +
                   ": another program has it open, so that it cannot be completed: close that "
                   "program, then start again"};
    }
    return file_->put_in_place(false);
  }

 private:
  std::unique_ptr<ScratchFile> file_;
  std::unique_ptr<TapeWriter> tape_;
};

Result<std::unique_ptr<TapeWriter>> create(const std::string& path, const SessionInfo& session,
                                           Durability durability, bool& exists) {
  auto lock = TapeLock::create(path, exists);
  if (!lock) return lock.error();
  (*lock)->acquire();
  auto database = Database::open(path, Access::write, std::move(*lock));
  Result<std::unique_ptr<TapeWriter>> writer =
      database ? write_new(std::move(*database), session, durability)
               : Result<std::unique_ptr<TapeWriter>>(database.error());
  if (!writer) {
    // Ours since the moment it was made, and nothing is on it.
    for (const char* suffix : {"", "-wal", "-shm"}) ::unlink((path + suffix).c_str());
  }
  return writer;
}

Result<void> check_name(const std::string& name) {
  if (name.empty() || name.front() == '.' || name.find('/') != std::string::npos ||
      name.find('\0') != std::string::npos) {
    return Error{"a tape cannot be named \"" + name +
                 "\": give a name without '/' that does not begin with '.'"};
  }
  return {};
}

Result<void> make_directory(const std::filesystem::path& directory) {
  std::error_code error;
  if (directory.empty() || std::filesystem::is_directory(directory, error)) return {};
  std::filesystem::create_directories(directory, error);
  if (error) {
    return Error{directory.string() + ": cannot be created: " + error.message() +
                 ": name a directory for the tapes that can be written"};
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<TapeWriter>> create_tape(const std::string& directory,
                                                const SessionInfo& session, Durability durability) {
  if (auto named = check_name(session.name); !named) return named.error();
  if (auto made = make_directory(directory); !made) return made.error();
  const std::filesystem::path folder = directory.empty() ? "." : directory;
  const std::string stem = session.name + "-" + format_stamp(session.started_ns);
  for (int number = 1;; ++number) {
    const std::string suffix = number == 1 ? "" : "-" + std::to_string(number);
    bool exists = false;
    auto writer =
        create((folder / (stem + suffix + ".tape")).string(), session, durability, exists);
    if (writer || !exists) return writer;
  }
}

Result<std::unique_ptr<TapeWriter>> create_tape_at(const std::string& path,
                                                   const SessionInfo& session,
                                                   Durability durability) {
  bool exists = false;
  return create(path, session, durability, exists);
}

Result<std::unique_ptr<TapeDraft>> draft_tape_at(const std::string& path,
                                                 const SessionInfo& session) {
  std::error_code absent;
  if (std::filesystem::symlink_status(path, absent).type() !=
      std::filesystem::file_type::not_found) {
    return Error{path + ": exists: name a file that does not exist yet"};
  }
  auto file = ScratchFile::create(path, ".merging");
  if (!file) return file.error();
  auto lock = TapeLock::open((*file)->path());
  if (!lock) return lock.error();
  auto database = Database::open((*file)->path(), Access::write, std::move(*lock));
  if (!database) return database.error();
  auto tape = write_new(std::move(*database), session, Durability::process);
  if (!tape) return tape.error();
  return std::unique_ptr<TapeDraft>(std::make_unique<Draft>(std::move(*file), std::move(*tape)));
}

Result<bool> mark_interrupted(const std::string& path) {
  auto lock = TapeLock::open(path);
  if (!lock) return lock.error();
  if (!(*lock)->try_acquire()) return false;
  auto opened = Database::open(path, Access::write, std::move(*lock));
  if (!opened) return opened.error();
  Database& database = **opened;
  if (auto checked = sqlite::check_is_tape(database); !checked) return checked.error();
  const auto open = database.query_integer("SELECT count(*) FROM session WHERE outcome = 'open'");
  if (!open) return open.error();
  if (*open == 0) return false;
  const auto newest = database.query_integer(kNewestTime);
  if (!newest) return newest.error();
  if (auto ready = sqlite::prepare_to_write(database, Durability::power); !ready) {
    return ready.error();
  }
  const std::string end =
      "UPDATE session SET outcome = 'interrupted', ended_ns = " + std::to_string(*newest) +
      " WHERE outcome = 'open'";
  if (auto marked = database.run(end.c_str(), "mark it interrupted"); !marked) {
    return marked.error();
  }
  if (auto plain = sqlite::leave_plain_file(database); !plain) return plain.error();
  return true;
}

}  // namespace tapedeck
