// Single things on a tape, read whole: an event that came over REST, a frame's payload.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "schema/base/result.h"
#include "schema/recall.h"
#include "storage/tape_reader.h"

namespace tapedeck {

Result<std::string> read_payload(TapeReader& reader, std::int64_t frame_id);

// Reusable. Not thread-safe.
class EventReader {
 public:
  // The event that begins with row `id`, which came over REST, with the rows that go on with it
  // (without a `recall`: alone). `number` is for RecordedRow. Views live until the next call.
  Result<RecordedEvent> read(TapeReader& reader, TableId table, std::int64_t id,
                             std::int64_t number, const Recall* recall);

  // The same rows with all that the tape says of them, in the same order.
  const std::vector<TapeRow>& rows() const { return tape_rows_; }

 private:
  void keep(TableId table, const TapeRow& row, std::int64_t number);

  std::vector<RecordedRow> rows_;
  std::vector<TapeRow> tape_rows_;
  std::deque<std::vector<Value>> values_;
  std::deque<std::string> texts_;
};

}  // namespace tapedeck
