// NexusGlass frames to rows: `alert` for events, `snapshot` for what is undocumented beyond its
// envelope.
#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "schema/base/text.h"
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

class EventNormalizer final : public Normalizer {
 public:
  EventNormalizer(int connections, EventFilter filter)
      : filter_(std::move(filter)), fold_(connections) {}

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
          return add_unparsed(frame, "unknown type: " + std::string(shortened(type)), rows);
        }
        return add_market_message(frame, message, rows);
    }
  }

  RestPage absorb(const RestAnswer& answer, RowSink& rows) override {
    RestPage page;
    const Json list = event_list(answer.root());
    if (!list.exists()) {
      page.problem = "no list of events";
      return page;
    }
    if (answer.gap == nullptr) return page;
    std::vector<Event> events;
    for (Json item = list.first(); item.exists(); item = item.next()) {
      ++page.items;
      if (const auto event = read_event(item)) {
        events.push_back(*event);
      } else {
        rows.add(Unparsed{"REST event without id"}, std::nullopt, Origin::gapfill);
      }
    }
    std::stable_sort(events.begin(), events.end(),
                     [](const Event& a, const Event& b) { return id_less(a.id, b.id); });
    for (const Event& event : events) absorb_event(event, answer, page, rows);
    const std::string asked = parse_target(answer.url).get("after");
    const std::string& reached = page.last.empty() ? asked : page.last;
    page.is_behind = !cursor_.id().empty() && id_less(reached, cursor_.id());
    page.recv_ns = answer.recv_ns;
    if (newest_push_ns_ >= answer.gap->to_ns.value_or(answer.recv_ns) && !page.meets_after) {
      page.doubt = "it shows nothing of what the socket has brought since";
    }
    return page;
  }

  std::span<const TableId> remembered_tables() const override {
    static constexpr TableId kTables[] = {TableId::alert};
    return kTables;
  }

  void remember(const EarlierRow& row) override {
    // The columns of `alert`: event_id, type, …, symbol at 4, …, data last.
    const auto text = [&](std::size_t index) { return row.values[index].text; };
    earlier_.try_emplace(identity_of(text(0), row.event_ns, text(1), text(4), text(8)),
                         row.recv_ns);
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
    const bool is_first = pushed_.add(identity_of(*event), frame.recv_ns);
    if (is_first && frame.endpoint == kEventEndpoint) newest_push_ns_ = frame.recv_ns;
    if (!add_event(*event, Origin::live, frame.recv_ns, rows)) return;
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
      } else if (add_event(*event, Origin::snapshot, frame.recv_ns, rows)) {
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
  bool add_event(const Event& event, Origin origin, Ns recv_ns, RowSink& rows) {
    if (!seen_.add(identity_of(event), recv_ns)) return false;
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

  // Whether the subscription asks for it: the history holds everybody's.
  bool is_wanted(const Event& event) const {
    const auto allows = [](const std::vector<std::string>& names, Text name) {
      return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
    };
    return allows(filter_.types, event.type) &&
           (event.symbol.empty() || allows(filter_.symbols, event.symbol));
  }

  // On a tape by then, whichever recorder's.
  bool was_known_until(std::uint64_t identity, Ns ns) const {
    const auto earlier = earlier_.find(identity);
    return seen_.is_until(identity, ns) || (earlier != earlier_.end() && earlier->second <= ns);
  }

  void absorb_event(const Event& event, const RestAnswer& answer, RestPage& page, RowSink& rows) {
    const Gap& gap = *answer.gap;
    const std::uint64_t identity = identity_of(event);
    const bool is_past_cursor = !gap.after_cursor || id_less(*gap.after_cursor, event.id);
    // An id alone proves nothing: another epoch's events have the same. Nor does an older event
    // that is known: an answer of long ago may end with it.
    const bool is_edge = !gap.after_cursor || event.id == *gap.after_cursor;
    if (is_edge && was_known_until(identity, gap.from_ns)) page.meets_before = true;
    if (pushed_.is_from(identity, gap.to_ns.value_or(answer.recv_ns))) page.meets_after = true;
    if (event.detected_ns) {
      page.oldest_ns = std::min(page.oldest_ns.value_or(*event.detected_ns), *event.detected_ns);
      page.newest_ns = std::max(page.newest_ns.value_or(*event.detected_ns), *event.detected_ns);
    }
    if (page.first.empty() || id_less(event.id, page.first)) page.first = event.id;
    if (page.last.empty() || id_less(page.last, event.id)) page.last = event.id;
    const bool is_old = event.detected_ns && *event.detected_ns < gap.floor_ns;
    if (is_old && !gap.after_cursor) page.meets_before = true;
    // Up to the cursor everything was received; ids that began anew tell by their time.
    if (is_past_cursor ? is_old && !gap.after_cursor : is_old || !event.detected_ns) return;
    if (earlier_.contains(identity) || !is_wanted(event)) return;
    if (!add_event(event, Origin::gapfill, answer.recv_ns, rows)) return;
    move_cursor(event, rows);
  }

  const EventFilter filter_;
  FirstTimes seen_;
  FirstTimes pushed_;                              // of these, what a socket brought one by one
  Int newest_push_ns_;                             // the last that the event endpoint brought
  std::unordered_map<std::uint64_t, Ns> earlier_;  // on the tapes of earlier recorders, since when
  EventCursor cursor_;
  MultisetFold fold_;
};

}  // namespace

std::unique_ptr<Normalizer> make_normalizer(int connections, EventFilter filter) {
  return std::make_unique<EventNormalizer>(connections, std::move(filter));
}

}  // namespace tapedeck::nexusglass
