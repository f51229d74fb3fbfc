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

using Lines = std::vector<std::string>;

class LedgerTest : public ::testing::Test {
 protected:
  std::vector<std::string> lines() const {
    std::vector<std::string> out;
    for (const auto& [id, gap] : journal_.gaps) out.push_back(gap_line(gap));
    return out;
  }
  FakeJournal journal_;
  std::optional<std::string> cursor_;
  Ns lead_ns_ = 0;
  Lines whole_;  // what was handed on to be filled
  GapLedger ledger_{
      "hypercall", kStart, journal_,
      GapLedger::Hooks{[this](std::string_view) { return cursor_; }, [this] { return lead_ns_; },
                       [this](const Gap& gap) { whole_.push_back(gap_line(gap)); }}};
};

TEST_F(LedgerTest, NoEventIsTooOldThatIsSoByTheServicesSlowClockAlone) {
  ledger_.up("trades", 0, at(1));
  lead_ns_ = -3'600 * kNsPerSec;
  ledger_.down("trades", 0, GapCause::disconnect, at(500), "reset by peer");
  EXPECT_EQ(journal_.gaps.at(1).floor_ns, at(440) - 3'600 * kNsPerSec);
  ledger_.up("trades", 0, at(510));
  // Where it is fast the floor is low enough as it is.
  lead_ns_ = 3'600 * kNsPerSec;
  ledger_.down("trades", 0, GapCause::disconnect, at(600), "reset by peer");
  EXPECT_EQ(journal_.gaps.at(2).floor_ns, at(540));
}

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
  Gap gap;
  gap.stream = "trades";
  gap.cause = GapCause::restart;
  gap.from_ns = at(-30);
  gap.detail = "killed";
  ledger_.carry(gap);
  ledger_.down("trades", 0, GapCause::disconnect, 0, "refused");  // still the same hole
  ledger_.up("trades", 0, at(2));
  EXPECT_EQ(lines(), Lines{"restart trades 970+0ms..1002+0ms killed"});
}

TEST_F(LedgerTest, AGapIsHandedOnWithTheCursorThatHeldWhenItBegan) {
  ledger_.up("trades", 0, at(1));
  cursor_ = "41";
  ledger_.down("trades", 0, GapCause::disconnect, at(5), "reset");
  cursor_ = "99";
  EXPECT_EQ(whole_, Lines{});
  ledger_.up("trades", 0, at(9));
  EXPECT_EQ(whole_, Lines{"disconnect trades 1005+0ms..1009+0ms reset"});
  EXPECT_EQ(journal_.gaps.at(1).after_cursor, "41");
  EXPECT_EQ(journal_.gaps.at(1).floor_ns, at(1));
}

TEST_F(LedgerTest, GapsThatEndWithTheSessionAreNotHandedOn) {
  ledger_.up("trades", 0, at(1));
  ledger_.down("trades", 0, GapCause::disconnect, at(5), "reset");
  ledger_.finish(at(20));
  EXPECT_EQ(whole_, Lines{});
  EXPECT_EQ(lines(), Lines{"disconnect trades 1005+0ms..1020+0ms reset"});
}

// A connection that has been dead for a while made the other one's loss look harmless.
TEST_F(LedgerTest, ADeadConnectionThatIsFoundLateLeavesTheHoleThatNobodyCovered) {
  ledger_.up("trades", 0, at(1));
  ledger_.up("trades", 1, at(1));
  ledger_.down("trades", 1, GapCause::disconnect, at(40), "reset");
  ledger_.up("trades", 1, at(45));
  EXPECT_EQ(lines(), Lines{});
  ledger_.down("trades", 0, GapCause::disconnect, at(10), "silent");
  EXPECT_EQ(lines(), Lines{"disconnect trades 1040+0ms..1045+0ms silent"});
  EXPECT_EQ(whole_, lines());
  EXPECT_EQ(ledger_.open_gaps(), 0U);
}

TEST_F(LedgerTest, AHoleThatIsFoundLateHasTheCursorThatHeldInIt) {
  cursor_ = "10";
  ledger_.up("trades", 0, at(1));
  ledger_.up("trades", 1, at(1));
  cursor_ = "40";
  ledger_.down("trades", 1, GapCause::disconnect, at(40), "reset");
  ledger_.up("trades", 1, at(45));
  cursor_ = "70";  // by what the second connection has brought since
  ledger_.down("trades", 0, GapCause::disconnect, at(10), "silent");
  EXPECT_EQ(lines(), Lines{"disconnect trades 1040+0ms..1045+0ms silent"});
  EXPECT_EQ(journal_.gaps.at(1).after_cursor, "40");
}

