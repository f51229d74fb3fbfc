// From rows of the tape back to what the service says: its REST answers and, for what a gap-fill
// recovered, its messages. The feed's part; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "schema/base/json.h"
#include "schema/json_object.h"
#include "schema/records.h"
#include "schema/service.h"

namespace tapedeck {

// A row as it was recorded.
struct RecordedRow {
  const Table* table = nullptr;
  Ns recv_ns = 0;
  Int event_ns;
  std::span<const Value> values;  // in the order of Table::columns
  // From 1: which one it is among the feed's rows of its table, in order of time.
  std::int64_t number = 0;
  // The message that it was decoded from; missing when it came over REST, or nobody wants it.
  Json message;

  // NULL when the table has no such column.
  Value of(std::string_view column) const;
  Text text(std::string_view column) const { return of(column).text; }
};

// An event's rows in order, mostly one (Market.ai's quotes: the aggregate and the venues). Those
// after the first are there only when it came over REST: a message says it all itself.
using RecordedEvent = std::span<const RecordedRow>;

class Recall {
 public:
  using Query = ServiceData::Query;
  virtual ~Recall() = default;

  // The table that holds a stream's events, as Service::rest() names streams; nullopt: none.
  virtual std::optional<TableId> table_of(std::string_view stream) const = 0;

  // Whether the row only goes on with the event of the row before it.
  virtual bool is_part(const RecordedRow& /*row*/) const { return false; }

  // Events with an identifier that Query::after goes by: answers then stand in its order, else in
  // the order of time, and `after` goes by RecordedRow::number.
  virtual bool has_ids(std::string_view /*stream*/) const { return false; }
  virtual std::int64_t id_of(const RecordedRow& /*row*/) const { return 0; }

  // Where answers are about things and not about events (orders): of the rows with the same key
  // only the newest counts. Empty: each row counts.
  virtual std::string key_of(std::string_view /*stream*/, const RecordedRow& /*row*/) const {
    return {};
  }

  // Whether the row is what the query's stream and symbol ask for. `row.message` is not there yet.
  virtual bool is_asked(const Query& query, const RecordedRow& row) const = 0;

  // Whether answers of the stream are made of the message where there is one; else of the row
  // alone.
  virtual bool wants_message(std::string_view stream) const = 0;

  // The event in the format of the feed's REST answers.
  virtual std::string answer(const Query& query, RecordedEvent event) const = 0;

  // The stream of the gap in which a recovered row was missing; "" when it has none.
  virtual std::string stream_of(const RecordedRow& row) const = 0;

  // A recovered event as the service would have pushed it.
  struct Message {
    std::string_view endpoint;  // static storage
    std::string payload;        // text
    // It has no such message: this is what is known of it, for `/tape` alone.
    bool is_for_tape_only = false;
  };
  virtual std::optional<Message> message(RecordedEvent event) const = 0;
};

}  // namespace tapedeck
