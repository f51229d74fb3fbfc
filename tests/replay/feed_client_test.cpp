// A feed's client: what its session asks for reaches the peer, in order, and nothing after the
// close.
#include "replay/feed_client.h"

#include <gtest/gtest.h>

#include "schema/feeds/registry.h"
#include "tests/replay/replay_fakes.h"

namespace tapedeck {
namespace {

using testing::FakePeer;
using testing::FakeServer;
using testing::ManualClock;
using Log = std::vector<std::string>;

// Says what it hears; obeys what a client's message says.
class EchoSession final : public Session {
 public:
  void on_open(SessionActions& actions) override { actions.send("hello"); }
  void on_message(std::string_view payload, const JsonDoc& doc, SessionActions& actions) override {
    if (payload == "\"subscribe\"") return actions.subscribed(true);
    if (payload == "\"unsubscribe\"") return actions.subscribed(false);
    if (payload == "\"arm\"") return actions.arm(3, 50 * kNsPerMs);
    if (payload == "\"disarm\"") return actions.arm(3, -1);
    if (payload == "\"ping\"") return actions.ping("p1");
    if (payload == "\"leave\"") {
      actions.close(4001, "as you wish");
      return actions.send("never");
    }
    actions.send((doc.root().exists() ? "json " : "other ") + std::string(payload));
  }
  void on_pong(std::string_view payload, SessionActions& actions) override {
    actions.send("pong " + std::string(payload));
  }
  void on_timer(int timer, SessionActions& actions) override {
    actions.send("timer " + std::to_string(timer));
    actions.arm(timer, 50 * kNsPerMs);
  }
  void on_data(const ServedFrame& frame, SessionActions& actions) override {
    if (frame.tag.symbol == "ETH") return;
    if (frame.tag.is_snapshot) {
      const std::string shorter(frame.payload.substr(0, 4));
      ServedFrame other = frame;
      other.payload = shorter;
      return actions.forward(other);
    }
    actions.forward(frame);
  }
};

class EchoService final : public Service {
 public:
  std::optional<std::string> endpoint_of(std::string_view path) const override {
    return std::string(path);
  }
  std::optional<HttpReply> refuse(const HttpRequest& /*request*/) const override {
    return std::nullopt;
  }
  std::unique_ptr<Session> open_session(std::string_view /*endpoint*/,
                                        const HttpRequest& /*request*/,
                                        ServiceData& /*data*/) const override {
    return std::make_unique<EchoSession>();
  }
  std::optional<HttpReply> rest(const HttpRequest& /*request*/,
                                ServiceData& /*data*/) const override {
    return std::nullopt;
  }
};

class EchoFeed final : public Feed {
 public:
  std::string_view name() const override { return "echo"; }
  const FeedDefaults& defaults() const override { return defaults_; }
  Result<std::unique_ptr<FeedPlan>> configure(ConfigReader& /*config*/,
                                              const LinkSettings& /*settings*/) const override {
    return Error{"not recorded"};
  }
  std::unique_ptr<Normalizer> make_normalizer(int /*connections*/) const override {
    return nullptr;
  }
  const FeedShapes& shapes() const override { return shapes_; }
  const Service& service() const override { return service_; }
  std::unique_ptr<Simulator> make_simulator(std::uint64_t /*seed*/) const override {
    return nullptr;
  }

 private:
  FeedDefaults defaults_;
  FeedShapes shapes_;
  EchoService service_;
};

class NoData final : public ServiceData {
 public:
  Ns now_ns() const override { return 0; }
  std::optional<SnapshotFrame> snapshot(std::string_view /*endpoint*/) override {
    return std::nullopt;
  }
  std::vector<std::string> history(const Query& /*query*/) override { return {}; }
};

class FeedClientTest : public ::testing::Test, public FeedHost {
 protected:
  void SetUp() override { client = make(); }
  std::unique_ptr<FeedClient> make() {
    return std::make_unique<FeedClient>(&endpoint, HttpRequest{}, data, *this, server);
  }
  void open() {
    client->on_open(peer);
    peer.take();
    hosted.clear();
  }
  void due(std::string_view payload, FrameTag tag = {}, bool is_duplicate = false) {
    const auto encoded = std::make_shared<std::string>();
    ws::append_frame(*encoded, Opcode::text, payload, nullptr);
    const SharedBytes shared = encoded;
    DueFrame frame;
    frame.endpoint = &endpoint;
    frame.encoded = *encoded;
    frame.shared = &shared;
    frame.served.payload = payload;
    frame.served.tag = tag;
    frame.is_duplicate = is_duplicate;
    client->on_due(frame);
  }

  void joined(FeedClient& c) override { hosted.push_back("joined " + std::to_string(c.id())); }
  void left(FeedClient& /*client*/) override { hosted.emplace_back("left"); }
  void subscription_changed(FeedClient& c) override {
    hosted.emplace_back(c.is_subscribed() ? "subscribed" : "unsubscribed");
  }
  void drained(FeedClient& /*client*/) override { hosted.emplace_back("drained"); }
  void catch_up() override { hosted.emplace_back("catch up"); }
  bool has_ended() const override { return ended; }
  std::size_t queue_bytes_max() const override { return 100; }
  Ns mono() const override { return clock.now().mono; }
  std::string slow_reason(const Endpoint& /*endpoint*/) const override { return "too slow"; }
  void observe(const FeedClient& /*client*/, Direction direction, Opcode opcode,
               std::string_view payload) override {
    seen.push_back(std::string(to_string(direction)) + " " +
                   std::to_string(static_cast<int>(opcode)) + " " + std::string(payload));
  }

