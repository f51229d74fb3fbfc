#include "recorder/lineage.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <map>

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

struct Known {
  std::string path;
  std::string file;
  std::string follows;                             // a file
  std::optional<std::vector<std::string>> beside;  // files; absent: an earlier build did not say
  Ns order_ns = 0;  // its start, but never before that of what it follows
  SessionSpan span;
  bool is_open = false;  // somebody is writing it
  // False when its recorder was killed before its first commit: then it carried nothing over. (The
  // streams are written down after that.)
  bool has_begun = false;
  std::optional<std::set<Lineage::Stream>> streams;  // absent: an earlier build did not name them
  Result<void> read;                                 // of the two above

  // Of the oldest tapes so many had ended when it began, but for those that it was beside. Another
  // that began in the same moment it may not have seen.
  std::size_t seen = 0;

  // `other`, the one at `index`, had ended when it began.
  bool is_after(std::size_t index, const Known& other) const {
    const bool is_beside =
        beside && std::find(beside->begin(), beside->end(), other.file) != beside->end();
    return index < seen && !is_beside;
  }
  bool has(const Lineage::Stream& stream) const { return !streams || streams->contains(stream); }
};

Result<void> read_streams(TapeReader& reader, Known& known) {
  auto streams = reader.streams();
  if (!streams) return streams.error();
  auto last = reader.last_frame_ns();
  if (!last) return last.error();
  known.has_begun = known.has_begun || last->has_value() || !streams->empty();
  if (streams->empty()) return {};
  known.streams.emplace();
  for (StreamInfo& one : *streams) {
    known.streams->emplace(std::move(one.feed), std::move(one.stream));
  }
  return {};
}

// Nothing for a file that is no tape, or one of a newer version: it is none of our business.
std::optional<Known> look_at(const std::string& path) {
  auto reader = open_tape(path);
  if (!reader) return std::nullopt;
  auto session = (*reader)->session();
  if (!session) return std::nullopt;
  Known known;
  known.path = path;
  known.file = file_of(path);
  known.follows = std::move(session->follows);
  known.beside = std::move(session->beside);
  known.order_ns = session->started_ns;
  known.span = {session->started_ns, session->ended_ns.value_or(session->started_ns)};
  known.is_open = session->outcome == "open";
  known.has_begun = session->outcome == "closed";
  known.read = read_streams(**reader, known);
  return known;
}

Result<std::vector<Known>> find_known(const std::string& directory, const std::string& name) {
  std::vector<Known> known;
  struct stat info {};
  if (stat(directory.c_str(), &info) != 0) return known;
  auto listed = list_tapes(directory);
  if (!listed) return listed.error();
  for (const std::string& path : *listed) {
    if (!is_tape_of(path, name)) continue;
    auto one = look_at(path);
    if (one && one->is_open) {
      if (auto marked = mark_interrupted(path); !marked) return marked.error();
      one = look_at(path);
    }
    if (one) known.push_back(std::move(*one));
  }
  return known;
}

// The oldest first: by their start, and each after those that were there when it began.
void put_in_order(std::vector<Known>& known) {
  std::map<std::string, Known*, std::less<>> by_file;
  for (Known& one : known) by_file[one.file] = &one;
  bool has_moved = true;
  const auto put_after = [&](Known& one, const std::string& file) {
    const auto before = by_file.find(file);
    if (before == by_file.end() || before->second->order_ns < one.order_ns) return;
    one.order_ns = before->second->order_ns + 1;
    has_moved = true;
  };
  // Once for each link of the longest chain; damaged tapes could follow one another in a ring.
  for (std::size_t round = 0; has_moved && round < known.size(); ++round) {
    has_moved = false;
    for (Known& one : known) {
      put_after(one, one.follows);
      if (!one.beside) continue;
      for (const std::string& file : *one.beside) put_after(one, file);
    }
  }
  std::stable_sort(known.begin(), known.end(),
                   [](const Known& a, const Known& b) { return a.order_ns < b.order_ns; });
  std::map<std::string, std::size_t, std::less<>> ended;
  for (std::size_t i = 0; i < known.size(); ++i) {
    const auto newest = ended.find(known[i].follows);
    const bool is_first = known[i].beside && known[i].follows.empty();
    known[i].seen = newest != ended.end() ? newest->second + 1 : is_first ? 0 : i;
    ended.emplace(known[i].file, i);
  }
}

// That two sessions ran side by side tells nothing of a clock: what the earlier one recorded after
// the next one's start is taken for a part of the last one that began meanwhile.
std::vector<SessionSpan> spans_of(const std::vector<Known>& known) {
  std::vector<SessionSpan> spans;
  for (const Known& one : known) spans.push_back(one.span);
  for (std::size_t i = 0; i < known.size(); ++i) {
    const auto last =
        std::find_if(known.rbegin(), known.rend() - static_cast<std::ptrdiff_t>(i) - 1,
                     [&](const Known& one) { return !one.is_after(i, known[i]); });
    const auto j = static_cast<std::size_t>(known.rend() - last) - 1;
    if (j == i) continue;
    spans[j].end_ns = std::max(spans[j].end_ns, known[i].span.end_ns);
    spans[i].end_ns =
        std::min(spans[i].end_ns, std::max(spans[i].started_ns, spans[i + 1].started_ns));
  }
  return spans;
}

