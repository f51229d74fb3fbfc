// Whoever talks nonsense to a replay, an honest client gets everything at its time.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "replay/replay.h"
#include "schema/feeds/registry.h"
#include "tests/replay/net_support.h"
#include "tests/replay/probe.h"
#include "tests/replay/tape_maker.h"

namespace tapedeck {
namespace {

using testing::probe;
using testing::Probe;
using testing::RawClient;
using testing::Running;
using testing::TapeMaker;
using testing::TempDir;
using Log = std::vector<std::string>;

constexpr int kEvents = 300;

std::string event(int id) {
  return R"({"type":"EVENT","payload":{"id":)" + std::to_string(id) + R"(,"symbol":"BTCUSDT"}})";
}

// A socket of every feed, and the merged one.
const std::vector<std::string> kPaths = {
    "/tape?all=1",
    "/nexusglass/ws?token=k",
    "/nexusglass/ws/fastfeed?token=k&symbols=%00%ff,,&events=*",
    "/hypercall/ws?wallet=0xabc",
    "/marketai?key=k",
    "/marketai/",
    "/alterscope/v2/ws/factors?token=k&opportunities=a,b&alert_threshold=nan",
    "/alphahub/socket/websocket?vsn=2.0.0&api_token=t",
};

// Messages that no client of a service would send.
std::vector<std::string> nonsense(std::mt19937& random) {
  std::vector<std::string> messages = {
      "",
      "null",
      "[]",
      "[null,null,null,null,null]",
      R"(["1","2","algorithms:999999999999999999999","phx_join",{}])",
      R"({"type":7,"channel":{"a":[]},"symbols":"x"})",
      R"({"type":"Subscribe","channel":"trades","symbols":[1,null,{"a":"b"}]})",
      R"({"type":"Subscribe","channel":"trades","symbols":[")" + std::string(100'000, 'S') + "\"]}",
      R"({"op":"seek","to":"-99999999999999999999s"})",
      R"({"op":"seek","to":9223372036854775807})",
      R"({"op":"speed","value":-1})",
      R"({"op":"speed","value":"1e999"})",
      R"({"op":"step","count":9223372036854775807})",
      R"({"op":"explode"})",
      R"({"type":"auth","api_key":null})",
      std::string(20'000, '['),
      std::string(20'000, '{'),
      "{\"a\":" + std::string(1'000, '9') + "e" + std::string(100, '9') + "}",
      R"({"type":"PONG","type":"PONG","type":)",
  };
  for (int i = 0; i < 20; ++i) {
    std::string noise(random() % 200, '\0');
    for (char& c : noise) c = static_cast<char>(0x20 + random() % 0x5f);
    messages.push_back(noise);
  }
  return messages;
}

class ReplayHostileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    TapeMaker tape(folder.file("a.tape"));
    const auto events = tape.connection("nexusglass", "ws/fastfeed");
    for (int id = 1; id <= kEvents; ++id) tape.frame(events, 5 * id, event(id));
    tape.finish();
    ReplayOptions options;
    options.tapes = {folder.file("a.tape")};
    options.grace_ns = 0;
    auto made = make_replay(options);
    ASSERT_TRUE(made.ok()) << made.error().message;
    replay = std::make_unique<Running<ReplayServer>>(std::move(*made));
  }
  std::uint16_t port() { return replay->server().port(); }

  TempDir folder;
  std::unique_ptr<Running<ReplayServer>> replay;
};

TEST_F(ReplayHostileTest, NonsenseOnEverySocketDisturbsNobody) {
  Probe honest("ws " + replay->ws("/nexusglass/ws/fastfeed?token=k"));
  EXPECT_NE(honest.line().find("HANDSHAKE"), std::string::npos);
  std::mt19937 random(7);
  std::vector<std::unique_ptr<RawClient>> hostile;
  for (const std::string& path : kPaths) {
    hostile.push_back(std::make_unique<RawClient>(port()));
    RawClient& talker = *hostile.back();
    ASSERT_EQ(talker.open(path).status(), 101) << path;
    // What the deck's own buttons do is allowed to everybody: those are not pressed here.
    for (const std::string& message : nonsense(random)) talker.send_frame(Opcode::text, message);
    talker.send_frame(Opcode::binary, std::string("\x00\xff\x80", 3));
    talker.send_frame(Opcode::ping, "x");
    hostile.push_back(std::make_unique<RawClient>(port()));
    ASSERT_EQ(hostile.back()->open(path).status(), 101) << path;
    hostile.back()->send_frame(Opcode::text, "\xff\xfe not UTF-8");
    hostile.push_back(std::make_unique<RawClient>(port()));
    ASSERT_EQ(hostile.back()->open(path).status(), 101) << path;
    hostile.back()->send(std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10));
    hostile.push_back(std::make_unique<RawClient>(port()));
    hostile.back()->send("GET " + path);  // never to be finished
  }
  Log expected;
  for (int id = 1; id <= kEvents; ++id) expected.push_back("text " + event(id));
  expected.emplace_back("close 1000 end of tape");
  EXPECT_EQ(honest.rest(), expected);
}

TEST_F(ReplayHostileTest, WrongQuestionsAreAnsweredAndChangeNothing) {
  const std::vector<std::string> targets = {
      "/api/seek",           "/api/seek?to=",        "/api/seek?to=%2B999h",
      "/api/seek?to=-1",     "/api/seek?to=%00",     "/api/speed?value=0",
      "/api/speed?value=-1", "/api/speed?value=nan", "/api/speed?value=",
      "/api/step?count=0",   "/api/step?count=x",    "/api/step?count=99999999999999999999"};
  for (const std::string& target : targets) {
    const std::string answer = probe("http POST " + replay->http(target)).at(0);
    EXPECT_TRUE(answer.starts_with("400 {\"error\":")) << target << ": " << answer;
  }
  EXPECT_TRUE(probe("http POST " + replay->http("/api/explode")).at(0).starts_with("404 "));
  EXPECT_TRUE(probe("http GET " + replay->http("/api/play")).at(0).starts_with("405 "));
  const auto status =
      nlohmann::json::parse(probe("http GET " + replay->http("/api/status")).at(0).substr(4));
  EXPECT_EQ(status["pos_ns"], 0);
  EXPECT_EQ(status["playing"], false);
  EXPECT_EQ(status["speed"], 1);
}

TEST_F(ReplayHostileTest, AForeignPageReachesNeitherButtonsNorSockets) {
  for (const char* header :
       {"Origin: https://evil.example\r\n", "Origin: null\r\n", "Origin: http://localhost:1\r\n"}) {
    for (const std::string& path : kPaths)
      EXPECT_EQ(RawClient(port()).open(path, header).status(), 403) << header << path;
    EXPECT_EQ(RawClient(port())
                  .exchange("POST /api/play HTTP/1.1\r\nHost: localhost\r\n" + std::string(header) +
                            "\r\n")
                  .status(),
              403);
  }
  EXPECT_EQ(RawClient(port())
                .exchange("POST /api/play HTTP/1.1\r\nHost: rebound.example\r\n\r\n")
                .status(),
            403);
}

TEST(ReplayAccess, OffLoopbackATokenIsDemandedAndHoldsEverywhere) {
  TempDir folder;
  TapeMaker tape(folder.file("a.tape"));
  tape.frame(tape.connection("nexusglass", "ws/fastfeed"), 10, event(1));
  tape.finish();
  ReplayOptions options;
  options.tapes = {folder.file("a.tape")};
  options.server.host = "0.0.0.0";
  const auto refused = make_replay(options);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message,
            "--listen 0.0.0.0 can be reached from other machines: give --token, or listen on "
            "127.0.0.1");

  options.server.host = "127.0.0.1";
  options.server.token = "open sesame";
  auto made = make_replay(options);
  ASSERT_TRUE(made.ok()) << made.error().message;
  Running<ReplayServer> replay(std::move(*made));
  const std::uint16_t port = replay.server().port();
  for (const std::string& path : kPaths) {
    EXPECT_EQ(RawClient(port).open(path).status(), 401) << path;
    const std::string with = path + (path.find('?') == std::string::npos ? "?" : "&");
    EXPECT_EQ(RawClient(port).open(with + "deck_token=wrong").status(), 401) << path;
    EXPECT_EQ(RawClient(port).open(with + "deck_token=open%20sesame").status(), 101) << path;
  }
  for (const char* target : {"GET /api/status", "POST /api/play", "GET /nowhere"}) {
    const std::string head = std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n";
    EXPECT_EQ(RawClient(port).exchange(head + "\r\n").status(), 401) << target;
    EXPECT_NE(RawClient(port).exchange(head + "Authorization: Bearer open sesame\r\n\r\n").status(),
              401)
        << target;
  }
}

}  // namespace
}  // namespace tapedeck
