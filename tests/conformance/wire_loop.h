// A feed's client and its own service's session, connected in memory: no socket, no clock. Time
// moves to the next timer when nothing else is left to do.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/conformance/feed_cases.h"

namespace tapedeck::testing {

// The simulator's data, as of `upto` messages.
class SimulatedData final : public ServiceData {
 public:
  explicit SimulatedData(const Feed& feed) : simulator(feed.make_simulator(1)) {}

  Ns now_ns() const override { return sim_timeline(0).time_of(upto); }
  std::optional<SnapshotFrame> snapshot(std::string_view endpoint) override {
    auto payload = simulator->snapshot(endpoint, sim_timeline(upto));
    if (!payload) return std::nullopt;
    return SnapshotFrame{upto, std::move(*payload)};
  }
  std::vector<std::string> history(const Query& query) override {
    return simulator->history(query, sim_timeline(upto));
  }

  std::unique_ptr<Simulator> simulator;
  std::int64_t upto = 1'000;
};

class WireLoop {
 public:
  WireLoop(const Feed& feed, const FeedPlan& plan, std::string endpoint)
      : feed_(feed),
        endpoint_(std::move(endpoint)),
        client_(plan.make_client(endpoint_, 0)),
        normalizer_(feed.make_normalizer(1)),
        data_(feed) {}

  // Begins an attempt; whatever was under way ends.
  void start() {
    ++attempt_;
    events_.clear();
    timers_.clear();
    session_.reset();
    ready.clear();
    is_subscribed = false;
    client_->on_start(client_actions_);
    run(0);
  }
  void disconnect() {
    ++attempt_;
    events_.clear();
    timers_.clear();
    session_.reset();
    client_->on_closed(close_code::kGoingAway, "restart");
  }

  // Plays what is due within `duration`.
  void run(Ns duration) {
    const Ns end = now_ + duration;
    while (failures.empty() && steps_ < kStepsMax) {
      if (!events_.empty()) {
        const auto event = std::move(events_.front());
        events_.pop_front();
        ++steps_;
        event();
        continue;
      }
      const auto next =
          std::min_element(timers_.begin(), timers_.end(),
                           [](const auto& a, const auto& b) { return a.second < b.second; });
      if (next == timers_.end() || next->second > end) break;
      now_ = std::max(now_, next->second);
      const auto [is_session, id] = next->first;
      timers_.erase(next);
      ++steps_;
      if (!is_session) {
        client_->on_timer(id, client_actions_);
      } else if (session_) {
        session_->on_timer(id, session_actions_);
      }
    }
    if (steps_ >= kStepsMax) failures.emplace_back("client and service never come to rest");
    now_ = end;
    longest_silence = std::max(longest_silence, now_ - last_inbound_);
  }

  // A data frame is due at the service.
  void serve(std::int64_t id, std::string_view payload, Opcode opcode = Opcode::text) {
    const Inbound inbound(endpoint_, payload, now_, 0, opcode);
    serve_as(id, payload, opcode, normalizer_->classify(inbound.frame()));
  }
  void serve_as(std::int64_t id, std::string_view payload, Opcode opcode, const FrameTag& tag) {
    session_->on_data({id, endpoint_, opcode, payload, tag}, session_actions_);
    run(0);
  }

  Client& client() { return *client_; }
  ClientActions& client_actions() { return client_actions_; }
  Session* session() { return session_.get(); }
  SessionActions& session_actions() { return session_actions_; }
  const std::string& endpoint() const { return endpoint_; }
  SimulatedData& data() { return data_; }

  // What came of it.
  std::optional<ConnectRequest> connect;  // the last one
  HttpRequest upgrade;                    // what the service saw of it
  std::vector<std::string> asked;         // texts that the client sent and URLs that it requested
  std::vector<std::string> secrets{std::string(kSecret)};  // and those that were learned
  std::set<std::string> ready;
  bool is_subscribed = false;
  std::vector<std::string> said;       // texts of the service's own
  std::vector<std::string> forwarded;  // payloads, text and binary
  std::vector<std::string> failures;   // fail, lost, refusals, closes
  Ns longest_silence = 0;              // without any inbound frame at the client

 private:
  // More than any protocol needs for the minutes that a test plays.
  static constexpr int kStepsMax = 100'000;

