// What must hold before a server is opened to anybody (contract section 5, Access).
#pragma once

#include "replay/net/server.h"
#include "schema/base/result.h"

namespace tapedeck {

// Off loopback a token is demanded.
inline Result<void> check_access(const ServerOptions& options) {
  if (!options.token.empty() || is_loopback(options.host)) return {};
  return Error{"--listen " + options.host +
               " can be reached from other machines: give --token, or listen on 127.0.0.1"};
}

}  // namespace tapedeck
