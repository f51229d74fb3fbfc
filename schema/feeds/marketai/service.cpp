#include "schema/feeds/marketai/service.h"

#include "schema/feeds/marketai/rest.h"
#include "schema/feeds/marketai/session.h"
#include "schema/feeds/marketai/wire.h"

namespace tapedeck::marketai {

std::optional<std::string> MarketService::endpoint_of(std::string_view path) const {
  if (path.empty() || path == "/") return std::string(kEndpoint);
  return std::nullopt;
}

std::optional<HttpReply> MarketService::refuse(const HttpRequest& request) const {
  if (!request.target.has("key") || !request.target.get("key").empty()) return std::nullopt;
  return error_reply(401, code::kUnauthorized, "Invalid API key");
}

std::unique_ptr<Session> MarketService::open_session(std::string_view /*endpoint*/,
                                                     const HttpRequest& request,
                                                     ServiceData& /*data*/) const {
  return std::make_unique<MarketSession>(!request.target.get("key").empty());
}

std::optional<HttpReply> MarketService::rest(const HttpRequest& request, ServiceData& data) const {
  return answer_rest(request, data);
}

}  // namespace tapedeck::marketai
