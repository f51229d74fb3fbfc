#include "recorder/net/http.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <utility>

namespace tapedeck::net {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t kReadBytes = 16U << 10U;
constexpr std::uint32_t kHeaderBytesMax = 64U << 10U;

std::string write_request(const HttpCall& call) {
  std::string text =
      call.method + " " + call.url.target + " HTTP/1.1\r\nHost: " + call.url.host_header + "\r\n";
  for (const auto& [name, value] : call.headers) text += name + ": " + value + "\r\n";
  if (!call.keep_stream) text += "Connection: close\r\n";
  if (!call.body.empty() || call.method == "POST") {
    text += "Content-Length: " + std::to_string(call.body.size()) + "\r\n";
  }
  return text + "\r\n" + call.body;
}

class Exchange final : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(HttpCall call, HttpCallbacks callbacks)
      : call_(std::move(call)), callbacks_(std::move(callbacks)) {
    parser_.header_limit(kHeaderBytesMax);
    parser_.body_limit(call_.body_bytes_max);
    parser_.eager(true);
  }

  void start(boost::asio::io_context& io, boost::asio::ssl::context& tls) {
    // The opening belongs to this object, so its callbacks need not hold it.
    opening_ = open_stream(io, tls, call_.url,
                           {[this](std::string_view phase) {
                              if (callbacks_.on_phase) callbacks_.on_phase(phase);
                            },
                            [this](std::unique_ptr<Stream> stream) { opened(std::move(stream)); },
                            [this](std::string error) { fail(std::move(error)); }});
  }

  void cancel() {
    callbacks_ = {};
    opening_.reset();
    if (stream_ != nullptr) stream_->close();
  }

 private:
  void fail(std::string error) {
    const auto callbacks = std::exchange(callbacks_, {});
    if (callbacks.on_error) callbacks.on_error(std::move(error));
  }

  void opened(std::unique_ptr<Stream> stream) {
    stream_ = std::move(stream);
    if (callbacks_.on_phase) callbacks_.on_phase(call_.keep_stream ? "upgrade" : "request");
    request_ = write_request(call_);
    stream_->write(
        request_.data(), request_.size(), [self = shared_from_this()](ErrorCode e, std::size_t) {
          if (e)
            self->fail("cannot send the request to " + self->call_.url.host + ": " + e.message());
        });
    read();
  }

  void read() {
    input_.resize(kept_ + kReadBytes);
    stream_->read_some(
        input_.data() + kept_, kReadBytes,
        [self = shared_from_this()](ErrorCode e, std::size_t bytes) { self->on_read(e, bytes); });
  }

  void on_read(ErrorCode error, std::size_t bytes) {
    if (!callbacks_.on_response) return;
    if (error) {
      ErrorCode parse_error;
      if (parser_.is_header_done()) parser_.put_eof(parse_error);
      if (parser_.is_done()) return finish();
      return fail(
          "no whole answer from " + call_.url.host + ": " +
          (error == boost::asio::error::eof ? "the connection was closed" : error.message()));
    }
    kept_ += bytes;
    std::size_t used = 0;
    while (used < kept_ && !parser_.is_done()) {
      ErrorCode parse_error;
      const std::size_t taken =
          parser_.put(boost::asio::buffer(input_.data() + used, kept_ - used), parse_error);
      used += taken;
      if (parse_error == http::error::need_more) break;
      if (parse_error)
        return fail("the answer of " + call_.url.host + " is no HTTP: " + parse_error.message());
      // An upgrade's answer ends with its header; what follows is WebSocket already.
      if (is_switching()) break;
      if (taken == 0) break;
    }
    input_.erase(0, used);
    kept_ -= used;
    input_.resize(kept_);
    if (parser_.is_done() || is_switching()) return finish();
    read();
  }

  bool is_switching() const {
    return parser_.is_header_done() && parser_.get().result() == http::status::switching_protocols;
  }

  void finish() {
    RestResponse response;
    response.status = static_cast<int>(parser_.get().result_int());
    for (const auto& field : parser_.get()) {
      response.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    }
    response.body = std::move(parser_.get().body());
    const auto callbacks = std::exchange(callbacks_, {});
    if (callbacks.on_response) {
      callbacks.on_response(std::move(response), std::move(stream_), std::move(input_));
    }
  }

  HttpCall call_;
  HttpCallbacks callbacks_;
  std::unique_ptr<Opening> opening_;
  std::unique_ptr<Stream> stream_;
  http::response_parser<http::string_body> parser_;
  std::string request_;
  std::string input_;  // what was read and not parsed yet
  std::size_t kept_ = 0;
};

class ExchangeHandle final : public HttpExchange {
 public:
  explicit ExchangeHandle(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  ~ExchangeHandle() override { exchange_->cancel(); }
  ExchangeHandle(const ExchangeHandle&) = delete;
  ExchangeHandle& operator=(const ExchangeHandle&) = delete;

 private:
  std::shared_ptr<Exchange> exchange_;
};

}  // namespace

std::unique_ptr<HttpExchange> start_http(boost::asio::io_context& io,
                                         boost::asio::ssl::context& tls, HttpCall call,
                                         HttpCallbacks callbacks) {
  auto exchange = std::make_shared<Exchange>(std::move(call), std::move(callbacks));
  exchange->start(io, tls);
  return std::make_unique<ExchangeHandle>(std::move(exchange));
}

}  // namespace tapedeck::net
