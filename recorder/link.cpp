#include "recorder/link.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "recorder/gap_filler.h"
#include "recorder/retry_after.h"

namespace tapedeck {
namespace {

std::string seconds(int ms) {
  return ms % 1'000 == 0 ? std::to_string(ms / 1'000) + " s" : std::to_string(ms) + " ms";
}

}  // namespace

std::string_view to_string(Link::State state) {
  switch (state) {
    case Link::State::waiting:
      return "waiting";
    case Link::State::connecting:
      return "connecting";
    case Link::State::open:
      return "open";
    case Link::State::ready:
      return "ready";
    case Link::State::closing:
      return "closing";
    case Link::State::stopped:
      return "stopped";
    case Link::State::given_up:
      return "given up";
  }
  return "";
}

Link::Link(Environment& environment, Journal& journal, FeedContext& feed, Redactor& secrets,
           std::string endpoint, int slot, LinkLog log, std::function<void()> on_change)
    : environment_(environment),
      journal_(journal),
      feed_(feed),
      secrets_(secrets),
      log_(std::move(log)),
      on_change_(std::move(on_change)),
      endpoint_(std::move(endpoint)),
      name_(feed.name + "/" + endpoint_ +
            (feed.settings.connections > 1 ? "#" + std::to_string(slot + 1) : "")),
      slot_(slot),
      client_(feed.plan->make_client(endpoint_, slot)),
      streams_(client_->streams()),
      phase_timer_(environment.make_timer()),
      idle_timer_(environment.make_timer()),
      rest_timer_(environment.make_timer()) {}

Link::~Link() = default;

void Link::log(Severity severity, std::string_view what) const {
  log_(severity, name_, secrets_.apply(what));
}

void Link::become(State state) {
  state_ = state;
  on_change_();
}

// ---- an attempt's life
// -------------------------------------------------------------------------------

void Link::start() {
  begin_attempt();
}

void Link::begin_attempt() {
  ++attempt_;
  connection_ = {};
  phase_.clear();
  sent_close_ = got_close_ = was_heard_ = false;
  failure_.reset();
  retry_after_.reset();
  ready_mono_ = 0;
  live_.clear();
  cut_.clear();
  unresolved_ = {streams_.begin(), streams_.end()};
  become(State::connecting);
  client_->on_start(*this);
}

void Link::connect(ConnectRequest request) {
  if (stopping_ || transport_ != nullptr) return;
  connection_.id = journal_.next_connection_id();
  connection_.feed = feed_.name;
  connection_.endpoint = endpoint_;
  connection_.slot = slot_;
  connection_.url = secrets_.apply(request.url);
  connection_.attempt = attempt_;
  journal_.put_connection(connection_);
  transport_ = environment_.make_transport(*this);
  transport_->connect(request, feed_.settings.message_bytes_max);
}

void Link::on_phase(std::string_view phase) {
  phase_ = std::string(phase);
  phase_timer_->set(feed_.settings.timeouts.connect_ms * kNsPerMs, [this] {
    transport_->abort(phase_ + " took longer than " + seconds(feed_.settings.timeouts.connect_ms));
  });
}

void Link::on_open() {
  const Stamp now = environment_.clock().now();
  connection_.opened_ns = now.wall;
  journal_.put_connection(connection_);
  last_inbound_mono_ = now.mono;
  become(State::open);
  phase_timer_->set(feed_.settings.timeouts.ready_ms * kNsPerMs, [this] {
    std::string missing;
    for (const auto& stream : unresolved_) missing += (missing.empty() ? "" : ", ") + stream;
    fail(Failure::passing, "not ready " + seconds(feed_.settings.timeouts.ready_ms) +
                               " after the upgrade, waiting for: " + missing);
  });
  watch_idle();
  client_->on_open(*this);
}

void Link::on_refused(const RestResponse& response) {
  const Client::Refusal refusal = client_->on_refused(response.status, response.body);
  std::string why = refusal.why.empty()
                        ? "the upgrade was refused with HTTP " + std::to_string(response.status)
                        : refusal.why;
  failure_ = refusal.failure;
  retry_after_ = retry_after(response, environment_.clock().now().wall);
  note_error(why);
}

