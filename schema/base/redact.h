// Keeps secrets off tapes and out of logs (contract section 4).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tapedeck {

// Replaces every known secret, in plain, percent-encoded and JSON-escaped form, by `***`.
// A `***` covers secrets that overlap, so that no end of one is left standing.
// Read from any thread once filled; adding is for one thread at a time.
class Redactor {
 public:
  // Secrets shorter than 4 bytes are replaced only where they stand as a whole query value or JSON
  // string, so that a careless one does not blacken every message.
  void add(std::string_view secret);

  bool touches(std::string_view text) const;
  std::string apply(std::string_view text) const;
  bool empty() const { return needles_.empty(); }

 private:
  struct Needle {
    std::string text;
    bool whole_value = false;  // only where it is all of a query value or JSON string
    std::size_t rare = 0;      // where in `text` the byte stands that messages hold the least
  };
  // Where `needle` next stands from `from` on; npos when it does not.
  static std::size_t find(std::string_view text, const Needle& needle, std::size_t from);

  std::vector<Needle> needles_;
};

}  // namespace tapedeck
