// The services' own example programs (tests/clients/documented) against `replay` and `sim`: they
// change their host alone and get the recorded bytes. What they must get is worked out here from
// the tape, the documents and the rules of a replay, with another JSON library than the product's
// and without its sessions.
#include <gtest/gtest.h>

#include <deque>
#include <thread>
#include <vector>

#include "tests/loopback/documented_feeds.h"
#include "tests/loopback/harness.h"
#include "tests/support/temp_dir.h"

namespace tapedeck {
namespace {

using namespace testing;
using nlohmann::json;

const std::string kPython =
    "/usr/bin/python3 " TAPEDECK_SOURCE_DIR "/tests/clients/run_documented.py";
const std::string kJavaScript = "node " TAPEDECK_SOURCE_DIR "/tests/clients/run_documented.mjs";

const std::vector<Example> kExamples = {
    {.name = "AlterscopePython",
     .runner = kPython,
     .program = "alterscope.py",
     .feed = "alterscope",
     .endpoint = "v2/ws/factors",
     .channels = {{"factors", {"hyperliquid-btc-basis", "aave-usdc-lending"}}},
     .kinds = {"factor.changed"},
     .faster = ""},
    {.name = "AlphahubPython",
     .runner = kPython,
     .program = "alphahub.py",
     .feed = "alphahub",
     .endpoint = "socket/websocket",
     .channels = {{"algorithms:14", {}},
                  {"algorithms:16", {}},
                  {"algorithms:17", {}},
                  {"algorithms:18", {}}},
     .kinds = {"new_signals"},
     .faster = ""},
    {.name = "NexusglassPython",
     .runner = kPython,
     .program = "nexusglass.py",
     .feed = "nexusglass",
     .endpoint = "ws/fastfeed",
     .channels = {},
     .kinds = {"SNAPSHOT", "EVENT"},
     .faster = ""},
    {.name = "HypercallPython",
     .runner = kPython,
     .program = "hypercall.py",
     .feed = "hypercall",
     .endpoint = "ws",
     .channels = {{"orderbook", {}}, {"fills", {"BTC"}}},
     .kinds = {"OrderbookUpdate", "Fill"},
     .faster = ""},
    {.name = "HypercallTypeScript",
     .runner = kJavaScript,
     .program = "hypercall.mjs",
     .feed = "hypercall",
     .endpoint = "ws",
     .channels = {{"orderbook", {}}, {"order_updates", {"BTC"}}},
     .kinds = {"OrderbookUpdate", "OrderUpdate"},
     .faster = ""},
    {.name = "MarketaiPython",
     .runner = kPython,
     .program = "marketai.py",
     .feed = "marketai",
     .endpoint = "/",
     .channels = {{"quotes", {"BTC/USDT"}}, {"signals", {}}},
     .kinds = {"quotes", "signals"},
     .faster = ""},
    // Its pings go every 25 s: here every 25 ms.
    {.name = "MarketaiJavaScript",
     .runner = kJavaScript,
     .program = "marketai.mjs",
     .feed = "marketai",
     .endpoint = "/",
     .channels = {{"quotes", {"BTC/USDT", "ETH/USDT"}}, {"signals", {}}},
     .kinds = {"quotes", "signals"},
     .faster = "1000"},
};

class DocumentedClients : public ::testing::Test {
 protected:
  void record() {
    SimOptions options;
    options.rate = 3'000;
    SimulatedServices services(options);
    Recording recording(config_for(services.host()), directory_.path());
    recording.wait_until_ready();
    // A fill or an order of one symbol comes once in many messages.
    services.wait_until_sent(extent().connections, 500);
    tape_ = recording.stop();
  }

  // What the tape has for the example.
  Lines recorded_for(const Example& example) const {
    const auto messages =
        frames_of(tape_, Direction::in,
                  [](const std::string&, const InFrame& frame) { return is_data(frame.opcode); });
    const Lines data = data_of(example, messages.at(example.feed + "/" + example.endpoint));
    Lines wanted = only(data, [&](const json& message) { return is_for(example, message); });
    // The tape would prove little without something of everything, also for others.
    EXPECT_EQ(kinds_of(example.feed, wanted), example.kinds);
    const Lines others = only(data, [&](const json& message) { return !is_for(example, message); });
    for (const auto& [channel, symbols] : example.channels) {
      const auto is_on_channel = [&, &name = channel](const json& message) {
        return channel_of(example.feed, message) == name;
      };
      EXPECT_EQ(only(others, is_on_channel).empty(), symbols.empty()) << channel;
    }
    return wanted;
  }

