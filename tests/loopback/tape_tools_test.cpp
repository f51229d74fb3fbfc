// The tools that work on tapes, on tapes that were really recorded.
#include <gtest/gtest.h>

#include <fstream>

#include "storage/tape_reader.h"
#include "tests/loopback/harness.h"
#include "tests/loopback/process.h"
#include "tests/support/temp_dir.h"

namespace tapedeck {
namespace {

using namespace testing;

struct Ended {
  int code = -1;
  std::string out;
  std::string err;
};

Ended run(const std::vector<std::string>& arguments) {
  Process process(arguments);
  Ended ended;
  ended.out = process.rest_of_out();
  ended.err = process.rest_of_err();
  ended.code = process.wait();
  return ended;
}

// Every feed, with everything that changes how it is decoded.
std::string config_of_all(const std::string& host) {
  const auto urls = [&](const std::string& feed) {
    return R"("ws_url": "ws://)" + host + "/" + feed + R"(", "rest_url": "http://)" + host + "/" +
           feed + "\"";
  };
  return R"({"feeds": {
    "alterscope": {"api_key": "alterscope-key", "opportunities": ["hyperliquid-btc-basis"],)" +
         urls("alterscope") + R"(},
    "alphahub": {"email": "someone@example.com", "password": "alphahub-password", "algorithms": [14, 16],)" +
         urls("alphahub") + R"(},
    "nexusglass": {"api_key": "nexusglass-key", "connections": 2, )" +
         urls("nexusglass") + R"(},
    "hypercall": {"wallet": "0xde305de305de305de305de305de305de305de305", "connections": 2,
                  "channels": ["orderbook", "trades", "portfolio", "fills"], )" +
         urls("hypercall") + R"(},
    "marketai": {"api_key": "marketai-key", "auth": "message",
                 "channels": [{"type": "quotes", "symbols": ["BTC/USDT"]}, {"type": "signals"}], )" +
         urls("marketai") + "}}}";
}

class TapeTools : public ::testing::Test {
 protected:
  std::string record(std::int64_t frames) {
    SimOptions options;
    options.rate = 2'000;
    SimulatedServices services(options);
    Recording recording(config_of_all(services.host()), directory_.file("tapes"));
    recording.wait_until_committed(frames);
    const Ended living = run({"verify", list_tapes(directory_.file("tapes"))->at(0)});
    EXPECT_EQ(living.code, 0) << "while it is recorded: " << living.out << living.err;
    return recording.stop();
  }

  TempDir directory_;
};

TEST_F(TapeTools, ARecordedTapeIsVerifiedWhileItIsWrittenAndAfterwards) {
  const std::string tape = record(2'000);
  const Ended verified = run({"verify", tape});
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
  EXPECT_TRUE(verified.out.starts_with(tape + ": ok: ")) << verified.out;
  EXPECT_EQ(verified.out.find("note: "), std::string::npos) << verified.out;
}

TEST_F(TapeTools, ACompactedTapeReadsAsThePlainOneAndBecomesItAgain) {
  const std::string tape = record(2'000);
  const std::string undone = directory_.file("undone.tape");
  const std::vector<std::vector<std::string>> looks = {{"export", tape, "--what", "frames"},
                                                       {"export", tape, "--what", "quote"},
                                                       {"show", tape, "--json"},
                                                       {"gaps", tape, "--json"},
                                                       {"verify", tape},
                                                       {"show", tape, "--from", "+100ms", "--in"}};
  std::vector<std::string> plain;
  for (const auto& look : looks) plain.push_back(run(look).out);
  const Ended compacted = run({"compact", tape});
  ASSERT_EQ(compacted.code, 0) << compacted.err;
  for (std::size_t i = 0; i < looks.size(); ++i) {
    const Ended ended = run(looks[i]);
    EXPECT_EQ(ended.code, 0) << looks[i][0] << ended.err;
    EXPECT_EQ(ended.out, plain[i]) << looks[i][0];
  }
  EXPECT_EQ(run({"compact", tape}).err,
            "tapedeck: error: " + tape + ": is compacted already; --undo makes it plain\n");
  EXPECT_EQ(run({"compact", tape, "--undo", "-o", undone}).code, 0);
  EXPECT_EQ(run({"export", undone, "--what", "frames"}).out, plain[0]);
}

TEST_F(TapeTools, ATapeThatIsBeingRecordedIsNotCompacted) {
  SimulatedServices services({});
  auto recording =
      std::make_unique<Recording>(config_of_all(services.host()), directory_.file("tapes"));
  recording->wait_until_committed(20);
  const std::string tape = list_tapes(directory_.file("tapes"))->at(0);
  const Ended refused = run({"compact", tape});
  EXPECT_EQ(refused.code, 1);
  EXPECT_EQ(refused.err,
            "tapedeck: error: " + tape +
                ": is being recorded, or compacted by another process: end that first\n");
  recording->stop();
  recording.reset();
  EXPECT_EQ(run({"compact", tape}).code, 0);
  EXPECT_EQ(run({"verify", tape}).code, 0);
}

TEST_F(TapeTools, AReaderThatGoesAwayEndsAnExportWithoutAWord) {
  const std::string tape = record(2'000);
  const std::string command = std::string(TAPEDECK_BINARY) + " export '" + tape +
                              "' --what frames 2>'" + directory_.file("err") +
                              "' | head -1 >/dev/null; exit ${PIPESTATUS[0]}";
  std::ofstream(directory_.file("run.sh")) << command << '\n';
  const int status = std::system(("bash " + directory_.file("run.sh")).c_str());
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(std::filesystem::file_size(directory_.file("err")), 0U);
}

}  // namespace
}  // namespace tapedeck
