// The flow of AlphaHub's public client (tests/clients/alphahub_client.py), which the documents' own
// programs leave to it, against `sim` and `replay`: login by a form, one join at a time with null
// references, heartbeats only after silence of its own.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/loopback/documented_feeds.h"
#include "tests/loopback/harness.h"
#include "tests/replay/probe.h"
#include "tests/support/temp_dir.h"

namespace tapedeck {
namespace {

using namespace testing;
using nlohmann::json;

// The heartbeat's 15 s would make the tests wait: the client's interval is a parameter, and what a
// service answers does not depend on it.
constexpr const char* kHeartbeatS = "0.02";
const std::string kHeartbeat = R"([null,null,"phoenix","heartbeat",{}])";

std::string join_of(const std::string& topic) {
  return R"([null,null,")" + topic + R"(","phx_join",{}])";
}

// The client at work on `host` (`127.0.0.1:PORT`).
class PublicClient {
 public:
  PublicClient(const std::string& host, const std::vector<std::string>& ids)
      : program_("/usr/bin/python3 " TAPEDECK_SOURCE_DIR
                 "/tests/clients/alphahub_client.py http://" +
                 host + "/alphahub ws://" + host + "/alphahub " + kHeartbeatS + " " + words(ids)) {
    for (const std::string& id : ids) topics.push_back("algorithms:" + id);
  }

  // Waits until as many heartbeats were answered and as many signals came; false when it ended.
  bool wait_for(std::size_t heartbeats, std::size_t signals) {
    while (answered_heartbeats < heartbeats || pushes().size() < signals) {
      if (!read_line()) return false;
    }
    return true;
  }

  void finish() {
    while (read_line()) continue;
    program_.expect_success();
  }

  Lines of(const std::string& what) const {
    Lines out;
    for (const auto& [kind, text] : transcript) {
      if (kind == what) out.push_back(text);
    }
    return out;
  }
  // What was pushed to it, as `1 PAYLOAD`.
  const Lines& pushes() const { return pushes_; }

  std::vector<std::pair<std::string, std::string>> transcript;  // (what, text), in order
  std::vector<std::string> topics;
  std::size_t answered_heartbeats = 0;

 private:
  static std::string words(const std::vector<std::string>& ids) {
    std::string out;
    for (const std::string& id : ids) out += id + " ";
    return out;
  }

  bool read_line() {
    const auto line = program_.line();
    if (!line) return false;
    const std::size_t blank = line->find(' ');
    transcript.emplace_back(line->substr(0, blank), line->substr(blank + 1));
    if (transcript.back().first != "got") return true;
    const json message = json::parse(transcript.back().second);
    if (message.at(2) == "phoenix") ++answered_heartbeats;
    if (message.at(3) == "new_signals") pushes_.push_back("1 " + transcript.back().second);
    return true;
  }

