// The recorder's side of a feed's protocol, without I/O: told what happened, it says what to do.
//
// A client never touches a socket, a clock or a thread, so that protocols are tested by tables of
// events and actions and run by the million in a simulated world. The link (recorder/) performs its
// actions and owns everything that all feeds share: back-off, phase timeouts, liveness, control
// frames, the gap ledger.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/gap.h"
#include "schema/normalize.h"

namespace tapedeck {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct ConnectRequest {
  std::string url;  // absolute, ws:// or wss://, with path and query
  Headers headers;
};

struct RestRequest {
  std::uint32_t tag = 0;  // comes back with the answer
  std::string purpose;    // `login`, `gapfill`, `snapshot`, `cursor`
  std::string method = "GET";
  std::string url;  // absolute
  Headers headers;
  std::string body;
};

struct RestResponse {
  std::uint32_t tag = 0;
  int status = 0;  // 0: no answer; `error` says why
  Headers headers;
  std::string body;
  std::string error;
};

enum class Failure : std::uint8_t {
  passing,    // reconnect after the back-off
  permanent,  // stop this feed: only a person can mend it
};

// What a client may ask for. Views need to live only during the call.
class ClientActions {
 public:
  virtual ~ClientActions() = default;

  // Opens the socket. Once per start.
  virtual void connect(ConnectRequest request) = 0;
  // Sends one text message.
  virtual void send(std::string_view text) = 0;
  // Calls on_timer(id) once, `after` from now; arming again moves it, a negative `after` disarms
  // it.
  virtual void arm(int timer, Ns after) = 0;
  // Asks over REST; on_response follows.
  virtual void request(RestRequest request) = 0;
  // A secret that was learned on the way, such as a token: from now on it is kept off the tape and
  // the log, the answer that is being handled included.
  virtual void learn_secret(std::string_view secret) = 0;
  // `stream` is being received from now on. When every stream of the connection is ready or lost,
  // the connection is.
  virtual void ready(std::string_view stream) = 0;
  // `stream` alone is lost (refused, crashed) while the connection lives: a gap opens.
  virtual void lost(std::string_view stream, GapCause cause, std::string_view why) = 0;
  // A part of `stream`, such as some of its symbols, is refused while the rest is received. Before
  // its ready(), or as soon as it is known; again where more is known of why.
  virtual void refused(std::string_view stream, std::string_view why) = 0;
  // Gives this connection up; `why` is for the log and `connection.error`, and names the remedy
  // when the failure is permanent.
  virtual void fail(Failure failure, std::string_view why) = 0;
  // Now, on the monotonic clock, for what outlives an attempt, such as a token's age; nullopt where
  // there is no clock.
  virtual std::optional<Ns> mono_ns() const { return std::nullopt; }
};

// One connection's protocol state. The link calls on_start before each attempt; everything that
// belongs to an attempt starts anew there. Calls never nest: an action's consequence arrives as a
// later call.
class Client {
 public:
  virtual ~Client() = default;

  // The streams that this connection carries: what gaps and readiness are about.
  virtual std::vector<std::string> streams() const = 0;

  // A new attempt begins: lead to actions.connect().
  virtual void on_start(ClientActions& actions) = 0;
  // The upgrade succeeded.
  virtual void on_open(ClientActions& actions) = 0;
  // The upgrade was refused with an HTTP status: is it worth trying again, and what should the user
  // do?
  struct Refusal {
    Failure failure = Failure::passing;
    std::string why;
  };
  virtual Refusal on_refused(int status, std::string_view body) = 0;
  // A text or binary message arrived; `tag` is what the normalizer's classify says of it.
  virtual void on_frame(const InFrame& frame, const FrameTag& tag, ClientActions& actions) = 0;
  virtual void on_timer(int timer, ClientActions& actions) = 0;
  virtual void on_response(const RestResponse& response, ClientActions& actions) = 0;
  // The server closed: is it worth trying again?
  virtual Refusal on_closed(std::uint16_t code, std::string_view reason) = 0;
};

}  // namespace tapedeck
