#include "schema/feeds/alphahub/feed.h"

#include "schema/feeds/alphahub/client.h"
#include "schema/feeds/alphahub/config.h"
#include "schema/feeds/alphahub/gapfill.h"
#include "schema/feeds/alphahub/normalize.h"
#include "schema/feeds/alphahub/service.h"
#include "schema/feeds/alphahub/shapes.h"
#include "schema/feeds/alphahub/simulate.h"
#include "schema/feeds/alphahub/tokens.h"
#include "schema/feeds/alphahub/wire.h"

namespace tapedeck {

namespace {

using namespace alphahub;

class AlphaHubPlan final : public FeedPlan {
 public:
  explicit AlphaHubPlan(Settings settings)
      : settings_(std::move(settings)),
        tokens_(std::make_unique<Tokens>(settings_.token_age_max)) {}

  std::vector<std::string> endpoints() const override { return {std::string(kEndpoint)}; }
  std::unique_ptr<Client> make_client(std::string_view /*endpoint*/, int /*slot*/) const override {
    return std::make_unique<AlphaHubClient>(settings_, *tokens_);
  }
  std::unique_ptr<Normalizer> make_normalizer(int connections) const override {
    return std::make_unique<AlphaHubNormalizer>(connections, settings_.zone,
                                                settings_.rest.history);
  }
  std::unique_ptr<GapFill> make_fill(const FillTask& task) const override {
    return alphahub::make_fill(settings_, *tokens_, task);
  }

 private:
  Settings settings_;
  std::unique_ptr<Tokens> tokens_;
};

FeedDefaults make_defaults() {
  FeedDefaults defaults;
  defaults.ws_url = "wss://alphahub.us";
  defaults.rest_url = "https://alphahub.us";
  // Every heartbeat (15 s) is answered: three missed are a dead socket.
  defaults.timeouts.idle_ms = 45'000;
  return defaults;
}

class AlphaHubFeed final : public Feed {
 public:
  std::string_view name() const override { return kFeedName; }
  const FeedDefaults& defaults() const override { return defaults_; }

  Result<std::unique_ptr<FeedPlan>> configure(ConfigReader& config,
                                              const LinkSettings& settings) const override {
    Settings own = read_settings(config, settings);
    if (const auto result = config.result(); !result) return result.error();
    return std::unique_ptr<FeedPlan>(std::make_unique<AlphaHubPlan>(std::move(own)));
  }

  std::unique_ptr<Normalizer> make_normalizer(int connections) const override {
    return std::make_unique<AlphaHubNormalizer>(connections, kUtc, HistoryLimits());
  }
  const FeedShapes& shapes() const override { return alphahub::shapes(); }
  const Service& service() const override { return service_; }
  std::unique_ptr<Simulator> make_simulator(std::uint64_t seed) const override {
    return std::make_unique<AlphaHubSimulator>(seed);
  }

 private:
  FeedDefaults defaults_ = make_defaults();
  AlphaHubService service_;
};

}  // namespace

const Feed& alphahub_feed() {
  static const AlphaHubFeed feed;
  return feed;
}

}  // namespace tapedeck
