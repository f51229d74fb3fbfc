#include "schema/feeds/marketai/config.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "schema/base/text.h"

namespace tapedeck::marketai {

namespace {

constexpr std::int64_t kPingMsDefault = 25'000;  // as in the document's example client
constexpr std::int64_t kPingMsMin = 1'000;
constexpr std::int64_t kPingMsMax = 3'600'000;
constexpr std::int64_t kLimitDefault = 1'000;  // assumed
constexpr std::int64_t kLimitMax = 100'000;
constexpr std::int64_t kWaitMsDefault = 20'000;
constexpr std::int64_t kWaitMsMax = 3'600'000;

std::string unknown_channel(const std::string& name) {
  const std::vector<std::string> known = channel_names();
  const std::string why = "there is no channel \"" + name + "\"";
  const std::string near = nearest(name, known);
  if (!near.empty()) return why + "; did you mean \"" + near + "\"?";
  return why + "; known are " + join(known, ", ");
}

void check_channel(ConfigReader& reader, std::string_view key, const std::string& name) {
  if (reader.ok() && find_channel(name) == nullptr) reader.fail(key, unknown_channel(name));
}

// Reads `{"type":…,"symbols":[…]}`.
Subscription read_object(ConfigReader& entry) {
  Subscription subscription;
  subscription.channel = entry.text("type", "");
  subscription.symbols = entry.text_list("symbols", {});
  entry.reject_unknown();
  if (entry.ok() && !entry.has("type")) {
    entry.fail("type", "is missing; name a channel, such as \"quotes\"");
  }
  check_channel(entry, "type", subscription.channel);
  for (const std::string& symbol : subscription.symbols) {
    if (trim(symbol).empty()) {
      entry.fail("symbols", "holds an empty symbol; leave symbols out for all of the channel");
    }
  }
  const auto& symbols = subscription.symbols;
  if (std::find(symbols.begin(), symbols.end(), kWildcard) != symbols.end()) {
    subscription.symbols.clear();
  }
  return subscription;
}

Subscription read_entry(ConfigReader& config, const nlohmann::json& entry, std::size_t index) {
  const std::string place = "channels[" + std::to_string(index) + "]";
  if (entry.is_object()) {
    ConfigReader reader(entry, config.name_of(place), config.source(), config.secrets());
    Subscription subscription = read_object(reader);
    config.absorb(reader);
    return subscription;
  }
  Subscription subscription;
  if (!entry.is_string()) {
    config.fail(place, "must be a channel's name or an object with \"type\"");
    return subscription;
  }
  subscription.channel = entry.get<std::string>();
  check_channel(config, place, subscription.channel);
  return subscription;
}

// Entries of one channel become one: all their symbols, or everything if one of them says so.
void merge(Subscription entry, std::vector<Subscription>& subscriptions) {
  const auto same = [&](const Subscription& one) { return one.channel == entry.channel; };
  const auto found = std::find_if(subscriptions.begin(), subscriptions.end(), same);
  const bool is_new = found == subscriptions.end();
  if (is_new) subscriptions.push_back({entry.channel, {}});
  Subscription& merged = is_new ? subscriptions.back() : *found;
  const bool is_everything = entry.symbols.empty() || (!is_new && merged.symbols.empty());
  if (is_everything) return merged.symbols.clear();
  for (std::string& symbol : entry.symbols) {
    const auto& known = merged.symbols;
    if (std::find(known.begin(), known.end(), symbol) == known.end()) {
      merged.symbols.push_back(std::move(symbol));
    }
  }
}

std::vector<Subscription> read_channels(ConfigReader& config) {
  std::vector<Subscription> subscriptions;
  const nlohmann::json* list = config.raw("channels");
  if (list == nullptr) {
    for (const Channel& channel : kChannels) {
      subscriptions.push_back({std::string(channel.name), {}});
    }
    return subscriptions;
  }
  if (!list->is_array() || list->empty()) {
    config.fail("channels",
                "must be a list with at least one channel, such as [\"quotes\"]; leave it out for "
                "all of them");
    return subscriptions;
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    merge(read_entry(config, (*list)[i], i), subscriptions);
  }
  return subscriptions;
}

std::optional<Ns> read_ping(ConfigReader& config) {
  const bool is_off = config.is_null("ping_ms");
  const std::int64_t ms = config.integer("ping_ms", kPingMsDefault, 0, kPingMsMax);
  if (ms > 0 && ms < kPingMsMin) {
    config.fail("ping_ms", "must be at least " + std::to_string(kPingMsMin) +
                               ", or 0 for no pings of our own");
  }
  if (is_off || ms == 0) return std::nullopt;
  return ms * kNsPerMs;
}

void read_rest(ConfigReader& config, Settings& settings) {
  ConfigReader rest = config.object("rest");
  for (std::size_t i = 0; i < kChannels.size(); ++i) {
    const Channel& channel = kChannels[i];
    std::string& path = settings.rest_paths[i];
    const bool is_off = rest.is_null(channel.rest_key);
    path = rest.text(channel.rest_key, channel.rest_path);
    if (is_off) path.clear();
    if (!path.empty() && !path.starts_with('/')) {
      rest.fail(channel.rest_key, "must start with \"/\", such as \"/v1/" +
                                      std::string(channel.name) + "\", or be null for no history");
    }
  }
  settings.rest_limit = static_cast<int>(rest.integer("limit", kLimitDefault, 1, kLimitMax));
  settings.rest_wait = rest.integer("wait_ms", kWaitMsDefault, 0, kWaitMsMax) * kNsPerMs;
  rest.reject_unknown();
  config.absorb(rest);
}

}  // namespace

Settings read_settings(ConfigReader& config, const LinkSettings& link) {
  Settings settings;
  settings.ws_url = link.ws_url;
  settings.rest_url = link.rest_url;
  settings.api_key = config.required_secret("api_key");
  const bool by_message = config.choice("auth", "query", {"query", "message"}) == "message";
  settings.auth = by_message ? Auth::message : Auth::query;
  settings.subscriptions = read_channels(config);
  settings.ping = read_ping(config);
  read_rest(config, settings);
  return settings;
}

}  // namespace tapedeck::marketai
