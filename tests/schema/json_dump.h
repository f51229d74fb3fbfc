#pragma once

#include <string>

#include "schema/base/json.h"
#include "schema/base/text.h"

namespace tapedeck::testing {

// A value written down again from what Json tells of it: kinds, keys, raw scalars.
inline std::string dump(Json value) {
  switch (value.kind()) {
    case JsonKind::missing:
      return "missing";
    case JsonKind::null:
    case JsonKind::boolean:
    case JsonKind::number:
      return std::string(value.raw());
    case JsonKind::string:
      return json_string(value.text());
    case JsonKind::array:
    case JsonKind::object:
      break;
  }
  std::string out;
  for (Json child = value.first(); child.exists(); child = child.next()) {
    if (!out.empty()) out += ',';
    if (value.is_object()) out += json_string(child.key()) + ':';
    out += dump(child);
  }
  return value.is_object() ? '{' + out + '}' : '[' + out + ']';
}

}  // namespace tapedeck::testing
