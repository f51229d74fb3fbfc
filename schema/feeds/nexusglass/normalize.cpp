// NexusGlass frames to rows: `alert` for events, `snapshot` for what is undocumented beyond its
// envelope.
#include <algorithm>
#include <string>
#include <vector>

#include "schema/feeds/fold.h"
#include "schema/feeds/nexusglass/parts.h"
#include "schema/feeds/nexusglass/wire.h"
#include "schema/ws/codec.h"

namespace tapedeck::nexusglass {

FrameTag classify(const InFrame& frame) {
  FrameTag tag;
  if (frame.opcode != Opcode::text) return tag;
  const Json message = frame.root();
  tag.type = type_of(message);
  switch (kind_of(tag.type)) {
    case Kind::handshake:
      tag.role = FrameRole::handshake;
      return tag;
    case Kind::ping:
    case Kind::pong:
      tag.role = FrameRole::heartbeat;
      return tag;
    case Kind::error:
      tag.role = FrameRole::error;
      return tag;
    case Kind::event:
      tag.event = message["payload"]["type"].scalar();
      break;
    case Kind::snapshot:
      tag.is_snapshot = true;
      break;
    case Kind::other:
      break;
  }
  tag.symbol = message["payload"]["symbol"].scalar();
  if (tag.symbol.data() == nullptr) tag.symbol = message["symbol"].scalar();
  return tag;
}

namespace {

// Where a gap-fill of the event stream would start: the greatest id of the current epoch. The
// service may start its ids again; an id that is not greater but has a newer time begins an epoch.
// Taking one for a new epoch by mistake only makes a fill fetch a little twice; the opposite
// mistake would lose events.
class EventCursor {
 public:
  // True when the cursor moved.
  bool advance(const Event& event) {
    if (event.detected_ns && past_ns_ && *event.detected_ns <= *past_ns_) return false;
    if (id_.empty() || id_less(id_, event.id)) {
      id_ = event.id;
      newest_ns_ = std::max(newest_ns_, event.detected_ns);
      return true;
    }
    if (!event.detected_ns || !newest_ns_ || *event.detected_ns <= *newest_ns_) return false;
    past_ns_ = newest_ns_;
    newest_ns_ = event.detected_ns;
    id_ = event.id;
    return true;
  }
  const std::string& id() const { return id_; }

 private:
  std::string id_;
  std::optional<Ns> newest_ns_;  // the newest time of this epoch
  std::optional<Ns> past_ns_;    // up to here events belong to earlier epochs
};

// The time of a message whose payload is undocumented (assumed names, the most specific first).
std::optional<Ns> message_time(Json body) {
  for (const std::string_view name : {"detected_at", "timestamp", "ts", "time"}) {
    if (const auto time = read_time(body[name])) return time;
  }
  return std::nullopt;
}

// Reasons are counted, so a made-up type must not make them endless.
std::string_view cut(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  if (text.size() <= kLongest) return text;
  std::size_t size = kLongest;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  return text.substr(0, size);
}

class EventNormalizer final : public Normalizer {
 public:
  explicit EventNormalizer(int connections) : fold_(connections) {}

  FrameTag classify(const InFrame& frame) const override { return nexusglass::classify(frame); }

  void normalize(const InFrame& frame, RowSink& rows) override {
    if (frame.opcode != Opcode::text) return add_unparsed(frame, "binary frame", rows);
    const Json message = frame.root();
    if (!message.exists()) {
      const bool is_utf8 = ws::is_valid_utf8(frame.payload);
      return add_unparsed(frame, is_utf8 ? "not JSON" : "invalid UTF-8", rows);
    }
    if (!message.is_object()) return add_unparsed(frame, "not a JSON object", rows);
    const std::string_view type = type_of(message);
    if (type.empty()) return add_unparsed(frame, "no type", rows);

    switch (kind_of(type)) {
      case Kind::handshake:
      case Kind::ping:
      case Kind::pong:
        return;
      case Kind::error:
        return add_error(message, rows);
      case Kind::event:
        return add_event_message(frame, message, rows);
      case Kind::snapshot:
        if (frame.endpoint == kEventEndpoint) return add_event_list(frame, message, rows);
        return add_market_message(frame, message, rows);
      case Kind::other:
        if (frame.endpoint == kEventEndpoint) {
          return add_unparsed(frame, "unknown type: " + std::string(cut(type)), rows);
        }
        return add_market_message(frame, message, rows);
    }
  }

