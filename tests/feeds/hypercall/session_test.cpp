// The service's side: what a client sends or a deck serves → what the client gets.
#include <gtest/gtest.h>

#include <memory>

#include "schema/feeds/hypercall/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck::testing {
namespace {

using Actions = std::vector<std::string>;

class NoData final : public ServiceData {
 public:
  Ns now_ns() const override { return 1'737'331'200'123 * kNsPerMs; }
  std::optional<SnapshotFrame> snapshot(std::string_view /*endpoint*/) override { return {}; }
  std::vector<std::string> history(const Query& /*query*/) override { return {}; }
};

class Visit {
 public:
  explicit Visit(const std::string& target = "/ws")
      : normalizer_(hypercall_feed().make_normalizer(1)) {
    HttpRequest request;
    request.target = parse_target(target);
    session_ = hypercall_feed().service().open_session("ws", request, data_);
    session_->on_open(log_);
    opening = log_.take();
  }
  Actions say(std::string_view text) {
    JsonDoc doc;
    doc.parse(text);
    session_->on_message(text, doc, log_);
    return log_.take();
  }
  // Whether the client gets this frame, byte for byte.
  bool gets(std::string_view payload, Opcode opcode = Opcode::text) {
    const Inbound inbound("ws", payload, 1'000, 0, opcode);
    const FrameTag tag =
        opcode == Opcode::text ? normalizer_->classify(inbound.frame()) : FrameTag{};
    session_->on_data(ServedFrame{++frames_, "ws", opcode, payload, tag}, log_);
    const Actions actions = log_.take();
    if (actions.empty()) return false;
    EXPECT_EQ(actions, Actions{"forward " + std::string(payload)});
    return true;
  }
  Actions tick() {
    session_->on_timer(1, log_);
    return log_.take();
  }
  Actions pong(std::string_view text) {
    session_->on_pong(text, log_);
    return log_.take();
  }

  Actions opening;

 private:
  NoData data_;
  std::unique_ptr<Normalizer> normalizer_;
  std::unique_ptr<Session> session_;
  SessionLog log_;
  std::int64_t frames_ = 0;
};

std::string payload(const std::string& name) {
  return testdata("hypercall", name + ".json");
}

std::string fill(const std::string& symbol) {
  return R"({"type":"Fill","fill_id":1,"symbol":")" + symbol + R"(","price":"1","size":"1"})";
}

constexpr const char* kSubscribeTrades = R"({"type":"Subscribe","channel":"trades"})";
constexpr const char* kSubscribeFills = R"({"type":"Subscribe","channel":"fills"})";

TEST(HypercallService, HasOneEndpoint) {
  const Service& service = hypercall_feed().service();
  EXPECT_EQ(service.endpoint_of("/ws"), "ws");
  EXPECT_EQ(service.endpoint_of("/"), std::nullopt);
  EXPECT_EQ(service.endpoint_of("/ws/x"), std::nullopt);
  EXPECT_FALSE(service.refuse(HttpRequest{}).has_value());
}

TEST(HypercallSession, AcknowledgesTheDocumentedMessages) {
  Visit visit;
  EXPECT_EQ(visit.opening, Actions{"arm 1 20000"});
  EXPECT_EQ(visit.say(payload("authenticate")),
            Actions{R"(send {"type":"Authenticated","wallet":"0x1234..."})"});
  EXPECT_EQ(visit.say(payload("subscribe")),
            (Actions{R"(send {"type":"Subscribed","channel":"orderbook"})", "subscribed yes"}));
  EXPECT_EQ(visit.say(payload("subscribe_symbols")),
            (Actions{R"(send {"type":"Subscribed","channel":"order_updates"})", "subscribed yes"}));
  EXPECT_EQ(visit.say(payload("unsubscribe_symbols")),
            Actions{R"(send {"type":"Unsubscribed","channel":"order_updates"})"});
  EXPECT_EQ(visit.say(payload("unsubscribe")),
            (Actions{R"(send {"type":"Unsubscribed","channel":"orderbook"})", "subscribed no"}));
  EXPECT_EQ(visit.say(payload("unsubscribe")),
            Actions{R"(send {"type":"Unsubscribed","channel":"orderbook"})"});
}

TEST(HypercallSession, AnswersMistakesWithErrorsAndStaysOpen) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"type":"Subscribe","channel":"foobar"})", "Invalid channel: foobar"},
      {R"({"type":"Unsubscribe","channel":"foobar"})", "Invalid channel: foobar"},
      {R"({"type":"Subscribe","channel":"candles:BTC"})", "Invalid channel: candles:BTC"},
      {R"({"type":"Subscribe","channel":"candles"})", "Invalid channel: candles"},
      {R"({"type":"Subscribe","channel":"say \"hi\""})", R"(Invalid channel: say \"hi\")"},
      {kSubscribeFills, "Authentication required for channel: fills"},
      {R"({"type":"Subscribe","channel":"competition"})",
       "Authentication required for channel: competition"},
      {R"({"type":"Subscribe"})", "Missing channel"},
      {R"({"type":"Subscribe","channel":"options_chain","symbols":"BTC"})",
       "Invalid symbols for channel: options_chain"},
      {R"({"type":"Subscribe","channel":"options_chain","symbols":[1]})",
       "Invalid symbols for channel: options_chain"},
      {R"({"type":"Authenticate","wallet":"1234"})", "Invalid wallet address: 1234"},
      {R"({"type":"Authenticate","wallet":"0x"})", "Invalid wallet address: 0x"},
      {R"({"type":"Authenticate"})", "Invalid wallet address: "},
      {R"({"type":"Dance"})", "Unknown message type: Dance"},
      {R"({"channel":"trades"})", "Missing message type"},
      {"not json", "Invalid JSON message"},
      {"[]", "Invalid JSON message"},
  };
  Visit visit;
  for (const auto& [text, error] : cases) {
    EXPECT_EQ(visit.say(text), Actions{R"(send {"type":"Error","message":")" + error + R"("})"})
        << text;
  }
  EXPECT_EQ(visit.say(kSubscribeTrades),
            (Actions{R"(send {"type":"Subscribed","channel":"trades"})", "subscribed yes"}));
}

