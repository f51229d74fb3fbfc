#include "replay/recorded_event.h"

namespace tapedeck {

Result<std::string> read_payload(TapeReader& reader, std::int64_t frame_id) {
  auto cursor = reader.frames(frame_id);
  if (!cursor) return cursor.error();
  FrameRecord frame;
  const auto found = (*cursor)->next(frame);
  if (!found) return found.error();
  if (!*found || frame.id != frame_id)
    return Error{reader.path() + ": frame " + std::to_string(frame_id) + " is gone"};
  return std::string(frame.payload);
}

// A cursor's views end with its next call.
void EventReader::keep(TableId table, const TapeRow& row, std::int64_t number) {
  std::vector<Value>& values = values_.emplace_back(row.values.begin(), row.values.end());
  for (Value& value : values) {
    if (value.type == Value::Type::text) value.text = texts_.emplace_back(value.text);
  }
  rows_.push_back({&table_of(table), row.recv_ns, row.event_ns, values, number, Json()});
  TapeRow& kept = tape_rows_.emplace_back(row);
  kept.feed = texts_.emplace_back(row.feed);
  kept.values = values;
}

Result<RecordedEvent> EventReader::read(TapeReader& reader, TableId table, std::int64_t id,
                                        std::int64_t number, const Recall* recall) {
  rows_.clear();
  tape_rows_.clear();
  values_.clear();
  texts_.clear();
  auto cursor = reader.rows_from(table, id);
  if (!cursor) return cursor.error();
  TapeRow row;
  auto more = (*cursor)->next(row);
  if (!more) return more.error();
  if (!*more || row.id != id)
    return Error{reader.path() + ": row " + std::to_string(id) + " of " +
                 std::string(table_of(table).name) + " is gone"};
  keep(table, row, number);
  const std::string feed(row.feed);
  const auto request_id = row.request_id;
  while (true) {
    more = (*cursor)->next(row);
    if (!more) return more.error();
    if (!*more || row.frame_id || row.request_id != request_id || row.feed != feed) break;
    keep(table, row, number);
    if (recall != nullptr && recall->is_part(rows_.back())) continue;
    rows_.pop_back();
    tape_rows_.pop_back();
    break;
  }
  return RecordedEvent(rows_);
}

}  // namespace tapedeck
