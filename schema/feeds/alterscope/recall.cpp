// Recorded changes as rows of the state of an opportunity.
#include "schema/recall.h"

#include <string>

#include "schema/base/text.h"
#include "schema/feeds/alterscope/parts.h"
#include "schema/feeds/alterscope/wire.h"

namespace tapedeck::alterscope {

namespace {

class FactorRecall final : public Recall {
 public:
  // A stream is an opportunity's id, whatever it is.
  std::optional<TableId> table_of(std::string_view /*stream*/) const override {
    return TableId::factor;
  }

  // The state of a factor is its newest row.
  std::string key_of(std::string_view /*stream*/, const RecordedRow& row) const override {
    return std::string(row.text("factor"));
  }

  bool is_asked(const Query& query, const RecordedRow& row) const override {
    return row.text("opportunity_id") == query.stream &&
           (query.symbol.empty() || row.text("factor") == query.symbol);
  }

  bool wants_message(std::string_view /*stream*/) const override { return true; }

  std::string answer(const Query& /*query*/, RecordedEvent event) const override {
    const RecordedRow& row = event.front();
    JsonObject object;
    if (row.message.is_object()) {
      // As it was sent: numbers stay numbers, and a time keeps its form.
      for (const std::string_view name :
           {"factor", "current", "previous", "as_of", "as_of_block"}) {
        if (const Json member = row.message[name]; member.exists()) object.raw(name, member.raw());
      }
      return object.str();
    }
    object.text("factor", row.of("factor")).number("current", row.of("current"));
    object.number("previous", row.of("previous"));
    if (row.event_ns) object.text("as_of", format_rfc3339(*row.event_ns));
    object.number("as_of_block", row.of("as_of_block"));
    return object.str();
  }

  std::string stream_of(const RecordedRow& row) const override {
    return std::string(row.text("opportunity_id"));
  }

  std::optional<Message> message(RecordedEvent event) const override {
    const RecordedRow& row = event.front();
    if (row.table->id != TableId::factor) return std::nullopt;
    JsonObject object;
    object.text("type", "factor.changed").text("opportunity_id", row.of("opportunity_id"));
    object.text("factor", row.of("factor")).number("previous", row.of("previous"));
    object.number("current", row.of("current")).number("as_of_block", row.of("as_of_block"));
    if (row.event_ns) object.text("as_of", format_rfc3339(*row.event_ns));
    return Message{kEndpoint, object.str()};
  }
};

}  // namespace

const Recall& recall() {
  static const FactorRecall instance;
  return instance;
}

}  // namespace tapedeck::alterscope
