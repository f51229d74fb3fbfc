// What a user may say about Market.ai (docs/feeds/marketai.md lists the keys and their defaults).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "schema/base/config_reader.h"
#include "schema/base/time.h"
#include "schema/feed.h"
#include "schema/feeds/marketai/wire.h"

namespace tapedeck::marketai {

// One entry of a subscribe message; a channel stands in one only.
struct Subscription {
  std::string channel;
  std::vector<std::string> symbols;  // empty: everything

  friend bool operator==(const Subscription&, const Subscription&) = default;
};

enum class Auth : std::uint8_t { query, message };

struct Settings {
  std::string ws_url;  // without a slash at its end, as is rest_url
  std::string rest_url;
  std::string api_key;
  Auth auth = Auth::query;
  std::vector<Subscription> subscriptions;
  std::optional<Ns> ping;  // how often to send `{"action":"ping"}`; absent: never
  // The path of each channel's history, in the order of kChannels; empty: none, its gaps cannot be
  // filled.
  std::array<std::string, kChannels.size()> rest_paths;
  int rest_limit = 0;  // rows a page
  // How long after a gap to wait for an event by which its end can be proven.
  Ns rest_wait = 0;
};

// Errors are left in `config`.
Settings read_settings(ConfigReader& config, const LinkSettings& link);

}  // namespace tapedeck::marketai
