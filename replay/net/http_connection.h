// An accepted connection as long as it speaks HTTP. Private to replay/net.
#pragma once

#include <memory>

#include "replay/net/hub.h"

namespace tapedeck::web {

// Answers requests until the client leaves or becomes a WebSocket. Joins the hub by itself.
void serve_http(Hub& hub, std::shared_ptr<ByteStream> stream);

}  // namespace tapedeck::web
