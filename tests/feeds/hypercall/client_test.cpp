// What happened → what to do, as tables.
#include <gtest/gtest.h>

#include <memory>

#include "schema/feeds/hypercall/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck::testing {
namespace {

using Actions = std::vector<std::string>;

// A client of one configuration, together with the normalizer that classifies for it.
class Driven {
 public:
  explicit Driven(const std::string& config)
      : plan_(plan_of(hypercall_feed(), config)),
        client_(plan_->make_client("ws", 0)),
        normalizer_(hypercall_feed().make_normalizer(1)) {}

  Actions start() {
    client_->on_start(log_);
    return log_.take();
  }
  Actions open() {
    client_->on_open(log_);
    return log_.take();
  }
  Actions receive(std::string_view text) {
    const Inbound inbound("ws", text);
    client_->on_frame(inbound.frame(), normalizer_->classify(inbound.frame()), log_);
    return log_.take();
  }
  Actions subscribed(const std::string& channel) {
    return receive(R"({"type":"Subscribed","channel":")" + channel + R"("})");
  }
  Actions error(const std::string& message) {
    return receive(R"({"type":"Error","message":")" + message + R"("})");
  }
  Client& client() { return *client_; }

 private:
  std::unique_ptr<FeedPlan> plan_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<Normalizer> normalizer_;
  ActionLog log_;
};

std::string subscribe(const std::string& channel, const std::string& more = "") {
  return R"(send {"type":"Subscribe","channel":")" + channel + "\"" + more + "}";
}

TEST(HypercallClient, SubscribesAtOnceWithoutAWallet) {
  Driven driven(R"({"channels":["orderbook","candles:BTC:1h"]})");
  EXPECT_EQ(driven.client().streams(), (Actions{"orderbook", "candles:BTC:1h"}));
  EXPECT_EQ(driven.start(), Actions{"connect ws://host/ws"});
  EXPECT_EQ(driven.open(), (Actions{subscribe("orderbook"), subscribe("candles:BTC:1h")}));
  EXPECT_EQ(driven.subscribed("candles:BTC:1h"), Actions{"ready candles:BTC:1h"});
  EXPECT_EQ(driven.subscribed("orderbook"), Actions{"ready orderbook"});
}

TEST(HypercallClient, IdentifiesItsWalletFirst) {
  Driven driven(
      R"({"wallet":"0x1234","channels":["orderbook",{"channel":"fills","symbols":["BTC","ETH"]}]})");
  driven.start();
  EXPECT_EQ(driven.open(), Actions{R"(send {"type":"Authenticate","wallet":"0x1234"})"});
  EXPECT_EQ(driven.receive(testdata("hypercall", "authenticated.json")),
            (Actions{subscribe("orderbook"), subscribe("fills", R"(,"symbols":["BTC","ETH"])")}));
  EXPECT_EQ(driven.subscribed("fills"), Actions{"ready fills"});
  EXPECT_EQ(driven.receive(testdata("hypercall", "subscribed.json")), Actions{"ready orderbook"});
}

TEST(HypercallClient, TakesEveryChannelThatItMayByDefault) {
  const Actions open_to_all = {"orderbook", "trades", "market_updates", "options_chain",
                               "index_prices"};
  Actions with_wallet = open_to_all;
  for (const char* name : {"order_updates", "fills", "portfolio", "liquidation", "competition"}) {
    with_wallet.emplace_back(name);
  }
  EXPECT_EQ(Driven("{}").client().streams(), open_to_all);
  EXPECT_EQ(Driven(R"({"wallet":"0x1"})").client().streams(), with_wallet);
}

TEST(HypercallClient, CountsAcknowledgementsOfOneChannel) {
  Driven driven(
      R"({"channels":[{"channel":"options_chain","symbols":["BTC"],"expiry":"20260131"},
                      {"channel":"options_chain","symbols":["ETH"],"option_type":"put"}]})");
  EXPECT_EQ(driven.client().streams(), Actions{"options_chain"});
  driven.start();
  EXPECT_EQ(driven.open(),
            (Actions{subscribe("options_chain", R"(,"symbols":["BTC"],"expiry":"20260131")"),
                     subscribe("options_chain", R"(,"symbols":["ETH"],"option_type":"put")")}));
  EXPECT_EQ(driven.subscribed("options_chain"), Actions{});
  EXPECT_EQ(driven.subscribed("options_chain"), Actions{"ready options_chain"});
  EXPECT_EQ(driven.subscribed("options_chain"), Actions{});
}

TEST(HypercallClient, IgnoresDataAndStrangeAcknowledgementsWhileItWaits) {
  Driven driven(R"({"channels":["trades"]})");
  driven.start();
  driven.open();
  EXPECT_EQ(driven.receive(testdata("hypercall", "trade.json")), Actions{});
  EXPECT_EQ(driven.subscribed("orderbook"), Actions{});
  EXPECT_EQ(driven.receive(R"({"type":"Subscribed"})"), Actions{});
  EXPECT_EQ(driven.receive("nonsense"), Actions{});
  EXPECT_EQ(driven.subscribed("trades"), Actions{"ready trades"});
}

