// How cursors take a block of records at a time out of SQLite, holding no transaction in between.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/sqlite/database.h"

namespace tapedeck::sqlite {

// Enough to make the seek at a block's beginning cheap, little enough to hold in a cache. The first
// blocks are small: many a cursor is asked for one record alone.
inline constexpr std::size_t kFirstBlockRecords = 8;
inline constexpr std::size_t kBlockRecords = 512;
inline constexpr std::size_t kBlockBytes = std::size_t{1} << 20U;

// The bytes of a block: they may move while it fills, so pieces are looked up once it is full.
class Bytes {
 public:
  void clear() {
    bytes_.clear();
    pieces_.clear();
  }
  void keep(std::string_view bytes) {
    pieces_.emplace_back(bytes_.size(), bytes.size());
    bytes_.append(bytes);
  }
  std::size_t size() const { return bytes_.size(); }
  std::string_view piece(std::size_t index) const {
    const auto [offset, size] = pieces_[index];
    return std::string_view(bytes_).substr(offset, size);
  }

 private:
  std::string bytes_;
  std::vector<std::pair<std::size_t, std::size_t>> pieces_;
};

// What a walk from `id` on goes beyond.
constexpr std::int64_t before(std::int64_t id) {
  return id == std::numeric_limits<std::int64_t>::min() ? id : id - 1;
}

// How far a cursor has come.
struct Progress {
  std::int64_t beyond_id = 0;  // where the next block goes on, exclusive
  std::size_t block_records = kFirstBlockRecords;
  bool is_backward = false;

  bool leads_to(std::int64_t id) const { return is_backward ? id < beyond_id : id > beyond_id; }
};

// In a damaged file ids need not be in order, and whoever goes on from one would come by again.
inline Error out_of_order(const Database& database, std::int64_t id, std::int64_t last_id) {
  return {database.path() + ": has id " + std::to_string(id) + " behind " +
          std::to_string(last_id) +
          ": the file is damaged: see `tapedeck verify`, and restore it from a copy"};
}

// Steps `select`, whose one parameter is the id to go on beyond, through one block. `take` is
// called with each record and gives its id, or nullopt where the block ends before it. An error
// where ids do not go on.
template <class Take>
Result<void> read_block(Database& database, Statement& select, Progress& progress,
                        const Bytes& bytes, Take take) {
  select.add(progress.beyond_id);
  std::size_t records = 0;
  int code = SQLITE_ROW;
  Result<void> result;
  while (records < progress.block_records && bytes.size() < kBlockBytes) {
    code = select.step();
    if (code != SQLITE_ROW) break;
    const std::optional<std::int64_t> id = take(select);
    if (!id) break;
    if (!progress.leads_to(*id)) {
      result = out_of_order(database, *id, progress.beyond_id);
      break;
    }
    progress.beyond_id = *id;
    ++records;
  }
  progress.block_records = std::min(kBlockRecords, 4 * progress.block_records);
  if (code != SQLITE_ROW && code != SQLITE_DONE) result = database.error("read it");
  select.reset();
  return result;
}

// A value as a record has it. A text's bytes are kept in `bytes`; point_at_pieces() then gives
// them.
inline Value take_value(const Statement& row, int column, Bytes& bytes) {
  Value value;
  if (row.type(column) == SQLITE_INTEGER) return Value(Int(row.integer(column)));
  if (row.is_null(column)) return value;
  value.type = Value::Type::text;
  bytes.keep(row.bytes(column));
  return value;
}

}  // namespace tapedeck::sqlite
