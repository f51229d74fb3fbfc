// What goes on in the next tape, from tapes as they are.
#include "recorder/predecessor.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "storage/tape_reader.h"
#include "storage/tape_writer.h"
#include "tests/simulation/dice.h"
#include "tests/support/fake_environment.h"
#include "tests/support/temp_dir.h"

namespace tapedeck::testing {
namespace {

using Lines = std::vector<std::string>;

constexpr Ns kStart = 1'795'253'400 * kNsPerSec;  // 2026-11-21T09:30:00Z
Ns at(int seconds) {
  return kStart + seconds * kNsPerSec;
}

class PredecessorTest : public ::testing::Test {
 protected:
  std::unique_ptr<TapeWriter> tape(Ns started_ns, const std::string& name = "live",
                                   const std::string& follows = "") {
    SessionInfo session;
    session.name = name;
    session.follows = follows;
    session.started_ns = started_ns;
    auto made = create_tape(directory_.path(), session, Durability::process);
    EXPECT_TRUE(made);
    return std::move(*made);
  }
  static void connection(TapeWriter& tape, std::int64_t id, int slot, Ns ready_ns,
                         std::optional<Ns> closed_ns = std::nullopt) {
    ConnectionInfo info;
    info.id = id;
    info.feed = "hypercall";
    info.endpoint = "ws";
    info.slot = slot;
    info.ready_ns = ready_ns;
    info.closed_ns = closed_ns;
    EXPECT_TRUE(tape.put_connection(info));
  }
  void frame(TapeWriter& tape, std::int64_t connection, Ns recv_ns,
             Direction direction = Direction::in) {
    EXPECT_TRUE(tape.add_frame({++frames_, connection, recv_ns, direction, Opcode::text, "{}"}));
  }
  std::optional<Predecessor> find(const std::string& name = "live", Ns now_ns = at(100'000)) {
    auto found = find_predecessor(directory_.path(), name, now_ns);
    EXPECT_TRUE(found);
    return std::move(*found);
  }
  static Lines lines(const std::vector<Gap>& gaps) {
    Lines out;
    for (const Gap& gap : gaps) {
      const auto second = [](Ns t) { return std::to_string((t - kStart) / kNsPerSec); };
      out.push_back(std::string(to_string(gap.cause)) + " " + second(gap.from_ns) + ".." +
                    (gap.to_ns ? second(*gap.to_ns) : "") + " floor " + second(gap.floor_ns) +
                    " after " + gap.after_cursor.value_or("-"));
    }
    return out;
  }

  TempDir directory_;
  std::int64_t frames_ = 0;
};

TEST_F(PredecessorTest, IsNothingWithoutATapeOfThatName) {
  EXPECT_EQ(find_predecessor(directory_.file("none"), "live", at(0))->has_value(), false);
  tape(kStart, "live2");
  EXPECT_FALSE(find().has_value());
}

TEST_F(PredecessorTest, IsNothingWhileTheNewestTapeIsBeingWritten) {
  const auto writer = tape(kStart);
  EXPECT_FALSE(find().has_value());
}

TEST_F(PredecessorTest, AnInterruptionIsAGapSinceTheLastFrameThatWasReceived) {
  {
    const auto writer = tape(kStart);
    connection(*writer, 1, 0, at(1));
    frame(*writer, 1, at(100));
    frame(*writer, 1, at(101), Direction::out);
    EXPECT_TRUE(writer->put_cursor({"hypercall", "trades", "41", at(90)}));
  }
  const auto found = find();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->outcome, "interrupted");
  EXPECT_EQ(lines(found->gaps_of("hypercall", "trades", "ws")),
            Lines{"restart 100.. floor 40 after 41"});
  EXPECT_EQ(found->cursor_of("hypercall", "trades")->value, "41");
  EXPECT_EQ(found->cursor_of("hypercall", "fills"), nullptr);
}

// Some of its streams were received for a while before it was known of all whether they are.
TEST_F(PredecessorTest, AConnectionThatDiedBeforeItWasReadyCoversNothingUntilThen) {
  {
    const auto writer = tape(kStart);
    connection(*writer, 1, 0, at(30));
    frame(*writer, 1, at(20));
  }
  EXPECT_EQ(lines(find()->gaps_of("hypercall", "trades", "ws")),
            Lines{"restart 20.. floor 0 after -"});
}

// Two starts were killed before they had written down what they carried over.
TEST_F(PredecessorTest, ATapeThatNeverBeganHidesNothingOfTheOneBefore) {
  {
    const auto writer = tape(kStart);
    connection(*writer, 1, 0, at(1));
    frame(*writer, 1, at(30));
    EXPECT_TRUE(writer->put_cursor({"hypercall", "trades", "12", at(30)}));
  }
  const std::string begun = list_tapes(directory_.path())->back();
  tape(at(40));
  tape(at(50));
  const auto found = find();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->path, begun);
  EXPECT_EQ(found->tapes.size(), 3U);
  EXPECT_EQ(lines(found->gaps_of("hypercall", "trades", "ws")),
            Lines{"restart 30.. floor 0 after 12"});
  for (const auto& [path, ahead_ns] : found->tapes) {
    EXPECT_EQ((*open_tape(path))->session()->outcome, "interrupted") << path;
  }
}

// What it carried over is on it, though it received nothing.
TEST_F(PredecessorTest, ATapeThatBeganWithoutAFrameGoesOn) {
  { const auto writer = tape(kStart); }
  {
    const auto writer = tape(at(40));
    EXPECT_TRUE(writer->put_stream({"hypercall", "trades", "ws", std::nullopt}));
  }
  const auto found = find();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->path, list_tapes(directory_.path())->back());
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
  const auto found = find();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(lines(found->gaps_of("hypercall", "trades", "ws")),
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
  const auto found = find();
  const std::vector<Gap> gaps = found->gaps_of("hypercall", "trades", "ws");
  EXPECT_EQ(lines(gaps), Lines{"restart 30.. floor 5 after 12"});
  EXPECT_EQ(gaps[0].detail, "the recorder was interrupted; its tape is " + found->path +
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
  EXPECT_EQ(lines(find()->gaps_of("hypercall", "trades", "ws")),
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
  const auto found = find();
  EXPECT_EQ(lines(found->gaps_of("hypercall", "trades", "ws")),
            (Lines{"disconnect 60..65 floor 0 after -", "restart 90.. floor 30 after -"}));
  EXPECT_EQ(lines(found->gaps_of("hypercall", "fills", "ws")),
            Lines{"restart 90.. floor 30 after -"});
}

TEST(PutBackClock, IsKnownByASessionThatEndsAfterItsSuccessorBegan) {
  const auto all_is_well = find_put_back({{at(0), at(10)}, {at(20), at(30)}}, at(30));
  EXPECT_EQ(all_is_well.ahead_ns, (std::vector<Ns>{0, 0}));
  EXPECT_FALSE(all_is_well.last_ns.has_value());

  // By 15 s before the third, and by 5 s before the one that begins now: all before it move along.
  const auto twice = find_put_back({{at(0), at(10)}, {at(20), at(30)}, {at(15), at(25)}}, at(20));
  EXPECT_EQ(twice.ahead_ns, (std::vector<Ns>{20 * kNsPerSec, 20 * kNsPerSec, 5 * kNsPerSec}));
  EXPECT_EQ(twice.last_ns, at(20));

  EXPECT_EQ(find_put_back({{at(0), at(10)}, {at(5), at(7)}}, at(20)).last_ns, at(5));
}

// However often and far it is put back, or forward.
TEST(PutBackClock, MovesWhatWasBeforeOnlyAsFarAsThatItComesBeforeWhatFollows) {
  Dice dice(1);
  for (int round = 0; round < 1'000; ++round) {
    std::vector<SessionSpan> sessions;
    Ns clock = at(10'000);
    for (int i = 0; i < 6; ++i) {
      const Ns end_ns = clock + dice.ms(0, 100'000);
      sessions.push_back({clock, end_ns});
      clock = end_ns + dice.ms(-1'000'000, 1'000'000);
    }
    const PutBack found = find_put_back(sessions, clock);
    bool was_put_back = false;
    Ns next_ns = clock;
    Ns next_ahead_ns = 0;
    for (std::size_t i = sessions.size(); i-- > 0;) {
      const Ns ahead_ns = found.ahead_ns[i];
      EXPECT_EQ(ahead_ns - next_ahead_ns, std::max<Ns>(sessions[i].end_ns - next_ns, 0));
      EXPECT_LE(sessions[i].end_ns - ahead_ns, next_ns - next_ahead_ns);
      was_put_back |= sessions[i].end_ns > next_ns;
      next_ns = sessions[i].started_ns;
      next_ahead_ns = ahead_ns;
    }
    EXPECT_EQ(found.last_ns.has_value(), was_put_back);
  }
}

// The machine's clock was an hour ahead, and is right again: the second tape bears the earlier
// name.
TEST_F(PredecessorTest, IsTheTapeThatNoOtherOneFollowsThoughTheClockWasPutBack) {
  std::string wrong;
  {
    const auto writer = tape(at(3'600));
    connection(*writer, 1, 0, at(3'601));
    frame(*writer, 1, at(3'630));
    wrong = writer->path();
  }
  {
    const auto writer = tape(at(40), "live", std::filesystem::path(wrong).filename().string());
    connection(*writer, 1, 0, at(41));
    frame(*writer, 1, at(50));
    EXPECT_TRUE(writer->put_cursor({"hypercall", "trades", "12", at(50)}));
  }
  const auto found = find("live", at(60));
  ASSERT_TRUE(found.has_value());
  EXPECT_NE(found->path, wrong);
  EXPECT_EQ(found->newest_file, std::filesystem::path(found->path).filename());
  EXPECT_EQ(lines(found->gaps_of("hypercall", "trades", "ws")),
            Lines{"restart 50.. floor 40 after 12"});
  // What the first one received came before the second one began.
  ASSERT_EQ(found->tapes.size(), 2U);
  EXPECT_EQ(found->tapes[0].path, wrong);
  EXPECT_EQ(found->tapes[0].ahead_ns, 3'590 * kNsPerSec);
  EXPECT_EQ(found->put_back_ns, at(40));
}

TEST_F(PredecessorTest, WhatWasReceivedByAClockThatIsPutBackNowComesBeforeNow) {
  {
    const auto writer = tape(at(3'600));
    connection(*writer, 1, 0, at(3'601));
    frame(*writer, 1, at(3'630));
    Gap gap;
    gap.id = 1;
    gap.feed = "hypercall";
    gap.stream = "trades";
    gap.from_ns = at(3'605);
    gap.to_ns = at(3'615);
    gap.floor_ns = at(3'601);
    EXPECT_TRUE(writer->put_gap(gap));
  }
  const auto found = find("live", at(60));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(lines(found->gaps_of("hypercall", "trades", "ws")),
            (Lines{"disconnect 35..45 floor 31 after -", "restart 60.. floor 30 after -"}));
  EXPECT_EQ(found->put_back_ns, at(60));
  EXPECT_EQ(found->gaps_of("hypercall", "trades", "ws").back().detail,
            "the recorder was interrupted; its tape is " + found->path +
                "; the clock was put back since then, by at least 3570 s: how long it was is not "
                "known");
}

TEST_F(PredecessorTest, TapesThatFollowOneAnotherInARingAreTapesAllTheSame) {
  const auto name = [](int second) { return "live-" + format_stamp(at(second)) + ".tape"; };
  for (const auto& [second, followed] : {std::pair(10, 20), {20, 10}}) {
    const auto writer = tape(at(second), "live", name(followed));
    connection(*writer, 1, 0, at(second));
    frame(*writer, 1, at(second + 1));
  }
  EXPECT_TRUE(find().has_value());
}

TEST_F(PredecessorTest, TellsTheRowsOfAllEarlierTapesSinceThen) {
  const auto row = [](TapeWriter& writer, Ns recv_ns, std::string_view feed, const char* reason) {
    const auto values = Unparsed{reason}.values();
    RowRecord record;
    record.feed = feed;
    record.recv_ns = recv_ns;
    record.row = {&table_of(TableId::unparsed), Origin::live, std::nullopt, values};
    EXPECT_TRUE(writer.add_row(record));
  };
  {
    const auto first = tape(kStart);
    row(*first, at(10), "hypercall", "too early");
    row(*first, at(30), "hypercall", "one");
    row(*first, at(31), "nexusglass", "another's");
    EXPECT_TRUE(first->finish(at(40), "closed"));
    const auto second = tape(at(50));
    row(*second, at(60), "hypercall", "two");
  }
  Lines rows;
  const TableId tables[] = {TableId::unparsed};
  EXPECT_TRUE(tell_earlier_rows(*find(), "hypercall", at(20), tables, [&](const EarlierRow& one) {
    rows.emplace_back(one.values[0].text);
  }));
  EXPECT_EQ(rows, (Lines{"one", "two"}));
}

}  // namespace
}  // namespace tapedeck::testing
