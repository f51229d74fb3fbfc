// Hypercall's service, without I/O: what replay and sim play to their clients.
#pragma once

#include "schema/service.h"

namespace tapedeck::hypercall {

class HypercallService final : public Service {
 public:
  std::optional<std::string> endpoint_of(std::string_view path) const override;
  // Admits everybody: the service has no key.
  std::optional<HttpReply> refuse(const HttpRequest& request) const override;
  std::unique_ptr<Session> open_session(std::string_view endpoint, const HttpRequest& request,
                                        ServiceData& data) const override;
  // `/trades`, `/fills`, `/orders`, `/orderbook`, `/portfolio`. Rows come from data.history() with
  // the path's name as the stream; the envelope, paging and limits are the service's
  // (docs/feeds/hypercall.md).
  std::optional<HttpReply> rest(const HttpRequest& request, ServiceData& data) const override;
  const Recall* recall() const override;
};

}  // namespace tapedeck::hypercall
