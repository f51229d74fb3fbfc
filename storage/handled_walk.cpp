#include "storage/handled_walk.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace tapedeck {

Result<void> HandledWalk::start() {
  const auto session = tape_.session();
  if (!session) return session.error();
  pos_ns_ = session->started_ns;
  auto outlines = tape_.request_outlines();
  if (!outlines) return outlines.error();
  for (RequestInfo& outline : *outlines) {
    // Those that were never answered, and all of a tape that does not say.
    const bool is_placed = outline.after_frame_id != 0;
    (is_placed ? placed_ : unplaced_).push_back(std::move(outline));
  }
  // Those that were handled after the same frame follow each other in time, as for `verify`.
  std::stable_sort(placed_.begin(), placed_.end(), [](const RequestInfo& a, const RequestInfo& b) {
    return std::pair(a.after_frame_id, a.recv_ns) < std::pair(b.after_frame_id, b.recv_ns);
  });
  std::stable_sort(
      unplaced_.begin(), unplaced_.end(),
      [](const RequestInfo& a, const RequestInfo& b) { return time_of(a) < time_of(b); });
  auto cursor = tape_.frames(kFirstId);
  if (!cursor) return cursor.error();
  cursor_ = std::move(*cursor);
  auto more = cursor_->next(ahead_);
  if (!more) return more.error();
  has_ahead_ = *more;
  return {};
}

const RequestInfo* HandledWalk::due() const {
  if (next_placed_ < placed_.size() &&
      (!has_ahead_ || placed_[next_placed_].after_frame_id < ahead_.id)) {
    return &placed_[next_placed_];
  }
  if (next_unplaced_ < unplaced_.size() &&
      (!has_ahead_ || time_of(unplaced_[next_unplaced_]) <= ahead_.recv_ns)) {
    return &unplaced_[next_unplaced_];
  }
  return nullptr;
}

Result<void> HandledWalk::take(std::int64_t request_id) {
  auto request = tape_.request(request_id);
  if (!request) return request.error();
  if (!*request) {
    return Error{tape_.path() + ": request " + std::to_string(request_id) + " has just vanished"};
  }
  request_ = std::move(**request);
  pos_ns_ = std::max(pos_ns_, time_of(request_));
  return {};
}

Result<bool> HandledWalk::next() {
  // The frame that was handed out lived in the cursor until now.
  if (is_frame_) {
    auto more = cursor_->next(ahead_);
    if (!more) return more.error();
    has_ahead_ = *more;
    is_frame_ = false;
  }
  if (const RequestInfo* request = due()) {
    const bool is_placed = next_placed_ < placed_.size() && request == &placed_[next_placed_];
    ++(is_placed ? next_placed_ : next_unplaced_);
    if (auto taken = take(request->id); !taken) return taken.error();
    return true;
  }
  if (!has_ahead_) return false;
  is_frame_ = true;
  frame_ = ahead_;
  pos_ns_ = std::max(pos_ns_, frame_.recv_ns);
  return true;
}

}  // namespace tapedeck
