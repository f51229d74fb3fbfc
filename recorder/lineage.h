// The tapes of one name, and what of them goes on in the next one.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recorder/predecessor.h"
#include "schema/base/result.h"
#include "schema/base/time.h"
#include "schema/normalize.h"

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

// A stream goes on from each tape that recorded it, that nobody is writing, and from which no later
// one went on with it. Mostly that is the newest tape; an older one where a later session left the
// stream out, or ran beside it. So what a tape left behind is carried over once, however long
// after.
struct Lineage {
  struct Tape {
    std::string path;
    Ns ahead_ns = 0;  // of its clock, over that of the session that begins now
  };
  std::vector<Tape> tapes;          // all of the name, oldest first
  std::string newest_file;          // that nobody is writing; "": there is none
  std::vector<std::string> beside;  // files that are being written right now
  Ns first_ns = 0;                  // the start of the first tape of the name
  std::optional<Ns> put_back_ns;    // when the clock was put back last: PutBack::last_ns

  using Stream = std::pair<std::string, std::string>;  // feed, stream
  struct End {
    Predecessor tape;
    std::optional<std::set<Stream>> streams;  // that it recorded; absent: it does not name them
    std::set<Stream> taken;                   // later tapes went on with these

    bool goes_on(std::string_view feed, std::string_view stream) const;
  };
  std::vector<End> ends;  // oldest first

  // What goes on for one stream, over all its ends: Predecessor::gaps_of. At most one gap has no
  // end: it begins with the earliest loss.
  std::vector<Gap> gaps_of(std::string_view feed, std::string_view stream,
                           std::string_view endpoint) const;
  // The one that moved last; nullptr: there is none.
  const CursorRecord* cursor_of(std::string_view feed, std::string_view stream) const;
  // The earliest start of the tapes from which streams of `feed` go on; `first_ns`: there are none.
  Ns started_ns(std::string_view feed) const;
};

// The tapes of `name` in `directory`, for a session of `feeds` that starts at `now_ns`; those that
// are `open` though nobody writes them become `interrupted`. Their order is told by what they say
// that they follow, and by their start where they say nothing: a clock that was put back deceives
// only the latter. One whose recorder was killed before its first commit went on from nothing.
Result<Lineage> find_lineage(const std::string& directory, const std::string& name, Ns now_ns,
                             const std::vector<std::string>& feeds);

// Tells what all tapes of the name have of `feed` in `tables`, received since `since_ns`: tape by
// tape, table by table, each in order.
using EarlierRows = std::function<void(const EarlierRow& row)>;
Result<void> tell_earlier_rows(const Lineage& lineage, std::string_view feed, Ns since_ns,
                               std::span<const TableId> tables, const EarlierRows& told);

}  // namespace tapedeck
