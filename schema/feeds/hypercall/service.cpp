#include "schema/feeds/hypercall/service.h"

#include "schema/feeds/hypercall/rest.h"
#include "schema/feeds/hypercall/session.h"
#include "schema/feeds/hypercall/wire.h"

namespace tapedeck::hypercall {

std::optional<std::string> HypercallService::endpoint_of(std::string_view path) const {
  if (path == "/ws") return std::string(kEndpoint);
  return std::nullopt;
}

std::optional<HttpReply> HypercallService::refuse(const HttpRequest& /*request*/) const {
  return std::nullopt;
}

std::unique_ptr<Session> HypercallService::open_session(std::string_view /*endpoint*/,
                                                        const HttpRequest& request,
                                                        ServiceData& data) const {
  return std::make_unique<HypercallSession>(request.target.get("wallet"), data);
}

std::optional<HttpReply> HypercallService::rest(const HttpRequest& request,
                                                ServiceData& data) const {
  return answer_rest(request, data);
}

}  // namespace tapedeck::hypercall
