// `tapedeck replay`: serves tapes to the services' own clients, to `/tape` and to the control API.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "replay/healing.h"
#include "replay/net/server.h"
#include "schema/base/result.h"
#include "schema/base/time.h"

namespace tapedeck {

struct ReplayOptions {
  std::vector<std::string> tapes;  // files, or directories that stand for every tape in them
  ServerOptions server;
  double speed = 1;                // times recorded pace; positive
  bool max_speed = false;          // as fast as the clients read; `speed` is then of no account
  std::string from;                // inclusive; RFC 3339 or an offset from the start; "": the start
  std::string to;                  // exclusive; "": the end
  std::vector<std::string> feeds;  // empty: all of them
  bool loop = false;
  bool paused = false;
  bool exit_at_end = false;
  std::optional<HealMode> heal;  // puts back what gap-fills recovered
  bool disconnects = false;      // recorded losses come back
  std::string faults;            // as in fault_plan.h; "": none
  Ns max_idle_ns = 0;            // longer silence is shortened to this; 0: never
  int wait_clients = 1;
  Ns grace_ns = 500 * kNsPerMs;
  Ns stall_timeout_ns = 30 * kNsPerSec;
  std::size_t client_queue_bytes_max = std::size_t{16} << 20U;
  bool waits_for_slow = false;  // at a fixed speed a slow client holds the deck up, not closed
  std::size_t read_ahead_bytes_max = std::size_t{32} << 20U;
};

class ReplayServer {
 public:
  virtual ~ReplayServer() = default;

  // Serves until stop(), SIGINT, SIGTERM, or the end with exit_at_end. An error when a tape could
  // not be read to its end.
  virtual Result<void> run() = 0;
  // From any thread.
  virtual void stop() = 0;

  virtual std::uint16_t port() const = 0;
  virtual std::string url() const = 0;
  // What was served, in one line. Once run() has returned.
  virtual std::string summary() const = 0;
};

// Opens the tapes and binds. Errors are one line that names the option (or the tape) and the
// remedy.
Result<std::unique_ptr<ReplayServer>> make_replay(const ReplayOptions& options);

}  // namespace tapedeck
