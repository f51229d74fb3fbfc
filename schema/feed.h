// THE SEAM: what a feed is. A feed is one folder that implements this, one line in feeds/registry,
// and one folder of payloads for its tests; recorder, replay, sim, verify and the conformance suite
// take it from here.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/config_reader.h"
#include "schema/base/result.h"
#include "schema/client.h"
#include "schema/gapfill.h"
#include "schema/normalize.h"
#include "schema/service.h"
#include "schema/shape.h"

namespace tapedeck {

// Back-off between attempts: initial, doubled each time, at most max, each ± jitter; from the start
// again once a connection was ready for `stable`.
struct ReconnectPolicy {
  int initial_ms = 1'000;
  int max_ms = 30'000;
  int jitter_ms = 500;
  int stable_ms = 60'000;
};

struct Timeouts {
  int connect_ms = 10'000;  // each of: name lookup and TCP, TLS, upgrade
  int ready_ms = 15'000;    // from the upgrade until every stream is ready or refused
  int idle_ms = 75'000;  // without any inbound frame, control frames included: the socket is dead
  int rest_ms = 30'000;  // a whole REST exchange
};

// What every feed has, with the documented (or, where the documents are silent, assumed) values.
struct FeedDefaults {
  std::string ws_url;
  std::string rest_url;
  ReconnectPolicy reconnect;
  Timeouts timeouts;
  std::size_t message_bytes_max = 16U << 20U;
};

// The settings that every feed shares, after configuration.
struct LinkSettings {
  std::string ws_url;  // these two have no slash at their end
  std::string rest_url;
  int connections = 1;
  ReconnectPolicy reconnect;
  Timeouts timeouts;
  std::size_t message_bytes_max = 16U << 20U;
};

// A feed as one user configured it; outlives the clients and fills it makes. Immutable, but for
// what these learn for each other, such as a token: one thread uses them all.
class FeedPlan {
 public:
  virtual ~FeedPlan() = default;

  // The endpoints to hold a connection to (times LinkSettings::connections).
  virtual std::vector<std::string> endpoints() const = 0;
  virtual std::unique_ptr<Client> make_client(std::string_view endpoint, int slot) const = 0;

  // A decoder that this configuration changes, otherwise as Feed::make_normalizer; nullptr: it
  // changes nothing, take the feed's.
  virtual std::unique_ptr<Normalizer> make_normalizer(int /*connections*/) const { return nullptr; }

  // How to fill a gap of a stream; nullptr: the service has no way to ask for what was missed.
  virtual std::unique_ptr<GapFill> make_fill(const FillTask& /*task*/) const { return nullptr; }
  // nullopt: the frames themselves say where the stream stands, or nothing does.
  virtual std::optional<CursorPlan> cursor_plan(std::string_view /*stream*/) const {
    return std::nullopt;
  }
};

// A feed's description: stateless, const, thread-safe.
class Feed {
 public:
  virtual ~Feed() = default;

  virtual std::string_view name() const = 0;
  virtual const FeedDefaults& defaults() const = 0;

  // Reads this feed's own keys; `settings` are the shared ones, read already. Errors name the key.
  virtual Result<std::unique_ptr<FeedPlan>> configure(ConfigReader& config,
                                                      const LinkSettings& settings) const = 0;

  // `connections`: how many redundant connections deliver the same events (1: none).
  virtual std::unique_ptr<Normalizer> make_normalizer(int connections) const = 0;

  // The formats that the decoder knows: what is not so is drift.
  virtual const FeedShapes& shapes() const = 0;

  virtual const Service& service() const = 0;
  virtual std::unique_ptr<Simulator> make_simulator(std::uint64_t seed) const = 0;
};

}  // namespace tapedeck
