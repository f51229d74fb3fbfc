// The listening sockets. For the files of replay/net that know Asio.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "schema/base/result.h"

namespace tapedeck::web {

class Listener {
 public:
  using OnSocket = std::function<void(boost::asio::ip::tcp::socket)>;

  explicit Listener(boost::asio::io_context& io) : io_(io) {}
  ~Listener() { close(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Binds and listens on every address that `host` (a name, an address, brackets allowed) stands
  // for, all with one port.
  Result<void> open(const std::string& host, std::uint16_t port);
  std::uint16_t port() const { return port_; }

  // Accepts from now on. Errors (no file descriptor left) are waited out.
  void start(const OnSocket& on_socket);
  // Refuses new connections. Idempotent.
  void close();

 private:
  struct Door;
  boost::system::error_code open_door(const boost::asio::ip::tcp::endpoint& endpoint);

  boost::asio::io_context& io_;
  std::vector<std::shared_ptr<Door>> doors_;
  std::uint16_t port_ = 0;
};

}  // namespace tapedeck::web
