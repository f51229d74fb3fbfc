// Holds one connection of one feed: connects, lets the feed's client speak its protocol, writes
// down every frame, judges liveness, backs off and connects again, until stopped or refused for
// good.
//
// All that feeds share is here; what a feed is stands in its Client and Normalizer. No sockets: the
// Environment has them. I/O thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "recorder/feed_context.h"
#include "recorder/journal.h"
#include "recorder/seams.h"
#include "schema/base/redact.h"
#include "schema/feed.h"

namespace tapedeck {

class Link final : private TransportEvents, private ClientActions {
 public:
  enum class State : std::uint8_t { waiting, connecting, open, ready, closing, stopped, given_up };

  // References outlive the link. `on_change` is called after every change of state.
  Link(Environment& environment, Journal& journal, FeedContext& feed, Redactor& secrets,
       std::string endpoint, int slot, LinkLog log, std::function<void()> on_change);
  ~Link() override;

  void start();
  // Says goodbye, waits for the answer a bounded time, and ends in `stopped`.
  void stop();

  State state() const { return state_; }
  bool is_over() const { return state_ == State::stopped || state_ == State::given_up; }
  bool was_ever_ready() const { return was_ever_ready_; }
  std::int64_t frames_in() const { return frames_in_; }
  Ns last_frame_ns() const { return last_frame_ns_; }
  const std::string& why() const { return why_; }  // of the last failure
  const std::string& name() const { return name_; }
  const std::string& endpoint() const { return endpoint_; }
  const std::vector<std::string>& streams() const { return streams_; }

 private:
  // TransportEvents
  void on_phase(std::string_view phase) override;
  void on_open() override;
  void on_refused(const RestResponse& response) override;
  void on_message(Opcode opcode, std::string_view payload, bool valid_utf8) override;
  void on_read_end() override;
  void on_protocol_error(const TransportEnd& end) override;
  void on_end(const TransportEnd& end) override;

  // ClientActions
  void connect(ConnectRequest request) override;
  void send(std::string_view text) override;
  void arm(int timer, Ns after) override;
  void request(RestRequest request) override;
  void learn_secret(std::string_view secret) override;
  void ready(std::string_view stream) override;
  void lost(std::string_view stream, GapCause cause, std::string_view why) override;
  void refused(std::string_view stream, std::string_view why) override;
  void fail(Failure failure, std::string_view why) override;
  std::optional<Ns> mono_ns() const override { return environment_.clock().now().mono; }

  void begin_attempt();
  void data_frame(Opcode opcode, std::string_view payload, bool valid_utf8, const Stamp& at,
                  std::int64_t frame_id);
  void note_drift(const InFrame& frame, const FrameTag& tag, std::int64_t frame_id);
  void close_frame(std::string_view payload);
  std::int64_t write_frame(Ns recv_ns, Direction direction, Opcode opcode,
                           std::string_view payload);
  void send_frame(Opcode opcode, std::string_view payload);
  void say_goodbye(std::uint16_t code, std::string_view reason);
  void note_error(std::string_view why);
  void resolve(std::string_view stream);
  void rest();
  void rest_on();
  void end_rest();
  void keep_overload(const FrameTag& tag, Ns recv_ns, std::size_t bytes);
  void watch_idle();
  void finish_attempt();
  void back_off(std::string_view why);
  Ns next_delay();
  void become(State state);
  void log(Severity severity, std::string_view what) const;
  void record_response(RequestInfo info, const RestResponse& response, Ns recv_ns);

  // How long a goodbye may take.
  static constexpr Ns kGoodbyeNs = 2 * kNsPerSec;
  // How long reading may wait for the queue towards the tape, and how often it looks.
  static constexpr Ns kRestNs = 5 * kNsPerSec;
  static constexpr Ns kRestStepNs = 1 * kNsPerMs;

  Environment& environment_;
  Journal& journal_;
  FeedContext& feed_;
  Redactor& secrets_;
  LinkLog log_;
  std::function<void()> on_change_;
  std::string endpoint_;
  std::string name_;
  int slot_;

  std::unique_ptr<Client> client_;
  std::vector<std::string> streams_;
  State state_ = State::waiting;
  bool stopping_ = false;
  bool was_ever_ready_ = false;
  std::string why_;

  // One attempt.
  std::unique_ptr<Transport> transport_;
  ConnectionInfo connection_;
  std::set<std::string, std::less<>> unresolved_;  // streams neither ready nor lost
  std::set<std::string, std::less<>> live_;        // ready streams
  std::set<std::string, std::less<>> cut_;         // of which a part is refused
  std::string phase_;
  bool sent_close_ = false;
  bool got_close_ = false;
  bool was_heard_ = false;  // the connection ended in order, not by silence or a reset
  std::optional<Failure> failure_;
  Ns ready_mono_ = 0;
  Ns last_inbound_mono_ = 0;
  std::optional<Ns> retry_after_;
  std::map<int, std::unique_ptr<Timer>> client_timers_;
  struct PendingCall {
    RequestInfo info;
    std::unique_ptr<RestCall> call;
  };
  std::map<std::uint32_t, PendingCall> calls_;
  std::uint32_t calls_made_ = 0;
  bool overloaded_ = false;
  bool is_resting_ = false;  // the transport is paused
  bool may_rest_ = true;     // the queue has been free since the last rest that took too long
  Ns rest_since_mono_ = 0;
  bool was_masked_ = false;  // the frame that was written last held a secret

  std::unique_ptr<Timer> phase_timer_;  // of the phase that runs: connect, ready, goodbye, back-off
  std::unique_ptr<Timer> idle_timer_;
  std::unique_ptr<Timer> rest_timer_;
  int attempt_ = 0;  // since the last stable connection
  JsonDoc doc_;
  std::int64_t frames_in_ = 0;
  Ns last_frame_ns_ = 0;
};

std::string_view to_string(Link::State state);

}  // namespace tapedeck
