// A server on a thread of its own, handlers that write down what they hear, and a client made of
// bare sockets.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "replay/net/server.h"
#include "schema/ws/codec.h"

namespace tapedeck::testing {

inline constexpr int kPatienceMs = 20'000;  // only a failing test waits this long

// Lines written on the server's thread and waited for on the test's.
class EventLog {
 public:
  void add(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
    changed_.notify_all();
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  // Waits until there are `count` lines and returns all.
  std::vector<std::string> wait_for(std::size_t count) const {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(kPatienceMs),
                      [&] { return lines_.size() >= count; });
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<std::string> lines_;
};

// Writes down every call, and does what a test hangs in.
class ScriptedPeer final : public PeerHandler {
 public:
  explicit ScriptedPeer(EventLog& log) : log_(log) {}
  ~ScriptedPeer() override { log_.add("destroyed"); }

  void on_open(Peer& peer) override {
    peer_ = &peer;
    call("open", [&] {
      if (opened) opened(peer);
    });
  }
  void on_message(Opcode opcode, std::string_view payload) override {
    const bool is_short = payload.size() <= 64;
    call(std::string(to_string(opcode)) + " " +
             (is_short ? std::string(payload) : std::to_string(payload.size())),
         [&] {
           if (message) message(*peer_, opcode, payload);
         });
  }
  void on_drained() override {
    call("drained", [&] {
      if (drained) drained(*peer_);
    });
  }
  void on_closed() override {
    call("closed", [] {});
  }

  std::function<void(Peer&)> opened;
  std::function<void(Peer&, Opcode, std::string_view)> message;
  std::function<void(Peer&)> drained;

 private:
  void call(std::string line, const std::function<void()>& body) {
    if (inside_) line += " NESTED";
    log_.add(std::move(line));
    inside_ = true;
    body();
    inside_ = false;
  }

  EventLog& log_;
  Peer* peer_ = nullptr;
  bool inside_ = false;
};

class ScriptedWeb final : public WebHandler {
 public:
  void on_request(const HttpRequest& got, Answer answer) override {
    if (later) return later(got, std::move(answer));
    answer(reply_to(got));
  }
  HttpReply reply_to(const HttpRequest& got) const {
    if (request) return request(got);
    HttpReply reply;
    if (got.target.path != "/hello") reply.status = 404;
    reply.body = got.method + " " + got.target.path + " [" + got.body + "]";
    return reply;
  }
  Upgrade on_upgrade(const HttpRequest& got) override {
    if (upgrade) return upgrade(got);
    auto peer = std::make_unique<ScriptedPeer>(log);
    if (dress) dress(*peer);
    return peer;
  }

  EventLog log;
  std::function<HttpReply(const HttpRequest&)> request;
  std::function<void(const HttpRequest&, Answer)> later;  // in place of `request`
  std::function<Upgrade(const HttpRequest&)> upgrade;
  std::function<void(ScriptedPeer&)> dress;
};

// Serves until it goes out of scope.
class RunningServer {
 public:
  explicit RunningServer(WebHandler& handler, const ServerOptions& options = {}) {
    auto made = make_server(options, handler);
    if (!made) {
      ADD_FAILURE() << made.error().message;
      return;
    }
    server_ = std::move(*made);
    thread_ = std::thread([this] { server_->run(); });
  }
  ~RunningServer() { stop(); }
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;

  void stop() {
    if (!thread_.joinable()) return;
    server_->stop();
    thread_.join();
  }
  Server& operator*() { return *server_; }
  Server* operator->() { return server_.get(); }
  std::uint16_t port() const { return server_->port(); }
  std::string host() const { return "127.0.0.1:" + std::to_string(port()); }

