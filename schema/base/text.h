// Small text helpers shared by the feeds. Pure functions; views in, strings out.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tapedeck {

std::string to_lower(std::string_view text);
std::string_view trim(std::string_view text);

// `a,b,,c` → `a`, `b`, `c` (blanks around an item are dropped, so are empty items).
std::vector<std::string> split_list(std::string_view text, char separator = ',');
std::string join(const std::vector<std::string>& items, std::string_view separator);

// RFC 3986: everything but unreserved characters is escaped. `keep` lists further characters to
// leave.
std::string percent_encode(std::string_view text, std::string_view keep = "");
// Malformed escapes are left as they are. `+` stays `+`.
std::string percent_decode(std::string_view text);

// A request target, `/path?a=1&b=2`, taken apart. Names and values are percent-decoded; the first
// parameter of a name wins.
struct Target {
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;

  bool has(std::string_view name) const;
  std::string get(std::string_view name) const;  // "" when it is absent
};
Target parse_target(std::string_view target);

// Appends `text` as a quoted JSON string. Bytes over 0x7f pass as they are.
void append_json_string(std::string& out, std::string_view text);
std::string json_string(std::string_view text);

// The candidate nearest to `word` by edit distance, or "" when none is near (for "did you mean").
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

std::string base64_encode(std::string_view bytes);

// At most `bytes_max` bytes of a text that a peer chose, cut on a character's edge: what is counted
// or logged by such a text must not grow without end.
std::string_view shortened(std::string_view text, std::size_t bytes_max = 64);

}  // namespace tapedeck
