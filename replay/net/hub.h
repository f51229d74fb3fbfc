// What a connection knows of its server. Private to replay/net; everything on the server's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "replay/net/access.h"
#include "replay/net/byte_stream.h"
#include "replay/net/server.h"

namespace tapedeck::web {

// A connection that the server keeps until it says that it is gone.
class Guest {
 public:
  virtual ~Guest() = default;
  // Ends with the words that are due (a close frame, a reply under way), in bounded time.
  virtual void go_away() = 0;
  // Ends at once.
  virtual void drop() = 0;
};

class Hub {
 public:
  virtual ~Hub() = default;

  virtual const ServerOptions& options() const = 0;
  virtual const Access& access() const = 0;
  virtual WebHandler& handler() = 0;

  virtual void post(std::function<void()> task) = 0;
  virtual std::unique_ptr<Server::Timer> make_timer() = 0;
  virtual std::uint64_t next_id() = 0;

  virtual void join(std::shared_ptr<Guest> guest) = 0;
  virtual void leave(const Guest& guest) = 0;
};

// From now on the system's monotonic clock.
void set_after(Server::Timer& timer, Ns delay, std::function<void()> task);

}  // namespace tapedeck::web
