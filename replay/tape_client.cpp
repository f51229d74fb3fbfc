#include "replay/tape_client.h"

#include <algorithm>
#include <charconv>

#include "replay/control.h"
#include "schema/base/text.h"

namespace tapedeck {

namespace {

void append_number(std::string& out, std::int64_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

}  // namespace

void TapeEncoder::append_json(std::string& out, const DueFrame& frame, bool has_several_tapes) {
  const bool is_healed = frame.kind != DueKind::frame;
  out += R"({"t":"frame","id":)";
  if (is_healed) {
    out += "null";
  } else {
    append_number(out, frame.frame_id);
  }
  if (has_several_tapes) {
    out += R"(,"tape":)";
    append_number(out, frame.tape);
  }
  out += R"(,"feed":)";
  append_json_string(out, frame.endpoint->feed);
  out += R"(,"endpoint":)";
  append_json_string(out, frame.endpoint->name);
  out += R"(,"direction":")";
  out += to_string(frame.direction);
  out += R"(","opcode":)";
  append_number(out, static_cast<std::int64_t>(frame.served.opcode));
  out += R"(,"recv_ns":)";
  append_number(out, frame.recv_ns);
  if (frame.served.opcode == Opcode::text && frame.is_valid_utf8) {
    out += R"(,"payload":)";
    append_json_string(out, frame.served.payload);
  } else {
    out += R"(,"payload_b64":")";
    out += base64_encode(frame.served.payload);
    out += '"';
  }
  if (is_healed) out += R"(,"healed":true)";
  out += '}';
}

std::string_view TapeEncoder::encode(const DueFrame& frame) {
  const void* bytes = frame.served.payload.data();
  const bool has_id = frame.kind == DueKind::frame;  // else another's bytes may lie there by now
  if (bytes == last_ && frame.served.id == last_id_ && bytes != nullptr && has_id) return encoded_;
  json_.clear();
  append_json(json_, frame, has_several_);
  encoded_ = frames_.encode(Opcode::text, json_);
  last_ = bytes;
  last_id_ = frame.served.id;
  return encoded_;
}

std::string to_json_message(const DeckState& state) {
  return R"({"t":"state",)" + state_members(state) + "}";
}

Result<TapeQuery> parse_tape_query(const Target& target,
                                   const std::vector<std::string>& known_feeds) {
  const std::string view = target.get("view");
  if (!view.empty() && view != "frames" && view != "rows")
    return Error{"view=" + view + ": no such view; there are frames and rows"};
  TapeQuery query;
  query.rows = view == "rows";
  query.feeds = split_list(target.get("feeds"));
  for (const std::string& feed : query.feeds) {
    if (std::find(known_feeds.begin(), known_feeds.end(), feed) != known_feeds.end()) continue;
    return Error{"feeds: no feed called " + feed + "; there are " + join(known_feeds, ", ")};
  }
  const std::string all = target.get("all");
  if (!all.empty() && all != "0" && all != "1") return Error{"all=" + all + ": give 0 or 1"};
  query.all = all == "1";
  return query;
}

void TapeClient::on_open(Peer& peer) {
  peer_ = &peer;
  id_ = peer.id();
  address_ = peer.address();
  player_.join(*this);
  if (query_.rows) player_.serve_rows();
  on_state(player_.state());
  if (player_.has_ended()) return on_end();
  player_.subscription(*this);
}

void TapeClient::on_message(Opcode opcode, std::string_view payload) {
  if (!is_live() || !is_data(opcode)) return;
  doc_.parse(opcode == Opcode::text ? payload : std::string_view());
  if (const auto done = carry_out(doc_.root()); !done)
    say(R"({"t":"error","message":)" + json_string(done.error().message) + "}");
}

Result<void> TapeClient::carry_out(Json message) {
  if (!message.is_object()) return Error{"not a JSON object: send {\"op\":…}"};
  const std::string_view op = message["op"].text();
  if (op == "play") return player_.play();
  if (op == "pause") return player_.pause();
  if (op == "seek") return seek_to(player_, message["to"].scalar());
  if (op == "speed") return set_speed_to(player_, message["value"].scalar());
  if (op == "step") {
    const Json count = message["count"];
    return step_by(player_, count.exists() ? count.scalar() : "1");
  }
  return Error{"op " + json_string(op) +
               " is unknown; there are play, pause, seek, speed and step"};
}

void TapeClient::on_closed() {
  is_closing_ = true;
  peer_ = nullptr;
  player_.leave(*this);
  on_left_();
}

bool TapeClient::wants(const DueFrame& frame) const {
  if (query_.rows != (frame.kind == DueKind::row)) return false;
  if (!query_.all && (frame.direction != Direction::in || !is_data(frame.served.opcode)))
    return false;
  return query_.feeds.empty() || std::find(query_.feeds.begin(), query_.feeds.end(),
                                           frame.endpoint->feed) != query_.feeds.end();
}

void TapeClient::on_due(const DueFrame& frame) {
  if (!is_live() || !wants(frame)) return;
  // A row is its message already.
  const std::string_view encoded = query_.rows ? frame.encoded : encoder_.encode(frame);
  peer_->send_shared(query_.rows ? *frame.shared : encoder_.whole(), encoded);
  ++frames_sent_;
  check_queue();
}

void TapeClient::on_state(const DeckState& state) {
  say(to_json_message(state));
}

void TapeClient::on_end() {
  say(R"({"t":"end"})");
  close(close_code::kNormal, kEndOfTape);
}

void TapeClient::notify_below(std::size_t bytes) {
  if (peer_ != nullptr) peer_->notify_below(bytes);
}

void TapeClient::close(std::uint16_t code, std::string_view reason) {
  if (!is_live()) return;
  is_closing_ = true;
  peer_->close(code, reason);
}

void TapeClient::hang_up() {
  if (!is_live()) return;
  is_closing_ = true;
  peer_->hang_up();
}

ClientInfo TapeClient::info() const {
  ClientInfo info;
  info.id = id_;
  info.address = address_;
  info.feed = "tape";
  info.endpoint = "tape";
  info.is_subscribed = is_subscribed();
  info.frames_sent = frames_sent_;
  info.queued_bytes = queued_bytes();
  return info;
}

void TapeClient::say(std::string_view json) {
  if (!is_live()) return;
  peer_->send(Opcode::text, json);
  check_queue();
}

void TapeClient::check_queue() {
  if (peer_->queued_bytes() > player_.queue_bytes_max()) close(close_code::kPolicy, kSlowClient);
}

}  // namespace tapedeck
