// One HTTP exchange over a stream of its own: REST calls whole, and upgrades up to the 101.
// Private to recorder/net.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "recorder/net/stream.h"
#include "schema/client.h"

namespace tapedeck::net {

struct HttpCallbacks {
  std::function<void(std::string_view phase)> on_phase;
  // The whole answer. For a 101: the stream goes on, `rest` is what came behind the header.
  std::function<void(RestResponse response, std::unique_ptr<Stream> stream, std::string rest)>
      on_response;
  std::function<void(std::string error)> on_error;
};

// An exchange under way. Destroying it gives up; no callback follows.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;
};

struct HttpCall {
  std::string method = "GET";
  Url url;
  Headers headers;
  std::string body;
  std::size_t body_bytes_max = 0;
  bool keep_stream = false;  // an upgrade: no `Connection: close`
};

std::unique_ptr<HttpExchange> start_http(boost::asio::io_context& io,
                                         boost::asio::ssl::context& tls, HttpCall call,
                                         HttpCallbacks callbacks);

}  // namespace tapedeck::net
