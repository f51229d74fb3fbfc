#include "schema/feeds/nexusglass/wire.h"

#include <algorithm>

#include "schema/feeds/fold.h"

namespace tapedeck::nexusglass {

Kind kind_of(std::string_view type) {
  if (type == "EVENT") return Kind::event;
  if (type == "PING") return Kind::ping;
  if (type == "SNAPSHOT") return Kind::snapshot;
  if (type == "HANDSHAKE") return Kind::handshake;
  if (type == "ERROR") return Kind::error;
  if (type == "PONG") return Kind::pong;
  return Kind::other;
}

std::string_view type_of(Json message) {
  return message["type"].text();
}

Json body_of(Json message) {
  const Json payload = message["payload"];
  return payload.exists() && payload.kind() != JsonKind::null ? payload : message;
}

std::optional<Ns> read_time(Json value) {
  const std::string_view text = value.scalar();
  if (text.empty()) return std::nullopt;
  return parse_any_time(text);
}

std::optional<Event> read_event(Json value) {
  Json body = value;
  if (const Json payload = value["payload"]; payload.is_object() && type_of(value) == "EVENT") {
    body = payload;
  }
  const Text id = body["id"].scalar();
  if (id.empty()) return std::nullopt;
  return Event{body, id, body["type"].scalar(), body["symbol"].scalar(),
               read_time(body["detected_at"])};
}

std::uint64_t identity_of(Text id, Int detected_ns, Text type, Text symbol, Text data) {
  const std::uint64_t key = hash_text(id);
  if (detected_ns) return hash_combine(key, static_cast<std::uint64_t>(*detected_ns));
  const std::uint64_t what = hash_combine(hash_text(type), hash_text(symbol));
  return hash_combine(hash_combine(key, what), hash_text(data));
}

std::uint64_t identity_of(const Event& event) {
  return identity_of(event.id, event.detected_ns, event.type, event.symbol,
                     event.body["data"].raw());
}

bool id_less(std::string_view a, std::string_view b) {
  const auto is_number = [](std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (is_number(a) != is_number(b)) return is_number(a);
  if (!is_number(a)) return a < b;
  const auto significant = [](std::string_view text) {
    return text.substr(std::min(text.find_first_not_of('0'), text.size()));
  };
  a = significant(a);
  b = significant(b);
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

namespace {
// The first list of objects among the members, else an empty list: which name it has is
// undocumented.
Json unnamed_list(Json object) {
  Json empty;
  for (Json member = object.first(); member.exists(); member = member.next()) {
    if (!member.is_array()) continue;
    if (member.first().is_object()) return member;
    if (!member.first().exists() && !empty.exists()) empty = member;
  }
  return empty;
}
}  // namespace

Json event_list(Json container) {
  if (container.is_array()) return container;
  if (!container.is_object()) return {};
  if (const Json events = container["events"]; events.is_array()) return events;
  const Json data = container["data"];
  if (data.is_array()) return data;
  if (const Json events = data["events"]; events.is_array()) return events;
  return unnamed_list(container);
}

ErrorInfo read_error(Json message) {
  const Json body = body_of(message);
  ErrorInfo info{body["code"].scalar(), body["message"].scalar()};
  if (info.code.data() == nullptr) info.code = body["error"].scalar();
  if (info.message.data() == nullptr && body.is_string()) info.message = body.text();
  return info;
}

}  // namespace tapedeck::nexusglass
