// AlphaHub's REST answers (document for the login; a community client for the signal history).
#pragma once

#include <optional>
#include <string_view>

#include "schema/service.h"

namespace tapedeck::alphahub {

// nullopt when the service has no such path.
std::optional<HttpReply> answer_rest(const HttpRequest& request, ServiceData& data);

// `{"error":"…"}`.
HttpReply refusal(int status, std::string_view why);

}  // namespace tapedeck::alphahub