  class FromClient final : public ClientActions {
   public:
    explicit FromClient(WireLoop& loop) : loop_(loop) {}
    void connect(ConnectRequest request) override { loop_.on_connect(std::move(request)); }
    void send(std::string_view text) override {
      loop_.asked.emplace_back(text);
      loop_.post([this, text = std::string(text)] {
        JsonDoc doc;
        doc.parse(text);
        if (loop_.session_) loop_.session_->on_message(text, doc, loop_.session_actions_);
      });
    }
    void arm(int timer, Ns after) override { loop_.arm(false, timer, after); }
    void request(RestRequest request) override { loop_.on_request(std::move(request)); }
    void learn_secret(std::string_view secret) override { loop_.secrets.emplace_back(secret); }
    void ready(std::string_view stream) override { loop_.ready.emplace(stream); }
    void refused(std::string_view stream, std::string_view why) override {
      loop_.failures.push_back("refused " + std::string(stream) + ": " + std::string(why));
    }
    void lost(std::string_view stream, GapCause /*cause*/, std::string_view why) override {
      loop_.failures.push_back("lost " + std::string(stream) + ": " + std::string(why));
    }
    void fail(Failure /*failure*/, std::string_view why) override {
      loop_.failures.push_back("fail: " + std::string(why));
    }

   private:
    WireLoop& loop_;
  };

  class FromSession final : public SessionActions {
   public:
    explicit FromSession(WireLoop& loop) : loop_(loop) {}
    void send(std::string_view text) override {
      loop_.said.emplace_back(text);
      loop_.deliver(text, Opcode::text);
    }
    void forward(const ServedFrame& frame) override {
      loop_.forwarded.emplace_back(frame.payload);
      loop_.deliver(frame.payload, frame.opcode);
    }
    void ping(std::string_view payload) override {
      loop_.post([this, payload = std::string(payload)] {
        loop_.note_inbound();
        if (loop_.session_) loop_.session_->on_pong(payload, loop_.session_actions_);
      });
    }
    void close(std::uint16_t code, std::string_view reason) override {
      loop_.failures.push_back("closed " + std::to_string(code) + ' ' + std::string(reason));
    }
    void arm(int timer, Ns after) override { loop_.arm(true, timer, after); }
    void subscribed(bool yes) override { loop_.is_subscribed = yes; }

   private:
    WireLoop& loop_;
  };

  void post(std::function<void()> event) { events_.push_back(std::move(event)); }

  void arm(bool is_session, int timer, Ns after) {
    if (after < 0) {
      timers_.erase({is_session, timer});
    } else {
      timers_[{is_session, timer}] = now_ + after;
    }
  }

  void note_inbound() {
    longest_silence = std::max(longest_silence, now_ - last_inbound_);
    last_inbound_ = now_;
  }

  void deliver(std::string_view payload, Opcode opcode) {
    post([this, payload = std::string(payload), opcode] {
      note_inbound();
      const Inbound inbound(endpoint_, payload, now_, 0, opcode);
      client_->on_frame(inbound.frame(), normalizer_->classify(inbound.frame()), client_actions_);
    });
  }

  void on_connect(ConnectRequest request) {
    connect = request;
    EXPECT_TRUE(request.url.starts_with(kWsUrl)) << request.url;
    upgrade = {"GET", parse_target(std::string_view(request.url).substr(kWsUrl.size())),
               request.headers, ""};
    post([this] {
      EXPECT_EQ(feed_.service().endpoint_of(upgrade.target.path), endpoint_);
      if (const auto reply = feed_.service().refuse(upgrade)) {
        failures.push_back("refused " + std::to_string(reply->status) + ' ' + reply->body);
        return;
      }
      last_inbound_ = now_;
      session_ = feed_.service().open_session(endpoint_, upgrade, data_);
      client_->on_open(client_actions_);
      session_->on_open(session_actions_);
    });
  }

  void on_request(RestRequest request) {
    EXPECT_TRUE(request.url.starts_with(kRestUrl)) << request.url;
    asked.push_back(request.url);
    post([this, request = std::move(request), attempt = attempt_] {
      if (attempt != attempt_) return;
      const HttpRequest http{request.method,
                             parse_target(std::string_view(request.url).substr(kRestUrl.size())),
                             request.headers, request.body};
      const auto reply = feed_.service().rest(http, data_);
      RestResponse response;
      response.tag = request.tag;
      response.status = reply ? reply->status : 404;
      if (reply) {
        response.headers = reply->headers;
        response.body = reply->body;
      }
      client_->on_response(response, client_actions_);
    });
  }

  const Feed& feed_;
  const std::string endpoint_;
  const std::unique_ptr<Client> client_;
  const std::unique_ptr<Normalizer> normalizer_;
  SimulatedData data_;
  std::unique_ptr<Session> session_;
  FromClient client_actions_{*this};
  FromSession session_actions_{*this};
  std::deque<std::function<void()>> events_;
  std::map<std::pair<bool, int>, Ns> timers_;  // of the session (true) and the client
  Ns now_ = kSimEpoch;
  Ns last_inbound_ = kSimEpoch;
  int attempt_ = 0;
  int steps_ = 0;
};

}  // namespace tapedeck::testing
