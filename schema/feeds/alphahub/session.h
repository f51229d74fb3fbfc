// One client's connection as AlphaHub's service sees it: Phoenix channels, serializer v2.
#pragma once

#include <map>
#include <string>

#include "schema/feeds/alphahub/wire.h"
#include "schema/service.h"

namespace tapedeck::alphahub {

// Answers as Phoenix does (docs/feeds/alphahub.md, "The service's side").
class AlphaHubSession final : public Session {
 public:
  void on_open(SessionActions& actions) override;
  void on_message(std::string_view payload, const JsonDoc& doc, SessionActions& actions) override;
  void on_pong(std::string_view payload, SessionActions& actions) override;
  void on_timer(int timer, SessionActions& actions) override;
  void on_data(const ServedFrame& frame, SessionActions& actions) override;

 private:
  void join(const Message& message, SessionActions& actions);
  void leave(const Message& message, SessionActions& actions);
  // Takes the topic out; the last one ends the client's subscription.
  void drop(std::string_view topic, SessionActions& actions);
  void close(std::uint16_t code, SessionActions& actions);

  std::map<std::string, std::string, std::less<>> joined_;  // topic → its join_ref as JSON text
  bool is_closed_ = false;
};

}  // namespace tapedeck::alphahub
