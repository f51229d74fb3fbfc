// Alterscope's client and configuration: what happened → what it does.
#include <gtest/gtest.h>

#include "schema/feeds/alterscope/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck {
namespace {

using testing::ActionLog;
using testing::config_error_of;
using testing::Inbound;
using testing::plan_of;
using testing::testdata;
using Lines = std::vector<std::string>;

const char* const kEndpoint = "v2/ws/factors";
const char* const kRemedy =
    "): check feeds.alterscope.api_key, that the key has the scope read:yield:detail, and that its "
    "organisation is on the Analyst tier or higher";
const char* const kLimitRemedy = "): close other clients, or lower feeds.alterscope.connections";

// A client driven as the link would drive it.
class AlterscopeClient : public ::testing::Test {
 protected:
  Lines start(const std::string& config = R"({"api_key":"KEY","opportunities":["a","b"]})") {
    plan_ = plan_of(alterscope_feed(), config);
    if (plan_ == nullptr) return {};
    client_ = plan_->make_client(kEndpoint, 0);
    client_->on_start(log_);
    return log_.take();
  }
  Lines open() {
    client_->on_open(log_);
    return log_.take();
  }
  Lines frame(const std::string& payload) {
    const Inbound inbound(kEndpoint, payload);
    client_->on_frame(inbound.frame(), normalizer_->classify(inbound.frame()), log_);
    return log_.take();
  }

  std::unique_ptr<FeedPlan> plan_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<Normalizer> normalizer_ = alterscope_feed().make_normalizer(1);
  ActionLog log_;
};

TEST_F(AlterscopeClient, PutsItsSubscriptionIntoTheUrlAndItsKeyIntoTheHeader) {
  const struct {
    const char* config;
    const char* connect;
  } cases[] = {
      {R"({"api_key":"KEY","opportunities":["hyperliquid-btc-basis","aave-usdc-lending"],
           "categories":["liquidity","oracle"]})",
       "connect ws://host/v2/ws/factors?opportunities=hyperliquid-btc-basis,aave-usdc-lending"
       "&categories=liquidity,oracle&details=true [Authorization: Bearer KEY]"},
      {R"({"api_key":"KEY","opportunities":["a"]})",
       "connect ws://host/v2/ws/factors?opportunities=a&details=true [Authorization: Bearer KEY]"},
      {R"({"api_key":"KEY","opportunities":["a/b c&d","é"],"details":false,"alert_threshold":null})",
       "connect ws://host/v2/ws/factors?opportunities=a%2Fb%20c%26d,%C3%A9&details=false"
       " [Authorization: Bearer KEY]"},
      {R"({"api_key":"k+/=","auth":"query","opportunities":["a"],"alert_threshold":0.05})",
       "connect ws://host/v2/ws/factors?opportunities=a&alert_threshold=0.05&details=true"
       "&token=k%2B%2F%3D"},
      {R"({"api_key":"k+/=","auth":"bearer","opportunities":["a","a"],"alert_threshold":"0.0500"})",
       "connect ws://host/v2/ws/factors?opportunities=a&alert_threshold=0.0500&details=true"
       " [Authorization: Bearer k+/=]"},
      {R"({"api_key":"KEY","opportunities":["a"],"categories":["sentiment"],"alert_threshold":3})",
       "connect ws://host/v2/ws/factors?opportunities=a&categories=sentiment&alert_threshold=3"
       "&details=true [Authorization: Bearer KEY]"},
      {R"({"api_key":"KEY","opportunities":["a"],"alert_threshold":1e-28})",
       "connect ws://host/v2/ws/factors?opportunities=a&alert_threshold=1e-28&details=true"
       " [Authorization: Bearer KEY]"},
  };
  for (const auto& c : cases) EXPECT_EQ(start(c.config), Lines{c.connect}) << c.config;
}

TEST_F(AlterscopeClient, IsReadyForEveryOpportunityAtTheUpgrade) {
  start();
  EXPECT_EQ(client_->streams(), (Lines{"a", "b"}));
  EXPECT_EQ(plan_->endpoints(), Lines{kEndpoint});
  EXPECT_EQ(open(), (Lines{"ready a", "ready b"}));
}