TEST(HypercallSession, TakesTheDeprecatedWalletOfTheAddress) {
  EXPECT_EQ(Visit("/ws?wallet=0xYourWallet").say(kSubscribeFills),
            (Actions{R"(send {"type":"Subscribed","channel":"fills"})", "subscribed yes"}));
  Visit refused("/ws?wallet=YourWallet");
  EXPECT_EQ(refused.opening,
            (Actions{"arm 1 20000",
                     R"(send {"type":"Error","message":"Invalid wallet address: YourWallet"})"}));
  EXPECT_EQ(
      refused.say(kSubscribeFills),
      Actions{R"(send {"type":"Error","message":"Authentication required for channel: fills"})"});
}

TEST(HypercallSession, SynchronizesClocks) {
  Visit visit;
  EXPECT_EQ(
      visit.say(R"({"type":"ClockSync","nonce":18446744073709551615})"),
      Actions{
          R"(send {"type":"ClockSynced","nonce":18446744073709551615,"server_at":1737331200123})"});
}

// --- who gets what ---

struct Routed {
  std::string channel;
  std::vector<std::string> payloads;
};

const std::vector<Routed> kRouted = {
    {"orderbook", {"orderbook_update", "orderbook_update_odd"}},
    {"trades", {"trade"}},
    {"market_updates", {"market_update_created", "market_update_deleted", "market_update_expired"}},
    {"options_chain",
     {"options_chain_update_upsert", "options_chain_update_upsert_call",
      "options_chain_update_remove"}},
    {"index_prices", {"index_price_update"}},
    {"order_updates", {"order_update", "order_update_nested"}},
    {"fills", {"fill", "fill_builder"}},
    {"portfolio", {"portfolio_update", "portfolio_update_initial", "position_expired"}},
    {"liquidation", {"liquidation_state_change", "liquidation_state_change_margin"}},
    {"competition", {"competition_pnl_summary", "competition_pnl_summary_none"}},
    {"candles:BTC:1h", {"candle_update", "candle_strange"}},
    {"candles:ETH:1m", {"candle_data", "candle_snapshot"}},
};

