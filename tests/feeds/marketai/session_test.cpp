// The service's side: what a client sends or a deck serves → what the client gets.
#include <gtest/gtest.h>

#include <memory>

#include "schema/feeds/marketai/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck::testing {
namespace {

using Lines = std::vector<std::string>;

class NoData final : public ServiceData {
 public:
  Ns now_ns() const override { return 1'708'776'300'123 * kNsPerMs; }
  std::optional<SnapshotFrame> snapshot(std::string_view /*endpoint*/) override { return {}; }
  std::vector<std::string> history(const Query& /*query*/) override { return {}; }
};

HttpRequest request_of(const std::string& target) {
  HttpRequest request;
  request.target = parse_target(target);
  return request;
}

class Visit {
 public:
  explicit Visit(const std::string& target = "/?key=K")
      : normalizer_(marketai_feed().make_normalizer(1)) {
    session_ = marketai_feed().service().open_session("/", request_of(target), data_);
    session_->on_open(log_);
    opening = log_.take();
  }
  Lines say(std::string_view text) {
    JsonDoc doc;
    doc.parse(text);
    session_->on_message(text, doc, log_);
    return log_.take();
  }
  Lines change(const std::string& action, const std::string& channels) {
    return say(R"({"action":")" + action + R"(","channels":)" + channels + "}");
  }
  // Whether the client gets this frame, byte for byte.
  bool gets(std::string_view payload, Opcode opcode = Opcode::text) {
    const Inbound inbound("/", payload, 1'000, 0, opcode);
    const FrameTag tag = normalizer_->classify(inbound.frame());
    session_->on_data(ServedFrame{++frames_, "/", opcode, payload, tag}, log_);
    const Lines actions = log_.take();
    if (actions.empty()) return false;
    EXPECT_EQ(actions, Lines{"forward " + std::string(payload)});
    return true;
  }
  Lines timer(int id) {
    session_->on_timer(id, log_);
    return log_.take();
  }
  Lines pong(std::string_view text) {
    session_->on_pong(text, log_);
    return log_.take();
  }

  Lines opening;

 private:
  NoData data_;
  std::unique_ptr<Normalizer> normalizer_;
  std::unique_ptr<Session> session_;
  SessionLog log_;
  std::int64_t frames_ = 0;
};

std::string payload(const std::string& name) {
  return testdata("marketai", name + ".json");
}

std::string trade(const std::string& symbol) {
  return R"({"type":"update","channel":"trades","data":{"symbol":")" + symbol + R"("}})";
}

std::string error(const std::string& code, const std::string& message) {
  return R"(send {"type":"error","code":")" + code + R"(","message":")" + message + R"("})";
}

// The documented message in one line, as the service's side sends it.
std::string sent(const std::string& name) {
  const std::string text = payload(name);
  std::string line = "send ";
  bool in_text = false;
  for (const char c : text) {
    if (c == '"') in_text = !in_text;
    if (in_text || (c != ' ' && c != '\n')) line += c;
  }
  return line;
}

constexpr int kPing = 1;
constexpr int kPong = 2;
const char* const kChannels[] = {"quotes",  "book",   "trades",     "signals",   "liquidations",
                                 "funding", "klines", "narratives", "polymarket"};

TEST(MarketService, HasOneEndpointWithAnEmptyPath) {
  const Service& service = marketai_feed().service();
  EXPECT_EQ(service.endpoint_of("/"), "/");
  EXPECT_EQ(service.endpoint_of(""), "/");
  EXPECT_EQ(service.endpoint_of("/ws"), std::nullopt);
  EXPECT_EQ(service.endpoint_of("//"), std::nullopt);
}

TEST(MarketService, RefusesAnEmptyKeyBeforeTheUpgradeAndNothingElse) {
  const Service& service = marketai_feed().service();
  for (const char* target : {"/?key=", "/?key", "?key=", "/?a=1&key="}) {
    const auto reply = service.refuse(request_of(target));
    ASSERT_TRUE(reply.has_value()) << target;
    EXPECT_EQ(reply->status, 401);
    EXPECT_EQ(reply->body,
              R"({"ok":false,"error":{"code":"UNAUTHORIZED","message":"Invalid API key"}})");
  }
  for (const char* target : {"/", "", "/?key=x", "?key=mk_live_abc123..."}) {
    EXPECT_FALSE(service.refuse(request_of(target)).has_value()) << target;
  }
}

TEST(MarketSession, AnswersTheDocumentedMessages) {
  Visit visit;
  EXPECT_EQ(visit.opening, Lines{"arm 1 30000"});
  EXPECT_EQ(visit.say(payload("subscribe")),
            (Lines{sent("subscribed_quotes"), sent("subscribed_signals"), sent("subscribed_trades"),
                   "subscribed yes"}));
  EXPECT_EQ(visit.say(payload("unsubscribe")), Lines{sent("unsubscribed_quotes")});
  EXPECT_EQ(visit.say(payload("ping")), Lines{sent("pong")});
  EXPECT_EQ(visit.say("{not json"), Lines{sent("error_invalid_message")});
}

TEST(MarketSession, AuthenticatesByMessage) {
  Visit visit("/");
  const char* const kSubscribe = R"([{"type":"signals"}])";
  EXPECT_EQ(visit.opening, Lines{"arm 1 30000"});
  EXPECT_EQ(visit.change("subscribe", kSubscribe),
            Lines{error("UNAUTHORIZED", "Authentication required")});
  EXPECT_EQ(visit.change("unsubscribe", kSubscribe),
            Lines{error("UNAUTHORIZED", "Authentication required")});
  for (const char* bad : {R"({"action":"auth"})", R"({"action":"auth","key":""})",
                          R"({"action":"auth","key":7})", R"({"action":"auth","key":null})"}) {
    EXPECT_EQ(visit.say(bad), Lines{error("UNAUTHORIZED", "Invalid API key")}) << bad;
  }
  EXPECT_FALSE(visit.gets("\x01", Opcode::binary)) << "not let in yet";
  EXPECT_EQ(visit.say(payload("auth")), Lines{R"(send {"type":"authenticated","tier":"max"})"});
  EXPECT_EQ(visit.change("subscribe", kSubscribe),
            (Lines{sent("subscribed_signals"), "subscribed yes"}));
}

TEST(MarketSession, AnswersMistakesWithErrorsAndStaysOpen) {
  const struct {
    const char* text;
    Lines answers;
  } cases[] = {
      {"", {error("INVALID_MESSAGE", "Invalid JSON")}},
      {"[]", {error("INVALID_MESSAGE", "Missing action")}},
      {"{}", {error("INVALID_MESSAGE", "Missing action")}},
      {R"({"action":"dance"})", {error("INVALID_MESSAGE", "Unknown action: dance")}},
      {R"({"action":"subscribe"})", {error("INVALID_MESSAGE", "channels must be a list")}},
      {R"({"action":"subscribe","channels":"quotes"})",
       {error("INVALID_MESSAGE", "channels must be a list")}},
      {R"({"action":"subscribe","channels":["quotes",{"type":7}]})",
       {error("INVALID_MESSAGE", "Each channel needs a type"),
        error("INVALID_MESSAGE", "Each channel needs a type")}},
      {R"({"action":"subscribe","channels":[{"type":"a \"b\""}]})",
       {error("INVALID_CHANNEL", R"(Unknown channel: a \"b\")")}},
      {R"({"action":"unsubscribe","channels":[{"type":"foo"}]})",
       {error("INVALID_CHANNEL", "Unknown channel: foo")}},
      {R"({"action":"subscribe","channels":[{"type":"quotes","symbols":"A"}]})",
       {error("INVALID_MESSAGE", "symbols must be a list of symbols, channel: quotes")}},
      {R"({"action":"subscribe","channels":[{"type":"quotes","symbols":[1]}]})",
       {error("INVALID_MESSAGE", "symbols must be a list of symbols, channel: quotes")}},
      {R"({"action":"subscribe","channels":[]})", {}},
  };
  Visit visit;
  for (const auto& c : cases) EXPECT_EQ(visit.say(c.text), c.answers) << c.text;
  EXPECT_EQ(
      visit.change("subscribe", R"([{"type":"foo"},{"type":"quotes","symbols":["A","A"]}])"),
      (Lines{error("INVALID_CHANNEL", "Unknown channel: foo"),
             R"(send {"type":"subscribed","channel":"quotes","symbols":["A"]})", "subscribed yes"}))
      << "one bad channel does not spoil the others";
}