TEST_F(AlterscopeClient, OnlyListens) {
  start();
  open();
  for (const char* file : {"factor_changed.json", "error.json", "error_typed.json"}) {
    EXPECT_EQ(frame(testdata("alterscope", file)), Lines{}) << file;
  }
  EXPECT_EQ(frame("not JSON"), Lines{});
  client_->on_timer(1, log_);
  client_->on_response({}, log_);
  EXPECT_EQ(log_.take(), Lines{});
}

TEST_F(AlterscopeClient, OpensTheSameUrlOnEveryAttempt) {
  const Lines first = start();
  EXPECT_EQ(open(), (Lines{"ready a", "ready b"}));
  client_->on_closed(1006, "");
  client_->on_start(log_);
  EXPECT_EQ(log_.take(), first);
  EXPECT_EQ(open(), (Lines{"ready a", "ready b"}));
}

TEST_F(AlterscopeClient, JudgesARefusedUpgradeByItsStatus) {
  start();
  const std::string credentials = "the service refused the credentials (HTTP ";
  const std::string limits =
      "the service has too many connections or requests of this key (HTTP 429";
  const struct {
    int status;
    std::string body;
    Failure failure;
    std::string why;
  } cases[] = {
      {401, "", Failure::permanent, credentials + "401" + kRemedy},
      {403, testdata("alterscope", "http_forbidden.json"), Failure::permanent,
       credentials + "403, forbidden, Analyst tier required" + kRemedy},
      {403, "<html>", Failure::permanent, credentials + "403" + kRemedy},
      {429, testdata("alterscope", "error.json"), Failure::passing,
       limits + ", rate_limited, Too many messages" + kLimitRemedy},
      {400, "[]", Failure::passing, "the service ended the connection (HTTP 400)"},
      {404, "", Failure::passing, "the service ended the connection (HTTP 404)"},
      {503, "", Failure::passing, "the service ended the connection (HTTP 503)"},
  };
  for (const auto& c : cases) {
    const auto refusal = client_->on_refused(c.status, c.body);
    EXPECT_EQ(refusal.failure, c.failure) << c.status;
    EXPECT_EQ(refusal.why, c.why);
  }
}

TEST_F(AlterscopeClient, JudgesACloseByItsCode) {
  start();
  open();
  const struct {
    std::uint16_t code;
    const char* reason;
    Failure failure;
    std::string why;
  } cases[] = {
      {4401, "invalid key", Failure::permanent,
       std::string("the service refused the credentials (closed with 4401, invalid key") + kRemedy},
      {4403, "", Failure::permanent,
       std::string("the service refused the credentials (closed with 4403") + kRemedy},
      {4429, "connection limit", Failure::passing,
       std::string("the service has too many connections or requests of this key (closed with "
                   "4429, connection limit") +
           kLimitRemedy},
      {1000, "", Failure::passing, "the service ended the connection (closed with 1000)"},
      {0, "", Failure::passing, "the service ended the connection (closed without a code)"},
      {1001, "restart", Failure::passing,
       "the service ended the connection (closed with 1001, restart)"},
      {1008, "slow client", Failure::passing,
       "the service ended the connection (closed with 1008, slow client)"},
      {4400, "", Failure::passing, "the service ended the connection (closed with 4400)"},
  };
  for (const auto& c : cases) {
    const auto refusal = client_->on_closed(c.code, c.reason);
    EXPECT_EQ(refusal.failure, c.failure) << c.code;
    EXPECT_EQ(refusal.why, c.why);
  }
}

TEST(AlterscopeConfig, AcceptsWhatTheServiceMayAdd) {
  for (
      const char* config : {
          R"({"api_key":"K","opportunities":["a"],"categories":["liquidity","oracle","governance","economic"]})",
          R"({"api_key":"K","opportunities":["a"],"categories":["sentiment","market"]})",
          R"({"api_key":"K","opportunities":["a"],"categories":[],"alert_threshold":-1.5e3})",
          R"({"api_key":"K","opportunities":["a"],"rest":{"factors_path":"/v3/{id}","limit":200}})",
      }) {
    EXPECT_EQ(config_error_of(alterscope_feed(), config), "") << config;
  }
}

