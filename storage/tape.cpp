#include "storage/tape.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <utility>

#include "storage/tape_reader.h"

namespace tapedeck {
namespace {

// `live-20261121T093000Z-2` comes after `live-20261121T093000Z` and before `…-10`, which plain
// order of bytes would not give.
std::pair<std::string, unsigned> by_start(const std::string& stem) {
  const auto dash = stem.rfind("Z-");
  if (dash == std::string::npos) return {stem, 1};
  unsigned number = 0;
  const char* end = stem.data() + stem.size();
  const auto [stop, error] = std::from_chars(stem.data() + dash + 2, end, number);
  if (error != std::errc() || stop != end) return {stem, 1};
  return {stem.substr(0, dash + 1), number};
}

}  // namespace

std::string_view to_string(ClosedBy by) {
  switch (by) {
    case ClosedBy::none:
      return "";
    case ClosedBy::server:
      return "server";
    case ClosedBy::client:
      return "client";
    case ClosedBy::network:
      return "network";
  }
  return "";
}

std::optional<ClosedBy> parse_closed_by(std::string_view text) {
  for (const ClosedBy by :
       {ClosedBy::none, ClosedBy::server, ClosedBy::client, ClosedBy::network}) {
    if (to_string(by) == text) return by;
  }
  return std::nullopt;
}

Result<std::vector<std::string>> list_tapes(const std::string& directory) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::directory_iterator entry(directory.empty() ? "." : directory, error);
  std::vector<fs::path> found;
  while (!error && entry != fs::directory_iterator()) {
    std::error_code not_there;  // a tape that is removed meanwhile is simply no longer listed
    if (entry->path().extension() == ".tape" && entry->is_regular_file(not_there) &&
        entry->file_size(not_there) > 0 && !not_there) {
      found.push_back(entry->path());
    }
    entry.increment(error);
  }
  if (error) {
    return Error{"cannot list the tapes in " + directory + ": " + error.message() +
                 ": name a directory that exists and can be read"};
  }
  std::sort(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) {
    return by_start(a.stem().string()) < by_start(b.stem().string());
  });
  std::vector<std::string> paths;
  paths.reserve(found.size());
  for (const fs::path& path : found) paths.push_back(path.string());
  return paths;
}

}  // namespace tapedeck
