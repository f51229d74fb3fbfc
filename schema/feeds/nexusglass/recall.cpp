// Recorded events as answers of the event history.
#include "schema/recall.h"

#include <charconv>
#include <limits>
#include <string>

#include "schema/feeds/nexusglass/parts.h"
#include "schema/feeds/nexusglass/wire.h"

namespace tapedeck::nexusglass {

namespace {

// The event with this id in an EVENT or in a SNAPSHOT's list, bare; missing when it is in neither.
Json event_in(Json message, std::string_view id) {
  if (const auto event = read_event(message); event && event->id == id) return event->body;
  const Json list = event_list(body_of(message));
  for (Json item = list.first(); item.exists(); item = item.next()) {
    if (const auto event = read_event(item); event && event->id == id) return event->body;
  }
  return {};
}

// As the service words an event; what it had beyond the columns is not known any more.
std::string event_of(const RecordedRow& row) {
  JsonObject event;
  event.number("id", row.of("event_id")).text("type", row.of("type"));
  event.text("priority", row.of("priority")).text("severity", row.of("severity"));
  event.text("symbol", row.of("symbol")).number("confidence", row.of("confidence"));
  event.nested("data", row.of("data"));
  if (row.event_ns) event.text("detected_at", format_rfc3339(*row.event_ns));
  event.number("latency_ms", row.of("latency_ms")).text("narrative", row.of("narrative"));
  return event.str();
}

class EventRecall final : public Recall {
 public:
  std::optional<TableId> table_of(std::string_view stream) const override {
    if (stream != kEventEndpoint) return std::nullopt;
    return TableId::alert;
  }

  bool has_ids(std::string_view /*stream*/) const override { return true; }

  // What is no number, or too long for one, comes last.
  std::int64_t id_of(const RecordedRow& row) const override {
    const Text digits = row.text("event_id");
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
    if (error == std::errc() && end == digits.data() + digits.size()) return id;
    return std::numeric_limits<std::int64_t>::max();
  }

  bool is_asked(const Query& query, const RecordedRow& row) const override {
    return query.symbol.empty() || row.text("symbol") == query.symbol;
  }

  bool wants_message(std::string_view /*stream*/) const override { return true; }

  std::string answer(const Query& /*query*/, RecordedEvent event) const override {
    const RecordedRow& row = event.front();
    const Json sent = event_in(row.message, row.text("event_id"));
    return sent.exists() ? std::string(sent.raw()) : event_of(row);
  }

  std::string stream_of(const RecordedRow& row) const override {
    return row.table->id == TableId::alert ? std::string(kEventEndpoint) : std::string();
  }

  std::optional<Message> message(RecordedEvent event) const override {
    const RecordedRow& row = event.front();
    if (row.table->id != TableId::alert) return std::nullopt;
    return Message{kEventEndpoint, R"({"type":"EVENT","payload":)" + event_of(row) + "}"};
  }
};

}  // namespace

const Recall& recall() {
  static const EventRecall instance;
  return instance;
}

}  // namespace tapedeck::nexusglass
