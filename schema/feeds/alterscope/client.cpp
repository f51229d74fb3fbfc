// The recorder's side of Alterscope: credentials and subscription stand in the upgrade, then it
// listens.
#include <string>

#include "schema/base/text.h"
#include "schema/feeds/alterscope/parts.h"
#include "schema/feeds/alterscope/wire.h"
#include "schema/ws/codec.h"

namespace tapedeck::alterscope {

namespace {

// Seen in the documents of a sibling stream.
constexpr std::uint16_t kCloseUnauthorized = 4401;
constexpr std::uint16_t kCloseForbidden = 4403;
constexpr std::uint16_t kCloseConnectionLimit = 4429;

Client::Refusal judge(std::string_view what, bool is_about_credentials, bool is_about_limits) {
  const std::string text(what);
  if (is_about_credentials) {
    return {Failure::permanent,
            "the service refused the credentials (" + text +
                "): check feeds.alterscope.api_key, that the key has the scope read:yield:detail, "
                "and that its organisation is on the Analyst tier or higher"};
  }
  if (is_about_limits) {
    return {Failure::passing, "the service has too many connections or requests of this key (" +
                                  text +
                                  "): close other clients, or lower feeds.alterscope.connections"};
  }
  return {Failure::passing, "the service ended the connection (" + text + ")"};
}

// A connection is subscribed by its URL and gets no acknowledgement (section 1): every stream is
// ready at the upgrade. Silence is no error (section 5); life is judged by the service's pings.
class FactorClient final : public Client {
 public:
  explicit FactorClient(const Settings& settings) : settings_(settings) {}

  std::vector<std::string> streams() const override { return settings_.opportunities; }

  void on_start(ClientActions& actions) override {
    ConnectRequest request;
    request.url = settings_.ws_url + "/" + std::string(kEndpoint) +
                  "?opportunities=" + percent_encode(join(settings_.opportunities, ","), ",");
    if (!settings_.categories.empty()) {
      request.url += "&categories=" + percent_encode(join(settings_.categories, ","), ",");
    }
    if (settings_.alert_threshold) {
      request.url += "&alert_threshold=" + percent_encode(*settings_.alert_threshold);
    }
    request.url += settings_.details ? "&details=true" : "&details=false";
    if (settings_.auth == Auth::query) request.url += "&token=" + percent_encode(settings_.api_key);
    request.headers = auth_headers(settings_);
    actions.connect(std::move(request));
  }

  void on_open(ClientActions& actions) override {
    for (const std::string& opportunity : settings_.opportunities) actions.ready(opportunity);
  }

  Refusal on_refused(int status, std::string_view body) override {
    std::string what = "HTTP " + std::to_string(status);
    JsonDoc doc;
    if (doc.parse(body)) {
      const ErrorInfo error = read_error(doc.root());
      for (const Text part : {error.code, error.message}) {
        if (!part.empty()) what += ", " + std::string(part);
      }
    }
    return judge(what, status == 401 || status == 403, status == 429);
  }

  // Errors on the socket are rows; should one mean the end of the connection, the service closes
  // it.
  void on_frame(const InFrame& /*frame*/, const FrameTag& /*tag*/,
                ClientActions& /*actions*/) override {}
  void on_timer(int /*timer*/, ClientActions& /*actions*/) override {}
  void on_response(const RestResponse& /*response*/, ClientActions& /*actions*/) override {}

  Refusal on_closed(std::uint16_t code, std::string_view reason) override {
    const std::string what = ws::describe_close(code, reason);
    return judge(what, code == kCloseUnauthorized || code == kCloseForbidden,
                 code == kCloseConnectionLimit);
  }

 private:
  const Settings& settings_;
};

}  // namespace

Headers auth_headers(const Settings& settings) {
  if (settings.auth == Auth::query) return {};
  return {{"Authorization", "Bearer " + settings.api_key}};
}

std::unique_ptr<Client> make_client(const Settings& settings) {
  return std::make_unique<FactorClient>(settings);
}

}  // namespace tapedeck::alterscope
