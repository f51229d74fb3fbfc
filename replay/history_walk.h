// One feed's rows of one table over all tapes, live and gap-filled, in the order of time.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "replay/feed_rows.h"
#include "schema/base/result.h"
#include "storage/tape_reader.h"

namespace tapedeck {

class HistoryWalk {
 public:
  // `rows`: one a tape; they outlive the walk. Newest first it begins with what existed at `from`,
  // else with the first that came after `from`, and ends with what existed at `until`.
  static Result<std::unique_ptr<HistoryWalk>> back(const std::vector<FeedRows*>& rows, Ns from);
  static Result<std::unique_ptr<HistoryWalk>> forth(const std::vector<FeedRows*>& rows, Ns from,
                                                    Ns until);
  // How many rows existed at `t`.
  static Result<std::int64_t> count_upto(const std::vector<FeedRows*>& rows, Ns t);

  struct Item {
    TapeReader* reader = nullptr;
    TapeRow row;
    Ns at_ns = 0;             // from when on it exists
    std::int64_t number = 0;  // which one it is, from 1
  };
  // Views live until the next call. False at the end.
  Result<bool> next(Item& item);

 private:
  struct Lane {
    FeedRows* rows = nullptr;
    // Rows of frames.
    std::unique_ptr<RowCursor> cursor;
    TapeRow head;
    bool has_head = false;
    std::int64_t left = 0;
    // Rows that came over REST: next is `requested`, of those from `first` to before `end`.
    std::size_t requested = 0;
    std::size_t first = 0;
    std::size_t end = 0;
    std::unique_ptr<RowCursor> requested_cursor;
    TapeRow requested_row;

    bool has_requested() const { return requested >= first && requested < end; }
  };

  explicit HistoryWalk(bool newest_first) : newest_first_(newest_first) {}
  static Result<void> advance(Lane& lane);
  // The lane's next item: its time, and whether it came over REST. False when there is none.
  bool peek(const Lane& lane, Ns& at_ns, bool& is_requested) const;
  Result<void> read_requested(Lane& lane) const;
  bool comes_before(Ns a, Ns b) const { return newest_first_ ? a > b : a < b; }

  bool newest_first_;
  std::vector<Lane> lanes_;
  std::int64_t number_ = 0;
  Lane* taken_ = nullptr;  // its head was handed out
};

}  // namespace tapedeck
