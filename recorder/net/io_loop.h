// The recorder's real outside world: one thread, Asio inside, nothing of it visible here.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "recorder/seams.h"
#include "schema/base/result.h"

namespace tapedeck {

struct IoOptions {
  std::optional<std::string> ca_file;  // PEM; absent: the system's certificates
  std::size_t rest_body_bytes_max = 64U << 20U;
};

// TLS is always verified: chain, host name, SNI sent. All calls on the thread in run(), but for
// post() and the functions marked so.
class IoLoop : public Environment {
 public:
  // `clock` outlives the loop. The error names the certificate file that cannot be read.
  static Result<std::unique_ptr<IoLoop>> make(const Clock& clock, const IoOptions& options);

  // Serves until stop().
  virtual void run() = 0;
  virtual void stop() = 0;                            // from any thread
  virtual void post(std::function<void()> task) = 0;  // from any thread
  // Calls `task` on each SIGINT and SIGTERM.
  virtual void on_signal(std::function<void(int signal)> task) = 0;
};

}  // namespace tapedeck
