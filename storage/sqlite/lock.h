// Tells who writes a tape: whoever records holds flock(LOCK_EX) on the file. The kernel drops it
// with the process, so that a tape which is `open` but not locked is one whose recorder died.
//
// SQLite's own locks are POSIX locks, and closing *any* descriptor of a file drops all of a
// process's POSIX locks on it. So each file has one descriptor in this process, shared by
// everything that has the tape open, made before SQLite opens the file and closed after SQLite
// closed it. Nothing in this process may open and close a tape behind that back while it is in use
// here.
#pragma once

#include <memory>
#include <string>

#include "schema/base/result.h"

namespace tapedeck::sqlite {

struct LockFile;

// One user's share of a file's descriptor. Safe to use from any thread, each share by one at a
// time.
class TapeLock {
 public:
  // Of a file that exists.
  static Result<std::unique_ptr<TapeLock>> open(const std::string& path);
  // Creates the file, which must not exist, with mode 0600 from its first moment. `exists` tells
  // that failure apart.
  static Result<std::unique_ptr<TapeLock>> create(const std::string& path, bool& exists);

  ~TapeLock();  // lets go of what this share took
  TapeLock(const TapeLock&) = delete;
  TapeLock& operator=(const TapeLock&) = delete;

  // Takes the writer's lock; false when this or another process has it.
  bool try_acquire();
  // As try_acquire(), but waits: on a file just created only a passing probe can hold it.
  bool acquire();
  // Whether the file that this locks still stands at `path`.
  bool is_at(const std::string& path) const;
  // Has the disk keep what was written to the file.
  Result<void> sync(const std::string& path);
  // Whether a writer, here or in another process, has it now. Leaves no trace.
  bool is_held() const;

 private:
  explicit TapeLock(std::shared_ptr<LockFile> file) : file_(std::move(file)) {}

  std::shared_ptr<LockFile> file_;
  bool mine_ = false;
};

}  // namespace tapedeck::sqlite
