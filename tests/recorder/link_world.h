// A link with a feed made for tests, in a world whose time and sockets the test plays.
#pragma once

#include <gtest/gtest.h>

#include "recorder/link.h"
#include "schema/ws/codec.h"
#include "tests/support/fake_environment.h"
#include "tests/support/fakes.h"

namespace tapedeck::testing {

using Lines = std::vector<std::string>;

// A feed made for these tests: stream `a` is ready at "ready a", `b` at "ready b"; "lost b" loses
// b; "die" and "retry" fail; "tick?" arms a timer that sends "tick"; every other text is data and
// becomes a feed_error row.
class ToyClient final : public Client {
 public:
  std::vector<std::string> streams() const override { return {"a", "b"}; }
  void on_start(ClientActions& actions) override {
    actions.connect({"ws://toy/?key=sesame-open", {}});
  }
  void on_open(ClientActions& actions) override { actions.send("hello sesame-open"); }
  Refusal on_refused(int status, std::string_view) override {
    if (status == 401) return {Failure::permanent, "bad key: set feeds.toy.api_key"};
    return {};
  }
  void on_frame(const InFrame& frame, const FrameTag&, ClientActions& actions) override {
    if (frame.payload == "ready a") actions.ready("a");
    if (frame.payload == "ready b") actions.ready("b");
    if (frame.payload == "lost a") actions.lost("a", GapCause::channel, "no such channel");
    if (frame.payload == "lost b") actions.lost("b", GapCause::channel, "no such channel");
    if (frame.payload == "die") actions.fail(Failure::permanent, "wrong tier");
    if (frame.payload == "retry") actions.fail(Failure::passing, "the service is sick");
    if (frame.payload == "tick?") actions.arm(7, 3 * kNsPerSec);
    if (frame.payload == "ask")
      actions.request({5, "login", "POST", "http://toy/login?p=sesame-open", {}, ""});
  }
  void on_timer(int timer, ClientActions& actions) override {
    actions.send("tick " + std::to_string(timer));
  }
  void on_response(const RestResponse& response, ClientActions& actions) override {
    actions.learn_secret("fresh-token");
    actions.send("answer " + std::to_string(response.tag) + " " + std::to_string(response.status));
  }
  Refusal on_closed(std::uint16_t code, std::string_view) override {
    if (code == 4401) return {Failure::permanent, "key revoked"};
    return {};
  }
};

class ToyPlan final : public FeedPlan {
 public:
  std::vector<std::string> endpoints() const override { return {"toy"}; }
  std::unique_ptr<Client> make_client(std::string_view, int) const override {
    return std::make_unique<ToyClient>();
  }
};

class ToyNormalizer final : public Normalizer {
 public:
  FrameTag classify(const InFrame&) const override { return {}; }
  void normalize(const InFrame& frame, RowSink& rows) override {
    if (frame.payload.starts_with("data")) rows.add(FeedError{{}, frame.payload}, std::nullopt);
  }
};

class LinkTest : public ::testing::Test {
 protected:
  LinkTest() {
    feed_.name = "toy";
    feed_.settings.reconnect = {1'000, 8'000, 500, 60'000};
    feed_.settings.timeouts = {10'000, 15'000, 60'000, 30'000};
    feed_.plan = std::make_unique<ToyPlan>();
    feed_.normalizer = std::make_unique<ToyNormalizer>();
    feed_.ledger = std::make_unique<GapLedger>("toy", world_.time.stamp.wall, journal_);
    secrets_.add("sesame-open");
    link_ = std::make_unique<Link>(
        world_, journal_, feed_, secrets_, "toy", 0,
        [this](Severity, std::string_view who, std::string_view what) {
          log_.push_back(std::string(who) + ": " + std::string(what));
        },
        [] {});
  }

  void become_ready() {
    link_->start();
    world_.last().open();
    world_.last().text("ready a");
    world_.last().text("ready b");
    ASSERT_EQ(link_->state(), Link::State::ready);
    world_.last().take();
  }
  void lose(const std::string& error = "reset by peer") { world_.last().end(error); }
  const ConnectionInfo& connection(std::int64_t id) { return journal_.connections.at(id); }
  Lines gaps() const {
    Lines out;
    for (const auto& [id, gap] : journal_.gaps) out.push_back(gap_line(gap));
    return out;
  }
  bool waits_for(std::int64_t ms) {  // no attempt before `ms`, one at `ms`
    const std::size_t made = world_.transports.size();
    world_.advance_ms(ms - 1);
    if (world_.transports.size() != made) return false;
    world_.advance_ms(1);
    return world_.transports.size() == made + 1;
  }

  FakeEnvironment world_;
  FakeJournal journal_;
  FeedContext feed_;
  Redactor secrets_;
  Lines log_;
  std::unique_ptr<Link> link_;
};

}  // namespace tapedeck::testing
