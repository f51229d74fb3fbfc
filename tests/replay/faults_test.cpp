// Faults carried out on one client's frames, on a clock moved by hand.
#include "replay/faults.h"

#include <gtest/gtest.h>

#include "tests/replay/replay_fakes.h"

namespace tapedeck {
namespace {

using testing::FakeServer;
using testing::ManualClock;
using Log = std::vector<std::string>;

class FaultsTest : public ::testing::Test, private FaultExit {
 protected:
  void open(std::string_view spec) {
    auto plan = parse_faults(spec, 0);
    ASSERT_TRUE(plan.ok()) << plan.error().message;
    line.reset();  // it knows its faults
    faults = std::make_unique<Faults>(std::move(*plan));
    line = faults->open_line("hypercall", "ws", *this, server);
  }
  // Frames `1` to `9`, named by their ids.
  void frames(std::int64_t first, std::int64_t last) {
    for (std::int64_t id = first; id <= last; ++id) {
      const std::string text = std::to_string(id);
      ServedFrame frame;
      frame.id = id;
      frame.payload = text;
      line->take(frame);
    }
  }
  Log take() { return std::exchange(log, {}); }

  ManualClock clock;
  FakeServer server{clock};
  Log log;
  std::unique_ptr<Faults> faults;
  std::unique_ptr<FaultLine> line;

 private:
  void leave(const ServedFrame& frame) override {
    log.push_back("@" + std::to_string(clock.stamp.mono / kNsPerMs) + " " +
                  std::string(frame.payload));
  }
  void stall(bool yes) override {
    log.push_back("@" + std::to_string(clock.stamp.mono / kNsPerMs) + (yes ? " stall" : " go on"));
  }
  void end(std::optional<std::uint16_t> code, const std::string& reason) override {
    log.push_back("end " + (code ? std::to_string(*code) + " " + reason : "cut"));
  }
  void released() override { log.emplace_back("released"); }
  Ns mono() const override { return clock.stamp.mono; }
};

TEST_F(FaultsTest, FramesAreDroppedAndDuplicated) {
  open("drop:frame=2;duplicate:frame=3");
  frames(1, 4);
  EXPECT_EQ(take(), (Log{"@0 1", "@0 3", "@0 3", "@0 4"}));
  EXPECT_EQ(faults->text(), "1 drop, 1 duplicate");
  EXPECT_EQ(faults->json(), R"({"drop":1,"duplicate":1})");
  EXPECT_EQ(line->count(), 2);
}

TEST_F(FaultsTest, AReorderedFrameComesAfterSoManyOthers) {
  open("reorder:frame=1,by=2;reorder:frame=4;duplicate:frame=4");
  frames(1, 6);
  EXPECT_EQ(take(), (Log{"@0 2", "@0 3", "@0 1", "@0 5", "@0 4", "@0 4", "@0 6"}));
  EXPECT_EQ(line->held_bytes(), 0U);
}

TEST_F(FaultsTest, DroppedFramesAreNotCountedByThoseThatWait) {
  open("reorder:frame=1;drop:frame=2");
  frames(1, 3);
  EXPECT_EQ(take(), (Log{"@0 3", "@0 1"}));
}

TEST_F(FaultsTest, ADelayHoldsBackWhatFollowsToo) {
  open("delay:frame=2,for=50ms");
  frames(1, 2);
  server.advance(20 * kNsPerMs);
  frames(3, 3);
  EXPECT_EQ(take(), (Log{"@0 1"}));
  EXPECT_EQ(line->held_bytes(), 2U);
  server.advance(30 * kNsPerMs);
  EXPECT_EQ(take(), (Log{"@50 2", "@50 3", "released"}));
  frames(4, 4);
  EXPECT_EQ(take(), (Log{"@50 4"}));
}

TEST_F(FaultsTest, ACorruptedFrameIsAnotherOne) {
  open("corrupt:frame=1");
  frames(5, 5);
  const Log got = take();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].size(), 4U);
  EXPECT_NE(got[0], "@0 5");
}

TEST_F(FaultsTest, AStallHoldsTheConnectionAndALongerOneProlongsIt) {
  open("stall:frame=1,for=100ms;stall:frame=2,for=300ms;stall:frame=3,for=10ms");
  frames(1, 3);
  EXPECT_EQ(take(), (Log{"@0 stall", "@0 1", "@0 2", "@0 3"})) << "the exit queues them";
  server.advance(400 * kNsPerMs);
  EXPECT_EQ(take(), (Log{"@300 go on"}));
}

TEST_F(FaultsTest, AConnectionEndsBeforeItsFrameAndNothingFollows) {
  open("close:frame=2,code=1012,reason=restart;reorder:frame=1");
  frames(1, 3);
  line->flush();
  EXPECT_EQ(take(), (Log{"end 1012 restart"}));
  open("close:frame=1");
  frames(1, 2);
  EXPECT_EQ(take(), (Log{"end cut"}));
}

TEST_F(FaultsTest, BeforeAGoodbyeEverythingLeaves) {
  open("delay:frame=1,for=1h;reorder:frame=3,by=9");
  frames(1, 3);
  line->flush();
  EXPECT_EQ(take(), (Log{"@0 1", "@0 2", "@0 3"}));
  server.advance(2 * 3'600 * kNsPerSec);
  EXPECT_EQ(take(), (Log{"released"}));
}

TEST_F(FaultsTest, AMomentStrikesWhoIsThere) {
  open("drop:at=+1s;stall:at=+1s,for=1ms;close:at=+1s,code=1001;drop:at=+1s,feed=alphahub");
  const auto& rules = faults->plan().rules;
  faults->strike(rules[3]);
  frames(1, 1);
  faults->strike(rules[0]);
  faults->strike(rules[1]);
  frames(2, 3);
  faults->strike(rules[2]);
  EXPECT_EQ(take(), (Log{"@0 1", "@0 stall", "@0 3", "end 1001 "}));
  EXPECT_EQ(faults->text(), "1 drop, 1 close, 1 stall");
  line.reset();
  faults->strike(rules[2]);
  EXPECT_EQ(take(), Log{});
}

TEST_F(FaultsTest, WhoIsNotConcernedHasNoLine) {
  open("drop:p=1,feed=alphahub");
  EXPECT_EQ(line, nullptr);
}

}  // namespace
}  // namespace tapedeck
