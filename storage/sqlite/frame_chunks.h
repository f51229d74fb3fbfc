// Where a compacted tape keeps its payloads (docs/TAPE_FORMAT.md, "Compacted tapes").
#pragma once

#include <cstdint>
#include <limits>
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
  // The next frame asked for may be any.
  void rewind();
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

// Frames by id, both ends included.
struct IdRange {
  std::int64_t first = std::numeric_limits<std::int64_t>::min();
  std::int64_t last = std::numeric_limits<std::int64_t>::max();
};

// The columns of `frame`, whatever they are, without its payload.
Result<std::vector<std::string>> frame_columns(Database& database, const std::string& schema);

// Records of `frame` in order, each with its payload wherever the tape keeps it.
class FrameWalk {
 public:
  // `columns` are other ones than the payload. Must not outlive `database`.
  static Result<std::unique_ptr<FrameWalk>> open(Database& database, const std::string& schema,
                                                 const std::vector<std::string>& columns,
                                                 IdRange ids = {});

  // False at the end.
  Result<bool> next();
  std::int64_t id() const { return select_.integer(0); }
  // The current record: its id, then the columns.
  const Statement& record() const { return select_; }
  const StoredPayload& payload() const { return payload_; }

 private:
  FrameWalk(Database& database, Statement select, int payload_column,
            std::unique_ptr<ChunkedPayloads> chunks);

  Database& database_;
  Statement select_;  // the record, then its payload
  int payload_column_;
  std::unique_ptr<ChunkedPayloads> chunks_;
  StoredPayload payload_;
};

}  // namespace tapedeck::sqlite
