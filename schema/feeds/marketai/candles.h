// Which candles there must be: of each exchange, symbol and interval that the socket has brought.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/time.h"
#include "schema/records.h"

namespace tapedeck::marketai {

// `1m`, `4h`, `1d`, `1w` in nanoseconds; nullopt for months, whose lengths differ, and whatever
// else.
std::optional<Ns> interval_length(std::string_view interval);

// When a candle that opened then closes; `open_ns` itself where that cannot be told.
Ns close_of(Ns open_ns, std::string_view interval);

// `BTC/USDT@1m`: what the klines channel is about. Both parts may be empty.
std::string candle_series(std::string_view symbol, std::string_view interval);
struct SeriesName {
  std::string symbol;
  std::string interval;
};
SeriesName split_series(std::string_view series);

class CandleMemory {
 public:
  // Columns of a `candle` that a socket brought, now or on an earlier tape.
  void put(std::span<const Value> values, Ns recv_ns);
  std::vector<std::string> series() const;  // as candle_series(), sorted

  // Whether each exchange's candles of `series` that closed after `from_ns` and until `to_ns` are
  // known. nullopt when that cannot be told: nothing is known of it, its length is not, or its
  // candles do not follow the clock.
  using IsKnown = std::function<bool(Text venue, Ns open_ns)>;
  std::optional<bool> is_whole(std::string_view series, Ns from_ns, Ns to_ns,
                               const IsKnown& is_known) const;

 private:
  struct Newest {
    Ns open_ns = 0;
    Ns recv_ns = 0;
  };
  using Venues = std::map<std::string, Newest, std::less<>>;
  std::map<std::string, Venues, std::less<>> series_;
};

}  // namespace tapedeck::marketai