 private:
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

// A blocking client without any protocol of its own; every wait ends after kPatienceMs.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port, SSL_CTX* tls = nullptr, int receive_bytes = 0) {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_bytes > 0)
      setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    if (tls == nullptr) return;
    ssl_ = SSL_new(tls);
    SSL_set_fd(ssl_, fd_);
    if (SSL_connect(ssl_) == 1) return;
    SSL_free(std::exchange(ssl_, nullptr));  // the first exchange fails, too
    shutdown(fd_, SHUT_RDWR);
  }
  ~RawClient() { hang_up(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void hang_up() {
    if (ssl_ != nullptr) SSL_free(std::exchange(ssl_, nullptr));
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  void finish_sending() { shutdown(fd_, SHUT_WR); }

  // False when the server does not want to hear more.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ssl_ != nullptr
                               ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                               : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  // Whether something (also an end) can be read within `ms`.
  bool is_readable(int ms) {
    pollfd poller{fd_, POLLIN, 0};
    return (ssl_ != nullptr && SSL_pending(ssl_) > 0) || poll(&poller, 1, ms) > 0;
  }

  // More into buffer(); false at the end, with end() saying which one.
  bool read_more() {
    if (!is_readable(kPatienceMs)) {
      end_ = "nothing came";
      return false;
    }
    char bytes[65536];
    const ssize_t got =
        ssl_ != nullptr ? SSL_read(ssl_, bytes, sizeof bytes) : recv(fd_, bytes, sizeof bytes, 0);
    if (got > 0) {
      buffer_.append(bytes, static_cast<std::size_t>(got));
      return true;
    }
    const bool is_clean = ssl_ != nullptr
                              ? SSL_get_error(ssl_, static_cast<int>(got)) == SSL_ERROR_ZERO_RETURN
                              : got == 0;
    end_ = is_clean ? "end" : ssl_ == nullptr && errno == ECONNRESET ? "reset" : "broken";
    return false;
  }

  // All bytes until the server ends the connection.
  std::string read_to_end() {
    while (read_more()) {
    }
    return std::exchange(buffer_, {});
  }
  const std::string& end() const { return end_; }
  // What was read and not looked at yet.
  std::string take_buffer() { return std::exchange(buffer_, {}); }

  // One HTTP reply, head and body.
  struct Reply {
    std::string head;
    std::string body;
    int status() const { return head.size() < 12 ? 0 : std::stoi(head.substr(9, 3)); }
    bool has(const std::string& line) const {
      return head.find("\r\n" + line + "\r\n") != std::string::npos;
    }
  };
  Reply read_reply(bool has_body = true) {
    Reply reply;
    std::size_t split = 0;
    while ((split = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more()) return reply;
    }
    reply.head = buffer_.substr(0, split + 4);
    buffer_.erase(0, split + 4);
    const std::string key = "\r\nContent-Length: ";
    const std::size_t at = reply.head.find(key);
    const std::size_t size =
        at == std::string::npos || !has_body ? 0 : std::stoul(reply.head.substr(at + key.size()));
    while (buffer_.size() < size) {
      if (!read_more()) return reply;
    }
    reply.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return reply;
  }

  // A whole exchange; the port is the server's, so that Host is right.
  Reply exchange(const std::string& request, bool has_body = true) {
    send(request);
    return read_reply(has_body);
  }

  // Opens a WebSocket at `target`; the reply tells how that went.
  Reply open(const std::string& target = "/", const std::string& more_headers = "") {
    return exchange(upgrade_request(target, more_headers));
  }
  static std::string upgrade_request(const std::string& target = "/",
                                     const std::string& more_headers = "") {
    return "GET " + target +
           " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
           more_headers + "\r\n";
  }

  static std::string frame(Opcode opcode, std::string_view payload) {
    constexpr unsigned char kMask[4] = {0x37, 0xfa, 0x21, 0x3d};
    std::string out;
    ws::append_frame(out, opcode, payload, kMask);
    return out;
  }
  bool send_frame(Opcode opcode, std::string_view payload) { return send(frame(opcode, payload)); }

  // The next message as `text hello`, `close 1000 bye`; long payloads as `text #SIZE`; at the end,
  // which one.
  std::string next_message() {
    ws::Message message;
    for (;;) {
      if (!buffer_.empty()) {
        std::copy(buffer_.begin(), buffer_.end(), decoder_.prepare(buffer_.size()));
        decoder_.commit(buffer_.size());
        buffer_.clear();
      }
      const auto status = decoder_.next(message);
      if (status == ws::Decoder::Status::failed) return "bad frame: " + decoder_.error();
      if (status == ws::Decoder::Status::message) return describe(message);
      if (!read_more()) return end_;
    }
  }
  // Everything until the connection ends, its end included.
  std::vector<std::string> messages_to_end() {
    std::vector<std::string> out;
    do {
      out.push_back(next_message());
    } while (end_.empty());
    return out;
  }

 private:
  static std::string describe(const ws::Message& message) {
    if (message.opcode == Opcode::close) {
      ws::Close close;
      if (!ws::parse_close(message.payload, close)) return "bad close";
      return close.code == 0
                 ? "close"
                 : "close " + std::to_string(close.code) + " " + std::string(close.reason);
    }
    if (message.payload.size() > 64)
      return std::string(to_string(message.opcode)) + " #" + std::to_string(message.payload.size());
    return std::string(to_string(message.opcode)) + " " + std::string(message.payload);
  }

  int fd_ = -1;
  SSL* ssl_ = nullptr;
  std::string buffer_;
  std::string end_;
  ws::Decoder decoder_{ws::Role::client, std::size_t{1} << 30U};
};

// A client whose `request` was answered. Where the server's patience is short, a busy machine may
// need several tries.
inline std::unique_ptr<RawClient> served_client(std::uint16_t port, const std::string& request,
                                                SSL_CTX* tls = nullptr) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatienceMs);
  while (std::chrono::steady_clock::now() < until) {
    auto client = std::make_unique<RawClient>(port, tls);
    if (client->exchange(request).status() == 200) return client;
  }
  ADD_FAILURE() << "nobody is served";
  return std::make_unique<RawClient>(port, tls);
}

}  // namespace tapedeck::testing
