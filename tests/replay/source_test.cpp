// What the reader's thread makes of tapes: order, positions, duplicates, ranges, loops, errors.
#include "replay/source.h"

#include <gtest/gtest.h>

#include <future>

#include "tests/replay/tape_maker.h"

namespace tapedeck {
namespace {

using testing::must_open;
using testing::TapeMaker;
using testing::TempDir;
using Log = std::vector<std::string>;

constexpr Ns kForever = std::numeric_limits<Ns>::max();

class SourceTest : public ::testing::Test {
 protected:
  void open(const std::vector<std::string>& names, TapeSource::Options options = {}) {
    if (options.to_ns == 0) options.to_ns = kForever;
    std::vector<std::unique_ptr<TapeReader>> readers;
    for (const std::string& name : names) readers.push_back(must_open(folder.file(name)));
    source = std::make_unique<TapeSource>(std::move(readers), *endpoints, options);
    source->on_ready([this] { ready.set_value(); });
  }
  // Waits for the next block.
  std::unique_ptr<Block> take() {
    auto block = source->take();
    while (!block) {
      ready.get_future().wait();
      ready = std::promise<void>();
      block = source->take();
    }
    return block;
  }
  // Up to the end, each frame as `TAPE:ID @MS PAYLOAD`, with `dup` for duplicates; `wraps` loops at
  // most.
  Log read(Ns from_ms = 0, int wraps = 0) {
    source->seek(TapeMaker::at(from_ms));
    Log log;
    while (true) {
      const auto block = take();
      if (block->kind == Block::Kind::error) log.push_back("error " + block->message);
      if (block->kind == Block::Kind::wrap) log.emplace_back("wrap");
      if (block->kind == Block::Kind::wrap && wraps-- > 0) continue;
      if (block->kind != Block::Kind::frames) return log;
      for (std::size_t i = 0; i < block->size(); ++i) log.push_back(line(block->frame(i)));
    }
  }
  static std::string line(const DueFrame& frame) {
    const Ns ms = (frame.pos_ns - testing::kTapeStart) / kNsPerMs;
    return std::to_string(frame.tape) + ":" + std::to_string(frame.frame_id) + " @" +
           std::to_string(ms) + " " + (frame.is_duplicate ? "dup " : "") +
           std::string(frame.served.payload);
  }

