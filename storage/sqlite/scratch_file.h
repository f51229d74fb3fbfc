// A tape in the making, beside the place where it will stand.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "schema/base/result.h"
#include "storage/sqlite/lock.h"

namespace tapedeck::sqlite {

// TARGET and a suffix that makes it no tape's name (`.compacting`), locked as a writer's. It stays
// only when put in place.
class ScratchFile {
 public:
  // Removes what a process that died left of an earlier one; refuses when one is being made now.
  static Result<std::unique_ptr<ScratchFile>> create(const std::string& target,
                                                     std::string_view suffix);
  ~ScratchFile();
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  const std::string& path() const { return path_; }

  // Nothing may have it open. Flushes it and gives it its name, over what stands there when
  // `replace`, whose access rights it then takes over; else nothing may stand there.
  Result<void> put_in_place(bool replace);

 private:
  ScratchFile(std::string target, std::string path, std::unique_ptr<TapeLock> lock);

  std::string target_;
  std::string path_;
  std::unique_ptr<TapeLock> lock_;
  bool in_place_ = false;
};

}  // namespace tapedeck::sqlite