// Those that went on from `known[i]`, with the streams that they have.
std::vector<const Known*> takers_of(const std::vector<Known>& known, std::size_t i) {
  std::vector<const Known*> takers;
  for (std::size_t j = i + 1; j < known.size(); ++j) {
    const Known& later = known[j];
    if (later.has_begun && later.is_after(i, known[i])) takers.push_back(&later);
  }
  return takers;
}

// Nothing when all that it recorded of `feeds` went on in others.
std::optional<Lineage::End> end_of(const Known& one, const std::vector<const Known*>& takers,
                                   const std::vector<std::string>& feeds) {
  if (one.is_open || !one.has_begun) return std::nullopt;
  Lineage::End end;
  if (!one.streams) {
    for (const Known* taker : takers) {
      if (!taker->streams) return std::nullopt;
      end.taken.insert(taker->streams->begin(), taker->streams->end());
    }
    return end;
  }
  end.streams.emplace();
  for (const Lineage::Stream& stream : *one.streams) {
    const bool is_asked_for = std::find(feeds.begin(), feeds.end(), stream.first) != feeds.end();
    const bool is_taken = std::any_of(takers.begin(), takers.end(),
                                      [&](const Known* taker) { return taker->has(stream); });
    if (is_asked_for && !is_taken) end.streams->insert(stream);
  }
  return end.streams->empty() ? std::nullopt : std::optional(std::move(end));
}

Result<std::vector<Lineage::End>> find_ends(const std::vector<Known>& known,
                                            const std::vector<std::string>& feeds) {
  std::vector<Lineage::End> ends;
  for (std::size_t i = 0; i < known.size(); ++i) {
    const std::vector<const Known*> takers = takers_of(known, i);
    // An old tape that is damaged must not keep anybody from recording.
    if (!known[i].read && takers.empty()) return known[i].read.error();
    auto end = end_of(known[i], takers, feeds);
    if (!end) continue;
    auto tape = read_predecessor(known[i].path);
    if (!tape) return tape.error();
    end->tape = std::move(*tape);
    ends.push_back(std::move(*end));
  }
  return ends;
}

}  // namespace

bool Lineage::End::goes_on(std::string_view feed, std::string_view stream) const {
  const Stream named(feed, stream);
  return (!streams || streams->contains(named)) && !taken.contains(named);
}

std::vector<Gap> Lineage::gaps_of(std::string_view feed, std::string_view stream,
                                  std::string_view endpoint) const {
  std::vector<Gap> found;
  std::optional<Gap> rest;
  for (const End& end : ends) {
    if (!end.goes_on(feed, stream)) continue;
    for (Gap& gap : end.tape.gaps_of(feed, stream, endpoint)) {
      if (gap.to_ns) {
        found.push_back(std::move(gap));
      } else if (!rest) {
        rest = std::move(gap);
      } else {
        // Recorders that ran side by side, and were both interrupted.
        if (gap.from_ns < rest->from_ns) std::swap(gap, *rest);
        rest->floor_ns = std::min(rest->floor_ns, gap.floor_ns);
        rest->detail += "; " + gap.detail;
      }
    }
  }
  if (rest) found.push_back(std::move(*rest));
  return found;
}

const CursorRecord* Lineage::cursor_of(std::string_view feed, std::string_view stream) const {
  const CursorRecord* newest = nullptr;
  for (const End& end : ends) {
    if (!end.goes_on(feed, stream)) continue;
    const CursorRecord* cursor = end.tape.cursor_of(feed, stream);
    if (cursor == nullptr) continue;
    if (newest == nullptr || cursor->recv_ns >= newest->recv_ns) newest = cursor;
  }
  return newest;
}

Ns Lineage::started_ns(std::string_view feed) const {
  std::optional<Ns> earliest;
  for (const End& end : ends) {
    const bool has_feed =
        !end.streams || std::any_of(end.streams->begin(), end.streams->end(),
                                    [&](const Stream& stream) { return stream.first == feed; });
    if (has_feed) earliest = std::min(earliest.value_or(end.tape.started_ns), end.tape.started_ns);
  }
  return earliest.value_or(first_ns);
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

Result<Lineage> find_lineage(const std::string& directory, const std::string& name, Ns now_ns,
                             const std::vector<std::string>& feeds) {
  auto found = find_known(directory, name);
  if (!found) return found.error();
  std::vector<Known>& known = *found;
  put_in_order(known);
  const std::vector<SessionSpan> spans = spans_of(known);
  const PutBack put_back = find_put_back(spans, now_ns);
  auto ends = find_ends(known, feeds);
  if (!ends) return ends.error();

  Lineage lineage;
  lineage.ends = std::move(*ends);
  lineage.put_back_ns = put_back.last_ns;
  if (!known.empty()) lineage.first_ns = spans.front().started_ns - put_back.ahead_ns.front();
  for (std::size_t i = 0; i < known.size(); ++i) {
    const Ns ahead_ns = put_back.ahead_ns[i];
    lineage.tapes.push_back({known[i].path, ahead_ns});
    for (Lineage::End& end : lineage.ends) {
      if (end.tape.path == known[i].path) end.tape.move_back(ahead_ns);
    }
    if (known[i].is_open) {
      lineage.beside.push_back(known[i].file);
    } else {
      lineage.newest_file = known[i].file;
    }
  }
  return lineage;
}

Result<void> tell_earlier_rows(const Lineage& lineage, std::string_view feed, Ns since_ns,
                               std::span<const TableId> tables, const EarlierRows& told) {
  if (tables.empty()) return {};
  for (const auto& [path, ahead_ns] : lineage.tapes) {
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
