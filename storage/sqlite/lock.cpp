#include "storage/sqlite/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

namespace tapedeck::sqlite {
namespace {

using FileId = std::pair<dev_t, ino_t>;

// Guards the registry and every LockFile: a probe and a writer of one process share a descriptor,
// where a shared flock would turn the exclusive one into itself.
std::mutex& registry_mutex() {
  static std::mutex mutex;
  return mutex;
}

std::map<FileId, std::weak_ptr<LockFile>>& registry() {
  static std::map<FileId, std::weak_ptr<LockFile>> files;
  return files;
}

std::string reason(int error) {
  return std::generic_category().message(error);
}

bool flock_file(int fd, int operation) {
  int result = 0;
  do {
    result = ::flock(fd, operation);
  } while (result != 0 && errno == EINTR);
  return result == 0;
}

}  // namespace

struct LockFile {
  LockFile(FileId file_id, int first) : id(file_id), fds{first} {}
  ~LockFile() {
    for (const int fd : fds) ::close(fd);
  }
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;

  FileId id;
  std::vector<int> fds;  // the first is the one in use
  bool held = false;     // by a writer of this process
};

namespace {

// With the mutex held.
std::shared_ptr<LockFile> find(FileId id) {
  const auto found = registry().find(id);
  return found == registry().end() ? nullptr : found->second.lock();
}

// With the mutex held. Takes over `fd`.
std::shared_ptr<LockFile> enter(int fd, const struct stat& status) {
  const FileId id{status.st_dev, status.st_ino};
  if (auto file = find(id)) {
    // The path changed its file between looking and opening; closing `fd` now would drop SQLite's
    // locks.
    file->fds.push_back(fd);
    return file;
  }
  auto file = std::make_shared<LockFile>(id, fd);
  registry()[id] = file;
  return file;
}

}  // namespace

Result<std::unique_ptr<TapeLock>> TapeLock::open(const std::string& path) {
  const std::lock_guard guard(registry_mutex());
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return Error{path + ": " + reason(errno) + ": name a tape that exists"};
  }
  if (!S_ISREG(status.st_mode)) return Error{path + ": is no file: name a tape"};
  if (auto file = find({status.st_dev, status.st_ino})) {
    return std::unique_ptr<TapeLock>(new TapeLock(std::move(file)));
  }
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 || ::fstat(fd, &status) != 0) {
    const int error = errno;
    if (fd >= 0) ::close(fd);
    return Error{path + ": cannot be opened: " + reason(error) +
                 (error == EACCES ? ": only its owner may read a tape (mode 0600)" : "")};
  }
  return std::unique_ptr<TapeLock>(new TapeLock(enter(fd, status)));
}

Result<std::unique_ptr<TapeLock>> TapeLock::create(const std::string& path, bool& exists) {
  const std::lock_guard guard(registry_mutex());
  struct stat status {};
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 || ::fstat(fd, &status) != 0) {
    const int error = errno;
    if (fd >= 0) ::close(fd);
    exists = error == EEXIST;
    return Error{path + ": cannot be created: " + reason(error) +
                 (exists ? ": name a file that does not exist yet"
                         : ": tapes need a directory that can be written")};
  }
  return std::unique_ptr<TapeLock>(new TapeLock(enter(fd, status)));
}

TapeLock::~TapeLock() {
  const std::lock_guard guard(registry_mutex());
  if (mine_) {
    flock_file(file_->fds.front(), LOCK_UN);
    file_->held = false;
  }
  const FileId id = file_->id;
  file_.reset();
  const auto entry = registry().find(id);
  if (entry != registry().end() && entry->second.expired()) registry().erase(entry);
}

bool TapeLock::try_acquire() {
  const std::lock_guard guard(registry_mutex());
  if (file_->held) return false;
  mine_ = file_->held = flock_file(file_->fds.front(), LOCK_EX | LOCK_NB);
  return mine_;
}

bool TapeLock::acquire() {
  const std::lock_guard guard(registry_mutex());
  if (file_->held) return false;
  mine_ = file_->held = flock_file(file_->fds.front(), LOCK_EX);
  return mine_;
}

bool TapeLock::is_at(const std::string& path) const {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && file_->id == FileId(status.st_dev, status.st_ino);
}

Result<void> TapeLock::sync(const std::string& path) {
  if (::fsync(file_->fds.front()) == 0) return {};
  return Error{path + ": cannot be flushed to the disk: " + reason(errno)};
}

bool TapeLock::is_held() const {
  const std::lock_guard guard(registry_mutex());
  if (file_->held) return true;
  if (!flock_file(file_->fds.front(), LOCK_SH | LOCK_NB)) return errno == EWOULDBLOCK;
  flock_file(file_->fds.front(), LOCK_UN);
  return false;
}

}  // namespace tapedeck::sqlite
