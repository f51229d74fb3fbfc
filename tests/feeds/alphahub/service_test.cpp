// The service's side: what a client sends or a deck serves → what the client gets.
#include <gtest/gtest.h>

#include <memory>

#include "schema/feeds/alphahub/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck::testing {
namespace {

using Actions = std::vector<std::string>;

constexpr const char* kEndpoint = "socket/websocket";
constexpr const char* kOk = R"({"response":{},"status":"ok"})";

class NoData final : public ServiceData {
 public:
  Ns now_ns() const override { return 0; }
  std::optional<SnapshotFrame> snapshot(std::string_view /*endpoint*/) override { return {}; }
  std::vector<std::string> history(const Query& /*query*/) override { return {}; }
};

class Visit {
 public:
  Visit() : normalizer_(alphahub_feed().make_normalizer(1)) {
    session_ = alphahub_feed().service().open_session(kEndpoint, HttpRequest{}, data_);
    session_->on_open(log_);
    opening = log_.take();
  }
  // What a message leads to, but for the timer that every message sets anew.
  Actions say(std::string_view text) {
    JsonDoc doc;
    doc.parse(text);
    session_->on_message(text, doc, log_);
    Actions actions = log_.take();
    if (!actions.empty() && actions.front() == "arm 1 60000") {
      actions.erase(actions.begin());
    } else if (!actions.empty()) {
      EXPECT_EQ(actions.front(), "arm 1 off") << text;
    }
    return actions;
  }
  Actions join(const std::string& topic) {
    return say(R"([null,null,")" + topic + R"(","phx_join",{}])");
  }
  bool gets(std::string_view payload, Opcode opcode = Opcode::text) {
    const Inbound inbound(kEndpoint, payload, 1'000, 0, opcode);
    const FrameTag tag = normalizer_->classify(inbound.frame());
    session_->on_data(ServedFrame{++frames_, kEndpoint, opcode, payload, tag}, log_);
    const Actions actions = log_.take();
    if (actions.empty()) return false;
    EXPECT_EQ(actions, Actions{"forward " + std::string(payload)});
    return true;
  }
  Actions tick() {
    session_->on_timer(1, log_);
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
  return testdata("alphahub", name + ".json");
}
std::string signals(const std::string& topic) {
  return R"([null,null,")" + topic + R"(","new_signals",{"open":[{"symbol":"X"}]}])";
}

TEST(AlphaHubService, HasOneEndpoint) {
  const Service& service = alphahub_feed().service();
  EXPECT_EQ(service.endpoint_of("/socket/websocket"), "socket/websocket");
  for (const char* path : {"/", "/socket", "/socket/websocket/", "/ws", "socket/websocket"}) {
    EXPECT_EQ(service.endpoint_of(path), std::nullopt) << path;
  }
}

TEST(AlphaHubService, AdmitsAnyTokenThatIsNotEmpty) {
  const struct {
    const char* target;
    int status;
  } cases[] = {{"/socket/websocket?vsn=2.0.0&api_token=x", 0},
               {"/socket/websocket?api_token=%20", 0},
               {"/socket/websocket?vsn=2.0.0&api_token=", 403},
               {"/socket/websocket?vsn=2.0.0", 403},
               {"/socket/websocket?vsn=2.0.0&token=x", 403}};
  for (const auto& one : cases) {
    HttpRequest request;
    request.target = parse_target(one.target);
    const auto reply = alphahub_feed().service().refuse(request);
    EXPECT_EQ(reply ? reply->status : 0, one.status) << one.target;
  }
}

TEST(AlphaHubSession, AnswersTheDocumentedMessages) {
  Visit visit;
  EXPECT_EQ(visit.opening, Actions{"arm 1 60000"});
  EXPECT_EQ(visit.say(payload("join")),
            (Actions{"send " + payload("join_reply"), "subscribed yes"}));
  EXPECT_EQ(visit.say(payload("heartbeat")), Actions{"send " + payload("heartbeat_reply")});
}

// As the service's example client does it: one join at a time, the next after its answer, then
// heartbeats, all with null references, and blanks as Python writes them.
TEST(AlphaHubSession, ServesTheDocumentedClient) {
  Visit visit;
  for (const char* id : {"14", "16", "17", "18"}) {
    const std::string topic = std::string("algorithms:") + id;
    const Actions actions = visit.say("[null, null, \"" + topic + "\", \"phx_join\", {}]");
    EXPECT_EQ(actions.front(), "send [null,null,\"" + topic + "\",\"phx_reply\"," + kOk + "]");
  }
  EXPECT_TRUE(visit.gets(payload("new_signals")));
  EXPECT_EQ(visit.say(R"([null, null, "phoenix", "heartbeat", {}])"),
            Actions{"send " + payload("heartbeat_reply")});
}

TEST(AlphaHubSession, EchoesTheClientsReferences) {
  Visit visit;
  EXPECT_EQ(visit.say(R"(["3","4","algorithms:7","phx_join",{"x":1},"more"])"),
            (Actions{std::string(R"(send ["3","4","algorithms:7","phx_reply",)") + kOk + "]",
                     "subscribed yes"}));
  EXPECT_EQ(visit.say(R"([null,"5","phoenix","heartbeat",{}])"),
            Actions{std::string(R"(send [null,"5","phoenix","phx_reply",)") + kOk + "]"});
  EXPECT_EQ(visit.say(R"([1,12345678901234567890,"algorithms:8","phx_join",{}])"),
            Actions{std::string(R"(send [1,12345678901234567890,"algorithms:8","phx_reply",)") +
                    kOk + "]"});
}

TEST(AlphaHubSession, RefusesTopicsThatTheServiceDoesNotHave) {
  const std::string refused =
      R"("phx_reply",{"response":{"reason":"unmatched topic"},"status":"error"}])";
  Visit visit;
  for (const char* topic :
       {"algorithms:", "algorithms:x", "algorithms:1 ", "lobby", "phoenix", ""}) {
    EXPECT_EQ(visit.say(std::string(R"(["1","2",")") + topic + R"(","phx_join",{}])"),
              Actions{std::string(R"(send ["1","2",")") + topic + "\"," + refused})
        << topic;
  }
  EXPECT_EQ(visit.say(R"([null,"2","algorithms:14","hello",{}])"),
            Actions{R"(send [null,"2","algorithms:14",)" + refused})
      << "not joined";
  EXPECT_EQ(visit.say(R"([null,"2","phoenix","hello",{}])"),
            Actions{R"(send [null,"2","phoenix",)" + refused});
}

TEST(AlphaHubSession, ClosesTheOldChannelBeforeItAnswersASecondJoin) {
  Visit visit;
  visit.say(R"(["1","1","algorithms:14","phx_join",{}])");
  EXPECT_EQ(visit.say(R"(["2","2","algorithms:14","phx_join",{}])"),
            (Actions{R"(send ["1","1","algorithms:14","phx_close",{}])",
                     std::string(R"(send ["2","2","algorithms:14","phx_reply",)") + kOk + "]"}));
  EXPECT_TRUE(visit.gets(signals("algorithms:14")));
  visit.join("algorithms:16");
  EXPECT_EQ(visit.join("algorithms:16"),
            (Actions{R"(send [null,null,"algorithms:16","phx_close",{}])",
                     std::string(R"(send [null,null,"algorithms:16","phx_reply",)") + kOk + "]"}));
}

TEST(AlphaHubSession, LeavesATopic) {
  Visit visit;
  visit.say(R"(["1","1","algorithms:14","phx_join",{}])");
  visit.join("algorithms:16");
  EXPECT_EQ(visit.say(R"(["9","3","algorithms:14","phx_leave",{}])"), Actions{})
      << "a join that is gone already";
  EXPECT_TRUE(visit.gets(signals("algorithms:14")));
  EXPECT_EQ(visit.say(R"(["1","3","algorithms:14","phx_leave",{}])"),
            (Actions{std::string(R"(send ["1","3","algorithms:14","phx_reply",)") + kOk + "]",
                     R"(send ["1","1","algorithms:14","phx_close",{}])"}));
  EXPECT_FALSE(visit.gets(signals("algorithms:14")));
  EXPECT_EQ(visit.say(R"([null,null,"algorithms:16","phx_leave",{}])"),
            (Actions{std::string(R"(send [null,null,"algorithms:16","phx_reply",)") + kOk + "]",
                     R"(send [null,null,"algorithms:16","phx_close",{}])", "subscribed no"}));
  EXPECT_EQ(visit.say(R"([null,"4","algorithms:16","phx_leave",{}])"),
            Actions{std::string(R"(send [null,"4","algorithms:16","phx_reply",)") + kOk + "]"});
}

TEST(AlphaHubSession, CrashesAChannelThatIsAskedForTheUnknown) {
  Visit visit;
  visit.say(R"(["1","1","algorithms:14","phx_join",{}])");
  EXPECT_EQ(visit.say(R"(["1","2","algorithms:14","buy",{}])"),
            (Actions{R"(send ["1","1","algorithms:14","phx_error",{}])", "subscribed no"}));
  EXPECT_FALSE(visit.gets(signals("algorithms:14")));
}

TEST(AlphaHubSession, ClosesForWhatIsNoMessageAndSaysNoMore) {
  for (const char* text : {"", "hello", "{}", "[]", R"([null,null,"algorithms:14","phx_join"])",
                           R"([null,null,14,"phx_join",{}])", R"([null,null,"t",null,{}])"}) {
    Visit visit;
    visit.join("algorithms:14");
    EXPECT_EQ(visit.say(text), (Actions{"arm 1 off", "close 1011 "})) << text;
    EXPECT_EQ(visit.join("algorithms:16"), Actions{});
    EXPECT_FALSE(visit.gets(signals("algorithms:14")));
    EXPECT_EQ(visit.tick(), Actions{});
  }
}

TEST(AlphaHubSession, DropsAClientThatIsSilentForAMinute) {
  Visit visit;
  EXPECT_EQ(visit.tick(), (Actions{"arm 1 off", "close 1000 "}));
  EXPECT_EQ(visit.tick(), Actions{});
}

TEST(AlphaHubSession, GivesEachTopicToThoseWhoJoinedIt) {
  Visit visit;
  EXPECT_FALSE(visit.gets(signals("algorithms:14")));
  visit.join("algorithms:14");
  EXPECT_TRUE(visit.gets(signals("algorithms:14")));
  EXPECT_FALSE(visit.gets(signals("algorithms:140")));
  EXPECT_FALSE(visit.gets(payload("new_signals")));
  visit.join("algorithms:16");
  EXPECT_TRUE(visit.gets(payload("new_signals")));
}

TEST(AlphaHubSession, GivesEverybodyWhatItDoesNotKnowAndNobodyWhatItSaysItself) {
  Visit visit;
  EXPECT_TRUE(visit.gets(R"([null,null,"algorithms:14","presence_state",{}])"));
  EXPECT_TRUE(visit.gets("no json"));
  EXPECT_TRUE(visit.gets(std::string_view("\x01\x02", 2), Opcode::binary));
  visit.join("algorithms:14");
  for (const char* name :
       {"join_reply", "join_refused", "heartbeat_reply", "phx_error", "phx_close"}) {
    EXPECT_FALSE(visit.gets(payload(name))) << name;
  }
}

}  // namespace
}  // namespace tapedeck::testing