 private:
  // What has no identity of its own is told apart between redundant connections by its bytes.
  bool is_new(const InFrame& frame) {
    const auto key = hash_combine(hash_text(frame.endpoint), hash_text(frame.payload));
    return fold_.is_new(key, frame.slot, frame.recv_ns);
  }

  void add_unparsed(const InFrame& frame, std::string_view reason, RowSink& rows) {
    if (is_new(frame)) rows.add(Unparsed{reason}, std::nullopt);
  }

  static void add_error(Json message, RowSink& rows) {
    const ErrorInfo error = read_error(message);
    rows.add(FeedError{error.code, error.message}, std::nullopt);
  }

  void add_event_message(const InFrame& frame, Json message, RowSink& rows) {
    if (!message["payload"].is_object()) return add_unparsed(frame, "EVENT without payload", rows);
    const auto event = read_event(message);
    if (!event) return add_unparsed(frame, "EVENT without id", rows);
    if (!add_event(*event, Origin::live, rows)) return;
    if (frame.endpoint == kEventEndpoint) move_cursor(*event, rows);
  }

  void add_event_list(const InFrame& frame, Json message, RowSink& rows) {
    const Json list = event_list(body_of(message));
    if (!list.exists()) return add_unparsed(frame, "SNAPSHOT without events", rows);
    std::vector<Event> added;
    bool has_stranger = false;
    for (Json item = list.first(); item.exists(); item = item.next()) {
      const auto event = read_event(item);
      if (!event) {
        has_stranger = true;
      } else if (add_event(*event, Origin::snapshot, rows)) {
        added.push_back(*event);
      }
    }
    if (has_stranger) add_unparsed(frame, "SNAPSHOT with an event without id", rows);
    // The list may be newest first, and may reach back into an earlier epoch.
    std::stable_sort(added.begin(), added.end(), [](const Event& a, const Event& b) {
      return a.detected_ns != b.detected_ns ? a.detected_ns < b.detected_ns : id_less(a.id, b.id);
    });
    for (const Event& event : added) move_cursor(event, rows);
  }

  // False when the event is on the tape already.
  bool add_event(const Event& event, Origin origin, RowSink& rows) {
    if (!seen_.first_time(identity_of(event))) return false;
    const Json body = event.body;
    Alert alert;
    alert.event_id = event.id;
    alert.type = event.type;
    alert.priority = body["priority"].scalar();
    alert.severity = body["severity"].scalar();
    alert.symbol = event.symbol;
    alert.confidence = body["confidence"].scalar();
    alert.latency_ms = Id::of(body["latency_ms"]);
    alert.narrative = body["narrative"].scalar();
    const Json data = body["data"];
    if (data.exists() && data.kind() != JsonKind::null) alert.data = data.raw();
    rows.add(alert, event.detected_ns, origin);
    return true;
  }

  void move_cursor(const Event& event, RowSink& rows) {
    if (cursor_.advance(event)) rows.set_cursor(kEventEndpoint, cursor_.id());
  }

  void add_market_message(const InFrame& frame, Json message, RowSink& rows) {
    if (!is_new(frame)) return;
    const Json body = body_of(message);
    Snapshot snapshot;
    snapshot.endpoint = frame.endpoint;
    snapshot.type = type_of(message);
    snapshot.symbol = body["symbol"].scalar();
    if (snapshot.symbol.data() == nullptr) snapshot.symbol = message["symbol"].scalar();
    snapshot.data = body.raw();
    auto time = message_time(body);
    if (!time) time = message_time(message);
    rows.add(snapshot, time);
  }

  SeenEvents seen_;
  EventCursor cursor_;
  MultisetFold fold_;
};

}  // namespace

std::unique_ptr<Normalizer> make_normalizer(int connections) {
  return std::make_unique<EventNormalizer>(connections);
}

}  // namespace tapedeck::nexusglass
