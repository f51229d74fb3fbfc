// A service that takes a part of a subscription: what it leaves out is in the ledger.
#include <gtest/gtest.h>

#include "schema/ws/codec.h"
#include "storage/tape_reader.h"
#include "tests/loopback/harness.h"
#include "tests/support/fakes.h"
#include "tests/support/scripted_server.h"
#include "tests/support/temp_dir.h"

namespace tapedeck {
namespace {

using namespace testing;

std::string text_frames(const std::vector<std::string>& messages) {
  std::string bytes;
  for (const std::string& message : messages) {
    ws::append_frame(bytes, Opcode::text, message, nullptr);
  }
  return bytes;
}

TEST(PartialSubscription, OfMarketAiLeavesAGapThatNamesWhatWasRefused) {
  const TempDir directory;
  ScriptedServer server([](ScriptedSocket& peer) {
    const std::string header = peer.read_header();
    peer.accept_upgrade(
        header, text_frames({testdata("marketai", "error_symbol_limit_exceeded.json"),
                             R"({"type":"subscribed","channel":"quotes","symbols":["BTC/USDT"]})",
                             testdata("marketai", "subscribed_signals.json"),
                             testdata("marketai", "quotes.json")}));
    peer.read_all();
  });
  Recording recording(R"({"feeds": {"marketai": {"api_key": "loopback-api-key", "ws_url": ")" +
                          server.url("ws", "") + R"(", "rest_url": ")" + server.url("http", "") +
                          R"(", "channels": [{"type": "quotes", "symbols": ["BTC/USDT", "SOL/USDT",
                          "XRP/USDT"]}, "signals"]}}})",
                      directory.path());
  recording.wait_until_committed(5);  // the subscription, and what the script says
  const std::string tape = recording.stop();
  auto reader = open_tape(tape);
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  std::vector<Gap> gaps = std::move(*(*reader)->gaps());
  // This server does not answer the goodbye: what it may have sent before is another matter.
  std::erase_if(gaps, [](const Gap& gap) { return gap.cause == GapCause::disconnect; });
  ASSERT_EQ(gaps.size(), 1U);
  const Gap& gap = gaps.front();
  EXPECT_EQ(gap.feed + " " + gap.stream, "marketai quotes");
  EXPECT_EQ(gap.cause, GapCause::channel);
  EXPECT_EQ(gap.status, GapStatus::unfillable);
  EXPECT_EQ(gap.detail,
            "SOL/USDT, XRP/USDT refused (SYMBOL_LIMIT_EXCEEDED: Symbol limit (25) exceeded. "
            "Rejected: SOL/USDT, XRP/USDT)");
  ASSERT_TRUE(gap.to_ns.has_value());
  EXPECT_GE(*gap.to_ns, gap.from_ns);
  const auto rows = rows_of(tape);
  EXPECT_EQ(rows.at("quote of /").size(), 2U);
  EXPECT_EQ(rows.at("feed_error of /").size(), 1U);
}

}  // namespace
}  // namespace tapedeck
