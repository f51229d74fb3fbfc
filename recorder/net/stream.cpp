#include "recorder/net/stream.h"

#include <openssl/err.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace tapedeck::net {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;

class PlainStream final : public Stream {
 public:
  explicit PlainStream(Tcp::socket socket) : socket_(std::move(socket)) {}

  void read_some(char* data, std::size_t size, IoHandler done) override {
    socket_.async_read_some(asio::buffer(data, size), std::move(done));
  }
  void write(const char* data, std::size_t size, IoHandler done) override {
    asio::async_write(socket_, asio::buffer(data, size), std::move(done));
  }
  void finish(std::function<void()> done) override {
    ErrorCode ignored;
    socket_.shutdown(Tcp::socket::shutdown_send, ignored);
    asio::post(socket_.get_executor(), std::move(done));
  }
  void close() override {
    ErrorCode ignored;
    socket_.close(ignored);
  }

 private:
  Tcp::socket socket_;
};

class TlsStream final : public Stream {
 public:
  explicit TlsStream(std::shared_ptr<asio::ssl::stream<Tcp::socket>> stream)
      : stream_(std::move(stream)) {}
  ~TlsStream() override { close(); }
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  // The handlers hold the stream: OpenSSL's state must outlive an operation that was given up.
  void read_some(char* data, std::size_t size, IoHandler done) override {
    stream_->async_read_some(
        asio::buffer(data, size),
        [keep = stream_, done = std::move(done)](ErrorCode e, std::size_t n) { done(e, n); });
  }
  void write(const char* data, std::size_t size, IoHandler done) override {
    asio::async_write(
        *stream_, asio::buffer(data, size),
        [keep = stream_, done = std::move(done)](ErrorCode e, std::size_t n) { done(e, n); });
  }
  void finish(std::function<void()> done) override {
    stream_->async_shutdown([keep = stream_, done = std::move(done)](ErrorCode) { done(); });
  }
  void close() override {
    ErrorCode ignored;
    stream_->next_layer().close(ignored);
  }

 private:
  std::shared_ptr<asio::ssl::stream<Tcp::socket>> stream_;
};

std::string tls_reason(const ErrorCode& error) {
  if (error.category() == asio::error::get_ssl_category()) {
    const char* reason = ERR_reason_error_string(static_cast<unsigned long>(error.value()));
    if (reason != nullptr) return reason;
  }
  return error.message();
}

// Shared by its handlers; `callbacks_` is emptied when the opening is given up or done.
class OpeningState final : public std::enable_shared_from_this<OpeningState> {
 public:
  OpeningState(asio::io_context& io, asio::ssl::context& tls, Url url, OpenCallbacks callbacks)
      : tls_(tls),
        url_(std::move(url)),
        callbacks_(std::move(callbacks)),
        resolver_(io),
        socket_(io) {}

  void start() {
    asio::post(resolver_.get_executor(), [self = shared_from_this()] { self->resolve(); });
  }

  void cancel() {
    callbacks_ = {};
    resolver_.cancel();
    ErrorCode ignored;
    socket_.close(ignored);
    if (secure_ != nullptr) secure_->next_layer().close(ignored);
  }

 private:
  void phase(std::string_view name) {
    if (callbacks_.on_phase) callbacks_.on_phase(name);
  }
  void fail(std::string error) {
    const auto callbacks = std::exchange(callbacks_, {});
    if (callbacks.on_error) callbacks.on_error(std::move(error));
  }
  void succeed(std::unique_ptr<Stream> stream) {
    const auto callbacks = std::exchange(callbacks_, {});
    if (callbacks.on_open) callbacks.on_open(std::move(stream));
  }
  std::string where() const { return url_.host + ":" + url_.port; }

  void resolve() {
    phase("name lookup");
    resolver_.async_resolve(
        url_.host, url_.port, [self = shared_from_this()](ErrorCode e, const auto& results) {
          if (e) return self->fail("cannot find " + self->url_.host + ": " + e.message());
          self->connect(results);
        });
  }

  void connect(const Tcp::resolver::results_type& addresses) {
    if (!callbacks_.on_open) return;
    phase("TCP connect");
    asio::async_connect(
        socket_, addresses, [self = shared_from_this()](ErrorCode e, const Tcp::endpoint&) {
          if (e) return self->fail("cannot connect to " + self->where() + ": " + e.message());
          self->connected();
        });
  }

  void connected() {
    if (!callbacks_.on_open) return;
    ErrorCode ignored;
    socket_.set_option(Tcp::no_delay(true), ignored);
    if (!url_.tls) {
      succeed(std::make_unique<PlainStream>(std::move(socket_)));
      return;
    }
    phase("TLS handshake");
    secure_ = std::make_shared<asio::ssl::stream<Tcp::socket>>(std::move(socket_), tls_);
    ErrorCode not_an_address;
    asio::ip::make_address(url_.host, not_an_address);
    if (not_an_address) SSL_set_tlsext_host_name(secure_->native_handle(), url_.host.c_str());
    secure_->set_verify_mode(asio::ssl::verify_peer);
    secure_->set_verify_callback(asio::ssl::host_name_verification(url_.host));
    secure_->async_handshake(
        asio::ssl::stream_base::client, [self = shared_from_this()](ErrorCode e) {
          if (e) {
            return self->fail("TLS with " + self->where() + " failed: " + tls_reason(e) +
                              " (a private certificate authority is named by tls.ca_file)");
          }
          self->succeed(std::make_unique<TlsStream>(std::move(self->secure_)));
        });
  }

  asio::ssl::context& tls_;
  Url url_;
  OpenCallbacks callbacks_;
  Tcp::resolver resolver_;
  Tcp::socket socket_;
  std::shared_ptr<asio::ssl::stream<Tcp::socket>> secure_;
};

class OpeningHandle final : public Opening {
 public:
  explicit OpeningHandle(std::shared_ptr<OpeningState> state) : state_(std::move(state)) {}
  ~OpeningHandle() override { state_->cancel(); }
  OpeningHandle(const OpeningHandle&) = delete;
  OpeningHandle& operator=(const OpeningHandle&) = delete;

 private:
  std::shared_ptr<OpeningState> state_;
};

}  // namespace

std::unique_ptr<Opening> open_stream(asio::io_context& io, asio::ssl::context& tls, const Url& url,
                                     OpenCallbacks callbacks) {
  auto state = std::make_shared<OpeningState>(io, tls, url, std::move(callbacks));
  state->start();
  return std::make_unique<OpeningHandle>(std::move(state));
}

}  // namespace tapedeck::net