// --- who gets what ---

TEST(MarketSession, GivesEachChannelItsMessagesAndNoOthers) {
  for (const std::string subscribed : kChannels) {
    Visit visit;
    visit.change("subscribe", R"([{"type":")" + subscribed + R"("}])");
    for (const std::string other : kChannels) {
      EXPECT_EQ(visit.gets(payload(other)), other == subscribed) << other << " " << subscribed;
    }
    visit.change("unsubscribe", R"([{"type":")" + subscribed + R"("}])");
    EXPECT_FALSE(visit.gets(payload(subscribed)));
  }
}

TEST(MarketSession, FiltersEachChannelByItsSymbol) {
  for (const std::string channel : kChannels) {
    const std::string symbol = channel == "polymarket" ? "BTC" : "BTC/USDT";
    Visit visit;
    visit.change("subscribe", R"([{"type":")" + channel + R"(","symbols":["ETH/USDT","ETH"]}])");
    EXPECT_FALSE(visit.gets(payload(channel))) << channel;
    visit.change("subscribe", R"([{"type":")" + channel + R"(","symbols":[")" + symbol + R"("]}])");
    EXPECT_TRUE(visit.gets(payload(channel))) << channel;
  }
}

TEST(MarketSession, ChangesItsFiltersWhileRunning) {
  Visit visit;
  const auto passing = [&] {
    std::string found;
    for (const char* symbol : {"BTC/USDT", "ETH/USDT", "SOL/USDT"}) {
      if (visit.gets(trade(symbol))) found += std::string(symbol).substr(0, 3) + " ";
    }
    return found;
  };
  const auto change = [&](const std::string& action, const std::string& symbols) {
    return visit.change(action, R"([{"type":"trades","symbols":)" + symbols + "}]");
  };
  change("subscribe", R"(["BTC/USDT"])");
  EXPECT_EQ(passing(), "BTC ");
  change("subscribe", R"(["ETH/USDT"])");
  EXPECT_EQ(passing(), "BTC ETH ");
  change("unsubscribe", R"(["BTC/USDT"])");
  EXPECT_EQ(passing(), "ETH ");
  change("subscribe", "[]");
  EXPECT_EQ(passing(), "BTC ETH SOL ");
  change("unsubscribe", R"(["SOL/USDT"])");
  EXPECT_EQ(passing(), "BTC ETH SOL ") << "the wildcard stays";
  EXPECT_EQ(change("unsubscribe", "null"),
            (Lines{R"(send {"type":"unsubscribed","channel":"trades","symbols":["*"]})",
                   "subscribed no"}));
  EXPECT_EQ(passing(), "");
  EXPECT_EQ(change("unsubscribe", R"(["BTC/USDT"])"),
            Lines{R"(send {"type":"unsubscribed","channel":"trades","symbols":["BTC/USDT"]})"});
  EXPECT_EQ(change("subscribe", R"(["*","ETH/USDT"])"),
            (Lines{R"(send {"type":"subscribed","channel":"trades","symbols":["*"]})",
                   "subscribed yes"}));
  EXPECT_EQ(passing(), "BTC ETH SOL ");
}

