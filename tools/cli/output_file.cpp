#include "tools/cli/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

namespace tapedeck::cli {
namespace {

constexpr mode_t kMode = 0666;  // as the user's umask has it

Error cannot_write(const std::string& path, int code) {
  return {path + ": cannot be written: " + std::generic_category().message(code)};
}

}  // namespace

OutputFile::OutputFile(std::string path, std::string temporary, int fd)
    : path_(std::move(path)),
      temporary_(std::move(temporary)),
      fd_(fd),
      buffer_(fd),
      out_(&buffer_) {}

Result<std::unique_ptr<OutputFile>> OutputFile::create(const std::string& path) {
  // Behind a link stands the file that is meant.
  std::error_code absent;
  const auto real = std::filesystem::canonical(path, absent);
  const std::string target = absent ? path : real.string();
  struct stat status {};
  const bool exists = ::stat(target.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) return cannot_write(path, EISDIR);
  const bool in_place = exists && !S_ISREG(status.st_mode);
  const std::string temporary = in_place ? "" : target + ".part-" + std::to_string(::getpid());
  const int fd = in_place ? ::open(target.c_str(), O_WRONLY | O_CLOEXEC)
                          : ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                                   exists ? status.st_mode & 07777U : kMode);
  if (fd < 0) return cannot_write(path, errno);
  return std::unique_ptr<OutputFile>(new OutputFile(target, temporary, fd));
}

OutputFile::~OutputFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<void> OutputFile::finish() {
  out_.flush();
  if (buffer_.error() == EPIPE) return {};  // the reader has what it wanted
  if (buffer_.error() != 0) return cannot_write(path_, buffer_.error());
  const int closed = ::close(std::exchange(fd_, -1));
  if (closed == 0 && (temporary_.empty() || ::rename(temporary_.c_str(), path_.c_str()) == 0))
    return {};
  const int code = errno;
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  return cannot_write(path_, code);
}

}  // namespace tapedeck::cli
