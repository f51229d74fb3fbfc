// Hypercall's grammar: channels, message types and names, shared by the recorder's side and the
// service's. Source: the service's WebSocket document ("Available Channels", "Message Types"); what
// it leaves out (further shapes of its public client) is marked in docs/feeds/hypercall.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/json.h"
#include "schema/base/time.h"
#include "schema/normalize.h"

namespace tapedeck::hypercall {

inline constexpr std::string_view kEndpoint = "ws";
inline constexpr std::string_view kCandlesPrefix = "candles:";

// A channel as a client names it. All candle channels (`candles:BTC:1h`) share one description.
struct Channel {
  std::string_view name;  // `candles` for every candle channel
  bool needs_wallet = false;
  bool filters_symbols = false;  // takes `symbols` (document, "Symbol Filtering")
};

// Every channel of the document, `candles` included.
const std::vector<Channel>& all_channels();
// nullptr when the service knows no such channel; `candles` alone, or with an empty part, is none.
const Channel* find_channel(std::string_view name);

// What a message type is to the service. Types that begin with `Candle` share one (assumed).
struct MessageType {
  std::string_view name;
  FrameRole role = FrameRole::data;
  std::string_view channel;  // empty for what is no channel's: acknowledgements and errors
};
// nullptr for a type that is not known.
const MessageType* find_message_type(std::string_view type);
bool is_candle_type(std::string_view type);

// `BTC` of `BTC-20260131-100000-C` and of `BTC`.
std::string_view underlying_of(std::string_view symbol);

// A whole number in decimal digits, such as a `trade_id`; nullopt when it is anything else.
std::optional<std::uint64_t> whole_number(std::string_view text);

// Whether the service takes this for a wallet: `0x` and at least one more character. Its own
// examples
// (`0xYourWallet`, `0x1234...abcd`) are no addresses, so nothing more is asked.
bool is_wallet(std::string_view text);

// The first present member among `names`: missing when there is none, or only null ones.
Json first_of(Json object, std::initializer_list<std::string_view> names);

// The variant of a PortfolioUpdate. The service's public client shows messages with a second `type`
// key that names it; the documented message has none and holds Greeks.
std::string_view portfolio_kind(Json message);

// A message's own time: `timestamp`, milliseconds since 1970.
std::optional<Ns> time_ms(Json value);

// An expiry of the options chain, whose form is undocumented. Assumed: whatever parse_any_time
// reads, or a date as in instrument names (`20260131`, `2026-01-31`), which means its midnight UTC.
std::optional<Ns> chain_expiry(std::string_view text);

// `candles:UND:RES` taken apart, or the same facts found in a candle message (assumed names).
struct CandleName {
  std::string_view underlying;
  std::string_view resolution;
  bool whole() const { return !underlying.empty() && !resolution.empty(); }
};
CandleName parse_candle_channel(std::string_view channel);
// `message` is the whole message; `candle` the object with the OHLCV fields (may be the message).
CandleName candle_name_of(Json message, Json candle);
// The one object with a candle's fields: `candle` or `data` where that is an object, else the
// message.
Json candle_body(Json message);

}  // namespace tapedeck::hypercall
