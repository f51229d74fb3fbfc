#include "schema/feeds/hypercall/feed.h"

#include "schema/feeds/hypercall/client.h"
#include "schema/feeds/hypercall/config.h"
#include "schema/feeds/hypercall/normalize.h"
#include "schema/feeds/hypercall/service.h"
#include "schema/feeds/hypercall/shapes.h"
#include "schema/feeds/hypercall/simulate.h"
#include "schema/feeds/hypercall/wire.h"

namespace tapedeck {

namespace {

using namespace hypercall;

class HypercallPlan final : public FeedPlan {
 public:
  explicit HypercallPlan(Settings settings) : settings_(std::move(settings)) {}

  std::vector<std::string> endpoints() const override { return {std::string(kEndpoint)}; }
  std::unique_ptr<Client> make_client(std::string_view /*endpoint*/, int /*slot*/) const override {
    return std::make_unique<HypercallClient>(settings_);
  }

 private:
  Settings settings_;
};

FeedDefaults make_defaults() {
  FeedDefaults defaults;
  defaults.ws_url = "wss://testnet-api.hypercall.xyz";
  defaults.rest_url = "https://testnet-api.hypercall.xyz";
  // The service pings every 20 s (document, "Connection Liveness"): three missed are a dead socket.
  defaults.timeouts.idle_ms = 60'000;
  return defaults;
}

class HypercallFeed final : public Feed {
 public:
  std::string_view name() const override { return "hypercall"; }
  const FeedDefaults& defaults() const override { return defaults_; }

  Result<std::unique_ptr<FeedPlan>> configure(ConfigReader& config,
                                              const LinkSettings& settings) const override {
    Settings own = read_settings(config, settings);
    if (const auto result = config.result(); !result) return result.error();
    return std::unique_ptr<FeedPlan>(std::make_unique<HypercallPlan>(std::move(own)));
  }

  std::unique_ptr<Normalizer> make_normalizer(int connections) const override {
    return std::make_unique<HypercallNormalizer>(connections);
  }
  const FeedShapes& shapes() const override { return hypercall::shapes(); }
  const Service& service() const override { return service_; }
  std::unique_ptr<Simulator> make_simulator(std::uint64_t seed) const override {
    return std::make_unique<HypercallSimulator>(seed);
  }

 private:
  FeedDefaults defaults_ = make_defaults();
  HypercallService service_;
};

}  // namespace

const Feed& hypercall_feed() {
  static const HypercallFeed feed;
  return feed;
}

}  // namespace tapedeck
