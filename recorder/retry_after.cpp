#include "recorder/retry_after.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <string_view>
#include <system_error>

#include "schema/base/json.h"
#include "schema/base/text.h"

namespace tapedeck {
namespace {

constexpr Ns kLongest = 300 * kNsPerSec;
// A number beyond these is no count of seconds to wait but a moment, in seconds or milliseconds.
constexpr double kUnixTimeFrom = 1e9;
constexpr double kUnixMsFrom = 1e11;
// A date beyond what nanoseconds can hold is as good as this year, which is a leap year.
constexpr int kLastYear = 2096;

// `Sun, 06 Nov 1994 08:49:37 GMT`
std::optional<Ns> parse_http_date(const std::string& text) {
  static constexpr std::array<std::string_view, 12> kMonths = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  int day = 0;
  int year = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  char month[4] = {};
  if (std::sscanf(text.c_str(), "%*3[A-Za-z], %2d %3s %4d %2d:%2d:%2d GMT", &day, month, &year,
                  &hour, &minute, &second) != 6) {
    return std::nullopt;
  }
  const auto found = std::find(kMonths.begin(), kMonths.end(), std::string_view(month));
  if (found == kMonths.end()) return std::nullopt;
  char iso[40];
  std::snprintf(iso, sizeof iso, "%04d-%02d-%02dT%02d:%02d:%02dZ", std::min(year, kLastYear),
                static_cast<int>(found - kMonths.begin()) + 1, day, hour, minute, second);
  return parse_rfc3339(iso);
}

// A wait need not be exact, so a double holds it; whatever is too large for one is the longest.
std::optional<Ns> read_number(std::string_view text, Ns now_wall_ns) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (stopped != end || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) return text.front() == '-' ? 0 : kLongest;
  if (!std::isfinite(value)) return std::nullopt;
  const double now = static_cast<double>(now_wall_ns) / kNsPerSec;
  double seconds = value;
  if (value >= kUnixTimeFrom) seconds = (value >= kUnixMsFrom ? value / 1'000 : value) - now;
  const double longest = static_cast<double>(kLongest) / kNsPerSec;
  return std::llround(std::clamp(seconds, 0.0, longest) * kNsPerSec);
}

std::optional<Ns> read_wait(std::string_view value, Ns now_wall_ns) {
  const std::string text(trim(value));
  if (const auto wait = read_number(text, now_wall_ns)) return wait;
  if (const auto date = parse_http_date(text)) return *date - now_wall_ns;
  if (const auto date = parse_rfc3339(text)) return *date - now_wall_ns;
  return std::nullopt;
}

std::optional<Ns> from_header(const RestResponse& response, std::string_view wanted,
                              Ns now_wall_ns) {
  for (const auto& [name, value] : response.headers) {
    if (to_lower(name) != wanted) continue;
    if (const auto wait = read_wait(value, now_wall_ns)) return wait;
  }
  return std::nullopt;
}

std::optional<Ns> from_body(const RestResponse& response, Ns now_wall_ns) {
  JsonDoc doc;
  if (response.body.empty() || !doc.parse(response.body)) return std::nullopt;
  for (const Json object : {doc.root(), doc.root()["error"]}) {
    const std::string_view value = object["retry_after"].scalar();
    if (!value.empty()) return read_wait(value, now_wall_ns);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Ns> retry_after(const RestResponse& response, Ns now_wall_ns) {
  auto wait = from_header(response, "retry-after", now_wall_ns);
  if (!wait) wait = from_body(response, now_wall_ns);
  if (!wait) wait = from_header(response, "x-ratelimit-reset", now_wall_ns);
  if (!wait) return std::nullopt;
  return std::clamp<Ns>(*wait, 0, kLongest);
}

}  // namespace tapedeck
