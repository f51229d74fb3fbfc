// Ways in which a message arrives broken.
#pragma once

#include <random>
#include <string>
#include <string_view>

#include "schema/base/json.h"

namespace tapedeck::testing {

// One to four bytes changed, bits flipped, parts cut out or doubled.
inline std::string damaged(std::string payload, std::mt19937_64& random) {
  for (std::size_t edits = 1 + random() % 4; edits > 0 && !payload.empty(); --edits) {
    const std::size_t at = random() % payload.size();
    switch (random() % 4) {
      case 0:
        payload[at] = static_cast<char>(random() % 256);
        break;
      case 1:
        payload[at] ^= static_cast<char>(1U << (random() % 8));
        break;
      case 2:
        payload.erase(at, 1 + random() % 8);
        break;
      default:
        payload.insert(at, payload.substr(random() % payload.size(), random() % 12));
    }
  }
  return payload;
}

// Calls `use(text, other)` with `root`'s text once for every value in it, at any depth, and each
// `other` of `values` in that one's place: damage that leaves the text JSON.
template <class Values, class Use>
void with_each_value_replaced(Json root, Json value, const Values& values, const Use& use) {
  const auto begin = static_cast<std::size_t>(value.raw().data() - root.raw().data());
  for (const std::string_view other : values) {
    use(std::string(root.raw()).replace(begin, value.raw().size(), other), other);
  }
  if (!value.is_object() && !value.is_array()) return;
  for (Json inner = value.first(); inner.exists(); inner = inner.next()) {
    with_each_value_replaced(root, inner, values, use);
  }
}

}  // namespace tapedeck::testing
