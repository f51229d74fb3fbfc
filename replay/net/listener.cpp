#include "replay/net/listener.h"

#include <spdlog/spdlog.h>

#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cctype>
#include <chrono>
#include <utility>

#include "replay/net/access.h"

namespace tapedeck::web {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr std::chrono::milliseconds kBackoff{100};

std::string lower_first(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

Error listen_error(const std::string& host, std::uint16_t port, const ErrorCode& error) {
  const bool needs_brackets = host.find(':') != std::string::npos;
  const std::string where = (needs_brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
  return Error{"cannot listen on " + where + ": " + lower_first(error.message()) +
               "; choose another with --listen"};
}

// A machine without IPv6 still knows `localhost` as ::1.
bool is_address_missing(const ErrorCode& error) {
  return error == asio::error::address_family_not_supported ||
         error == boost::system::errc::address_not_available;
}

}  // namespace

// Its handlers hold it, so that it may be closed at any time.
struct Listener::Door : std::enable_shared_from_this<Listener::Door> {
  explicit Door(asio::io_context& io) : acceptor(io), backoff(io) {}

  ErrorCode open(const Tcp::endpoint& endpoint) {
    ErrorCode error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error && endpoint.protocol() == Tcp::v6()) {
      acceptor.set_option(asio::ip::v6_only(!endpoint.address().is_unspecified()), error);
    }
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    return error;
  }

  void accept() {
    acceptor.async_accept([self = shared_from_this()](ErrorCode error, Tcp::socket socket) {
      if (!self->acceptor.is_open()) return;
      if (error) return self->wait_out(error);
      self->is_waiting = false;
      self->on_socket(std::move(socket));
      self->accept();
    });
  }

  void wait_out(const ErrorCode& error) {
    if (!std::exchange(is_waiting, true)) {
      spdlog::warn("cannot accept connections: " + error.message() + "; trying again every " +
                   std::to_string(kBackoff.count()) + " ms");
    }
    backoff.expires_after(kBackoff);
    backoff.async_wait([self = shared_from_this()](ErrorCode) {
      if (self->acceptor.is_open()) self->accept();
    });
  }

  void close() {
    ErrorCode ignored;
    acceptor.close(ignored);
    backoff.cancel();
    on_socket = nullptr;
  }

  Tcp::acceptor acceptor;
  asio::steady_timer backoff;
  OnSocket on_socket;
  bool is_waiting = false;
};

ErrorCode Listener::open_door(const Tcp::endpoint& endpoint) {
  auto door = std::make_shared<Door>(io_);
  if (const ErrorCode error = door->open(endpoint)) return error;
  port_ = door->acceptor.local_endpoint().port();
  doors_.push_back(std::move(door));
  return {};
}

Result<void> Listener::open(const std::string& host, std::uint16_t port) {
  const std::string bare(without_brackets(host.empty() ? "0.0.0.0" : std::string_view(host)));
  ErrorCode error;
  Tcp::resolver resolver(io_);
  const auto addresses = resolver.resolve(
      bare, std::to_string(port), Tcp::resolver::passive | Tcp::resolver::numeric_service, error);
  if (error) return listen_error(bare, port, error);
  ErrorCode missing;
  port_ = port;
  for (const auto& entry : addresses) {
    error = open_door({entry.endpoint().address(), port_});
    if (!error) continue;
    if (is_address_missing(error)) {
      missing = error;
      continue;
    }
    close();
    return listen_error(bare, port_, error);
  }
  if (doors_.empty()) return listen_error(bare, port, missing);
  return {};
}

void Listener::start(const OnSocket& on_socket) {
  spdlog::debug("accepting connections on port " + std::to_string(port_));
  for (const auto& door : doors_) {
    door->on_socket = on_socket;
    door->accept();
  }
}

void Listener::close() {
  for (const auto& door : doors_) door->close();
  doors_.clear();
}

}  // namespace tapedeck::web
