// A connected byte stream, plain or TLS, behind one type: what is above it is compiled once.
// Private to recorder/net.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "recorder/net/url.h"

namespace tapedeck::net {

using ErrorCode = boost::system::error_code;
using IoHandler = std::function<void(ErrorCode, std::size_t)>;

// One read and one write may be under way at a time. Destroying it drops the connection; handlers
// that are under way are then called with operation_aborted.
class Stream {
 public:
  virtual ~Stream() = default;
  virtual void read_some(char* data, std::size_t size, IoHandler done) = 0;
  virtual void write(const char* data, std::size_t size, IoHandler done) = 0;
  // Tells the peer that nothing more comes (TLS close_notify, TCP FIN).
  virtual void finish(std::function<void()> done) = 0;
  virtual void close() = 0;
};

// An opening under way. Destroying it gives up; no callback follows.
class Opening {
 public:
  virtual ~Opening() = default;
};

struct OpenCallbacks {
  std::function<void(std::string_view phase)> on_phase;
  std::function<void(std::unique_ptr<Stream> stream)> on_open;
  std::function<void(std::string error)> on_error;
};

// Looks the name up, connects to the first address that answers, and shakes hands where the URL
// asks for TLS: verified against `tls`, with SNI.
std::unique_ptr<Opening> open_stream(boost::asio::io_context& io, boost::asio::ssl::context& tls,
                                     const Url& url, OpenCallbacks callbacks);

}  // namespace tapedeck::net
