// The server's side of the WebSocket opening handshake (RFC 6455 section 4.2) as pure functions.
// Private to replay/net.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "schema/service.h"

namespace tapedeck::web {

// Whether the request asks for a WebSocket at all (`Upgrade: websocket`), well or badly.
bool is_upgrade(const HttpRequest& request);

// The refusal of a bad handshake: 400, or 426 for a version other than 13; nullopt when it is good.
std::optional<HttpReply> refuse_handshake(const HttpRequest& request, bool is_http_1_1);

// The 101 answer, whole. No extension and no subprotocol is ever chosen.
std::string handshake_answer(const HttpRequest& request);

// Sec-WebSocket-Accept for a Sec-WebSocket-Key (section 4.2.2).
std::string accept_for(std::string_view key);

}  // namespace tapedeck::web
