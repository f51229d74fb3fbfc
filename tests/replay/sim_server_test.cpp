// `sim` as its users meet it, for every feed of the registry that says something without being
// asked, and one that is asked.
#include <gtest/gtest.h>

#include <mutex>

#include "replay/sim.h"
#include "tests/replay/probe.h"

namespace tapedeck {
namespace {

using testing::probe;
using testing::Probe;
using testing::Running;
using Log = std::vector<std::string>;

std::unique_ptr<Running<SimServer>> run(const SimOptions& options) {
  auto made = make_sim(options);
  EXPECT_TRUE(made.ok()) << made.error().message;
  return std::make_unique<Running<SimServer>>(std::move(*made));
}

TEST(SimServer, AClientGetsTheServicesWordsAndThenItsData) {
  SimOptions options;
  options.rate = 2'000;
  const auto sim = run(options);
  Probe client("ws " + sim->ws("/nexusglass/ws/fastfeed?token=k"));
  EXPECT_NE(client.line().find("HANDSHAKE"), std::string::npos);
  EXPECT_NE(client.line().find("SNAPSHOT"), std::string::npos);
  for (int i = 0; i < 100; ++i) {
    ASSERT_NE(client.line().find("EVENT"), std::string::npos);
  }
  sim->server().stop();
  EXPECT_EQ(client.rest().back(), "close 1001 ");
}

TEST(SimServer, TwoClientsOfOneStreamHearTheSame) {
  SimOptions options;
  options.rate = 500;
  std::mutex mutex;
  std::map<std::uint64_t, Log> sent;
  options.on_frame = [&](std::uint64_t peer, std::string_view feed, std::string_view endpoint,
                         Direction direction, Opcode opcode, std::string_view payload) {
    if (direction != Direction::out || opcode != Opcode::text) return;
    const std::lock_guard lock(mutex);
    EXPECT_EQ(feed, "hypercall");
    EXPECT_EQ(endpoint, "ws");
    sent[peer].emplace_back(payload);
  };
  const auto sim = run(options);
  const std::string subscribe =
      R"( --send '{"type":"Subscribe","channel":"trades"}' --send '{"type":"Subscribe","channel":"orderbook"}')";
  Probe first("ws " + sim->ws("/hypercall/ws") + subscribe);
  Probe second("ws " + sim->ws("/hypercall/ws") + subscribe);
  Log heard[2];
  for (int i = 0; i < 50; ++i) {
    heard[0].push_back(first.line());
    heard[1].push_back(second.line());
  }
  sim->server().stop();
  for (const std::string& line : first.rest()) heard[0].push_back(line);
  for (const std::string& line : second.rest()) heard[1].push_back(line);

  const std::lock_guard lock(mutex);
  ASSERT_EQ(sent.size(), 2U);
  for (Log& log : heard) {
    ASSERT_EQ(log.back(), "close 1001 ");
    log.pop_back();
    for (std::string& line : log) line.erase(0, 5);  // `text `
    const bool is_whole = log == sent.begin()->second || log == sent.rbegin()->second;
    EXPECT_TRUE(is_whole) << "what was sent is what was heard";
  }
  // Whoever came later heard a stretch of what the other one heard.
  const Log& shorter = heard[0].size() < heard[1].size() ? heard[0] : heard[1];
  const Log& longer = heard[0].size() < heard[1].size() ? heard[1] : heard[0];
  const Log tail(shorter.end() - 20, shorter.end());
  EXPECT_NE(std::search(longer.begin(), longer.end(), tail.begin(), tail.end()), longer.end());
}

TEST(SimServer, RestAnswersFromTheSameTimeline) {
  SimOptions options;
  options.epoch_ns = 0;
  const auto sim = run(options);
  const Log got =
      probe("http GET " + sim->http("/nexusglass/api/v1/fastfeed/events?after=0&token=k&limit=2"));
  ASSERT_EQ(got.size(), 1U);
  EXPECT_TRUE(got[0].starts_with(R"(200 {"events":[{)")) << got[0];
  EXPECT_EQ(probe("http GET " + sim->http("/nobody")),
            (Log{R"(404 {"error":"/nobody: no such path"})"}));
  EXPECT_EQ(probe("ws " + sim->ws("/nexusglass/ws")), (Log{"refused 401"}));
}

TEST(SimServer, OptionsThatCannotBeAreNamed) {
  SimOptions options;
  options.rate = 0;
  EXPECT_EQ(make_sim(options).error().message,
            "--rate must be a number of messages per second, more than 0 and at most 1000000");
  options.rate = 1;
  options.server.host = "0.0.0.0";
  EXPECT_EQ(make_sim(options).error().message,
            "--listen 0.0.0.0 can be reached from other machines: give --token, or listen on "
            "127.0.0.1");
}

}  // namespace
}  // namespace tapedeck
