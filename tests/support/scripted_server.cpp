#include "tests/support/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/sha.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "schema/base/text.h"

namespace tapedeck::testing {

ScriptedSocket::~ScriptedSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::string ScriptedSocket::read(std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) {
    char buffer[4096];
    const ssize_t got = ::recv(descriptor_, buffer, std::min(sizeof buffer, bytes - out.size()), 0);
    if (got <= 0) break;
    out.append(buffer, static_cast<std::size_t>(got));
  }
  return out;
}

std::string ScriptedSocket::read_header() {
  std::string out;
  while (out.find("\r\n\r\n") == std::string::npos) {
    const std::string next = read(1);
    if (next.empty()) break;
    out += next;
  }
  return out;
}

std::string ScriptedSocket::read_all() {
  return read(std::string::npos);
}

void ScriptedSocket::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void ScriptedSocket::accept_upgrade(const std::string& header, std::string_view extra) {
  const std::string name = "sec-websocket-key: ";
  const std::size_t at = to_lower(header).find(name) + name.size();
  const std::string salted =
      header.substr(at, header.find("\r\n", at) - at) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(salted.data()), salted.size(), digest);
  write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\nSec-WebSocket-Accept: " +
      base64_encode({reinterpret_cast<const char*>(digest), sizeof digest}) + "\r\n\r\n" +
      std::string(extra));
}

void ScriptedSocket::end() {
  ::shutdown(descriptor_, SHUT_WR);
}

void ScriptedSocket::reset() {
  const linger hard{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  ::close(std::exchange(descriptor_, -1));
}

ScriptedServer::ScriptedServer(std::function<void(ScriptedSocket&)> script) {
  listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::listen(listener_, 8);
  socklen_t size = sizeof address;
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this, script = std::move(script)] {
    const int accepted = ::accept(listener_, nullptr, nullptr);
    if (accepted < 0) return;
    ScriptedSocket peer(accepted);
    script(peer);
  });
}

ScriptedServer::~ScriptedServer() {
  ::shutdown(listener_, SHUT_RDWR);  // a script that nobody came for ends, too
  thread_.join();
  ::close(listener_);
}

std::string ScriptedServer::url(std::string_view scheme, std::string_view target) const {
  return std::string(scheme) + "://127.0.0.1:" + std::to_string(port_) + std::string(target);
}

}  // namespace tapedeck::testing