void Link::on_end(const TransportEnd& end) {
  // A close frame or the end of the stream comes after everything that was sent before it.
  was_heard_ = got_close_ || end.error.empty();
  if (connection_.closed_by == ClosedBy::none) {
    connection_.closed_by = ClosedBy::network;
    // A failure that has a name already (a refusal, a time-out) keeps it. After the upgrade there
    // is at most a remark there, about a secret that came back.
    if (!connection_.error || connection_.opened_ns) {
      note_error(end.error.empty() ? "the connection ended without a close frame" : end.error);
    }
  }
  finish_attempt();
}

void Link::finish_attempt() {
  const Stamp now = environment_.clock().now();
  phase_timer_->cancel();
  idle_timer_->cancel();
  client_timers_.clear();
  for (auto& [id, pending] : std::exchange(calls_, {})) {
    pending.info.error = "given up: the connection that asked ended";
    journal_.put_request(pending.info);
  }
  transport_.reset();
  end_rest();
  if (connection_.id != 0) {
    connection_.closed_ns = now.wall;
    journal_.put_connection(connection_);
  }
  const std::string why = why_.empty() ? std::string("the connection was closed") : why_;
  // Up to our own goodbye nothing was missed, if the server was still there to hear it.
  if (!stopping_ || (connection_.opened_ns && !was_heard_)) {
    for (const std::string& stream : streams_) {
      feed_.ledger->down(stream, slot_, GapCause::disconnect, last_frame_ns_, why);
    }
  }
  const bool was_stable =
      ready_mono_ != 0 && now.mono - ready_mono_ >= feed_.settings.reconnect.stable_ms * kNsPerMs;
  if (was_stable) attempt_ = 0;
  if (stopping_) {
    become(State::stopped);
  } else if (failure_ == Failure::permanent) {
    log(Severity::error, "stopped: " + why);
    become(State::given_up);
  } else {
    back_off(why);
  }
}

Ns Link::next_delay() {
  const ReconnectPolicy& policy = feed_.settings.reconnect;
  const int doublings = std::clamp(attempt_ - 1, 0, 30);
  const double base = std::min<double>(policy.max_ms, std::ldexp(policy.initial_ms, doublings));
  const double jitter = policy.jitter_ms * (2 * environment_.uniform() - 1);
  const auto delay = static_cast<Ns>(std::max(0.0, base + jitter)) * kNsPerMs;
  return std::max(delay, retry_after_.value_or(0));
}

void Link::back_off(std::string_view why) {
  const Ns delay = next_delay();
  log(Severity::warning,
      std::string(why) + "; connecting again in " + seconds(static_cast<int>(delay / kNsPerMs)));
  become(State::waiting);
  phase_timer_->set(delay, [this] { begin_attempt(); });
}

void Link::stop() {
  if (stopping_) return;
  stopping_ = true;
  switch (state_) {
    case State::waiting:
      phase_timer_->cancel();
      become(State::stopped);
      break;
    case State::connecting:
      if (transport_ != nullptr) {
        transport_->abort("the recording ended");
      } else {
        finish_attempt();  // a login was under way
      }
      break;
    case State::open:
    case State::ready:
      say_goodbye(close_code::kNormal, "");
      break;
    case State::closing:
    case State::stopped:
    case State::given_up:
      break;
  }
}

// ---- liveness
// ----------------------------------------------------------------------------------------

void Link::watch_idle() {
  const Ns limit = feed_.settings.timeouts.idle_ms * kNsPerMs;
  const Ns now = environment_.clock().now().mono;
  if (is_resting_) last_inbound_mono_ = now;  // who is not listened to is not silent
  const Ns silent = now - last_inbound_mono_;
  if (silent >= limit) {
    fail(Failure::passing, "nothing was received for " + seconds(feed_.settings.timeouts.idle_ms));
    return;
  }
  idle_timer_->set(limit - silent, [this] { watch_idle(); });
}

// ---- what the client asks for
// ------------------------------------------------------------------------

