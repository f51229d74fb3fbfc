#include "schema/base/time.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <limits>

namespace tapedeck {
namespace {

// Wide enough that no product below can overflow before its range is checked.
__extension__ using Wide = __int128;

constexpr std::int64_t kSecPerDay = 86'400;

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::optional<Ns> narrow(Wide value) {
  if (value < std::numeric_limits<Ns>::min() || value > std::numeric_limits<Ns>::max()) {
    return std::nullopt;
  }
  return static_cast<Ns>(value);
}

std::string_view take_digits(std::string_view& rest) {
  const auto* end = std::find_if_not(rest.begin(), rest.end(), is_digit);
  const std::string_view digits = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  rest.remove_prefix(digits.size());
  return digits;
}

// Takes exactly `count` digits.
std::optional<int> take_number(std::string_view& rest, std::size_t count) {
  if (rest.size() < count || !std::all_of(rest.begin(), rest.begin() + count, is_digit)) {
    return std::nullopt;
  }
  int value = 0;
  for (const char c : rest.substr(0, count)) value = value * 10 + (c - '0');
  rest.remove_prefix(count);
  return value;
}

bool take_char(std::string_view& rest, char c) {
  if (rest.empty() || rest.front() != c) return false;
  rest.remove_prefix(1);
  return true;
}

// Takes `123` or `123.456` units, exactly; what is finer than a nanosecond is cut off.
std::optional<Wide> take_units(std::string_view& rest, Ns unit) {
  constexpr std::size_t kFractionMax = 18;
  constexpr Wide kWholeMax = Wide{std::numeric_limits<Ns>::max()} + 1;  // of a negative count
  const std::string_view whole_digits = take_digits(rest);
  if (whole_digits.empty()) return std::nullopt;
  Wide whole = 0;
  for (const char c : whole_digits) {
    whole = whole * 10 + (c - '0');
    if (whole > kWholeMax) return std::nullopt;
  }
  Wide fraction = 0;
  Wide scale = 1;
  if (take_char(rest, '.')) {
    const std::string_view digits = take_digits(rest);
    if (digits.empty()) return std::nullopt;
    for (const char c : digits.substr(0, kFractionMax)) {
      fraction = fraction * 10 + (c - '0');
      scale *= 10;
    }
  }
  return whole * unit + fraction * unit / scale;
}

// Seconds from midnight of the day before any offset, and nanoseconds within the second.
struct TimeOfDay {
  std::int64_t seconds = 0;
  std::int64_t nanoseconds = 0;
};

std::optional<std::int64_t> take_date(std::string_view& rest) {
  const auto year = take_number(rest, 4);
  if (!year || !take_char(rest, '-')) return std::nullopt;
  const auto month = take_number(rest, 2);
  if (!month || !take_char(rest, '-')) return std::nullopt;
  const auto day = take_number(rest, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

bool take_separator(std::string_view& rest) {
  const bool blank = take_char(rest, ' ');
  return take_char(rest, 'T') || take_char(rest, 't') || blank;
}

std::optional<TimeOfDay> take_time(std::string_view& rest) {
  const auto hour = take_number(rest, 2);
  if (!hour || *hour > 23 || !take_char(rest, ':')) return std::nullopt;
  const auto minute = take_number(rest, 2);
  if (!minute || *minute > 59 || !take_char(rest, ':')) return std::nullopt;
  // 60 is a leap second: the sum makes it the next one.
  const auto second = take_number(rest, 2);
  if (!second || *second > 60) return std::nullopt;
  TimeOfDay time;
  time.seconds = *hour * 3'600 + *minute * 60 + *second;
  if (take_char(rest, '.')) {
    const std::string_view digits = take_digits(rest);
    if (digits.empty()) return std::nullopt;
    for (std::size_t i = 0; i < 9; ++i) {
      time.nanoseconds = time.nanoseconds * 10 + (i < digits.size() ? digits[i] - '0' : 0);
    }
  }
  return time;
}

// Seconds east of UTC.
std::optional<std::int64_t> take_zone(std::string_view& rest, MissingZone zone) {
  if (rest.empty() && zone == MissingZone::assume_utc) return 0;
  if (take_char(rest, 'Z') || take_char(rest, 'z')) return 0;
  const bool east = take_char(rest, '+');
  if (!east && !take_char(rest, '-')) return std::nullopt;
  const auto hour = take_number(rest, 2);
  if (!hour || *hour > 23 || !take_char(rest, ':')) return std::nullopt;
  const auto minute = take_number(rest, 2);
  if (!minute || *minute > 59) return std::nullopt;
  const std::int64_t offset = *hour * 3'600 + *minute * 60;
  return east ? offset : -offset;
}

// A moment taken apart, rounded down to whole seconds.
struct Civil {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  Ns nanosecond = 0;
};

Civil civil_of(Ns t) {
  const Ns nanosecond = (t % kNsPerSec + kNsPerSec) % kNsPerSec;
  // Not `t - nanosecond`, which could leave the range.
  const std::int64_t seconds = t / kNsPerSec - (t % kNsPerSec < 0 ? 1 : 0);
  const std::int64_t of_day = (seconds % kSecPerDay + kSecPerDay) % kSecPerDay;
  const std::chrono::sys_days day{std::chrono::days((seconds - of_day) / kSecPerDay)};
  const std::chrono::year_month_day date(day);
  Civil civil;
  civil.year = static_cast<int>(date.year());
  civil.month = static_cast<unsigned>(date.month());
  civil.day = static_cast<unsigned>(date.day());
  civil.hour = static_cast<int>(of_day / 3'600);
  civil.minute = static_cast<int>(of_day / 60 % 60);
  civil.second = static_cast<int>(of_day % 60);
  civil.nanosecond = nanosecond;
  return civil;
}

std::string format_civil(const char* format, const Civil& c) {
  std::array<char, 64> buffer{};
  const int size = std::snprintf(buffer.data(), buffer.size(), format, c.year, c.month, c.day,
                                 c.hour, c.minute, c.second);
  return {buffer.data(), static_cast<std::size_t>(size)};
}

struct DurationUnit {
  std::string_view name;
  Ns ns;
};
// Longest first: `1m30s` and not `30s1m`.
constexpr DurationUnit kDurationUnits[] = {{"h", 3'600 * kNsPerSec}, {"m", 60 * kNsPerSec},
                                           {"s", kNsPerSec},         {"ms", kNsPerMs},
                                           {"us", kNsPerUs},         {"ns", 1}};

std::string_view take_letters(std::string_view& rest) {
  const auto* end =
      std::find_if_not(rest.begin(), rest.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  const std::string_view letters = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  rest.remove_prefix(letters.size());
  return letters;
}

}  // namespace

Stamp SystemClock::now() const {
  using std::chrono::duration_cast;
  using std::chrono::nanoseconds;
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  const auto mono = std::chrono::steady_clock::now().time_since_epoch();
  return {duration_cast<nanoseconds>(wall).count(), duration_cast<nanoseconds>(mono).count()};
}

std::optional<Ns> parse_rfc3339(std::string_view text, MissingZone zone) {
  const auto day = take_date(text);
  if (!day || !take_separator(text)) return std::nullopt;
  const auto time = take_time(text);
  if (!time) return std::nullopt;
  const auto offset = take_zone(text, zone);
  if (!offset || !text.empty()) return std::nullopt;
  const std::int64_t seconds = *day * kSecPerDay + time->seconds - *offset;
  return narrow(Wide{seconds} * kNsPerSec + time->nanoseconds);
}

std::optional<Ns> parse_unix(std::string_view digits, Ns unit) {
  const bool negative = take_char(digits, '-');
  const auto value = take_units(digits, unit);
  if (!value || !digits.empty()) return std::nullopt;
  return narrow(negative ? -*value : *value);
}

std::optional<Ns> parse_any_time(std::string_view text) {
  std::string_view number = text;
  take_char(number, '-');
  std::string_view whole = take_digits(number);
  if (whole.empty() || (!number.empty() && number.front() != '.')) {
    return parse_rfc3339(text, MissingZone::assume_utc);
  }
  while (whole.size() > 1 && whole.front() == '0') whole.remove_prefix(1);
  // Between 1973 and 5138 the four never have the same number of digits.
  if (whole.size() <= 11) return parse_unix(text, kNsPerSec);
  if (whole.size() <= 14) return parse_unix(text, kNsPerMs);
  if (whole.size() <= 17) return parse_unix(text, kNsPerUs);
  return parse_unix(text, 1);
}

std::string format_rfc3339(Ns t) {
  const Civil civil = civil_of(t);
  std::string out = format_civil("%04d-%02u-%02uT%02d:%02d:%02d", civil);
  if (civil.nanosecond != 0) {
    std::string fraction = std::to_string(civil.nanosecond + kNsPerSec);
    fraction.front() = '.';
    fraction.erase(fraction.find_last_not_of('0') + 1);
    out += fraction;
  }
  return out + 'Z';
}

std::string format_stamp(Ns t) {
  return format_civil("%04d%02u%02uT%02d%02d%02dZ", civil_of(t));
}

std::optional<Ns> parse_duration(std::string_view text) {
  take_char(text, '+');
  if (text.empty()) return std::nullopt;
  Wide total = 0;
  Ns before = std::numeric_limits<Ns>::max();
  while (!text.empty()) {
    std::string_view number = text;
    take_digits(text);
    if (take_char(text, '.')) take_digits(text);
    number.remove_suffix(text.size());
    const std::string_view name = take_letters(text);
    const auto* unit = std::find_if(std::begin(kDurationUnits), std::end(kDurationUnits),
                                    [&](const DurationUnit& u) { return u.name == name; });
    if (unit == std::end(kDurationUnits) || unit->ns >= before) return std::nullopt;
    before = unit->ns;
    const auto value = take_units(number, unit->ns);
    if (!value || !number.empty()) return std::nullopt;
    total += *value;
  }
  return narrow(total);
}

Result<Ns> parse_time_or_offset(std::string_view text, Ns start) {
  if (const auto time = parse_rfc3339(text)) return *time;
  if (const auto offset = parse_duration(text)) {
    if (const auto time = narrow(Wide{start} + *offset)) return *time;
    return Error{"the offset \"" + std::string(text) + "\" is too large"};
  }
  return Error{"\"" + std::string(text) +
               "\" is no time: give RFC 3339, such as 2026-11-21T09:30:00Z, or an offset from the "
               "start, such as +90s or +2m30s"};
}

}  // namespace tapedeck
