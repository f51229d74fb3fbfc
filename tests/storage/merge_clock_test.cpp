// Merging the tapes of a recorder whose clock was put back between them.
#include <gtest/gtest.h>

#include "tests/storage/merge_support.h"

namespace tapedeck::testing {
namespace {

Ns at(int seconds) {
  return kStart + seconds * kNsPerSec;
}

class MergeClock : public ::testing::Test {
 protected:
  // Looks alike each second from `from` to `to`, but for those from 20 on until before 30.
  std::string tape(const std::string& file, const std::string& follows, int from, int to,
                   bool has_loss) {
    SessionInfo session = session_on("box", at(from));
    session.follows = follows;
    RecorderTape tape(directory_.file(file), session);
    tape.stream(kTrades, "trades", "ws", at(from));
    const auto connection = tape.connect(kTrades, "ws", at(from));
    for (int second = from + 1; second <= to; ++second) {
      if (has_loss && second >= 20 && second < 30) continue;
      tape.frame(connection, at(second), trade_text("10"));
    }
    if (has_loss) {
      Gap gap;
      gap.id = 1;
      gap.feed = kTrades;
      gap.stream = "trades";
      gap.from_ns = gap.floor_ns = at(19);
      gap.to_ns = at(30);
      gap.status = GapStatus::unfillable;
      tape.gap(gap);
    }
    return tape.finish(at(to));
  }

  TempDir directory_;
  std::string out_ = directory_.file("out.tape");
};

// The first one's clock was ahead: by their times the two ran side by side.
TEST_F(MergeClock, TapesOfOneRecorderAreNoPeersWhateverTheirTimesSay) {
  const std::string ahead = tape("live-2.tape", "", 0, 100, false);
  const std::string right = tape("live-1.tape", "live-2.tape", 10, 40, true);
  const auto report = merge_files({ahead, right}, out_);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(raw_query(out_, "SELECT status, method FROM gap"), Lines{"unfillable|none"});
  // What one recorder heard at two times are two events.
  EXPECT_EQ(raw_query(out_, "SELECT count(*) FROM trade"), Lines{"120"});
  EXPECT_EQ(raw_query(out_, "SELECT max(slot) FROM connection"), Lines{"0"});
  EXPECT_EQ(report->notes,
            Lines{"live-2.tape and live-1.tape do not close each other's gaps: they are one "
                  "recorder's, whose clock was put back between them"});
}

TEST_F(MergeClock, TapesOfTwoRecordersArePeers) {
  const auto report = merge_files(
      {tape("live-2.tape", "", 0, 100, false), tape("live-1.tape", "", 10, 40, true)}, out_);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(raw_query(out_, "SELECT status, method FROM gap"), Lines{"filled|peer"});
  EXPECT_EQ(report->notes, Lines{});
}

}  // namespace
}  // namespace tapedeck::testing
