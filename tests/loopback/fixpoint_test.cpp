// record(replay(tape)) has the same data frames and rows as tape.
#include <gtest/gtest.h>

#include "storage/compact.h"
#include "tests/loopback/harness.h"
#include "tests/support/certificate.h"
#include "tests/support/temp_dir.h"

namespace tapedeck {
namespace {

using namespace testing;

class Fixpoint : public ::testing::Test {
 protected:
  void SetUp() override {
    SimOptions options;
    options.rate = 2'000;
    SimulatedServices services(options);
    Recording recording(config_for(services.host()), directory_.path() + "/first");
    recording.wait_until_ready();
    services.wait_until_sent(extent().connections, 80);
    tape_ = recording.stop();
  }

  // Records `tape_` as it is replayed, to its end.
  std::string record_replay(ReplayOptions options, const Certificate* certificate = nullptr) {
    std::optional<std::string> ca_file;
    if (certificate != nullptr) {
      ca_file = certificate->certificate_file();
      options.server.tls_certificate_file = certificate->certificate_file();
      options.server.tls_key_file = certificate->key_file();
    }
    options.tapes = {tape_};
    options.wait_clients = static_cast<int>(extent().connections);
    options.exit_at_end = true;
    Replaying replaying(options);
    Recording recording(config_for(replaying.host(), ca_file), directory_.path() + "/second");
    replaying.wait();
    return recording.stop();
  }

  void expect_fixpoint(const std::string& again) {
    // The tape would prove little without something of every connection.
    EXPECT_EQ(data_frames_of(tape_).size(), extent().connections);
    EXPECT_EQ(data_frames_of(again), data_frames_of(tape_));
    EXPECT_EQ(rows_of(again), rows_of(tape_));
  }

  TempDir directory_;
  std::string tape_;
};

TEST_F(Fixpoint, AtFullSpeed) {
  ReplayOptions options;
  options.max_speed = true;
  expect_fixpoint(record_replay(options));
}

TEST_F(Fixpoint, AtRecordedPace) {
  expect_fixpoint(record_replay({}));
}

TEST_F(Fixpoint, AtAnotherPace) {
  ReplayOptions options;
  options.speed = 7.5;
  expect_fixpoint(record_replay(options));
}

TEST_F(Fixpoint, OverTls) {
  const Certificate certificate;
  ReplayOptions options;
  expect_fixpoint(record_replay(options, &certificate));
  options.speed = 7.5;
  expect_fixpoint(record_replay(options, &certificate));
  options.max_speed = true;
  expect_fixpoint(record_replay(options, &certificate));
}

TEST_F(Fixpoint, OfACompactedTape) {
  const auto frames = data_frames_of(tape_);
  const auto compacted = compact_tape({tape_, "", false});
  ASSERT_TRUE(compacted) << compacted.error().message;
  ReplayOptions options;
  options.max_speed = true;
  const std::string again = record_replay(options);
  expect_fixpoint(again);
  EXPECT_EQ(data_frames_of(again), frames);
}

TEST_F(Fixpoint, OfAReplayOfAReplay) {
  ReplayOptions options;
  options.max_speed = true;
  const std::string original = tape_;
  tape_ = record_replay(options);
  expect_fixpoint(record_replay(options));
  EXPECT_EQ(data_frames_of(tape_), data_frames_of(original));
}

}  // namespace
}  // namespace tapedeck
