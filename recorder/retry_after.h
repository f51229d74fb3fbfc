// How long a service asks us to wait.
#pragma once

#include <optional>

#include "schema/base/time.h"
#include "schema/client.h"

namespace tapedeck {

// From a `Retry-After` header (seconds, an HTTP date, or a Unix time; RFC 9110 section 10.2.3),
// else from a `retry_after` in a JSON body or in the `error` object of one, else from a header
// `X-RateLimit-Reset`; at most five minutes. nullopt when there is none that can be read.
std::optional<Ns> retry_after(const RestResponse& response, Ns now_wall_ns);

}  // namespace tapedeck
