#include "recorder/predecessor.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "storage/tape_reader.h"
#include "storage/tape_writer.h"

namespace tapedeck {
namespace {

std::string file_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// NAME-YYYYMMDDTHHMMSSZ[-N].tape, and not another name that begins alike.
bool is_tape_of(const std::string& path, const std::string& name) {
  const std::string file = file_of(path);
  if (!file.starts_with(name + "-")) return false;
  const std::string stamp = file.substr(name.size() + 1, 16);
  if (stamp.size() != 16 || stamp[8] != 'T' || stamp[15] != 'Z') return false;
  return std::count_if(stamp.begin(), stamp.end(),
                       [](unsigned char c) { return std::isdigit(c) != 0; }) == 14;
}

// Clocks differ, and what is on its way is older than what has arrived.
constexpr Ns kSlackNs = 60 * kNsPerSec;

// Nothing for a file that is no tape, or one of a newer version: it is none of our business.
std::optional<SessionInfo> read_session(const std::string& path) {
  auto reader = open_tape(path);
  if (!reader) return std::nullopt;
  auto session = (*reader)->session();
  return session ? std::optional(std::move(*session)) : std::nullopt;
}

struct Known {
  std::string path;
  std::string follows;  // a file's name
  Ns order_ns = 0;      // its start, but never before that of what it follows
  SessionSpan span;
};

// The oldest first: by their start, and each after the one that it follows.
void put_in_order(std::vector<Known>& known) {
  std::map<std::string, Known*, std::less<>> by_file;
  for (Known& one : known) by_file[file_of(one.path)] = &one;
  // Once for each link of the longest chain; damaged tapes could follow one another in a ring.
  bool has_moved = true;
  for (std::size_t round = 0; has_moved && round < known.size(); ++round) {
    has_moved = false;
    for (Known& one : known) {
      const auto before = by_file.find(one.follows);
      if (before == by_file.end() || before->second->order_ns < one.order_ns) continue;
      one.order_ns = before->second->order_ns + 1;
      has_moved = true;
    }
  }
  std::stable_sort(known.begin(), known.end(),
                   [](const Known& a, const Known& b) { return a.order_ns < b.order_ns; });
}

// Only those that were open need their last frame looked up: the others say when they ended.
Result<void> read_lines(TapeReader& reader, Predecessor& newest) {
  auto connections = reader.connections();
  if (!connections) return connections.error();
  std::set<std::int64_t> open;
  for (const ConnectionInfo& one : *connections) {
    if ((one.opened_ns || one.ready_ns) && !one.closed_ns) open.insert(one.id);
  }
  auto last = reader.last_received(open);
  if (!last) return last.error();
  for (const ConnectionInfo& one : *connections) {
    const auto found = last->find(one.id);
    newest.add_line(one, found == last->end() ? std::nullopt : std::optional(found->second));
  }
  return {};
}

// What the tape says of its end. False when its recorder was killed before its first commit: then
// it knows nothing yet of what the one before it left behind. (The streams are written down after
// that; an earlier build did not name them.)
Result<bool> read_end(Predecessor& newest) {
  auto reader = open_tape(newest.path);
  if (!reader) return reader.error();
  auto session = (*reader)->session();
  if (!session) return session.error();
  newest.outcome = session->outcome;
  auto last = (*reader)->last_frame_ns();
  if (!last) return last.error();
  newest.last_ns = last->value_or(session->started_ns);
  auto gaps = (*reader)->gaps();
  if (!gaps) return gaps.error();
  newest.gaps = std::move(*gaps);
  auto cursors = (*reader)->cursors();
  if (!cursors) return cursors.error();
  newest.cursors = std::move(*cursors);
  if (auto read = read_lines(**reader, newest); !read) return read.error();
  const auto streams = (*reader)->streams();
  if (!streams) return streams.error();
  return newest.outcome != "interrupted" || last->has_value() || !streams->empty();
}

}  // namespace

// What the connections of one endpoint left uncovered, up to the interruption (without an end).
std::vector<Coverage::Hole> Predecessor::holes_of(std::string_view feed,
                                                  std::string_view endpoint) const {
  Coverage coverage;
  std::vector<const Line*> open;
  for (const Line& line : lines) {
    if (line.feed != feed || line.endpoint != endpoint) continue;
    // It is ready once it is known of all its streams; some were received before, perhaps alone.
    coverage.up(line.slot, std::min(line.from_ns, line.last_ns));
    if (line.was_open) {
      open.push_back(&line);
    } else {
      coverage.down(line.slot, line.last_ns);
    }
  }
  // The one that heard something last goes last: it is what the others are measured against.
  std::sort(open.begin(), open.end(),
            [](const Line* a, const Line* b) { return a->last_ns < b->last_ns; });
  std::vector<Coverage::Hole> holes;
  for (const Line* line : open) {
    for (const Coverage::Hole& hole : coverage.down(line->slot, line->last_ns)) {
      holes.push_back(hole);
    }
  }
  return holes;
}

std::vector<Gap> Predecessor::gaps_of(std::string_view feed, std::string_view stream,
                                      std::string_view endpoint) const {
  std::vector<Gap> found;
  std::optional<Gap> rest;
  // A stream may be ready before its connection, which ends the hole.
  const auto has = [&](const Coverage::Hole& hole) {
    return std::any_of(gaps.begin(), gaps.end(), [&](const Gap& gap) {
      return gap.feed == feed && gap.stream == stream && gap.from_ns <= hole.from_ns && gap.to_ns &&
             *gap.to_ns > hole.from_ns;
    });
  };
  for (const Gap& gap : gaps) {
    if (gap.feed != feed || gap.stream != stream || gap.status != GapStatus::open) continue;
    if (!gap.to_ns && gap.cause != GapCause::overload) {
      rest = gap;
      continue;
    }
    found.push_back(gap);
    // The writer that it waited for is gone.
    if (!gap.to_ns) found.back().to_ns = last_ns;
    found.back().detail += "; carried over from " + path;
  }
  if (outcome != "interrupted") return found;

  Gap gap;
  gap.feed = std::string(feed);
  gap.stream = std::string(stream);
  gap.cause = GapCause::restart;
  if (const CursorRecord* cursor = cursor_of(feed, stream)) gap.after_cursor = cursor->value;
  gap.from_ns = last_ns;
  for (const Coverage::Hole& hole : holes_of(feed, endpoint)) {
    if (!hole.to_ns) {
      gap.from_ns = hole.from_ns;
      continue;
    }
    if (has(hole)) continue;
    Gap missed = gap;
    missed.cause = GapCause::disconnect;
    missed.from_ns = hole.from_ns;
    missed.to_ns = hole.to_ns;
    missed.floor_ns = std::max(started_ns, hole.from_ns - kSlackNs);
    // The cursor has moved on since with what another connection brought.
    missed.after_cursor.reset();
    missed.detail = "a connection that seemed alive was dead; the tape is " + path;
    found.push_back(std::move(missed));
  }
  gap.floor_ns = std::max(started_ns, gap.from_ns - kSlackNs);
  gap.detail = "the recorder was interrupted; its tape is " + path;
  if (ahead_ns > 0) {
    gap.detail += "; the clock was put back since then, by at least " +
                  std::to_string((ahead_ns + kNsPerSec - 1) / kNsPerSec) +
                  " s: how long it was is not known";
  }
  if (rest) {
    gap.from_ns = rest->from_ns;
    gap.floor_ns = rest->floor_ns;
    gap.after_cursor = rest->after_cursor;
    gap.detail += "; it had lost the stream before: " + rest->detail;
  }
  found.push_back(std::move(gap));
  return found;
}

const CursorRecord* Predecessor::cursor_of(std::string_view feed, std::string_view stream) const {
  for (const CursorRecord& cursor : cursors) {
    if (cursor.feed == feed && cursor.stream == stream) return &cursor;
  }
  return nullptr;
}

void Predecessor::add_line(const ConnectionInfo& connection, std::optional<Ns> heard_ns) {
  const bool was_open = !connection.closed_ns;
  const std::optional<Ns> from_ns =
      connection.ready_ns || !was_open ? connection.ready_ns : connection.opened_ns;
  if (!from_ns) return;
  lines.push_back({connection.feed, connection.endpoint, connection.slot, *from_ns,
                   heard_ns.value_or(connection.closed_ns.value_or(*from_ns)), was_open});
}

void Predecessor::move_back(Ns by) {
  if (by == 0) return;
  ahead_ns += by;
  started_ns -= by;
  last_ns -= by;
  for (Gap& gap : gaps) {
    gap.from_ns -= by;
    gap.floor_ns -= by;
    if (gap.to_ns) *gap.to_ns -= by;
  }
  for (CursorRecord& cursor : cursors) cursor.recv_ns -= by;
  for (Line& line : lines) {
    line.from_ns -= by;
    line.last_ns -= by;
  }
}

PutBack find_put_back(const std::vector<SessionSpan>& sessions, Ns now_ns) {
  PutBack found;
  found.ahead_ns.resize(sessions.size());
  Ns next_ns = now_ns;
  Ns moved_ns = 0;
  for (std::size_t i = sessions.size(); i-- > 0;) {
    const Ns ahead_ns = std::max<Ns>(sessions[i].end_ns - next_ns, 0);
    if (ahead_ns > 0 && !found.last_ns) found.last_ns = next_ns;
    found.ahead_ns[i] = moved_ns += ahead_ns;
    next_ns = sessions[i].started_ns;
  }
  return found;
}

Result<std::optional<Predecessor>> find_predecessor(const std::string& directory,
                                                    const std::string& name, Ns now_ns) {
  struct stat info {};
  if (stat(directory.c_str(), &info) != 0) return std::optional<Predecessor>();
  auto listed = list_tapes(directory);
  if (!listed) return listed.error();
  std::vector<Known> known;
  for (const std::string& path : *listed) {
    if (!is_tape_of(path, name)) continue;
    auto session = read_session(path);
    if (!session) continue;
    if (session->outcome == "open") {
      if (auto marked = mark_interrupted(path); !marked) return marked.error();
      session = read_session(path);
      if (!session) continue;
    }
    const Ns started_ns = session->started_ns;
    known.push_back(
        {path, session->follows, started_ns, {started_ns, session->ended_ns.value_or(started_ns)}});
  }
  put_in_order(known);
  std::vector<SessionSpan> spans;
  for (const Known& one : known) spans.push_back(one.span);
  const PutBack put_back = find_put_back(spans, now_ns);

  std::vector<Predecessor::Tape> tapes;
  for (std::size_t i = 0; i < known.size(); ++i) {
    tapes.push_back({known[i].path, put_back.ahead_ns[i]});
  }
  for (std::size_t i = known.size(); i-- > 0;) {
    Predecessor newest;
    newest.path = known[i].path;
    newest.started_ns = known[i].span.started_ns;
    auto has_begun = read_end(newest);
    if (!has_begun) return has_begun.error();
    if (newest.outcome == "open") return std::optional<Predecessor>();  // somebody is writing it
    if (!*has_begun) continue;
    newest.move_back(put_back.ahead_ns[i]);
    newest.first_ns = spans.front().started_ns - put_back.ahead_ns.front();
    newest.put_back_ns = put_back.last_ns;
    newest.newest_file = file_of(known.back().path);
    newest.tapes = std::move(tapes);
    return std::optional<Predecessor>(std::move(newest));
  }
  return std::optional<Predecessor>();
}

Result<void> tell_earlier_rows(const Predecessor& predecessor, std::string_view feed, Ns since_ns,
                               std::span<const TableId> tables, const EarlierRows& told) {
  if (tables.empty()) return {};
  for (const auto& [path, ahead_ns] : predecessor.tapes) {
    auto reader = open_tape(path);
    if (!reader) return reader.error();
    for (const TableId table : tables) {
      auto rows = (*reader)->rows_since(table, since_ns + ahead_ns);
      if (!rows) return rows.error();
      TapeRow row;
      for (;;) {
        auto more = (*rows)->next(row);
        if (!more) return more.error();
        if (!*more) break;
        const Ns recv_ns = row.recv_ns - ahead_ns;
        if (row.feed != feed || recv_ns < since_ns) continue;
        told({table, row.origin, recv_ns, row.event_ns, row.values});
      }
    }
  }
  return {};
}

}  // namespace tapedeck
