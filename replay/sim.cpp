#include "replay/sim.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "replay/faults.h"
#include "replay/feed_client.h"
#include "replay/listen.h"
#include "replay/sim_feed.h"
#include "schema/feeds/registry.h"

namespace tapedeck {

namespace {

constexpr Ns kNsPerDay = 86'400 * kNsPerSec;
constexpr Ns kTurnEvery = kNsPerMs;  // what happens within it goes out in one turn
constexpr std::size_t kTurnBytes = std::size_t{1} << 20U;

class SimImpl final : public SimServer, private WebHandler, private FeedHost {
 public:
  explicit SimImpl(const SimOptions& options) : options_(options), anchor_(clock_.now()) {
    const Ns midnight = anchor_.wall - anchor_.wall % kNsPerDay;
    for (const Feed* feed : all_feeds()) {
      feeds_.try_emplace(std::string(feed->name()), *feed, options.seed,
                         options.epoch_ns.value_or(midnight), options.rate, endpoints_);
    }
  }
  ~SimImpl() override {
    timer_.reset();
    fault_timers_.clear();
    server_.reset();
  }
  SimImpl(const SimImpl&) = delete;
  SimImpl& operator=(const SimImpl&) = delete;

  Result<void> open() {
    if (!options_.faults.empty()) {
      auto plan = parse_faults(options_.faults, anchor_.wall, options_.seed);
      if (!plan) return Error{"--faults: " + plan.error().message};
      faults_ = std::make_unique<Faults>(std::move(*plan));
    }
    auto server = make_server(options_.server, *this);
    if (!server) return server.error();
    server_ = std::move(*server);
    timer_ = server_->make_timer();
    arm_faults();
    // Before anybody is told that the server listens: who was told may well signal it at once.
    server_->on_signal([this] { say_goodbye(); });
    return {};
  }

  Result<void> run() override {
    server_->run();
    return {};
  }
  void stop() override {
    server_->post([this] { say_goodbye(); });
  }
  std::uint16_t port() const override { return server_->port(); }
  std::string url() const override { return server_->url(); }
  std::string summary() const override;

 private:
  // WebHandler
  void on_request(const HttpRequest& request, Answer answer) override { answer(reply_to(request)); }
  Upgrade on_upgrade(const HttpRequest& request) override;

  // FeedHost
  void joined(FeedClient& client) override {
    feed_of(client).audience().join(client);
    schedule();
  }
  void left(FeedClient& client) override { feed_of(client).audience().leave(client); }
  void subscription_changed(FeedClient& /*client*/) override {}
  void drained(FeedClient& /*client*/) override {}
  void catch_up() override { advance(); }
  bool has_ended() const override { return false; }
  std::size_t queue_bytes_max() const override { return options_.client_queue_bytes_max; }
  Faults* faults() override { return faults_.get(); }
  Ns mono() const override { return clock_.now().mono; }
  std::string slow_reason(const Endpoint& endpoint) const override {
    return endpoint.description->service().slow_reason();
  }
  void observe(const FeedClient& client, Direction direction, Opcode opcode,
               std::string_view payload) override {
    if (!options_.on_frame) return;
    const Endpoint& endpoint = *client.endpoint();
    options_.on_frame(client.id(), endpoint.feed, endpoint.name, direction, opcode, payload);
  }

  HttpReply reply_to(const HttpRequest& request);
  SimFeed& feed_of(const FeedClient& client) { return feeds_.at(client.endpoint()->feed); }
  // Wall time as it would go on without steps since the start.
  Ns now() const { return anchor_.wall + (clock_.now().mono - anchor_.mono); }
  void arm_faults();
  void say_goodbye();
  bool advance();
  void turn();
  void schedule();

