#include "recorder/predecessor.h"

#include <algorithm>
#include <set>
#include <utility>

#include "storage/tape_reader.h"

namespace tapedeck {
namespace {

// Clocks differ, and what is on its way is older than what has arrived.
constexpr Ns kSlackNs = 60 * kNsPerSec;

// Only those that were open need their last frame looked up: the others say when they ended.
Result<void> read_lines(TapeReader& reader, Predecessor& tape) {
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
    tape.add_line(one, found == last->end() ? std::nullopt : std::optional(found->second));
  }
  return {};
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

Result<Predecessor> read_predecessor(const std::string& path) {
  Predecessor tape;
  tape.path = path;
  auto reader = open_tape(path);
  if (!reader) return reader.error();
  auto session = (*reader)->session();
  if (!session) return session.error();
  tape.outcome = session->outcome;
  tape.started_ns = session->started_ns;
  auto last = (*reader)->last_frame_ns();
  if (!last) return last.error();
  tape.last_ns = last->value_or(session->started_ns);
  auto gaps = (*reader)->gaps();
  if (!gaps) return gaps.error();
  tape.gaps = std::move(*gaps);
  auto cursors = (*reader)->cursors();
  if (!cursors) return cursors.error();
  tape.cursors = std::move(*cursors);
  if (auto read = read_lines(**reader, tape); !read) return read.error();
  return tape;
}

}  // namespace tapedeck
