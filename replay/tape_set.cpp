#include "replay/tape_set.h"

#include <algorithm>
#include <filesystem>
#include <set>

namespace tapedeck {

Originations originations_of(const std::vector<ConnectionInfo>& connections,
                             EndpointTable& endpoints) {
  Originations found;
  for (const ConnectionInfo& connection : connections) {
    found[connection.id] = {endpoints.intern(connection.feed, connection.endpoint),
                            connection.slot};
  }
  return found;
}

namespace {

Result<std::vector<std::string>> expand(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(path, ignored)) {
      files.push_back(path);
      continue;
    }
    auto listed = list_tapes(path);
    if (!listed) return listed.error();
    if (listed->empty()) return Error{path + ": no tapes (*.tape) in this directory"};
    files.insert(files.end(), listed->begin(), listed->end());
  }
  if (files.empty()) return Error{"no tape given: name a *.tape file or a directory of them"};
  return files;
}

Result<TapeSet::Tape> open_one(const std::string& path) {
  auto reader = open_tape(path);
  if (!reader) return reader.error();
  TapeSet::Tape tape;
  tape.reader = std::move(*reader);
  auto session = tape.reader->session();
  if (!session) return session.error();
  tape.session = std::move(*session);
  auto connections = tape.reader->connections();
  if (!connections) return connections.error();
  tape.connections = std::move(*connections);
  const auto last = tape.reader->last_frame_ns();
  if (!last) return last.error();
  tape.end_ns = std::max(tape.session.started_ns, last->value_or(tape.session.started_ns));
  return tape;
}

}  // namespace

Result<std::unique_ptr<TapeSet>> TapeSet::open(const std::vector<std::string>& paths,
                                               EndpointTable& endpoints) {
  auto files = expand(paths);
  if (!files) return files.error();
  auto set = std::make_unique<TapeSet>();
  for (const std::string& file : *files) {
    auto tape = open_one(file);
    if (!tape) return tape.error();
    set->tapes_.push_back(std::move(*tape));
  }
  std::sort(set->tapes_.begin(), set->tapes_.end(), [](const Tape& a, const Tape& b) {
    if (a.session.started_ns != b.session.started_ns)
      return a.session.started_ns < b.session.started_ns;
    return a.reader->path() < b.reader->path();
  });
  set->start_ns_ = set->tapes_.front().session.started_ns;
  set->end_ns_ = set->start_ns_;
  for (const Tape& tape : set->tapes_) {
    set->end_ns_ = std::max(set->end_ns_, tape.end_ns);
    for (const ConnectionInfo& connection : tape.connections)
      endpoints.intern(connection.feed, connection.endpoint);
  }
  return set;
}

bool TapeSet::has_feed(std::string_view feed) const {
  return std::any_of(tapes_.begin(), tapes_.end(), [&](const Tape& tape) {
    return std::any_of(tape.connections.begin(), tape.connections.end(),
                       [&](const ConnectionInfo& connection) { return connection.feed == feed; });
  });
}

std::vector<std::string> TapeSet::feeds() const {
  std::set<std::string> names;
  for (const Tape& tape : tapes_) {
    for (const ConnectionInfo& connection : tape.connections) names.insert(connection.feed);
  }
  return {names.begin(), names.end()};
}

Result<std::vector<std::unique_ptr<TapeReader>>> TapeSet::open_again() const {
  std::vector<std::unique_ptr<TapeReader>> readers;
  for (const Tape& tape : tapes_) {
    auto reader = open_tape(tape.reader->path());
    if (!reader) return reader.error();
    readers.push_back(std::move(*reader));
  }
  return readers;
}

}  // namespace tapedeck
