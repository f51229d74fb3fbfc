// The services' own example programs (tests/clients/documented) against `replay` and `sim`: they
// change their host alone and get the recorded bytes. What they must get is worked out here from
// the tape, the documents and the rules of a replay, with another JSON library than the product's
// and without its sessions.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "tests/loopback/example_program.h"
#include "tests/loopback/harness.h"
#include "tests/support/temp_dir.h"

namespace tapedeck {
namespace {

using json = nlohmann::json;
using testing::Example;
using testing::ExampleProgram;
using testing::Lines;
using testing::Recording;
using testing::Replaying;
using testing::SimulatedServices;
using testing::TempDir;

const Example kNexusglass{
    "NexusglassPython",
    "/usr/bin/python3 " TAPEDECK_SOURCE_DIR "/tests/clients/run_documented.py",
    "nexusglass.py",
    "nexusglass",
    "ws/fastfeed",
    {},
    {"SNAPSHOT", "EVENT"}};
const Example kHypercallPython{"HypercallPython",
                               kNexusglass.runner,
                               "hypercall.py",
                               "hypercall",
                               "ws",
                               {{"orderbook", ""}, {"fills", "BTC"}},
                               {"OrderbookUpdate", "Fill"}};
const Example kHypercallTypeScript{"HypercallTypeScript",
                                   "node " TAPEDECK_SOURCE_DIR "/tests/clients/run_documented.mjs",
                                   "hypercall.mjs",
                                   "hypercall",
                                   "ws",
                                   {{"orderbook", ""}, {"order_updates", "BTC"}},
                                   {"OrderbookUpdate", "OrderUpdate"}};

// A message's JSON; of a key that stands twice the last counts, as in Python and JavaScript.
json parsed(const std::string& line) {
  return json::parse(line.substr(2));
}
std::string type_of(const json& message) {
  return message.at("type").get<std::string>();
}

json documented(const std::string& feed, const std::string& name) {
  std::ifstream file(TAPEDECK_SOURCE_DIR "/tests/feeds/" + feed + "/testdata/" + name + ".json");
  return json::parse(file);
}

// --- What the documents and the rules of a replay say.

// NexusGlass and Hypercall, "Message Types", "Subscribing to Channels": messages that a server says
// for itself.
bool is_protocol(const json& message) {
  static const std::set<std::string> kTypes = {"HANDSHAKE",    "PING",          "PONG",
                                               "ERROR",        "Authenticated", "Subscribed",
                                               "Unsubscribed", "Error",         "ClockSynced"};
  return kTypes.contains(type_of(message));
}

// Hypercall, "Available Channels" and "Message Types"; "" for a type that no channel has.
std::string channel_of(const json& message) {
  static const std::map<std::string, std::string> kChannels = {
      {"OrderbookUpdate", "orderbook"},
      {"Trade", "trades"},
      {"MarketUpdate", "market_updates"},
      {"OptionsChainUpdate", "options_chain"},
      {"IndexPriceUpdate", "index_prices"},
      {"OrderUpdate", "order_updates"},
      {"Fill", "fills"},
      {"PortfolioUpdate", "portfolio"},
      {"PositionExpired", "portfolio"},
      {"LiquidationStateChange", "liquidation"},
      {"CompetitionPnlSummary", "competition"},
      // PortfolioUpdate with a second "type".
      {"Initial", "portfolio"},
      {"PositionUpdate", "portfolio"},
      {"BalanceUpdate", "portfolio"},
      {"MarginUpdate", "portfolio"},
      {"GreeksUpdate", "portfolio"}};
  const std::string type = type_of(message);
  if (type.starts_with("Candle")) return "candles";
  const auto found = kChannels.find(type);
  return found == kChannels.end() ? "" : found->second;
}

// "" where the message has no symbol; `BTC` of `BTC-20260131-100000-C`.
std::string underlying_of(const json& message) {
  const json& holder = message.contains("request") ? message.at("request") : message;
  const std::string symbol = holder.value("symbol", "");
  return symbol.substr(0, symbol.find('-'));
}

// Whether a data message is for the example. A program without channels gets its whole endpoint, an
// unknown type everybody, a message without a symbol everybody on its channel.
bool is_for(const Example& example, const json& message) {
  const std::string channel = channel_of(message);
  if (example.channels.empty() || channel.empty()) return true;
  return std::any_of(example.channels.begin(), example.channels.end(), [&](const auto& wanted) {
    const std::string underlying = underlying_of(message);
    return wanted.first == channel &&
           (wanted.second.empty() || underlying.empty() || underlying == wanted.second);
  });
}

// What the example prints of these messages. The confidence is left out: its digits are Python's.
Lines prints_of(const Example& example, const Lines& messages) {
  Lines prints;
  for (const std::string& line : messages) {
    const json message = parsed(line);
    const std::string type = type_of(message);
    if (example.feed == "hypercall") {
      prints.push_back("Received: " + type);
      if (example.program != "hypercall.mjs" || type != "OrderbookUpdate") continue;
      prints.push_back(message.at("symbol").get<std::string>() + ": " +
                       std::to_string(message.at("bids").size()) + " bids, " +
                       std::to_string(message.at("asks").size()) + " asks");
    } else if (type == "HANDSHAKE") {
      prints.push_back("Connected: tier=" + message.at("payload").at("tier").get<std::string>());
    } else if (type == "EVENT") {
      const json& event = message.at("payload");
      prints.push_back("[" + event.at("priority").get<std::string>() + "] " +
                       event.at("type").get<std::string>() + " " +
                       event.at("symbol").get<std::string>());
    }
  }
  return prints;
}

// --- Comparing.

void expect_same(const Lines& got, const Lines& wanted) {
  EXPECT_EQ(got.size(), wanted.size());
  const std::size_t both = std::min(got.size(), wanted.size());
  for (std::size_t i = 0; i < both; ++i)
    ASSERT_EQ(got[i], wanted[i]) << "the first difference, at " << i;
}

Lines only(const Lines& messages, const std::function<bool(const json&)>& keep) {
  Lines out;
  for (const std::string& line : messages) {
    if (keep(parsed(line))) out.push_back(line);
  }
  return out;
}

std::set<std::string> kinds_of(const Lines& messages) {
  std::set<std::string> kinds;
  for (const std::string& line : messages) kinds.insert(type_of(parsed(line)));
  return kinds;
}

// What comes before any data: NexusGlass, "Handshake (on connect)" and "Connection lifecycle";
// Hypercall, "Subscribing to Channels".
void expect_documented_beginning(const Example& example, const Lines& received) {
  Lines said = only(received, [](const json& message) {
    return is_protocol(message) && type_of(message) != "PING";
  });
  if (example.feed == "nexusglass") {
    ASSERT_GE(received.size(), 2U);
    ASSERT_EQ(said, Lines{received[0]});
    json handshake = parsed(received[0]);
    json wanted = documented("nexusglass", "handshake");
    const std::string server_time = handshake.at("payload").at("server_time").get<std::string>();
    EXPECT_TRUE(
        std::regex_match(server_time, std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)")))
        << server_time;
    wanted.at("payload").at("server_time") = server_time;
    EXPECT_EQ(handshake, wanted);
    EXPECT_EQ(type_of(parsed(received[1])), "SNAPSHOT");
    return;
  }
  ASSERT_EQ(said.size(), example.channels.size());
  EXPECT_EQ(said[0], received[0]);
  for (std::size_t i = 0; i < said.size(); ++i) {
    json wanted = documented("hypercall", "subscribed");
    wanted.at("channel") = example.channels[i].first;
    EXPECT_EQ(parsed(said[i]), wanted);
  }
}

// Every key that the document shows in a message of this type is there.
void expect_documented_shape(const json& message) {
  static const std::map<std::string, json> kShown = {
      {"EVENT", documented("nexusglass", "event").at("payload")},
      {"OrderbookUpdate", documented("hypercall", "orderbook_update")},
      {"Fill", documented("hypercall", "fill")},
      {"OrderUpdate", documented("hypercall", "order_update")},
  };
  const auto shown = kShown.find(type_of(message));
  if (shown == kShown.end() || message.contains("request"))
    return;  // an OrderUpdate of the other, nested shape
  const json& body = type_of(message) == "EVENT" ? message.at("payload") : message;
  for (const auto& [key, value] : shown->second.items())
    EXPECT_TRUE(body.contains(key)) << key << ": " << message;
}

// --- The tests.

class DocumentedClients : public ::testing::Test {
 protected:
  void record() {
    SimOptions options;
    options.rate = 1'000;
    SimulatedServices services(options);
    Recording recording(testing::config_for(services.host()), directory_.path());
    services.wait_until_sent(4, 300);
    tape_ = recording.stop();
  }

  // What the tape has for the example.
  Lines recorded_for(const Example& example) const {
    const auto messages = testing::frames_of(
        tape_, Direction::in,
        [](const std::string&, const InFrame& frame) { return is_data(frame.opcode); });
    const Lines data = only(messages.at(example.feed + "/" + example.endpoint),
                            [](const json& message) { return !is_protocol(message); });
    Lines wanted = only(data, [&](const json& message) { return is_for(example, message); });
    // The tape would prove little without something of everything, also for others.
    EXPECT_EQ(kinds_of(wanted), example.kinds);
    const Lines others = only(data, [&](const json& message) { return !is_for(example, message); });
    for (const auto& [channel, underlying] : example.channels) {
      const auto is_on_channel = [&](const json& message) {
        return channel_of(message) == channel;
      };
      EXPECT_EQ(only(others, is_on_channel).empty(), underlying.empty()) << channel;
    }
    return wanted;
  }

  void expect_recorded(const Example& example, ExampleProgram& client) const {
    SCOPED_TRACE(example.name);
    client.finish();
    expect_documented_beginning(example, client.received);
    expect_same(only(client.received, [](const json& message) { return !is_protocol(message); }),
                recorded_for(example));
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

TEST_P(EachDocumentedClient, GetsTheRecordedBytesAtFullSpeed) {
  record();
  ReplayOptions replay = options();
  replay.max_speed = true;
  Replaying replaying(replay);
  ExampleProgram client(GetParam(), replaying.host(), directory_.path());
  expect_recorded(GetParam(), client);
}

TEST_P(EachDocumentedClient, GetsTheRecordedBytesAtAMultipleOfTheRecordedPace) {
  record();
  ReplayOptions replay = options();
  replay.speed = 3;
  Replaying replaying(replay);
  ExampleProgram client(GetParam(), replaying.host(), directory_.path());
  expect_recorded(GetParam(), client);
}

TEST_P(EachDocumentedClient, GetsTheDocumentedFlowFromTheSimulatedService) {
  const Example& example = GetParam();
  SimOptions sim;
  sim.rate = 400;
  SimulatedServices services(sim);
  ExampleProgram client(example, services.host(), directory_.path());
  std::set<std::string> kinds = {"[P0] ", "[P1] ", "[P2] "};
  if (example.feed == "hypercall") kinds = example.kinds;
  EXPECT_TRUE(client.wait_for(60, kinds));
  services.stop();
  client.finish();

  expect_documented_beginning(example, client.received);
  const Lines data =
      only(client.received, [](const json& message) { return !is_protocol(message); });
  EXPECT_EQ(kinds_of(data), example.kinds);
  for (const std::string& line : data) {
    EXPECT_TRUE(is_for(example, parsed(line))) << line;
    expect_documented_shape(parsed(line));
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

INSTANTIATE_TEST_SUITE_P(Example, EachDocumentedClient,
                         ::testing::Values(kNexusglass, kHypercallPython, kHypercallTypeScript),
                         [](const auto& example) { return example.param.name; });

TEST_F(DocumentedClients, AllOfThemOnOneDeckGetTheRecordedBytes) {
  record();
  ReplayOptions replay = options();
  replay.speed = 2;
  replay.wait_clients = 3;
  Replaying replaying(replay);
  ExampleProgram nexusglass(kNexusglass, replaying.host(), directory_.path());
  ExampleProgram python(kHypercallPython, replaying.host(), directory_.path());
  ExampleProgram typescript(kHypercallTypeScript, replaying.host(), directory_.path());
  expect_recorded(kNexusglass, nexusglass);
  expect_recorded(kHypercallPython, python);
  expect_recorded(kHypercallTypeScript, typescript);
}

}  // namespace
}  // namespace tapedeck
