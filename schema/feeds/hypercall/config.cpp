#include "schema/feeds/hypercall/config.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "schema/base/text.h"
#include "schema/feeds/hypercall/wire.h"

namespace tapedeck::hypercall {

namespace {

std::string unknown_channel(const std::string& name) {
  std::vector<std::string> names;
  for (const Channel& channel : all_channels()) names.emplace_back(channel.name);
  std::string why = "there is no channel \"" + name + "\"";
  if (name == "candles" || name.starts_with(kCandlesPrefix)) {
    return why + "; candles are named like \"candles:BTC:1h\"";
  }
  const std::string near = nearest(name, names);
  if (near == "candles") return why + "; did you mean \"candles:BTC:1h\"?";
  if (!near.empty()) return why + "; did you mean \"" + near + "\"?";
  return why + "; known are " + join(names, ", ") + " (candles as \"candles:BTC:1h\")";
}

// Reads `{"channel":…, "symbols":[…], "expiry":…, "option_type":…}`.
Subscription read_object(ConfigReader& entry) {
  Subscription subscription;
  subscription.channel = entry.text("channel", "");
  subscription.symbols = entry.text_list("symbols", {});
  subscription.expiry = entry.text("expiry", "");
  subscription.option_type =
      entry.has("option_type") ? entry.choice("option_type", "", {"call", "put"}) : "";
  entry.reject_unknown();
  if (!entry.ok()) return subscription;
  const Channel* channel = find_channel(subscription.channel);
  if (channel == nullptr) {
    entry.fail("channel", unknown_channel(subscription.channel));
  } else if (!subscription.symbols.empty() && !channel->filters_symbols) {
    entry.fail("symbols",
               "the service filters only order_updates, fills and options_chain by "
               "symbols; leave it out for " +
                   subscription.channel);
  } else if (channel->name != "options_chain") {
    const std::string only =
        "applies to options_chain only; leave it out for " + subscription.channel;
    if (!subscription.expiry.empty()) entry.fail("expiry", only);
    if (!subscription.option_type.empty()) entry.fail("option_type", only);
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
    config.fail(place, "must be a channel's name or an object with \"channel\"");
    return subscription;
  }
  subscription.channel = entry.get<std::string>();
  if (find_channel(subscription.channel) == nullptr) {
    config.fail(place, unknown_channel(subscription.channel));
  }
  return subscription;
}

std::vector<Subscription> default_subscriptions(bool has_wallet) {
  std::vector<Subscription> subscriptions;
  for (const Channel& channel : all_channels()) {
    if (channel.name == "candles" || (channel.needs_wallet && !has_wallet)) continue;
    subscriptions.push_back({std::string(channel.name), {}, {}, {}});
  }
  return subscriptions;
}

// Drops what another entry of the same channel covers already: the service would take a later
// filter for a narrowing of an earlier subscription to everything.
void drop_covered(std::vector<Subscription>& subscriptions) {
  std::vector<Subscription> kept;
  for (const Subscription& one : subscriptions) {
    const bool covered =
        std::any_of(subscriptions.begin(), subscriptions.end(), [&](const Subscription& other) {
          return other.channel == one.channel && !other.is_filtered() && one.is_filtered();
        });
    if (!covered && std::find(kept.begin(), kept.end(), one) == kept.end()) kept.push_back(one);
  }
  subscriptions = std::move(kept);
}

std::vector<Subscription> read_channels(ConfigReader& config, bool has_wallet) {
  const nlohmann::json* list = config.raw("channels");
  if (list == nullptr) return default_subscriptions(has_wallet);
  std::vector<Subscription> subscriptions;
  if (!list->is_array() || list->empty()) {
    config.fail("channels",
                "must be a list with at least one channel, such as [\"orderbook\"]; "
                "leave it out for all of them");
    return subscriptions;
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    subscriptions.push_back(read_entry(config, (*list)[i], i));
  }
  drop_covered(subscriptions);
  return subscriptions;
}

std::string read_path(ConfigReader& rest, std::string_view key, const std::string& fallback) {
  std::string path = rest.text(key, fallback);
  if (!path.starts_with('/')) {
    rest.fail(key, "must start with \"/\", such as \"" + fallback + "\"");
  }
  return path;
}

RestPaths read_rest(ConfigReader& config) {
  RestPaths paths;
  ConfigReader rest = config.object("rest");
  paths.trades = read_path(rest, "trades_path", paths.trades);
  paths.orderbook = read_path(rest, "orderbook_path", paths.orderbook);
  paths.fills = read_path(rest, "fills_path", paths.fills);
  paths.orders = read_path(rest, "orders_path", paths.orders);
  paths.portfolio = read_path(rest, "portfolio_path", paths.portfolio);
  paths.limit = static_cast<int>(rest.integer("limit", paths.limit, 1, 1000));
  paths.overlap = static_cast<int>(rest.integer("overlap", paths.overlap, 1, 500));
  paths.depth = static_cast<int>(rest.integer("depth", paths.depth, 1, 1000));
  paths.cursor_ms = static_cast<int>(rest.integer("cursor_ms", paths.cursor_ms, 0, 86'400'000));
  rest.reject_unknown();
  config.absorb(rest);
  return paths;
}

}  // namespace

Settings read_settings(ConfigReader& config, const LinkSettings& link) {
  Settings settings;
  settings.ws_url = link.ws_url;
  settings.rest_url = link.rest_url;
  settings.wallet = config.optional_text("wallet");
  if (settings.wallet && !is_wallet(*settings.wallet)) {
    config.fail("wallet", "must be an address that starts with 0x");
  }
  settings.subscriptions = read_channels(config, settings.wallet.has_value());
  for (const Subscription& subscription : settings.subscriptions) {
    const Channel* channel = find_channel(subscription.channel);
    if (channel != nullptr && channel->needs_wallet && !settings.wallet) {
      config.fail("wallet", "is needed for the channel " + subscription.channel +
                                ": give the wallet's address (0x…), or leave the channel out");
    }
  }
  settings.rest = read_rest(config);
  return settings;
}

}  // namespace tapedeck::hypercall
