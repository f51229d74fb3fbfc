#include "replay/feed_rows.h"

#include <algorithm>

namespace tapedeck {

namespace {

constexpr std::int64_t kRowsAMark = 256;

}  // namespace

Ns FeedRows::time_of_requested(const TapeRow& row) {
  if (row.origin != Origin::gapfill) return row.recv_ns;
  return std::min(row.event_ns.value_or(row.recv_ns), row.recv_ns);
}

Result<void> FeedRows::update() {
  auto cursor =
      ids_ != nullptr ? reader_.rows_from(table_, next_id_) : reader_.row_heads(table_, next_id_);
  if (!cursor) return cursor.error();
  const std::size_t requested = requested_.size();
  const std::size_t identified = identified_.size();
  TapeRow row;
  while (true) {
    const auto more = (*cursor)->next(row);
    if (!more) return more.error();
    if (!*more) break;
    next_id_ = row.id + 1;
    if (row.feed == feed_) take(row);
  }
  if (requested_.size() != requested) std::sort(requested_.begin(), requested_.end());
  if (identified_.size() != identified) std::sort(identified_.begin(), identified_.end());
  return {};
}

void FeedRows::take(const TapeRow& row) {
  Ns at_ns = 0;
  if (row.frame_id) {
    if (count_ % kRowsAMark == 0) marks_.push_back({row.id, count_, max_ns_});
    ++count_;
    at_ns = max_ns_ = std::max(max_ns_, row.recv_ns);
  } else {
    at_ns = time_of_requested(row);
    requested_.push_back({at_ns, row.id});
  }
  if (ids_ == nullptr) return;
  RecordedRow recorded;
  recorded.table = &table_of(table_);
  recorded.values = row.values;
  identified_.push_back({ids_->id_of(recorded), at_ns, row.id});
}

Result<FeedRows::Bound> FeedRows::frame_rows_upto(Ns t) {
  // The last mark before which everything was received by then.
  auto mark = std::upper_bound(marks_.begin(), marks_.end(), t,
                               [](Ns at, const Mark& m) { return at < m.max_ns; });
  if (mark == marks_.begin()) return Bound{};
  --mark;
  auto cursor = reader_.row_heads(table_, mark->id);
  if (!cursor) return cursor.error();
  Bound bound{mark->id, mark->count};
  TapeRow row;
  while (bound.count < count_) {
    const auto more = (*cursor)->next(row);
    if (!more) return more.error();
    if (!*more) break;
    if (row.feed != feed_ || !row.frame_id) continue;
    if (row.recv_ns > t) break;
    bound.id = row.id + 1;
    ++bound.count;
  }
  return bound;
}

std::size_t FeedRows::requested_upto(Ns t) const {
  const auto after = std::upper_bound(requested_.begin(), requested_.end(), t,
                                      [](Ns at, const Requested& r) { return at < r.at_ns; });
  return static_cast<std::size_t>(after - requested_.begin());
}

}  // namespace tapedeck
