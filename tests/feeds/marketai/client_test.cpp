// Market.ai's client: what happened → what it does.
#include <gtest/gtest.h>

#include "tests/feeds/marketai/driven_client.h"

namespace tapedeck::testing {
namespace {

const char* const kDocumentChannels =
    R"(,"ping_ms":0,"channels":[{"type":"quotes","symbols":["BTC/USDT","ETH/USDT"]},)"
    R"({"type":"signals"},{"type":"trades","symbols":["BTC/USDT"]}])";
const char* const kSubscribeDocumentChannels =
    R"(send {"action":"subscribe","channels":[{"type":"quotes","symbols":["BTC/USDT","ETH/USDT"]},)"
    R"({"type":"signals"},{"type":"trades","symbols":["BTC/USDT"]}]})";
const char* const kLimit = "Symbol limit (25) exceeded. Rejected: SOL/USDT, XRP/USDT";

TEST(MarketClient, ConnectsToTheEmptyPathWithItsKey) {
  EXPECT_EQ(Driven().start(), Lines{"connect ws://host/?key=KEY"});
  EXPECT_EQ(Driven(R"(,"auth":"query")").start(), Lines{"connect ws://host/?key=KEY"});
  EXPECT_EQ(Driven(R"(,"auth":"message")").start(), Lines{"connect ws://host/"});
  const auto plan = plan_of(marketai_feed(), R"({"api_key":"a+b/c= d&e"})");
  ActionLog log;
  plan->make_client("/", 0)->on_start(log);
  EXPECT_EQ(log.take(), Lines{"connect ws://host/?key=a%2Bb%2Fc%3D%20d%26e"});
}

TEST(MarketClient, AsksForAllChannelsInOneMessageAndIsReadyOneByOne) {
  Driven driven(kDocumentChannels);
  EXPECT_EQ(driven.client().streams(), (Lines{"quotes", "signals", "trades"}));
  driven.start();
  EXPECT_EQ(driven.open(), Lines{kSubscribeDocumentChannels});
  EXPECT_EQ(driven.document("subscribed_signals"), Lines{"ready signals"});
  EXPECT_EQ(driven.document("subscribed_quotes"), Lines{"ready quotes"});
  EXPECT_EQ(driven.document("subscribed_quotes"), Lines{}) << "once";
  EXPECT_EQ(driven.document("subscribed_trades"), Lines{"ready trades"});
}

TEST(MarketClient, AsksForEverythingUnlessToldOtherwise) {
  const Lines all = {"quotes",  "book",   "trades",     "signals",   "liquidations",
                     "funding", "klines", "narratives", "polymarket"};
  Driven driven;
  EXPECT_EQ(driven.client().streams(), all);
  driven.start();
  EXPECT_EQ(driven.open(),
            (Lines{R"(send {"action":"subscribe","channels":[{"type":"quotes"},{"type":"book"},)"
                   R"({"type":"trades"},{"type":"signals"},{"type":"liquidations"},)"
                   R"({"type":"funding"},{"type":"klines"},{"type":"narratives"},)"
                   R"({"type":"polymarket"}]})",
                   "arm 1 25000"}));
  for (const std::string& channel : all) {
    EXPECT_EQ(driven.subscribed(channel), Lines{"ready " + channel});
  }
}

TEST(MarketClient, AuthenticatesByItsFirstMessageWhenToldTo) {
  Driven driven(std::string(kDocumentChannels) + R"(,"auth":"message")");
  driven.start();
  EXPECT_EQ(driven.open(), Lines{R"(send {"action":"auth","key":"KEY"})"});
  EXPECT_EQ(driven.document("subscribed_quotes"), Lines{}) << "nothing is asked for yet";
  EXPECT_EQ(driven.document("authenticated"), Lines{kSubscribeDocumentChannels});
  EXPECT_EQ(driven.document("authenticated"), Lines{});
  EXPECT_EQ(driven.document("subscribed_quotes"), Lines{"ready quotes"});
}

TEST(MarketClient, PingsAsTheDocumentsExampleDoes) {
  Driven driven;
  EXPECT_EQ(driven.timer(kPing), Lines{}) << "not open yet";
  driven.begin();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(driven.timer(kPing), (Lines{R"(send {"action":"ping"})", "arm 1 25000"}));
    EXPECT_EQ(driven.document("pong"), Lines{});
  }
  driven.client().on_closed(1006, "");
  EXPECT_EQ(driven.timer(kPing), Lines{});

