#include "schema/feeds/marketai/candles.h"

#include <charconv>
#include <cstdint>
#include <cstdlib>

#include "schema/feeds/marketai/identity.h"

namespace tapedeck::marketai {

namespace {

constexpr char kSeparator = '@';
constexpr std::size_t kSeriesMax = 20'000;
constexpr std::size_t kVenuesMax = 1'000;
constexpr int kCandlesMax = 100'000;  // of one exchange in one gap

// Times beyond this (the year 2096) or before 1970 are nobody's candles.
constexpr Ns kOpenMax = 4'000'000'000 * kNsPerSec;
bool is_time(Ns open_ns) {
  return open_ns >= 0 && open_ns <= kOpenMax;
}

Ns unit_of(char letter) {
  constexpr Ns kMinute = 60 * kNsPerSec;
  constexpr Ns kHour = 60 * kMinute;
  constexpr Ns kDay = 24 * kHour;
  switch (letter) {
    case 's':
      return kNsPerSec;
    case 'm':
      return kMinute;
    case 'h':
      return kHour;
    case 'd':
      return kDay;
    case 'w':
      return 7 * kDay;
    default:
      return 0;
  }
}

}  // namespace

std::optional<Ns> interval_length(std::string_view interval) {
  int count = 0;
  const char* const end = interval.data() + interval.size();
  const auto read = std::from_chars(interval.data(), end, count);
  if (read.ec != std::errc() || read.ptr + 1 != end || count < 1 || count > 1'000) {
    return std::nullopt;
  }
  const Ns unit = unit_of(*read.ptr);
  return unit == 0 ? std::nullopt : std::optional(count * unit);
}

Ns close_of(Ns open_ns, std::string_view interval) {
  return is_time(open_ns) ? open_ns + interval_length(interval).value_or(0) : open_ns;
}

std::string candle_series(std::string_view symbol, std::string_view interval) {
  return std::string(symbol).append(1, kSeparator).append(interval);
}

SeriesName split_series(std::string_view series) {
  const std::size_t at = series.rfind(kSeparator);
  if (at == std::string_view::npos) return {std::string(series), ""};
  return {std::string(series.substr(0, at)), std::string(series.substr(at + 1))};
}

void CandleMemory::put(std::span<const Value> values, Ns recv_ns) {
  const Ns open_ns = values[candle_column::kOpenNs].integer;
  if (!is_time(open_ns)) return;
  const std::string name =
      candle_series(values[candle_column::kSymbol].text, values[candle_column::kInterval].text);
  if (series_.size() >= kSeriesMax && !series_.contains(name)) return;
  Venues& venues = series_[name];
  const std::string venue(values[candle_column::kVenue].text);
  if (venues.size() >= kVenuesMax && !venues.contains(venue)) return;
  Newest& newest = venues[venue];
  if (newest.recv_ns == 0 || open_ns >= newest.open_ns) newest = {open_ns, recv_ns};
}

std::vector<std::string> CandleMemory::series() const {
  std::vector<std::string> names;
  for (const auto& [name, venues] : series_) names.push_back(name);
  return names;
}

std::optional<bool> CandleMemory::is_whole(std::string_view series, Ns from_ns, Ns to_ns,
                                           const IsKnown& is_known) const {
  const auto found = series_.find(series);
  const auto length = interval_length(split_series(series).interval);
  if (found == series_.end() || !length) return std::nullopt;
  bool is_whole = true;
  for (const auto& [venue, newest] : found->second) {
    if (std::abs(newest.recv_ns - newest.open_ns) > 2 * *length + 60 * kNsPerSec) {
      return std::nullopt;
    }
    // The first that closes after `from_ns`, on the grid of those that were seen.
    const Ns distance = newest.open_ns + *length - from_ns;
    Ns open_ns = newest.open_ns - (distance - 1) / *length * *length;
    if (distance <= 0) open_ns = newest.open_ns + (-distance / *length + 1) * *length;
    for (int i = 0; open_ns + *length <= to_ns; open_ns += *length) {
      if (++i > kCandlesMax) return std::nullopt;
      is_whole = is_whole && is_known(venue, open_ns);
    }
  }
  return is_whole;
}

}  // namespace tapedeck::marketai
