// The frames of a link: what arrives, what is sent, and how a connection says goodbye.
#include <algorithm>
#include <utility>

#include "recorder/link.h"
#include "schema/ws/codec.h"

namespace tapedeck {

std::int64_t Link::write_frame(Ns recv_ns, Direction direction, Opcode opcode,
                               std::string_view payload) {
  was_masked_ = secrets_.touches(payload);
  if (!was_masked_) {
    return journal_.add_frame(connection_.id, recv_ns, direction, opcode, payload);
  }
  if (direction == Direction::in && !connection_.error) {
    connection_.error = "the service sent a secret back; it is redacted in its frame";
    journal_.put_connection(connection_);
  }
  return journal_.add_frame(connection_.id, recv_ns, direction, opcode, secrets_.apply(payload));
}

void Link::on_message(Opcode opcode, std::string_view payload, bool valid_utf8) {
  const Stamp now = environment_.clock().now();
  last_inbound_mono_ = now.mono;
  ++frames_in_;
  const std::int64_t frame_id = write_frame(now.wall, Direction::in, opcode, payload);
  if (is_data(opcode)) {
    // Rows are decoded from what the tape has: a secret that the service sent back is in neither.
    const std::string masked = was_masked_ ? secrets_.apply(payload) : std::string();
    data_frame(opcode, was_masked_ ? masked : payload, valid_utf8, now, frame_id);
  } else if (opcode == Opcode::ping) {
    send_frame(Opcode::pong, payload);
  } else if (opcode == Opcode::close) {
    close_frame(payload);
  }
  if (frame_id != 0) {
    last_frame_ns_ = now.wall;
    if (overloaded_ && is_data(opcode)) {
      overloaded_ = false;
      feed_.ledger->recovered(streams_, now.wall);
      log(Severity::warning, "the queue towards the tape has room again");
    }
  }
}

void Link::data_frame(Opcode opcode, std::string_view payload, bool valid_utf8, const Stamp& at,
                      std::int64_t frame_id) {
  const Ns recv_ns = at.wall;
  InFrame frame{endpoint_, slot_, recv_ns, opcode, payload, &doc_};
  // Also a text that is no JSON is parsed: the document then says why it has no root.
  if (opcode == Opcode::text) {
    doc_.parse(payload);
  } else {
    frame.doc = nullptr;
  }
  const FrameTag tag = feed_.normalizer->classify(frame);
  if (frame_id == 0) {
    keep_overload(tag, recv_ns, payload.size());
  } else {
    WatchedRows rows(feed_, journal_.rows_of(feed_.name, frame_id, std::nullopt, recv_ns), at);
    feed_.normalizer->normalize(frame, rows);
    rows.tell_ledger(recv_ns);
    note_drift(frame, tag, frame_id);
  }
  if (state_ != State::open && state_ != State::ready) return;
  client_->on_frame(frame, tag, *this);
  if (!valid_utf8) {
    note_error("the service sent a text message that is not UTF-8");
    say_goodbye(close_code::kBadPayload, "invalid UTF-8");
  }
}

void Link::note_drift(const InFrame& frame, const FrameTag& tag, std::int64_t frame_id) {
  for (const Drift& drift : feed_.drift.look(frame, tag)) {
    // A path may hold a name that the peer chose, escaped and cut: what is left of a secret in it
    // would not be known again.
    const bool is_safe = !was_masked_ && !secrets_.touches(drift.path);
    const std::string path = is_safe ? drift.path : "***";
    journal_.add_drift({feed_.name, drift.type, path, drift.what, frame_id, frame.recv_ns});
    log(Severity::warning, "the service's format is not as known: " + drift.type + ": " + path +
                               ": " + drift.what + " (frame " + std::to_string(frame_id) + ")");
  }
}

void Link::keep_overload(const FrameTag& tag, Ns recv_ns, std::size_t bytes) {
  if (!overloaded_) log(Severity::error, "the queue towards the tape is full: frames are not kept");
  overloaded_ = true;
  const bool is_ours = std::find(streams_.begin(), streams_.end(), tag.stream) != streams_.end();
  feed_.ledger->overload(is_ours ? std::vector<std::string>{std::string(tag.stream)} : streams_,
                         last_frame_ns_, recv_ns, bytes);
}

void Link::on_read_end() {
  journal_.end_burst();
  const bool is_crowded = journal_.is_crowded();
  if (!is_crowded) may_rest_ = true;
  if (is_crowded && may_rest_ && !is_resting_) rest();
}

// A burst that is faster than the disk waits at its sender rather than being lost here; but not for
// long, since a service whose pings are not answered hangs up.
void Link::rest() {
  is_resting_ = true;
  rest_since_mono_ = environment_.clock().now().mono;
  transport_->pause(true);
  rest_timer_->set(kRestStepNs, [this] { rest_on(); });
}

void Link::rest_on() {
  const bool is_crowded = journal_.is_crowded();
  if (is_crowded && environment_.clock().now().mono - rest_since_mono_ < kRestNs) {
    return rest_timer_->set(kRestStepNs, [this] { rest_on(); });
  }
  may_rest_ = !is_crowded;
  end_rest();
}

void Link::end_rest() {
  if (!std::exchange(is_resting_, false)) return;
  rest_timer_->cancel();
  last_inbound_mono_ = environment_.clock().now().mono;
  if (transport_ != nullptr) transport_->pause(false);
}

void Link::send_frame(Opcode opcode, std::string_view payload) {
  if (transport_ == nullptr || !connection_.opened_ns || sent_close_) return;
  write_frame(environment_.clock().now().wall, Direction::out, opcode, payload);
  transport_->send(opcode, payload);
}

void Link::send(std::string_view text) {
  send_frame(Opcode::text, text);
}

void Link::close_frame(std::string_view payload) {
  if (got_close_) return;
  got_close_ = true;
  ws::Close close;
  const bool well_formed = ws::parse_close(payload, close);
  if (!sent_close_) {
    connection_.closed_by = ClosedBy::server;
    if (close.code != close_code::kNone) connection_.close_code = close.code;
    connection_.close_reason = secrets_.apply(close.reason);
    const Client::Refusal refusal = client_->on_closed(close.code, close.reason);
    failure_ = refusal.failure;
    std::string why = refusal.why;
    if (why.empty()) why = "the server " + ws::describe_close(close.code, close.reason);
    why_ = secrets_.apply(why);
    if (!well_formed) note_error("the server's close frame breaks RFC 6455");
    // The same code goes back (RFC 6455 section 5.5.1).
    send_frame(Opcode::close,
               well_formed ? payload : ws::close_payload(close_code::kProtocolError, ""));
    sent_close_ = true;
    journal_.put_connection(connection_);
  }
  become(State::closing);
  phase_timer_->set(
      kGoodbyeNs, [this] { transport_->abort("the server did not end the connection it closed"); });
  transport_->shutdown();
}

void Link::say_goodbye(std::uint16_t code, std::string_view reason) {
  if (sent_close_ || transport_ == nullptr) return;
  const std::string payload = ws::close_payload(code, reason);
  send_frame(Opcode::close, payload);
  sent_close_ = true;
  connection_.closed_by = ClosedBy::client;
  connection_.close_code = code;
  connection_.close_reason = std::string(reason);
  journal_.put_connection(connection_);
  become(State::closing);
  idle_timer_->cancel();
  phase_timer_->set(kGoodbyeNs,
                    [this] { transport_->abort("the server did not answer the goodbye"); });
}

void Link::on_protocol_error(const TransportEnd& end) {
  const Ns now = environment_.clock().now().wall;
  journal_.rows_of(feed_.name, std::nullopt, std::nullopt, now)
      .add(FeedError{"PROTOCOL_ERROR", end.error}, std::nullopt);
  note_error("the service broke the WebSocket protocol: " + end.error);
  if (sent_close_) {
    transport_->abort(end.error);
    return;
  }
  say_goodbye(end.protocol_code, end.error);
  transport_->shutdown();
}

}  // namespace tapedeck
