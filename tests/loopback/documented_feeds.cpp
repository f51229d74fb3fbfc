#include "tests/loopback/documented_feeds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>

namespace tapedeck::testing {
namespace {

using nlohmann::json;

// Hypercall, "Available Channels" and "Message Types"; "" for a type that no channel has.
std::string hypercall_channel(const std::string& type) {
  static const std::map<std::string, std::string> kChannels = {
      {"OrderbookUpdate", "orderbook"},
      {"Trade", "trades"},
      {"MarketUpdate", "market_updates"},
      {"OptionsChainUpdate", "options_chain"},
      {"IndexPriceUpdate", "index_prices"},
      {"OrderUpdate", "order_updates"},
      {"Fill", "fills"},
      {"PortfolioUpdate", "portfolio"},
      {"PositionExpired", "portfolio"},
      {"LiquidationStateChange", "liquidation"},
      {"CompetitionPnlSummary", "competition"},
      // PortfolioUpdate with a second "type".
      {"Initial", "portfolio"},
      {"PositionUpdate", "portfolio"},
      {"BalanceUpdate", "portfolio"},
      {"MarginUpdate", "portfolio"},
      {"GreeksUpdate", "portfolio"}};
  if (type.starts_with("Candle")) return "candles";
  const auto found = kChannels.find(type);
  return found == kChannels.end() ? "" : found->second;
}

// What filters look at; "" where the message has none.
std::string symbol_of(const std::string& feed, const json& message) {
  if (feed == "alterscope") return message.value("opportunity_id", "");
  if (feed == "marketai") return message.at("data").value("symbol", "");
  if (feed != "hypercall") return "";
  // `BTC` of `BTC-20260131-100000-C`.
  const json& holder = message.contains("request") ? message.at("request") : message;
  const std::string symbol = holder.value("symbol", "");
  return symbol.substr(0, symbol.find('-'));
}

std::string joined(const json& symbols) {
  std::string out;
  for (const json& symbol : symbols)
    out.append(out.empty() ? "" : ",").append(symbol.get<std::string>());
  return out;
}

Lines nexusglass_prints(const json& message) {
  const json& payload = message.value("payload", json::object());
  if (message.at("type") == "HANDSHAKE")
    return {"Connected: tier=" + payload.at("tier").get<std::string>()};
  if (message.at("type") != "EVENT") return {};
  return {"[" + payload.at("priority").get<std::string>() + "] " +
          payload.at("type").get<std::string>() + " " + payload.at("symbol").get<std::string>()};
}

Lines hypercall_prints(const json& message, bool is_typescript) {
  const std::string type = message.at("type").get<std::string>();
  Lines prints = {"Received: " + type};
  if (is_typescript && type == "OrderbookUpdate") {
    prints.push_back(message.at("symbol").get<std::string>() + ": " +
                     std::to_string(message.at("bids").size()) + " bids, " +
                     std::to_string(message.at("asks").size()) + " asks");
  }
  return prints;
}

Lines marketai_prints(const json& message, bool is_javascript) {
  if (message.at("type") == "update") return {"[" + message.at("channel").get<std::string>() + "]"};
  if (!is_javascript || message.at("type") != "subscribed") return {};
  return {"Subscribed to " + message.at("channel").get<std::string>() + ": " +
          joined(message.at("symbols"))};
}

Lines prints_of(const Example& example, const json& message) {
  if (example.feed == "nexusglass") return nexusglass_prints(message);
  if (example.feed == "hypercall")
    return hypercall_prints(message, example.program.ends_with(".mjs"));
  if (example.feed == "marketai")
    return marketai_prints(message, example.program.ends_with(".mjs"));
  if (example.feed == "alterscope") {
    return {message.at("opportunity_id").get<std::string>() + " " +
            message.at("factor").get<std::string>()};
  }
  if (kind_of("alphahub", message) != "new_signals") return {};
  const std::string topic = message.at(2).get<std::string>();
  return {"SIGNAL " + topic.substr(topic.find(':') + 1)};
}

// NexusGlass, "Handshake (on connect)" and "Connection lifecycle".
void expect_handshake(const Lines& received, const Lines& said) {
  ASSERT_GE(received.size(), 2U);
  ASSERT_EQ(said, Lines{received[0]});
  json handshake = parsed(received[0]);
  json wanted = documented("nexusglass", "handshake");
  const std::string server_time = handshake.at("payload").at("server_time").get<std::string>();
  EXPECT_TRUE(
      std::regex_match(server_time, std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)")))
      << server_time;
  wanted.at("payload").at("server_time") = server_time;
  EXPECT_EQ(handshake, wanted);
  EXPECT_EQ(kind_of("nexusglass", parsed(received[1])), "SNAPSHOT");
}

// Hypercall, "Subscribing to Channels"; AlphaHub, "Response" (to a join); Market.ai, "Subscribe".
json acknowledgement(const std::string& feed, const std::string& channel,
                     const std::vector<std::string>& symbols) {
  if (feed == "alphahub") {
    json reply = documented("alphahub", "join_reply");
    reply.at(2) = channel;
    return reply;
  }
  if (feed == "hypercall") {
    json subscribed = documented("hypercall", "subscribed");
    subscribed.at("channel") = channel;
    return subscribed;
  }
  json subscribed = documented("marketai", "subscribed_quotes");
  subscribed.at("channel") = channel;
  subscribed.at("symbols") = symbols.empty() ? std::vector<std::string>{"*"} : symbols;
  return subscribed;
}

}  // namespace

json parsed(const std::string& line) {
  return json::parse(line.substr(2));
}

json documented(const std::string& feed, const std::string& name) {
  std::ifstream file(TAPEDECK_SOURCE_DIR "/tests/feeds/" + feed + "/testdata/" + name + ".json");
  return json::parse(file);
}

std::string kind_of(const std::string& feed, const json& message) {
  if (feed == "alphahub") return message.at(3).get<std::string>();
  const bool is_update = feed == "marketai" && message.at("type") == "update";
  return message.at(is_update ? "channel" : "type").get<std::string>();
}

bool is_protocol(const std::string& feed, const json& message) {
  // NexusGlass and Hypercall, "Message Types", "Subscribing to Channels"; AlphaHub, the two
  // responses; Market.ai, "Protocol". Alterscope says nothing for itself.
  static const std::map<std::string, std::set<std::string>> kKinds = {
      {"alphahub", {"phx_reply"}},
      {"nexusglass", {"HANDSHAKE", "PING", "PONG", "ERROR"}},
      {"hypercall", {"Authenticated", "Subscribed", "Unsubscribed", "Error", "ClockSynced"}},
      {"marketai", {"authenticated", "subscribed", "unsubscribed", "pong", "error"}}};
  const auto kinds = kKinds.find(feed);
  return kinds != kKinds.end() && kinds->second.contains(kind_of(feed, message));
}

bool is_heartbeat(const std::string& feed, const json& message) {
  if (feed == "alphahub") return message.at(2) == "phoenix";
  const std::string kind = kind_of(feed, message);
  return kind == "PING" || kind == "pong";
}

std::string channel_of(const std::string& feed, const json& message) {
  if (feed == "alphahub") return message.at(2).get<std::string>();
  if (feed == "hypercall") return hypercall_channel(kind_of(feed, message));
  if (feed == "marketai") return message.value("channel", "");
  return feed == "alterscope" ? "factors" : "";
}

bool is_for(const Example& example, const json& message) {
  const std::string channel = channel_of(example.feed, message);
  if (example.channels.empty() || channel.empty()) return true;
  const std::string symbol = symbol_of(example.feed, message);
  return std::any_of(example.channels.begin(), example.channels.end(), [&](const auto& wanted) {
    const auto& [name, symbols] = wanted;
    return name == channel && (symbols.empty() || symbol.empty() ||
                               std::find(symbols.begin(), symbols.end(), symbol) != symbols.end());
  });
}

Lines prints_of(const Example& example, const Lines& messages) {
  Lines prints;
  for (const std::string& line : messages) {
    const Lines more = prints_of(example, parsed(line));
    prints.insert(prints.end(), more.begin(), more.end());
  }
  return prints;
}

void expect_documented_beginning(const Example& example, const Lines& received) {
  const Lines said = only(received, [&](const json& message) {
    return is_protocol(example.feed, message) && !is_heartbeat(example.feed, message);
  });
  if (example.feed == "nexusglass") return expect_handshake(received, said);
  if (example.feed == "alterscope") {
    EXPECT_EQ(said, Lines{});
    return;
  }
  ASSERT_EQ(said.size(), example.channels.size());
  EXPECT_EQ(said[0], received[0]);
  for (std::size_t i = 0; i < said.size(); ++i) {
    const auto& [channel, symbols] = example.channels[i];
    EXPECT_EQ(parsed(said[i]), acknowledgement(example.feed, channel, symbols));
  }
}

void expect_documented_shape(const std::string& feed, const json& message) {
  static const std::map<std::string, json> kShown = {
      {"factor.changed", documented("alterscope", "factor_changed")},
      {"EVENT", documented("nexusglass", "event")},
      {"OrderbookUpdate", documented("hypercall", "orderbook_update")},
      {"Fill", documented("hypercall", "fill")},
      {"OrderUpdate", documented("hypercall", "order_update")},
      {"quotes", documented("marketai", "quotes")},
      {"signals", documented("marketai", "signals")},
  };
  const auto shown = kShown.find(kind_of(feed, message));
  if (shown == kShown.end() || message.contains("request"))
    return;  // an OrderUpdate of the other, nested shape
  for (const auto& [key, value] : shown->second.items()) {
    ASSERT_TRUE(message.contains(key)) << key << ": " << message;
    if (key != "payload" && key != "data") continue;
    for (const auto& [inner, ignored] : value.items())
      EXPECT_TRUE(message.at(key).contains(inner)) << inner << ": " << message;
  }
}

Lines only(const Lines& messages, const std::function<bool(const json&)>& keep) {
  Lines out;
  for (const std::string& line : messages) {
    if (keep(parsed(line))) out.push_back(line);
  }
  return out;
}

std::set<std::string> kinds_of(const std::string& feed, const Lines& messages) {
  std::set<std::string> kinds;
  for (const std::string& line : messages) kinds.insert(kind_of(feed, parsed(line)));
  return kinds;
}

void expect_same(const Lines& got, const Lines& wanted) {
  EXPECT_EQ(got.size(), wanted.size());
  const std::size_t both = std::min(got.size(), wanted.size());
  for (std::size_t i = 0; i < both; ++i)
    ASSERT_EQ(got[i], wanted[i]) << "the first difference, at " << i;
}

}  // namespace tapedeck::testing
