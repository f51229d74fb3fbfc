// What an earlier recorder of the same name left behind on its tape.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "recorder/coverage.h"
#include "schema/base/result.h"
#include "schema/base/time.h"
#include "storage/tape.h"

namespace tapedeck {

// What one tape leaves behind for the next one. All its times are in terms of the clock of the
// session that goes on from it.
struct Predecessor {
  std::string path;
  std::string outcome;  // `closed`, `interrupted`
  Ns started_ns = 0;
  Ns last_ns = 0;   // its last committed frame, or its start when it has none
  Ns ahead_ns = 0;  // of its clock, at least: by this all its times were moved back
  std::vector<Gap> gaps;
  std::vector<CursorRecord> cursors;
  // Its connections that were ever ready, in order, each with the last frame that it received; also
  // one that was open when the recorder was interrupted, and may have had some of its streams.
  struct Line {
    std::string feed;
    std::string endpoint;
    int slot = 0;
    Ns from_ns = 0;
    Ns last_ns = 0;
    bool was_open = false;  // when the recorder was interrupted
  };
  std::vector<Line> lines;

  // What goes on in the next tape for one stream: its open gaps and, after an interruption, what
  // nobody covered since: the time from the last frame on (or the rest of a gap that had no end),
  // and what a connection that was dead already, but not found so, had seemed to cover.
  std::vector<Gap> gaps_of(std::string_view feed, std::string_view stream,
                           std::string_view endpoint) const;
  const CursorRecord* cursor_of(std::string_view feed, std::string_view stream) const;

  // `heard_ns`: of the last frame that it received, where that is known.
  void add_line(const ConnectionInfo& connection, std::optional<Ns> heard_ns);
  // Its clock was ahead by so much.
  void move_back(Ns by);

 private:
  std::vector<Coverage::Hole> holes_of(std::string_view feed, std::string_view endpoint) const;
};

Result<Predecessor> read_predecessor(const std::string& path);

}  // namespace tapedeck
