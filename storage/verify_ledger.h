// What `verify` says of gaps, cursors and the times of connections. For storage/verify.cpp alone.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "storage/row_judge.h"
#include "storage/tape.h"

namespace tapedeck {

// Whether this version knows the feed, or the tape has recorded it.
using HasFeed = std::function<bool(const std::string& feed)>;

// `is_closed`: so was the tape, and each gap must have its end.
void check_gaps(const std::vector<Gap>& gaps, bool is_closed, const HasFeed& has_feed,
                Findings& findings);
void check_cursors(const std::vector<CursorRecord>& cursors, const HasFeed& has_feed,
                   Findings& findings);

// No gap can have recovered more rows than its requests gave. `rows`: by request. Where requests do
// not say for which gap they were made, all of the feed's count.
void check_recovered(const std::vector<Gap>& gaps, const RequestMap& requests,
                     const std::unordered_map<std::int64_t, std::int64_t>& rows, bool has_gap_ids,
                     Findings& findings);

// Frames before the opening of their connection or after its close. Memory grows with connections.
class FramesOutside {
 public:
  void take(const FrameRecord& frame, const ConnectionInfo& connection);
  void report(Findings& findings) const;

 private:
  struct Outside {
    std::int64_t first_frame = 0;
    std::int64_t count = 0;
  };
  std::map<std::pair<std::int64_t, bool>, Outside> outside_;  // by connection, and whether early
};

}  // namespace tapedeck
