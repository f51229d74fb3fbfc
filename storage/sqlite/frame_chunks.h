// Where a compacted tape keeps its payloads (docs/TAPE_FORMAT.md, "Compacted tapes").
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "storage/payload_chunk.h"
#include "storage/sqlite/database.h"

namespace tapedeck::sqlite {

// `schema` is SQLite's name of a database on a connection: `main`, or what was attached.
Result<bool> is_compacted(Database& database, const std::string& schema = "main");

// Looks payloads up by their frames' ids.
class ChunkedPayloads {
 public:
  // nullptr for a plain tape. Must not outlive `database`.
  static Result<std::unique_ptr<ChunkedPayloads>> open_if_compacted(
      Database& database, const std::string& schema = "main");

  // Whether frame `id` is in the chunk that is unpacked.
  bool has(std::int64_t id) const {
    return unpacker_.count() > 0 && first_id_ <= id && id <= last_id_;
  }
  // Unpacks the chunk of frame `id`; payloads given before are gone. What is not there or damaged
  // is an error that names the frame.
  Result<void> load(std::int64_t id);
  // The payload of frame `id`, which is in the chunk; valid until the next load(). Frames are asked
  // for in order: from the one that was loaded on, none left out. nullptr where the chunk has fewer
  // payloads than frames.
  const StoredPayload* next(std::int64_t id);
  Error damaged(std::int64_t id) const;

 private:
  ChunkedPayloads(Database& database, Statement chunk, Statement place)
      : database_(database), chunk_(std::move(chunk)), place_(std::move(place)) {}

  Database& database_;
  Statement chunk_;
  Statement place_;
  PayloadUnpacker unpacker_;
  std::int64_t first_id_ = 0;  // of what is unpacked
  std::int64_t last_id_ = 0;
  bool has_holes_ = false;
  std::size_t index_ = 0;  // of the next payload, where ids have holes
};

// Every record of `frame` in order, with every column that it has and its payload wherever the tape
// keeps it.
class FrameWalk {
 public:
  static Result<std::unique_ptr<FrameWalk>> open(Database& database, const std::string& schema);

  const std::vector<std::string>& columns() const { return columns_; }
  std::size_t payload_column() const { return payload_column_; }

  // False at the end.
  Result<bool> next();
  std::int64_t id() const { return select_.integer(0); }
  // The current record; on a compacted tape its payload's column is NULL.
  const Statement& record() const { return select_; }
  int column(std::size_t index) const { return static_cast<int>(index) + 1; }  // in record()
  const StoredPayload& payload() const { return payload_; }

 private:
  FrameWalk(Database& database, Statement select, std::vector<std::string> columns,
            std::size_t payload_column, std::unique_ptr<ChunkedPayloads> chunks);

  Database& database_;
  Statement select_;  // the id, then columns_
  std::vector<std::string> columns_;
  std::size_t payload_column_;
  std::unique_ptr<ChunkedPayloads> chunks_;
  StoredPayload payload_;
};

}  // namespace tapedeck::sqlite
