// The replay's sockets: an HTTP and WebSocket server on one port and one thread, without a word
// about feeds.
//
// Every callback and every call on Peer and Loop happens on the thread in run(), except where it
// says otherwise. What is sent during one turn of the loop leaves in as few socket writes as
// possible.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schema/base/result.h"
#include "schema/base/time.h"
#include "schema/frame.h"
#include "schema/service.h"

namespace tapedeck {

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one
  std::string token;       // demanded from everybody when not empty (contract section 5, Access)
  std::vector<std::string> allow_origins;
  std::string tls_certificate_file;  // PEM; with the key: wss and https instead of ws and http
  std::string tls_key_file;
  std::size_t header_bytes_max = 16U << 10U;
  std::size_t body_bytes_max = 64U << 10U;
  std::size_t message_bytes_max = 1U << 20U;  // what a client may send
  int handshake_ms_max = 10'000;              // from accept to a whole request
};

// Bytes that many clients' queues hold without a copy each. They may grow at their end.
using SharedBytes = std::shared_ptr<const std::string>;

// One client's WebSocket. Owned by the server; lives until its handler's on_closed() returns.
class Peer {
 public:
  virtual ~Peer() = default;

  virtual std::uint64_t id() const = 0;
  virtual const std::string& address() const = 0;  // `127.0.0.1:53124`

  // Queues one message or control frame.
  virtual void send(Opcode opcode, std::string_view payload) = 0;
  // Queues bytes that are whole unmasked frames already (ws::append_frame), for many clients at
  // once: `frames` lies within `*whole`.
  virtual void send_shared(const SharedBytes& whole, std::string_view frames) = 0;
  // Sends what is queued, then a close frame, waits a bounded time for the answer, and closes.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  // Drops the connection without a word, with what is on its way.
  virtual void cut() = 0;
  // Sends what is queued, then ends the connection without a close frame.
  virtual void hang_up() = 0;
  // While `yes` nothing is sent, answers to pings included: everything is queued.
  virtual void hold(bool yes) = 0;
  // What was queued and is not in the kernel's hands yet.
  virtual std::size_t queued_bytes() const = 0;
  // Calls on_drained() once when queued_bytes() has fallen to `bytes` or less.
  virtual void notify_below(std::size_t bytes) = 0;
};

class PeerHandler {
 public:
  virtual ~PeerHandler() = default;
  virtual void on_open(Peer& peer) = 0;
  // text, binary, ping (answered already) or pong. Text that is not UTF-8 never comes here: the
  // server closes with 1007.
  virtual void on_message(Opcode opcode, std::string_view payload) = 0;
  virtual void on_drained() = 0;
  // The connection is gone, or both sides have said goodbye and everything is sent, whoever ended
  // it. The last call, never from inside another one; the peer must not be touched after it.
  virtual void on_closed() = 0;
};

// What the server serves. Requests that Access forbids (foreign Origin, unknown Host, wrong token)
// are answered before they come here, and so are malformed ones.
class WebHandler {
 public:
  virtual ~WebHandler() = default;
  // To be called once, at once or later, on the server's thread; the server keeps the connection
  // for it, and does nothing when the connection has gone meanwhile.
  using Answer = std::function<void(const HttpReply&)>;
  // HEAD comes as GET; the server leaves the body away.
  virtual void on_request(const HttpRequest& request, Answer answer) = 0;
  // A refusal, or who takes the connection.
  using Upgrade = std::variant<HttpReply, std::unique_ptr<PeerHandler>>;
  virtual Upgrade on_upgrade(const HttpRequest& request) = 0;
};

class Server {
 public:
  virtual ~Server() = default;

  virtual std::uint16_t port() const = 0;
  // "http://127.0.0.1:8765", as a user would type it.
  virtual std::string url() const = 0;

  // Serves until stop(). SIGINT and SIGTERM call `on_signal` on this thread when it is set.
  virtual void run() = 0;
  // Closes every client (1001 unless closing already), stops listening, and lets run() return once
  // they are gone or two seconds have passed. From any thread.
  virtual void stop() = 0;
  // Runs `task` on the server's thread. From any thread.
  virtual void post(std::function<void()> task) = 0;
  virtual void on_signal(std::function<void()> task) = 0;

  // One timer: runs `task` at `mono_ns` of the system's monotonic clock, or at once when that is
  // past. Setting it again moves it; destroying it disarms it.
  class Timer {
   public:
    virtual ~Timer() = default;
    virtual void set(Ns mono_ns, std::function<void()> task) = 0;
    virtual void cancel() = 0;
  };
  virtual std::unique_ptr<Timer> make_timer() = 0;
};

// `handler` outlives the server. Errors name the address and what to do about it.
Result<std::unique_ptr<Server>> make_server(const ServerOptions& options, WebHandler& handler);

// Whether `host` is a loopback address or name, as Access asks.
bool is_loopback(std::string_view host);

}  // namespace tapedeck
