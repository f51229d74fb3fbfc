#include "schema/feeds/hypercall/session.h"

#include <charconv>

#include "schema/base/text.h"
#include "schema/feeds/hypercall/wire.h"

namespace tapedeck::hypercall {

namespace {

constexpr int kPingTimer = 1;
constexpr Ns kPingEvery = 20 * kNsPerSec;
// A pong is due within 60 s: when the third next ping is due.
constexpr std::int64_t kPingsOutstandingMax = 3;

void send_error(std::string_view message, SessionActions& actions) {
  actions.send(R"({"type":"Error","message":)" + json_string(message) + "}");
}

void acknowledge(std::string_view type, std::string_view channel, SessionActions& actions) {
  actions.send(R"({"type":)" + json_string(type) + R"(,"channel":)" + json_string(channel) + "}");
}

// The channel that a Subscribe or Unsubscribe names; nullptr after an Error was sent.
const Channel* channel_of(Json message, SessionActions& actions) {
  const Json name = message["channel"];
  if (!name.is_string()) {
    send_error("Missing channel", actions);
    return nullptr;
  }
  const Channel* channel = find_channel(name.text());
  if (channel == nullptr) send_error("Invalid channel: " + std::string(name.text()), actions);
  return channel;
}

// The terms of a Subscribe or Unsubscribe; nullopt after an Error was sent.
std::optional<FilterTerms> terms_of(Json message, const Channel& channel, SessionActions& actions) {
  if (!channel.filters_symbols) return FilterTerms{};
  std::string bad;
  auto terms = read_terms(message, channel.name == "options_chain", bad);
  if (!terms) send_error("Invalid " + bad + " for channel: " + std::string(channel.name), actions);
  return terms;
}

}  // namespace

void HypercallSession::on_open(SessionActions& actions) {
  actions.arm(kPingTimer, kPingEvery);
  if (is_wallet(query_wallet_)) {
    wallet_ = query_wallet_;
  } else if (!query_wallet_.empty()) {
    send_error("Invalid wallet address: " + query_wallet_, actions);
  }
}

void HypercallSession::on_message(std::string_view /*payload*/, const JsonDoc& doc,
                                  SessionActions& actions) {
  const Json message = doc.root();
  if (!message.is_object()) return send_error("Invalid JSON message", actions);
  const std::string_view type = message["type"].text();
  if (type == "Authenticate") return authenticate(message, actions);
  if (type == "Subscribe") return subscribe(message, actions);
  if (type == "Unsubscribe") return unsubscribe(message, actions);
  if (type == "ClockSync") return clock_sync(message, actions);
  if (type.data() == nullptr) return send_error("Missing message type", actions);
  send_error("Unknown message type: " + std::string(type), actions);
}

void HypercallSession::authenticate(Json message, SessionActions& actions) {
  const std::string_view wallet = message["wallet"].scalar();
  if (!is_wallet(wallet)) {
    return send_error("Invalid wallet address: " + std::string(wallet), actions);
  }
  wallet_ = wallet;
  actions.send(R"({"type":"Authenticated","wallet":)" + json_string(wallet_) + "}");
}

void HypercallSession::subscribe(Json message, SessionActions& actions) {
  const Channel* channel = channel_of(message, actions);
  if (channel == nullptr) return;
  const std::string name(message["channel"].text());
  if (channel->needs_wallet && wallet_.empty()) {
    return send_error("Authentication required for channel: " + name, actions);
  }
  const auto terms = terms_of(message, *channel, actions);
  if (!terms) return;
  channels_[name].subscribe(*terms);
  acknowledge("Subscribed", name, actions);
  actions.subscribed(true);
}

void HypercallSession::unsubscribe(Json message, SessionActions& actions) {
  const Channel* channel = channel_of(message, actions);
  if (channel == nullptr) return;
  const std::string name(message["channel"].text());
  const auto terms = terms_of(message, *channel, actions);
  if (!terms) return;
  const auto found = channels_.find(name);
  bool last = false;
  if (found != channels_.end()) {
    found->second.unsubscribe(*terms);
    if (found->second.empty()) channels_.erase(found);
    last = channels_.empty();
  }
  acknowledge("Unsubscribed", name, actions);
  if (last) actions.subscribed(false);
}

void HypercallSession::clock_sync(Json message, SessionActions& actions) {
  const Json nonce = message["nonce"];
  actions.send(R"({"type":"ClockSynced","nonce":)" +
               (nonce.exists() ? std::string(nonce.raw()) : "null") + R"(,"server_at":)" +
               std::to_string(data_->now_ns() / kNsPerMs) + "}");
}

void HypercallSession::on_timer(int /*timer*/, SessionActions& actions) {
  if (pings_sent_ - pongs_until_ >= kPingsOutstandingMax) {
    return actions.close(close_code::kPolicy, "pong timeout");
  }
  ++pings_sent_;
  actions.ping(std::to_string(pings_sent_));
  actions.arm(kPingTimer, kPingEvery);
}

void HypercallSession::on_pong(std::string_view payload, SessionActions& /*actions*/) {
  std::int64_t number = 0;
  const char* end = payload.data() + payload.size();
  const auto read = std::from_chars(payload.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) return;  // matches no ping of ours
  if (number > pongs_until_ && number <= pings_sent_) pongs_until_ = number;
}

void HypercallSession::on_data(const ServedFrame& frame, SessionActions& actions) {
  if (frame.tag.role != FrameRole::data) return;  // said by the session itself
  const std::string_view stream = frame.tag.stream;
  if (stream.empty()) return actions.forward(frame);  // a type that is not known: everybody's
  if (stream == "candles") {
    const auto first = channels_.lower_bound(kCandlesPrefix);
    if (first != channels_.end() && first->first.starts_with(kCandlesPrefix))
      actions.forward(frame);
    return;
  }
  const auto found = channels_.find(stream);
  if (found == channels_.end()) return;
  const bool look_inside = found->second.needs_message() && filtered_.parse(frame.payload);
  const Json message = look_inside ? filtered_.root() : Json();
  if (found->second.passes(frame.tag.symbol, message)) actions.forward(frame);
}

}  // namespace tapedeck::hypercall