TEST(MarketSession, TellsTheDeckWhenTheLastSymbolIsGone) {
  Visit visit;
  visit.change("subscribe",
               R"([{"type":"trades","symbols":["A"]},{"type":"book","symbols":["A"]}])");
  EXPECT_EQ(visit.change("unsubscribe", R"([{"type":"trades","symbols":["A"]}])"),
            Lines{R"(send {"type":"unsubscribed","channel":"trades","symbols":["A"]})"});
  EXPECT_EQ(visit.change("unsubscribe", R"([{"type":"book","symbols":["A","B"]}])"),
            (Lines{R"(send {"type":"unsubscribed","channel":"book","symbols":["A","B"]})",
                   "subscribed no"}));
}

TEST(MarketSession, GivesEverybodyWhatItDoesNotKnowAndNobodyWhatItSaysItself) {
  Visit visit;
  EXPECT_TRUE(visit.gets(R"({"type":"news","symbol":"BTC/USDT"})"));
  EXPECT_TRUE(visit.gets(R"({"type":"update","channel":"options","data":{"symbol":"S"}})"));
  EXPECT_TRUE(visit.gets("no json"));
  EXPECT_TRUE(visit.gets("\x01\x02", Opcode::binary));
  for (const char* name : {"authenticated", "subscribed_quotes", "unsubscribed_quotes", "pong",
                           "error_invalid_message", "connection_limit"}) {
    EXPECT_FALSE(visit.gets(payload(name))) << name;
  }
}

TEST(MarketSession, LetsMessagesWithoutASymbolPassEveryFilter) {
  Visit visit;
  const std::string about_all =
      R"({"type":"update","channel":"narratives","data":{"symbol":null,"narrative":"n"}})";
  EXPECT_FALSE(visit.gets(about_all));
  visit.change("subscribe", R"([{"type":"narratives","symbols":["ETH/USDT"]}])");
  EXPECT_TRUE(visit.gets(about_all));
  EXPECT_FALSE(visit.gets(payload("narratives")));
}

// --- heartbeat ---

TEST(MarketSession, PingsEvery30SecondsAndGoesOnWhileAnswered) {
  Visit visit;
  for (int i = 1; i <= 5; ++i) {
    const std::string number = std::to_string(i);
    EXPECT_EQ(visit.timer(kPing), (Lines{"ping " + number, "arm 2 10000", "arm 1 30000"}));
    EXPECT_EQ(visit.pong(number), Lines{"arm 2 off"});
  }
}

TEST(MarketSession, ClosesWhenNoPongComesWithin10Seconds) {
  Visit visit;
  EXPECT_EQ(visit.pong("0"), Lines{}) << "no ping was sent";
  visit.timer(kPing);
  for (const char* stranger : {"", "0", "2", "1x"}) EXPECT_EQ(visit.pong(stranger), Lines{});
  EXPECT_EQ(visit.timer(kPong), (Lines{"arm 1 off", "close 1008 pong timeout"}));
}

}  // namespace
}  // namespace tapedeck::testing
