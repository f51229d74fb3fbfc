#include "recorder/net/io_loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <random>
#include <utility>

#include "recorder/net/asio_context.h"
#include "recorder/net/http.h"
#include "recorder/net/transport.h"

namespace tapedeck {
namespace {

namespace asio = boost::asio;

class AsioTimer final : public Timer {
 public:
  explicit AsioTimer(asio::io_context& io) : timer_(std::make_shared<asio::steady_timer>(io)) {}
  ~AsioTimer() override { cancel(); }
  AsioTimer(const AsioTimer&) = delete;
  AsioTimer& operator=(const AsioTimer&) = delete;

  void set(Ns after, std::function<void()> task) override {
    cancel();
    armed_ = std::make_shared<bool>(true);
    timer_->expires_after(std::chrono::nanoseconds(std::max<Ns>(after, 0)));
    // The handler owns the task: it may well destroy this timer.
    timer_->async_wait(
        [armed = armed_, keep = timer_, task = std::move(task)](boost::system::error_code e) {
          if (e || !*armed) return;
          *armed = false;
          task();
        });
  }

  void cancel() override {
    if (armed_ != nullptr) *armed_ = false;
    timer_->cancel();
  }

 private:
  std::shared_ptr<asio::steady_timer> timer_;
  std::shared_ptr<bool> armed_;
};

// The exchange may be destroyed by the very callback that its end calls.
class AsioRestCall final : public RestCall {
 public:
  AsioRestCall(asio::io_context& io, std::function<void(RestResponse)> done)
      : timer_(io), done_(std::move(done)) {}

  void start(asio::io_context& io, asio::ssl::context& tls, net::HttpCall call, Ns timeout) {
    const std::string host = call.url.host;
    timer_.set(timeout, [this, host, timeout] {
      fail("no answer from " + host + " within " + std::to_string(timeout / kNsPerMs) + " ms");
    });
    exchange_ = net::start_http(io, tls, std::move(call),
                                {{},
                                 [this](RestResponse response, std::unique_ptr<net::Stream>,
                                        const std::string&) { finish(std::move(response)); },
                                 [this](std::string error) { fail(std::move(error)); }});
  }

  void fail_soon(std::string error) {
    timer_.set(0, [this, error = std::move(error)] { fail(error); });
  }

 private:
  void fail(std::string error) {
    RestResponse response;
    response.error = std::move(error);
    finish(std::move(response));
  }

  void finish(RestResponse response) {
    timer_.cancel();
    const auto done = std::exchange(done_, {});
    const auto exchange = std::move(exchange_);
    if (done) done(std::move(response));
  }

  AsioTimer timer_;
  std::function<void(RestResponse)> done_;
  std::unique_ptr<net::HttpExchange> exchange_;
};

class AsioLoop final : public IoLoop {
 public:
  AsioLoop(const Clock& clock, const IoOptions& options)
      : clock_(clock),
        options_(options),
        io_(1),
        tls_(asio::ssl::context::tls_client),
        signals_(io_) {
    tls_.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                     asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 |
                     asio::ssl::context::no_tlsv1_1);
    std::random_device entropy;
    chance_.seed((static_cast<std::uint64_t>(entropy()) << 32U) | entropy());
  }

  Result<void> load_certificates() {
    boost::system::error_code error;
    if (options_.ca_file) {
      tls_.load_verify_file(*options_.ca_file, error);
      if (error)
        return Error{"tls.ca_file: cannot read certificates from " + *options_.ca_file + ": " +
                     error.message()};
    } else {
      tls_.set_default_verify_paths(error);
      if (error)
        return Error{"cannot load the system's certificates: " + error.message() +
                     "; set tls.ca_file"};
    }
    return {};
  }

  asio::io_context& context() { return io_; }

  const Clock& clock() const override { return clock_; }
  double uniform() override { return std::uniform_real_distribution<double>(0, 1)(chance_); }
  std::unique_ptr<Timer> make_timer() override { return std::make_unique<AsioTimer>(io_); }
  std::unique_ptr<Transport> make_transport(TransportEvents& events) override {
    return net::make_transport(io_, tls_, events);
  }

  std::unique_ptr<RestCall> fetch(const RestRequest& request, Ns timeout,
                                  std::function<void(RestResponse)> done) override {
    auto call = std::make_unique<AsioRestCall>(io_, std::move(done));
    auto url = parse_url(request.url);
    if (!url) {
      // Not from inside this call: the caller has no handle yet.
      call->fail_soon(url.error().message);
      return call;
    }
    net::HttpCall http;
    http.method = request.method;
    http.url = std::move(*url);
    http.headers = request.headers;
    http.headers.emplace_back("User-Agent", "tapedeck");
    http.headers.emplace_back("Accept", "application/json");
    http.body = request.body;
    http.body_bytes_max = options_.rest_body_bytes_max;
    call->start(io_, tls_, std::move(http), timeout);
    return call;
  }

  void run() override {
    const auto work = asio::make_work_guard(io_);
    io_.run();
  }
  void stop() override { io_.stop(); }
  void post(std::function<void()> task) override { asio::post(io_, std::move(task)); }

  void on_signal(std::function<void(int)> task) override {
    boost::system::error_code ignored;
    signals_.add(SIGINT, ignored);
    signals_.add(SIGTERM, ignored);
    signal_task_ = std::move(task);
    wait_for_signal();
  }

 private:
  void wait_for_signal() {
    signals_.async_wait([this](boost::system::error_code e, int signal) {
      if (e) return;
      signal_task_(signal);
      wait_for_signal();
    });
  }

  const Clock& clock_;
  IoOptions options_;
  asio::io_context io_;
  asio::ssl::context tls_;
  asio::signal_set signals_;
  std::function<void(int)> signal_task_;
  std::mt19937_64 chance_;
};

}  // namespace

asio::io_context& net::context_of(IoLoop& loop) {
  return static_cast<AsioLoop&>(loop).context();
}

Result<std::unique_ptr<IoLoop>> IoLoop::make(const Clock& clock, const IoOptions& options) {
  auto loop = std::make_unique<AsioLoop>(clock, options);
  if (auto loaded = loop->load_certificates(); !loaded) return loaded.error();
  return std::unique_ptr<IoLoop>(std::move(loop));
}

}  // namespace tapedeck
