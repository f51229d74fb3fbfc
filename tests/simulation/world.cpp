#include "tests/simulation/world.h"

#include <algorithm>
#include <ctime>

#include "tests/simulation/service.h"

namespace tapedeck::testing {
namespace {

class SimTimer final : public Timer {
 public:
  explicit SimTimer(World& world) : world_(world) {}
  ~SimTimer() override { cancel(); }
  void set(Ns after, std::function<void()> task) override {
    cancel();
    is_set_ = true;
    key_ = world_.post(after, [this, task = std::move(task)] {
      is_set_ = false;
      // The task may destroy this timer.
      const auto once = task;
      once();
    });
  }
  void cancel() override {
    if (std::exchange(is_set_, false)) world_.cancel(key_);
  }

 private:
  World& world_;
  World::Key key_;
  bool is_set_ = false;
};

class SimTransport final : public Transport {
 public:
  SimTransport(World& world, TransportEvents& events)
      : wire_(std::make_shared<Wire>(world, events)) {}
  ~SimTransport() override {
    wire_->forget();
    wire_->cut();
  }
  void connect(const ConnectRequest& request, std::size_t /*message_bytes_max*/) override {
    wire_->connect(request);
  }
  void send(Opcode opcode, std::string_view payload) override {
    wire_->from_client(opcode, payload);
  }
  void pause(bool /*yes*/) override {}  // SimJournal is never crowded
  void shutdown() override { wire_->end("", kNsPerMs); }
  void abort(std::string why) override { wire_->end(why, 0); }

 private:
  std::shared_ptr<Wire> wire_;
};

class SimCall final : public RestCall {
 public:
  explicit SimCall(World& world) : world_(world) {}
  ~SimCall() override { world_.cancel(key); }
  World::Key key;

 private:
  World& world_;
};

std::string http_date(std::time_t at) {
  std::tm utc{};
  ::gmtime_r(&at, &utc);
  char text[64];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

// A request without what turns its pages.
std::string page_key(const HttpRequest& request) {
  std::string key = request.method + request.target.path;
  for (const auto& [name, value] : request.target.query) {
    if (name != "after" && name != "after_trade_id" && name != "offset" && name != "limit")
      key += "&" + name + "=" + value;
  }
  return key;
}

// What a service that is in trouble answers, in all the forms that were seen. `given`: what it once
// answered to another page of the same.
void spoil(RestResponse& response, const RestResponse& given, Dice& dice, Ns wall) {
  response.headers.clear();
  switch (dice.between(0, 11)) {
    case 0:
      response = RestResponse{0, 0, {}, "", "timed out"};
      break;
    case 1:
      response.status = 429;
      response.body = "";
      break;
    case 2:
      response.status = 429;
      response.headers = {{"Retry-After", std::to_string(dice.between(0, 20))}};
      break;
    case 3:
      response.status = 429;
      response.headers = {{"Retry-After", std::to_string(wall / kNsPerSec + 5)}};
      break;
    case 4:
      response.status = 429;
      response.body = R"({"ok":false,"error":{"code":"RATE_LIMITED","retry_after":4}})";
      break;
    case 5:
      response.status = 503;
      response.body = "<html>Service Unavailable</html>";
      break;
    case 6:
      response.body = "<html>maintenance</html>";
      break;
    case 7:
      response.status = 429;
      response.headers = {{"Retry-After", http_date(wall / kNsPerSec + 5)}};
      break;
    case 8:
      response = RestResponse{response.tag, 0, {}, "", "the answer is larger than 67108864 bytes"};
      break;
    case 9:
      response = given;
      break;
    case 10:
      response.body.resize(response.body.size() / 2);
      break;
    default:
      response.status = 500;
      response.body = R"({"error":"oops"})";
      break;
  }
}

}  // namespace

World::World(std::uint64_t seed) : dice(seed), time_{1'800'000'000 * kNsPerSec, 5'000 * kNsPerSec} {
  begin_life();
}
World::~World() = default;

std::unique_ptr<Timer> World::make_timer() {
  return std::make_unique<SimTimer>(*this);
}

std::unique_ptr<Transport> World::make_transport(TransportEvents& events) {
  return std::make_unique<SimTransport>(*this, events);
}

World::Key World::post(Ns after, std::function<void()> task) {
  const Key key{mono() + std::max<Ns>(after, 0), ++order_};
  tasks_.emplace(key, std::move(task));
  return key;
}

void World::run_until(Ns until) {
  while (!tasks_.empty() && tasks_.begin()->first.first <= until) {
    auto node = tasks_.extract(tasks_.begin());
    time_.wall += node.key().first - time_.mono;
    time_.mono = node.key().first;
    node.mapped()();
  }
  time_.wall += until - time_.mono;
  time_.mono = until;
}

void World::add(SimService& service) {
  services_.push_back(&service);
}

SimService* World::service_of(const std::string& url, std::string& target) const {
  for (SimService* service : services_) {
    for (const std::string& base : {service->ws_url(), service->rest_url()}) {
      if (!url.starts_with(base)) continue;
      target = url.substr(base.size());
      if (!target.starts_with('/')) target.insert(0, "/");
      return service;
    }
  }
  return nullptr;
}

std::unique_ptr<RestCall> World::fetch(const RestRequest& request, Ns timeout,
                                       std::function<void(RestResponse)> done) {
  auto call = std::make_unique<SimCall>(*this);
  std::string target;
  SimService* const service = service_of(request.url, target);
  RestResponse response;
  response.tag = request.tag;
  if (service == nullptr || service->is_away()) {
    response.error = "connection refused";
  } else {
    HttpRequest asked;
    asked.method = request.method;
    asked.target = parse_target(target);
    asked.headers = request.headers;
    asked.body = request.body;
    const HttpReply reply = service->answer(asked, dice.chance(0.2) ? dice.ms(0, 1'500) : 0);
    response.status = reply.status;
    response.headers = reply.headers;
    response.body = reply.body;
    const RestResponse given = given_.try_emplace(page_key(asked), response).first->second;
    if (dice.chance(rest_trouble)) spoil(response, given, dice, wall());
    response.tag = request.tag;
  }
  const Ns after = response.error == "timed out" ? timeout : dice.ms(5, 400);
  call->key = post(after, [done = std::move(done), response] { done(response); });
  return call;
}

}  // namespace tapedeck::testing
