#include "tests/architecture/include_rules.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace tapedeck::testing {
namespace {

using Names = std::vector<std::string_view>;

bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string_view first_part(std::string_view path) {
  return path.substr(0, path.find('/'));
}

// A room's own name and those below it.
const std::map<std::string_view, Names>& rooms() {
  static const std::map<std::string_view, Names> kRooms = {
      {"schema", {"schema"}},
      {"storage", {"storage", "schema"}},
      {"recorder", {"recorder", "storage", "schema"}},
      {"replay", {"replay", "storage", "schema"}},
      {"tools", {"tools", "replay", "recorder", "storage", "schema"}},
  };
  return kRooms;
}

// Third-party headers: a family is known by how its includes begin.
struct Family {
  std::string_view name;
  Names prefixes;
  Names rooms;
};

const std::vector<Family>& families() {
  static const std::vector<Family> kFamilies = {
      {"a JSON library",
       {"nlohmann/", "simdjson"},
       {"schema", "storage", "recorder", "replay", "tools"}},
      {"SQL", {"SQLiteCpp/", "sqlite3"}, {"storage"}},
      {"zstd", {"zstd", "zdict"}, {"storage"}},
      {"Boost.Unordered", {"boost/unordered/"}, {"schema"}},
      {"Boost", {"boost/"}, {"recorder", "replay"}},
      {"OpenSSL", {"openssl/"}, {"recorder", "replay"}},
      {"spdlog", {"spdlog/", "fmt/"}, {"recorder", "replay", "tools"}},
      {"cxxopts", {"cxxopts"}, {"tools"}},
  };
  return kFamilies;
}

const Family* family_of(std::string_view target) {
  for (const Family& family : families()) {
    for (const std::string_view prefix : family.prefixes) {
      if (target.starts_with(prefix)) return &family;
    }
  }
  return nullptr;
}

// What a pure description cannot need: clocks, threads, files and sockets of the standard library,
// and all of the system's headers.
bool is_impure(std::string_view target) {
  static const Names kImpure = {
      "thread",      "mutex",   "condition_variable", "future",  "stop_token", "semaphore",
      "latch",       "barrier", "filesystem",         "fstream", "iostream",   "random",
      "shared_mutex"};
  return contains(kImpure, target) || target.find(".h") != std::string_view::npos;
}

// `schema/feeds/NAME/…` → NAME.
std::string_view feed_folder(std::string_view path) {
  constexpr std::string_view kFeeds = "schema/feeds/";
  if (!path.starts_with(kFeeds)) return {};
  const std::string_view rest = path.substr(kFeeds.size());
  const std::size_t slash = rest.find('/');
  return slash == std::string_view::npos ? std::string_view() : rest.substr(0, slash);
}

bool is_registry(std::string_view path) {
  return path == "schema/feeds/registry.cpp" || path == "schema/feeds/registry.h";
}

std::string angled_breach(std::string_view path, std::string_view target) {
  const std::string_view room = first_part(path);
  const Family* family = family_of(target);
  if (family == nullptr) {
    const bool clock = path == "schema/base/time.cpp" && target == "ctime";
    if (room == "schema" && !clock && is_impure(target)) {
      return "schema is pure: no thread, clock, file, socket or system header";
    }
    return "";
  }
  if (!contains(family->rooms, room)) {
    return std::string(family->name) + " does not belong in " + std::string(room);
  }
  if (family->name == "SQL" && !path.starts_with("storage/sqlite/")) {
    return "SQL stays in storage/sqlite";
  }
  if (family->name == "Boost" && path.ends_with(".h") &&
      path.find("/net/") == std::string_view::npos) {
    return "Boost stays out of headers outside net/";
  }
  return "";
}

std::string quoted_breach(std::string_view path, std::string_view target) {
  const std::string_view room = first_part(path);
  if (target.find('/') == std::string_view::npos || target.starts_with(".")) {
    return "includes are written from the root";
  }
  const std::string_view other = first_part(target);
  if (!contains(rooms().at(room), other)) {
    return std::string(room) + " may not include " + std::string(other);
  }
  const std::string_view feed = feed_folder(target);
  if (!feed.empty() && feed != feed_folder(path) && !is_registry(path)) {
    return "only the registry and the feed itself may include feed " + std::string(feed);
  }
  return "";
}

bool is_word_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

// Whether `name` stands in `line` as a word, in any case; `_` and quotes end words.
bool names_feed(std::string_view line, std::string_view name) {
  auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  auto at = line.begin();
  while (true) {
    at = std::search(at, line.end(), name.begin(), name.end(), same);
    if (at == line.end()) return false;
    const auto after = at + static_cast<std::ptrdiff_t>(name.size());
    const bool begins = at == line.begin() || !is_word_char(*(at - 1));
    if (begins && (after == line.end() || !is_word_char(*after))) return true;
    ++at;
  }
}

void add_feed_names(const SourceFile& file, const std::vector<std::string>& feeds,
                    std::vector<std::string>& found) {
  if (is_registry(file.path)) return;
  std::istringstream lines(file.text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    for (const std::string& feed : feeds) {
      if (feed == feed_folder(file.path) || !names_feed(line, feed)) continue;
      found.push_back(file.path + ":" + std::to_string(number) + ": names feed " + feed +
                      " outside its folder");
    }
  }
}

// Blanks out comments, so that a directive in one is none. Keeps line breaks and strings.
std::string without_comments(std::string_view text) {
  std::string out;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    if (quote != 0) {
      out += text[i];
      if (text[i] == '\\' && i + 1 < text.size()) {
        out += text[++i];
      } else if (text[i] == quote || text[i] == '\n') {
        quote = 0;
      }
    } else if (rest.starts_with("//")) {
      i = std::min(text.find('\n', i), text.size()) - 1;
    } else if (rest.starts_with("/*")) {
      const std::size_t end = std::min(text.find("*/", i + 2), text.size());
      out.append(static_cast<std::size_t>(
                     std::count(text.begin() + static_cast<std::ptrdiff_t>(i),
                                text.begin() + static_cast<std::ptrdiff_t>(end), '\n')),
                 '\n');
      i = end + 1;
    } else {
      // An apostrophe between digits only groups them.
      const bool groups = text[i] == '\'' && i > 0 && is_word_char(text[i - 1]);
      if ((text[i] == '"' || text[i] == '\'') && !groups) quote = text[i];
      out += text[i];
    }
  }
  return out;
}

}  // namespace

