// Topics and heartbeats on an open socket: what happened → what to do.
#include <gtest/gtest.h>

#include "tests/feeds/alphahub/driven.h"

namespace tapedeck::testing::alphahub {
namespace {

constexpr const char* kOne = R"("algorithms":[14])";
constexpr const char* kTwo = R"("algorithms":[14,16])";
constexpr const char* kOneNulls = R"("algorithms":[14],"refs":"nulls")";
constexpr const char* kTopic = "algorithms:14";
constexpr int kBeat = 1;

std::string join(const std::string& ref, const std::string& topic = kTopic) {
  return "send [" + ref + "," + ref + ",\"" + topic + R"(","phx_join",{}])";
}
std::string heartbeat(const std::string& ref) {
  return "send [null," + ref + R"(,"phoenix","heartbeat",{}])";
}
const std::string kReady = "ready algorithms:14";

TEST(AlphaHubClient, JoinsEveryTopicWithReferencesOfItsOwn) {
  Driven driven(kTwo);
  EXPECT_EQ(driven.begin(),
            (Actions{join(R"("1")"), "arm 10 10000", join(R"("2")", "algorithms:16"),
                     "arm 11 10000", "arm 1 15000"}));
  EXPECT_EQ(driven.reply(R"("2","2")", "algorithms:16"),
            (Actions{"arm 11 off", "ready algorithms:16"}));
  EXPECT_EQ(driven.reply(R"("1","1")", kTopic), (Actions{"arm 10 off", kReady}));
}

TEST(AlphaHubClient, SpeaksAsDocumentedWithNullReferences) {
  Driven driven(kOneNulls);
  EXPECT_EQ(driven.begin(),
            (Actions{"send " + testdata("alphahub", "join.json"), "arm 10 10000", "arm 1 15000"}));
  EXPECT_EQ(driven.receive(testdata("alphahub", "join_reply.json")),
            (Actions{"arm 10 off", kReady}));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(driven.fire(kBeat),
              (Actions{"send " + testdata("alphahub", "heartbeat.json"), "arm 1 15000"}));
    EXPECT_EQ(driven.receive(testdata("alphahub", "heartbeat_reply.json")), Actions{});
  }
}

TEST(AlphaHubClient, TakesADocumentedReplyThatEchoesNoReference) {
  Driven driven(kOne);
  driven.begin();
  EXPECT_EQ(driven.receive(testdata("alphahub", "join_reply.json")),
            (Actions{"arm 10 off", kReady}));
  EXPECT_EQ(driven.fire(kBeat), (Actions{heartbeat(R"("2")"), "arm 1 15000"}));
  driven.receive(testdata("alphahub", "heartbeat_reply.json"));
  EXPECT_EQ(driven.fire(kBeat), (Actions{heartbeat(R"("3")"), "arm 1 15000"}));
}

TEST(AlphaHubClient, LetsDataBeforeTheReplyPass) {
  Driven driven(kOne);
  driven.begin();
  EXPECT_EQ(driven.receive(R"([null,null,"algorithms:14","new_signals",{"open":[]}])"), Actions{});
  EXPECT_EQ(driven.reply(R"("1","1")", kTopic), (Actions{"arm 10 off", kReady}));
}

TEST(AlphaHubClient, IgnoresWhatIsAboutNothingOfItsOwn) {
  Driven driven(kOne);
  driven.begin();
  for (const char* text :
       {R"(["1","1","algorithms:15","phx_reply",{"response":{},"status":"ok"}])",
        R"(["9","9","algorithms:14","phx_reply",{"response":{},"status":"ok"}])",
        R"(["9","9","algorithms:14","phx_error",{}])",
        R"([null,null,"algorithms:15","phx_error",{}])",
        R"([null,"9","phoenix","phx_reply",{"response":{},"status":"ok"}])", "no json", "[]", "{}",
        R"([1,2,3,4,5])", R"(["1","1","algorithms:14","presence_state",{}])"}) {
    EXPECT_EQ(driven.receive(text), Actions{}) << text;
  }
}

// ---- heartbeat ----

