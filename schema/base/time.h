// Time as tapedeck keeps it: INTEGER nanoseconds since 1970 UTC, or a length in nanoseconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schema/base/result.h"

namespace tapedeck {

using Ns = std::int64_t;

inline constexpr Ns kNsPerUs = 1'000;
inline constexpr Ns kNsPerMs = 1'000'000;
inline constexpr Ns kNsPerSec = 1'000'000'000;

// One reading of both clocks. `wall` is taken once, at receipt, and goes on the tape; intervals are
// measured on `mono`, which never steps.
struct Stamp {
  Ns wall = 0;
  Ns mono = 0;
};

// The only source of time; tests inject a manual one. Implementations may be read from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Stamp now() const = 0;
};

// The machine's CLOCK_REALTIME and CLOCK_MONOTONIC.
class SystemClock final : public Clock {
 public:
  Stamp now() const override;
};

enum class MissingZone { refuse, assume_utc };

// Reads `2026-03-17T10:30:45.123456789Z`, with `T`, a blank or both between date and time, any
// number of fraction digits (those past nanoseconds are cut off), and `Z` or `±hh:mm`. Dates before
// 1970 are negative. nullopt when it is anything else, or beyond what 64 bits of nanoseconds hold.
std::optional<Ns> parse_rfc3339(std::string_view text, MissingZone zone = MissingZone::refuse);

// Reads a decimal count of `unit`s since 1970 exactly (`1737331200000` with kNsPerMs;
// `1737331200.123456789` with kNsPerSec). nullopt when it is no plain decimal or out of range.
std::optional<Ns> parse_unix(std::string_view digits, Ns unit);

// For a field whose unit the service does not document: an RFC 3339 text (a missing zone is UTC),
// or a number whose size tells seconds, milliseconds, microseconds and nanoseconds apart.
std::optional<Ns> parse_any_time(std::string_view text);

// `2026-03-17T10:30:45Z`, with the fraction digits that are needed and no more.
std::string format_rfc3339(Ns t);

// `20260317T103045Z`, as in a tape's file name.
std::string format_stamp(Ns t);

// `90s`, `2m30s`, `1h`, `1.5s`, `500ms`, `250us`, `10ns`; a leading `+` is allowed.
std::optional<Ns> parse_duration(std::string_view text);

// A time given by a user: RFC 3339, or an offset (`+90s`, `90s`) from `start`.
Result<Ns> parse_time_or_offset(std::string_view text, Ns start);

}  // namespace tapedeck
