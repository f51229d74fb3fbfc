// A file that appears whole or not at all: written beside its name, renamed over it at the end.
#pragma once

#include <memory>
#include <ostream>
#include <string>

#include "schema/base/result.h"
#include "tools/cli/stdout_buffer.h"

namespace tapedeck::cli {

class OutputFile {
 public:
  // What stands at `path` is replaced at finish() and not touched before. A device or a pipe is
  // written as it stands.
  static Result<std::unique_ptr<OutputFile>> create(const std::string& path);

  ~OutputFile();  // removes what was not finished
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  std::ostream& out() { return out_; }
  Result<void> finish();

 private:
  OutputFile(std::string path, std::string temporary, int fd);

  std::string path_;
  std::string temporary_;  // "": written in place
  int fd_;
  StdoutBuffer buffer_;
  std::ostream out_;
};

}  // namespace tapedeck::cli
