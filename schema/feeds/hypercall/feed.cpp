#include "schema/feeds/hypercall/feed.h"

#include "schema/feeds/hypercall/client.h"
#include "schema/feeds/hypercall/config.h"
#include "schema/feeds/hypercall/gapfill.h"
#include "schema/feeds/hypercall/normalize.h"
#include "schema/feeds/hypercall/service.h"
#include "schema/feeds/hypercall/shapes.h"
#include "schema/feeds/hypercall/simulate.h"
#include "schema/feeds/hypercall/wire.h"

namespace tapedeck {

namespace {

using namespace hypercall;

// What the subscriptions to `channel` let through; everything where there are none.
ChannelFilter filter_of(const Settings& settings, std::string_view channel) {
  ChannelFilter filter;
  for (const Subscription& subscription : settings.subscriptions) {
    if (subscription.channel != channel) continue;
    FilterTerms terms;
    for (const std::string& symbol : subscription.symbols) {
      terms.underlyings.emplace(underlying_of(symbol));
    }
    filter.subscribe(terms);
  }
  if (filter.empty()) filter.subscribe({});
  return filter;
}

HypercallNormalizer::Filters everything() {
  HypercallNormalizer::Filters filters;
  filters.fills.subscribe({});
  filters.orders.subscribe({});
  return filters;
}

class HypercallPlan final : public FeedPlan {
 public:
  explicit HypercallPlan(Settings settings) : settings_(std::move(settings)) {}

  std::vector<std::string> endpoints() const override { return {std::string(kEndpoint)}; }
  std::unique_ptr<Client> make_client(std::string_view /*endpoint*/, int /*slot*/) const override {
    return std::make_unique<HypercallClient>(settings_);
  }
  std::unique_ptr<Normalizer> make_normalizer(int connections) const override {
    return std::make_unique<HypercallNormalizer>(
        connections, HypercallNormalizer::Filters{filter_of(settings_, "fills"),
                                                  filter_of(settings_, "order_updates")});
  }
  std::unique_ptr<GapFill> make_fill(const FillTask& task) const override {
    return hypercall::make_fill(settings_, task);
  }
  std::optional<CursorPlan> cursor_plan(std::string_view stream) const override {
    return hypercall::cursor_plan(settings_, stream);
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
    return std::make_unique<HypercallNormalizer>(connections, everything());
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
