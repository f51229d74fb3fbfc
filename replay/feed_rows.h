// Where one feed's rows of one table are on one tape, by time.
#pragma once

#include <cstdint>
#include <limits>
#include <stop_token>
#include <string>
#include <vector>

#include "schema/base/result.h"
#include "schema/recall.h"
#include "storage/tape_reader.h"

namespace tapedeck {

// The error of a search that was told to stop.
Error stopped();

// An index in memory: a place for every few hundred rows of frames, and each row that came over
// REST. Made by one walk over the table, and carried on where the tape has grown. For one thread.
class FeedRows {
 public:
  // The references outlive it. `with_ids`: rows are kept by Recall::id_of() as well.
  FeedRows(TapeReader& reader, std::string feed, TableId table, const Recall& recall, bool with_ids)
      : reader_(reader),
        feed_(std::move(feed)),
        table_(table),
        recall_(recall),
        with_ids_(with_ids) {}

  TapeReader& reader() const { return reader_; }
  const std::string& feed() const { return feed_; }
  TableId table() const { return table_; }

  // Takes in what was recorded since the last time, or as much of it as there was time for.
  Result<void> update(const std::stop_token& stop);

  // The rows of frames up to `t` on the tape: how many they are, and the id below which they lie.
  struct Bound {
    std::int64_t id = kFirstId;
    std::int64_t count = 0;
  };
  Result<Bound> frame_rows_upto(Ns t);

  // A row that came over REST exists from its receipt on; what a gap-fill recovered from its
  // event's time on (recovered_from_ns()).
  struct Requested {
    Ns at_ns = 0;
    std::int64_t id = 0;
    friend auto operator<=>(const Requested&, const Requested&) = default;
  };
  const std::vector<Requested>& requested() const { return requested_; }  // sorted
  std::size_t requested_upto(Ns t) const;

  // How long after its own time, and how long before it, any of these events came at most.
  Ns lag_max_ns() const { return lag_max_ns_; }
  Ns lead_max_ns() const { return lead_max_ns_; }

  struct Identified {
    std::int64_t event_id = 0;
    Ns at_ns = 0;
    std::int64_t id = 0;
    friend auto operator<=>(const Identified&, const Identified&) = default;
  };
  const std::vector<Identified>& identified() const { return identified_; }  // sorted

 private:
  struct Mark {
    std::int64_t id = 0;     // of the row that follows
    std::int64_t count = 0;  // rows of frames before it
    Ns max_ns = 0;           // the latest receipt before it
  };
  // A row that came over REST.
  struct Fresh {
    std::int64_t id = 0;
    std::size_t identified = 0;  // where it is in identified_, with_ids
  };
  void take(const TapeRow& row, std::vector<Fresh>& fresh);
  Result<void> place(const std::vector<Fresh>& fresh);
  void compare(Int event_ns, Ns at_ns);

  TapeReader& reader_;
  const std::string feed_;
  const TableId table_;
  const Recall& recall_;
  const bool with_ids_;
  std::vector<Mark> marks_;
  std::vector<Requested> requested_;
  std::vector<Identified> identified_;
  std::int64_t next_id_ = kFirstId;
  std::int64_t count_ = 0;
  Ns lag_max_ns_ = 0;
  Ns lead_max_ns_ = 0;
  Ns max_ns_ = std::numeric_limits<Ns>::min();
};

}  // namespace tapedeck
