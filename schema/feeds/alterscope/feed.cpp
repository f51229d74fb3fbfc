#include "schema/feeds/alterscope/feed.h"

#include "schema/feeds/alterscope/parts.h"
#include "schema/feeds/alterscope/wire.h"

namespace tapedeck {

namespace {

class AlterscopePlan final : public FeedPlan {
 public:
  explicit AlterscopePlan(alterscope::Settings settings) : settings_(std::move(settings)) {}

  std::vector<std::string> endpoints() const override {
    return {std::string(alterscope::kEndpoint)};
  }
  std::unique_ptr<Client> make_client(std::string_view /*endpoint*/, int /*slot*/) const override {
    return alterscope::make_client(settings_);
  }
  std::unique_ptr<Normalizer> make_normalizer(int connections) const override {
    return alterscope::make_normalizer(
        connections, {settings_.categories, settings_.alert_threshold.has_value()});
  }
  std::unique_ptr<GapFill> make_fill(const FillTask& task) const override {
    return alterscope::make_fill(settings_, task);
  }

 private:
  alterscope::Settings settings_;
};

FeedDefaults make_defaults() {
  FeedDefaults defaults;
  defaults.ws_url = "wss://api.alterscope.org";
  defaults.rest_url = "https://api.alterscope.org";
  // Section 3: from 1 s, at most 30 s. No jitter is documented, and what
  // counts as stable is assumed.
  defaults.reconnect = {.initial_ms = 1'000, .max_ms = 30'000, .jitter_ms = 0, .stable_ms = 60'000};
  // Section 3: the server pings every 30 s, two missed mean reconnect.
  defaults.timeouts.idle_ms = 65'000;
  return defaults;
}

class AlterscopeFeed final : public Feed {
 public:
  std::string_view name() const override { return alterscope::kFeedName; }
  const FeedDefaults& defaults() const override { return defaults_; }

  Result<std::unique_ptr<FeedPlan>> configure(ConfigReader& config,
                                              const LinkSettings& settings) const override {
    auto own = alterscope::read_settings(config, settings);
    if (!own) return own.error();
    return std::unique_ptr<FeedPlan>(std::make_unique<AlterscopePlan>(std::move(*own)));
  }

  std::unique_ptr<Normalizer> make_normalizer(int connections) const override {
    return alterscope::make_normalizer(connections, {});
  }
  const FeedShapes& shapes() const override { return alterscope::shapes(); }
  const Service& service() const override { return alterscope::service(); }
  std::unique_ptr<Simulator> make_simulator(std::uint64_t seed) const override {
    return alterscope::make_simulator(seed);
  }

 private:
  FeedDefaults defaults_ = make_defaults();
};

}  // namespace

const Feed& alterscope_feed() {
  static const AlterscopeFeed feed;
  return feed;
}

}  // namespace tapedeck
