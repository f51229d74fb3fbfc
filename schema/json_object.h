// A JSON object in the making, out of values that keep the digits that were sent.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "schema/records.h"

namespace tapedeck {

// Whether `text` is a number as JSON writes it.
bool is_json_number(std::string_view text);

// Members stand in the order added. A NULL value adds nothing.
class JsonObject {
 public:
  JsonObject& raw(std::string_view name, std::string_view json);
  JsonObject& text(std::string_view name, std::string_view value);
  JsonObject& number(std::string_view name, std::int64_t value);

  // As a string, whatever it holds.
  JsonObject& text(std::string_view name, const Value& value);
  // As a number with its digits where it is one, else as a string.
  JsonObject& number(std::string_view name, const Value& value);
  // 0 and 1 as false and true.
  JsonObject& flag(std::string_view name, const Value& value);
  // JSON as it stands.
  JsonObject& nested(std::string_view name, const Value& value);

  std::string str() const { return body_ + "}"; }

 private:
  std::string body_ = "{";
};

}  // namespace tapedeck