  Driven often(R"(,"channels":["quotes"],"ping_ms":1500)");
  often.start();
  EXPECT_EQ(often.open(),
            (Lines{R"(send {"action":"subscribe","channels":[{"type":"quotes"}]})", "arm 1 1500"}));
  for (const char* off : {"0", "null"}) {
    Driven never(R"(,"channels":["quotes"],"ping_ms":)" + std::string(off));
    never.start();
    EXPECT_EQ(never.open(), Lines{R"(send {"action":"subscribe","channels":[{"type":"quotes"}]})"});
    EXPECT_EQ(never.timer(kPing), Lines{});
  }
}

TEST(MarketClient, IgnoresDataAndStrangeMessagesWhileItWaits) {
  Driven driven(channels(R"(["trades"])"));
  driven.begin();
  EXPECT_EQ(driven.document("trades"), Lines{});
  EXPECT_EQ(driven.subscribed("quotes"), Lines{}) << "not asked for";
  EXPECT_EQ(driven.receive(R"({"type":"subscribed"})"), Lines{});
  EXPECT_EQ(driven.document("unsubscribed_quotes"), Lines{});
  EXPECT_EQ(driven.receive("nonsense"), Lines{});
  EXPECT_EQ(driven.receive("\x01\x02", Opcode::binary), Lines{});
  EXPECT_EQ(driven.subscribed("trades"), Lines{"ready trades"});
}

// --- refusals of a part ---

TEST(MarketClient, KeepsTheSymbolsThatWereAcceptedBeyondTheLimit) {
  for (const bool error_first : {true, false}) {
    Driven driven(channels(R"([{"type":"quotes","symbols":["BTC/USDT","SOL/USDT","XRP/USDT"]}])"));
    driven.begin();
    const std::string told = std::string("refused quotes: SOL/USDT, XRP/USDT refused (") +
                             "SYMBOL_LIMIT_EXCEEDED: " + kLimit + ")";
    const std::string untold = "refused quotes: SOL/USDT, XRP/USDT left out of the acknowledgement";
    if (error_first) {
      EXPECT_EQ(driven.document("error_symbol_limit_exceeded"), Lines{"arm 2 2000"});
    }
    EXPECT_EQ(driven.subscribed("quotes", R"(["BTC/USDT"])"),
              (Lines{error_first ? told : untold, "ready quotes"}));
    if (!error_first) {
      EXPECT_EQ(driven.document("error_symbol_limit_exceeded"), Lines{told}) << "now it says why";
    }
    EXPECT_EQ(driven.timer(kSettle), Lines{});
    driven.begin();
    EXPECT_EQ(driven.subscribed("quotes", R"(["BTC/USDT","SOL/USDT","XRP/USDT"])"),
              Lines{"ready quotes"})
        << "the next attempt is whole";
  }
}

TEST(MarketClient, PutsARejectedSymbolToTheChannelsThatLackIt) {
  const std::string config = channels(
      R"([{"type":"quotes","symbols":["BTC/USDT","SOL/USDT"]},{"type":"book","symbols":["SOL/USDT"]},)"
      R"({"type":"trades","symbols":["BTC/USDT"]}])");
  const std::string why = " refused (SYMBOL_LIMIT_EXCEEDED: Limit exceeded. Rejected: SOL/USDT)";
  const std::string limit = "Limit exceeded. Rejected: SOL/USDT";
  // One acknowledgement leaves it out: the refusal is explained, the other channel has it.
  Driven explained(config);
  explained.begin();
  explained.error("SYMBOL_LIMIT_EXCEEDED", limit);
  EXPECT_EQ(explained.subscribed("quotes", R"(["BTC/USDT"])"),
            (Lines{"refused quotes: SOL/USDT" + why, "ready quotes"}));
  EXPECT_EQ(explained.subscribed("book", R"(["SOL/USDT"])"), Lines{"ready book"});
  EXPECT_EQ(explained.subscribed("trades", R"(["BTC/USDT"])"), Lines{"ready trades"});

  // None does: it may be missing from each channel that asked for it.
  Driven echoed(config);
  echoed.begin();
  echoed.error("SYMBOL_LIMIT_EXCEEDED", limit);
  EXPECT_EQ(echoed.subscribed("quotes", R"(["BTC/USDT","SOL/USDT"])"), Lines{"ready quotes"});
  EXPECT_EQ(echoed.subscribed("book", "null"), Lines{"ready book"});
  EXPECT_EQ(
      echoed.subscribed("trades", R"(["BTC/USDT"])"),
      (Lines{"ready trades", "refused quotes: SOL/USDT" + why, "refused book: SOL/USDT" + why}));

  // A channel that is lost altogether lacks it.
  Driven lost(config);
  lost.begin();
  EXPECT_EQ(lost.subscribed("quotes", R"(["BTC/USDT","SOL/USDT"])"), Lines{"ready quotes"});
  EXPECT_EQ(lost.subscribed("trades", R"(["BTC/USDT"])"), Lines{"ready trades"});
  lost.error("SYMBOL_LIMIT_EXCEEDED", limit);
  EXPECT_EQ(lost.timer(kSettle), Lines{"lost book: SYMBOL_LIMIT_EXCEEDED: " + limit});

  Driven late(config);
  late.begin();
  late.subscribed("quotes", "null");
  late.subscribed("book", "null");
  late.subscribed("trades", "null");
  EXPECT_EQ(late.error("SYMBOL_LIMIT_EXCEEDED", limit),
            (Lines{"refused quotes: SOL/USDT" + why, "refused book: SOL/USDT" + why}));
}

TEST(MarketClient, AdmitsThatEverythingBecameAList) {
  Driven driven(channels(R"(["quotes","signals"])"));
  driven.begin();
  EXPECT_EQ(driven.subscribed("quotes", R"(["BTC/USDT","ETH/USDT"])"),
            (Lines{R"(refused quotes: everything but ["BTC/USDT","ETH/USDT"] left out of the )"
                   "acknowledgement",
                   "ready quotes"}));
  EXPECT_EQ(driven.subscribed("signals"), Lines{"ready signals"});
}

TEST(MarketClient, LosesAChannelOfWhichNothingWasAccepted) {
  const std::string why = std::string("SYMBOL_LIMIT_EXCEEDED: ") + kLimit;
  const std::string config = channels(
      R"([{"type":"quotes","symbols":["BTC/USDT"]},{"type":"book","symbols":["SOL/USDT"]},)"
      R"({"type":"trades","symbols":["XRP/USDT","SOL/USDT"]}])");
  Driven silent(config);
  silent.begin();
  silent.document("error_symbol_limit_exceeded");
  EXPECT_EQ(silent.subscribed("quotes", R"(["BTC/USDT"])"), Lines{"ready quotes"});
  EXPECT_EQ(silent.timer(kSettle), (Lines{"lost book: " + why, "lost trades: " + why}));
  EXPECT_EQ(silent.timer(kSettle), Lines{});

  Driven told(config);
  told.begin();
  told.document("error_symbol_limit_exceeded");
  EXPECT_EQ(told.subscribed("book", "[]"), Lines{"lost book: " + why});
  EXPECT_EQ(told.subscribed("book", "[]"), Lines{});
  Driven unexplained(config);
  unexplained.begin();
  EXPECT_EQ(unexplained.subscribed("book", "[]"),
            Lines{"lost book: the service accepted none of its symbols"});
  EXPECT_EQ(unexplained.subscribed("quotes", R"(["OTHER"])"),
            Lines{"lost quotes: the service accepted none of its symbols"});
}

TEST(MarketClient, TakesALateConfirmationAfterAll) {
  Driven driven(channels(R"(["quotes",{"type":"book","symbols":["SOL/USDT"]}])"));
  driven.begin();
  driven.subscribed("quotes");
  driven.document("error_symbol_limit_exceeded");
  EXPECT_EQ(driven.timer(kSettle),
            Lines{std::string("lost book: SYMBOL_LIMIT_EXCEEDED: ") + kLimit});
  EXPECT_EQ(driven.subscribed("book", R"(["SOL/USDT"])"), Lines{"ready book"});
  EXPECT_EQ(driven.subscribed("book", R"(["SOL/USDT"])"), Lines{});
}

TEST(MarketClient, ReadsAcknowledgementsWithoutOrWithOtherSymbolsKindly) {
  const struct {
    const char* symbols;
    const char* acknowledged;
  } cases[] = {
      {R"(["BTC/USDT"])", R"(["*"])"},
      {R"(["BTC/USDT"])", "null"},
      {R"(["BTC/USDT"])", "\"*\""},
      {R"(["BTC/USDT"])", R"(["ETH/USDT","BTC/USDT"])"},
      {"[]", "[]"},
      {"[]", R"(["*"])"},
  };
  for (const auto& c : cases) {
    Driven driven(channels(R"([{"type":"quotes","symbols":)" + std::string(c.symbols) + "}]"));
    driven.begin();
    EXPECT_EQ(driven.subscribed("quotes", c.acknowledged), Lines{"ready quotes"})
        << c.symbols << c.acknowledged;
  }
}

TEST(MarketClient, LosesTheInvalidChannelThatAnErrorNames) {
  Driven driven(kThree);
  driven.begin();
  EXPECT_EQ(driven.error("INVALID_CHANNEL", "Unknown channel: book"),
            (Lines{"lost book: INVALID_CHANNEL: Unknown channel: book", "arm 2 2000"}));
  EXPECT_EQ(driven.subscribed("quotes"), Lines{"ready quotes"});
  EXPECT_EQ(driven.subscribed("trades"), Lines{"ready trades"});
  EXPECT_EQ(driven.timer(kSettle), Lines{}) << "everything is answered";
}

TEST(MarketClient, AsksAgainForTheRestWhenAnInvalidChannelSpoiltTheWholeMessage) {
  Driven driven(kThree);
  driven.begin();
  EXPECT_EQ(
      driven.error("INVALID_CHANNEL", "Invalid channel type book; use quotes, book or trades"),
      (Lines{"lost book: INVALID_CHANNEL: Invalid channel type book; use quotes, book or trades",
             "arm 2 2000"}));
  EXPECT_EQ(
      driven.timer(kSettle),
      Lines{R"(send {"action":"subscribe","channels":[{"type":"quotes"},{"type":"trades"}]})"});
  EXPECT_EQ(driven.error("INVALID_CHANNEL", "Unknown channel: trades"),
            (Lines{"lost trades: INVALID_CHANNEL: Unknown channel: trades", "arm 2 2000"}));
  EXPECT_EQ(driven.timer(kSettle),
            Lines{R"(send {"action":"subscribe","channels":[{"type":"quotes"}]})"});
  EXPECT_EQ(driven.timer(kSettle), Lines{}) << "not for ever";
  EXPECT_EQ(driven.subscribed("quotes"), Lines{"ready quotes"});
}

TEST(MarketClient, PutsARefusalThatNamesNothingToWhatStaysUnanswered) {
  Driven part(kThree);
  part.begin();
  EXPECT_EQ(part.error("INVALID_CHANNEL", "No such channel"), Lines{"arm 2 2000"});
  EXPECT_EQ(part.subscribed("trades"), Lines{"ready trades"});
  EXPECT_EQ(part.timer(kSettle), (Lines{"lost book: INVALID_CHANNEL: No such channel",
                                        "lost quotes: INVALID_CHANNEL: No such channel"}));
  Driven all(kThree);
  all.begin();
  all.error("INVALID_CHANNEL", "No such channel");
  EXPECT_EQ(all.timer(kSettle), Lines{"fail passing: the service refused the subscription "
                                      "(INVALID_CHANNEL: No such channel)"});
}

TEST(MarketClient, StartsEveryAttemptAnew) {
  Driven driven(kDocumentChannels);
  for (int attempt = 0; attempt < 3; ++attempt) {
    EXPECT_EQ(driven.start(), Lines{"connect ws://host/?key=KEY"});
    EXPECT_EQ(driven.open(), Lines{kSubscribeDocumentChannels});
    // What the attempt before left behind: a lost channel, an unsettled refusal, a failure.
    EXPECT_EQ(driven.timer(kSettle), Lines{kSubscribeDocumentChannels});
    EXPECT_EQ(driven.timer(kSettle), Lines{});
    EXPECT_EQ(driven.document("subscribed_trades"), Lines{"ready trades"});
    driven.subscribed("quotes", "[]");
    driven.error("SYMBOL_LIMIT_EXCEEDED", "Symbol limit (0) exceeded");
    if (attempt == 1) driven.error("UNAUTHORIZED", "no");
    driven.client().on_closed(1006, "");
  }
}

}  // namespace
}  // namespace tapedeck::testing
