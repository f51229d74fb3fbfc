// What `replay` and `sim` do once their server is made.
#pragma once

#include <memory>

#include "schema/base/result.h"
#include "tools/cli/io.h"

namespace tapedeck::cli {

// Says where it listens, on stdout, so that scripts can wait for it; then serves to the end.
template <class Server>
int serve(Result<std::unique_ptr<Server>> made, Io& io) {
  if (!made) {
    const std::string& message = made.error().message;
    return fail(io, message.starts_with("--") ? kBadUsage : kFailed, message);
  }
  Server& server = **made;
  io.out << "listening on " << server.url() << '\n';
  io.out.flush();
  if (Result<void> ran = server.run(); !ran) return failed(io, ran.error().message);
  io.err << server.summary() << '\n';
  return kDone;
}

}  // namespace tapedeck::cli
