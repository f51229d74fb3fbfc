#include "storage/compact.h"

#include <filesystem>
#include <memory>
#include <utility>

#include "storage/sqlite/compact_compare.h"
#include "storage/sqlite/compact_copy.h"
#include "storage/sqlite/frame_chunks.h"
#include "storage/sqlite/layout.h"
#include "storage/sqlite/scratch_file.h"

namespace tapedeck {
namespace {

using sqlite::Access;
using sqlite::Database;
using sqlite::ScratchFile;
using sqlite::TapeLock;

Result<std::string> text_of(Database& database, const char* sql) {
  auto select = database.prepare(sql);
  if (!select) return select.error();
  if (select->step() != SQLITE_ROW) return database.error("read it");
  return select->text(0);
}

class Compaction {
 public:
  explicit Compaction(const CompactOptions& options)
      : options_(options), on_step_(options.on_step ? options.on_step : [] {}) {}

  Result<CompactResult> run() {
    if (auto found = find(); !found) return found.error();
    if (auto held = hold(); !held) return held.error();
    if (auto opened = open(); !opened) return opened.error();
    if (auto checked = check(); !checked) return checked.error();
    on_step_();
    auto scratch = ScratchFile::create(target_, ".compacting");
    if (!scratch) return scratch.error();
    on_step_();
    if (auto made = make(**scratch); !made) return made.error();
    on_step_();
    result_.bytes_before = static_cast<std::int64_t>(std::filesystem::file_size(path_));
    if (auto placed = (*scratch)->put_in_place(in_place()); !placed) return placed.error();
    result_.bytes_after = static_cast<std::int64_t>(std::filesystem::file_size(target_));
    on_step_();
    return result_;
  }

 private:
  bool in_place() const { return options_.output.empty(); }

  // Behind a link stands the tape that is meant.
  Result<void> find() {
    std::error_code absent;
    path_ = std::filesystem::canonical(options_.tape, absent).string();
    if (absent) return Error{options_.tape + ": " + absent.message() + ": name a tape that exists"};
    target_ = in_place() ? path_ : options_.output;
    if (!in_place() && std::filesystem::symlink_status(target_, absent).type() !=
                           std::filesystem::file_type::not_found) {
      return Error{target_ + ": exists: name a file that does not exist yet"};
    }
    return {};
  }

  // From here on no other process records it or compacts it.
  Result<void> hold() {
    auto lock = TapeLock::open(path_);
    if (!lock) return lock.error();
    lock_ = std::move(*lock);
    if (!lock_->try_acquire()) {
      return Error{options_.tape +
                   ": is being recorded, or compacted by another process: end that first"};
    }
    if (lock_->is_at(path_)) return {};
    return Error{options_.tape + ": was just replaced by another process: try again"};
  }

  Result<void> open() {
    if (in_place()) {
      if (auto folded = leave_plain(); !folded) return folded;
    }
    auto tape = Database::open_tape_to_read(path_);
    if (!tape) return tape.error();
    tape_ = std::move(*tape);
    // A reader's lock until the end: whoever would write now has to wait.
    if (auto begun = tape_->run("BEGIN", "read it"); !begun) return begun;
    const auto look = tape_->query_integer("SELECT count(*) FROM session");
    return look ? Result<void>() : look.error();
  }

  // A log beside the new file would be taken for its own.
  Result<void> leave_plain() {
    auto lock = TapeLock::open(path_);
    if (!lock) return lock.error();
    auto database = Database::open(path_, Access::write, std::move(*lock));
    if (!database) return database.error();
    if (auto checked = sqlite::check_is_tape(**database); !checked) return checked;
    const auto mode = text_of(**database, "PRAGMA journal_mode");
    if (!mode) return mode.error();
    if (*mode != "wal") return {};
    if (auto plain = sqlite::leave_plain_file(**database); !plain) return plain;
    const auto left = text_of(**database, "PRAGMA journal_mode");
    if (!left) return left.error();
    if (*left != "wal") return {};
    return Error{options_.tape +
                 ": another program has it open, with its write-ahead log: close that program"};
  }

  Result<void> check() {
    const auto outcome = text_of(*tape_, "SELECT outcome FROM session");
    if (!outcome) return outcome.error();
    if (*outcome == "open") {
      return Error{options_.tape +
                   ": was not finished, since its recorder died: start `tapedeck record` of its "
                   "name once, which marks it as interrupted"};
    }
    const auto compacted = sqlite::is_compacted(*tape_);
    if (!compacted) return compacted.error();
    if (*compacted == options_.undo) return {};
    return Error{options_.tape + (options_.undo ? ": is not compacted: there is nothing to undo"
                                                : ": is compacted already; --undo makes it plain")};
  }

  Result<void> make(const ScratchFile& scratch) {
    {
      auto lock = TapeLock::open(scratch.path());
      if (!lock) return lock.error();
      auto made = Database::open(scratch.path(), Access::write, std::move(*lock));
      if (!made) return made.error();
      auto copied = sqlite::copy_tape(**made, path_, options_.undo, on_step_, result_);
      if (!copied) return copied;
    }
    auto made = Database::open_tape_to_read(scratch.path());
    if (!made) return made.error();
    return sqlite::compare_tapes(*tape_, **made, on_step_);
  }

  const CompactOptions& options_;
  std::function<void()> on_step_;
  std::string path_;
  std::string target_;
  std::unique_ptr<TapeLock> lock_;
  std::unique_ptr<Database> tape_;
  CompactResult result_;
};

}  // namespace

Result<CompactResult> compact_tape(const CompactOptions& options) {
  return Compaction(options).run();
}

}  // namespace tapedeck
