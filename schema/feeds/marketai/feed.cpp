#include "schema/feeds/marketai/feed.h"

#include "schema/feeds/marketai/client.h"
#include "schema/feeds/marketai/config.h"
#include "schema/feeds/marketai/gapfill.h"
#include "schema/feeds/marketai/normalize.h"
#include "schema/feeds/marketai/service.h"
#include "schema/feeds/marketai/shapes.h"
#include "schema/feeds/marketai/simulate.h"
#include "schema/feeds/marketai/wire.h"

namespace tapedeck {

namespace {

using namespace marketai;

class MarketPlan final : public FeedPlan {
 public:
  explicit MarketPlan(Settings settings) : settings_(std::move(settings)) {}

  std::vector<std::string> endpoints() const override { return {std::string(kEndpoint)}; }
  std::unique_ptr<Client> make_client(std::string_view /*endpoint*/, int /*slot*/) const override {
    return std::make_unique<MarketClient>(settings_);
  }
  std::unique_ptr<GapFill> make_fill(const FillTask& task) const override {
    return marketai::make_fill(settings_, task);
  }

 private:
  Settings settings_;
};

FeedDefaults make_defaults() {
  FeedDefaults defaults;
  defaults.ws_url = "wss://ws.market-ai.dev";
  defaults.rest_url = "https://api.market-ai.dev";
  // Section "Reconnection": 1, 2, 4, 8, 16, 32 s, from the start after 60 s. No jitter.
  defaults.reconnect = {.initial_ms = 1'000, .max_ms = 32'000, .jitter_ms = 0, .stable_ms = 60'000};
  // Two of the server's pings and half an interval more.
  defaults.timeouts.idle_ms = 75'000;
  return defaults;
}

class MarketFeed final : public Feed {
 public:
  std::string_view name() const override { return kFeedName; }
  const FeedDefaults& defaults() const override { return defaults_; }

  Result<std::unique_ptr<FeedPlan>> configure(ConfigReader& config,
                                              const LinkSettings& settings) const override {
    Settings own = read_settings(config, settings);
    if (const auto result = config.result(); !result) return result.error();
    return std::unique_ptr<FeedPlan>(std::make_unique<MarketPlan>(std::move(own)));
  }

  std::unique_ptr<Normalizer> make_normalizer(int connections) const override {
    return std::make_unique<MarketNormalizer>(connections);
  }
  const FeedShapes& shapes() const override { return marketai::shapes(); }
  const Service& service() const override { return service_; }
  std::unique_ptr<Simulator> make_simulator(std::uint64_t seed) const override {
    return std::make_unique<MarketSimulator>(seed);
  }

 private:
  FeedDefaults defaults_ = make_defaults();
  MarketService service_;
};

}  // namespace

const Feed& marketai_feed() {
  static const MarketFeed feed;
  return feed;
}

}  // namespace tapedeck
