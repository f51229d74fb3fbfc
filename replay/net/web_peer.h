// A connection that has become a WebSocket. Private to replay/net.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "replay/net/hub.h"

namespace tapedeck::web {

// Sends `answer` (the 101), then serves the peer. `leftover`: what the client sent after its
// request. Joins the hub by itself and calls the handler's on_open() before it returns.
void serve_web_socket(Hub& hub, std::shared_ptr<ByteStream> stream,
                      std::unique_ptr<PeerHandler> handler, std::string_view answer,
                      const std::string& leftover);

}  // namespace tapedeck::web
