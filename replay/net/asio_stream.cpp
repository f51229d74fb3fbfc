#include "replay/net/asio_stream.h"

#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <utility>

namespace tapedeck::web {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr int kSendBufferBytes = 256 << 10;

std::string remote_address(const Tcp::socket& socket) {
  ErrorCode error;
  const Tcp::endpoint endpoint = socket.remote_endpoint(error);
  return error ? "unknown" : to_text(endpoint);
}

void finish_socket(Tcp::socket& socket) {
  ErrorCode ignored;
  socket.shutdown(Tcp::socket::shutdown_send, ignored);
}

void close_socket(Tcp::socket& socket) {
  ErrorCode ignored;
  socket.close(ignored);
}

void reset_socket(Tcp::socket& socket) {
  ErrorCode ignored;
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

class PlainStream final : public ByteStream {
 public:
  explicit PlainStream(Tcp::socket socket)
      : socket_(std::move(socket)), address_(remote_address(socket_)) {}

  const std::string& address() const override { return address_; }
  void handshake(std::function<void(bool)> done) override {
    asio::post(socket_.get_executor(), [done = std::move(done)] { done(true); });
  }
  void read_some(char* data, std::size_t size, Done done) override {
    socket_.async_read_some(
        asio::buffer(data, size),
        [done = std::move(done)](ErrorCode error, std::size_t bytes) { done(!error, bytes); });
  }
  void write_some(const char* data, std::size_t size, Done done) override {
    socket_.async_write_some(
        asio::buffer(data, size),
        [done = std::move(done)](ErrorCode error, std::size_t bytes) { done(!error, bytes); });
  }
  void finish_sending() override { finish_socket(socket_); }
  void close() override { close_socket(socket_); }
  void reset() override { reset_socket(socket_); }

 private:
  Tcp::socket socket_;
  std::string address_;
};

// Handlers hold the stream: OpenSSL's state must outlive an operation that was given up.
class TlsStream final : public ByteStream, public std::enable_shared_from_this<TlsStream> {
 public:
  TlsStream(Tcp::socket socket, asio::ssl::context& tls)
      : stream_(std::move(socket), tls), address_(remote_address(stream_.next_layer())) {}

  const std::string& address() const override { return address_; }
  void handshake(std::function<void(bool)> done) override {
    stream_.async_handshake(
        asio::ssl::stream_base::server,
        [self = shared_from_this(), done = std::move(done)](ErrorCode error) { done(!error); });
  }
  void read_some(char* data, std::size_t size, Done done) override {
    stream_.async_read_some(asio::buffer(data, size),
                            [self = shared_from_this(), done = std::move(done)](
                                ErrorCode error, std::size_t bytes) { done(!error, bytes); });
  }
  void write_some(const char* data, std::size_t size, Done done) override {
    stream_.async_write_some(asio::buffer(data, size),
                             [self = shared_from_this(), done = std::move(done)](
                                 ErrorCode error, std::size_t bytes) { done(!error, bytes); });
  }
  void finish_sending() override {
    stream_.async_shutdown(
        [self = shared_from_this()](ErrorCode) { finish_socket(self->stream_.next_layer()); });
  }
  void close() override { close_socket(stream_.next_layer()); }
  void reset() override { reset_socket(stream_.next_layer()); }

 private:
  asio::ssl::stream<Tcp::socket> stream_;
  std::string address_;
};

}  // namespace

std::string to_text(const Tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  const std::string port = std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? "[" + address + "]:" + port : address + ":" + port;
}

std::shared_ptr<ByteStream> make_stream(Tcp::socket socket, asio::ssl::context* tls) {
  ErrorCode ignored;
  socket.set_option(Tcp::no_delay(true), ignored);
  // The system's own choice on loopback is some 2.5 MB for each client that does not read.
  socket.set_option(asio::socket_base::send_buffer_size(kSendBufferBytes), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);  // finds machines that vanished
  if (tls == nullptr) return std::make_shared<PlainStream>(std::move(socket));
  return std::make_shared<TlsStream>(std::move(socket), *tls);
}

Result<std::unique_ptr<asio::ssl::context>> make_tls(const std::string& certificate_file,
                                                     const std::string& key_file) {
  auto tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  ErrorCode error;
  tls->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                       asio::ssl::context::no_tlsv1_1,
                   error);
  if (error) return Error{"cannot set up TLS: " + error.message()};
  tls->use_certificate_chain_file(certificate_file, error);
  if (error) {
    return Error{"cannot use the TLS certificate " + certificate_file + ": " + error.message() +
                 "; it must be a PEM file"};
  }
  tls->use_private_key_file(key_file, asio::ssl::context::pem, error);
  if (error) {
    return Error{"cannot use the TLS key " + key_file + ": " + error.message() +
                 "; it must be the certificate's own, as a PEM file"};
  }
  return tls;
}

}  // namespace tapedeck::web
