// `--faults` of `replay` and `sim` over real sockets.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "replay/replay.h"
#include "replay/sim.h"
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

std::string event(int id) {
  return R"({"type":"EVENT","payload":{"id":)" + std::to_string(id) + R"(,"symbol":"BTCUSDT"}})";
}

class ReplayFaultsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    TapeMaker tape(folder.file("a.tape"));
    const auto events = tape.connection("nexusglass", "ws/fastfeed");
    for (int id = 1; id <= 200; ++id) tape.frame(events, id, event(id));
    tape.finish();
  }
  std::unique_ptr<Running<ReplayServer>> run(const std::string& faults) {
    ReplayOptions options;
    options.tapes = {folder.file("a.tape")};
    options.max_speed = true;
    options.grace_ns = 20 * kNsPerMs;
    options.faults = faults;
    auto made = make_replay(options);
    EXPECT_TRUE(made.ok()) << made.error().message;
    return std::make_unique<Running<ReplayServer>>(std::move(*made));
  }
  // What a client gets after its handshake.
  static Log listen(const Running<ReplayServer>& replay) {
    Log got = probe("ws " + replay.ws("/nexusglass/ws/fastfeed?token=k"));
    if (!got.empty()) got.erase(got.begin());
    return got;
  }

  TempDir folder;
};

TEST_F(ReplayFaultsTest, TheSameSeedGivesTheSameBytesAtAnyPace) {
  const std::string spec = "drop:p=0.1;duplicate:p=0.1;corrupt:p=0.1;reorder:p=0.1;seed=3";
  const auto first = run(spec);
  const Log got = listen(*first);
  EXPECT_NE(got.size(), 201U);
  const auto second = run(spec);
  Probe paced("ws " + second->ws("/nexusglass/ws/fastfeed?token=k"));
  ASSERT_TRUE(probe("http POST " + second->http("/api/speed?value=5")).at(0).starts_with("200 "));
  EXPECT_NE(paced.line().find("HANDSHAKE"), std::string::npos);
  EXPECT_EQ(paced.rest(), got);
  const auto other = run("drop:p=0.1;duplicate:p=0.1;corrupt:p=0.1;reorder:p=0.1;seed=4");
  EXPECT_NE(listen(*other), got);
}

TEST_F(ReplayFaultsTest, AConnectionIsClosedWhereItIsSaid) {
  const auto by_number = run("close:frame=3,code=1012,reason=restart");
  EXPECT_EQ(listen(*by_number),
            (Log{"text " + event(1), "text " + event(2), "close 1012 restart"}));
  const auto by_time = run("close:at=+3ms,code=4000");
  EXPECT_EQ(listen(*by_time), (Log{"text " + event(1), "text " + event(2), "close 4000 "}));
  const auto cut = run("close:frame=1");
  EXPECT_EQ(listen(*cut), (Log{"close 1006 "}));
}

TEST_F(ReplayFaultsTest, TheyAreCountedInTheStatusAndTheSummary) {
  const auto replay = run("drop:frame=2;duplicate:frame=3;delay:frame=5,for=1ms");
  const Log got = listen(*replay);
  ASSERT_EQ(got.size(), 201U);
  EXPECT_EQ(got[1], "text " + event(3));
  EXPECT_EQ(got[2], "text " + event(3));
  EXPECT_EQ(got[198], "text " + event(199));
  EXPECT_EQ(got[199], "text " + event(200)) << "what was delayed comes before the end";
  const auto status =
      nlohmann::json::parse(probe("http GET " + replay->http("/api/status")).at(0).substr(4));
  EXPECT_EQ(status["faults"], nlohmann::json::parse(R"({"drop":1,"duplicate":1,"delay":1})"));
  replay->server().stop();
  EXPECT_TRUE(replay->wait().ok());
  EXPECT_NE(replay->server().summary().find("faults: 1 drop, 1 duplicate, 1 delay"),
            std::string::npos)
      << replay->server().summary();
}

TEST_F(ReplayFaultsTest, AStallSilencesPongsTooAndLosesNothing) {
  const auto replay = run("stall:frame=3,for=400ms");
  RawClient client(replay->server().port());
  ASSERT_EQ(client.open("/nexusglass/ws/fastfeed?token=k").status(), 101);
  EXPECT_TRUE(client.next_message().starts_with("text #")) << "the handshake";
  EXPECT_EQ(client.next_message(), "text " + event(1));
  EXPECT_EQ(client.next_message(), "text " + event(2));
  client.send_frame(Opcode::ping, "there?");
  Log got = client.messages_to_end();
  EXPECT_NE(got.front(), "pong there?") << "it has to wait behind what the stall held up";
  EXPECT_EQ(std::count(got.begin(), got.end(), "pong there?"), 1);
  std::erase(got, "pong there?");
  ASSERT_EQ(got.size(), 200U);
  EXPECT_EQ(got[0], "text " + event(3));
  EXPECT_EQ(got[197], "text " + event(200));
  EXPECT_EQ(got[198], "close 1000 end of tape");
}

TEST_F(ReplayFaultsTest, AWrongSpecIsRefused) {
  ReplayOptions options;
  options.tapes = {folder.file("a.tape")};
  options.faults = "drop";
  const auto made = make_replay(options);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().message,
            "--faults: drop: say when, with one of frame=N, at=TIME and p=PROBABILITY");
}

TEST(SimFaultsTest, TheSimulatorGoesWrongInTheSameWords) {
  SimOptions options;
  options.rate = 500;
  options.faults =
      "close:at=+1h;drop:p=0.5,feed=hypercall;"
      "close:frame=10,feed=nexusglass,code=1013,reason=try%20again";
  auto made = make_sim(options);
  ASSERT_TRUE(made.ok()) << made.error().message;
  const Running<SimServer> sim(std::move(*made));
  const Log got = probe("ws " + sim.ws("/nexusglass/ws/fastfeed?token=k"));
  EXPECT_EQ(got.size(), 1U + 9U + 1U) << "handshake, nine data frames (the snapshot too), the end";
  EXPECT_EQ(got.back(), "close 1013 try again");
}

}  // namespace
}  // namespace tapedeck
