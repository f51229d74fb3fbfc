#include "recorder/predecessor.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "storage/tape_reader.h"
#include "storage/tape_writer.h"

namespace tapedeck {
namespace {

// NAME-YYYYMMDDTHHMMSSZ[-N].tape, and not another name that begins alike.
bool is_tape_of(const std::string& path, const std::string& name) {
  const std::string file = path.substr(path.rfind('/') + 1);
  if (!file.starts_with(name + "-")) return false;
  const std::string stamp = file.substr(name.size() + 1, 16);
  if (stamp.size() != 16 || stamp[8] != 'T' || stamp[15] != 'Z') return false;
  return std::count_if(stamp.begin(), stamp.end(),
                       [](unsigned char c) { return std::isdigit(c) != 0; }) == 14;
}

// Clocks differ, and what is on its way is older than what has arrived.
constexpr Ns kSlackNs = 60 * kNsPerSec;

// Only those that were open need their last frame looked up: the others say when they ended.
Result<void> read_lines(TapeReader& reader, Predecessor& newest) {
  auto connections = reader.connections();
  if (!connections) return connections.error();
  std::set<std::int64_t> open;
  for (const ConnectionInfo& one : *connections) {
    if (one.ready_ns && !one.closed_ns) open.insert(one.id);
  }
  auto last = reader.last_received(open);
  if (!last) return last.error();
  for (const ConnectionInfo& one : *connections) {
    if (!one.ready_ns) continue;
    const auto found = last->find(one.id);
    const Ns last_ns = found == last->end() ? one.closed_ns.value_or(*one.ready_ns) : found->second;
    newest.lines.push_back(
        {one.feed, one.endpoint, one.slot, *one.ready_ns, last_ns, !one.closed_ns});
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
    coverage.up(line.slot, line.ready_ns);
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
  const auto has = [&](const Coverage::Hole& hole) {
    return std::any_of(gaps.begin(), gaps.end(), [&](const Gap& gap) {
      return gap.feed == feed && gap.stream == stream && gap.from_ns <= hole.from_ns && gap.to_ns &&
             *gap.to_ns >= *hole.to_ns;
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

Result<std::optional<Predecessor>> find_predecessor(const std::string& directory,
                                                    const std::string& name) {
  struct stat info {};
  if (stat(directory.c_str(), &info) != 0) return std::optional<Predecessor>();
  auto tapes = list_tapes(directory);
  if (!tapes) return tapes.error();

  struct Known {
    std::string path;
    Ns started_ns = 0;
  };
  std::vector<Known> known;
  for (const std::string& path : *tapes) {
    if (!is_tape_of(path, name)) continue;
    // A file that is no tape, or one of a newer version, is none of our business.
    auto reader = open_tape(path);
    if (!reader) continue;
    auto session = (*reader)->session();
    if (session) known.push_back({path, session->started_ns});
  }
  if (known.empty()) return std::optional<Predecessor>();
  std::stable_sort(known.begin(), known.end(),
                   [](const Known& a, const Known& b) { return a.started_ns < b.started_ns; });

  std::vector<std::string> paths;
  for (const Known& one : known) paths.push_back(one.path);
  for (; !known.empty(); known.pop_back()) {
    Predecessor newest;
    newest.path = known.back().path;
    newest.started_ns = known.back().started_ns;
    auto marked = mark_interrupted(newest.path);
    if (!marked) return marked.error();
    auto has_begun = read_end(newest);
    if (!has_begun) return has_begun.error();
    if (newest.outcome == "open") return std::optional<Predecessor>();  // somebody is writing it
    if (!*has_begun) continue;
    newest.paths = std::move(paths);
    return std::optional<Predecessor>(std::move(newest));
  }
  return std::optional<Predecessor>();
}

Result<void> remember_rows(const Predecessor& predecessor, std::string_view feed, Ns since_ns,
                           Normalizer& normalizer) {
  if (normalizer.remembered_tables().empty()) return {};
  for (const std::string& path : predecessor.paths) {
    auto reader = open_tape(path);
    if (!reader) return reader.error();
    for (const TableId table : normalizer.remembered_tables()) {
      auto rows = (*reader)->rows_since(table, since_ns);
      if (!rows) return rows.error();
      TapeRow row;
      for (;;) {
        auto more = (*rows)->next(row);
        if (!more) return more.error();
        if (!*more) break;
        if (row.feed != feed || row.recv_ns < since_ns) continue;
        normalizer.remember({table, row.origin, row.recv_ns, row.event_ns, row.values});
      }
    }
  }
  return {};
}

}  // namespace tapedeck