TEST(AlphaHubClient, GivesUpAConnectionThatLeavesAHeartbeatUnanswered) {
  Driven driven(R"("algorithms":[14],"heartbeat_ms":2500)");
  driven.begin();
  driven.reply(R"("1","1")", kTopic);
  EXPECT_EQ(driven.fire(kBeat), (Actions{heartbeat(R"("2")"), "arm 1 2500"}));
  driven.reply(R"(null,"1")", "phoenix");  // to none of ours
  EXPECT_EQ(driven.fire(kBeat), Actions{"fail passing: heartbeat unanswered for 2500 ms"});
  EXPECT_EQ(driven.fire(kBeat), Actions{});
  EXPECT_EQ(driven.tell(R"("1","1")", kTopic, "phx_error"), Actions{});
}

TEST(AlphaHubClient, StartsAnewWithEachConnection) {
  Driven driven(kOne);
  driven.begin();
  driven.fire(kBeat);
  driven.fire(kBeat);
  EXPECT_EQ(driven.start(), Actions{kConnect});
  EXPECT_EQ(driven.open(), (Actions{join(R"("1")"), "arm 10 10000", "arm 1 15000"}));
  EXPECT_EQ(driven.fire(kBeat), (Actions{heartbeat(R"("2")"), "arm 1 15000"}));
}

// ---- losing and joining again ----

TEST(AlphaHubClient, JoinsACrashedTopicAgainAndLosesItAlone) {
  Driven driven(kTwo);
  driven.begin();
  driven.reply(R"("1","1")", kTopic);
  driven.reply(R"("2","2")", "algorithms:16");
  EXPECT_EQ(driven.tell(R"("1","1")", kTopic, "phx_error"),
            (Actions{"lost algorithms:14: the channel crashed", "arm 10 1000"}));
  EXPECT_EQ(driven.fire(10), (Actions{join(R"("3")"), "arm 10 10000"}));
  EXPECT_EQ(driven.reply(R"("3","3")", kTopic), (Actions{"arm 10 off", kReady}));
  EXPECT_EQ(driven.tell("null,null", "algorithms:16", "phx_close"),
            (Actions{"lost algorithms:16: the service closed the channel", "arm 11 1000"}));
}

TEST(AlphaHubClient, WaitsLongerEachTimeAndSaysTheLossOnce) {
  Driven driven(kOne);
  driven.begin();
  EXPECT_EQ(
      driven.refuse(R"("1","1")", kTopic, "join crashed"),
      (Actions{"lost algorithms:14: the service refused the join: join crashed", "arm 10 1000"}));
  int ref = 1;
  for (const char* delay : {"arm 10 2000", "arm 10 5000", "arm 10 10000", "arm 10 10000"}) {
    const std::string number = "\"" + std::to_string(++ref) + "\"";
    EXPECT_EQ(driven.fire(10), (Actions{join(number), "arm 10 10000"}));
    EXPECT_EQ(driven.refuse(number + "," + number, kTopic, "join crashed"), Actions{delay});
  }
}

TEST(AlphaHubClient, ForgetsFailuresOnceATopicHasLastedAHeartbeatsInterval) {
  Driven driven(kOne);
  driven.begin();
  int ref = 1;
  const auto quoted = [&] { return "\"" + std::to_string(ref) + "\""; };
  const auto fail_with = [&](int beats) {
    driven.reply(quoted() + "," + quoted(), kTopic);
    for (int i = 0; i < beats; ++i) {
      driven.fire(kBeat);
      ++ref;
      driven.reply("null," + quoted(), "phoenix");
    }
    const Actions actions = driven.tell("null,null", kTopic, "phx_error");
    driven.fire(10);
    ++ref;
    return actions.back();
  };
  EXPECT_EQ(fail_with(0), "arm 10 1000");
  EXPECT_EQ(fail_with(0), "arm 10 2000");
  EXPECT_EQ(fail_with(1), "arm 10 5000") << "not for a whole interval";
  EXPECT_EQ(fail_with(2), "arm 10 1000");
  EXPECT_EQ(fail_with(0), "arm 10 2000");
}

TEST(AlphaHubClient, TreatsAnUnansweredJoinAsALoss) {
  Driven driven(R"("algorithms":[14],"join_timeout_ms":4000)");
  driven.begin();
  EXPECT_EQ(driven.fire(10),
            (Actions{"lost algorithms:14: the join was not answered within 4 s", "arm 10 1000"}));
  EXPECT_EQ(driven.reply(R"("1","1")", kTopic), (Actions{"arm 10 off", kReady}))
      << "late, but it is an answer";
}