  PipedProgram program_;
  Lines pushes_;
};

// "The API authenticates …", "Response", "Heartbeat response": the transcript is the README's.
void expect_documented_flow(const PublicClient& client) {
  const Lines logins = client.of("login");
  ASSERT_EQ(logins.size(), 1U);
  ASSERT_EQ(client.transcript.front().first, "login");
  ASSERT_TRUE(logins[0].starts_with("200 ")) << logins[0];
  const json session = json::parse(logins[0].substr(4));
  for (const auto& [key, value] : documented("alphahub", "session").at("data").items())
    EXPECT_FALSE(session.at("data").at(key).get<std::string>().empty()) << key;

  Lines awaited;  // topics asked for and not answered yet: one at a time
  std::set<std::string> joined;
  std::size_t heartbeats = 0;
  for (const auto& [what, text] : client.transcript) {
    if (what == "sent" && text == kHeartbeat) ++heartbeats;
    if (what == "sent" && text != kHeartbeat) {
      ASSERT_TRUE(awaited.empty()) << text;
      ASSERT_LT(joined.size(), client.topics.size());
      awaited.push_back(client.topics[joined.size()]);
      EXPECT_EQ(text, join_of(awaited[0]));
    }
    if (what != "got") continue;
    const json message = json::parse(text);
    const std::string topic = message.at(2).get<std::string>();
    if (topic == "phoenix") {
      EXPECT_EQ(message, documented("alphahub", "heartbeat_reply"));
    } else if (message.at(3) == "phx_reply") {
      ASSERT_EQ(awaited, Lines{topic});
      json reply = documented("alphahub", "join_reply");
      reply.at(2) = topic;
      EXPECT_EQ(message, reply);
      awaited.clear();
      joined.insert(topic);
    } else {
      // Signals may come before a reply, but for what was asked for alone.
      EXPECT_TRUE(joined.contains(topic) || awaited == Lines{topic}) << text;
      EXPECT_EQ(message.at(3), "new_signals");
    }
  }
  EXPECT_EQ(joined.size(), client.topics.size());
  // The last ones may find the service gone.
  EXPECT_LE(client.answered_heartbeats, heartbeats);
  EXPECT_GT(client.answered_heartbeats, 0U);
}

TEST(AlphahubPublicClient, IsServedByTheSimulatedServiceAsDocumented) {
  SimOptions options;
  options.rate = 200;  // what the client is behind by it has to read within the stop's two seconds
  SimulatedServices services(options);
  PublicClient client(services.host(), {"14", "16", "17", "18"});
  EXPECT_TRUE(client.wait_for(3, 100));
  services.stop();
  client.finish();

  expect_documented_flow(client);
  ASSERT_EQ(services.conversations().size(), 1U);
  const Conversation conversation = services.conversations().front();
  const auto texts = [](Lines lines) {
    std::erase_if(lines, [](const std::string& line) { return !line.starts_with("1 "); });
    for (std::string& line : lines) line.erase(0, 2);
    return lines;
  };
  expect_same(client.of("got"), texts(conversation.sent));
  // Its last heartbeats may find the service gone.
  const Lines received = texts(conversation.received);
  Lines sent = client.of("sent");
  ASSERT_LE(received.size(), sent.size());
  sent.resize(received.size());
  expect_same(received, sent);
  EXPECT_EQ(client.of("close"), Lines{"1001 "});
}

class AlphahubReplay : public ::testing::Test {
 protected:
  void SetUp() override {
    SimOptions options;
    options.rate = 1'000;
    SimulatedServices services(options);
    Recording recording(config_for(services.host()), directory_.path());
    recording.wait_until_ready();
    services.wait_until_sent(extent().connections, 60);
    tape_ = recording.stop();
  }

  void expect_recorded(const std::vector<std::string>& ids, ReplayOptions options) {
    options.tapes = {tape_};
    options.exit_at_end = true;
    options.paused = true;
    Replaying replaying(options);
    PublicClient client(replaying.host(), ids);
    // Heartbeats begin once it has joined everything.
    EXPECT_TRUE(client.wait_for(1, 0));
    EXPECT_EQ(probe("http POST http://" + replaying.host() + "/api/play").size(), 1U);
    client.finish();
    expect_documented_flow(client);
    EXPECT_EQ(client.of("close"), Lines{"1000 end of tape"});
    const auto frames =
        frames_of(tape_, Direction::in, [](const std::string& feed, const InFrame& frame) {
          return feed == "alphahub" && is_data(frame.opcode);
        });
    const Lines wanted = only(frames.at("alphahub/socket/websocket"), [&](const json& message) {
      return message.at(3) == "new_signals" && std::find(client.topics.begin(), client.topics.end(),
                                                         message.at(2)) != client.topics.end();
    });
    EXPECT_GT(wanted.size(), 20U);
    expect_same(client.pushes(), wanted);
  }

  const TempDir directory_;
  std::string tape_;
};

TEST_F(AlphahubReplay, GivesThePublicClientTheRecordedBytesAtTheRecordedPace) {
  expect_recorded({"14", "16", "17", "18"}, {});
}

TEST_F(AlphahubReplay, GivesThePublicClientTheTopicsThatItJoinedAtFullSpeed) {
  ReplayOptions options;
  options.max_speed = true;
  expect_recorded({"18", "14"}, options);
}

}  // namespace
}  // namespace tapedeck
