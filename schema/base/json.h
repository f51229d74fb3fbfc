// A JSON text parsed once into a flat list of nodes that still know their bytes.
//
// Unlike a DOM of numbers and strings, every node keeps the exact text that was sent: a price is
// never rounded through a double, a nested object can be stored as it came, and duplicate keys stay
// visible.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tapedeck {

enum class JsonKind : std::uint8_t { missing, null, boolean, number, string, array, object };

class JsonDoc;

// A handle to one value of a JsonDoc: cheap to copy, valid until that document parses again or
// dies. A missing value answers every question with "nothing", so that chains need no checks.
class Json {
 public:
  Json() = default;

  JsonKind kind() const;
  bool exists() const { return kind() != JsonKind::missing; }
  bool is_object() const { return kind() == JsonKind::object; }
  bool is_array() const { return kind() == JsonKind::array; }
  bool is_string() const { return kind() == JsonKind::string; }
  bool is_number() const { return kind() == JsonKind::number; }

  // The first member called `key`; missing when there is none or this is no object.
  Json operator[](std::string_view key) const;
  // The element at `index` of an array; linear in `index`.
  Json at(std::size_t index) const;
  // How many members or elements.
  std::size_t size() const;

  // This value's bytes as sent, without blanks around it. Strings keep quotes and escapes.
  std::string_view raw() const;
  // A string's content, unescaped; empty with data() == nullptr when this is no string.
  std::string_view text() const;
  // A string's content or a number's digits: how a decimal reads on the tape. Else as text().
  std::string_view scalar() const;
  // A number that is a whole one and fits.
  std::optional<std::int64_t> integer() const;
  std::optional<bool> boolean() const;

  // The member name under which this value stands; empty for array elements and the root.
  std::string_view key() const;

  // Iterates over members or elements in the order sent:
  //   for (Json v = j.first(); v.exists(); v = v.next()) …
  Json first() const;
  Json next() const;

 private:
  friend class JsonDoc;
  Json(const JsonDoc* doc, std::uint32_t index, std::uint32_t end)
      : doc_(doc), index_(index), end_(end) {}

  const JsonDoc* doc_ = nullptr;
  std::uint32_t index_ = 0;
  std::uint32_t end_ = 0;  // one past the last sibling
};

// Owns the parsed nodes and the bytes under them; reuse one per thread, it then no longer
// allocates. Not thread-safe.
class JsonDoc {
 public:
  JsonDoc();
  ~JsonDoc();
  JsonDoc(JsonDoc&&) noexcept;
  JsonDoc& operator=(JsonDoc&&) noexcept;

  // Parses all of `text` (copied; RFC 8259, valid UTF-8, at most 128 levels deep). False when it is
  // not JSON, and error() says why; root() is then missing.
  bool parse(std::string_view text);
  const std::string& error() const { return error_; }
  Json root() const;

 private:
  friend class Json;
  struct Node {
    std::string_view key;
    std::string_view raw;
    std::string_view text;
    std::uint32_t next = 0;  // index of the node after this one's subtree
    JsonKind kind = JsonKind::missing;
  };
  struct Impl;

  bool fail(std::string_view why);

  std::unique_ptr<Impl> impl_;
  std::vector<Node> nodes_;
  std::string error_;
};

// Inline, since walks over whole messages consist of little else.
inline JsonKind Json::kind() const {
  return doc_ == nullptr ? JsonKind::missing : doc_->nodes_[index_].kind;
}

inline std::string_view Json::key() const {
  return doc_ == nullptr ? std::string_view() : doc_->nodes_[index_].key;
}

inline Json Json::first() const {
  if (!is_object() && !is_array()) return {};
  const std::uint32_t end = doc_->nodes_[index_].next;
  if (index_ + 1 >= end) return {};
  return {doc_, index_ + 1, end};
}

inline Json Json::next() const {
  if (doc_ == nullptr) return {};
  const std::uint32_t following = doc_->nodes_[index_].next;
  if (following >= end_) return {};
  return {doc_, following, end_};
}

}  // namespace tapedeck
