#include "schema/feeds/alphahub/config.h"

#include <algorithm>

namespace tapedeck::alphahub {

namespace {

// Document: "about every 15 seconds"; the service's own limit is a minute.
constexpr std::int64_t kHeartbeatMs = 15'000;
constexpr std::int64_t kHeartbeatMsMax = 59'000;
constexpr std::int64_t kJoinTimeoutMs = 10'000;
// A token lives 30 minutes; a minute stays for the way.
constexpr std::int64_t kTokenAgeMsMax = 1'740'000;  // 29 minutes

// No service is known that cuts its answers shorter than this.
constexpr std::int64_t kWholeBelow = 10;
constexpr std::int64_t kWholeBelowMax = 1'000'000;

std::vector<std::int64_t> read_algorithms(ConfigReader& config) {
  std::vector<std::int64_t> algorithms;
  for (const std::int64_t id : config.integer_list("algorithms", {14, 16, 17, 18})) {
    if (id < 0) config.fail("algorithms", "an algorithm's id is a number from 0, as in its URL");
    if (std::find(algorithms.begin(), algorithms.end(), id) == algorithms.end()) {
      algorithms.push_back(id);
    }
  }
  if (algorithms.empty()) {
    config.fail("algorithms", "no algorithm: give at least one id, such as [14]");
  }
  return algorithms;
}

std::string read_zone(ConfigReader& config) {
  std::string zone = config.text("utc_offset", "+00:00");
  if (!parse_rfc3339("2000-01-01T00:00:00" + zone)) {
    config.fail("utc_offset", "must be an offset from UTC such as \"+00:00\" or \"-05:00\"");
  }
  return zone;
}

std::string read_path(ConfigReader& rest, std::string_view key, std::string_view fallback) {
  std::string path = rest.text(key, fallback);
  if (!path.starts_with('/')) {
    rest.fail(key, "a path begins with \"/\", as \"" + std::string(fallback) + "\"");
  }
  return path;
}

RestSettings read_rest(ConfigReader& config) {
  RestSettings settings;
  ConfigReader rest = config.object("rest");
  settings.session = read_path(rest, "session_path", kSessionPath);
  settings.signals = read_path(rest, "signals_path", kSignalsPath);
  if (settings.signals.find(kIdPlace) == std::string::npos) {
    rest.fail("signals_path", "must hold \"{id}\", the algorithm's place, as \"" +
                                  std::string(kSignalsPath) + "\"");
  }
  settings.overlap_days = static_cast<int>(rest.integer("overlap_days", 1, 0, 365));
  settings.whole_below =
      static_cast<int>(rest.integer("whole_below", kWholeBelow, 0, kWholeBelowMax));
  constexpr std::int64_t kDayMs = 86'400'000;
  HistoryLimits& limits = settings.history;
  limits.clock_slack_ns =
      rest.integer("clock_slack_ms", limits.clock_slack_ns / kNsPerMs, 0, kDayMs) * kNsPerMs;
  limits.settle_ns = rest.integer("settle_ms", limits.settle_ns / kNsPerMs, 0, kDayMs) * kNsPerMs;
  rest.reject_unknown();
  config.absorb(rest);
  return settings;
}

}  // namespace

Settings read_settings(ConfigReader& config, const LinkSettings& link) {
  Settings settings;
  settings.ws_url = link.ws_url;
  settings.rest_url = link.rest_url;
  settings.email = config.required_secret("email");
  settings.password = config.required_secret("password");
  settings.algorithms = read_algorithms(config);
  settings.refs = config.choice("refs", "strings", {"strings", "nulls"}) == "nulls" ? Refs::nulls
                                                                                    : Refs::strings;
  settings.zone = read_zone(config);
  const std::int64_t heartbeat_ms =
      config.integer("heartbeat_ms", kHeartbeatMs, 1, kHeartbeatMsMax);
  if (heartbeat_ms >= link.timeouts.idle_ms) {
    config.fail("heartbeat_ms", "must be less than timeouts.idle_ms (" +
                                    std::to_string(link.timeouts.idle_ms) +
                                    "): nothing but the heartbeat's answer is sure to arrive");
  }
  settings.heartbeat = heartbeat_ms * kNsPerMs;
  settings.join_timeout = config.integer("join_timeout_ms", kJoinTimeoutMs, 1, 600'000) * kNsPerMs;
  settings.token_age_max =
      config.integer("token_age_ms_max", kTokenAgeMsMax, 0, 86'400'000) * kNsPerMs;
  settings.rest = read_rest(config);
  return settings;
}

}  // namespace tapedeck::alphahub