TEST_F(LedgerTest, AWholeGapOfAnEarlierRecorderWaitsForItsStream) {
  Gap gap;
  gap.stream = "trades";
  gap.from_ns = at(-90);
  gap.to_ns = at(-80);
  gap.detail = "reset";
  gap.after_cursor = "7";
  ledger_.carry(gap);
  EXPECT_EQ(whole_, Lines{});
  ledger_.up("trades", 0, at(2));
  EXPECT_EQ(whole_, Lines{"disconnect trades 910+0ms..920+0ms reset"});
  EXPECT_EQ(journal_.gaps.at(1).after_cursor, "7");
}

TEST_F(LedgerTest, EvidenceOfALossIsAGapUnlessOneIsKnownThatExplainsIt) {
  ledger_.up("btc", 0, at(1));
  ledger_.missed("btc", at(3), at(6), "the previous value was another one");
  const Lines first = {"sequence btc 1003+0ms..1006+0ms the previous value was another one"};
  EXPECT_EQ(lines(), first);
  EXPECT_EQ(whole_, first);
  ledger_.down("btc", 0, GapCause::disconnect, at(10), "reset");
  ledger_.up("btc", 0, at(12));
  ledger_.missed("btc", at(8), at(13), "of course");
  EXPECT_EQ(lines().size(), 2U);
  ledger_.missed("btc", at(14), at(16), "again");
  EXPECT_EQ(lines().size(), 3U);
}

TEST_F(LedgerTest, APartThatIsRefusedIsAGapThatNothingFills) {
  ledger_.up("quotes", 0, at(1));
  ledger_.refused("quotes", at(1), "limit of 5 symbols");
  ledger_.refused("quotes", at(2), "limit of 5 symbols");
  EXPECT_EQ(lines(), Lines{"channel quotes 1001+0ms.. limit of 5 symbols"});
  EXPECT_EQ(journal_.gaps.at(1).status, GapStatus::unfillable);
  ledger_.allowed("quotes", at(9));
  EXPECT_EQ(lines(), Lines{"channel quotes 1001+0ms..1009+0ms limit of 5 symbols"});
  EXPECT_EQ(whole_, Lines{});
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

TEST_F(LedgerTest, APartThatIsRefusedIsAGapOfItsOwnUntilASubscriptionIsWhole) {
  ledger_.refused("quotes", at(1), "SOL left out");
  ledger_.up("quotes", 0, at(1));
  EXPECT_EQ(lines(), Lines{"channel quotes 1001+0ms.. SOL left out"});
  EXPECT_EQ(journal_.gaps.at(1).status, GapStatus::unfillable);
  EXPECT_EQ(ledger_.open_gaps(), 1U);
  ledger_.refused("quotes", at(2), "SOL refused: the limit");
  EXPECT_EQ(lines(), Lines{"channel quotes 1001+0ms.. SOL refused: the limit"});
  // The connection is lost and comes back, as narrow as before, then whole.
  ledger_.down("quotes", 0, GapCause::disconnect, at(5), "reset");
  ledger_.refused("quotes", at(6), "SOL refused: the limit");
  ledger_.up("quotes", 0, at(6));
  EXPECT_EQ(lines(), (Lines{"channel quotes 1001+0ms.. SOL refused: the limit",
                            "disconnect quotes 1005+0ms..1006+0ms reset"}));
  ledger_.allowed("quotes", at(9));
  EXPECT_EQ(lines().front(), "channel quotes 1001+0ms..1009+0ms SOL refused: the limit");
  EXPECT_EQ(journal_.gaps.at(1).status, GapStatus::unfillable);
  ledger_.allowed("quotes", at(10));
  ledger_.refused("quotes", at(11), "XRP left out");
  ledger_.finish(at(12));
  EXPECT_EQ(lines().back(), "channel quotes 1011+0ms..1012+0ms XRP left out");
  EXPECT_EQ(whole_, Lines{"disconnect quotes 1005+0ms..1006+0ms reset"})
      << "nobody is asked for what is refused";
}

}  // namespace
}  // namespace tapedeck
