#include "replay/row_walk.h"

#include <algorithm>

#include "schema/base/text.h"
#include "schema/row_json.h"

namespace tapedeck {

Result<void> RowWalk::start(std::int64_t frame_id, Ns from) {
  // Read before the tables are: what a recorder adds meanwhile is looked for again.
  const auto last = reader_.last_frame_id();
  if (!last) return last.error();
  settled_id_ = last->value_or(0);
  for (std::size_t i = 0; i < kTableCount; ++i) {
    Head& head = heads_[i];
    head.table = &all_tables()[i];
    const auto first = reader_.first_row_at(head.table->id, frame_id, from);
    if (!first) return first.error();
    const auto from_id = *first ? Result<std::int64_t>(**first) : id_after_all(head.table->id);
    if (!from_id) return from_id.error();
    auto cursor = reader_.rows_from(head.table->id, *from_id);
    if (!cursor) return cursor.error();
    head.cursor = std::move(*cursor);
    do {
      if (auto moved = advance(head); !moved) return moved;
    } while (head.has_row &&
             (head.row.frame_id ? *head.row.frame_id < frame_id : head.row.recv_ns < from));
  }
  return {};
}

Result<bool> RowWalk::next(std::int64_t frame_id, Ns now, WalkedRow& row) {
  if (auto left = leave_taken(); !left) return left.error();
  if (auto looked = look_again(frame_id); !looked) return looked.error();
  for (Head& head : heads_) {
    if (!head.has_row) continue;
    const bool is_due =
        head.row.frame_id ? *head.row.frame_id <= frame_id : head.row.recv_ns <= now;
    if (!is_due) continue;
    taken_ = &head;
    row = {head.table, head.row};
    return true;
  }
  return false;
}

Result<std::optional<Ns>> RowWalk::next_request_ns() {
  if (auto left = leave_taken(); !left) return left.error();
  std::optional<Ns> first;
  for (const Head& head : heads_) {
    if (!head.has_row || head.row.frame_id) continue;
    if (!first || head.row.recv_ns < *first) first = head.row.recv_ns;
  }
  return first;
}

// Where the table goes on once it has grown.
Result<std::int64_t> RowWalk::id_after_all(TableId table) {
  auto cursor = reader_.rows_before(table, kAllFrames);
  if (!cursor) return cursor.error();
  TapeRow last;
  const auto found = (*cursor)->next(last);
  if (!found) return found.error();
  return *found ? last.id + 1 : kFirstId;
}

Result<void> RowWalk::leave_taken() {
  if (taken_ == nullptr) return {};
  Head& head = *taken_;
  taken_ = nullptr;
  return advance(head);
}

Result<void> RowWalk::advance(Head& head) {
  do {
    const auto more = head.cursor->next(head.row);
    if (!more) return more.error();
    head.has_row = *more;
  } while (head.has_row && is_left_out(head.row));
  return {};
}

bool RowWalk::is_left_out(const TapeRow& row) const {
  if (without_filled_ && row.request_id && row.origin == Origin::gapfill) return true;
  return !endpoints_.includes(row.feed);
}

// A recorder commits a frame with its rows: a table that had none left may have them now.
Result<void> RowWalk::look_again(std::int64_t frame_id) {
  if (frame_id <= settled_id_ || frame_id == kAllFrames) return {};
  const auto last = reader_.last_frame_id();
  if (!last) return last.error();
  settled_id_ = std::max(frame_id, last->value_or(0));
  for (Head& head : heads_) {
    if (head.has_row) continue;
    if (auto moved = advance(head); !moved) return moved;
  }
  return {};
}

void append_row_message(std::string& out, const WalkedRow& walked,
                        std::optional<std::uint32_t> tape, JsonDoc& scratch) {
  const TapeRow& row = walked.row;
  out.append(R"({"t":"row","table":")").append(walked.table->name).append("\"");
  if (tape) append_number_member(out, "tape", *tape);
  append_number_member(out, "id", row.id);
  append_number_member(out, "frame_id", row.frame_id);
  append_number_member(out, "request_id", row.request_id);
  out += ",\"feed\":";
  append_json_string(out, row.feed);
  out.append(R"(,"origin":")").append(to_string(row.origin)).append("\"");
  append_number_member(out, "recv_ns", row.recv_ns);
  append_number_member(out, "event_ns", row.event_ns);
  append_row_members(out, *walked.table, row.values, scratch);
  out += '}';
}

}  // namespace tapedeck
