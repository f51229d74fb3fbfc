// What a user may say about Hypercall (docs/feeds/hypercall.md lists the keys and their defaults).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "schema/base/config_reader.h"
#include "schema/feed.h"

namespace tapedeck::hypercall {

// One Subscribe message. Filters left empty are not sent.
struct Subscription {
  std::string channel;  // as sent, `candles:BTC:1h`: also the name of its stream
  std::vector<std::string> symbols;
  std::string expiry;
  std::string option_type;

  bool is_filtered() const { return !symbols.empty() || !expiry.empty() || !option_type.empty(); }
  friend bool operator==(const Subscription&, const Subscription&) = default;
};

// REST paths below the base URL, and how they are asked.
struct RestPaths {
  std::string trades = "/trades";
  std::string orderbook = "/orderbook";
  std::string fills = "/fills";
  std::string orders = "/orders";
  std::string portfolio = "/portfolio";
  int limit = 1000;  // rows a page
  // How far a request reaches back into what another has answered: identifiers of trades, rows of
  // pages that are asked for by offset.
  int overlap = 20;
  int depth = 15;          // levels of a book's side
  int cursor_ms = 60'000;  // how often to ask where the trades stand; 0: only when they are ready
};

struct Settings {
  std::string ws_url;
  std::string rest_url;
  std::optional<std::string> wallet;
  std::vector<Subscription> subscriptions;
  RestPaths rest;
};

// Errors are left in `config`.
Settings read_settings(ConfigReader& config, const LinkSettings& link);

}  // namespace tapedeck::hypercall
