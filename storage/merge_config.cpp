#include "storage/merge_config.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace tapedeck {
namespace {

using Json_ = nlohmann::json;

Json_ object_of(std::string_view config) {
  Json_ parsed =
      Json_::parse(config, nullptr, /*allow_exceptions=*/false, /*ignore_comments=*/true);
  return parsed.is_object() ? parsed : Json_::object();
}

Json_ list_of(const Json_& config) {
  const auto list = config.find("merged_from");
  return list != config.end() && list->is_array() ? *list : Json_::array();
}

Json_ entry_of(const MergedSession& merged) {
  const SessionInfo& session = merged.session;
  Json_ entry = {{"tape", merged.tape},        {"name", session.name},
                 {"host", session.host},       {"started_ns", session.started_ns},
                 {"outcome", session.outcome}, {"recorder_version", session.recorder_version}};
  entry["ended_ns"] = session.ended_ns ? Json_(*session.ended_ns) : Json_();
  return entry;
}

std::string identity_of(const Json_& entry) {
  Json_ identity;
  for (const char* key : {"name", "host", "started_ns", "ended_ns"}) {
    identity.push_back(entry.contains(key) ? entry[key] : Json_());
  }
  return identity.dump(-1, ' ', false, Json_::error_handler_t::replace);
}

// How a service is reached, and not what it is asked for.
bool is_about_reaching(const std::string& key, const Json_& value) {
  static const std::set<std::string> kKeys = {"ws_url",    "rest_url", "rest",
                                              "auth",      "enabled",  "connections",
                                              "reconnect", "timeouts", "message_bytes_max"};
  // Credentials: redacted, or a file that holds them.
  return kKeys.contains(key) || key.ends_with("_file") || value == "***";
}

Json_ asked_of(std::string_view config, const std::string& feed) {
  const Json_ parsed = object_of(config);
  const auto feeds = parsed.find("feeds");
  if (feeds == parsed.end() || !feeds->is_object()) return {};
  const auto own = feeds->find(feed);
  if (own == feeds->end() || !own->is_object()) return {};
  Json_ asked = Json_::object();
  for (const auto& [key, value] : own->items()) {
    if (!is_about_reaching(key, value)) asked[key] = value;
  }
  return asked;
}

}  // namespace

std::string merged_config(const std::vector<MergedSession>& sessions,
                          const std::map<std::string, int>& connections) {
  Json_ out = sessions.empty() ? Json_::object() : object_of(sessions.front().session.config);
  Json_ list = Json_::array();
  Json_ feeds = Json_::object();
  for (const MergedSession& merged : sessions) {
    const Json_ config = object_of(merged.session.config);
    const Json_ inner = list_of(config);
    if (inner.empty()) {
      list.push_back(entry_of(merged));
    } else {
      list.insert(list.end(), inner.begin(), inner.end());
    }
    const auto own = config.find("feeds");
    if (own == config.end() || !own->is_object()) continue;
    for (const auto& [name, feed] : own->items()) {
      const bool is_recorded = feed.is_object() && feed.value("enabled", Json_(true)) != false;
      if (!is_recorded) continue;
      Json_& kept = feeds.emplace(name, feed).first.value();
      const auto count = connections.find(name);
      if (count != connections.end()) kept["connections"] = count->second;
    }
  }
  if (!feeds.empty()) out["feeds"] = std::move(feeds);
  out["merged_from"] = std::move(list);
  return out.dump(-1, ' ', false, Json_::error_handler_t::replace);
}

std::vector<std::string> recordings_of(const SessionInfo& session) {
  Json_ list = list_of(object_of(session.config));
  if (list.empty()) list.push_back(entry_of({"", session}));
  std::vector<std::string> identities;
  for (const Json_& entry : list) identities.push_back(identity_of(entry));
  return identities;
}

bool is_merged(std::string_view config) {
  return !list_of(object_of(config)).empty();
}

bool says_what_it_asked(std::string_view config, const std::string& feed) {
  return !asked_of(config, feed).is_null();
}

std::vector<std::string> differing_keys(std::string_view config, std::string_view other,
                                        const std::string& feed) {
  const Json_ left = asked_of(config, feed);
  const Json_ right = asked_of(other, feed);
  if (left.is_null() || right.is_null()) return {};
  std::set<std::string> keys;
  for (const Json_* asked : {&left, &right}) {
    for (const auto& [key, value] : asked->items()) {
      const bool is_same = left.contains(key) && right.contains(key) && left[key] == right[key];
      if (!is_same) keys.insert(key);
    }
  }
  return {keys.begin(), keys.end()};
}

}  // namespace tapedeck
