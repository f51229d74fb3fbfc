// AlphaHub's service, without I/O: what replay and sim play to their clients.
#pragma once

#include "schema/service.h"

namespace tapedeck::alphahub {

class AlphaHubService final : public Service {
 public:
  std::optional<std::string> endpoint_of(std::string_view path) const override;
  // An upgrade needs a token, any that is not empty: else 403, as Phoenix has it.
  std::optional<HttpReply> refuse(const HttpRequest& request) const override;
  std::unique_ptr<Session> open_session(std::string_view endpoint, const HttpRequest& request,
                                        ServiceData& data) const override;
  // The login and the signal history. Rows of the history come from data.history() with the topic
  // (`algorithms:14`) as the stream, newest first; the date is applied here.
  std::optional<HttpReply> rest(const HttpRequest& request, ServiceData& data) const override;
  const Recall* recall() const override;
};

}  // namespace tapedeck::alphahub
