// The recorder's side of Market.ai's protocol (document, "Authentication", "Protocol").
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "schema/client.h"
#include "schema/feeds/marketai/config.h"

namespace tapedeck::marketai {

// Authenticates in the address or by its first message, then asks for all channels in one message.
// Each acknowledgement makes its channel's stream ready, unless the service took none of the
// symbols asked for; those that it leaves out are refused, as are those that the service says it
// rejected and no acknowledgement leaves out. A refusal costs the channels that it is about, no
// others: what is still unanswered a moment after a refusal was refused with it, or, if the refusal
// named other channels, is asked for once more without those.
class MarketClient final : public Client {
 public:
  // `settings` must outlive the client.
  explicit MarketClient(const Settings& settings) : settings_(&settings) {}

  std::vector<std::string> streams() const override;
  void on_start(ClientActions& actions) override;
  void on_open(ClientActions& actions) override;
  Refusal on_refused(int status, std::string_view body) override;
  void on_frame(const InFrame& frame, const FrameTag& tag, ClientActions& actions) override;
  void on_timer(int timer, ClientActions& actions) override;
  void on_response(const RestResponse& response, ClientActions& actions) override;
  Refusal on_closed(std::uint16_t code, std::string_view reason) override;

 private:
  enum class Phase : std::uint8_t { idle, authenticating, subscribing, settled, failed };

  void subscribe(ClientActions& actions);
  void on_subscribed(Json message, ClientActions& actions);
  void on_error(Json message, ClientActions& actions);
  void on_invalid_channel(const ErrorInfo& error, ClientActions& actions);
  void on_symbol_limit(const ErrorInfo& error, ClientActions& actions);
  // `what` of a channel that is received otherwise.
  void refuse(const std::string& channel, const std::string& what, ClientActions& actions);
  // Rejected symbols that no acknowledgement has left out, once everything is answered.
  void refuse_unexplained(ClientActions& actions);
  // A refusal's consequences for what is still unanswered.
  void settle(ClientActions& actions);
  bool is_rejected(const Subscription& asked) const;
  void resolve(std::string_view channel);
  void lose(const std::string& channel, std::string_view why, ClientActions& actions);
  void fail(Failure failure, const std::string& why, ClientActions& actions);
  const Subscription* find(std::string_view channel) const;

  const Settings* settings_;
  Phase phase_ = Phase::idle;
  std::set<std::string, std::less<>> pending_;  // channels asked for and not answered
  std::set<std::string, std::less<>> lost_;
  // The refusal that waits to be settled; "" when there is none.
  std::string refusal_;
  std::set<std::string, std::less<>> rejected_;          // symbols that it names
  std::map<std::string, std::string, std::less<>> cut_;  // what is refused of a channel
  std::set<std::string, std::less<>> explained_;         // rejected symbols: a channel lacks them
  bool may_ask_again_ = true;
};

}  // namespace tapedeck::marketai
