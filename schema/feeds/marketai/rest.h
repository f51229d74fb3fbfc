// Market.ai's REST answers, assumed but for their envelope (docs/feeds/marketai.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "schema/base/json.h"
#include "schema/service.h"

namespace tapedeck::marketai {

inline constexpr std::size_t kPageMax = 1000;

// `{"ok":false,"error":{"code","message"}}`, also as the refusal of an upgrade.
HttpReply error_reply(int status, std::string_view code, std::string_view message);

// An update as a row of a REST answer: its `data`, with the update's `ts` as `timestamp` where it
// has no time of its own.
std::string rest_row(Json update);

// nullopt when the service has no such path.
std::optional<HttpReply> answer_rest(const HttpRequest& request, ServiceData& data);

}  // namespace tapedeck::marketai
