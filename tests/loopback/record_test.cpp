// record ← sim over real sockets: what the services sent is what the tape has.
#include <gtest/gtest.h>

#include "storage/tape_reader.h"
#include "tests/loopback/harness.h"
#include "tests/support/certificate.h"
#include "tests/support/held_port.h"
#include "tests/support/temp_dir.h"

namespace tapedeck {
namespace {

using namespace testing;

// Messages per second of each service: so few that a slow machine keeps up. What it is behind by
// when the recorder is asked to end has to arrive within the goodbye's two seconds.
constexpr double kRate = 400;

// Every frame that a simulated service sent or received, against the tape, byte for byte and in
// order. `before`: the same conversations when the recorder was asked to end.
void expect_same_conversations(const std::vector<Conversation>& before,
                               const std::vector<Conversation>& truth, const std::string& tape) {
  const auto not_close = [](const std::string&, const InFrame& frame) {
    return frame.opcode != Opcode::close;
  };
  const auto in = frames_of(tape, Direction::in, not_close);
  const auto out = frames_of(tape, Direction::out, not_close);
  ASSERT_EQ(in.size(), truth.size());
  ASSERT_EQ(before.size(), truth.size());
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const Conversation& conversation = truth[i];
    const std::string name = conversation.feed + "/" + conversation.endpoint;
    SCOPED_TRACE(name);
    ASSERT_TRUE(in.contains(name));
    // The service ends with its answer to our goodbye, which the session's check asks for: what the
    // simulator meant to say after that never left it.
    std::vector<std::string> sent = conversation.sent;
    ASSERT_LE(in.at(name).size(), sent.size());
    EXPECT_GE(in.at(name).size(), before[i].sent.size());
    sent.resize(in.at(name).size());
    EXPECT_EQ(in.at(name), sent);
    if (!conversation.received.empty()) {
      ASSERT_TRUE(out.contains(name));
      EXPECT_EQ(out.at(name), conversation.received);
    }
  }
}

// What both lives of the services sent, one behind the other.
std::vector<Conversation> joined(std::vector<Conversation> lives,
                                 const std::vector<Conversation>& second) {
  for (Conversation& before : lives) {
    for (const Conversation& after : second) {
      if (after.feed != before.feed || after.endpoint != before.endpoint) continue;
      before.sent.insert(before.sent.end(), after.sent.begin(), after.sent.end());
      before.received.insert(before.received.end(), after.received.begin(), after.received.end());
    }
  }
  return lives;
}

void expect_clean_session(const std::string& tape) {
  auto reader = open_tape(tape);
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  EXPECT_EQ((*reader)->session()->outcome, "closed");
  EXPECT_TRUE((*reader)->gaps()->empty());
  EXPECT_TRUE((*reader)->unparsed_counts()->empty());
  EXPECT_TRUE((*reader)->drift()->empty());
  const std::vector<ConnectionInfo> connections = std::move(*(*reader)->connections());
  for (const ConnectionInfo& connection : connections) {
    EXPECT_TRUE(connection.ready_ns.has_value()) << connection.endpoint;
    EXPECT_EQ(connection.closed_by, ClosedBy::client) << connection.endpoint;
    EXPECT_EQ(connection.close_code, 1000);
    EXPECT_EQ(connection.error, std::nullopt);
    EXPECT_EQ(connection.url.find("loopback-api-key"), std::string::npos);
  }
}

TEST(RecordLoopback, EveryFrameIsOnTheTapeByteForByteAndInOrder) {
  const TempDir directory;
  SimOptions options;
  options.rate = kRate;
  SimulatedServices services(options);
  Recording recording(config_for(services.host()), directory.path());
  recording.wait_until_ready();
  services.wait_until_sent(extent().connections, 100);
  const auto before = services.conversations();
  const std::string tape = recording.stop();
  services.stop();
  expect_same_conversations(before, services.conversations(), tape);
  expect_clean_session(tape);
}

TEST(RecordLoopback, TheSameOverTls) {
  const TempDir directory;
  const Certificate certificate;
  SimOptions options;
  options.rate = kRate;
  options.server.tls_certificate_file = certificate.certificate_file();
  options.server.tls_key_file = certificate.key_file();
  SimulatedServices services(options);
  Recording recording(config_for(services.host(), certificate.certificate_file()),
                      directory.path());
  recording.wait_until_ready();
  services.wait_until_sent(extent().connections, 100);
  const auto before = services.conversations();
  const std::string tape = recording.stop();
  services.stop();
  expect_same_conversations(before, services.conversations(), tape);
  expect_clean_session(tape);
}

TEST(RecordLoopback, ACertificateForAnotherNameOrFromAStrangerIsRefused) {
  const Certificate certificate("DNS:elsewhere.example");
  const Certificate stranger;
  SimOptions options;
  options.server.tls_certificate_file = certificate.certificate_file();
  options.server.tls_key_file = certificate.key_file();
  SimulatedServices services(options);
  for (const std::string& trusted : {certificate.certificate_file(), stranger.certificate_file()}) {
    const TempDir directory;
    Recording recording(config_for(services.host(), trusted), directory.path());
    // Nothing can arrive, so the end is awaited by the first attempt's own failure.
    for (bool has_failed = false; !has_failed;) {
      const auto tapes = list_tapes(directory.path());
      ASSERT_TRUE(tapes.ok());
      auto reader = open_tape(tapes->at(0));
      if (!reader) continue;
      const auto connections = (*reader)->connections();
      has_failed = connections && !connections->empty() && connections->front().error.has_value();
    }
    const std::string tape = recording.stop();
    auto reader = open_tape(tape);
    const std::vector<ConnectionInfo> connections = std::move(*(*reader)->connections());
    ASSERT_FALSE(connections.empty());
    EXPECT_FALSE(connections.front().opened_ns.has_value());
    EXPECT_NE(connections.front().error.value_or("").find("certificate verify failed"),
              std::string::npos)
        << connections.front().error.value_or("");
    EXPECT_EQ((*reader)->frame_count().value(), 0);
    EXPECT_FALSE((*reader)->gaps()->empty());
  }
}

TEST(RecordLoopback, ServicesThatGoAwayAndComeBackLeaveAGapAndAWholeTape) {
  const TempDir directory;
  SimOptions options;
  options.rate = kRate;
  const HeldPort port;
  options.server.port = port.number();
  auto services = std::make_unique<SimulatedServices>(options);
  Recording recording(config_for(services->host()), directory.path());
  recording.wait_until_ready();
  services->wait_until_sent(extent().connections, 50);
  services->stop();
  const auto first = services->conversations();
  SimulatedServices again(options);
  recording.wait_until_ready(2);
  again.wait_until_sent(extent().connections, 50);
  const auto before = joined(first, again.conversations());
  const std::string tape = recording.stop();
  again.stop();

  auto reader = open_tape(tape);
  const std::vector<Gap> gaps = std::move(*(*reader)->gaps());
  std::string causes;
  for (const Gap& gap : gaps) causes += gap.feed + "/" + gap.stream + ": " + gap.detail + "\n";
  EXPECT_EQ(gaps.size(), extent().streams) << causes;
  for (const Gap& gap : gaps) {
    EXPECT_EQ(gap.cause, GapCause::disconnect) << gap.stream << ": " << gap.detail;
    // What nobody could ask for, or has asked for yet, is not said to be there.
    if (gap.method == GapMethod::none) {
      EXPECT_TRUE(gap.status == GapStatus::unfillable || gap.status == GapStatus::open)
          << gap.stream;
    }
    ASSERT_TRUE(gap.to_ns.has_value()) << gap.stream;
    EXPECT_GT(*gap.to_ns, gap.from_ns);
  }
  expect_same_conversations(before, joined(first, again.conversations()), tape);
}

}  // namespace
}  // namespace tapedeck
