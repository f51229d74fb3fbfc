// The recorder's side of Hypercall's protocol (document, "Wallet Identification", "Subscribing to
// Channels").
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "schema/client.h"
#include "schema/feeds/hypercall/config.h"

namespace tapedeck::hypercall {

// After the upgrade it identifies the wallet, if there is one, then subscribes to everything at
// once. The service acknowledges by channel alone, so acknowledgements are counted: a stream is
// ready when every Subscribe of its channel has been answered. A refusal costs the streams that it
// is about, no others.
class HypercallClient final : public Client {
 public:
  // `settings` must outlive the client.
  explicit HypercallClient(const Settings& settings) : settings_(&settings) {}

  std::vector<std::string> streams() const override;
  void on_start(ClientActions& actions) override;
  void on_open(ClientActions& actions) override;
  Refusal on_refused(int status, std::string_view body) override;
  void on_frame(const InFrame& frame, const FrameTag& tag, ClientActions& actions) override;
  void on_timer(int timer, ClientActions& actions) override;
  void on_response(const RestResponse& response, ClientActions& actions) override;
  Refusal on_closed(std::uint16_t code, std::string_view reason) override;

 private:
  void subscribe_all(bool public_only, ClientActions& actions);
  void subscribe(Subscription subscription, ClientActions& actions);
  void on_authentication_refused(std::string_view message, ClientActions& actions);
  void on_subscribed(std::string_view channel, ClientActions& actions);
  void on_error(std::string_view message, ClientActions& actions);
  // The pending Subscribe that an error message is about.
  std::size_t blamed(std::string_view message) const;
  void lose(const std::string& stream, std::string_view why, ClientActions& actions);

  const Settings* settings_;
  bool authenticating_ = false;
  std::vector<Subscription> pending_;  // sent and not answered, oldest first
  std::vector<std::string> settled_;   // streams that are ready or lost
};

}  // namespace tapedeck::hypercall