void Link::arm(int timer, Ns after) {
  auto& slot = client_timers_[timer];
  if (slot == nullptr) slot = environment_.make_timer();
  if (after < 0) {
    slot->cancel();
  } else {
    slot->set(after, [this, timer] { client_->on_timer(timer, *this); });
  }
}

void Link::request(RestRequest request) {
  RequestInfo info;
  info.id = journal_.next_request_id();
  info.feed = feed_.name;
  info.purpose = request.purpose;
  info.method = request.method;
  info.url = secrets_.apply(request.url);
  info.sent_ns = environment_.clock().now().wall;
  const std::uint32_t call = ++calls_made_;
  const std::uint32_t tag = request.tag;
  calls_[call].info = std::move(info);
  calls_[call].call = environment_.fetch(request, feed_.settings.timeouts.rest_ms * kNsPerMs,
                                         [this, call, tag](RestResponse response) {
                                           response.tag = tag;
                                           const Ns received = environment_.clock().now().wall;
                                           const PendingCall done = std::move(calls_[call]);
                                           calls_.erase(call);
                                           client_->on_response(response, *this);
                                           // Written down last: the answer may have held a secret.
                                           record_response(done.info, response, received);
                                         });
}

void Link::learn_secret(std::string_view secret) {
  secrets_.add(secret);
}

void Link::record_response(RequestInfo info, const RestResponse& response, Ns recv_ns) {
  info.recv_ns = recv_ns;
  if (response.status != 0) {
    info.status = response.status;
    info.body = secrets_.apply(response.body);
  }
  if (!response.error.empty()) info.error = secrets_.apply(response.error);
  journal_.put_request(info);
}

void Link::ready(std::string_view stream) {
  const Ns now = environment_.clock().now().wall;
  if (!cut_.contains(stream)) feed_.ledger->allowed(stream, now);
  if (feed_.ledger->up(stream, slot_, now)) {
    journal_.put_stream({feed_.name, std::string(stream), endpoint_, now});
  }
  if (feed_.filler != nullptr) feed_.filler->ready(stream);
  live_.emplace(stream);
  resolve(stream);
}

void Link::refused(std::string_view stream, std::string_view why) {
  log(Severity::warning, std::string(stream) + ": " + std::string(why));
  cut_.emplace(stream);
  feed_.ledger->refused(stream, environment_.clock().now().wall, secrets_.apply(why));
}

void Link::lost(std::string_view stream, GapCause cause, std::string_view why) {
  log(Severity::warning, std::string(stream) + ": " + std::string(why));
  live_.erase(std::string(stream));
  feed_.ledger->down(stream, slot_, cause, last_frame_ns_, secrets_.apply(why));
  resolve(stream);
}

void Link::resolve(std::string_view stream) {
  const auto found = unresolved_.find(stream);
  if (found != unresolved_.end()) unresolved_.erase(found);
  if (!unresolved_.empty() || state_ != State::open) return;
  if (live_.empty()) {
    fail(Failure::passing, "the service refused every stream");
    return;
  }
  const Stamp now = environment_.clock().now();
  ready_mono_ = now.mono;
  connection_.ready_ns = now.wall;
  journal_.put_connection(connection_);
  phase_timer_->cancel();
  was_ever_ready_ = true;
  why_.clear();
  log(Severity::info,
      std::to_string(live_.size()) + " of " + std::to_string(streams_.size()) + " streams ready");
  become(State::ready);
}

void Link::fail(Failure failure, std::string_view why) {
  if (state_ == State::closing || is_over()) return;
  failure_ = failure;
  note_error(why);
  if (transport_ == nullptr) {
    finish_attempt();
  } else if (connection_.opened_ns) {
    say_goodbye(close_code::kNormal, "");
  } else {
    transport_->abort(std::string(why));
  }
}

void Link::note_error(std::string_view why) {
  why_ = secrets_.apply(why);
  if (connection_.id == 0 || connection_.error) return;
  connection_.error = why_;
  journal_.put_connection(connection_);
}

}  // namespace tapedeck
