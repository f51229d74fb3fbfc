// A span for which a feed's messages may not be on the tape (contract section 4).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schema/base/time.h"

namespace tapedeck {

enum class GapCause : std::uint8_t { disconnect, restart, sequence, channel, overload };
enum class GapMethod : std::uint8_t { none, after, snapshot, peer };
enum class GapStatus : std::uint8_t { open, filled, partial, unfillable };

std::string_view to_string(GapCause cause);
std::string_view to_string(GapMethod method);
std::string_view to_string(GapStatus status);
std::optional<GapCause> parse_gap_cause(std::string_view text);
std::optional<GapMethod> parse_gap_method(std::string_view text);
std::optional<GapStatus> parse_gap_status(std::string_view text);

struct Gap {
  std::int64_t id = 0;
  std::string feed;
  std::string stream;
  GapCause cause = GapCause::disconnect;
  Ns from_ns = 0;           // the last frame received before the loss
  std::optional<Ns> to_ns;  // when the stream was ready again; absent while it is not
  std::optional<std::string> after_cursor;
  // By their own time, events before this are not the gap's: they happened before anybody
  // subscribed, or long before the loss.
  Ns floor_ns = 0;
  GapMethod method = GapMethod::none;
  GapStatus status = GapStatus::open;
  std::int64_t recovered = 0;  // rows that a fill added
  std::string detail;          // why, in words
};

}  // namespace tapedeck
