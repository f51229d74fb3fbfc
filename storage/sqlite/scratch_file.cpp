#include "storage/sqlite/scratch_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

namespace tapedeck::sqlite {
namespace {

void remove_all(const std::string& path) {
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) ::unlink((path + suffix).c_str());
}

Error cannot(const std::string& path, const char* what, int code) {
  return {path + ": cannot be " + what + ": " + std::generic_category().message(code)};
}

// A name that was given to a file is on the disk once its directory is.
Result<void> sync_directory_of(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  const int fd = ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return cannot(path, "flushed to the disk", errno);
  const int code = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  if (code != 0) return cannot(path, "flushed to the disk", code);
  return {};
}

Result<void> rename_to_new(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
  // Not every file system can do that at once; a second name can be given on most of the others.
  if (errno == EINVAL && ::link(from.c_str(), to.c_str()) == 0) {
    ::unlink(from.c_str());
    return {};
  }
  return cannot(to, "created", errno);
}

}  // namespace

ScratchFile::ScratchFile(std::string target, std::string path, std::unique_ptr<TapeLock> lock)
    : target_(std::move(target)), path_(std::move(path)), lock_(std::move(lock)) {}

Result<std::unique_ptr<ScratchFile>> ScratchFile::create(const std::string& target,
                                                         std::string_view suffix) {
  const std::string path = target + std::string(suffix);
  bool exists = false;
  auto lock = TapeLock::create(path, exists);
  if (!lock && exists) {
    auto leftover = TapeLock::open(path);
    if (!leftover) return leftover.error();
    if (!(*leftover)->try_acquire()) {
      return Error{path + ": another process is making it: wait for its end"};
    }
    remove_all(path);
    leftover->reset();
    lock = TapeLock::create(path, exists);
  }
  if (!lock) return lock.error();
  (*lock)->acquire();
  return std::unique_ptr<ScratchFile>(new ScratchFile(target, path, std::move(*lock)));
}

ScratchFile::~ScratchFile() {
  if (!in_place_) remove_all(path_);
}

Result<void> ScratchFile::put_in_place(bool replace) {
  struct stat old {};
  if (replace &&
      (::stat(target_.c_str(), &old) != 0 || ::chmod(path_.c_str(), old.st_mode & 07777U) != 0)) {
    return cannot(target_, "replaced", errno);
  }
  if (auto synced = lock_->sync(path_); !synced) return synced;
  if (replace && ::rename(path_.c_str(), target_.c_str()) != 0) {
    return cannot(target_, "replaced", errno);
  }
  if (auto renamed = replace ? Result<void>() : rename_to_new(path_, target_); !renamed)
    return renamed;
  in_place_ = true;
  return sync_directory_of(target_);
}

}  // namespace tapedeck::sqlite
