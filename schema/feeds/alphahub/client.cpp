#include "schema/feeds/alphahub/client.h"

#include <algorithm>
#include <array>

#include "schema/base/text.h"
#include "schema/feeds/alphahub/login.h"
#include "schema/ws/codec.h"

namespace tapedeck::alphahub {

namespace {

constexpr std::uint32_t kLoginTag = 1;
constexpr int kHeartbeatTimer = 1;
constexpr int kTopicTimer = 10;  // of the first topic; the others follow

// As Phoenix's own client does.
constexpr std::array<Ns, 4> kRejoinAfter = {1 * kNsPerSec, 2 * kNsPerSec, 5 * kNsPerSec,
                                            10 * kNsPerSec};

std::string seconds(Ns ns) {
  const Ns ms = ns / kNsPerMs;
  return ms % 1'000 == 0 ? std::to_string(ms / 1'000) + " s" : std::to_string(ms) + " ms";
}

// Join refusals that only another account can mend. The first is Phoenix's custom, the rest
// assumed.
bool is_about_permission(std::string_view reason) {
  const std::string lower = to_lower(reason);
  constexpr std::array<std::string_view, 4> kReasons = {"unauthorized", "forbidden",
                                                        "not authorized", "not_authorized"};
  return std::find(kReasons.begin(), kReasons.end(), lower) != kReasons.end();
}

// The reference of a message as it was given to the service; empty when it has none.
std::string_view ref_text(Json ref) {
  return ref.scalar();
}

}  // namespace

AlphaHubClient::AlphaHubClient(const Settings& settings, Tokens& tokens)
    : settings_(&settings), tokens_(&tokens) {
  for (const std::int64_t id : settings.algorithms) {
    Topic topic;
    topic.name.append(kTopicPrefix).append(std::to_string(id));
    topics_.push_back(std::move(topic));
  }
}

std::vector<std::string> AlphaHubClient::streams() const {
  std::vector<std::string> names;
  for (const Topic& topic : topics_) names.push_back(topic.name);
  return names;
}

// ---- login and connection ----

void AlphaHubClient::on_start(ClientActions& actions) {
  for (Topic& topic : topics_) {
    Topic fresh;
    fresh.name = std::move(topic.name);
    topic = std::move(fresh);
  }
  refs_made_ = 0;
  is_heartbeat_due_ = has_failed_ = false;
  token_ = tokens_->young(actions.mono_ns());
  if (!token_.empty()) return connect(actions);
  log_in(actions);
}

void AlphaHubClient::log_in(ClientActions& actions) {
  login_mono_ns_ = actions.mono_ns();
  RestRequest request = login_request(*settings_);
  request.tag = kLoginTag;
  actions.request(std::move(request));
}

void AlphaHubClient::on_response(const RestResponse& response, ClientActions& actions) {
  if (response.tag != kLoginTag || has_failed_) return;
  const LoginAnswer answer = read_login(response);
  for (const std::string& secret : answer.secrets) actions.learn_secret(secret);
  token_ = answer.token;
  if (!token_.empty()) {
    tokens_->keep(token_, login_mono_ns_);
    return connect(actions);
  }
  has_failed_ = true;
  actions.fail(answer.failure, answer.why);
}

void AlphaHubClient::connect(ClientActions& actions) {
  std::string url = settings_->ws_url;
  url.append("/").append(kEndpoint).append("?vsn=2.0.0&api_token=").append(percent_encode(token_));
  actions.connect({std::move(url), {}});
}

Client::Refusal AlphaHubClient::on_refused(int status, std::string_view body) {
  std::string what = "HTTP " + std::to_string(status);
  JsonDoc doc;
  if (doc.parse(body) && doc.root().is_object()) what += ", " + reason_in(doc.root());
  if (status == 401 || status == 403) {
    tokens_->drop(token_);
    return {Failure::passing, "the service refused the token (" + what + "): logging in again"};
  }
  std::string why = "the service refused the connection (" + what + ")";
  if (status == 404) why += "; if that goes on, check feeds.alphahub.ws_url";
  return {Failure::passing, std::move(why)};
}

Client::Refusal AlphaHubClient::on_closed(std::uint16_t code, std::string_view reason) {
  return {Failure::passing, "the service " + ws::describe_close(code, reason)};
}

// ---- channels ----

void AlphaHubClient::on_open(ClientActions& actions) {
  for (std::size_t i = 0; i < topics_.size(); ++i) join(i, actions);
  actions.arm(kHeartbeatTimer, settings_->heartbeat);
}

std::string AlphaHubClient::next_ref() {
  if (settings_->refs == Refs::nulls) return "null";
  return "\"" + std::to_string(++refs_made_) + "\"";
}

void AlphaHubClient::join(std::size_t index, ClientActions& actions) {
  Topic& topic = topics_[index];
  topic.state = State::joining;
  topic.is_settled = false;
  ++topic.unanswered;
  const std::string ref = next_ref();
  topic.join_ref = settings_->refs == Refs::nulls ? "" : std::to_string(refs_made_);
  actions.send(encode(ref, ref, topic.name, event::kJoin, "{}"));
  actions.arm(kTopicTimer + static_cast<int>(index), settings_->join_timeout);
}

void AlphaHubClient::on_frame(const InFrame& frame, const FrameTag& tag, ClientActions& actions) {
  if (has_failed_ || tag.role == FrameRole::data) return;
  const auto message = parse_message(frame.root());
  if (!message) return;
  if (message->topic == kPhoenixTopic) return on_heartbeat_reply(*message);
  const auto found = std::find_if(topics_.begin(), topics_.end(),
                                  [&](const Topic& topic) { return topic.name == message->topic; });
  if (found == topics_.end()) return;
  const auto index = static_cast<std::size_t>(found - topics_.begin());
  if (message->event == event::kReply) return on_reply(index, *message, actions);
  on_loss(index, *message, actions);
}

