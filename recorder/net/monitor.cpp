#include "recorder/net/monitor.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <utility>

#include "recorder/net/asio_context.h"

namespace tapedeck {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr std::size_t kRequestBytesMax = 8U << 10U;
constexpr auto kRequestTime = std::chrono::seconds(5);

std::string http_answer(const std::string& status, const std::string& type,
                        const std::string& body) {
  return "HTTP/1.1 " + status + "\r\nContent-Type: " + type +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" +
         body;
}

// One request, one answer, then the connection ends. The request's line is all that counts.
class Visit final : public std::enable_shared_from_this<Visit> {
 public:
  Visit(Tcp::socket socket, const std::function<StatusReport()>& report)
      : socket_(std::move(socket)), limit_(socket_.get_executor()), report_(report) {}

  void start() {
    limit_.expires_after(kRequestTime);
    limit_.async_wait([self = shared_from_this()](ErrorCode e) {
      ErrorCode ignored;
      if (!e) self->socket_.close(ignored);
    });
    read();
  }

 private:
  void read() {
    socket_.async_read_some(asio::buffer(buffer_),
                            [self = shared_from_this()](ErrorCode e, std::size_t bytes) {
                              if (e) return self->end();
                              self->request_.append(self->buffer_, bytes);
                              if (self->request_.find("\r\n\r\n") != std::string::npos)
                                return self->answer();
                              if (self->request_.size() > kRequestBytesMax) return self->end();
                              self->read();
                            });
  }

  void answer() {
    const std::string line = request_.substr(0, request_.find("\r\n"));
    if (line.starts_with("GET /metrics ")) {
      answer_ = http_answer("200 OK", "text/plain; version=0.0.4", metrics_text(report_()));
    } else if (line.starts_with("GET /healthz ")) {
      const std::string health = health_text(report_());
      const bool ok = health.find("\"status\":\"ok\"") != std::string::npos;
      answer_ = http_answer(ok ? "200 OK" : "503 Service Unavailable", "application/json", health);
    } else {
      answer_ = http_answer("404 Not Found", "application/json",
                            "{\"error\":\"only /metrics and /healthz are here\"}");
    }
    asio::async_write(socket_, asio::buffer(answer_),
                      [self = shared_from_this()](ErrorCode, std::size_t) {
                        ErrorCode ignored;
                        self->socket_.shutdown(Tcp::socket::shutdown_both, ignored);
                        self->end();
                      });
  }

  void end() { limit_.cancel(); }

  Tcp::socket socket_;
  asio::steady_timer limit_;
  const std::function<StatusReport()>& report_;
  char buffer_[4096];
  std::string request_;
  std::string answer_;
};

class AsioMonitor final : public Monitor {
 public:
  AsioMonitor(asio::io_context& io, std::function<StatusReport()> report)
      : acceptor_(io), retry_(io), report_(std::move(report)) {}

  Result<void> listen(const std::string& host, std::uint16_t port) {
    ErrorCode error;
    const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
    if (error)
      return Error{"--listen: \"" + host +
                   "\" is no address; give HOST:PORT such as 127.0.0.1:9100"};
    const Tcp::endpoint endpoint(address, port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(Tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return Error{"--listen: cannot listen on " + host + ":" + std::to_string(port) + ": " +
                   error.message()};
    }
    accept();
    return {};
  }

  std::uint16_t port() const override { return acceptor_.local_endpoint().port(); }

 private:
  void accept() {
    acceptor_.async_accept([this](ErrorCode e, Tcp::socket socket) {
      if (e == asio::error::operation_aborted) return;
      if (!e) {
        std::make_shared<Visit>(std::move(socket), report_)->start();
        return accept();
      }
      // Out of descriptors, most likely: a little later there may be some.
      retry_.expires_after(std::chrono::milliseconds(100));
      retry_.async_wait([this](ErrorCode stopped) {
        if (!stopped) accept();
      });
    });
  }

  Tcp::acceptor acceptor_;
  asio::steady_timer retry_;
  std::function<StatusReport()> report_;
};

}  // namespace

Result<std::unique_ptr<Monitor>> make_monitor(IoLoop& loop, const std::string& listen,
                                              std::function<StatusReport()> report) {
  const std::size_t colon = listen.rfind(':');
  unsigned port = 0;
  bool good = colon != std::string::npos && colon + 1 < listen.size();
  if (good) {
    const char* end = listen.data() + listen.size();
    const auto parsed = std::from_chars(listen.data() + colon + 1, end, port);
    good = parsed.ec == std::errc() && parsed.ptr == end && port <= 65'535;
  }
  if (!good) return Error{"--listen: \"" + listen + "\" must be HOST:PORT, such as 127.0.0.1:9100"};
  std::string host = listen.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  auto monitor = std::make_unique<AsioMonitor>(net::context_of(loop), std::move(report));
  if (auto listening = monitor->listen(host, static_cast<std::uint16_t>(port)); !listening)
    return listening.error();
  return std::unique_ptr<Monitor>(std::move(monitor));
}

}  // namespace tapedeck
