#include "storage/sqlite/checkpointer.h"

#include <sqlite3.h>

#include <utility>

namespace tapedeck::sqlite {
namespace {

// 16 MiB. Pages that are written again and again are copied once in that time.
constexpr int kLogPages = 1'000;

void checkpoint(Database& database) {
  sqlite3_wal_checkpoint_v2(database.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr,
                            nullptr);
}

}  // namespace

Result<std::unique_ptr<Checkpointer>> Checkpointer::start(Database& writer) {
  auto lock = TapeLock::open(writer.path());
  if (!lock) return lock.error();
  auto own = Database::open(writer.path(), Access::write, std::move(*lock));
  if (!own) return own.error();
  // A connection that never read does not know of the log.
  if (auto read = (*own)->query_integer("PRAGMA schema_version"); !read) return read.error();
  return std::unique_ptr<Checkpointer>(new Checkpointer(writer, std::move(*own)));
}

Checkpointer::Checkpointer(Database& writer, std::unique_ptr<Database> own)
    : writer_(writer), own_(std::move(own)) {
  sqlite3_wal_hook(
      writer.handle(),
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Checkpointer*>(self)->log_pages_ = pages;
        return SQLITE_OK;
      },
      this);
  thread_ = std::thread([this] { run(); });
}

Checkpointer::~Checkpointer() {
  sqlite3_wal_hook(writer_.handle(), nullptr, nullptr);
  {
    const std::lock_guard lock(mutex_);
    state_ = State::ending;
  }
  wake_.notify_one();
  thread_.join();
}

void Checkpointer::after_commit() {
  if (log_pages_ < done_pages_) done_pages_ = 0;  // begun anew
  const std::lock_guard lock(mutex_);
  if (state_ == State::copied) {
    checkpoint(writer_);
    // Counted as done also where a reader stands in the way: the next is due as much later.
    done_pages_ = log_pages_;
    state_ = State::idle;
  } else if (state_ == State::idle && log_pages_ - done_pages_ >= kLogPages) {
    state_ = State::asked;
    wake_.notify_one();
  }
}

void Checkpointer::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return state_ == State::asked || state_ == State::ending; });
    if (state_ == State::ending) return;
    lock.unlock();
    checkpoint(*own_);
    lock.lock();
    if (state_ == State::asked) state_ = State::copied;
  }
}

}  // namespace tapedeck::sqlite
