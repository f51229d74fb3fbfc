#include "schema/feeds/alphahub/service.h"

#include "schema/feeds/alphahub/rest.h"
#include "schema/feeds/alphahub/session.h"
#include "schema/feeds/alphahub/wire.h"

namespace tapedeck::alphahub {

std::optional<std::string> AlphaHubService::endpoint_of(std::string_view path) const {
  if (path.starts_with('/') && path.substr(1) == kEndpoint) return std::string(kEndpoint);
  return std::nullopt;
}

std::optional<HttpReply> AlphaHubService::refuse(const HttpRequest& request) const {
  if (!request.target.get("api_token").empty()) return std::nullopt;
  return refusal(403, "Invalid token");
}

std::unique_ptr<Session> AlphaHubService::open_session(std::string_view /*endpoint*/,
                                                       const HttpRequest& /*request*/,
                                                       ServiceData& /*data*/) const {
  return std::make_unique<AlphaHubSession>();
}

std::optional<HttpReply> AlphaHubService::rest(const HttpRequest& request,
                                               ServiceData& data) const {
  return answer_rest(request, data);
}

}  // namespace tapedeck::alphahub
