// Market.ai's grammar: channels, message kinds and errors, shared by the recorder's side and the
// service's. Source: the service's "WebSocket Push API Guide"; what it leaves out is marked in
// docs/feeds/marketai.md. Pure; views live as long as the parsed document.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/json.h"
#include "schema/base/time.h"
#include "schema/feeds/fields.h"
#include "schema/records.h"

namespace tapedeck::marketai {

inline constexpr std::string_view kFeedName = "marketai";
inline constexpr std::string_view kEndpoint = "/";

// Section "Protocol": what stands for every symbol.
inline constexpr std::string_view kWildcard = "*";

// Section "Ping/Pong".
inline constexpr Ns kPingEvery = 30 * kNsPerSec;
inline constexpr Ns kPongWithin = 10 * kNsPerSec;

// What a channel tells. `event`: things that happened, each counts. `candle`: a state until it is
// closed, then an event. `state`: how things are; what they were in between is not known.
enum class Nature : std::uint8_t { event, candle, state };

// Section "Channels", in its order: also the names of the streams. `rest_path` is assumed; empty:
// no history is known.
struct Channel {
  std::string_view name;
  TableId table;
  Nature nature;
  std::string_view symbol_member;  // what symbol filters look at, in `data`
  std::string_view rest_key;       // the configuration key of its path, below `rest`
  std::string_view rest_path = "";
};
inline constexpr std::array<Channel, 9> kChannels = {{
    {"quotes", TableId::quote, Nature::state, "symbol", "quotes_path", "/v1/quotes"},
    {"book", TableId::book, Nature::state, "symbol", "orderbook_path", "/v1/orderbook"},
    {"trades", TableId::trade, Nature::event, "symbol", "trades_path"},
    {"signals", TableId::alert, Nature::event, "symbol", "signals_path", "/v1/signals"},
    {"liquidations", TableId::liquidation, Nature::event, "symbol", "liquidations_path",
     "/v1/liquidations"},
    {"funding", TableId::funding, Nature::state, "symbol", "funding_path", "/v1/funding"},
    {"klines", TableId::candle, Nature::candle, "symbol", "klines_path", "/v1/klines"},
    {"narratives", TableId::narrative, Nature::event, "symbol", "narratives_path"},
    {"polymarket", TableId::prediction, Nature::state, "coin", "polymarket_path"},
}};
// nullptr when the service knows no such channel.
const Channel* find_channel(std::string_view name);
// The channel whose rows a table holds; nullptr: none.
const Channel* channel_of(TableId table);
// Its place in kChannels.
inline std::size_t index_of(const Channel& channel) {
  return static_cast<std::size_t>(&channel - kChannels.data());
}
std::vector<std::string> channel_names();

// A message is an object with a `type`, but for `{"ok":false,"error":{…}}`, which has none.
enum class Kind : std::uint8_t {
  update,
  authenticated,
  subscribed,
  unsubscribed,
  pong,
  error,
  other
};
Kind kind_of(Json message);

// A message's `type`; empty when it has none, or one that is no text.
std::string_view type_of(Json message);

// The channel of an update; nullptr when it names none that is known.
const Channel* channel_of(Json update);

// What an update's symbol filter looks at; empty when there is none.
std::string_view symbol_of(const Channel& channel, Json update);

// An error's code and message, whether typed (`{"type":"error","code","message"}`) or not
// (`{"ok":false,"error":{"code","message"}}`, also the form of HTTP errors); absent where they were
// not sent.
ErrorInfo read_error(Json message);
// Whether only another key helps.
bool is_about_credentials(std::string_view code);

// Section "Error codes", and `CONNECTION_LIMIT` of section "Tier Limits".
namespace code {
inline constexpr std::string_view kInvalidMessage = "INVALID_MESSAGE";
inline constexpr std::string_view kInvalidChannel = "INVALID_CHANNEL";
inline constexpr std::string_view kSymbolLimit = "SYMBOL_LIMIT_EXCEEDED";
inline constexpr std::string_view kUnauthorized = "UNAUTHORIZED";
inline constexpr std::string_view kConnectionLimit = "CONNECTION_LIMIT";
}  // namespace code

// `SOL/USDT`, `XRP/USDT` of "Symbol limit (25) exceeded. Rejected: SOL/USDT, XRP/USDT"; empty when
// the text has another form.
std::vector<std::string> rejected_symbols(std::string_view message);

// Where `text` first holds `word`, and not merely as a part of a longer name; npos when it does
// not.
std::size_t find_name(std::string_view text, std::string_view word);

// `["a","b"]`.
std::string json_list(const std::vector<std::string>& items);

}  // namespace tapedeck::marketai
