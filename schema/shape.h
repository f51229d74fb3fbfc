// The formats that a feed's decoder knows: for each message type its field paths and the kinds of
// their values. Each feed declares its own (feeds/<feed>/shapes.cpp); drift.h compares.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "schema/base/json.h"
#include "schema/normalize.h"

namespace tapedeck {

// A set of kinds that a value may have.
class Kinds {
 public:
  constexpr Kinds() = default;
  constexpr Kinds(JsonKind kind) : bits_(1U << static_cast<unsigned>(kind)) {}

  constexpr bool has(JsonKind kind) const {
    return (bits_ & (1U << static_cast<unsigned>(kind))) != 0;
  }
  friend constexpr Kinds operator|(Kinds a, Kinds b) {
    a.bits_ |= b.bits_;
    return a;
  }

 private:
  std::uint32_t bits_ = 0;
};

// `string`, `null`; of several `string|number`.
std::string_view to_string(JsonKind kind);
std::string to_string(Kinds kinds);

// For the tables of the feeds.
namespace shape {
inline constexpr Kinds kNull = JsonKind::null;
inline constexpr Kinds kFlag = JsonKind::boolean;
inline constexpr Kinds kNumber = JsonKind::number;
inline constexpr Kinds kText = JsonKind::string;
inline constexpr Kinds kList = JsonKind::array;
inline constexpr Kinds kObject = JsonKind::object;
inline constexpr Kinds kDecimal = kText | kNumber;  // documented as neither alone
inline constexpr Kinds kAny = kNull | kFlag | kNumber | kText | kList | kObject;
}  // namespace shape

// Whether a field is in every message (where the object that holds it is). `required` is what the
// service documents, not only what the decoder cannot do without.
enum class Presence : std::uint8_t { required, optional };
inline constexpr Presence kOptional = Presence::optional;

// `path`: member names joined with `.`; `[]` for every element of a list, `[3]` for the fourth of a
// list whose elements are as different as members (`[4].open[].price`). `*` as the last name:
// members of further names may come, for objects whose keys are data. An object or list below which
// nothing is declared may hold anything.
struct FieldShape {
  std::string_view path;
  Kinds kinds;
  Presence presence = Presence::required;
};

// What tells the type (`type`, mostly) is declared as optional: without it a message is of no type
// that could miss it.
struct MessageShape {
  // The message's type as sent; where that alone does not tell the format, its variant after a
  // blank (`update trades`).
  std::string_view type;
  std::span<const FieldShape> fields;
  std::span<const FieldShape> envelope = {};  // further fields, shared with other types
};

// All that a feed declares. Constant data.
struct FeedShapes {
  std::span<const MessageShape> messages;
  // Which of `messages` a frame should look like; nullptr: its type is unknown or undocumented.
  // Called for every inbound JSON message.
  const MessageShape* (*shape_of)(const InFrame& frame, const FrameTag& tag) = nullptr;
  bool sets_blanks_aside = false;  // the decoder takes `" symbol"` for `symbol`
};

// The message of that type, and of that variant unless it is empty; nullptr when there is none.
const MessageShape* find_shape(std::span<const MessageShape> messages, std::string_view type,
                               std::string_view variant = {});

}  // namespace tapedeck
