#include "tools/cli/decoders.h"

#include <algorithm>
#include <utility>

#include "recorder/config.h"
#include "schema/feeds/registry.h"

namespace tapedeck::cli {
namespace {

// Secrets stand as `***` on a tape, and decoders need none: anything will do in their place.
class Placeholders final : public ConfigSource {
 public:
  std::optional<std::string> environment(const std::string& /*name*/) const override {
    return "***";
  }
  Result<std::string> read_file(const std::string& /*path*/) const override { return {"***"}; }
};

}  // namespace

Decoders::Decoders(const SessionInfo& session, const std::vector<ConnectionInfo>& connections) {
  auto config = parse_config(session.config, Placeholders());
  if (config) {
    config_ = std::make_unique<RecorderConfig>(std::move(*config));
  } else {
    trouble_ = config.error().message;
  }
  for (const ConnectionInfo& connection : connections) {
    int& held = connections_[connection.feed];
    held = std::max(held, connection.slot + 1);
  }
}

Decoders::~Decoders() = default;

std::unique_ptr<Normalizer> Decoders::make(std::string_view feed) const {
  const Feed* known = find_feed(feed);
  if (known == nullptr) return nullptr;
  const auto found = connections_.find(feed);
  const int slots = found == connections_.end() ? 1 : found->second;
  if (config_ != nullptr) {
    for (const FeedConfig& configured : config_->feeds) {
      if (configured.feed != known) continue;
      // Other programs' configurations may not tell.
      const int held = std::max(slots, configured.settings.connections);
      auto decoder = configured.plan->make_normalizer(held);
      return decoder != nullptr ? std::move(decoder) : known->make_normalizer(held);
    }
  }
  return known->make_normalizer(slots);
}

}  // namespace tapedeck::cli
