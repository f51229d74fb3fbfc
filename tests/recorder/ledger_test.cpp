#include "recorder/ledger.h"

#include <gtest/gtest.h>

#include "tests/support/fake_environment.h"

namespace tapedeck {
namespace {

using testing::FakeJournal;
using testing::gap_line;

constexpr Ns kStart = 1'000 * kNsPerSec;
Ns at(int seconds) {
  return kStart + seconds * kNsPerSec;
}

class LedgerTest : public ::testing::Test {
 protected:
  std::vector<std::string> lines() const {
    std::vector<std::string> out;
    for (const auto& [id, gap] : journal_.gaps) out.push_back(gap_line(gap));
    return out;
  }
  FakeJournal journal_;
  GapLedger ledger_{"hypercall", kStart, journal_};
};
using Lines = std::vector<std::string>;

TEST_F(LedgerTest, ALossOpensAGapFromTheLastFrameUntilTheStreamIsBack) {
  ledger_.up("trades", 0, at(1));
  EXPECT_EQ(lines(), Lines{});
  ledger_.down("trades", 0, GapCause::disconnect, at(5), "reset by peer");
  EXPECT_EQ(lines(), Lines{"disconnect trades 1005+0ms.. reset by peer"});
  ledger_.up("trades", 0, at(9));
  EXPECT_EQ(lines(), Lines{"disconnect trades 1005+0ms..1009+0ms reset by peer"});
  EXPECT_EQ(journal_.gaps.at(1).status, GapStatus::open);
  EXPECT_EQ(ledger_.open_gaps(), 0U);
}

TEST_F(LedgerTest, AStreamThatNeverCameUpIsMissingFromTheSessionsStart) {
  ledger_.down("trades", 0, GapCause::disconnect, 0, "refused");
  ledger_.down("trades", 0, GapCause::disconnect, 0, "refused again");
  EXPECT_EQ(lines(), Lines{"disconnect trades 1000+0ms.. refused"});
  ledger_.finish(at(60));
  EXPECT_EQ(lines(), Lines{"disconnect trades 1000+0ms..1060+0ms refused"});
}

TEST_F(LedgerTest, AnotherConnectionThatHasTheStreamKeepsItFree) {
  ledger_.up("trades", 0, at(1));
  ledger_.up("trades", 1, at(1));
  ledger_.down("trades", 0, GapCause::disconnect, at(5), "reset");
  EXPECT_EQ(lines(), Lines{});
  ledger_.down("trades", 1, GapCause::disconnect, at(6), "reset too");
  EXPECT_EQ(lines(), Lines{"disconnect trades 1006+0ms.. reset too"});
  ledger_.up("trades", 0, at(7));
  EXPECT_EQ(lines(), Lines{"disconnect trades 1006+0ms..1007+0ms reset too"});
}

TEST_F(LedgerTest, AnEarlierRecordersGapEndsWhenTheStreamComesUp) {
  ledger_.down_since("trades", GapCause::restart, at(-30), "killed");
  ledger_.down("trades", 0, GapCause::disconnect, 0, "refused");  // still the same hole
  ledger_.up("trades", 0, at(2));
  EXPECT_EQ(lines(), Lines{"restart trades 970+0ms..1002+0ms killed"});
}

TEST_F(LedgerTest, FramesThatCouldNotBeKeptMakeOneGapWithTheirNumbers) {
  ledger_.up("trades", 0, at(1));
  ledger_.overload({"trades"}, at(2), at(3), 100);
  ledger_.overload({"trades"}, at(2), at(4), 50);
  EXPECT_EQ(lines(), Lines{"overload trades 1002+0ms.. the queue towards the tape is full"});
  ledger_.recovered({"trades"}, at(5));
  EXPECT_EQ(
      lines(),
      Lines{"overload trades 1002+0ms..1005+0ms the queue towards the tape was full: 2 frames, 150 "
            "bytes not kept"});
  ledger_.overload({"trades"}, at(6), at(7), 1);
  ledger_.finish(at(8));
  EXPECT_EQ(lines().size(), 2U);
  EXPECT_EQ(journal_.gaps.at(2).to_ns, at(8));
}

TEST_F(LedgerTest, AWallClockThatSteppedBackNeverMakesAGapEndBeforeItBegins) {
  ledger_.up("trades", 0, at(1));
  ledger_.down("trades", 0, GapCause::disconnect, at(10), "reset");
  ledger_.up("trades", 0, at(4));
  EXPECT_EQ(journal_.gaps.at(1).to_ns, at(10));
}

}  // namespace
}  // namespace tapedeck
