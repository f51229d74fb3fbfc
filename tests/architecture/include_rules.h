// Which file may include what (docs/ARCHITECTURE.md, "Rooms"), as a function of texts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tapedeck::testing {

struct SourceFile {
  std::string path;  // from the root: `recorder/net/socket.h`
  std::string text;
};

struct Include {
  std::string target;
  bool angled = false;  // <…>
  int line = 0;
};

// The #include directives of a file, comments and strings left aside.
std::vector<Include> includes_of(std::string_view text);

// One line for each breach, `PATH:LINE: what and why`, in the order of the files. `feeds`: the
// feeds' names.
std::vector<std::string> breaches(const std::vector<SourceFile>& files,
                                  const std::vector<std::string>& feeds);

// Every .h and .cpp of the five rooms and tests under `root`.
std::vector<SourceFile> read_sources(const std::string& root);

}  // namespace tapedeck::testing
