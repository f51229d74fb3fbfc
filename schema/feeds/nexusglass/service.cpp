// The service's side of NexusGlass: what `replay` and `sim` play to their clients.
#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "schema/base/text.h"
#include "schema/feeds/nexusglass/parts.h"
#include "schema/feeds/nexusglass/wire.h"

namespace tapedeck::nexusglass {

namespace {

constexpr int kPingTimer = 1;
constexpr int kPongTimer = 2;

// The service's error form of HTTP answers.
HttpReply error_reply(int status, std::string_view code, std::string_view message) {
  HttpReply reply;
  reply.status = status;
  reply.body = "{\"error\":" + json_string(code) + ",\"code\":" + json_string(code) +
               ",\"message\":" + json_string(message) + "}";
  return reply;
}

HttpReply auth_failed() {
  return error_reply(401, "AUTH_FAILED", "Invalid or expired API key");
}

// The `symbols` and `events` of a connection's query; an empty list passes everything.
struct Filter {
  std::vector<std::string> symbols;
  std::vector<std::string> events;

  bool empty() const { return symbols.empty() && events.empty(); }

  static bool holds(const std::vector<std::string>& list, std::string_view word) {
    return list.empty() || word.empty() || std::find(list.begin(), list.end(), word) != list.end();
  }
  // What has no symbol or no event type is for everybody.
  bool passes(std::string_view symbol, std::string_view event) const {
    return holds(symbols, symbol) && holds(events, event);
  }
  // An item of a snapshot: an event, or a market's state, whose `type`, if any, is no event's.
  bool passes_item(Json item) const {
    if (const auto event = read_event(item)) return passes(event->symbol, event->type);
    return passes(item["symbol"].scalar(), {});
  }
};

// The snapshot with only those items that pass; every byte that stays is as it was. The whole of it
// when it holds no list or is no JSON.
std::string filter_snapshot(std::string_view payload, const Filter& filter) {
  JsonDoc doc;
  if (!doc.parse(payload)) return std::string(payload);
  const Json message = doc.root();
  const Json list = event_list(body_of(message));
  if (!list.exists()) return std::string(payload);
  const std::string_view whole = message.raw();
  const std::string_view array = list.raw();
  const auto begin = static_cast<std::size_t>(array.data() - whole.data());

  std::string text(whole.substr(0, begin));
  text += '[';
  bool is_first = true;
  for (Json item = list.first(); item.exists(); item = item.next()) {
    if (!filter.passes_item(item)) continue;
    if (!is_first) text += ',';
    is_first = false;
    text += item.raw();
  }
  text += ']';
  text += whole.substr(begin + array.size());
  return text;
}

class EndpointSession final : public Session {
 public:
  EndpointSession(std::string_view endpoint, const Target& target, ServiceData& data)
      : endpoint_(endpoint), data_(data) {
    filter_.symbols = split_list(target.get("symbols"));
    filter_.events = split_list(target.get("events"));
  }

  // Section "Connection lifecycle": HANDSHAKE, SNAPSHOT, EVENT stream.
  void on_open(SessionActions& actions) override {
    actions.send(R"({"type":"HANDSHAKE","payload":{"tier":"PULSE","priorities":["P0","P1","P2"],)"
                 R"("delay_ms":0,"server_time":")" +
                 format_rfc3339(data_.now_ns()) + "\"}}");
    if (const auto snapshot = data_.snapshot(endpoint_)) {
      snapshot_id_ = snapshot->id;
      ServedFrame frame;
      frame.id = snapshot->id;
      frame.endpoint = endpoint_;
      frame.payload = snapshot->payload;
      frame.tag.type = "SNAPSHOT";
      frame.tag.is_snapshot = true;
      serve_snapshot(frame, actions);
    }
    actions.subscribed(true);
    actions.arm(kPingTimer, kPingEvery);
  }

  void on_message(std::string_view /*payload*/, const JsonDoc& doc,
                  SessionActions& actions) override {
    const Json message = doc.root();
    const std::string_view type = type_of(message);
    if (!message.exists()) return complain("Message is not valid JSON", actions);
    if (type.empty()) return complain("Message has no type", actions);
    switch (kind_of(type)) {
      case Kind::ping:
        return actions.send(R"({"type":"PONG"})");
      case Kind::pong:
        return on_pong_message(actions);
      default:
        return complain("Unknown message type: " + std::string(type), actions);
    }
  }

  // Control frames are no answer to a PING message.
  void on_pong(std::string_view /*payload*/, SessionActions& /*actions*/) override {}

