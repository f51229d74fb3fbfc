// Hypercall's REST answers, as far as they are known (the service's public client;
// docs/feeds/hypercall.md).
#pragma once

#include <optional>

#include "schema/service.h"

namespace tapedeck::hypercall {

inline constexpr std::size_t kPageMax = 1000;

// nullopt when the service has no such path. Answers are `{"success":true,"data":…}`, lists with
// `"pagination":{"limit","offset","count"}`; refusals `{"success":false,"error":…}`.
std::optional<HttpReply> answer_rest(const HttpRequest& request, ServiceData& data);

}  // namespace tapedeck::hypercall