TEST(AlphaHubClient, GivesUpAnAlgorithmThatTheAccountMayNotSee) {
  Driven driven(kTwo);
  driven.begin();
  driven.reply(R"("1","1")", kTopic);
  EXPECT_EQ(driven.refuse(R"("2","2")", "algorithms:16", "unauthorized"),
            (Actions{"arm 11 off",
                     "lost algorithms:16: the service refused the join (unauthorized): take it out "
                     "of feeds.alphahub.algorithms, or use an account in feeds.alphahub.email that "
                     "has access to it"}));
  EXPECT_EQ(driven.fire(11), Actions{});
}

TEST(AlphaHubClient, StopsWhenTheAccountMaySeeNone) {
  Driven driven(kTwo);
  driven.begin();
  driven.refuse(R"("1","1")", kTopic, "unauthorized");
  const Actions actions = driven.refuse(R"("2","2")", "algorithms:16", "Forbidden");
  ASSERT_EQ(actions.size(), 3U);
  EXPECT_EQ(actions.back(),
            "fail permanent: the account has access to none of the algorithms (Forbidden): correct "
            "feeds.alphahub.algorithms, or use an account in feeds.alphahub.email that has access "
            "to them");
}

// ---- a second join of ours ----

TEST(AlphaHubClient, TakesTheCloseOfAnEarlierJoinForNoLoss) {
  Driven driven(kOne);
  driven.begin();
  driven.fire(10);  // the join went unanswered
  EXPECT_EQ(driven.fire(10), (Actions{join(R"("2")"), "arm 10 10000"}));
  EXPECT_EQ(driven.reply(R"("1","1")", kTopic), Actions{}) << "the second one's answer counts";
  EXPECT_EQ(driven.tell(R"("1","1")", kTopic, "phx_close"), Actions{});
  EXPECT_EQ(driven.reply(R"("2","2")", kTopic), (Actions{"arm 10 off", kReady}));
  EXPECT_EQ(driven.tell(R"("1","1")", kTopic, "phx_close"), Actions{});
  EXPECT_EQ(driven.tell(R"("2","2")", kTopic, "phx_close"),
            (Actions{"lost algorithms:14: the service closed the channel", "arm 10 2000"}));
}

TEST(AlphaHubClient, TakesTheCloseOfAnEarlierJoinForNoLossWithNullReferences) {
  Driven driven(kOneNulls);
  driven.begin();
  driven.fire(10);
  EXPECT_EQ(driven.fire(10), (Actions{join("null"), "arm 10 10000"}));
  EXPECT_EQ(driven.reply("null,null", kTopic), (Actions{"arm 10 off", kReady}));
  EXPECT_EQ(driven.tell("null,null", kTopic, "phx_close"), Actions{});
  EXPECT_EQ(driven.reply("null,null", kTopic), Actions{});
  EXPECT_EQ(driven.tell("null,null", kTopic, "phx_close"),
            (Actions{"lost algorithms:14: the service closed the channel", "arm 10 2000"}));
}

TEST(AlphaHubClient, CountsACloseAgainAfterAHeartbeatHasPassedAllAnswers) {
  Driven driven(kOneNulls);
  driven.begin();
  driven.fire(10);
  driven.fire(10);
  driven.reply("null,null", kTopic);  // the first join was never received
  driven.fire(kBeat);
  driven.reply("null,null", "phoenix");
  EXPECT_EQ(driven.tell("null,null", kTopic, "phx_close"),
            (Actions{"lost algorithms:14: the service closed the channel", "arm 10 2000"}));
}

TEST(AlphaHubClient, LosesATopicWhoseSecondJoinIsRefused) {
  Driven driven(kOneNulls);
  driven.begin();
  driven.fire(10);
  driven.fire(10);
  driven.reply("null,null", kTopic);
  driven.tell("null,null", kTopic, "phx_close");
  EXPECT_EQ(driven.refuse("null,null", kTopic, "busy"),
            (Actions{"lost algorithms:14: the service refused the join: busy", "arm 10 2000"}));
}

TEST(AlphaHubClient, TakesAStrayReplyAfterACrashForNoAnswer) {
  for (const char* config : {kOne, kOneNulls}) {
    Driven driven(config);
    driven.begin();
    driven.reply("null,null", kTopic);
    driven.tell("null,null", kTopic, "phx_error");
    EXPECT_EQ(driven.reply("null,null", kTopic), Actions{}) << config;
    EXPECT_EQ(driven.reply(R"("1","1")", kTopic), Actions{}) << config;
  }
}

}  // namespace
}  // namespace tapedeck::testing::alphahub
