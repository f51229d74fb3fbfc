#include "tests/bench/end_to_end/skim_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstring>

#include "schema/ws/codec.h"
#include "tests/bench/end_to_end/tapes.h"

namespace tapedeck::bench {
namespace {

constexpr std::size_t kBufferBytes = 256U << 10U;

Ns now_ns() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

int connect_to(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const int yes = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    die("cannot connect to port " + std::to_string(port));
  }
  return socket;
}

void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) die("cannot send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

}  // namespace

double SkimClient::Seen::per_second() const {
  return static_cast<double>(frames) * 1e9 / static_cast<double>(last_ns - first_ns);
}

SkimClient::SkimClient(std::uint16_t port, const std::string& target)
    : socket_(connect_to(port)), buffer_(kBufferBytes, '\0') {
  send_all(socket_, "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                        "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  for (;;) {
    if (!fill()) die("no answer to the upgrade");
    const std::string_view seen(buffer_.data() + begin_, end_ - begin_);
    const std::size_t end = seen.find("\r\n\r\n");
    if (end == std::string_view::npos) continue;
    if (seen.substr(0, 12) != "HTTP/1.1 101") die("refused: " + std::string(seen));
    begin_ += end + 4;
    return;
  }
}

SkimClient::~SkimClient() {
  ::close(socket_);
}

bool SkimClient::fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
  const ssize_t got = ::recv(socket_, buffer_.data() + end_, buffer_.size() - end_, 0);
  if (got <= 0) return false;
  end_ += static_cast<std::size_t>(got);
  return true;
}

void SkimClient::send_text(std::string_view text) {
  std::string frame;
  const unsigned char mask[4] = {1, 2, 3, 4};
  ws::append_frame(frame, Opcode::text, text, mask);
  send_all(socket_, frame);
}

SkimClient::Seen SkimClient::read_to_end(std::int64_t skip, std::vector<Ns>* times) {
  Seen seen;
  do {
    const Ns now = now_ns();
    const auto* const data = reinterpret_cast<const unsigned char*>(buffer_.data());
    while (end_ - begin_ >= 2) {
      std::size_t header = 2;
      std::uint64_t size = data[begin_ + 1] & 0x7fU;
      if (size >= 126) {
        const std::size_t wide = size == 126 ? 2 : 8;
        header += wide;
        if (end_ - begin_ < header) break;
        size = 0;
        for (std::size_t i = 0; i < wide; ++i) size = (size << 8U) | data[begin_ + 2 + i];
      }
      if (end_ - begin_ < header + size) break;
      const unsigned opcode = data[begin_] & 0x0fU;
      begin_ += header + size;
      if (opcode == 8) return seen;
      if (opcode > 2 || skip-- > 0) continue;
      if (seen.frames++ == 0) seen.first_ns = now;
      seen.last_ns = now;
      seen.bytes += static_cast<std::int64_t>(size);
      if (times != nullptr) times->push_back(now);
    }
  } while (fill());
  return seen;
}

std::string http_get(std::uint16_t port, const std::string& target) {
  const int socket = connect_to(port);
  send_all(socket, "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                       "\r\nConnection: close\r\n\r\n");
  std::string answer;
  char block[4096];
  for (ssize_t got = 0; (got = ::recv(socket, block, sizeof block, 0)) > 0;) {
    answer.append(block, static_cast<std::size_t>(got));
  }
  ::close(socket);
  const std::size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? std::string() : answer.substr(end + 4);
}

}  // namespace tapedeck::bench
