// The answer to a login.
#pragma once

#include <string_view>
#include <vector>

#include "schema/base/json.h"

namespace tapedeck::alphahub {

// Everything in a login's answer that has to be kept off the tape: the values of all members whose
// name holds `token`, also of an answer that is cut off or no JSON. Views into `doc` or `body`.
std::vector<std::string_view> secrets_in(const JsonDoc& doc, std::string_view body);

}  // namespace tapedeck::alphahub