void AlphaHubClient::on_reply(std::size_t index, const Message& message, ClientActions& actions) {
  Topic& topic = topics_[index];
  const bool was_due = topic.unanswered > 0;
  if (was_due) --topic.unanswered;
  if (topic.unanswered_before_heartbeat > 0) --topic.unanswered_before_heartbeat;
  const std::string_view ref = ref_text(message.ref);
  // Without a reference it answers any join of ours, with one only the last; a late answer, while
  // waiting to join again, counts as well.
  if (ref.empty() ? !was_due : ref != topic.join_ref) return;
  if (topic.state == State::refused) return;
  if (!message.is_ok()) return on_join_refused(index, message, actions);
  if (topic.state == State::joined) return;
  topic.state = State::joined;
  topic.is_lost = false;
  actions.arm(kTopicTimer + static_cast<int>(index), -1);
  actions.ready(topic.name);
}

void AlphaHubClient::on_join_refused(std::size_t index, const Message& message,
                                     ClientActions& actions) {
  Topic& topic = topics_[index];
  const std::string reason = reason_in(message.payload["response"]);
  topic.join_ref.clear();
  if (!is_about_permission(reason)) {
    return lose(index, "the service refused the join: " + reason, actions);
  }
  topic.state = State::refused;
  topic.is_lost = false;
  actions.arm(kTopicTimer + static_cast<int>(index), -1);
  say_lost(topic,
           "the service refused the join (" + reason +
               "): take it out of feeds.alphahub.algorithms, or use an account in "
               "feeds.alphahub.email that has access to it",
           actions);
  const bool is_last = std::all_of(topics_.begin(), topics_.end(),
                                   [](const Topic& one) { return one.state == State::refused; });
  if (!is_last) return;
  has_failed_ = true;
  actions.fail(Failure::permanent, "the account has access to none of the algorithms (" + reason +
                                       "): correct feeds.alphahub.algorithms, or use an account in "
                                       "feeds.alphahub.email that has access to them");
}

// phx_error: the channel crashed; phx_close: it ended, or gave way to a second join of ours.
void AlphaHubClient::on_loss(std::size_t index, const Message& message, ClientActions& actions) {
  Topic& topic = topics_[index];
  const std::string_view ref = ref_text(message.join_ref);
  if (topic.state != State::joining && topic.state != State::joined) return;
  if (!ref.empty() && ref != topic.join_ref) return;  // an earlier join's
  const bool is_close = message.event == event::kClose;
  if (ref.empty() && is_close && topic.unanswered > 0) return;
  if (!is_close && message.event != event::kError) return;
  topic.join_ref.clear();
  topic.unanswered = topic.unanswered_before_heartbeat = 0;
  lose(index, is_close ? "the service closed the channel" : "the channel crashed", actions);
}

void AlphaHubClient::lose(std::size_t index, const std::string& why, ClientActions& actions) {
  Topic& topic = topics_[index];
  topic.state = State::waiting;
  const Ns delay = kRejoinAfter[std::min(topic.failures, kRejoinAfter.size() - 1)];
  ++topic.failures;
  say_lost(topic, why, actions);
  actions.arm(kTopicTimer + static_cast<int>(index), delay);
}

void AlphaHubClient::say_lost(Topic& topic, const std::string& why, ClientActions& actions) {
  if (topic.is_lost) return;
  topic.is_lost = true;
  actions.lost(topic.name, GapCause::channel, why);
}

// ---- heartbeat and timers ----

void AlphaHubClient::on_timer(int timer, ClientActions& actions) {
  if (has_failed_) return;
  if (timer == kHeartbeatTimer) return beat(actions);
  const auto index = static_cast<std::size_t>(timer - kTopicTimer);
  if (timer < kTopicTimer || index >= topics_.size()) return;
  const State state = topics_[index].state;
  if (state == State::joining) {
    lose(index, "the join was not answered within " + seconds(settings_->join_timeout), actions);
  } else if (state == State::waiting) {
    join(index, actions);
  }
}

void AlphaHubClient::beat(ClientActions& actions) {
  if (is_heartbeat_due_) {
    has_failed_ = true;
    return actions.fail(Failure::passing,
                        "heartbeat unanswered for " + seconds(settings_->heartbeat));
  }
  for (Topic& topic : topics_) {
    topic.unanswered_before_heartbeat = topic.unanswered;
    if (topic.state != State::joined) continue;
    if (topic.is_settled) topic.failures = 0;
    topic.is_settled = true;
  }
  is_heartbeat_due_ = true;
  const std::string ref = next_ref();
  heartbeat_ref_ = settings_->refs == Refs::nulls ? "" : std::to_string(refs_made_);
  actions.send(encode("null", ref, kPhoenixTopic, event::kHeartbeat, "{}"));
  actions.arm(kHeartbeatTimer, settings_->heartbeat);
}

void AlphaHubClient::on_heartbeat_reply(const Message& message) {
  if (message.event != event::kReply || !is_heartbeat_due_) return;
  const std::string_view ref = ref_text(message.ref);
  if (!ref.empty() && ref != heartbeat_ref_) return;
  is_heartbeat_due_ = false;
  // The service answers in order: what was asked before and is not answered now never will be.
  for (Topic& topic : topics_) {
    topic.unanswered -= topic.unanswered_before_heartbeat;
    topic.unanswered_before_heartbeat = 0;
  }
}

}  // namespace tapedeck::alphahub
