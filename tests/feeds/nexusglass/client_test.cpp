// NexusGlass's client: what happened → what it does.
#include <gtest/gtest.h>

#include "schema/feeds/nexusglass/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck {
namespace {

using testing::ActionLog;
using testing::config_error_of;
using testing::Inbound;
using testing::plan_of;
using testing::testdata;
using Lines = std::vector<std::string>;

const char* const kEndpoint = "ws/fastfeed";

// A client of one endpoint, driven as the link would drive it.
class NexusGlassClient : public ::testing::Test {
 protected:
  void start(const std::string& config = R"({"api_key":"KEY"})",
             const std::string& endpoint = kEndpoint) {
    endpoint_ = endpoint;
    plan_ = plan_of(nexusglass_feed(), config);
    ASSERT_NE(plan_, nullptr);
    client_ = plan_->make_client(endpoint, 0);
    client_->on_start(log_);
  }
  Lines open() {
    log_.take();
    client_->on_open(log_);
    return log_.take();
  }
  Lines frame(const std::string& payload, Opcode opcode = Opcode::text) {
    const Inbound inbound(endpoint_, payload, 1'000, 0, opcode);
    client_->on_frame(inbound.frame(), normalizer_->classify(inbound.frame()), log_);
    return log_.take();
  }

  std::string endpoint_;
  std::unique_ptr<FeedPlan> plan_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<Normalizer> normalizer_ = nexusglass_feed().make_normalizer(1);
  ActionLog log_;
};

TEST_F(NexusGlassClient, ConnectsToItsEndpointWithTokenAndFilters) {
  const struct {
    const char* config;
    const char* endpoint;
    const char* connect;
  } cases[] = {
      {R"({"api_key":"KEY"})", "ws", "connect ws://host/ws?token=KEY"},
      {R"({"api_key":"KEY"})", "ws/nexus-bridge", "connect ws://host/ws/nexus-bridge?token=KEY"},
      {R"({"api_key":"a+b/c= d"})", "ws/fastfeed",
       "connect ws://host/ws/fastfeed?token=a%2Bb%2Fc%3D%20d"},
      {R"({"api_key":"KEY","symbols":["BTCUSDT","ETHUSDT"]})", "ws/fastfeed",
       "connect ws://host/ws/fastfeed?token=KEY&symbols=BTCUSDT,ETHUSDT"},
      {R"({"api_key":"KEY","symbols":["BTC/USDT"],"events":["REGIME_SHIFT","A NEW&ONE"]})",
       "ws/fastfeed",
       "connect "
       "ws://host/ws/fastfeed?token=KEY&symbols=BTC%2FUSDT&events=REGIME_SHIFT,A%20NEW%26ONE"},
  };
  for (const auto& c : cases) {
    start(c.config, c.endpoint);
    EXPECT_EQ(log_.take(), Lines{c.connect});
    EXPECT_EQ(client_->streams(), Lines{c.endpoint});
  }
}

TEST_F(NexusGlassClient, IsReadyOnceByHandshakeOrByTheFirstData) {
  const std::string ready = std::string("ready ") + kEndpoint;
  start();
  EXPECT_EQ(open(), Lines{});
  EXPECT_EQ(frame(testdata("nexusglass", "handshake.json")), Lines{ready});
  EXPECT_EQ(frame(testdata("nexusglass", "handshake.json")), Lines{});
  EXPECT_EQ(frame(testdata("nexusglass", "event.json")), Lines{});

  start();
  open();
  EXPECT_EQ(frame(testdata("nexusglass", "event.json")), Lines{ready});
  EXPECT_EQ(frame(testdata("nexusglass", "handshake.json")), Lines{});

  start(R"({"api_key":"KEY"})", "ws");
  open();
  EXPECT_EQ(frame(testdata("nexusglass", "ticker.json")), Lines{"ready ws"});
}

TEST_F(NexusGlassClient, AnswersEveryPingAtOnceWithoutBecomingReadyByIt) {
  start();
  open();
  const Lines pong = {R"(send {"type":"PONG"})"};
  EXPECT_EQ(frame(testdata("nexusglass", "ping.json")), pong);
  EXPECT_EQ(frame(testdata("nexusglass", "ping.json")), pong);
  EXPECT_EQ(frame(testdata("nexusglass", "pong.json")), Lines{});
  EXPECT_EQ(frame(testdata("nexusglass", "handshake.json")), Lines{"ready ws/fastfeed"});
}

TEST_F(NexusGlassClient, GivesUpForGoodOnErrorsThatOnlyTheUserCanMend) {
  const std::string remedy =
      "): check feeds.nexusglass.api_key, and that its tier covers the endpoint ws/fastfeed";
  for (const bool is_ready : {false, true}) {
    for (const char* code :
         {"AUTH_FAILED", "INVALID_API_KEY", "UNAUTHORIZED", "FORBIDDEN", "TIER_REQUIRED"}) {
      start();
      open();
      if (is_ready) frame(testdata("nexusglass", "handshake.json"));
      const std::string message = R"({"type":"ERROR","payload":{"code":")" + std::string(code) +
                                  R"(","message":"Invalid or expired API key"}})";
      EXPECT_EQ(frame(message), Lines{"fail permanent: the service refused the credentials (" +
                                      std::string(code) + ": Invalid or expired API key" + remedy});
      EXPECT_EQ(frame(message), Lines{}) << "one failure an attempt";
    }
  }
  start();
  open();
  EXPECT_EQ(frame(testdata("nexusglass", "error.json")),
            Lines{"fail permanent: the service refused the credentials (AUTH_FAILED: Invalid or "
                  "expired API "
                  "key" +
                  remedy});
}

