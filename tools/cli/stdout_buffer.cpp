#include "tools/cli/stdout_buffer.h"

#include <unistd.h>

#include <cerrno>

namespace tapedeck::cli {

bool StdoutBuffer::drain() {
  const char* at = pbase();
  while (error_ == 0 && at < pptr()) {
    const ssize_t written = ::write(fd_, at, static_cast<std::size_t>(pptr() - at));
    if (written >= 0) {
      at += written;
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  setp(buffer_.data(), buffer_.data() + buffer_.size());
  return error_ == 0;
}

StdoutBuffer::int_type StdoutBuffer::overflow(int_type ch) {
  if (!drain()) return traits_type::eof();
  if (!traits_type::eq_int_type(ch, traits_type::eof())) sputc(traits_type::to_char_type(ch));
  return traits_type::not_eof(ch);
}

int StdoutBuffer::sync() {
  return drain() ? 0 : -1;
}

}  // namespace tapedeck::cli
