// Market.ai's service, without I/O: what replay and sim play to their clients.
#pragma once

#include "schema/service.h"

namespace tapedeck::marketai {

class MarketService final : public Service {
 public:
  // The service's address has an empty path: "" and "/" are one endpoint.
  std::optional<std::string> endpoint_of(std::string_view path) const override;
  // Refuses an empty `key=`; without one a client may still authenticate by message.
  std::optional<HttpReply> refuse(const HttpRequest& request) const override;
  std::unique_ptr<Session> open_session(std::string_view endpoint, const HttpRequest& request,
                                        ServiceData& data) const override;
  // The assumed default paths of the channels that have a history (wire.h). Rows come from
  // data.history() with the channel as the stream, and hold their time as `timestamp`.
  std::optional<HttpReply> rest(const HttpRequest& request, ServiceData& data) const override;
  const Recall* recall() const override;
};

}  // namespace tapedeck::marketai