  const SimOptions options_;
  const SystemClock clock_;
  const Stamp anchor_;
  EndpointTable endpoints_;
  std::map<std::string, SimFeed, std::less<>> feeds_;
  std::unique_ptr<Faults> faults_;  // nullptr without --faults
  std::unique_ptr<Server> server_;
  std::unique_ptr<Server::Timer> timer_;
  std::vector<std::unique_ptr<Server::Timer>> fault_timers_;
  bool is_advancing_ = false;
};

// Those of a moment that is past have had theirs.
void SimImpl::arm_faults() {
  if (!faults_) return;
  for (const FaultRule& rule : faults_->plan().rules) {
    if (!rule.at_ns || *rule.at_ns < anchor_.wall) continue;
    fault_timers_.push_back(server_->make_timer());
    fault_timers_.back()->set(anchor_.mono + (*rule.at_ns - anchor_.wall), [this, &rule] {
      advance();
      faults_->strike(rule);
    });
  }
}

// The clients first: nothing is made any more that could not be sent.
void SimImpl::say_goodbye() {
  for (auto& [name, feed] : feeds_) feed.audience().close_all(close_code::kGoingAway, "");
  server_->stop();
}

// True when all that has happened is sent.
bool SimImpl::advance() {
  if (is_advancing_) return true;
  is_advancing_ = true;
  const Ns present = now();
  bool is_all = true;
  for (auto& [name, feed] : feeds_) is_all = feed.advance(present, kTurnBytes) && is_all;
  is_advancing_ = false;
  return is_all;
}

void SimImpl::turn() {
  if (advance()) return schedule();
  timer_->set(mono(), [this] { turn(); });  // others come first
}

void SimImpl::schedule() {
  std::optional<Ns> next;
  for (const auto& [name, feed] : feeds_) {
    const auto due = feed.next_ns();
    if (due && (!next || *due < *next)) next = due;
  }
  if (!next) return timer_->cancel();
  const Ns due_mono = anchor_.mono + (*next - anchor_.wall);
  timer_->set(std::max(due_mono, mono() + kTurnEvery), [this] { turn(); });
}

HttpReply SimImpl::reply_to(const HttpRequest& request) {
  const auto mounted = find_mount(request);
  if (mounted) {
    const Service& service = mounted->feed->service();
    advance();
    SimFeed& feed = feeds_.at(std::string(mounted->feed->name()));
    if (auto reply = service.rest(mounted->request, feed)) return std::move(*reply);
    if (service.endpoint_of(mounted->request.target.path))
      return error_reply(426, request.target.path + " speaks WebSocket");
  }
  return error_reply(404, request.target.path + ": no such path");
}

WebHandler::Upgrade SimImpl::on_upgrade(const HttpRequest& request) {
  const auto mounted = find_mount(request);
  if (!mounted) return error_reply(404, request.target.path + ": no such path");
  const Service& service = mounted->feed->service();
  const auto endpoint = service.endpoint_of(mounted->request.target.path);
  if (!endpoint) return error_reply(404, request.target.path + ": no such path");
  if (auto refusal = service.refuse(mounted->request)) return std::move(*refusal);
  const std::string_view name = mounted->feed->name();
  FeedHost& host = *this;
  return std::make_unique<FeedClient>(endpoints_.intern(name, *endpoint), mounted->request,
                                      feeds_.at(std::string(name)), host, *server_);
}

std::string SimImpl::summary() const {
  std::int64_t made = 0;
  std::int64_t sent = 0;
  for (const auto& [name, feed] : feeds_) {
    made += feed.messages_made();
    sent += feed.frames_sent();
  }
  const std::string faults = faults_ ? faults_->text() : "";
  return "made " + std::to_string(made) + " messages, sent " + std::to_string(sent) +
         " to clients" + (faults.empty() ? "" : "; faults: " + faults);
}

}  // namespace

Result<std::unique_ptr<SimServer>> make_sim(const SimOptions& options) {
  if (!std::isfinite(options.rate) || options.rate <= 0 || options.rate > 1e6)
    return Error{"--rate must be a number of messages per second, more than 0 and at most 1000000"};
  if (auto checked = check_access(options.server); !checked) return checked.error();
  auto sim = std::make_unique<SimImpl>(options);
  if (auto opened = sim->open(); !opened) return opened.error();
  return std::unique_ptr<SimServer>(std::move(sim));
}

}  // namespace tapedeck
