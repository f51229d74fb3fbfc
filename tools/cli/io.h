// Where a subcommand writes, how it ends, and how it says what went wrong (contract section 2).
#pragma once

#include <ostream>
#include <string>
#include <string_view>

namespace tapedeck::cli {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;    // failed while running
inline constexpr int kBadUsage = 2;  // bad usage or configuration

// Results go to `out`, everything else to `err`.
struct Io {
  std::ostream& out;
  std::ostream& err;
  int width = 0;  // of the terminal that `out` is; 0 when it is none, and nothing may be cut
};

// Each writes one line, `tapedeck: error: …`, and gives the exit code.
inline int fail(Io& io, int code, std::string_view message) {
  io.err << "tapedeck: error: " << message << '\n';
  io.err.flush();
  return code;
}
inline int bad_usage(Io& io, std::string_view message) {
  return fail(io, kBadUsage, message);
}
inline int failed(Io& io, std::string_view message) {
  return fail(io, kFailed, message);
}

}  // namespace tapedeck::cli
