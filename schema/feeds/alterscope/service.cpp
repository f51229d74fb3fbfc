// The service's side of Alterscope: what `replay` and `sim` play to their clients.
#include <algorithm>
#include <string>
#include <vector>

#include "schema/base/text.h"
#include "schema/feeds/alterscope/parts.h"
#include "schema/feeds/alterscope/wire.h"
#include "schema/feeds/fold.h"

namespace tapedeck::alterscope {

namespace {

constexpr int kPingTimer = 1;

// The token of `Bearer TOKEN`; empty for anything else.
std::string_view bearer_token(std::string_view header) {
  constexpr std::string_view kScheme = "bearer ";
  header = trim(header);
  if (header.size() <= kScheme.size() || to_lower(header.substr(0, kScheme.size())) != kScheme) {
    return {};
  }
  return trim(header.substr(kScheme.size()));
}

std::string request_id_of(const HttpRequest& request) {
  std::uint64_t hash = hash_combine(hash_text(request.method), hash_text(request.target.path));
  for (const auto& [name, value] : request.target.query) {
    if (name == "token") continue;
    hash = hash_combine(hash, hash_combine(hash_text(name), hash_text(value)));
  }
  std::string id = "req_";
  for (int shift = 60; shift >= 0; shift -= 4) id += "0123456789abcdef"[(hash >> shift) & 0xFU];
  return id;
}

// Section 1: the subscription is the query of the upgrade and cannot be changed later; without a
// list it is all opportunities (assumed). Categories, threshold and details are accepted and filter
// nothing, since messages carry none of them.
class FactorSession final : public Session {
 public:
  explicit FactorSession(const Target& target)
      : opportunities_(split_list(target.get("opportunities"))) {}

  void on_open(SessionActions& actions) override {
    actions.subscribed(true);
    actions.arm(kPingTimer, kPingEvery);
  }

  // No message of a client is documented.
  void on_message(std::string_view /*payload*/, const JsonDoc& /*doc*/,
                  SessionActions& /*actions*/) override {}
  // Section 3 has the client watch the pings; nothing says that the server watches the pongs.
  void on_pong(std::string_view /*payload*/, SessionActions& /*actions*/) override {}

  void on_timer(int /*timer*/, SessionActions& actions) override {
    actions.ping("");
    actions.arm(kPingTimer, kPingEvery);
  }

  void on_data(const ServedFrame& frame, SessionActions& actions) override {
    if (frame.tag.role != FrameRole::data) return;
    const bool is_about_one = frame.tag.type == kChangedType && !frame.tag.stream.empty();
    if (!is_about_one || opportunities_.empty() || is_listed(frame.tag.stream)) {
      actions.forward(frame);
    }
  }

 private:
  bool is_listed(std::string_view id) const {
    return std::find(opportunities_.begin(), opportunities_.end(), id) != opportunities_.end();
  }

  std::vector<std::string> opportunities_;
};

class FactorService final : public Service {
 public:
  std::optional<std::string> endpoint_of(std::string_view path) const override {
    if (!path.starts_with('/') || path.substr(1) != kEndpoint) return std::nullopt;
    return std::string(kEndpoint);
  }

  std::optional<HttpReply> refuse(const HttpRequest& request) const override {
    return refuse_stranger(request);
  }

  std::unique_ptr<Session> open_session(std::string_view /*endpoint*/, const HttpRequest& request,
                                        ServiceData& /*data*/) const override {
    return std::make_unique<FactorSession>(request.target);
  }

  std::optional<HttpReply> rest(const HttpRequest& request, ServiceData& data) const override {
    return answer_rest(request, data);
  }

  const Recall* recall() const override { return &alterscope::recall(); }
};

}  // namespace

HttpReply error_reply(const HttpRequest& request, int status, std::string_view code,
                      std::string_view message) {
  HttpReply reply;
  reply.status = status;
  reply.body = R"({"error":{"code":)" + json_string(code) + R"(,"message":)" +
               json_string(message) + R"(,"request_id":)" + json_string(request_id_of(request)) +
               "}}";
  return reply;
}

std::optional<HttpReply> refuse_stranger(const HttpRequest& request) {
  if (!bearer_token(request.header("Authorization")).empty()) return std::nullopt;
  if (!request.target.get("token").empty()) return std::nullopt;
  HttpReply reply = error_reply(request, 401, "unauthorized", "Missing API key");
  reply.headers.emplace_back("WWW-Authenticate", "Bearer");
  return reply;
}

const Service& service() {
  static const FactorService instance;
  return instance;
}

}  // namespace tapedeck::alterscope
