#include "schema/feeds/hypercall/wire.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace tapedeck::hypercall {

namespace {

constexpr std::string_view kCandles = "candles";

constexpr auto kMessageTypes = std::to_array<MessageType>({
    {"OrderbookUpdate", FrameRole::data, "orderbook"},
    {"Trade", FrameRole::data, "trades"},
    {"MarketUpdate", FrameRole::data, "market_updates"},
    {"OptionsChainUpdate", FrameRole::data, "options_chain"},
    {"IndexPriceUpdate", FrameRole::data, "index_prices"},
    {"OrderUpdate", FrameRole::data, "order_updates"},
    {"Fill", FrameRole::data, "fills"},
    {"PortfolioUpdate", FrameRole::data, "portfolio"},
    {"PositionExpired", FrameRole::data, "portfolio"},
    {"LiquidationStateChange", FrameRole::data, "liquidation"},
    {"CompetitionPnlSummary", FrameRole::data, "competition"},
    {"Authenticated", FrameRole::ack, ""},
    {"Subscribed", FrameRole::ack, ""},
    {"Unsubscribed", FrameRole::ack, ""},
    {"ClockSynced", FrameRole::ack, ""},
    {"Error", FrameRole::error, ""},
});
constexpr MessageType kCandleType{"Candle", FrameRole::data, kCandles};

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

const std::vector<Channel>& all_channels() {
  static const std::vector<Channel> channels = {
      {"orderbook", false, false},      {"trades", false, false},
      {"market_updates", false, false}, {"options_chain", false, true},
      {kCandles, false, false},         {"index_prices", false, false},
      {"order_updates", true, true},    {"fills", true, true},
      {"portfolio", true, false},       {"liquidation", true, false},
      {"competition", true, false},
  };
  return channels;
}

const Channel* find_channel(std::string_view name) {
  std::string_view wanted = name;
  if (name == kCandles) return nullptr;
  if (name.starts_with(kCandlesPrefix)) {
    if (!parse_candle_channel(name).whole()) return nullptr;
    wanted = kCandles;
  }
  for (const Channel& channel : all_channels()) {
    if (channel.name == wanted) return &channel;
  }
  return nullptr;
}

const MessageType* find_message_type(std::string_view type) {
  for (const MessageType& known : kMessageTypes) {
    if (known.name == type) return &known;
  }
  return is_candle_type(type) ? &kCandleType : nullptr;
}

bool is_candle_type(std::string_view type) {
  return type.starts_with(kCandleType.name);
}

std::string_view underlying_of(std::string_view symbol) {
  return symbol.substr(0, symbol.find('-'));
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_wallet(std::string_view text) {
  return text.size() > 2 && text.starts_with("0x");
}

Json first_of(Json object, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const Json value = object[name];
    if (value.exists() && value.kind() != JsonKind::null) return value;
  }
  return {};
}

std::string_view portfolio_kind(Json message) {
  bool routed = false;
  for (Json member = message.first(); member.exists(); member = member.next()) {
    if (member.key() != "type") continue;
    if (routed) return member.text();
    routed = true;
  }
  return "GreeksUpdate";
}

std::optional<Ns> time_ms(Json value) {
  return parse_unix(value.scalar(), kNsPerMs);
}

std::optional<Ns> chain_expiry(std::string_view text) {
  if (text.size() == 8 && all_digits(text)) {
    const std::string date = std::string(text.substr(0, 4)) + "-" + std::string(text.substr(4, 2)) +
                             "-" + std::string(text.substr(6));
    return parse_rfc3339(date + "T00:00:00Z");
  }
  if (text.size() == 10 && text[4] == '-') return parse_rfc3339(std::string(text) + "T00:00:00Z");
  return parse_any_time(text);
}

CandleName parse_candle_channel(std::string_view channel) {
  if (!channel.starts_with(kCandlesPrefix)) return {};
  const std::string_view rest = channel.substr(kCandlesPrefix.size());
  const std::size_t colon = rest.find(':');
  if (colon == std::string_view::npos) return {rest, {}};
  const std::string_view resolution = rest.substr(colon + 1);
  if (resolution.find(':') != std::string_view::npos) return {};
  return {rest.substr(0, colon), resolution};
}

Json candle_body(Json message) {
  const Json body = first_of(message, {"candle", "data"});
  return body.is_object() ? body : message;
}

CandleName candle_name_of(Json message, Json candle) {
  CandleName name = parse_candle_channel(message["channel"].text());
  if (name.whole()) return name;
  for (const Json part : {candle, message}) {
    if (name.underlying.empty()) {
      name.underlying = first_of(part, {"underlying", "symbol", "currency"}).text();
    }
    if (name.resolution.empty()) {
      name.resolution = first_of(part, {"interval", "resolution", "timeframe"}).text();
    }
  }
  return name;
}

}  // namespace tapedeck::hypercall
