// The tapes that an earlier recorder of the same name left behind.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "recorder/coverage.h"
#include "schema/base/result.h"
#include "schema/base/time.h"
#include "schema/normalize.h"
#include "storage/tape.h"

namespace tapedeck {

// Clocks that were put back between two lives: a session that ends after its successor began tells
// of it, and by how much at least.
struct SessionSpan {
  Ns started_ns = 0;
  Ns end_ns = 0;
};
struct PutBack {
  // By so much each session's times, and all before it, are to be moved back so that they come
  // before what follows.
  std::vector<Ns> ahead_ns;
  // The last time that it happened, by the clock of `now_ns`; what lies before is in order, but how
  // long it was nobody knows.
  std::optional<Ns> last_ns;
};
// The oldest first; the next one begins at `now_ns`.
PutBack find_put_back(const std::vector<SessionSpan>& sessions, Ns now_ns);

// All its times are in terms of the clock of its successor.
struct Predecessor {
  std::string path;         // of the newest tape
  std::string outcome;      // `closed`, `interrupted`
  std::string newest_file;  // of the name, also of one that was passed over
  Ns started_ns = 0;
  Ns first_ns = 0;                // the start of the first tape of the name
  Ns last_ns = 0;                 // its last committed frame, or its start when it has none
  std::optional<Ns> put_back_ns;  // when the clock was put back last: PutBack::last_ns
  Ns ahead_ns = 0;                // of its clock, at least: by this all its times were moved back
  std::vector<Gap> gaps;
  std::vector<CursorRecord> cursors;
  struct Tape {
    std::string path;
    Ns ahead_ns = 0;  // of its clock
  };
  std::vector<Tape> tapes;  // all of the name, oldest first
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

// The newest tape of `name` in `directory`, for a session that starts at `now_ns`; one that is
// `open` though nobody writes it becomes `interrupted`. Which is newest is told by what the tapes
// say that they follow, and by their start where they say nothing: a clock that was put back
// deceives only the latter. One whose recorder was killed before its first commit is passed over:
// it knows nothing of what the one before it left behind. Nothing when there is none, or when the
// newest is being written right now.
Result<std::optional<Predecessor>> find_predecessor(const std::string& directory,
                                                    const std::string& name, Ns now_ns);

// Tells what all tapes of the predecessor's name have of `feed` in `tables`, received since
// `since_ns`: tape by tape, table by table, each in order.
using EarlierRows = std::function<void(const EarlierRow& row)>;
Result<void> tell_earlier_rows(const Predecessor& predecessor, std::string_view feed, Ns since_ns,
                               std::span<const TableId> tables, const EarlierRows& told);

}  // namespace tapedeck
