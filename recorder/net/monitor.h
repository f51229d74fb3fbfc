// `record --listen`: /metrics (Prometheus text) and /healthz over HTTP.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "recorder/net/io_loop.h"
#include "recorder/status.h"

namespace tapedeck {

// Serves until destroyed, on the loop's thread.
class Monitor {
 public:
  virtual ~Monitor() = default;
  virtual std::uint16_t port() const = 0;
};

// `listen`: HOST:PORT. `report` is asked for each answer. Errors name --listen.
Result<std::unique_ptr<Monitor>> make_monitor(IoLoop& loop, const std::string& listen,
                                              std::function<StatusReport()> report);

}  // namespace tapedeck
