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

}  // namespace

Result<std::optional<Predecessor>> find_predecessor(const std::string& directory,
                                                    const std::string& name) {
  struct stat info {};
  if (stat(directory.c_str(), &info) != 0) return std::optional<Predecessor>();
  auto tapes = list_tapes(directory);
  if (!tapes) return tapes.error();

  std::optional<Predecessor> newest;
  Ns newest_started = 0;
  for (const std::string& path : *tapes) {
    if (!is_tape_of(path, name)) continue;
    // A file that is no tape, or one of a newer version, is none of our business.
    auto reader = open_tape(path);
    if (!reader) continue;
    auto session = (*reader)->session();
    if (!session || (newest && session->started_ns < newest_started)) continue;
    newest_started = session->started_ns;
    auto last = (*reader)->last_frame_ns();
    if (!last) return last.error();
    newest =
        Predecessor{path, session->outcome == "interrupted", last->value_or(session->started_ns)};
  }
  if (!newest) return newest;
  auto marked = mark_interrupted(newest->path);
  if (!marked) return marked.error();
  newest->was_interrupted = newest->was_interrupted || *marked;
  return newest;
}

}  // namespace tapedeck
