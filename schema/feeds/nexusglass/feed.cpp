#include "schema/feeds/nexusglass/feed.h"

#include "schema/feeds/nexusglass/parts.h"
#include "schema/feeds/nexusglass/wire.h"

namespace tapedeck {

namespace {

class NexusGlassPlan final : public FeedPlan {
 public:
  explicit NexusGlassPlan(nexusglass::Settings settings) : settings_(std::move(settings)) {}

  std::vector<std::string> endpoints() const override { return settings_.endpoints; }

  std::unique_ptr<Client> make_client(std::string_view endpoint, int /*slot*/) const override {
    return nexusglass::make_client(settings_, endpoint);
  }

  std::unique_ptr<Normalizer> make_normalizer(int connections) const override {
    return nexusglass::make_normalizer(connections, {settings_.symbols, settings_.events});
  }

  std::unique_ptr<GapFill> make_fill(const FillTask& task) const override {
    return nexusglass::make_fill(settings_, task);
  }

 private:
  nexusglass::Settings settings_;
};

class NexusGlassFeed final : public Feed {
 public:
  NexusGlassFeed() {
    defaults_.ws_url = "wss://nexusglass.live";
    defaults_.rest_url = "https://nexusglass.live";
    // Section "Reconnection Best Practices": 1, 2, 4, 8, 16, 30 s, each ± 500 ms.
    defaults_.reconnect = {
        .initial_ms = 1'000, .max_ms = 30'000, .jitter_ms = 500, .stable_ms = 60'000};
    // Two of the server's PINGs and half an interval more.
    defaults_.timeouts.idle_ms = 75'000;
  }

  std::string_view name() const override { return nexusglass::kFeedName; }
  const FeedDefaults& defaults() const override { return defaults_; }

  Result<std::unique_ptr<FeedPlan>> configure(ConfigReader& config,
                                              const LinkSettings& settings) const override {
    auto own = nexusglass::read_settings(config, settings);
    if (!own) return own.error();
    return std::unique_ptr<FeedPlan>(std::make_unique<NexusGlassPlan>(std::move(*own)));
  }

  std::unique_ptr<Normalizer> make_normalizer(int connections) const override {
    return nexusglass::make_normalizer(connections, {});
  }
  const FeedShapes& shapes() const override { return nexusglass::shapes(); }
  const Service& service() const override { return nexusglass::service(); }
  std::unique_ptr<Simulator> make_simulator(std::uint64_t seed) const override {
    return nexusglass::make_simulator(seed);
  }

 private:
  FeedDefaults defaults_;
};

}  // namespace

const Feed& nexusglass_feed() {
  static const NexusGlassFeed feed;
  return feed;
}

}  // namespace tapedeck