TEST(HypercallClient, LosesTheChannelThatAnErrorNames) {
  Driven driven(R"({"channels":["orderbook","trades","candles:BTC:1h"]})");
  driven.start();
  driven.open();
  EXPECT_EQ(driven.error("Invalid channel: candles:BTC:1h"),
            Actions{"lost candles:BTC:1h: Invalid channel: candles:BTC:1h"});
  EXPECT_EQ(driven.subscribed("orderbook"), Actions{"ready orderbook"});
  EXPECT_EQ(driven.subscribed("trades"), Actions{"ready trades"});
  EXPECT_EQ(driven.error("Internal error"), Actions{}) << "nothing is outstanding";
}

TEST(HypercallClient, BlamesTheOldestSubscriptionForAnErrorThatNamesNone) {
  Driven driven(R"({"channels":["orderbook","trades"]})");
  driven.start();
  driven.open();
  EXPECT_EQ(driven.error("Too many subscriptions"),
            Actions{"lost orderbook: Too many subscriptions"});
  EXPECT_EQ(driven.subscribed("trades"), Actions{"ready trades"});
}

TEST(HypercallClient, KeepsAStreamLostWhenOnlyPartOfItWasAccepted) {
  Driven driven(
      R"({"channels":[{"channel":"options_chain","symbols":["BTC"],"expiry":"20260131"},
                      {"channel":"options_chain","symbols":["ETH"]}]})");
  driven.start();
  driven.open();
  EXPECT_EQ(driven.error("options_chain: unknown expiry"),
            Actions{"lost options_chain: options_chain: unknown expiry"});
  EXPECT_EQ(driven.subscribed("options_chain"), Actions{});
}

TEST(HypercallClient, DropsAnExpiredInstrumentAndKeepsTheRest) {
  Driven driven(
      R"({"wallet":"0x1","channels":["orderbook",
          {"channel":"fills","symbols":["BTC-20250131-100000-C","ETH","BTC-20260131-100000-C"]}]})");
  driven.start();
  driven.open();
  driven.receive(testdata("hypercall", "authenticated.json"));
  EXPECT_EQ(driven.error("Instrument BTC-20250131-100000-C has expired"),
            (Actions{"refused fills: Instrument BTC-20250131-100000-C has expired",
                     subscribe("fills", R"(,"symbols":["ETH","BTC-20260131-100000-C"])")}));
  EXPECT_EQ(driven.error("Instrument BTC-20260131-100000-C has expired"),
            (Actions{"refused fills: Instrument BTC-20260131-100000-C has expired",
                     subscribe("fills", R"(,"symbols":["ETH"])")}));
  EXPECT_EQ(driven.error("Unknown symbol: ETH"), Actions{"lost fills: Unknown symbol: ETH"})
      << "an empty list would mean everything";
  EXPECT_EQ(driven.subscribed("orderbook"), Actions{"ready orderbook"});
}

TEST(HypercallClient, AdmitsThePartThatIsRefusedAndReceivesTheRest) {
  Driven driven(
      R"({"wallet":"0x1","channels":[{"channel":"fills","symbols":["BTC-20250131-100000-C","ETH"]}]})");
  driven.start();
  driven.open();
  driven.receive(testdata("hypercall", "authenticated.json"));
  EXPECT_EQ(driven.error("BTC-20250131-100000-C: expired").front(),
            "refused fills: BTC-20250131-100000-C: expired");
  EXPECT_EQ(driven.subscribed("fills"), Actions{"ready fills"});
}

TEST(HypercallClient, GoesOnWithPublicChannelsWhenItsWalletIsRefused) {
  Driven driven(R"({"wallet":"0xbad","channels":["fills","orderbook","portfolio"]})");
  driven.start();
  driven.open();
  const std::string why =
      "the wallet was refused: Invalid wallet address: 0xbad; correct feeds.hypercall.wallet";
  EXPECT_EQ(driven.error("Invalid wallet address: 0xbad"),
            (Actions{"lost fills: " + why, "lost portfolio: " + why, subscribe("orderbook")}));
  EXPECT_EQ(driven.subscribed("orderbook"), Actions{"ready orderbook"});
}

TEST(HypercallClient, StopsWhenARefusedWalletWasAllThatItHad) {
  Driven driven(R"({"wallet":"0xbad","channels":["fills"]})");
  driven.start();
  driven.open();
  EXPECT_EQ(
      driven.error("Invalid wallet address: 0xbad"),
      Actions{"fail permanent: the wallet was refused: Invalid wallet address: 0xbad; correct "
              "feeds.hypercall.wallet"});
}