std::vector<Include> includes_of(std::string_view text) {
  std::vector<Include> found;
  std::istringstream lines(without_comments(text));
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    std::string_view rest = line;
    auto skip_blanks = [&] {
      rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    };
    skip_blanks();
    if (!rest.starts_with('#')) continue;
    rest.remove_prefix(1);
    skip_blanks();
    if (!rest.starts_with("include")) continue;
    rest.remove_prefix(std::string_view("include").size());
    skip_blanks();
    if (rest.empty() || (rest.front() != '"' && rest.front() != '<')) continue;
    const bool angled = rest.front() == '<';
    const std::size_t end = rest.find(angled ? '>' : '"', 1);
    if (end == std::string_view::npos) continue;
    found.push_back({std::string(rest.substr(1, end - 1)), angled, number});
  }
  return found;
}

std::vector<std::string> breaches(const std::vector<SourceFile>& files,
                                  const std::vector<std::string>& feeds) {
  std::vector<std::string> found;
  for (const SourceFile& file : files) {
    if (!rooms().contains(first_part(file.path))) continue;  // tests include what they test
    for (const Include& include : includes_of(file.text)) {
      const std::string why = include.angled ? angled_breach(file.path, include.target)
                                             : quoted_breach(file.path, include.target);
      if (why.empty()) continue;
      found.push_back(file.path + ":" + std::to_string(include.line) + ": " + include.target +
                      ": " + why);
    }
    add_feed_names(file, feeds, found);
  }
  return found;
}

std::vector<SourceFile> read_sources(const std::string& root) {
  namespace fs = std::filesystem;
  std::vector<SourceFile> files;
  for (const char* room : {"schema", "storage", "recorder", "replay", "tools", "tests"}) {
    for (auto it = fs::recursive_directory_iterator(fs::path(root) / room);
         it != fs::recursive_directory_iterator(); ++it) {
      if (it->path().filename() == "node_modules") {
        it.disable_recursion_pending();
        continue;
      }
      const fs::path extension = it->path().extension();
      if (!it->is_regular_file() || (extension != ".h" && extension != ".cpp")) continue;
      std::ifstream in(it->path(), std::ios::binary);
      std::ostringstream text;
      text << in.rdbuf();
      files.push_back({it->path().lexically_relative(root).generic_string(), text.str()});
    }
  }
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

}  // namespace tapedeck::testing