TEST(HypercallSession, GivesEachChannelItsMessagesAndNoOthers) {
  for (const Routed& subscribed : kRouted) {
    Visit visit("/ws?wallet=0x1");
    visit.say(R"({"type":"Subscribe","channel":")" + subscribed.channel + R"("})");
    for (const Routed& other : kRouted) {
      for (const std::string& name : other.payloads) {
        EXPECT_EQ(visit.gets(payload(name)), other.channel == subscribed.channel)
            << name << " for " << subscribed.channel;
      }
    }
    visit.say(R"({"type":"Unsubscribe","channel":")" + subscribed.channel + R"("})");
    EXPECT_FALSE(visit.gets(payload(subscribed.payloads.front()))) << subscribed.channel;
  }
}

TEST(HypercallSession, GivesEverybodyWhatItDoesNotKnow) {
  Visit visit;
  EXPECT_TRUE(visit.gets(R"({"type":"Rumour","symbol":"BTC"})"));
  EXPECT_TRUE(visit.gets("no json"));
  EXPECT_TRUE(visit.gets("\x01\x02", Opcode::binary));
  EXPECT_FALSE(visit.gets(payload("subscribed"))) << "said by the server itself";
  EXPECT_FALSE(visit.gets(payload("error")));
}

TEST(HypercallSession, GivesCandlesOfNoKnownNameToAllWhoAskedForCandles) {
  const std::string nameless = R"({"type":"CandleUpdate","open":"1"})";
  Visit visit;
  EXPECT_FALSE(visit.gets(nameless));
  visit.say(R"({"type":"Subscribe","channel":"candles:ETH:1m"})");
  EXPECT_TRUE(visit.gets(nameless));
  EXPECT_FALSE(visit.gets(payload("candle_update")));
}

TEST(HypercallSession, FiltersByUnderlyingAndChangesWhileRunning) {
  Visit visit("/ws?wallet=0x1");
  const auto passing = [&] {
    std::string found;
    for (const char* symbol : {"BTC-20260131-100000-C", "ETH-20260131-4000-P", "SOL", "BTCX-1"}) {
      if (visit.gets(fill(symbol))) found += std::string(symbol).substr(0, 4) + " ";
    }
    return found;
  };
  const auto change = [&](const std::string& type, const std::string& symbols) {
    visit.say(R"({"type":")" + type + R"(","channel":"fills")" +
              (symbols.empty() ? "" : ",\"symbols\":" + symbols) + "}");
  };
  change("Subscribe", R"(["BTC"])");
  EXPECT_EQ(passing(), "BTC- ");
  change("Subscribe", R"(["ETH-20270326-5000-C"])");
  EXPECT_EQ(passing(), "BTC- ETH- ") << "an instrument's name means its underlying";
  change("Unsubscribe", R"(["BTC"])");
  EXPECT_EQ(passing(), "ETH- ");
  change("Subscribe", "");
  EXPECT_EQ(passing(), "BTC- ETH- SOL BTCX ");
  change("Unsubscribe", R"(["ETH"])");
  EXPECT_EQ(passing(), "BTC- ETH- SOL BTCX ") << "never listed by itself";
  change("Subscribe", R"(["SOL"])");
  EXPECT_EQ(passing(), "SOL ");
  change("Unsubscribe", R"(["SOL"])");
  EXPECT_EQ(passing(), "") << "none left";
}

TEST(HypercallSession, TellsTheDeckWhenTheLastSymbolIsGone) {
  Visit visit("/ws?wallet=0x1");
  visit.say(R"({"type":"Subscribe","channel":"fills","symbols":["BTC"]})");
  EXPECT_EQ(visit.say(R"({"type":"Unsubscribe","channel":"fills","symbols":["BTC"]})"),
            (Actions{R"(send {"type":"Unsubscribed","channel":"fills"})", "subscribed no"}));
}

TEST(HypercallSession, LetsMessagesWithoutASymbolPass) {
  Visit visit("/ws?wallet=0x1");
  visit.say(R"({"type":"Subscribe","channel":"order_updates","symbols":["ETH"]})");
  EXPECT_TRUE(visit.gets(payload("order_update")));
  EXPECT_FALSE(visit.gets(payload("order_update_nested"))) << "its request is about BTC";
}

TEST(HypercallSession, IgnoresSymbolsWhereTheServiceHasNoFilter) {
  Visit visit;
  visit.say(R"({"type":"Subscribe","channel":"trades","symbols":["ETH"]})");
  EXPECT_TRUE(visit.gets(payload("trade")));
}

