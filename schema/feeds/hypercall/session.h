// One client's connection as Hypercall's service sees it (document, "Wallet Identification",
// "Connection Liveness", "Subscribing to Channels").
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "schema/feeds/hypercall/filter.h"
#include "schema/service.h"

namespace tapedeck::hypercall {

// The wording of errors follows the two that are documented; the others are assumed.
class HypercallSession final : public Session {
 public:
  // `query_wallet`: the deprecated `?wallet=`; "" when there was none. `data` outlives the session.
  HypercallSession(std::string query_wallet, ServiceData& data)
      : query_wallet_(std::move(query_wallet)), data_(&data) {}

  void on_open(SessionActions& actions) override;
  void on_message(std::string_view payload, const JsonDoc& doc, SessionActions& actions) override;
  void on_pong(std::string_view payload, SessionActions& actions) override;
  void on_timer(int timer, SessionActions& actions) override;
  void on_data(const ServedFrame& frame, SessionActions& actions) override;

 private:
  void authenticate(Json message, SessionActions& actions);
  void subscribe(Json message, SessionActions& actions);
  void unsubscribe(Json message, SessionActions& actions);
  void clock_sync(Json message, SessionActions& actions);

  std::string query_wallet_;
  ServiceData* data_;
  std::string wallet_;  // "" until the client has said who it is
  std::map<std::string, ChannelFilter, std::less<>> channels_;
  JsonDoc filtered_;  // the message that a filter looks into
  std::int64_t pings_sent_ = 0;
  std::int64_t pongs_until_ = 0;  // pings up to this one are answered
};

}  // namespace tapedeck::hypercall