TEST(HypercallClient, BeginsAnewWithEachAttempt) {
  Driven driven(R"({"wallet":"0x1","channels":["trades","fills"]})");
  for (int attempt = 0; attempt < 3; ++attempt) {
    EXPECT_EQ(driven.start(), Actions{"connect ws://host/ws"});
    EXPECT_EQ(driven.open(), Actions{R"(send {"type":"Authenticate","wallet":"0x1"})"});
    EXPECT_EQ(driven.receive(testdata("hypercall", "authenticated.json")),
              (Actions{subscribe("trades"), subscribe("fills")}));
    EXPECT_EQ(driven.subscribed("trades"), Actions{"ready trades"});
    // The first attempt leaves a Subscribe unanswered: the next ones need not wait for it.
    if (attempt > 0) {
      EXPECT_EQ(driven.subscribed("fills"), Actions{"ready fills"});
    }
  }
}

TEST(HypercallClient, JudgesRefusalsAndCloses) {
  Driven driven("{}");
  EXPECT_EQ(driven.client().on_refused(503, "").failure, Failure::passing);
  EXPECT_EQ(driven.client().on_refused(503, "").why, "the upgrade was refused with HTTP 503");
  EXPECT_EQ(driven.client().on_refused(403, "").failure, Failure::passing);
  EXPECT_EQ(driven.client().on_refused(404, "").failure, Failure::permanent);
  EXPECT_EQ(driven.client().on_refused(404, "").why,
            "the upgrade was refused with HTTP 404: there is no Hypercall service at ws://host/ws; "
            "correct feeds.hypercall.ws_url");
  EXPECT_EQ(driven.client().on_closed(1008, "pong timeout").failure, Failure::passing);
  EXPECT_EQ(driven.client().on_closed(1008, "pong timeout").why,
            "the service closed with 1008, pong timeout");
  EXPECT_EQ(driven.client().on_closed(1000, "").why, "the service closed with 1000");
  EXPECT_EQ(driven.client().on_closed(0, "").why, "the service closed without a code");
}

TEST(HypercallConfig, NamesTheKeyAndTheRemedy) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"wallet":"1234"})", "feeds.hypercall.wallet"},
      {R"({"channels":["fills"]})", "feeds.hypercall.wallet"},
      {R"({"channels":["orderbok"]})", "did you mean \"orderbook\"?"},
      {R"({"channels":["candles:BTC"]})", "candles:BTC:1h"},
      {R"({"channels":[]})", "feeds.hypercall.channels"},
      {R"({"channels":[7]})", "feeds.hypercall.channels[0]"},
      {R"({"channels":["trades",{"channel":"tradess"}]})", "feeds.hypercall.channels[1].channel"},
      {R"({"channels":[{"channel":"trades","symbol":["BTC"]}]})",
       "feeds.hypercall.channels[0].symbol"},
      {R"({"channels":[{"channel":"orderbook","symbols":["BTC"]}]})",
       "feeds.hypercall.channels[0].symbols"},
      {R"({"wallet":"0x1","channels":[{"channel":"fills","expiry":"20260131"}]})",
       "feeds.hypercall.channels[0].expiry"},
      {R"({"channels":[{"channel":"options_chain","option_type":"both"}]})",
       "feeds.hypercall.channels[0].option_type"},
      {R"({"rest":{"trades_path":"trades"}})", "feeds.hypercall.rest.trades_path"},
      {R"({"rest":{"limit":5000}})", "feeds.hypercall.rest.limit"},
      {R"({"rest":{"trade_path":"/t"}})", "feeds.hypercall.rest.trade_path"},
      {R"({"rest":{"cursor_ms":-1}})", "feeds.hypercall.rest.cursor_ms"},
      {R"({"rest":{"overlap":0}})", "feeds.hypercall.rest.overlap"},
      {R"({"rest":{"depth":0}})", "feeds.hypercall.rest.depth"},
      {R"({"walet":"0x1"})", "feeds.hypercall.walet"},
  };
  for (const auto& [json, expected] : cases) {
    const std::string error = config_error_of(hypercall_feed(), json);
    EXPECT_NE(error.find(expected), std::string::npos) << json << "\n  " << error;
  }
}

TEST(HypercallConfig, DropsWhatAnotherEntryCovers) {
  Driven driven(
      R"({"wallet":"0x1","channels":[{"channel":"fills","symbols":["BTC"]},"fills","trades","trades"]})");
  driven.start();
  driven.open();
  EXPECT_EQ(driven.receive(testdata("hypercall", "authenticated.json")),
            (Actions{subscribe("fills"), subscribe("trades")}));
}

TEST(HypercallConfig, HasTheDocumentedAddresses) {
  const FeedDefaults& defaults = hypercall_feed().defaults();
  EXPECT_EQ(defaults.ws_url, "wss://testnet-api.hypercall.xyz");
  EXPECT_EQ(defaults.rest_url, "https://testnet-api.hypercall.xyz");
  EXPECT_EQ(defaults.timeouts.idle_ms, 60'000);
  EXPECT_EQ(plan_of(hypercall_feed(), "{}")->endpoints(), Actions{"ws"});
}

}  // namespace
}  // namespace tapedeck::testing
