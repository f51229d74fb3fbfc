// Makes byte streams out of accepted sockets. For the files of replay/net that know Asio.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "replay/net/byte_stream.h"
#include "schema/base/result.h"

namespace tapedeck::web {

// `tls`: nullptr for a plain stream; else it outlives the stream.
std::shared_ptr<ByteStream> make_stream(boost::asio::ip::tcp::socket socket,
                                        boost::asio::ssl::context* tls);

// A server's TLS context with a PEM certificate chain and its key.
Result<std::unique_ptr<boost::asio::ssl::context>> make_tls(const std::string& certificate_file,
                                                            const std::string& key_file);

// `127.0.0.1:53124`, `[::1]:53124`.
std::string to_text(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace tapedeck::web
