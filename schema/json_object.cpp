#include "schema/json_object.h"

#include <algorithm>

#include "schema/base/text.h"

namespace tapedeck {

bool is_json_number(std::string_view text) {
  const auto skip_digits = [&text] {
    const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool begins_with_zero = text.starts_with('0');
  const std::size_t whole = skip_digits();
  if (whole == 0 || (begins_with_zero && whole > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (skip_digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (skip_digits() == 0) return false;
  }
  return text.empty();
}

JsonObject& JsonObject::raw(std::string_view name, std::string_view json) {
  if (body_.size() > 1) body_ += ',';
  append_json_string(body_, name);
  body_.append(":").append(json);
  return *this;
}

JsonObject& JsonObject::text(std::string_view name, std::string_view value) {
  return raw(name, json_string(value));
}

JsonObject& JsonObject::number(std::string_view name, std::int64_t value) {
  return raw(name, std::to_string(value));
}

JsonObject& JsonObject::text(std::string_view name, const Value& value) {
  if (value.type == Value::Type::null) return *this;
  return text(name, value.type == Value::Type::integer ? std::to_string(value.integer)
                                                       : std::string(value.text));
}

JsonObject& JsonObject::number(std::string_view name, const Value& value) {
  if (value.type == Value::Type::integer) return number(name, value.integer);
  if (value.type == Value::Type::text && is_json_number(value.text)) return raw(name, value.text);
  return text(name, value);
}

JsonObject& JsonObject::flag(std::string_view name, const Value& value) {
  if (value.type != Value::Type::integer) return text(name, value);
  return raw(name, value.integer != 0 ? "true" : "false");
}

JsonObject& JsonObject::nested(std::string_view name, const Value& value) {
  return value.type == Value::Type::text ? raw(name, value.text) : text(name, value);
}

}  // namespace tapedeck
