#include "storage/sqlite/cursors.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "storage/sqlite/blocks.h"
#include "storage/sqlite/layout.h"

namespace tapedeck::sqlite {
namespace {

class Frames final : public FrameCursor {
 public:
  Frames(std::shared_ptr<Database> database, Statement select,
         std::shared_ptr<ChunkedPayloads> chunks, std::int64_t from_id)
      : database_(std::move(database)),
        select_(std::move(select)),
        chunks_(std::move(chunks)),
        progress_{before(from_id)} {}

  Result<bool> next(FrameRecord& frame) override {
    if (at_ == block_.size()) {
      if (auto filled = fill(); !filled) return filled.error();
      if (block_.empty()) return false;
    }
    frame = block_[at_];
    if (frame.opcode == kUnknown) {
      return Error{database_->path() + ": frame " + std::to_string(frame.id) +
                   " has an unknown direction or opcode: the file is damaged"};
    }
    ++at_;
    return true;
  }

 private:
  static constexpr auto kUnknown = static_cast<Opcode>(0);

  static Opcode opcode_of(std::int64_t code) {
    for (const Opcode opcode :
         {Opcode::text, Opcode::binary, Opcode::close, Opcode::ping, Opcode::pong}) {
      if (static_cast<std::int64_t>(opcode) == code) return opcode;
    }
    return kUnknown;
  }

  static FrameRecord record_of(const Statement& row) {
    FrameRecord frame;
    frame.id = row.integer(0);
    frame.connection_id = row.integer(1);
    frame.recv_ns = row.integer(2);
    const std::string_view direction = row.bytes(3);
    frame.direction = direction == "out" ? Direction::out : Direction::in;
    const bool is_known = frame.direction == Direction::out || direction == "in";
    frame.opcode = is_known ? opcode_of(row.integer(4)) : kUnknown;
    return frame;
  }

  Result<void> fill() {
    at_ = 0;
    block_.clear();
    bytes_.clear();
    if (chunks_ != nullptr) return fill_from_chunk();
    auto read = read_block(*database_, select_, progress_, bytes_, [this](const Statement& row) {
      bytes_.keep(row.bytes(5));
      FrameRecord& frame = block_.emplace_back(record_of(row));
      frame.is_blob = row.type(5) == SQLITE_BLOB;
      return frame.id;
    });
    for (std::size_t i = 0; i < block_.size(); ++i) block_[i].payload = bytes_.piece(i);
    return read;
  }

  // A block of a compacted tape is of one chunk, whose payloads it shows where they are.
  Result<void> fill_from_chunk() {
    Result<void> unpacked;
    const auto take = [&](const Statement& row) -> std::optional<std::int64_t> {
      FrameRecord frame = record_of(row);
      if (!chunks_->has(frame.id)) {
        if (!block_.empty()) return std::nullopt;
        if (unpacked = chunks_->load(frame.id); !unpacked) return std::nullopt;
      }
      const StoredPayload* payload = chunks_->next(frame.id);
      if (payload == nullptr) {
        unpacked = chunks_->damaged(frame.id);
        return std::nullopt;
      }
      frame.payload = payload->bytes;
      frame.is_blob = payload->is_blob;
      block_.push_back(frame);
      return frame.id;
    };
    auto read = read_block(*database_, select_, progress_, bytes_, take);
    return read && block_.empty() ? unpacked : read;
  }

  std::shared_ptr<Database> database_;  // outlives the statement
  Statement select_;
  std::shared_ptr<ChunkedPayloads> chunks_;  // nullptr: a plain tape
  Progress progress_;
  std::vector<FrameRecord> block_;
  std::size_t at_ = 0;
  Bytes bytes_;  // of the block, where payloads are not in chunks
};

class Rows final : public RowCursor {
 public:
  Rows(std::shared_ptr<Database> database, Statement select, std::size_t columns, Progress from)
      : database_(std::move(database)),
        select_(std::move(select)),
        columns_(columns),
        progress_(from) {}

  Result<bool> next(TapeRow& row) override {
    if (at_ == block_.size()) {
      if (auto filled = fill(); !filled) return filled.error();
      if (block_.empty()) return false;
    }
    row = block_[at_++];
    return true;
  }

 private:
  Result<void> fill() {
    at_ = 0;
    block_.clear();
    values_.clear();
    bytes_.clear();
    auto result = read_block(*database_, select_, progress_, bytes_, [this](const Statement& row) {
      TapeRow taken;
      taken.id = row.integer(0);
      taken.frame_id = row.optional_integer(1);
      taken.request_id = row.optional_integer(2);
      bytes_.keep(row.bytes(3));
      const auto origin = parse_origin(row.bytes(4));
      taken.origin = origin.value_or(Origin::live);
      taken.is_origin_known = origin.has_value();
      taken.recv_ns = row.integer(5);
      taken.event_ns = row.optional_integer(6);
      for (std::size_t i = 0; i < columns_; ++i) {
        values_.push_back(take_value(row, kCommonColumns + static_cast<int>(i), bytes_));
      }
      block_.push_back(taken);
      return taken.id;
    });
    point_at_bytes();
    return result;
  }

  // In the order in which the block was taken: a row's feed, then its texts.
  void point_at_bytes() {
    std::size_t piece = 0;
    std::size_t value = 0;
    for (TapeRow& row : block_) {
      row.feed = bytes_.piece(piece++);
      row.values = std::span(values_).subspan(value, columns_);
      for (std::size_t end = value + columns_; value < end; ++value) {
        if (values_[value].type == Value::Type::text) values_[value].text = bytes_.piece(piece++);
      }
    }
  }

  std::shared_ptr<Database> database_;  // outlives the statement
  Statement select_;
  std::size_t columns_;
  Progress progress_;
  std::vector<TapeRow> block_;
  std::vector<Value> values_;
  std::size_t at_ = 0;
  Bytes bytes_;
};

}  // namespace

Result<std::unique_ptr<FrameCursor>> make_frame_cursor(std::shared_ptr<Database> database,
                                                       std::shared_ptr<ChunkedPayloads> chunks,
                                                       std::int64_t from_id) {
  auto select = database->prepare(
      "SELECT id, connection_id, recv_ns, direction, opcode, payload FROM frame WHERE id > ?"
      " ORDER BY id");
  if (!select) return select.error();
  return std::unique_ptr<FrameCursor>(std::make_unique<Frames>(
      std::move(database), std::move(*select), std::move(chunks), from_id));
}

Result<std::unique_ptr<RowCursor>> make_row_cursor(std::shared_ptr<Database> database,
                                                   const Table& table, RowScan scan,
                                                   bool with_values, std::int64_t beyond_id) {
  auto select = database->prepare(select_rows_sql(table, scan, with_values));
  if (!select) return select.error();
  const Progress from{beyond_id, kFirstBlockRecords, scan == RowScan::backward};
  return std::unique_ptr<RowCursor>(std::make_unique<Rows>(
      std::move(database), std::move(*select), with_values ? table.columns.size() : 0, from));
}

}  // namespace tapedeck::sqlite
