#include "schema/feeds/alphahub/session.h"

namespace tapedeck::alphahub {

namespace {

constexpr int kSilenceTimer = 1;
// Document: "The application timeout is about one minute"; protocol-level pings do not count.
constexpr Ns kSilenceMax = 60 * kNsPerSec;

constexpr std::string_view kOk = R"({"response":{},"status":"ok"})";
constexpr std::string_view kUnmatched =
    R"({"response":{"reason":"unmatched topic"},"status":"error"})";

void reply(const Message& message, std::string_view payload, SessionActions& actions) {
  actions.send(
      encode(message.join_ref.raw(), message.ref.raw(), message.topic, event::kReply, payload));
}

// A channel's own end: Phoenix puts its join_ref in both places.
void tell(std::string_view topic, std::string_view join_ref, std::string_view event,
          SessionActions& actions) {
  actions.send(encode(join_ref, join_ref, topic, event, "{}"));
}

}  // namespace

void AlphaHubSession::on_open(SessionActions& actions) {
  actions.arm(kSilenceTimer, kSilenceMax);
}

void AlphaHubSession::on_message(std::string_view /*payload*/, const JsonDoc& doc,
                                 SessionActions& actions) {
  if (is_closed_) return;
  const auto message = parse_message(doc.root());
  // Phoenix's serializer raises, and the web server under it closes for an internal error.
  if (!message) return close(close_code::kInternalError, actions);
  actions.arm(kSilenceTimer, kSilenceMax);
  if (message->topic == kPhoenixTopic && message->event == event::kHeartbeat) {
    return reply(*message, kOk, actions);
  }
  if (message->event == event::kJoin) return join(*message, actions);
  if (message->event == event::kLeave) return leave(*message, actions);
  const auto found = joined_.find(message->topic);
  if (found == joined_.end()) return reply(*message, kUnmatched, actions);
  // A channel has no handler for what it does not know: it crashes.
  const std::string join_ref = found->second;
  tell(message->topic, join_ref, event::kError, actions);
  drop(message->topic, actions);
}

void AlphaHubSession::join(const Message& message, SessionActions& actions) {
  if (!is_algorithm_id(algorithm_of(message.topic))) return reply(message, kUnmatched, actions);
  const bool is_first = joined_.empty();
  std::string& join_ref = joined_[std::string(message.topic)];
  if (!join_ref.empty()) tell(message.topic, join_ref, event::kClose, actions);
  join_ref = message.join_ref.raw();
  reply(message, kOk, actions);
  if (is_first) actions.subscribed(true);
}

void AlphaHubSession::leave(const Message& message, SessionActions& actions) {
  const auto found = joined_.find(message.topic);
  if (found == joined_.end()) return reply(message, kOk, actions);
  const std::string join_ref = found->second;
  const bool names_one = message.join_ref.kind() != JsonKind::null && join_ref != "null";
  if (names_one && join_ref != message.join_ref.raw()) return;  // an earlier join's, gone already
  reply(message, kOk, actions);
  tell(message.topic, join_ref, event::kClose, actions);
  drop(message.topic, actions);
}

void AlphaHubSession::drop(std::string_view topic, SessionActions& actions) {
  const auto found = joined_.find(topic);
  if (found == joined_.end()) return;
  joined_.erase(found);
  if (joined_.empty()) actions.subscribed(false);
}

void AlphaHubSession::close(std::uint16_t code, SessionActions& actions) {
  is_closed_ = true;
  actions.arm(kSilenceTimer, -1);
  actions.close(code, "");
}

void AlphaHubSession::on_pong(std::string_view /*payload*/, SessionActions& /*actions*/) {}

void AlphaHubSession::on_timer(int timer, SessionActions& actions) {
  if (timer == kSilenceTimer && !is_closed_) close(close_code::kNormal, actions);
}

void AlphaHubSession::on_data(const ServedFrame& frame, SessionActions& actions) {
  if (is_closed_ || frame.tag.role != FrameRole::data) return;
  if (frame.tag.stream.empty() || joined_.contains(frame.tag.stream)) actions.forward(frame);
}

}  // namespace tapedeck::alphahub
