// The parts that feed.cpp puts together; nobody else includes this.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/json.h"
#include "schema/client.h"
#include "schema/feed.h"
#include "schema/normalize.h"
#include "schema/service.h"
#include "schema/shape.h"

namespace tapedeck::nexusglass {

// One user's configuration, checked.
struct Settings {
  std::string ws_url;
  std::string rest_url;
  std::string api_key;
  std::vector<std::string> endpoints;
  std::vector<std::string> symbols;
  std::vector<std::string> events;
  std::optional<Ns> client_ping;  // how often to send a PING of our own; absent: never
  std::string events_path;
  int events_limit = 0;
  Ns settle_ns = 0;  // the most that the event history may be behind the sockets
};
Result<Settings> read_settings(ConfigReader& config, const LinkSettings& link);

// `settings` must outlive the client.
std::unique_ptr<Client> make_client(const Settings& settings, std::string_view endpoint);

// The role of a frame for its receivers; views as FrameTag says.
FrameTag classify(const InFrame& frame);
// Which events a subscription is about; empty lists: all. The sockets filter by themselves, REST
// answers are filtered here.
struct EventFilter {
  std::vector<std::string> symbols;
  std::vector<std::string> types;
};
std::unique_ptr<Normalizer> make_normalizer(int connections, EventFilter filter);

// `settings` must outlive the fill. nullptr for a stream without a history.
std::unique_ptr<GapFill> make_fill(const Settings& settings, const FillTask& task);

const FeedShapes& shapes();

const Service& service();
const Recall& recall();
std::unique_ptr<Simulator> make_simulator(std::uint64_t seed);

}  // namespace tapedeck::nexusglass
