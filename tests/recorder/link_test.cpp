#include "recorder/link.h"

#include <gtest/gtest.h>

#include "schema/ws/codec.h"
#include "tests/support/fake_environment.h"
#include "tests/support/fakes.h"

namespace tapedeck {
namespace {

using testing::FakeEnvironment;
using testing::FakeJournal;
using testing::gap_line;
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

TEST_F(LinkTest, WritesDownAConnectionsWholeLife) {
  link_->start();
  EXPECT_EQ(world_.last().take(), Lines{"connect ws://toy/?key=sesame-open"});
  EXPECT_EQ(connection(1).url, "ws://toy/?key=***");
  EXPECT_EQ(connection(1).attempt, 1);
  EXPECT_FALSE(connection(1).opened_ns);
  world_.advance_ms(100);
  world_.last().open();
  EXPECT_EQ(connection(1).opened_ns, world_.time.stamp.wall);
  world_.last().text("ready a");
  EXPECT_FALSE(connection(1).ready_ns);
  world_.advance_ms(50);
  world_.last().text("ready b");
  EXPECT_EQ(connection(1).ready_ns, world_.time.stamp.wall);
  world_.last().text("data 1");
  link_->stop();
  world_.last().close(1000, "");
  world_.last().end();
  EXPECT_EQ(link_->state(), Link::State::stopped);
  EXPECT_EQ(connection(1).closed_by, ClosedBy::client);
  EXPECT_EQ(connection(1).close_code, 1000);
  EXPECT_EQ(connection(1).error, std::nullopt);
  const std::string close = ws::close_payload(1000, "");
  EXPECT_EQ(journal_.frames, (Lines{"out 1 hello ***", "in 1 ready a", "in 1 ready b",
                                    "in 1 data 1", "out 8 " + close, "in 8 " + close}));
  EXPECT_EQ(journal_.rows, Lines{"feed_error live message=data 1"});
  EXPECT_EQ(gaps(), Lines{});
}

TEST_F(LinkTest, AnswersPingsWithTheirOwnPayloadAndWritesBothDown) {
  become_ready();
  journal_.frames.clear();
  world_.last().events->on_message(Opcode::ping, "abc", true);
  EXPECT_EQ(world_.last().take(), Lines{"pong abc"});
  EXPECT_EQ(journal_.frames, (Lines{"in 9 abc", "out 10 abc"}));
}

TEST_F(LinkTest, ALossIsAGapFromTheLastFrameUntilReadyAgain) {
  become_ready();
  world_.advance_ms(250);
  world_.last().text("data");
  world_.advance_ms(500);
  lose();
  EXPECT_EQ(connection(1).closed_by, ClosedBy::network);
  EXPECT_EQ(connection(1).close_code, std::nullopt);
  EXPECT_EQ(connection(1).error, "reset by peer");
  EXPECT_EQ(gaps(), (Lines{"disconnect a 1000+250ms.. reset by peer",
                           "disconnect b 1000+250ms.. reset by peer"}));
  world_.advance_ms(1'000);
  world_.last().open();
  world_.last().text("ready b");
  EXPECT_EQ(gaps()[0], "disconnect a 1000+250ms.. reset by peer");
  EXPECT_EQ(gaps()[1], "disconnect b 1000+250ms..1001+750ms reset by peer");
  EXPECT_EQ(connection(2).attempt, 2);
}

TEST_F(LinkTest, BacksOffDoublingUpToTheCap) {
  link_->start();
  for (const int ms : {1'000, 2'000, 4'000, 8'000, 8'000}) {
    lose("cannot connect");
    EXPECT_TRUE(waits_for(ms)) << ms;
  }
}

TEST_F(LinkTest, JitterMovesTheWaitBothWays) {
  link_->start();
  world_.chance = 0;
  lose();
  EXPECT_TRUE(waits_for(500));
  world_.chance = 0.75;
  lose();
  EXPECT_TRUE(waits_for(2'250));
}

TEST_F(LinkTest, BackOffStartsAnewOnlyAfterAStableConnection) {
  become_ready();
  lose();
  EXPECT_TRUE(waits_for(1'000));
  world_.last().open();
  world_.last().text("ready a");
  world_.last().text("ready b");
  for (int i = 0; i < 59; ++i) {
    world_.advance_ms(1'000);
    world_.last().text("data");
  }
  lose();  // 59 s: not stable yet
  EXPECT_TRUE(waits_for(2'000));
  world_.last().open();
  world_.last().text("ready a");
  world_.last().text("ready b");
  for (int i = 0; i < 60; ++i) {
    world_.advance_ms(1'000);
    world_.last().text("data");
  }
  lose();
  EXPECT_TRUE(waits_for(1'000));
  EXPECT_EQ(connection(4).attempt, 1);
}

TEST_F(LinkTest, APermanentRefusalStopsForGoodWithTheRemedy) {
  link_->start();
  RestResponse refused;
  refused.status = 401;
  world_.last().events->on_phase("upgrade");
  world_.last().events->on_refused(refused);
  lose("the upgrade was refused with HTTP 401");
  EXPECT_EQ(link_->state(), Link::State::given_up);
  EXPECT_EQ(connection(1).error, "bad key: set feeds.toy.api_key");
  EXPECT_EQ(log_.back(), "toy/toy: stopped: bad key: set feeds.toy.api_key");
  EXPECT_EQ(gaps()[0], "disconnect a 1000+0ms.. bad key: set feeds.toy.api_key");
  world_.advance_ms(600'000);
  EXPECT_EQ(world_.transports.size(), 1U);
}

TEST_F(LinkTest, ARefusalWithRetryAfterWaitsThatLong) {
  link_->start();
  RestResponse refused;
  refused.status = 429;
  refused.headers = {{"Retry-After", "20"}};
  world_.last().events->on_refused(refused);
  lose();
  EXPECT_TRUE(waits_for(20'000));
}

TEST_F(LinkTest, TheServersCloseIsEchoedAndKept) {
  become_ready();
  world_.last().close(1012, "restart");
  EXPECT_EQ(world_.last().take(), (Lines{"close 1012 restart", "shutdown"}));
  EXPECT_EQ(connection(1).closed_by, ClosedBy::server);
  EXPECT_EQ(connection(1).close_code, 1012);
  EXPECT_EQ(connection(1).close_reason, "restart");
  world_.last().end();
  EXPECT_EQ(link_->state(), Link::State::waiting);
  EXPECT_EQ(gaps()[0], "disconnect a 1000+0ms.. the server closed with 1012 restart");
}

TEST_F(LinkTest, AClosingServerThatLingersIsCutOff) {
  become_ready();
  world_.last().close(1001, "");
  world_.last().take();
  world_.advance_ms(2'000);
  EXPECT_EQ(link_->state(), Link::State::waiting);
}

TEST_F(LinkTest, ACloseCodeThatIsPermanentStops) {
  become_ready();
  world_.last().close(4401, "auth");
  world_.last().end();
  EXPECT_EQ(link_->state(), Link::State::given_up);
  EXPECT_EQ(link_->why(), "key revoked");
}

TEST_F(LinkTest, EachPhaseOfConnectingHasItsTimeAndItsName) {
  for (const char* phase : {"name lookup", "TCP connect", "TLS handshake", "upgrade"}) {
    SCOPED_TRACE(phase);
    const auto before = static_cast<std::int64_t>(world_.transports.size());
    if (before == 0) link_->start();
    const auto id = static_cast<std::int64_t>(world_.transports.size());
    world_.last().events->on_phase(phase);
    world_.advance_ms(9'999);
    EXPECT_EQ(connection(id).error, std::nullopt);
    world_.advance_ms(1);
    EXPECT_EQ(connection(id).error, std::string(phase) + " took longer than 10 s");
    world_.advance_ms(8'000);
  }
}

TEST_F(LinkTest, AConnectionThatDoesNotBecomeReadyIsTriedAgainAndSaysWhatIsMissing) {
  link_->start();
  world_.last().open();
  world_.last().text("ready a");
  world_.advance_ms(15'000);
  EXPECT_EQ(connection(1).error, "not ready 15 s after the upgrade, waiting for: b");
  EXPECT_EQ(connection(1).closed_by, ClosedBy::client);
}

TEST_F(LinkTest, SilenceEndsTheConnectionButAnyFrameIsLife) {
  become_ready();
  for (int i = 0; i < 10; ++i) {
    world_.advance_ms(50'000);
    world_.last().events->on_message(Opcode::ping, "", true);
  }
  EXPECT_EQ(link_->state(), Link::State::ready);
  world_.advance_ms(60'000);
  EXPECT_EQ(link_->state(), Link::State::closing);
  EXPECT_EQ(connection(1).error, "nothing was received for 60 s");
  world_.advance_ms(2'000);  // nobody answers the goodbye either
  EXPECT_EQ(link_->state(), Link::State::waiting);
}

TEST_F(LinkTest, AStreamThatIsLostAloneIsAGapWhileTheConnectionLives) {
  link_->start();
  world_.last().open();
  world_.last().text("ready a");
  world_.last().text("lost b");
  EXPECT_EQ(link_->state(), Link::State::ready);
  EXPECT_EQ(gaps(), Lines{"channel b 1000+0ms.. no such channel"});
  world_.last().text("ready b");
  EXPECT_EQ(gaps(), Lines{"channel b 1000+0ms..1000+0ms no such channel"});
}

TEST_F(LinkTest, AConnectionWhoseEveryStreamWasRefusedIsTriedAgain) {
  link_->start();
  world_.last().open();
  world_.last().text("lost b");
  world_.last().text("lost a");
  EXPECT_EQ(link_->state(), Link::State::closing);
  EXPECT_EQ(connection(1).error, "the service refused every stream");
  EXPECT_FALSE(link_->was_ever_ready());
}

TEST_F(LinkTest, AClientThatGivesUpForGoodStopsTheLink) {
  become_ready();
  world_.last().text("die");
  EXPECT_EQ(world_.last().take(), Lines{"close 1000"});
  world_.last().close(1000, "");
  world_.last().end();
  EXPECT_EQ(link_->state(), Link::State::given_up);
  EXPECT_EQ(link_->why(), "wrong tier");
}

TEST_F(LinkTest, TimersOfTheClientEndWithTheConnection) {
  become_ready();
  world_.last().text("tick?");
  world_.advance_ms(3'000);
  EXPECT_EQ(world_.last().take(), Lines{"text tick 7"});
  world_.last().text("tick?");
  lose();
  world_.advance_ms(1'000);
  world_.last().open();
  world_.last().take();
  world_.advance_ms(4'000);
  EXPECT_EQ(world_.last().take(), Lines{});
}

TEST_F(LinkTest, RestExchangesAreWrittenDownRedacted) {
  become_ready();
  world_.last().text("ask");
  ASSERT_EQ(world_.calls.size(), 1U);
  RestResponse response;
  response.status = 200;
  response.body = R"({"echo":"sesame-open","token":"fresh-token"})";
  world_.calls[0].done(response);
  EXPECT_EQ(world_.last().take(), Lines{"text answer 5 200"});
  const RequestInfo& request = journal_.requests.at(1);
  EXPECT_EQ(request.url, "http://toy/login?p=***");
  EXPECT_EQ(request.body, R"({"echo":"***","token":"***"})");
  EXPECT_EQ(request.status, 200);
  EXPECT_EQ(request.purpose, "login");
}

TEST_F(LinkTest, ARestExchangeThatIsGivenUpIsWrittenDownAsWell) {
  become_ready();
  world_.last().text("ask");
  lose();
  EXPECT_EQ(journal_.requests.at(1).error, "given up: the connection that asked ended");
  EXPECT_EQ(journal_.requests.at(1).status, std::nullopt);
}

TEST_F(LinkTest, ASecretThatComesBackIsRedactedInItsFrameAlone) {
  become_ready();
  journal_.frames.clear();
  world_.last().text(R"(data {"echo":"sesame-open"})");
  world_.last().text("data two");
  EXPECT_EQ(journal_.frames, (Lines{R"(in 1 data {"echo":"***"})", "in 1 data two"}));
  EXPECT_EQ(connection(1).error, "the service sent a secret back; it is redacted in its frame");
}

TEST_F(LinkTest, FramesThatFindNoRoomAreAnOverloadGap) {
  become_ready();
  world_.last().text("data 1");
  journal_.full = true;
  world_.advance_ms(10);
  world_.last().text("data 2");
  world_.last().text("data 3");
  journal_.full = false;
  world_.advance_ms(10);
  world_.last().text("data 4");
  EXPECT_EQ(journal_.rows,
            (Lines{"feed_error live message=data 1", "feed_error live message=data 4"}));
  EXPECT_EQ(gaps()[0],
            "overload a 1000+0ms..1000+20ms the queue towards the tape was full: 2 frames, 12 "
            "bytes not kept");
}

TEST_F(LinkTest, TextThatIsNotUtf8IsKeptAndTheConnectionFailedWith1007) {
  become_ready();
  journal_.frames.clear();
  world_.last().events->on_message(Opcode::text, "data \xff", false);
  EXPECT_EQ(journal_.frames[0], "in 1 data \xff");
  EXPECT_EQ(world_.last().take(), Lines{"close 1007 invalid UTF-8"});
}

TEST_F(LinkTest, APeerThatBreaksTheProtocolIsToldSoAndAFeedErrorSaysIt) {
  become_ready();
  world_.last().events->on_protocol_error({"a message is over the limit", 1009});
  EXPECT_EQ(world_.last().take(), (Lines{"close 1009 a message is over the limit", "shutdown"}));
  EXPECT_EQ(journal_.rows,
            Lines{"feed_error live code=PROTOCOL_ERROR message=a message is over the limit"});
  world_.last().end();
  EXPECT_EQ(link_->state(), Link::State::waiting);
}

TEST_F(LinkTest, StoppingWhileWaitingOrConnectingEndsAtOnce) {
  link_->start();
  lose("cannot connect");
  link_->stop();
  EXPECT_EQ(link_->state(), Link::State::stopped);
  world_.advance_ms(60'000);
  EXPECT_EQ(world_.transports.size(), 1U);
}

TEST_F(LinkTest, StoppingDuringAnAttemptDropsItWithoutAGap) {
  link_->start();
  link_->stop();
  world_.settle();
  EXPECT_EQ(link_->state(), Link::State::stopped);
  EXPECT_EQ(gaps(), Lines{});
}

}  // namespace
}  // namespace tapedeck