TEST_F(NexusGlassClient, RetriesOtherErrorsBeforeReadyAndBearsThemAfterwards) {
  const struct {
    const char* message;
    const char* why;
  } cases[] = {
      {R"({"type":"ERROR","payload":{"code":"RATE_LIMITED","message":"slow down"}})",
       "RATE_LIMITED: slow down"},
      {R"({"type":"ERROR","payload":{"message":"oops"}})", "oops"},
      {R"({"type":"ERROR","payload":{"code":503}})", "503"},
      {R"({"type":"ERROR","payload":"busy"})", "busy"},
      {R"({"type":"ERROR"})", "an error without code or message"},
  };
  for (const auto& c : cases) {
    start();
    open();
    EXPECT_EQ(frame(c.message), Lines{"fail passing: the service answered with an error (" +
                                      std::string(c.why) + ")"});
    start();
    open();
    frame(testdata("nexusglass", "handshake.json"));
    EXPECT_EQ(frame(c.message), Lines{});
  }
}

TEST_F(NexusGlassClient, JudgesARefusedUpgradeByItsStatus) {
  start();
  const struct {
    int status;
    std::string body;
    Failure failure;
    const char* why;
  } cases[] = {
      {401, testdata("nexusglass", "rest_error.json"), Failure::permanent,
       "the service refused the credentials (HTTP 401, AUTH_FAILED: Invalid or expired API key): "
       "check "
       "feeds.nexusglass.api_key, and that its tier covers the endpoint ws/fastfeed"},
      {403, "<html>", Failure::permanent,
       "the service refused the credentials (HTTP 403): check feeds.nexusglass.api_key, and that "
       "its tier "
       "covers the endpoint ws/fastfeed"},
      {429, testdata("nexusglass", "rest_error_rate_limit.json"), Failure::passing,
       "the service refused the connection (HTTP 429, RATE_LIMITED: Too many requests)"},
      {404, "", Failure::passing, "the service refused the connection (HTTP 404)"},
      {503, "", Failure::passing, "the service refused the connection (HTTP 503)"},
  };
  for (const auto& c : cases) {
    const auto refusal = client_->on_refused(c.status, c.body);
    EXPECT_EQ(refusal.failure, c.failure) << c.status;
    EXPECT_EQ(refusal.why, c.why);
  }
}

TEST_F(NexusGlassClient, JudgesACloseByItsCode) {
  start();
  const struct {
    std::uint16_t code;
    const char* reason;
    Failure failure;
    const char* why;
  } cases[] = {
      {1000, "bye", Failure::passing, "the service closed with 1000, bye"},
      {1001, "", Failure::passing, "the service closed with 1001"},
      {0, "", Failure::passing, "the service closed without a code"},
      {1008, "pong timeout", Failure::passing, "the service closed with 1008, pong timeout"},
      {4429, "", Failure::passing, "the service closed with 4429"},
      {4401, "bad key", Failure::permanent,
       "the service refused the credentials (closed with 4401, bad key): check "
       "feeds.nexusglass.api_key, and "
       "that its tier covers the endpoint ws/fastfeed"},
      {4403, "", Failure::permanent,
       "the service refused the credentials (closed with 4403): check feeds.nexusglass.api_key, "
       "and that its "
       "tier covers the endpoint ws/fastfeed"},
  };
  for (const auto& c : cases) {
    open();
    const auto refusal = client_->on_closed(c.code, c.reason);
    EXPECT_EQ(refusal.failure, c.failure) << c.code;
    EXPECT_EQ(refusal.why, c.why);
  }
}

TEST_F(NexusGlassClient, StartsEveryAttemptAnew) {
  start();
  open();
  frame(testdata("nexusglass", "handshake.json"));
  client_->on_closed(1006, "");
  client_->on_start(log_);
  EXPECT_EQ(log_.take(), Lines{"connect ws://host/ws/fastfeed?token=KEY"});
  EXPECT_EQ(open(), Lines{});
  EXPECT_EQ(frame(testdata("nexusglass", "handshake.json")), Lines{"ready ws/fastfeed"});

  frame(testdata("nexusglass", "error.json"));
  client_->on_start(log_);
  open();
  EXPECT_EQ(frame(testdata("nexusglass", "event.json")), Lines{"ready ws/fastfeed"});
}