  static Lines data_of(const Example& example, const Lines& messages) {
    return only(messages, [&](const json& message) { return !is_protocol(example.feed, message); });
  }

  // The program of one kind that pings gets its answers, as documented.
  static void expect_answered_pings(const Example& example, const Lines& received) {
    const Lines pongs = only(received, [&](const json& message) {
      return is_protocol(example.feed, message) && is_heartbeat(example.feed, message) &&
             kind_of(example.feed, message) != "PING";
    });
    EXPECT_EQ(pongs.empty(), example.faster.empty());
    for (const std::string& line : pongs) EXPECT_EQ(parsed(line), documented(example.feed, "pong"));
  }

  // `client` has finished.
  void expect_recorded(const Example& example, const ExampleProgram& client) const {
    SCOPED_TRACE(example.name);
    expect_documented_beginning(example, client.received);
    expect_answered_pings(example, client.received);
    expect_same(data_of(example, client.received), recorded_for(example));
    EXPECT_EQ(client.prints, prints_of(example, client.received));
    EXPECT_EQ(client.closed, Lines{"1000 end of tape"});
  }

  ReplayOptions options() const {
    ReplayOptions options;
    options.tapes = {tape_};
    options.exit_at_end = true;
    return options;
  }

  const TempDir directory_;
  std::string tape_;
};

class EachDocumentedClient : public DocumentedClients,
                             public ::testing::WithParamInterface<Example> {};

TEST_P(EachDocumentedClient, GetsTheRecordedBytesAtFullSpeedAndAtAMultipleOfTheRecordedPace) {
  record();
  for (const bool max_speed : {true, false}) {
    SCOPED_TRACE(max_speed);
    ReplayOptions replay = options();
    replay.max_speed = max_speed;
    replay.speed = 3;
    Replaying replaying(replay);
    ExampleProgram client(GetParam(), replaying.host(), directory_.path());
    client.finish();
    expect_recorded(GetParam(), client);
  }
}

// What the program prints once it has had something of everything.
std::set<std::string> printed_kinds(const Example& example) {
  if (example.feed == "nexusglass") return {"[P0] ", "[P1] ", "[P2] "};
  if (example.feed == "alphahub") return {"SIGNAL 14", "SIGNAL 16", "SIGNAL 17", "SIGNAL 18"};
  if (example.feed == "alterscope") return {"hyperliquid-btc-basis ", "aave-usdc-lending "};
  return example.kinds;
}

TEST_P(EachDocumentedClient, GetsTheDocumentedFlowFromTheSimulatedService) {
  const Example& example = GetParam();
  SimOptions sim;
  sim.rate = 400;
  SimulatedServices services(sim);
  ExampleProgram client(example, services.host(), directory_.path());
  EXPECT_TRUE(client.wait_for(60, printed_kinds(example)));
  services.stop();
  client.finish();

  expect_documented_beginning(example, client.received);
  const Lines data = data_of(example, client.received);
  EXPECT_EQ(kinds_of(example.feed, data), example.kinds);
  for (const std::string& line : data) {
    EXPECT_TRUE(is_for(example, parsed(line))) << line;
    expect_documented_shape(example.feed, parsed(line));
  }
  ASSERT_EQ(services.conversations().size(), 1U);
  Lines sent = services.conversations().front().sent;
  std::erase_if(sent, [](const std::string& line) {
    return !line.starts_with("1 ") && !line.starts_with("2 ");
  });
  expect_same(client.received, sent);
  EXPECT_EQ(client.prints, prints_of(example, client.received));
  EXPECT_EQ(client.closed, Lines{"1001 "});
}

INSTANTIATE_TEST_SUITE_P(Example, EachDocumentedClient, ::testing::ValuesIn(kExamples),
                         [](const auto& example) { return example.param.name; });

TEST_F(DocumentedClients, AllOfThemOnOneDeckGetTheRecordedBytes) {
  record();
  ReplayOptions replay = options();
  replay.speed = 2;
  replay.wait_clients = static_cast<int>(kExamples.size());
  Replaying replaying(replay);
  std::deque<ExampleProgram> clients;
  for (const Example& example : kExamples)
    clients.emplace_back(example, replaying.host(), directory_.path());
  // All at once: who is not listened to stops reading when its pipe is full.
  std::vector<std::thread> listeners;
  for (ExampleProgram& client : clients) listeners.emplace_back([&client] { client.finish(); });
  for (std::thread& listener : listeners) listener.join();
  for (std::size_t i = 0; i < kExamples.size(); ++i) expect_recorded(kExamples[i], clients[i]);
}

}  // namespace
}  // namespace tapedeck
