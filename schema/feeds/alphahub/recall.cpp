// Recorded legs as rows of the signal history.
#include "schema/recall.h"

#include <string>

#include "schema/feeds/alphahub/service.h"
#include "schema/feeds/alphahub/wire.h"

namespace tapedeck::alphahub {

namespace {

// Without a zone, as the service has it.
std::string time_text(Ns t) {
  std::string text = format_rfc3339(t);
  text.pop_back();
  return text;
}

std::string leg_of(const RecordedRow& row, JsonObject leg) {
  leg.number("price", row.of("price")).text("side", row.of("side"));
  leg.text("symbol", row.of("symbol"));
  if (row.event_ns) leg.text("timestamp", time_text(*row.event_ns));
  return leg.str();
}

class SignalRecall final : public Recall {
 public:
  std::optional<TableId> table_of(std::string_view stream) const override {
    if (algorithm_of(stream).empty()) return std::nullopt;
    return TableId::signal;
  }

  bool is_asked(const Query& query, const RecordedRow& row) const override {
    const Id algorithm = alphahub::id_of(algorithm_of(query.stream));
    return row.of("algorithm_id") == Value(algorithm) &&
           (query.symbol.empty() || row.text("symbol") == query.symbol);
  }

  // One message has many legs, and a row says all that the history does.
  bool wants_message(std::string_view /*stream*/) const override { return false; }

  std::string answer(const Query& /*query*/, RecordedEvent event) const override {
    return leg_of(event.front(), JsonObject());
  }

  std::string stream_of(const RecordedRow& row) const override {
    const Value id = row.of("algorithm_id");
    const std::string digits =
        id.type == Value::Type::integer ? std::to_string(id.integer) : std::string(id.text);
    return std::string(kTopicPrefix) + digits;
  }

  // The history does not say which legs were pushed together, nor whether they opened or closed.
  std::optional<Message> message(RecordedEvent event) const override {
    const RecordedRow& row = event.front();
    if (row.table->id != TableId::signal) return std::nullopt;
    JsonObject leg;
    leg.number("algorithm_id", row.of("algorithm_id"));
    return Message{kEndpoint, leg_of(row, leg), true};
  }
};

}  // namespace

const Recall* AlphaHubService::recall() const {
  static const SignalRecall instance;
  return &instance;
}

}  // namespace tapedeck::alphahub
