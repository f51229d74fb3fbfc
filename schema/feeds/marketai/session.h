// One client's connection as Market.ai's service sees it (document, "Authentication", "Protocol").
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "schema/feeds/marketai/wire.h"
#include "schema/service.h"

namespace tapedeck::marketai {

// The one documented wording of an error is `Invalid JSON`; the others are assumed.
class MarketSession final : public Session {
 public:
  // `is_authenticated`: a key stood in the address.
  explicit MarketSession(bool is_authenticated) : is_authenticated_(is_authenticated) {}

  void on_open(SessionActions& actions) override;
  void on_message(std::string_view payload, const JsonDoc& doc, SessionActions& actions) override;
  void on_pong(std::string_view payload, SessionActions& actions) override;
  void on_timer(int timer, SessionActions& actions) override;
  void on_data(const ServedFrame& frame, SessionActions& actions) override;

 private:
  using Symbols = std::set<std::string, std::less<>>;

  void authenticate(Json message, SessionActions& actions);
  void change(Json message, bool is_subscribe, SessionActions& actions);
  void subscribe(const std::string& channel, const std::vector<std::string>& symbols,
                 SessionActions& actions);
  void unsubscribe(const std::string& channel, const std::vector<std::string>& symbols,
                   SessionActions& actions);

  bool is_authenticated_;
  std::map<std::string, Symbols, std::less<>> channels_;  // the wildcard stands for all symbols
  std::int64_t pings_sent_ = 0;
};

}  // namespace tapedeck::marketai
