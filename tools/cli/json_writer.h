// Writes JSON text in the order given: objects and arrays as strings, without a tree in between.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/text.h"

namespace tapedeck::cli {

class JsonObject {
 public:
  JsonObject& add(std::string_view key, std::string_view text) {
    begin(key);
    append_json_string(body_, text);
    return *this;
  }
  // Without this a literal would choose bool.
  JsonObject& add(std::string_view key, const char* text) {
    return add(key, std::string_view(text));
  }
  JsonObject& add(std::string_view key, std::int64_t number) {
    return raw(key, std::to_string(number));
  }
  JsonObject& add(std::string_view key, int number) { return add(key, std::int64_t{number}); }
  JsonObject& add(std::string_view key, bool value) { return raw(key, value ? "true" : "false"); }
  // Absent is null.
  template <class T>
  JsonObject& add(std::string_view key, const std::optional<T>& value) {
    return value ? add(key, *value) : raw(key, "null");
  }
  // `json` is whole JSON text.
  JsonObject& raw(std::string_view key, std::string_view json) {
    begin(key);
    body_ += json;
    return *this;
  }

  std::string text() const { return body_ + "}"; }

 private:
  void begin(std::string_view key) {
    if (body_.size() > 1) body_ += ',';
    append_json_string(body_, key);
    body_ += ':';
  }

  std::string body_ = "{";
};

// Elements are whole JSON texts; `separator` may hold a line break after the comma.
inline std::string json_array(const std::vector<std::string>& elements,
                              std::string_view separator = ",") {
  return "[" + join(elements, separator) + "]";
}

}  // namespace tapedeck::cli
