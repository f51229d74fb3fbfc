// The rows of one tape, all tables merged, in step with a walk over its frames.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>

#include "replay/block.h"
#include "schema/base/result.h"
#include "storage/tape_reader.h"

namespace tapedeck {

// A row and the table that it stands in. Views live until the next call of the walk.
struct WalkedRow {
  const Table* table = nullptr;
  TapeRow row;
};

// Rows of a frame come with it; one that came over REST comes when its answer was received. Within
// a table the order is by id. Holds one block of each table, whatever the tape's length. For one
// thread.
class RowWalk {
 public:
  // Leaves out the rows of feeds that `endpoints` leaves out and, `without_filled`, those that a
  // gap-fill recovered.
  RowWalk(TapeReader& reader, const EndpointTable& endpoints, bool without_filled = false)
      : reader_(reader), endpoints_(endpoints), without_filled_(without_filled) {}

  static constexpr std::int64_t kAllFrames = std::numeric_limits<std::int64_t>::max();

  // Begins with the rows of frame `frame_id`, and with those received over REST at `from` or later.
  Result<void> start(std::int64_t frame_id, Ns from);

  // The next row of frame `frame_id` or an earlier one, or received over REST by `now`. False when
  // there is none.
  Result<bool> next(std::int64_t frame_id, Ns now, WalkedRow& row);

  // When the next row comes that came over REST, as far as it is known by now.
  Result<std::optional<Ns>> next_request_ns();

 private:
  struct Head {
    const Table* table = nullptr;
    std::unique_ptr<RowCursor> cursor;
    TapeRow row;
    bool has_row = false;
  };

  Result<std::int64_t> id_after_all(TableId table);
  Result<void> advance(Head& head);
  Result<void> leave_taken();
  bool is_left_out(const TapeRow& row) const;
  Result<void> look_again(std::int64_t frame_id);

  TapeReader& reader_;
  const EndpointTable& endpoints_;
  const bool without_filled_;
  std::array<Head, kTableCount> heads_;
  Head* taken_ = nullptr;        // its row was handed out: it moves on the next call
  std::int64_t settled_id_ = 0;  // tables at their end have no rows of frames up to this one
};

// `{"t":"row","table":…,…}`. `tape`: with several tapes, which one it is of.
void append_row_message(std::string& out, const WalkedRow& walked,
                        std::optional<std::uint32_t> tape, JsonDoc& scratch);

}  // namespace tapedeck
