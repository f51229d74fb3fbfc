// `tapedeck sim`: the services of the registry, simulated, on one port and with their own paths.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "replay/net/server.h"
#include "schema/base/result.h"
#include "schema/base/time.h"
#include "schema/frame.h"

namespace tapedeck {

struct SimOptions {
  ServerOptions server;
  std::uint64_t seed = 1;
  double rate = 20;  // messages per second of each service
  std::optional<Ns>
      epoch_ns;  // when message 0 happens; absent: 00:00 UTC of the current day, so that
                 // a simulator that is started again goes on with the same timeline
  std::size_t client_queue_bytes_max = std::size_t{16} << 20U;
  // As in fault_plan.h; "": none. Offsets count from the simulator's own start, its seed is `seed`.
  std::string faults;

  // Sees every text, binary, ping and pong of every client in its order: `out` is what the
  // simulator sent (what follows a client's own close does not arrive), `in` what it received. For
  // tests; called on the server's thread, views live during the call.
  std::function<void(std::uint64_t peer, std::string_view feed, std::string_view endpoint,
                     Direction direction, Opcode opcode, std::string_view payload)>
      on_frame;
};

class SimServer {
 public:
  virtual ~SimServer() = default;

  // Serves until stop(), SIGINT or SIGTERM.
  virtual Result<void> run() = 0;
  // From any thread.
  virtual void stop() = 0;

  virtual std::uint16_t port() const = 0;
  virtual std::string url() const = 0;
  // What was served, in one line. Once run() has returned.
  virtual std::string summary() const = 0;
};

// Binds. Errors are one line that names the option and the remedy.
Result<std::unique_ptr<SimServer>> make_sim(const SimOptions& options);

}  // namespace tapedeck
