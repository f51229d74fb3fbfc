// Standard output with its errors kept: a reader that went away is no failure, a full disk is one.
#pragma once

#include <array>
#include <cstddef>
#include <streambuf>

namespace tapedeck::cli {

class StdoutBuffer final : public std::streambuf {
 public:
  explicit StdoutBuffer(int fd) : fd_(fd) { setp(buffer_.data(), buffer_.data() + buffer_.size()); }

  // The errno of the write that failed; 0 while all went well. After a failure nothing more is
  // written.
  int error() const { return error_; }

 protected:
  int_type overflow(int_type ch) override;
  int sync() override;

 private:
  bool drain();

  int fd_;
  int error_ = 0;
  std::array<char, std::size_t{64} << 10U> buffer_;
};

}  // namespace tapedeck::cli
