// A client WebSocket over a stream: the handshake by HTTP, the framing by schema/ws/codec.
// Private to recorder/net.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "recorder/seams.h"

namespace tapedeck::net {

// `io`, `tls` and `events` outlive the transport.
std::unique_ptr<Transport> make_transport(boost::asio::io_context& io,
                                          boost::asio::ssl::context& tls, TransportEvents& events);

}  // namespace tapedeck::net