TEST(HypercallSession, FiltersTheOptionsChainByExpiryAndType) {
  const std::string upsert = payload("options_chain_update_upsert");           // 1738281600, both
  const std::string dated_call = payload("options_chain_update_upsert_call");  // 20260131, call
  const std::string removed_put = payload("options_chain_update_remove");      // 1738281600, put
  struct Filtered {
    std::string terms;
    bool upsert, dated_call, removed_put;
  };
  const std::vector<Filtered> cases = {
      {"", true, true, true},
      {R"(,"symbols":["BTC"])", true, true, true},
      {R"(,"symbols":["ETH"])", false, false, false},
      {R"(,"expiry":1738281600)", true, false, true},
      {R"(,"expiry":"20260131")", false, true, false},
      {R"(,"expiry":"2026-01-31")", false, true, false},
      {R"(,"option_type":"call")", true, true, false},
      {R"(,"option_type":"P")", true, false, true},
      {R"(,"symbols":["BTC"],"expiry":"1738281600","option_type":"put")", true, false, true},
      {R"(,"symbols":["ETH"],"option_type":"put")", false, false, false},
  };
  for (const Filtered& one : cases) {
    Visit visit;
    visit.say(R"({"type":"Subscribe","channel":"options_chain")" + one.terms + "}");
    EXPECT_EQ(visit.gets(upsert), one.upsert) << one.terms;
    EXPECT_EQ(visit.gets(dated_call), one.dated_call) << one.terms;
    EXPECT_EQ(visit.gets(removed_put), one.removed_put) << one.terms;
  }
}

TEST(HypercallSession, KeepsSeveralChainSubscriptionsApart) {
  Visit visit;
  visit.say(
      R"({"type":"Subscribe","channel":"options_chain","symbols":["BTC"],"expiry":"20260131"})");
  visit.say(
      R"({"type":"Subscribe","channel":"options_chain","symbols":["ETH"],"option_type":"put"})");
  EXPECT_TRUE(visit.gets(payload("options_chain_update_upsert_call")));
  EXPECT_FALSE(visit.gets(payload("options_chain_update_remove")));
  visit.say(R"({"type":"Unsubscribe","channel":"options_chain","expiry":"20260131"})");
  EXPECT_FALSE(visit.gets(payload("options_chain_update_upsert_call")));
}

TEST(HypercallSession, WidensAChainSubscriptionToAllSymbolsOfItsExpiry) {
  const std::string eth =
      R"({"type":"OptionsChainUpdate","action":"Remove","currency":"ETH","expiry":"20260131"})";
  Visit visit;
  visit.say(
      R"({"type":"Subscribe","channel":"options_chain","symbols":["BTC"],"expiry":"20260131"})");
  EXPECT_FALSE(visit.gets(eth));
  visit.say(R"({"type":"Subscribe","channel":"options_chain","expiry":"20260131"})");
  EXPECT_TRUE(visit.gets(eth));
  EXPECT_FALSE(visit.gets(payload("options_chain_update_remove"))) << "another expiry";
}

// --- heartbeat ---

TEST(HypercallSession, PingsEvery20SecondsAndGoesOnWhileAnswered) {
  Visit visit;
  for (int i = 1; i <= 10; ++i) {
    const std::string number = std::to_string(i);
    EXPECT_EQ(visit.tick(), (Actions{"ping " + number, "arm 1 20000"}));
    EXPECT_EQ(visit.pong(number), Actions{});
  }
}

TEST(HypercallSession, ClosesWhenAPongIsDueFor60Seconds) {
  Visit visit;
  for (const char* ping : {"ping 1", "ping 2", "ping 3"}) {
    EXPECT_EQ(visit.tick(), (Actions{ping, "arm 1 20000"}));
    visit.pong("");
    visit.pong("99");
    visit.pong("-1");
    visit.pong("1x");
  }
  EXPECT_EQ(visit.tick(), Actions{"close 1008 pong timeout"});
}

TEST(HypercallSession, TakesAPongToTheLatestPingForAll) {
  Visit visit;
  visit.tick();
  visit.tick();
  visit.tick();
  visit.pong("3");
  EXPECT_EQ(visit.tick(), (Actions{"ping 4", "arm 1 20000"}));
}

}  // namespace
}  // namespace tapedeck::testing
