// The recorder's view of the outside world: network, timers, chance. The real ones are in
// recorder/net; tests and the simulated world bring their own. Everything here is called on the I/O
// thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "schema/base/time.h"
#include "schema/client.h"
#include "schema/frame.h"

namespace tapedeck {

// A one-shot timer. Destroying it disarms it.
class Timer {
 public:
  virtual ~Timer() = default;
  // Calls `task` once, `after` from now, and forgets what was set before.
  virtual void set(Ns after, std::function<void()> task) = 0;
  virtual void cancel() = 0;
};

// How a socket ended, as far as the transport can tell; who said goodbye first is the link's to
// know.
struct TransportEnd {
  std::string error;                // what went wrong, in words; empty after an orderly shutdown
  std::uint16_t protocol_code = 0;  // the close code for a peer that broke the protocol; else 0
};

// What a transport tells its owner. Calls never nest within calls to the transport.
class TransportEvents {
 public:
  virtual ~TransportEvents() = default;
  // A phase begins: `name lookup`, `TCP connect`, `TLS handshake`, `upgrade`.
  virtual void on_phase(std::string_view phase) = 0;
  virtual void on_open() = 0;
  // The upgrade was answered with something else than 101. on_end follows.
  virtual void on_refused(const RestResponse& response) = 0;
  // A message or control frame, close included. The payload lives during the call.
  virtual void on_message(Opcode opcode, std::string_view payload, bool valid_utf8) = 0;
  // All that arrived with one read has been handed over.
  virtual void on_read_end() = 0;
  // The peer broke the protocol: on_message will not be called again. The owner says goodbye with
  // `end.protocol_code` and shuts down.
  virtual void on_protocol_error(const TransportEnd& end) = 0;
  // The socket is gone. The last call.
  virtual void on_end(const TransportEnd& end) = 0;
};

// One WebSocket, used once. Control frames are the owner's business: it answers pings and closes
// itself.
class Transport {
 public:
  virtual ~Transport() = default;  // drops the socket; no event follows
  virtual void connect(const ConnectRequest& request, std::size_t message_bytes_max) = 0;
  virtual void send(Opcode opcode, std::string_view payload) = 0;
  // While `yes` nothing is read: what arrives waits in the kernel and then at the peer. What has
  // been read already is still handed over.
  virtual void pause(bool yes) = 0;
  // Sends what is queued, then ends the connection; on_end follows.
  virtual void shutdown() = 0;
  // Drops the connection now; on_end follows with `why`.
  virtual void abort(std::string why) = 0;
};

class RestCall {
 public:
  virtual ~RestCall() = default;  // gives the exchange up; its callback is not called
};

class Environment {
 public:
  virtual ~Environment() = default;
  virtual const Clock& clock() const = 0;
  virtual double uniform() = 0;  // in [0, 1)
  virtual std::unique_ptr<Timer> make_timer() = 0;
  // `events` outlives the transport.
  virtual std::unique_ptr<Transport> make_transport(TransportEvents& events) = 0;
  // `done` is called once, with status 0 and `error` when no answer came within `timeout`.
  virtual std::unique_ptr<RestCall> fetch(const RestRequest& request, Ns timeout,
                                          std::function<void(RestResponse)> done) = 0;
};

}  // namespace tapedeck
