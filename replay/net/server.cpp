#include "replay/net/server.h"

#include <unistd.h>

#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <map>
#include <utility>

#include "replay/net/asio_stream.h"
#include "replay/net/http_connection.h"
#include "replay/net/hub.h"
#include "replay/net/listener.h"
#include "replay/net/loop_timer.h"

namespace tapedeck {
namespace web {
namespace {

namespace asio = boost::asio;

constexpr Ns kStopping = 2 * kNsPerSec;

std::string machine_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

AccessRules rules_of(const ServerOptions& options, std::uint16_t port) {
  AccessRules rules;
  rules.listen_host = options.host;
  rules.port = port;
  rules.tls = !options.tls_certificate_file.empty();
  rules.token = options.token;
  rules.allow_origins = options.allow_origins;
  rules.machine_name = machine_name();
  return rules;
}

class ServerImpl final : public Server, private Hub {
 public:
  ServerImpl(const ServerOptions& options, WebHandler& handler)
      : options_(options), handler_(handler) {}

  // Handlers that never ran go with the context, and with them the last of the guests.
  ~ServerImpl() override { guests_.clear(); }
  ServerImpl(const ServerImpl&) = delete;
  ServerImpl& operator=(const ServerImpl&) = delete;

  Result<void> open() {
    if (options_.tls_certificate_file.empty() != options_.tls_key_file.empty()) {
      return Error{"TLS needs both a certificate file and its key file"};
    }
    if (!options_.tls_certificate_file.empty()) {
      auto tls = make_tls(options_.tls_certificate_file, options_.tls_key_file);
      if (!tls) return tls.error();
      tls_ = std::move(*tls);
    }
    if (Result<void> opened = listener_.open(options_.host, options_.port); !opened) return opened;
    access_.emplace(rules_of(options_, listener_.port()));
    return {};
  }

  // Server
  std::uint16_t port() const override { return listener_.port(); }

  std::string url() const override {
    std::string host(without_brackets(options_.host));
    if (host.empty() || host == "0.0.0.0") host = "127.0.0.1";
    if (host == "::") host = "::1";
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    return (tls_ ? "https://" : "http://") + host + ":" + std::to_string(port());
  }

  void run() override {
    if (!is_stopping_) {
      listener_.start([this](asio::ip::tcp::socket socket) {
        serve_http(*this, make_stream(std::move(socket), tls_.get()));
      });
    }
    const auto work = asio::make_work_guard(io_);
    io_.run();
  }

  void stop() override {
    asio::post(io_, [this] { begin_stop(); });
  }

  void post(std::function<void()> task) override { asio::post(io_, std::move(task)); }

  void on_signal(std::function<void()> task) override {
    on_signal_ = std::move(task);
    if (signals_) return;
    signals_.emplace(io_, SIGINT, SIGTERM);
    wait_for_signal();
  }

  std::unique_ptr<Timer> make_timer() override { return timers_.make(); }

 private:
  // Hub
  const ServerOptions& options() const override { return options_; }
  const Access& access() const override { return *access_; }
  WebHandler& handler() override { return handler_; }
  std::uint64_t next_id() override { return ++last_id_; }

  void join(std::shared_ptr<Guest> guest) override {
    const Guest* key = guest.get();
    guests_.emplace(key, std::move(guest));
  }
  void leave(const Guest& guest) override {
    guests_.erase(&guest);
    if (is_stopping_ && guests_.empty()) io_.stop();
  }

  void wait_for_signal() {
    signals_->async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      if (on_signal_) on_signal_();
      wait_for_signal();
    });
  }

  void begin_stop() {
    if (std::exchange(is_stopping_, true)) return;
    listener_.close();
    if (guests_.empty()) return io_.stop();
    stop_timer_ = timers_.make();
    set_after(*stop_timer_, kStopping, [this] { each_guest([](Guest& guest) { guest.drop(); }); });
    each_guest([](Guest& guest) { guest.go_away(); });
  }

  // Guests may leave meanwhile.
  template <class Call>
  void each_guest(Call call) {
    const auto guests = guests_;
    for (const auto& [key, guest] : guests) call(*guest);
  }

  // The context goes last: what still waits in it may hold guests, timers and sockets.
  ServerOptions options_;
  WebHandler& handler_;
  std::unique_ptr<asio::ssl::context> tls_;
  asio::io_context io_{1};
  TimerMaker timers_{io_};
  Listener listener_{io_};
  std::optional<asio::signal_set> signals_;
  std::function<void()> on_signal_;
  std::optional<Access> access_;
  std::map<const Guest*, std::shared_ptr<Guest>> guests_;
  std::unique_ptr<Timer> stop_timer_;
  std::uint64_t last_id_ = 0;
  bool is_stopping_ = false;
};

}  // namespace

void set_after(Server::Timer& timer, Ns delay, std::function<void()> task) {
  timer.set(SystemClock().now().mono + delay, std::move(task));
}

}  // namespace web

Result<std::unique_ptr<Server>> make_server(const ServerOptions& options, WebHandler& handler) {
  auto server = std::make_unique<web::ServerImpl>(options, handler);
  if (Result<void> opened = server->open(); !opened) return opened.error();
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace tapedeck
