// Reads one tape, also while it is being written: each call sees the last commit.
// Not thread-safe: open one reader per thread. Errors name the tape.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "schema/base/result.h"
#include "storage/tape.h"

namespace tapedeck {

// As a `from_id`: from the first one that there is. Ids of a recorder of ours begin with 1.
inline constexpr std::int64_t kFirstId = std::numeric_limits<std::int64_t>::min();

// Walks frames in order of receipt. Views in the frame live until the next call.
class FrameCursor {
 public:
  virtual ~FrameCursor() = default;
  // False at the end. A frame whose direction or opcode there is not is an error, as it is for
  // every cursor when ids do not go on: the file is damaged.
  virtual Result<bool> next(FrameRecord& frame) = 0;
};

struct TapeRow {
  std::int64_t id = 0;
  std::optional<std::int64_t> frame_id;
  std::optional<std::int64_t> request_id;
  std::string_view feed;
  Origin origin = Origin::live;
  bool is_origin_known = true;  // else the tape has another word there
  Ns recv_ns = 0;
  Int event_ns;
  std::span<const Value> values;  // in the order of Table::columns
};

// Walks one table's rows by id. Views live until the next call.
class RowCursor {
 public:
  virtual ~RowCursor() = default;
  virtual Result<bool> next(TapeRow& row) = 0;
};

// Walks one table as it stands on the tape, whatever columns it has, by its key. Views live until
// the next call.
class RecordCursor {
 public:
  virtual ~RecordCursor() = default;
  virtual const std::vector<std::string>& columns() const = 0;
  // `values` in the order of columns(). What is neither NULL nor INTEGER is given as text.
  virtual Result<bool> next(std::span<const Value>& values) = 0;
};

struct Count {
  std::string feed;
  std::string what;
  std::int64_t count = 0;
};

class TapeReader {
 public:
  virtual ~TapeReader() = default;

  virtual const std::string& path() const = 0;
  virtual std::int64_t file_bytes() const = 0;  // write-ahead log included
  virtual bool is_being_written() const = 0;    // a recorder holds its lock now

  // From here on every call and cursor sees the tape as it is now. A recorder goes on meanwhile,
  // but its write-ahead log grows until this reader is gone.
  virtual Result<void> pin() = 0;
  // What SQLite's own check of the file finds, at most `max` lines; none when all is well.
  virtual Result<std::vector<std::string>> integrity_check(std::size_t max) = 0;

  virtual Result<SessionInfo> session() = 0;
  virtual Result<std::vector<ConnectionInfo>> connections() = 0;
  virtual Result<std::vector<Gap>> gaps() = 0;
  virtual Result<std::vector<CursorRecord>> cursors() = 0;
  // In the order in which it was found; none on a tape of a recorder that did not look for it.
  virtual Result<std::vector<DriftRecord>> drift() = 0;
  virtual Result<std::vector<RequestInfo>> requests() = 0;
  virtual Result<std::optional<RequestInfo>> request(std::int64_t id) = 0;
  // As requests(), without their bodies, which may be large.
  virtual Result<std::vector<RequestInfo>> request_outlines() = 0;
  // By feed and name; empty on a tape that an earlier build wrote.
  virtual Result<std::vector<StreamInfo>> streams() = 0;

  virtual Result<std::int64_t> frame_count() = 0;
  // Frames by feed and `in text`, `out ping`, … ; rows by feed and table; `unparsed` rows by feed
  // and reason.
  virtual Result<std::vector<Count>> frame_counts() = 0;
  virtual Result<std::vector<Count>> row_counts() = 0;
  virtual Result<std::vector<Count>> unparsed_counts() = 0;

  // The least id of a frame received at `t` or later, in O(log n); nullopt when there is none.
  // Where the wall clock stepped back it is the first such frame that the halving meets.
  virtual Result<std::optional<std::int64_t>> first_frame_at(Ns t) = 0;
  // When each of these connections last received a frame; those that never did are left out. Walks
  // back from the end until it has met them all.
  virtual Result<std::map<std::int64_t, Ns>> last_received(std::set<std::int64_t> connections) = 0;
  // The last frame's receipt, its id; nullopt on a tape without frames.
  virtual Result<std::optional<Ns>> last_frame_ns() = 0;
  virtual Result<std::optional<std::int64_t>> last_frame_id() = 0;

  // Frames with id >= `from_id`.
  virtual Result<std::unique_ptr<FrameCursor>> frames(std::int64_t from_id) = 0;
  virtual Result<std::unique_ptr<RowCursor>> rows(TableId table) = 0;
  // From the first row that was received at `t` or later; found as first_frame_at() does.
  virtual Result<std::unique_ptr<RowCursor>> rows_since(TableId table, Ns t) = 0;

  // Every table but `frame`, by name, and the records of one of them.
  virtual Result<std::vector<std::string>> tables() = 0;
  virtual Result<std::unique_ptr<RecordCursor>> records(const std::string& table) = 0;
  // Rows with id >= `from_id`, by id.
  virtual Result<std::unique_ptr<RowCursor>> rows_from(TableId table, std::int64_t from_id) = 0;
  // Rows with id < `before_id`, the last one first.
  virtual Result<std::unique_ptr<RowCursor>> rows_before(TableId table, std::int64_t before_id) = 0;
  // As rows_from(), with the common columns alone: `values` is empty.
  virtual Result<std::unique_ptr<RowCursor>> row_heads(TableId table, std::int64_t from_id) = 0;
  // Those that came over REST (request_id is not NULL), by id. Walks the whole table.
  virtual Result<std::unique_ptr<RowCursor>> requested_rows(TableId table) = 0;

  // The least id of a row that was decoded from frame `frame_id` or a later one or, where it came
  // over REST, received at `recv_ns` or later, in O(log n); nullopt when there is none. Where the
  // wall clock stepped back it is the first such row that the halving meets.
  virtual Result<std::optional<std::int64_t>> first_row_at(TableId table, std::int64_t frame_id,
                                                           Ns recv_ns) = 0;
};

// Refuses what is no tape and what a newer version wrote, each with a message that says so.
Result<std::unique_ptr<TapeReader>> open_tape(const std::string& path);

// Every `*.tape` in `directory`, by name, which is by start for one recorder's name. A file without
// any content is no tape yet: one is just being made, or its recorder was killed while it was.
Result<std::vector<std::string>> list_tapes(const std::string& directory);

}  // namespace tapedeck