  // Section "Heartbeat".
  void on_timer(int timer, SessionActions& actions) override {
    if (timer == kPingTimer) {
      actions.send(R"({"type":"PING"})");
      is_pong_due_ = true;
      actions.arm(kPongTimer, kPongWithin);
      actions.arm(kPingTimer, kPingEvery);
    } else if (timer == kPongTimer && is_pong_due_) {
      is_pong_due_ = false;
      if (++missed_pongs_ < kMissedPongsMax) return;
      actions.arm(kPingTimer, -1);
      actions.close(close_code::kPolicy, "pong timeout");
    }
  }

  void on_data(const ServedFrame& frame, SessionActions& actions) override {
    if (frame.tag.role != FrameRole::data) return;
    if (frame.tag.is_snapshot) {
      // This client began with that one or a later one.
      if (snapshot_id_ && frame.id <= *snapshot_id_) return;
      return serve_snapshot(frame, actions);
    }
    // What types the other endpoints have is not documented: there everything is filtered.
    const bool is_known = endpoint_ != kEventEndpoint || kind_of(frame.tag.type) == Kind::event;
    if (!is_known || filter_.passes(frame.tag.symbol, frame.tag.event)) actions.forward(frame);
  }

 private:
  void serve_snapshot(const ServedFrame& frame, SessionActions& actions) {
    if (!filter_.passes(frame.tag.symbol, {})) return;
    if (filter_.empty()) return actions.forward(frame);
    actions.send(filter_snapshot(frame.payload, filter_));
  }

  // A PONG that is late does not undo the miss: "within 10 seconds".
  void on_pong_message(SessionActions& actions) {
    if (!is_pong_due_) return;
    is_pong_due_ = false;
    missed_pongs_ = 0;
    actions.arm(kPongTimer, -1);
  }

  static void complain(std::string_view message, SessionActions& actions) {
    actions.send(R"({"type":"ERROR","payload":{"code":"INVALID_MESSAGE","message":)" +
                 json_string(message) + "}}");
  }

  std::string endpoint_;
  ServiceData& data_;
  Filter filter_;
  std::optional<std::int64_t> snapshot_id_;
  bool is_pong_due_ = false;
  int missed_pongs_ = 0;
};

// A whole number from 0; nullopt for anything else.
std::optional<std::int64_t> parse_count(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

HttpReply serve_events(const HttpRequest& request, ServiceData& data) {
  if (request.method != "GET") {
    HttpReply reply = error_reply(405, "METHOD_NOT_ALLOWED", "Use GET");
    reply.headers.emplace_back("Allow", "GET");
    return reply;
  }
  if (request.header("X-API-Key").empty() && request.target.get("token").empty())
    return auth_failed();

  ServiceData::Query query;
  query.stream = kEventEndpoint;
  query.limit = static_cast<std::size_t>(kEventsLimitDefault);
  if (request.target.has("after")) {
    query.after = parse_count(request.target.get("after"));
    if (!query.after) return error_reply(400, "INVALID_PARAMETER", "after must be an event id");
  }
  if (request.target.has("limit")) {
    const auto limit = parse_count(request.target.get("limit"));
    if (!limit || *limit == 0) {
      return error_reply(400, "INVALID_PARAMETER",
                         "limit must be a number from 1 to " + std::to_string(kEventsLimitMax));
    }
    query.limit = static_cast<std::size_t>(std::min<std::int64_t>(*limit, kEventsLimitMax));
  }
  HttpReply reply;
  reply.body = R"({"events":[)" + join(data.history(query), ",") + "]}";
  return reply;
}

class EndpointService final : public Service {
 public:
  std::optional<std::string> endpoint_of(std::string_view path) const override {
    if (!path.starts_with('/')) return std::nullopt;
    path.remove_prefix(1);
    if (std::find(kEndpoints.begin(), kEndpoints.end(), path) == kEndpoints.end())
      return std::nullopt;
    return std::string(path);
  }

  std::optional<HttpReply> refuse(const HttpRequest& request) const override {
    if (request.target.get("token").empty()) return auth_failed();
    return std::nullopt;
  }

  std::unique_ptr<Session> open_session(std::string_view endpoint, const HttpRequest& request,
                                        ServiceData& data) const override {
    return std::make_unique<EndpointSession>(endpoint, request.target, data);
  }

  std::optional<HttpReply> rest(const HttpRequest& request, ServiceData& data) const override {
    if (request.target.path != kEventsPath) return std::nullopt;
    return serve_events(request, data);
  }

  const Recall* recall() const override { return &nexusglass::recall(); }
};

}  // namespace

const Service& service() {
  static const EndpointService instance;
  return instance;
}

}  // namespace tapedeck::nexusglass
