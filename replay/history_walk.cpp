#include "replay/history_walk.h"

namespace tapedeck {

Result<std::int64_t> HistoryWalk::count_upto(const std::vector<FeedRows*>& rows, Ns t) {
  std::int64_t count = 0;
  for (FeedRows* one : rows) {
    const auto bound = one->frame_rows_upto(t);
    if (!bound) return bound.error();
    count += bound->count + static_cast<std::int64_t>(one->requested_upto(t));
  }
  return count;
}

Result<std::unique_ptr<HistoryWalk>> HistoryWalk::back(const std::vector<FeedRows*>& rows,
                                                       Ns from) {
  std::unique_ptr<HistoryWalk> walk(new HistoryWalk(true));
  for (FeedRows* one : rows) {
    const auto bound = one->frame_rows_upto(from);
    if (!bound) return bound.error();
    Lane lane;
    lane.rows = one;
    lane.left = bound->count;
    lane.end = one->requested_upto(from);
    lane.requested = lane.end - 1;  // none: wraps past `end`
    auto cursor = one->reader().rows_before(one->table(), bound->id);
    if (!cursor) return cursor.error();
    lane.cursor = std::move(*cursor);
    walk->number_ += lane.left + static_cast<std::int64_t>(lane.end);
    walk->lanes_.push_back(std::move(lane));
  }
  ++walk->number_;
  for (Lane& lane : walk->lanes_) {
    if (auto moved = advance(lane); !moved) return moved.error();
  }
  return walk;
}

Result<std::unique_ptr<HistoryWalk>> HistoryWalk::forth(const std::vector<FeedRows*>& rows, Ns from,
                                                        Ns until) {
  std::unique_ptr<HistoryWalk> walk(new HistoryWalk(false));
  for (FeedRows* one : rows) {
    const auto begin = one->frame_rows_upto(from);
    if (!begin) return begin.error();
    const auto end = one->frame_rows_upto(until);
    if (!end) return end.error();
    Lane lane;
    lane.rows = one;
    lane.left = end->count - begin->count;
    lane.first = lane.requested = one->requested_upto(from);
    lane.end = one->requested_upto(until);
    auto cursor = one->reader().rows_from(one->table(), begin->id);
    if (!cursor) return cursor.error();
    lane.cursor = std::move(*cursor);
    walk->number_ += begin->count + static_cast<std::int64_t>(lane.first);
    walk->lanes_.push_back(std::move(lane));
  }
  for (Lane& lane : walk->lanes_) {
    if (auto moved = advance(lane); !moved) return moved.error();
  }
  return walk;
}

Result<void> HistoryWalk::advance(Lane& lane) {
  lane.has_head = false;
  if (lane.left <= 0) return {};
  do {
    const auto more = lane.cursor->next(lane.head);
    if (!more) return more.error();
    if (!*more) return {};
  } while (lane.head.feed != lane.rows->feed() || !lane.head.frame_id);
  lane.has_head = true;
  --lane.left;
  return {};
}

// At one time, rows of frames come first (and newest first they come last).
bool HistoryWalk::peek(const Lane& lane, Ns& at_ns, bool& is_requested) const {
  is_requested = lane.has_requested();
  if (is_requested) at_ns = lane.rows->requested()[lane.requested].at_ns;
  if (!lane.has_head) return is_requested;
  const bool is_frame_first = !is_requested || comes_before(lane.head.recv_ns, at_ns) ||
                              (lane.head.recv_ns == at_ns && !newest_first_);
  if (is_frame_first) {
    at_ns = lane.head.recv_ns;
    is_requested = false;
  }
  return true;
}

// Neighbours in time mostly are neighbours on the tape.
Result<void> HistoryWalk::read_requested(Lane& lane) const {
  const std::int64_t id = lane.rows->requested()[lane.requested].id;
  if (!lane.requested_cursor || lane.requested_row.id + 1 != id) {
    auto cursor = lane.rows->reader().rows_from(lane.rows->table(), id);
    if (!cursor) return cursor.error();
    lane.requested_cursor = std::move(*cursor);
  }
  const auto found = lane.requested_cursor->next(lane.requested_row);
  if (!found) return found.error();
  if (*found && lane.requested_row.id == id) return {};
  return Error{lane.rows->reader().path() + ": row " + std::to_string(id) + " of " +
               std::string(table_of(lane.rows->table()).name) + " is gone"};
}

Result<bool> HistoryWalk::next(Item& item) {
  if (taken_ != nullptr) {
    if (auto moved = advance(*taken_); !moved) return moved.error();
    taken_ = nullptr;
  }
  Lane* first = nullptr;
  Ns first_ns = 0;
  bool is_first_requested = false;
  for (Lane& lane : lanes_) {
    Ns at_ns = 0;
    bool is_requested = false;
    if (!peek(lane, at_ns, is_requested)) continue;
    if (first != nullptr && !comes_before(at_ns, first_ns)) continue;
    first = &lane;
    first_ns = at_ns;
    is_first_requested = is_requested;
  }
  if (first == nullptr) return false;
  number_ += newest_first_ ? -1 : 1;
  item = {&first->rows->reader(), first->head, first_ns, number_};
  if (!is_first_requested) {
    taken_ = first;
    return true;
  }
  if (auto read = read_requested(*first); !read) return read.error();
  item.row = first->requested_row;
  newest_first_ ? --first->requested : ++first->requested;
  return true;
}

}  // namespace tapedeck
