#include "tests/chaos/rest_trouble.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ctime>
#include <utility>

#include "schema/base/text.h"

namespace tapedeck::testing {
namespace {

constexpr int kKinds = 13;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

// False when the peer is gone.
bool write_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string read_some(int socket) {
  char buffer[16'384];
  const ssize_t got = ::recv(socket, buffer, sizeof buffer, 0);
  return got > 0 ? std::string(buffer, static_cast<std::size_t>(got)) : std::string();
}

std::string read_all(int socket) {
  std::string all;
  for (std::string next = read_some(socket); !next.empty(); next = read_some(socket)) all += next;
  return all;
}

void reset(int socket) {
  const linger hard{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

// A request with its body; "" when the client gave up.
std::string read_request(int socket) {
  std::string all;
  std::size_t end = std::string::npos;
  while ((end = all.find("\r\n\r\n")) == std::string::npos) {
    const std::string next = read_some(socket);
    if (next.empty()) return "";
    all += next;
  }
  const std::string name = "content-length: ";
  const std::size_t at = to_lower(all.substr(0, end)).find(name);
  const std::size_t body = at == std::string::npos ? 0 : std::stoul(all.substr(at + name.size()));
  while (all.size() < end + 4 + body) {
    const std::string next = read_some(socket);
    if (next.empty()) return "";
    all += next;
  }
  return all;
}

std::string answer_of(const std::string& status, const std::string& body,
                      const std::string& header = "") {
  return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nConnection: close\r\n" +
         header + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string http_date(std::time_t at) {
  std::tm utc{};
  ::gmtime_r(&at, &utc);
  char text[64];
  const std::size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return {text, size};
}

std::string body_of(const std::string& answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}

// A request's target without what turns pages: what asks for the next page asks for the same.
std::string page_key(const std::string& request) {
  const std::string line = request.substr(0, request.find("\r\n"));
  Target target =
      parse_target(line.substr(line.find(' ') + 1, line.rfind(' ') - line.find(' ') - 1));
  std::string key = target.path;
  for (const auto& [name, value] : target.query) {
    if (name != "after" && name != "after_trade_id" && name != "offset" && name != "limit")
      key += "&" + name + "=" + value;
  }
  return key;
}

}  // namespace

RestTrouble::RestTrouble(std::uint16_t to, std::uint64_t seed) : to_(to), dice_(seed) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(listener_, generic, sizeof address), 0);
  EXPECT_EQ(::listen(listener_, 64), 0);
  socklen_t size = sizeof address;
  EXPECT_EQ(::getsockname(listener_, generic, &size), 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { accept_all(); });
}

// Nobody asks any more: who waits for an answer is gone.
RestTrouble::~RestTrouble() {
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  for (std::thread& client : clients_) client.join();
  ::close(listener_);
}

void RestTrouble::accept_all() {
  for (;;) {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    clients_.emplace_back([this, client] {
      serve(client);
      ::close(client);
    });
  }
}

void RestTrouble::serve(int client) {
  const std::string request = read_request(client);
  if (request.empty()) return;
  int kind = -1;
  {
    const std::lock_guard lock(mutex_);
    if (dice_.chance(chance_)) kind = static_cast<int>(dice_.between(0, kKinds - 1));
  }
  const std::string key = page_key(request);
  std::string answer = forward(request);
  {
    const std::lock_guard lock(mutex_);
    given_.try_emplace(key, answer);
  }
  if (kind >= 0) {
    ++spoiled_;
    answer = spoil(client, kind, key, answer);
  }
  write_all(client, answer);
}

// What is still to be written.
std::string RestTrouble::spoil(int client, int kind, const std::string& key,
                               const std::string& answer) {
  const std::time_t soon = std::time(nullptr) + 1;
  switch (kind) {
    case 0:
      reset(client);
      return "";
    case 1:  // no answer, for as long as somebody waits for it
      read_all(client);
      return "";
    case 2:
      return answer_of("429 Too Many Requests", "");
    case 3:
      return answer_of("429 Too Many Requests", "slow down", "Retry-After: 1\r\n");
    case 4:
      return answer_of("429 Too Many Requests", "", "Retry-After: " + http_date(soon) + "\r\n");
    case 5:
      return answer_of("429 Too Many Requests", "",
                       "Retry-After: " + std::to_string(soon) + "\r\n");
    case 6:
      return answer_of("429 Too Many Requests",
                       R"({"ok":false,"error":{"code":"RATE_LIMITED","retry_after":1}})");
    case 7:
      return answer_of("500 Internal Server Error", R"({"error":"oops"})");
    case 8:
      return answer_of("200 OK", "<html><body>We are working on it</body></html>");
    case 9: {
      const std::string body = body_of(answer);
      return answer_of("200 OK", body.substr(0, body.size() / 2));
    }
    case 10:  // the connection ends in the middle
      write_all(client, answer.substr(0, answer.size() - body_of(answer).size() / 2 - 1));
      reset(client);
      return "";
    case 11: {
      write_all(client, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"data\":[");
      const std::string more(std::size_t{1} << 16U, ' ');
      while (write_all(client, more)) continue;
      return "";
    }
    default: {
      const std::lock_guard lock(mutex_);
      return given_[key];
    }
  }
}

std::string RestTrouble::forward(const std::string& request) const {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(to_);
  std::string answer;
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    // As it came, but for one exchange a connection; whoever asked is known by the service's host.
    const std::size_t line = request.find("\r\n");
    std::string passed = request.substr(0, line + 2) + "Connection: close\r\n";
    std::string rest = request.substr(line + 2);
    const std::size_t host = to_lower(rest).find("host: ");
    const std::size_t end = rest.find("\r\n", host);
    rest.replace(host, end - host, "Host: 127.0.0.1:" + std::to_string(to_));
    const std::size_t own = to_lower(rest).find("\r\nconnection: ");
    if (own != std::string::npos) rest.erase(own, rest.find("\r\n", own + 2) - own);
    if (write_all(socket, passed + rest)) answer = read_all(socket);
  }
  ::close(socket);
  return answer.empty() ? answer_of("503 Service Unavailable", "") : answer;
}

}  // namespace tapedeck::testing
