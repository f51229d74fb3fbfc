// The recorder's side of NexusGlass: one connection to one endpoint, authenticated in the URL.
#include <algorithm>
#include <array>
#include <string>

#include "schema/base/text.h"
#include "schema/feeds/nexusglass/parts.h"
#include "schema/feeds/nexusglass/wire.h"
#include "schema/ws/codec.h"

namespace tapedeck::nexusglass {

namespace {

constexpr std::int64_t kPingMsMin = 1'000;
constexpr std::int64_t kPingMsMax = 3'600'000;

void read_filter(ConfigReader& config, std::string_view key, std::vector<std::string>& items) {
  items = config.text_list(key, {});
  for (const std::string& item : items) {
    if (trim(item).empty() || item.find(',') != std::string::npos) {
      config.fail(key, "each item is one name, not empty and without commas");
    }
  }
}

void read_endpoints(ConfigReader& config, std::vector<std::string>& endpoints) {
  const std::vector<std::string> all(kEndpoints.begin(), kEndpoints.end());
  const std::string remedy = "use one or more of \"" + join(all, "\", \"") + "\"";
  for (const std::string& endpoint : config.text_list("endpoints", all)) {
    if (std::find(all.begin(), all.end(), endpoint) == all.end()) {
      std::string what = "unknown endpoint \"";
      what.append(endpoint).append("\": ").append(remedy);
      config.fail("endpoints", what);
    } else if (std::find(endpoints.begin(), endpoints.end(), endpoint) == endpoints.end()) {
      endpoints.push_back(endpoint);
    }
  }
  if (endpoints.empty()) config.fail("endpoints", "no endpoint: " + remedy);
}

}  // namespace

Result<Settings> read_settings(ConfigReader& config, const LinkSettings& link) {
  Settings settings;
  settings.ws_url = link.ws_url;
  settings.rest_url = link.rest_url;
  settings.api_key = config.required_secret("api_key");
  read_endpoints(config, settings.endpoints);
  read_filter(config, "symbols", settings.symbols);
  read_filter(config, "events", settings.events);
  // Half of this page's versions let the client ping; absent or null leaves it to the server.
  if (const auto ms = config.integer("client_ping_ms", 0, kPingMsMin, kPingMsMax); ms > 0) {
    settings.client_ping = ms * kNsPerMs;
  }
  ConfigReader rest = config.object("rest");
  settings.events_path = rest.text("events_path", kEventsPath);
  if (!settings.events_path.starts_with('/')) {
    rest.fail("events_path", "a path begins with \"/\", as \"" + std::string(kEventsPath) + "\"");
  }
  settings.events_limit =
      static_cast<int>(rest.integer("limit", kEventsLimitDefault, 1, kEventsLimitMax));
  settings.settle_ns = rest.integer("settle_ms", kSettleMs, 0, 86'400'000) * kNsPerMs;
  rest.reject_unknown();
  config.absorb(rest);
  if (const auto result = config.result(); !result) return result.error();
  return settings;
}

namespace {

constexpr int kPingTimer = 1;
constexpr std::uint16_t kCloseUnauthorized = 4401;  // assumed, as the sibling services have it
constexpr std::uint16_t kCloseForbidden = 4403;

// Errors that only another key or another tier can mend. `AUTH_FAILED` is documented, the rest
// assumed.
bool is_about_credentials(std::string_view code) {
  constexpr std::array<std::string_view, 4> kCodes = {"AUTH_FAILED", "INVALID_API_KEY",
                                                      "UNAUTHORIZED", "FORBIDDEN"};
  return std::find(kCodes.begin(), kCodes.end(), code) != kCodes.end() || code.starts_with("TIER_");
}

class EndpointClient final : public Client {
 public:
  EndpointClient(const Settings& settings, std::string_view endpoint)
      : settings_(settings), endpoint_(endpoint) {}

  std::vector<std::string> streams() const override { return {endpoint_}; }

  void on_start(ClientActions& actions) override {
    is_open_ = is_ready_ = has_failed_ = false;
    std::string url =
        settings_.ws_url + '/' + endpoint_ + "?token=" + percent_encode(settings_.api_key);
    append_filter(url, "symbols", settings_.symbols);
    append_filter(url, "events", settings_.events);
    actions.connect({std::move(url), {}});
  }

  void on_open(ClientActions& actions) override {
    is_open_ = true;
    if (settings_.client_ping) actions.arm(kPingTimer, *settings_.client_ping);
  }

  Refusal on_refused(int status, std::string_view body) override {
    is_open_ = false;
    std::string what = "HTTP " + std::to_string(status);
    JsonDoc doc;
    if (doc.parse(body)) {
      if (const ErrorInfo error = read_error(doc.root()); !error.message.empty()) {
        what += ", " + describe(error);
      }
    }
    if (status == 401 || status == 403) return {Failure::permanent, credentials_remedy(what)};
    return {Failure::passing, "the service refused the connection (" + what + ")"};
  }

  void on_frame(const InFrame& frame, const FrameTag& tag, ClientActions& actions) override {
    if (has_failed_) return;
    switch (tag.role) {
      case FrameRole::heartbeat:
        if (kind_of(tag.type) == Kind::ping) actions.send(R"({"type":"PONG"})");
        return;
      case FrameRole::error:
        return on_error(read_error(frame.root()), actions);
      case FrameRole::handshake:
      case FrameRole::ack:
      case FrameRole::data:
        // Only the event endpoint is documented to shake hands: data says as much.
        if (!is_ready_) actions.ready(endpoint_);
        is_ready_ = true;
        return;
    }
  }

  void on_timer(int timer, ClientActions& actions) override {
    if (timer != kPingTimer || !is_open_ || has_failed_ || !settings_.client_ping) return;
    actions.send(R"({"type":"PING"})");
    actions.arm(kPingTimer, *settings_.client_ping);
  }

  void on_response(const RestResponse& /*response*/, ClientActions& /*actions*/) override {}

  Refusal on_closed(std::uint16_t code, std::string_view reason) override {
    is_open_ = false;
    const std::string what = ws::describe_close(code, reason);
    if (code == kCloseUnauthorized || code == kCloseForbidden) {
      return {Failure::permanent, credentials_remedy(what)};
    }
    return {Failure::passing, "the service " + what};
  }

 private:
  static void append_filter(std::string& url, std::string_view name,
                            const std::vector<std::string>& items) {
    if (items.empty()) return;
    url += '&';
    url += name;
    url += '=';
    url += percent_encode(join(items, ","), ",");
  }

  std::string credentials_remedy(std::string_view what) const {
    return "the service refused the credentials (" + std::string(what) +
           "): check feeds.nexusglass.api_key, and that its tier covers the endpoint " + endpoint_;
  }

  void on_error(const ErrorInfo& error, ClientActions& actions) {
    if (is_about_credentials(error.code)) {
      has_failed_ = true;
      actions.fail(Failure::permanent, credentials_remedy(describe(error)));
    } else if (!is_ready_) {
      has_failed_ = true;
      actions.fail(Failure::passing,
                   "the service answered with an error (" + describe(error) + ")");
    }
    // Later ones are rows; should the service mean them to end the connection, it closes it.
  }

  const Settings& settings_;
  std::string endpoint_;
  bool is_open_ = false;
  bool is_ready_ = false;
  bool has_failed_ = false;  // asked to give this attempt up: what still arrives changes nothing
};

}  // namespace

std::unique_ptr<Client> make_client(const Settings& settings, std::string_view endpoint) {
  return std::make_unique<EndpointClient>(settings, endpoint);
}

}  // namespace tapedeck::nexusglass
