// An absolute URL taken apart.
#pragma once

#include <string>
#include <string_view>

#include "schema/base/result.h"

namespace tapedeck {

struct Url {
  bool tls = false;         // https, wss
  std::string host;         // without brackets
  std::string port;         // the scheme's own when none is given
  std::string target;       // path and query, at least "/"
  std::string host_header;  // as in the `Host` header
};

// http, https, ws and wss; no user part.
Result<Url> parse_url(std::string_view text);

}  // namespace tapedeck
