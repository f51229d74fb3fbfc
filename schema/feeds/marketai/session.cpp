#include "schema/feeds/marketai/session.h"

#include <algorithm>

#include "schema/base/text.h"

namespace tapedeck::marketai {

namespace {

constexpr int kPingTimer = 1;
constexpr int kPongTimer = 2;

void send_error(std::string_view code, std::string_view message, SessionActions& actions) {
  actions.send(R"({"type":"error","code":)" + json_string(code) + R"(,"message":)" +
               json_string(message) + "}");
}

void acknowledge(std::string_view type, std::string_view channel,
                 const std::vector<std::string>& symbols, SessionActions& actions) {
  actions.send(R"({"type":)" + json_string(type) + R"(,"channel":)" + json_string(channel) +
               R"(,"symbols":)" + json_list(symbols) + "}");
}

// The symbols of a subscribe's or unsubscribe's entry, each once, in the order given; the wildcard
// alone when none is given. nullopt when they are no list of texts.
std::optional<std::vector<std::string>> read_symbols(Json entry) {
  const Json list = entry["symbols"];
  const bool is_absent = !list.exists() || list.kind() == JsonKind::null;
  if (!is_absent && !list.is_array()) return std::nullopt;
  std::vector<std::string> symbols;
  for (Json symbol = list.first(); symbol.exists(); symbol = symbol.next()) {
    if (symbol.text().empty()) return std::nullopt;
    const bool is_known = std::find(symbols.begin(), symbols.end(), symbol.text()) != symbols.end();
    if (!is_known) symbols.emplace_back(symbol.text());
  }
  const bool is_everything =
      symbols.empty() || std::find(symbols.begin(), symbols.end(), kWildcard) != symbols.end();
  if (is_everything) return std::vector<std::string>{std::string(kWildcard)};
  return symbols;
}

}  // namespace

void MarketSession::on_open(SessionActions& actions) {
  actions.arm(kPingTimer, kPingEvery);
}

void MarketSession::on_message(std::string_view /*payload*/, const JsonDoc& doc,
                               SessionActions& actions) {
  const Json message = doc.root();
  if (!message.exists()) return send_error(code::kInvalidMessage, "Invalid JSON", actions);
  const std::string_view action = message["action"].text();
  if (action == "ping") return actions.send(R"({"type":"pong"})");
  if (action == "auth") return authenticate(message, actions);
  const bool is_subscribe = action == "subscribe";
  if (is_subscribe || action == "unsubscribe") return change(message, is_subscribe, actions);
  if (action.empty()) return send_error(code::kInvalidMessage, "Missing action", actions);
  send_error(code::kInvalidMessage, "Unknown action: " + std::string(action), actions);
}

void MarketSession::authenticate(Json message, SessionActions& actions) {
  if (message["key"].text().empty()) {
    return send_error(code::kUnauthorized, "Invalid API key", actions);
  }
  is_authenticated_ = true;
  actions.send(R"({"type":"authenticated","tier":"max"})");
}

void MarketSession::change(Json message, bool is_subscribe, SessionActions& actions) {
  if (!is_authenticated_) {
    return send_error(code::kUnauthorized, "Authentication required", actions);
  }
  const Json entries = message["channels"];
  if (!entries.is_array()) {
    return send_error(code::kInvalidMessage, "channels must be a list", actions);
  }
  const bool had_any = !channels_.empty();
  for (Json entry = entries.first(); entry.exists(); entry = entry.next()) {
    const Json type = entry["type"];
    const auto symbols = read_symbols(entry);
    if (!type.is_string()) {
      send_error(code::kInvalidMessage, "Each channel needs a type", actions);
    } else if (find_channel(type.text()) == nullptr) {
      send_error(code::kInvalidChannel, "Unknown channel: " + std::string(type.text()), actions);
    } else if (!symbols) {
      send_error(code::kInvalidMessage,
                 "symbols must be a list of symbols, channel: " + std::string(type.text()),
                 actions);
    } else if (is_subscribe) {
      subscribe(std::string(type.text()), *symbols, actions);
    } else {
      unsubscribe(std::string(type.text()), *symbols, actions);
    }
  }
  if (had_any == channels_.empty()) actions.subscribed(!had_any);
}

void MarketSession::subscribe(const std::string& channel, const std::vector<std::string>& symbols,
                              SessionActions& actions) {
  channels_[channel].insert(symbols.begin(), symbols.end());
  acknowledge("subscribed", channel, symbols, actions);
}

// Without symbols the whole channel goes.
void MarketSession::unsubscribe(const std::string& channel, const std::vector<std::string>& symbols,
                                SessionActions& actions) {
  if (const auto found = channels_.find(channel); found != channels_.end()) {
    Symbols& held = found->second;
    for (const std::string& symbol : symbols) held.erase(symbol);
    if (held.empty() || symbols.front() == kWildcard) channels_.erase(found);
  }
  acknowledge("unsubscribed", channel, symbols, actions);
}

void MarketSession::on_timer(int timer, SessionActions& actions) {
  if (timer == kPongTimer) {
    actions.arm(kPingTimer, -1);
    return actions.close(close_code::kPolicy, "pong timeout");
  }
  ++pings_sent_;
  actions.ping(std::to_string(pings_sent_));
  actions.arm(kPongTimer, kPongWithin);
  actions.arm(kPingTimer, kPingEvery);
}

void MarketSession::on_pong(std::string_view payload, SessionActions& actions) {
  // Others answer no ping of ours (RFC 6455 section 5.5.3).
  if (pings_sent_ > 0 && payload == std::to_string(pings_sent_)) actions.arm(kPongTimer, -1);
}

void MarketSession::on_data(const ServedFrame& frame, SessionActions& actions) {
  if (frame.tag.role != FrameRole::data || !is_authenticated_) return;
  // What is no known channel's is everybody's.
  if (frame.tag.stream.empty()) return actions.forward(frame);
  const auto found = channels_.find(frame.tag.stream);
  if (found == channels_.end()) return;
  const Symbols& held = found->second;
  const bool passes =
      frame.tag.symbol.empty() || held.contains(kWildcard) || held.contains(frame.tag.symbol);
  if (passes) actions.forward(frame);
}

}  // namespace tapedeck::marketai
