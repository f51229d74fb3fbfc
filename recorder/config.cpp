#include "recorder/config.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "schema/base/text.h"
#include "schema/feeds/registry.h"

namespace tapedeck {
namespace {

using Json_ = nlohmann::json;

std::vector<std::string> feed_names() {
  std::vector<std::string> names;
  for (const Feed* feed : all_feeds()) names.emplace_back(feed->name());
  return names;
}

void check_url(ConfigReader& reader, std::string_view key, std::string& url,
               const std::vector<std::string>& schemes) {
  const bool known = std::any_of(schemes.begin(), schemes.end(), [&](const std::string& scheme) {
    return url.starts_with(scheme + "://");
  });
  if (!known)
    reader.fail(key, "must begin with " + join(schemes, ":// or ") + "://, not \"" + url + "\"");
  const std::string_view host = std::string_view(url).substr(url.find("://") + 3);
  if (host.substr(0, host.find('/')).find('@') != std::string_view::npos)
    reader.fail(key, "holds a user name, which is not taken: give host and port alone");
  while (url.ends_with('/')) url.pop_back();
}

ReconnectPolicy read_reconnect(ConfigReader& feed, const ReconnectPolicy& fallback) {
  ConfigReader reader = feed.object("reconnect");
  ReconnectPolicy policy;
  constexpr int kDay = 86'400'000;
  policy.initial_ms = static_cast<int>(reader.integer("initial_ms", fallback.initial_ms, 1, kDay));
  policy.max_ms = static_cast<int>(reader.integer("max_ms", fallback.max_ms, 1, kDay));
  policy.jitter_ms = static_cast<int>(reader.integer("jitter_ms", fallback.jitter_ms, 0, kDay));
  policy.stable_ms = static_cast<int>(reader.integer("stable_ms", fallback.stable_ms, 0, kDay));
  if (policy.max_ms < policy.initial_ms) reader.fail("max_ms", "must not be less than initial_ms");
  reader.reject_unknown();
  feed.absorb(reader);
  return policy;
}

Timeouts read_timeouts(ConfigReader& feed, const Timeouts& fallback) {
  ConfigReader reader = feed.object("timeouts");
  Timeouts timeouts;
  constexpr int kHour = 3'600'000;
  timeouts.connect_ms =
      static_cast<int>(reader.integer("connect_ms", fallback.connect_ms, 1, kHour));
  timeouts.ready_ms = static_cast<int>(reader.integer("ready_ms", fallback.ready_ms, 1, kHour));
  timeouts.idle_ms = static_cast<int>(reader.integer("idle_ms", fallback.idle_ms, 1, kHour));
  timeouts.rest_ms = static_cast<int>(reader.integer("rest_ms", fallback.rest_ms, 1, kHour));
  reader.reject_unknown();
  feed.absorb(reader);
  return timeouts;
}

// `"backfill": {"max_age": "24h"}`, or false: gaps are written down and left.
BackfillSettings read_backfill(ConfigReader& root) {
  BackfillSettings settings;
  if (const Json_* value = root.raw("backfill"); value != nullptr && value->is_boolean()) {
    settings.enabled = value->get<bool>();
    return settings;
  }
  ConfigReader reader = root.object("backfill");
  settings.enabled = reader.boolean("enabled", settings.enabled);
  const std::string max_age = reader.text("max_age", "24h");
  if (const auto age = parse_duration(max_age); age && *age > 0) {
    settings.max_age_ns = *age;
  } else {
    reader.fail("max_age", "must be a length of time such as 24h or 30m, not \"" + max_age + "\"");
  }
  constexpr int kHour = 3'600'000;
  const auto ms = [&](std::string_view key, Ns fallback) {
    return reader.integer(key, fallback / kNsPerMs, 1, kHour) * kNsPerMs;
  };
  settings.interval_ns = ms("interval_ms", settings.interval_ns);
  settings.retry_initial_ns = ms("retry_initial_ms", settings.retry_initial_ns);
  settings.retry_max_ns = ms("retry_max_ms", settings.retry_max_ns);
  if (settings.retry_max_ns < settings.retry_initial_ns) {
    reader.fail("retry_max_ms", "must not be less than retry_initial_ms");
  }
  settings.pages_max =
      static_cast<int>(reader.integer("pages_max", settings.pages_max, 1, 10'000'000));
  reader.reject_unknown();
  root.absorb(reader);
  return settings;
}

LinkSettings read_settings(ConfigReader& reader, const FeedDefaults& defaults) {
  LinkSettings settings;
  settings.ws_url = reader.text("ws_url", defaults.ws_url);
  settings.rest_url = reader.text("rest_url", defaults.rest_url);
  check_url(reader, "ws_url", settings.ws_url, {"wss", "ws"});
  check_url(reader, "rest_url", settings.rest_url, {"https", "http"});
  settings.connections = static_cast<int>(reader.integer("connections", 1, 1, 16));
  settings.message_bytes_max = static_cast<std::size_t>(
      reader.integer("message_bytes_max", static_cast<std::int64_t>(defaults.message_bytes_max),
                     1'024, std::int64_t{1} << 30U));
  settings.reconnect = read_reconnect(reader, defaults.reconnect);
  settings.timeouts = read_timeouts(reader, defaults.timeouts);
  return settings;
}

Result<FeedConfig> read_feed(const Feed& feed, ConfigReader& reader) {
  FeedConfig config;
  config.feed = &feed;
  config.settings = read_settings(reader, feed.defaults());
  if (auto result = reader.result(); !result) return result.error();
  auto plan = feed.configure(reader, config.settings);
  if (!plan) return plan.error();
  config.plan = std::move(*plan);
  reader.reject_unknown();
  if (auto result = reader.result(); !result) return result.error();
  return config;
}

bool is_enabled(const Json_& object) {
  const auto enabled = object.find("enabled");
  return enabled == object.end() || *enabled != false;
}

// A feed that will not be recorded needs no credentials: its part is left alone.
void drop_unwanted(Json_& config, const std::vector<std::string>& only) {
  const auto feeds = config.find("feeds");
  if (feeds == config.end() || !feeds->is_object() || only.empty()) return;
  for (auto& [name, object] : feeds->items()) {
    const bool wanted = std::find(only.begin(), only.end(), name) != only.end();
    if (!wanted && object.is_object()) object["enabled"] = false;
  }
}

Result<void> read_feeds(const Json_& config, ConfigReader& root, const ConfigSource& source,
                        const std::vector<std::string>& only, RecorderConfig& out) {
  ConfigReader feeds = root.object("feeds");
  for (const Feed* feed : all_feeds()) {
    const std::string name(feed->name());
    const Json_* object = feeds.raw(name);
    if (object == nullptr) continue;
    if (!object->is_object()) return Error{"feeds." + name + " must be an object"};
    if (!is_enabled(*object)) continue;
    ConfigReader reader(*object, "feeds." + name, source, out.secrets);
    reader.boolean("enabled", true);
    auto read = read_feed(*feed, reader);
    if (!read) return read.error();
    out.feeds.push_back(std::move(*read));
  }
  feeds.reject_unknown();
  if (auto result = feeds.result(); !result) return result;
  for (const std::string& name : only) {
    const bool there =
        config.contains("feeds") && config["feeds"].is_object() && config["feeds"].contains(name);
    if (!there) return Error{"--feeds: the configuration has no feeds." + name};
  }
  if (out.feeds.empty()) {
    return Error{"feeds: nothing to record; configure at least one of " + join(feed_names(), ", ")};
  }
  return {};
}

}  // namespace

Result<RecorderConfig> parse_config(const std::string& text, const ConfigSource& source,
                                    const std::vector<std::string>& only) {
  for (const std::string& name : only) {
    if (find_feed(name) != nullptr) continue;
    const std::string hint = nearest(name, feed_names());
    return Error{"--feeds: there is no feed \"" + name + "\"" +
                 (hint.empty() ? "; known: " + join(feed_names(), ", ")
                               : "; did you mean \"" + hint + "\"?")};
  }
  Json_ config;
  try {
    config = Json_::parse(text, nullptr, true, /*ignore_comments=*/true);
  } catch (const Json_::exception& e) {
    return Error{std::string("the configuration is no JSON: ") + e.what()};
  }
  if (!config.is_object()) return Error{"the configuration must be a JSON object"};
  drop_unwanted(config, only);
  if (auto expanded = expand_environment(config, source); !expanded) return expanded.error();

  RecorderConfig out;
  ConfigReader root(config, "", source, out.secrets);
  out.tapes = root.text("tapes", out.tapes);
  out.name = root.text("name", out.name);
  if (out.name.empty() || out.name.find('/') != std::string::npos) {
    root.fail("name", "must be usable in a file name, without \"/\"");
  }
  out.commit_ms = static_cast<int>(root.integer("commit_ms", out.commit_ms, 1, 60'000));
  out.durability = root.choice("durability", "process", {"process", "power"}) == "power"
                       ? Durability::power
                       : Durability::process;
  ConfigReader tls = root.object("tls");
  out.ca_file = tls.optional_text("ca_file");
  tls.reject_unknown();
  root.absorb(tls);
  out.backfill = read_backfill(root);
  if (auto result = root.result(); !result) return result.error();
  if (auto feeds = read_feeds(config, root, source, only, out); !feeds) return feeds.error();
  root.raw("merged_from");  // on a merged tape: where it comes from, and nothing to set
  root.reject_unknown();
  if (auto result = root.result(); !result) return result.error();
  out.redacted_json = out.secrets.apply(config.dump());
  return out;
}

std::optional<std::string> ProcessSource::environment(const std::string& name) const {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

Result<std::string> ProcessSource::read_file(const std::string& path) const {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             std::fclose);
  std::string text;
  char part[4'096];
  for (std::size_t read = sizeof part; file != nullptr && read == sizeof part;) {
    read = std::fread(part, 1, sizeof part, file.get());
    text.append(part, read);
  }
  if (file == nullptr || std::ferror(file.get()) != 0) {
    return Error{"cannot read " + path + ": " + std::strerror(errno)};
  }
  return text;
}

}  // namespace tapedeck