  ManualClock clock;
  FakeServer server{clock};
  EchoFeed feed;
  Endpoint endpoint{"echo", "ws", &feed, true};
  NoData data;
  FakePeer peer;
  Log hosted;
  Log seen;
  bool ended = false;
  std::unique_ptr<FeedClient> client;
};

TEST_F(FeedClientTest, OpensAfterWhatIsDueAndLeavesOnce) {
  client->on_open(peer);
  EXPECT_EQ(hosted, (Log{"catch up", "joined 7"}));
  EXPECT_EQ(peer.take(), (Log{"text hello"}));
  client->on_closed();
  EXPECT_EQ(hosted.back(), "left");
}

TEST_F(FeedClientTest, MessagesReachTheSessionParsed) {
  open();
  client->on_message(Opcode::text, "{\"a\":1}");
  client->on_message(Opcode::text, "{broken");
  client->on_message(Opcode::binary, "{\"a\":1}");
  client->on_message(Opcode::ping, "answered already");
  client->on_message(Opcode::pong, "p1");
  EXPECT_EQ(peer.take(), (Log{"text json {\"a\":1}", "text other {broken", "text other {\"a\":1}",
                              "text pong p1"}));
  EXPECT_EQ(hosted.front(), "catch up") << "what is due comes before the client's words";
}

TEST_F(FeedClientTest, DataIsForwardedByteForByteAndOnlyWhatTheSessionWants) {
  open();
  FrameTag eth;
  eth.symbol = "ETH";
  FrameTag ack;
  ack.role = FrameRole::ack;
  FrameTag snapshot;
  snapshot.is_snapshot = true;
  due(R"({"n":1})");
  due(R"({"n":2})", eth);
  due(R"({"n":3})", ack);
  due(R"({"n":4})", {}, true);
  due(R"({"n":5})", snapshot);
  EXPECT_EQ(peer.take(), (Log{R"(text {"n":1})", R"(text {"n")"}));
  EXPECT_EQ(client->info().frames_sent, 2);
}

TEST_F(FeedClientTest, SubscriptionsAreTold) {
  open();
  EXPECT_FALSE(client->is_subscribed());
  client->on_message(Opcode::text, "\"subscribe\"");
  EXPECT_TRUE(client->is_subscribed());
  client->on_message(Opcode::text, "\"unsubscribe\"");
  EXPECT_EQ(hosted, (Log{"catch up", "subscribed", "catch up", "unsubscribed"}));
}

TEST_F(FeedClientTest, TimersRunOnTheLiveClock) {
  open();
  client->on_message(Opcode::text, "\"arm\"");
  server.advance(49 * kNsPerMs);
  EXPECT_EQ(peer.take(), Log{});
  server.advance(51 * kNsPerMs);
  EXPECT_EQ(peer.take(), (Log{"text timer 3", "text timer 3"}));
  client->on_message(Opcode::text, "\"disarm\"");
  server.advance(500 * kNsPerMs);
  EXPECT_EQ(peer.take(), Log{});
}

TEST_F(FeedClientTest, AfterAGoodbyeNothingIsSaidOrHeard) {
  open();
  client->on_message(Opcode::text, "\"subscribe\"");
  client->on_message(Opcode::text, "\"arm\"");
  client->on_message(Opcode::text, "\"leave\"");
  due("late");
  client->on_message(Opcode::text, "1");
  client->on_end();
  server.advance(500 * kNsPerMs);
  EXPECT_EQ(peer.take(), (Log{"close 4001 as you wish"}));
  EXPECT_FALSE(client->is_subscribed());
}

TEST_F(FeedClientTest, AClientTooSlowIsClosedInTheServicesWay) {
  open();
  peer.reads = false;
  due(std::string(80, 'x'));
  due(std::string(30, 'y'));
  due("z");
  EXPECT_EQ(peer.take(), (Log{"text " + std::string(80, 'x'), "text " + std::string(30, 'y'),
                              "close 1008 too slow"}));
}

TEST_F(FeedClientTest, WhoComesAfterTheEndIsToldSo) {
  ended = true;
  client->on_open(peer);
  EXPECT_EQ(peer.take(), (Log{"close 1000 end of tape"}));
}

TEST_F(FeedClientTest, EverythingThatPassesIsObservedInOrder) {
  client->on_open(peer);
  client->on_message(Opcode::text, "\"ping\"");
  client->on_message(Opcode::pong, "p1");
  due("data");
  EXPECT_EQ(seen, (Log{"out 1 hello", "in 1 \"ping\"", "out 9 p1", "in 10 p1", "out 1 pong p1",
                       "out 1 data"}));
}

TEST(Mount, TakesThePathApart) {
  const std::string name(all_feeds().front()->name());
  struct Case {
    std::string path;
    std::string below;
  };
  for (const Case& c :
       {Case{"/" + name + "/ws/x", "/ws/x"}, Case{"/" + name, "/"}, Case{"/" + name + "/", "/"}}) {
    HttpRequest request;
    request.target = parse_target(c.path + "?token=t");
    const auto mounted = find_mount(request);
    ASSERT_TRUE(mounted.has_value()) << c.path;
    EXPECT_EQ(mounted->feed->name(), name);
    EXPECT_EQ(mounted->request.target.path, c.below);
    EXPECT_EQ(mounted->request.target.get("token"), "t");
  }
  for (const std::string path : {"/", "", "/nobody/ws", "/tape"}) {
    HttpRequest request;
    request.target.path = path;
    EXPECT_FALSE(find_mount(request).has_value()) << path;
  }
}

}  // namespace
}  // namespace tapedeck