TEST(AlterscopeConfig, NamesTheKeyAndTheRemedyInEveryError) {
  const struct {
    const char* config;
    std::vector<const char*> parts;
  } cases[] = {
      {R"({"opportunities":["a"]})", {"feeds.alterscope.api_key", "${ALTERSCOPE_API_KEY}"}},
      {R"({"api_key":"","opportunities":["a"]})", {"feeds.alterscope.api_key"}},
      {R"({"api_key":"K"})", {"feeds.alterscope.opportunities", "hyperliquid-btc-basis"}},
      {R"({"api_key":"K","opportunities":[]})", {"feeds.alterscope.opportunities", "at least one"}},
      {R"({"api_key":"K","opportunities":["a,b"]})", {"feeds.alterscope.opportunities", "commas"}},
      {R"({"api_key":"K","opportunities":[" "]})", {"feeds.alterscope.opportunities", "empty"}},
      {R"({"api_key":"K","opportunities":["a "]})", {"feeds.alterscope.opportunities", "blanks"}},
      {R"({"api_key":"K","opportunities":"a"})", {"feeds.alterscope.opportunities", "list"}},
      {R"({"api_key":"K","opportunities":["a"],"categories":["liquidty"]})",
       {"feeds.alterscope.categories", "\"liquidty\"", "did you mean \"liquidity\"?"}},
      {R"({"api_key":"K","opportunities":["a"],"categories":["Oracle"]})",
       {"feeds.alterscope.categories", "did you mean \"oracle\"?"}},
      {R"({"api_key":"K","opportunities":["a"],"categories":["economics"]})",
       {"feeds.alterscope.categories", "did you mean \"economic\"?"}},
      {R"({"api_key":"K","opportunities":["a"],"alert_threshold":"high"})",
       {"feeds.alterscope.alert_threshold", "null or a number"}},
      {R"({"api_key":"K","opportunities":["a"],"alert_threshold":" 1"})",
       {"feeds.alterscope.alert_threshold"}},
      {R"({"api_key":"K","opportunities":["a"],"alert_threshold":""})",
       {"feeds.alterscope.alert_threshold"}},
      {R"({"api_key":"K","opportunities":["a"],"alert_threshold":[1]})",
       {"feeds.alterscope.alert_threshold"}},
      {R"({"api_key":"K","opportunities":["a"],"details":"yes"})",
       {"feeds.alterscope.details", "true or false"}},
      {R"({"api_key":"K","opportunities":["a"],"auth":"header"})",
       {"feeds.alterscope.auth", "\"bearer\", \"query\""}},
      {R"({"api_key":"K","opportunities":["a"],"rest":{"factors_path":"factors/{id}"}})",
       {"feeds.alterscope.rest.factors_path", "/v2/yield/opportunities/{id}/factors"}},
      {R"({"api_key":"K","opportunities":["a"],"rest":{"factors_path":"/factors"}})",
       {"feeds.alterscope.rest.factors_path", "{id}"}},
      {R"({"api_key":"K","opportunities":["a"],"rest":{"limit":201}})",
       {"feeds.alterscope.rest.limit", "1 to 200"}},
      {R"({"api_key":"K","opportunities":["a"],"rest":{"page":1}})",
       {"feeds.alterscope.rest.page"}},
      {R"({"api_key":"K","oportunities":["a"],"opportunities":["a"]})",
       {"feeds.alterscope.oportunities", "opportunities"}},
  };
  for (const auto& c : cases) {
    const std::string error = config_error_of(alterscope_feed(), c.config);
    EXPECT_NE(error, "") << c.config;
    for (const char* part : c.parts) {
      EXPECT_NE(error.find(part), std::string::npos) << c.config << "\n" << error;
    }
  }
}

TEST(AlterscopeFeed, HasTheDocumentedDefaults) {
  const Feed& feed = alterscope_feed();
  const FeedDefaults& defaults = feed.defaults();
  EXPECT_EQ(feed.name(), "alterscope");
  EXPECT_EQ(defaults.ws_url, "wss://api.alterscope.org");
  EXPECT_EQ(defaults.rest_url, "https://api.alterscope.org");
  EXPECT_EQ(defaults.reconnect.initial_ms, 1'000);
  EXPECT_EQ(defaults.reconnect.max_ms, 30'000);
  EXPECT_EQ(defaults.reconnect.jitter_ms, 0);
  EXPECT_EQ(defaults.reconnect.stable_ms, 60'000);
  EXPECT_EQ(defaults.timeouts.idle_ms, 65'000);
}

}  // namespace
}  // namespace tapedeck
