// What one tape leaves behind for the next one, from tapes as they are.
#include "recorder/predecessor.h"

#include "tests/recorder/earlier_tapes.h"

namespace tapedeck::testing {
namespace {

class PredecessorTest : public EarlierTapes {
 protected:
  Predecessor only() {
    Lineage lineage = find();
    EXPECT_EQ(lineage.ends.size(), 1U);
    return lineage.ends.empty() ? Predecessor() : std::move(lineage.ends.front().tape);
  }
};

TEST_F(PredecessorTest, AnInterruptionIsAGapSinceTheLastFrameThatWasReceived) {
  {
    const auto writer = tape(kStart);
    connection(*writer, 1, 0, at(1));
    frame(*writer, 1, at(100));
    frame(*writer, 1, at(101), Direction::out);
    EXPECT_TRUE(writer->put_cursor({"hypercall", "trades", "41", at(90)}));
  }
  const Predecessor found = only();
  EXPECT_EQ(found.outcome, "interrupted");
  EXPECT_EQ(lines(found.gaps_of("hypercall", "trades", "ws")),
            Lines{"restart 100.. floor 40 after 41"});
  EXPECT_EQ(found.cursor_of("hypercall", "trades")->value, "41");
  EXPECT_EQ(found.cursor_of("hypercall", "fills"), nullptr);
}

// Some of its streams were received for a while before it was known of all whether they are.
TEST_F(PredecessorTest, AConnectionThatDiedBeforeItWasReadyCoversNothingUntilThen) {
  {
    const auto writer = tape(kStart);
    connection(*writer, 1, 0, at(30));
    frame(*writer, 1, at(20));
  }
  EXPECT_EQ(lines(only().gaps_of("hypercall", "trades", "ws")),
            Lines{"restart 20.. floor 0 after -"});
}

TEST_F(PredecessorTest, ACleanEndIsNoGapButWhatWasOpenGoesOn) {
  {
    const auto writer = tape(kStart);
    connection(*writer, 1, 0, at(1), at(60));
    frame(*writer, 1, at(50));
    for (const GapStatus status : {GapStatus::open, GapStatus::filled, GapStatus::unfillable}) {
      Gap gap;
      gap.id = static_cast<std::int64_t>(status) + 1;
      gap.feed = "hypercall";
      gap.stream = "trades";
      gap.from_ns = at(10);
      gap.floor_ns = at(1);
      gap.to_ns = at(20);
      gap.after_cursor = "7";
      gap.status = status;
      EXPECT_TRUE(writer->put_gap(gap));
    }
    EXPECT_TRUE(writer->finish(at(60), "closed"));
  }
  const Predecessor found = only();
  EXPECT_EQ(lines(found.gaps_of("hypercall", "trades", "ws")),
            Lines{"disconnect 10..20 floor 1 after 7"});
}

TEST_F(PredecessorTest, AGapThatHadNoEndBeginsTheRestart) {
  {
    const auto writer = tape(kStart);
    connection(*writer, 1, 0, at(1), at(31));
    frame(*writer, 1, at(30));
    Gap gap;
    gap.id = 1;
    gap.feed = "hypercall";
    gap.stream = "trades";
    gap.from_ns = at(30);
    gap.floor_ns = at(5);
    gap.after_cursor = "12";
    gap.detail = "reset";
    EXPECT_TRUE(writer->put_gap(gap));
    EXPECT_TRUE(writer->put_cursor({"hypercall", "trades", "99", at(90)}));
  }
  const Predecessor found = only();
  const std::vector<Gap> gaps = found.gaps_of("hypercall", "trades", "ws");
  EXPECT_EQ(lines(gaps), Lines{"restart 30.. floor 5 after 12"});
  EXPECT_EQ(gaps[0].detail, "the recorder was interrupted; its tape is " + found.path +
                                "; it had lost the stream before: reset");
}

// Connection 1 was silent since 40, which nobody had found out; connection 2 was away 60..65.
TEST_F(PredecessorTest, ADeadConnectionsPartIsFoundOutAfterTheInterruption) {
  {
    const auto writer = tape(kStart);
    connection(*writer, 1, 0, at(1));
    connection(*writer, 2, 1, at(1), at(60));
    connection(*writer, 3, 1, at(65));
    frame(*writer, 1, at(40));
    frame(*writer, 2, at(60));
    frame(*writer, 3, at(90));
  }
  EXPECT_EQ(lines(only().gaps_of("hypercall", "trades", "ws")),
            (Lines{"disconnect 60..65 floor 0 after -", "restart 90.. floor 30 after -"}));
}

// Connection 2 fell silent before all of its streams were ready: those that were seemed received
// while connection 1 was away 60..65, and the ledger has a gap of the others alone, which ended a
// little before all of connection 3 was ready.
TEST_F(PredecessorTest, AConnectionThatWasReadyInPartIsFoundOutAfterTheInterruption) {
  {
    const auto writer = tape(kStart);
    connection(*writer, 1, 0, at(1), at(60));
    ConnectionInfo half;
    half.id = 2;
    half.feed = "hypercall";
    half.endpoint = "ws";
    half.slot = 1;
    half.opened_ns = at(50);
    EXPECT_TRUE(writer->put_connection(half));
    connection(*writer, 3, 0, at(65));
    frame(*writer, 1, at(60));
    frame(*writer, 2, at(51));
    frame(*writer, 3, at(90));
    Gap fills;
    fills.id = 1;
    fills.feed = "hypercall";
    fills.stream = "fills";
    fills.from_ns = at(60);
    fills.to_ns = at(64);
    fills.status = GapStatus::filled;
    EXPECT_TRUE(writer->put_gap(fills));
  }
  const Predecessor found = only();
  EXPECT_EQ(lines(found.gaps_of("hypercall", "trades", "ws")),
            (Lines{"disconnect 60..65 floor 0 after -", "restart 90.. floor 30 after -"}));
  EXPECT_EQ(lines(found.gaps_of("hypercall", "fills", "ws")),
            Lines{"restart 90.. floor 30 after -"});
}

}  // namespace
}  // namespace tapedeck::testing