TEST_F(NexusGlassClient, SendsPingsOfItsOwnOnlyWhenAsked) {
  start(R"({"api_key":"KEY","client_ping_ms":20000})");
  log_.take();
  client_->on_timer(1, log_);
  EXPECT_EQ(log_.take(), Lines{}) << "not open yet";
  EXPECT_EQ(open(), Lines{"arm 1 20000"});
  client_->on_timer(1, log_);
  EXPECT_EQ(log_.take(), (Lines{R"(send {"type":"PING"})", "arm 1 20000"}));
  client_->on_closed(1006, "");
  client_->on_timer(1, log_);
  EXPECT_EQ(log_.take(), Lines{});

  start(R"({"api_key":"KEY","client_ping_ms":null})");
  EXPECT_EQ(open(), Lines{});
}

TEST(NexusGlassConfig, HoldsAConnectionToEveryEndpointUnlessToldOtherwise) {
  const struct {
    const char* config;
    Lines endpoints;
  } cases[] = {
      {R"({"api_key":"K"})", {"ws", "ws/nexus-bridge", "ws/fastfeed"}},
      {R"({"api_key":"K","endpoints":["ws/fastfeed"]})", {"ws/fastfeed"}},
      {R"({"api_key":"K","endpoints":["ws/fastfeed","ws","ws"]})", {"ws/fastfeed", "ws"}},
  };
  for (const auto& c : cases) {
    const auto plan = plan_of(nexusglass_feed(), c.config);
    ASSERT_NE(plan, nullptr);
    EXPECT_EQ(plan->endpoints(), c.endpoints) << c.config;
  }
}

TEST(NexusGlassConfig, AcceptsWhatTheServiceMayAdd) {
  EXPECT_EQ(config_error_of(nexusglass_feed(),
                            R"({"api_key":"K","events":["BRAND_NEW_EVENT"],"symbols":["PEPEUSDT"],
                                "rest":{"events_path":"/v2/events","limit":1000,"settle_ms":0}})"),
            "");
}

TEST(NexusGlassConfig, NamesTheKeyAndTheRemedyInEveryError) {
  const struct {
    const char* config;
    std::vector<const char*> parts;
  } cases[] = {
      {R"({})", {"feeds.nexusglass.api_key"}},
      {R"({"api_key":""})", {"feeds.nexusglass.api_key"}},
      {R"({"api_key":"K","endpoints":["ws/fast"]})",
       {"feeds.nexusglass.endpoints", "\"ws/fast\"",
        "\"ws\", \"ws/nexus-bridge\", \"ws/fastfeed\""}},
      {R"({"api_key":"K","endpoints":[]})",
       {"feeds.nexusglass.endpoints", "\"ws\", \"ws/nexus-bridge\", \"ws/fastfeed\""}},
      {R"({"api_key":"K","symbols":["BTCUSDT,ETHUSDT"]})", {"feeds.nexusglass.symbols", "commas"}},
      {R"({"api_key":"K","events":[""]})", {"feeds.nexusglass.events", "empty"}},
      {R"({"api_key":"K","client_ping_ms":5})", {"feeds.nexusglass.client_ping_ms", "1000"}},
      {R"({"api_key":"K","rest":{"events_path":"events"}})",
       {"feeds.nexusglass.rest.events_path", "/api/v1/fastfeed/events"}},
      {R"({"api_key":"K","rest":{"limit":0}})", {"feeds.nexusglass.rest.limit", "1000"}},
      {R"({"api_key":"K","rest":{"settle_ms":-1}})", {"feeds.nexusglass.rest.settle_ms"}},
      {R"({"api_key":"K","rest":{"limits":5}})", {"feeds.nexusglass.rest.limits", "limit"}},
      {R"({"api_key":"K","simbols":[]})", {"feeds.nexusglass.simbols", "symbols"}},
  };
  for (const auto& c : cases) {
    const std::string error = config_error_of(nexusglass_feed(), c.config);
    for (const char* part : c.parts) {
      EXPECT_NE(error.find(part), std::string::npos) << c.config << "\n" << error;
    }
    EXPECT_NE(error, "") << c.config;
  }
}

TEST(NexusGlassFeed, HasTheDocumentedDefaults) {
  const Feed& feed = nexusglass_feed();
  const FeedDefaults& defaults = feed.defaults();
  EXPECT_EQ(feed.name(), "nexusglass");
  EXPECT_EQ(defaults.ws_url, "wss://nexusglass.live");
  EXPECT_EQ(defaults.rest_url, "https://nexusglass.live");
  EXPECT_EQ(defaults.reconnect.initial_ms, 1'000);
  EXPECT_EQ(defaults.reconnect.max_ms, 30'000);
  EXPECT_EQ(defaults.reconnect.jitter_ms, 500);
  EXPECT_EQ(defaults.reconnect.stable_ms, 60'000);
  EXPECT_EQ(defaults.timeouts.idle_ms, 75'000);
}

}  // namespace
}  // namespace tapedeck
