// The service's side of a feed's protocol, without I/O: what `replay` and `sim` play to their
// clients.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/text.h"
#include "schema/base/time.h"
#include "schema/client.h"
#include "schema/normalize.h"

namespace tapedeck {

// An upgrade or a plain HTTP request, its target below the feed's mount point
// (`/ws/fastfeed?token=…`).
struct HttpRequest {
  std::string method = "GET";
  Target target;
  Headers headers;
  std::string body;

  // "" when absent; names compare without case.
  std::string_view header(std::string_view name) const;
};

struct HttpReply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  Headers headers;
};

// A frame on its way to clients: recorded, or made by the simulator.
struct ServedFrame {
  std::int64_t id = 0;  // grows with the order of serving
  std::string_view endpoint;
  Opcode opcode = Opcode::text;
  std::string_view payload;
  FrameTag tag;
};

// What the service's side may look up of its own data. Answers hold up to "now": the deck's
// position on a tape, or the simulator's present.
class ServiceData {
 public:
  virtual ~ServiceData() = default;

  virtual Ns now_ns() const = 0;

  // The snapshot with which a new connection to `endpoint` begins.
  struct SnapshotFrame {
    std::int64_t id = 0;
    std::string payload;
  };
  virtual std::optional<SnapshotFrame> snapshot(std::string_view endpoint) = 0;

  // Events of `stream` as JSON texts in the format of the feed's REST answers, for its REST paths.
  struct Query {
    std::string stream;
    std::optional<std::int64_t> after;  // only identifiers greater than this
    std::string symbol;                 // only this symbol, when not empty
    // Only events of this span by their own time (in it, before its end).
    std::optional<Ns> from_ns;
    std::optional<Ns> to_ns;
    std::size_t offset = 0;
    std::size_t limit = 100;
    bool newest_first = false;
  };
  virtual std::vector<std::string> history(const Query& query) = 0;
};

// What a session may ask for. Views need to live only during the call.
class SessionActions {
 public:
  virtual ~SessionActions() = default;

  // Sends a text of the service's own.
  virtual void send(std::string_view text) = 0;
  // Sends the frame on, byte for byte.
  virtual void forward(const ServedFrame& frame) = 0;
  virtual void ping(std::string_view payload) = 0;
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  // Calls on_timer(id) once, `after` from now on the live clock, also while the deck is paused;
  // arming again moves it, a negative `after` disarms it.
  virtual void arm(int timer, Ns after) = 0;
  // This client has one more subscription (or none any more): the deck waits for it, with the grace
  // counted from its last one, or does not.
  virtual void subscribed(bool yes) = 0;
};

// One client's connection as its service sees it. Calls never nest.
class Session {
 public:
  virtual ~Session() = default;

  virtual void on_open(SessionActions& actions) = 0;
  // A text or binary message of the client. `doc` has a missing root when it is no JSON.
  virtual void on_message(std::string_view payload, const JsonDoc& doc,
                          SessionActions& actions) = 0;
  virtual void on_pong(std::string_view payload, SessionActions& actions) = 0;
  virtual void on_timer(int timer, SessionActions& actions) = 0;
  // A data frame of this endpoint is due: forward it if this client's subscriptions and filters ask
  // for it.
  virtual void on_data(const ServedFrame& frame, SessionActions& actions) = 0;
};

class Recall;

// One feed's service: stateless but for what its sessions hold.
class Service {
 public:
  virtual ~Service() = default;

  // The endpoint that a WebSocket path (below the mount point, as `/ws/fastfeed`) belongs to;
  // nullopt: 404.
  virtual std::optional<std::string> endpoint_of(std::string_view path) const = 0;

  // Refuses an upgrade as the service would; nullopt admits it.
  virtual std::optional<HttpReply> refuse(const HttpRequest& request) const = 0;

  // `data` outlives the session.
  virtual std::unique_ptr<Session> open_session(std::string_view endpoint,
                                                const HttpRequest& request,
                                                ServiceData& data) const = 0;

  // Answers the service's REST paths; nullopt: no such path.
  virtual std::optional<HttpReply> rest(const HttpRequest& request, ServiceData& data) const = 0;

  // How recorded rows become REST answers again (schema/recall.h); nullptr: they do not.
  virtual const Recall* recall() const { return nullptr; }

  // The reason with which the service closes (1008) a client that reads too slowly; the
  // simulator's.
  virtual std::string slow_reason() const { return "slow client"; }
};

// The service's data, made up: message `k` depends on the seed and `k` alone, so that any stretch
// of the stream can be made again, in any order, without storing it. Each cycle() messages in a row
// hold every message type of the service. Const and thread-safe.
class Simulator {
 public:
  virtual ~Simulator() = default;

  struct Message {
    std::string_view endpoint;  // static storage
    std::string payload;        // one text message as the service would push it
  };
  // `at_ns` is the time at which message `k` happens.
  virtual Message message(std::int64_t k, Ns at_ns) const = 0;
  virtual std::int64_t cycle() const = 0;

  // `upto` messages have happened; message k happened at time_of(k).
  struct Timeline {
    std::int64_t upto = 0;
    Ns epoch_ns = 0;
    double rate = 1;  // messages per second
    Ns time_of(std::int64_t k) const {
      return epoch_ns +
             static_cast<Ns>(static_cast<long double>(k) * 1e9L / static_cast<long double>(rate));
    }
  };
  virtual std::optional<std::string> snapshot(std::string_view endpoint,
                                              const Timeline& timeline) const = 0;
  virtual std::vector<std::string> history(const ServiceData::Query& query,
                                           const Timeline& timeline) const = 0;
};

}  // namespace tapedeck
