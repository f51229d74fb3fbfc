// What a user may say about Alterscope (docs/feeds/alterscope.md lists the keys and their
// defaults).
#include <algorithm>
#include <nlohmann/json.hpp>

#include "schema/base/text.h"
#include "schema/feeds/alterscope/parts.h"
#include "schema/feeds/alterscope/wire.h"

namespace tapedeck::alterscope {

namespace {

// A list that stands in the query separated by commas; what stands in it twice is taken once.
std::vector<std::string> read_names(ConfigReader& config, std::string_view key) {
  std::vector<std::string> names;
  for (const std::string& item : config.text_list(key, {})) {
    if (trim(item).empty() || trim(item) != item || item.find(',') != std::string::npos) {
      config.fail(key, "each item is one name, not empty, without commas or blanks around it");
    }
    if (std::find(names.begin(), names.end(), item) == names.end()) names.push_back(item);
  }
  return names;
}

void read_opportunities(ConfigReader& config, Settings& settings) {
  settings.opportunities = read_names(config, "opportunities");
  if (settings.opportunities.empty()) {
    config.fail("opportunities",
                "name at least one opportunity, such as [\"hyperliquid-btc-basis\"]");
  }
}

// A category that is nearly a documented one would silence a stream without a word.
void read_categories(ConfigReader& config, Settings& settings) {
  settings.categories = read_names(config, "categories");
  const std::vector<std::string> known(kCategories.begin(), kCategories.end());
  for (const std::string& category : settings.categories) {
    if (std::find(known.begin(), known.end(), category) != known.end()) continue;
    const std::string near = nearest(to_lower(category), known);
    if (near.empty()) continue;
    config.fail("categories", "there is no category \"" + category + "\"; did you mean \"" + near +
                                  "\"? (documented: " + join(known, ", ") + ")");
  }
}

// A JSON number has lost its spelling by now (0.10 is 0.1); a text keeps it.
void read_alert_threshold(ConfigReader& config, Settings& settings) {
  constexpr std::string_view kKey = "alert_threshold";
  const nlohmann::json* value = config.raw(kKey);
  if (value == nullptr) return;
  std::string digits;
  if (value->is_string()) digits = value->get<std::string>();
  if (value->is_number()) digits = value->dump();
  JsonDoc doc;
  if (!doc.parse(digits) || !doc.root().is_number() || doc.root().raw() != digits) {
    return config.fail(kKey, "must be null or a number, such as 0.05 or \"0.050\"");
  }
  settings.alert_threshold = digits;
}

void read_rest(ConfigReader& config, Settings& settings) {
  ConfigReader rest = config.object("rest");
  settings.factors_path = rest.text("factors_path", kFactorsPath);
  if (!settings.factors_path.starts_with('/') ||
      settings.factors_path.find(kIdMark) == std::string::npos) {
    rest.fail("factors_path",
              "must begin with \"/\" and hold \"{id}\" in the opportunity's place, "
              "as \"" +
                  std::string(kFactorsPath) + "\"");
  }
  settings.page_limit =
      static_cast<int>(rest.integer("limit", kPageLimitDefault, 1, kPageLimitMax));
  rest.reject_unknown();
  config.absorb(rest);
}

}  // namespace

Result<Settings> read_settings(ConfigReader& config, const LinkSettings& link) {
  Settings settings;
  settings.ws_url = link.ws_url;
  settings.rest_url = link.rest_url;
  settings.api_key = config.required_secret("api_key");
  const std::string auth = config.choice("auth", "bearer", {"bearer", "query"});
  settings.auth = auth == "query" ? Auth::query : Auth::bearer;
  read_opportunities(config, settings);
  read_categories(config, settings);
  read_alert_threshold(config, settings);
  settings.details = config.boolean("details", true);
  read_rest(config, settings);
  if (const auto result = config.result(); !result) return result.error();
  return settings;
}

}  // namespace tapedeck::alterscope
