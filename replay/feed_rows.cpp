#include "replay/feed_rows.h"

#include <algorithm>

#include "replay/recovered.h"

namespace tapedeck {

namespace {

constexpr std::int64_t kRowsAMark = 256;
constexpr Ns kNsMax = std::numeric_limits<Ns>::max();

}  // namespace

Error stopped() {
  return Error{"the search was broken off"};
}

Result<void> FeedRows::update(const std::stop_token& stop) {
  auto cursor =
      with_ids_ ? reader_.rows_from(table_, next_id_) : reader_.row_heads(table_, next_id_);
  if (!cursor) return cursor.error();
  const std::size_t identified = identified_.size();
  std::vector<Fresh> fresh;
  TapeRow row;
  while (!stop.stop_requested()) {
    const auto more = (*cursor)->next(row);
    if (!more) return more.error();
    if (!*more) break;
    next_id_ = row.id + 1;
    if (row.feed == feed_) take(row, fresh);
  }
  if (!fresh.empty()) {
    if (auto placed = place(fresh); !placed) return placed;
    std::sort(requested_.begin(), requested_.end());
  }
  if (identified_.size() != identified) std::sort(identified_.begin(), identified_.end());
  if (stop.stop_requested()) return stopped();
  return {};
}

void FeedRows::take(const TapeRow& row, std::vector<Fresh>& fresh) {
  if (row.frame_id) {
    if (count_ % kRowsAMark == 0) marks_.push_back({row.id, count_, max_ns_});
    ++count_;
    max_ns_ = std::max(max_ns_, row.recv_ns);
    compare(row.event_ns, row.recv_ns);
  } else {
    fresh.push_back({row.id, identified_.size()});
  }
  if (!with_ids_) return;
  RecordedRow recorded;
  recorded.table = &table_of(table_);
  recorded.values = row.values;
  identified_.push_back({recall_.id_of(recorded), max_ns_, row.id});
}

// They are read once more, whole, since their streams are told by their columns: they are few.
Result<void> FeedRows::place(const std::vector<Fresh>& fresh) {
  const auto gaps = reader_.gaps();
  if (!gaps) return gaps.error();
  std::unique_ptr<RowCursor> cursor;
  TapeRow row;
  for (const Fresh& one : fresh) {
    if (!cursor || row.id + 1 != one.id) {
      auto there = reader_.rows_from(table_, one.id);
      if (!there) return there.error();
      cursor = std::move(*there);
    }
    const auto found = cursor->next(row);
    if (!found) return found.error();
    if (!*found) return Error{reader_.path() + ": a row that was there is gone"};
    Ns at_ns = row.recv_ns;
    if (row.origin == Origin::gapfill)
      at_ns = recovered_from_ns(*gaps, row, table_of(table_), &recall_);
    requested_.push_back({at_ns, row.id});
    compare(row.event_ns, at_ns);
    if (with_ids_) identified_[one.identified].at_ns = at_ns;
  }
  return {};
}

// A time of the event's own may be anything, also so far away that the difference is no Ns.
void FeedRows::compare(Int event_ns, Ns at_ns) {
  if (!event_ns) return;
  Ns lag_ns = 0;
  if (__builtin_sub_overflow(at_ns, *event_ns, &lag_ns)) {
    lag_ns = *event_ns < 0 ? kNsMax : -kNsMax;
  }
  lag_max_ns_ = std::max(lag_max_ns_, lag_ns);
  lead_max_ns_ = std::max(lead_max_ns_, -std::max(lag_ns, -kNsMax));
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
