// A disk that fails on demand and remembers what a power cut would leave: a shim over SQLite's own
// VFS. While one lives it is this process's default VFS; one at a time. Safe to use from any
// thread.
#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <new>
#include <string>

namespace tapedeck::testing {

class FaultVfs {
 public:
  FaultVfs() : base_(sqlite3_vfs_find(nullptr)), vfs_(*base_) {
    vfs_.pNext = nullptr;
    vfs_.zName = "tapedeck-fault";
    vfs_.pAppData = this;
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + base_->szOsFile;
    vfs_.xOpen = open;
    vfs_.xDelete = remove;
    sqlite3_vfs_register(&vfs_, 1);
  }
  ~FaultVfs() {
    sqlite3_vfs_register(base_, 1);
    sqlite3_vfs_unregister(&vfs_);
  }
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  // From the `countdown`th write, truncation or sync on (1: the next), each fails with `code`. 0:
  // none.
  void fail_at(int countdown, int code) {
    const std::lock_guard lock(mutex_);
    countdown_ = countdown;
    code_ = code;
  }
  bool has_failed() const {
    const std::lock_guard lock(mutex_);
    return has_failed_;
  }
  // Writes to one file fail with `code`, those to others do not. "": none.
  void refuse(const std::string& path, int code) {
    const std::lock_guard lock(mutex_);
    refused_path_ = path;
    refusal_ = code;
  }
  // How many writes to it failed.
  int refused() const {
    const std::lock_guard lock(mutex_);
    return refused_;
  }
  // How often a file was synced.
  int syncs_of(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    const auto at = syncs_.find(path);
    return at == syncs_.end() ? 0 : at->second;
  }

  // Puts into `directory` what the disk would hold had the power gone now: each file as of its last
  // sync.
  void cut_power_into(const std::string& directory) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [path, bytes] : synced_) {
      const auto name = std::filesystem::path(path).filename();
      std::ofstream(std::filesystem::path(directory) / name, std::ios::binary) << bytes;
    }
  }

 private:
  struct File : sqlite3_file {
    FaultVfs* owner;
    std::string path;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };

  static FaultVfs& of(sqlite3_vfs* vfs) { return *static_cast<FaultVfs*>(vfs->pAppData); }
  static File* of(sqlite3_file* file) { return static_cast<File*>(file); }
  static sqlite3_file* real(sqlite3_file* file) { return of(file)->real(); }

  // What the next operation fails with; SQLITE_OK: it does not.
  int failure() {
    const std::lock_guard lock(mutex_);
    if (countdown_ == 0) return SQLITE_OK;
    if (countdown_ > 1) {
      --countdown_;
      return SQLITE_OK;
    }
    has_failed_ = true;
    return code_;
  }

  int refusal_of(const std::string& path) {
    const std::lock_guard lock(mutex_);
    if (refused_path_.empty() || path != refused_path_) return SQLITE_OK;
    ++refused_;
    return refusal_;
  }

  static int open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags,
                  int* out) {
    static const sqlite3_io_methods methods = make_methods();
    File* made = new (file) File{{nullptr}, &of(vfs), name == nullptr ? "" : name};
    const int code = of(vfs).base_->xOpen(of(vfs).base_, name, made->real(), flags, out);
    if (made->real()->pMethods != nullptr) {
      made->pMethods = &methods;
    } else {
      made->~File();
      file->pMethods = nullptr;
    }
    return code;
  }
  static int remove(sqlite3_vfs* vfs, const char* name, int sync) {
    {
      const std::lock_guard lock(of(vfs).mutex_);
      of(vfs).synced_.erase(name);
    }
    return of(vfs).base_->xDelete(of(vfs).base_, name, sync);
  }
  static int close(sqlite3_file* file) {
    const int code = real(file)->pMethods->xClose(real(file));
    of(file)->~File();
    return code;
  }
  static int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
    if (const int code = of(file)->owner->failure(); code != SQLITE_OK) return code;
    if (const int code = of(file)->owner->refusal_of(of(file)->path); code != SQLITE_OK) {
      return code;
    }
    return real(file)->pMethods->xWrite(real(file), bytes, size, offset);
  }
  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    if (const int code = of(file)->owner->failure(); code != SQLITE_OK) return code;
    return real(file)->pMethods->xTruncate(real(file), size);
  }
  static int sync(sqlite3_file* file, int) {
    if (const int code = of(file)->owner->failure(); code != SQLITE_OK) return code;
    // Remembered instead of done: no test waits for a disk. Read through SQLite's own descriptor,
    // since another one's close would drop SQLite's locks.
    sqlite3_int64 size = 0;
    real(file)->pMethods->xFileSize(real(file), &size);
    std::string bytes(static_cast<std::size_t>(size), '\0');
    if (size > 0) real(file)->pMethods->xRead(real(file), bytes.data(), static_cast<int>(size), 0);
    FaultVfs& owner = *of(file)->owner;
    const std::lock_guard lock(owner.mutex_);
    owner.synced_[of(file)->path] = std::move(bytes);
    ++owner.syncs_[of(file)->path];
    return SQLITE_OK;
  }

  static sqlite3_io_methods make_methods() {
    sqlite3_io_methods m{};
    m.iVersion = 2;
    m.xClose = close;
    m.xRead = [](sqlite3_file* f, void* to, int size, sqlite3_int64 offset) {
      return real(f)->pMethods->xRead(real(f), to, size, offset);
    };
    m.xWrite = write;
    m.xTruncate = truncate;
    m.xSync = sync;
    m.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
      return real(f)->pMethods->xFileSize(real(f), size);
    };
    m.xLock = [](sqlite3_file* f, int l) { return real(f)->pMethods->xLock(real(f), l); };
    m.xUnlock = [](sqlite3_file* f, int l) { return real(f)->pMethods->xUnlock(real(f), l); };
    m.xCheckReservedLock = [](sqlite3_file* f, int* held) {
      return real(f)->pMethods->xCheckReservedLock(real(f), held);
    };
    m.xFileControl = [](sqlite3_file* f, int op, void* arg) {
      return real(f)->pMethods->xFileControl(real(f), op, arg);
    };
    m.xSectorSize = [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); };
    m.xDeviceCharacteristics = [](sqlite3_file* f) {
      return real(f)->pMethods->xDeviceCharacteristics(real(f));
    };
    m.xShmMap = [](sqlite3_file* f, int page, int size, int extend, void volatile** at) {
      return real(f)->pMethods->xShmMap(real(f), page, size, extend, at);
    };
    m.xShmLock = [](sqlite3_file* f, int offset, int n, int flags) {
      return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
    };
    m.xShmBarrier = [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); };
    m.xShmUnmap = [](sqlite3_file* f, int remove_file) {
      return real(f)->pMethods->xShmUnmap(real(f), remove_file);
    };
    return m;
  }

  sqlite3_vfs* base_;
  sqlite3_vfs vfs_;
  mutable std::mutex mutex_;  // guards the rest
  int countdown_ = 0;
  int code_ = SQLITE_OK;
  bool has_failed_ = false;
  std::string refused_path_;
  int refusal_ = SQLITE_OK;
  int refused_ = 0;
  std::map<std::string, std::string> synced_;
  std::map<std::string, int> syncs_;
};

}  // namespace tapedeck::testing
