#include "recorder/predecessor.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>

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

// What the tape says of its end.
Result<void> read_end(Predecessor& newest) {
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
  return {};
}

}  // namespace

std::vector<Gap> Predecessor::gaps_of(std::string_view feed, std::string_view stream) const {
  std::vector<Gap> found;
  std::optional<Gap> rest;
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
  gap.from_ns = last_ns;
  gap.floor_ns = std::max(started_ns, last_ns - kSlackNs);
  if (const CursorRecord* cursor = cursor_of(feed, stream)) gap.after_cursor = cursor->value;
  gap.detail = "the recorder was interrupted; its tape is " + path;
  if (rest) {
    gap.from_ns = rest->from_ns;
    gap.floor_ns = rest->floor_ns;
    gap.after_cursor = rest->after_cursor;
    gap.detail += "; it had lost the stream before: " + rest->detail;
  }
  gap.cause = GapCause::restart;
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

  Predecessor newest;
  newest.path = known.back().path;
  newest.started_ns = known.back().started_ns;
  for (const Known& one : known) newest.paths.push_back(one.path);
  auto marked = mark_interrupted(newest.path);
  if (!marked) return marked.error();
  if (auto read = read_end(newest); !read) return read.error();
  if (newest.outcome == "open") return std::optional<Predecessor>();  // somebody is writing it
  return std::optional<Predecessor>(std::move(newest));
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
