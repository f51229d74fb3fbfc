#include "schema/shape.h"

namespace tapedeck {

std::string_view to_string(JsonKind kind) {
  switch (kind) {
    case JsonKind::missing:
      return "missing";
    case JsonKind::null:
      return "null";
    case JsonKind::boolean:
      return "boolean";
    case JsonKind::number:
      return "number";
    case JsonKind::string:
      return "string";
    case JsonKind::array:
      return "array";
    case JsonKind::object:
      return "object";
  }
  return "";
}

std::string to_string(Kinds kinds) {
  std::string text;
  for (const JsonKind kind : {JsonKind::string, JsonKind::number, JsonKind::boolean,
                              JsonKind::object, JsonKind::array, JsonKind::null}) {
    if (!kinds.has(kind)) continue;
    if (!text.empty()) text += '|';
    text += to_string(kind);
  }
  return text;
}

const MessageShape* find_shape(std::span<const MessageShape> messages, std::string_view type,
                               std::string_view variant) {
  const std::size_t size = type.size() + (variant.empty() ? 0 : 1 + variant.size());
  for (const MessageShape& message : messages) {
    const std::string_view name = message.type;
    if (name.size() != size || !name.starts_with(type)) continue;
    if (variant.empty() || (name[type.size()] == ' ' && name.ends_with(variant))) return &message;
  }
  return nullptr;
}

}  // namespace tapedeck