  TempDir folder;
  std::unique_ptr<EndpointTable> endpoints = std::make_unique<EndpointTable>();
  std::promise<void> ready;
  std::unique_ptr<TapeSource> source;
};

TEST_F(SourceTest, GivesEveryFrameInTheOrderOfIds) {
  TapeMaker tape(folder.file("a.tape"));
  const auto c = tape.connection("elsewhere", "ws");
  tape.frame(c, 1, "one")
      .frame(c, 2, "hi", Opcode::ping)
      .frame(c, 2, "out", Opcode::text, Direction::out);
  tape.frame(c, 5, std::string_view("\x00\xff", 2), Opcode::binary).finish();
  open({"a.tape"});
  EXPECT_EQ(read(),
            (Log{"0:1 @1 one", "0:2 @2 hi", "0:3 @2 out", "0:4 @5 " + std::string("\x00\xff", 2)}));
}

TEST_F(SourceTest, BeginsWithTheFirstIdThereIs) {
  TapeMaker tape(folder.file("a.tape"));
  const auto c = tape.connection("elsewhere", "ws");
  tape.go_on_from(-1).frame(c, 1, "one").frame(c, 2, "two").frame(c, 3, "three").finish();
  open({"a.tape"});
  EXPECT_EQ(read(), (Log{"0:-1 @1 one", "0:0 @2 two", "0:1 @3 three"}));
}

TEST_F(SourceTest, EncodesInboundMessagesOnce) {
  TapeMaker tape(folder.file("a.tape"));
  const auto c = tape.connection("elsewhere", "ws");
  tape.frame(c, 1, "one").frame(c, 2, "p", Opcode::pong).finish();
  open({"a.tape"});
  source->seek(TapeMaker::at(0));
  const auto block = take();
  ASSERT_EQ(block->size(), 2U);
  EXPECT_EQ(block->frame(0).encoded, "\x81\x03one");
  EXPECT_EQ(block->frame(0).endpoint->name, "ws");
  EXPECT_EQ(block->frame(1).encoded, "");
  EXPECT_EQ(block->frame(1).served.payload, "p");
}

TEST_F(SourceTest, ClassifiesByTheFeedsOwnRules) {
  TapeMaker tape(folder.file("a.tape"));
  const auto c = tape.connection("nexusglass", "ws/fastfeed");
  tape.frame(c, 1, R"({"type":"HANDSHAKE","payload":{}})");
  tape.frame(c, 2, R"({"type":"SNAPSHOT","payload":{"events":[]}})");
  tape.frame(c, 3,
             R"({"type":"EVENT","payload":{"id":1,"type":"REGIME_SHIFT","symbol":"BTCUSDT"}})");
  tape.frame(c, 4, "\xff\xfe");
  tape.finish();
  open({"a.tape"});
  source->seek(TapeMaker::at(0));
  const auto block = take();
  ASSERT_EQ(block->size(), 4U);
  EXPECT_EQ(block->frame(0).served.tag.role, FrameRole::handshake);
  EXPECT_FALSE(is_served_data(block->frame(0)));
  EXPECT_TRUE(block->frame(1).served.tag.is_snapshot);
  const FrameTag tag = block->frame(2).served.tag;
  EXPECT_EQ(tag.role, FrameRole::data);
  EXPECT_EQ(tag.symbol, "BTCUSDT");
  EXPECT_EQ(tag.event, "REGIME_SHIFT");
  EXPECT_TRUE(is_served_data(block->frame(3))) << "broken text goes to everybody";
  EXPECT_FALSE(block->frame(3).is_valid_utf8);
}

TEST_F(SourceTest, AfterAStepBackOfTheWallClockThePositionStandsStill) {
  TapeMaker tape(folder.file("a.tape"));
  const auto c = tape.connection("elsewhere", "ws");
  tape.frame(c, 1'000, "a").frame(c, 3'000, "b").frame(c, 1'500, "c").frame(c, 2'500, "d");
  tape.frame(c, 4'000, "e").finish();
  open({"a.tape"});
  EXPECT_EQ(read(),
            (Log{"0:1 @1000 a", "0:2 @3000 b", "0:3 @3000 c", "0:4 @3000 d", "0:5 @4000 e"}));
  EXPECT_EQ(read(2'200), (Log{"0:2 @3000 b", "0:3 @3000 c", "0:4 @3000 d", "0:5 @4000 e"}));
  EXPECT_EQ(read(3'500), (Log{"0:5 @4000 e"}));
}

TEST_F(SourceTest, WhatLiesBeforeTheStartIsAtTheStart) {
  TapeMaker tape(folder.file("a.tape"), 100);
  const auto c = tape.connection("elsewhere", "ws");
  tape.frame(c, 50, "early").frame(c, 150, "late").finish();
  open({"a.tape"});
  EXPECT_EQ(read(100), (Log{"0:1 @100 early", "0:2 @150 late"}));
}

TEST_F(SourceTest, FromIsInclusiveAndToExclusive) {
  TapeMaker tape(folder.file("a.tape"));
  const auto c = tape.connection("elsewhere", "ws");
  for (int i = 0; i < 6; ++i) tape.frame(c, i * 10, std::string(1, static_cast<char>('a' + i)));
  tape.finish();
  TapeSource::Options options;
  options.to_ns = TapeMaker::at(40);
  open({"a.tape"}, options);
  EXPECT_EQ(read(20), (Log{"0:3 @20 c", "0:4 @30 d"}));
  EXPECT_EQ(read(40), Log{});
}

TEST_F(SourceTest, SeveralTapesAreMergedByTime) {
  TapeMaker one(folder.file("a.tape"));
  auto c = one.connection("elsewhere", "ws");
  one.frame(c, 10, "a1").frame(c, 30, "a2").frame(c, 50, "a3").finish();
  TapeMaker two(folder.file("b.tape"), 20);
  c = two.connection("elsewhere", "ws");
  two.frame(c, 20, "b1").frame(c, 30, "b2").frame(c, 60, "b3").finish();
  open({"a.tape", "b.tape"});
  EXPECT_EQ(read(), (Log{"0:1 @10 a1", "1:1 @20 b1", "0:2 @30 a2", "1:2 @30 b2", "0:3 @50 a3",
                         "1:3 @60 b3"}));
  EXPECT_EQ(read(40), (Log{"0:3 @50 a3", "1:3 @60 b3"}));
}

TEST_F(SourceTest, WhatRedundantConnectionsRecordedTwiceIsMarked) {
  TapeMaker tape(folder.file("a.tape"));
  const auto c0 = tape.connection("elsewhere", "ws", 0);
  const auto c1 = tape.connection("elsewhere", "ws", 1);
  const auto other = tape.connection("elsewhere", "other", 0);
  tape.frame(c0, 1, "x").frame(c0, 2, "x").frame(c1, 3, "x").frame(c1, 4, "x").frame(c1, 5, "x");
  tape.frame(c0, 6, "x").frame(c1, 7, "y").frame(other, 8, "y").frame(c0, 9, "y").finish();
  open({"a.tape"});
  EXPECT_EQ(read(), (Log{"0:1 @1 x", "0:2 @2 x", "0:3 @3 dup x", "0:4 @4 dup x", "0:5 @5 x",
                         "0:6 @6 dup x", "0:7 @7 y", "0:8 @8 y", "0:9 @9 dup y"}));
}

TEST_F(SourceTest, ACopyOfWhatCameJustBeforeThePositionIsMarkedToo) {
  TapeMaker tape(folder.file("a.tape"));
  const auto c0 = tape.connection("elsewhere", "ws", 0);
  const auto c1 = tape.connection("elsewhere", "ws", 1);
  tape.frame(c0, 10, "x").frame(c1, 20, "x").frame(c1, 30, "z").finish();
  open({"a.tape"});
  EXPECT_EQ(read(15), (Log{"0:2 @20 dup x", "0:3 @30 z"}));
}

TEST_F(SourceTest, OnlyIncludedFeedsAreRead) {
  TapeMaker tape(folder.file("a.tape"));
  const auto here = tape.connection("elsewhere", "ws");
  const auto there = tape.connection("nexusglass", "ws");
  tape.frame(here, 1, "a").frame(there, 2, "b").frame(here, 3, "c").finish();
  endpoints = std::make_unique<EndpointTable>(std::vector<std::string>{"elsewhere"});
  open({"a.tape"});
  EXPECT_EQ(read(), (Log{"0:1 @1 a", "0:3 @3 c"}));
}

TEST_F(SourceTest, ALoopBeginsAgainAtItsStart) {
  TapeMaker tape(folder.file("a.tape"));
  const auto c = tape.connection("elsewhere", "ws");
  tape.frame(c, 1, "a").frame(c, 2, "b").frame(c, 3, "c").finish();
  TapeSource::Options options;
  options.loop = true;
  options.from_ns = TapeMaker::at(2);
  open({"a.tape"}, options);
  EXPECT_EQ(read(3, 2), (Log{"0:3 @3 c", "wrap", "0:2 @2 b", "0:3 @3 c", "wrap", "0:2 @2 b",
                             "0:3 @3 c", "wrap"}));
}

TEST_F(SourceTest, ALoopOverNothingEnds) {
  TapeMaker(folder.file("a.tape")).finish();
  TapeSource::Options options;
  options.loop = true;
  options.from_ns = TapeMaker::at(0);
  open({"a.tape"}, options);
  EXPECT_EQ(read(), Log{});
}

TEST_F(SourceTest, ReadsAheadNoMoreThanItMayAndLosesNothing) {
  TapeMaker tape(folder.file("a.tape"));
  const auto c = tape.connection("elsewhere", "ws");
  for (int i = 0; i < 500; ++i) tape.frame(c, i, std::string(1'000, 'x'));
  tape.finish();
  TapeSource::Options options;
  options.read_ahead_bytes_max = 20'000;
  options.block_bytes = 4'000;
  open({"a.tape"}, options);
  EXPECT_EQ(read().size(), 500U);
}

TEST_F(SourceTest, ASeekDropsWhatWasRead) {
  TapeMaker tape(folder.file("a.tape"));
  const auto c = tape.connection("elsewhere", "ws");
  for (int i = 0; i < 100; ++i) tape.frame(c, i, std::to_string(i));
  tape.finish();
  TapeSource::Options options;
  options.block_bytes = 500;
  open({"a.tape"}, options);
  source->seek(TapeMaker::at(0));
  EXPECT_EQ(take()->frame(0).served.payload, "0");
  EXPECT_EQ(read(98), (Log{"0:99 @98 98", "0:100 @99 99"}));
}

TEST_F(SourceTest, ATapeThatIsRemovedMeanwhileIsReadToItsEnd) {
  TapeMaker tape(folder.file("a.tape"));
  const auto c = tape.connection("elsewhere", "ws");
  tape.frame(c, 1, "a").finish();
  open({"a.tape"});
  std::filesystem::remove(folder.file("a.tape"));
  EXPECT_EQ(read(), (Log{"0:1 @1 a"}));
}

TEST_F(SourceTest, AFrameWithoutItsConnectionIsAnErrorThatNamesTheTape) {
  TapeMaker tape(folder.file("a.tape"));
  const auto c = tape.connection("elsewhere", "ws");
  tape.frame(c, 1, "a").frame(99, 2, "b").finish();
  open({"a.tape"});
  EXPECT_EQ(read(), (Log{"error " + folder.file("a.tape") +
                         ": frame 2 names connection 99, which is not on the tape: see `tapedeck "
                         "verify`"}));
}

TEST_F(SourceTest, StopsWhileItsQueueIsFull) {
  TapeMaker tape(folder.file("a.tape"));
  const auto c = tape.connection("elsewhere", "ws");
  for (int i = 0; i < 500; ++i) tape.frame(c, i, std::string(1'000, 'x'));
  tape.finish();
  TapeSource::Options options;
  options.read_ahead_bytes_max = 5'000;
  options.block_bytes = 2'000;
  open({"a.tape"}, options);
  source->seek(TapeMaker::at(0));
  EXPECT_EQ(take()->kind, Block::Kind::frames);
  source->stop();
}

}  // namespace
}  // namespace tapedeck
