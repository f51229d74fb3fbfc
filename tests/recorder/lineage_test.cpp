// Which tapes go on in the next one, and with what, from tapes as they are.
#include "recorder/lineage.h"

#include <filesystem>
#include <iterator>
#include <map>
#include <set>

#include "tests/recorder/earlier_tapes.h"
#include "tests/simulation/dice.h"

namespace tapedeck::testing {
namespace {

class LineageTest : public EarlierTapes {};

TEST_F(LineageTest, IsNothingWithoutATapeOfThatName) {
  EXPECT_EQ(find_lineage(directory_.file("none"), "live", at(0), {})->tapes.size(), 0U);
  tape(kStart, "live2");
  EXPECT_TRUE(find().ends.empty());
}

TEST_F(LineageTest, IsNothingWhileTheNewestTapeIsBeingWritten) {
  const auto writer = tape(kStart);
  EXPECT_TRUE(find().ends.empty());
}

// Two starts were killed before they had written down what they carried over.
TEST_F(LineageTest, ATapeThatNeverBeganHidesNothingOfTheOneBefore) {
  {
    const auto writer = tape(kStart);
    connection(*writer, 1, 0, at(1));
    frame(*writer, 1, at(30));
    EXPECT_TRUE(writer->put_cursor({"hypercall", "trades", "12", at(30)}));
  }
  const std::string begun = list_tapes(directory_.path())->back();
  tape(at(40));
  tape(at(50));
  const Lineage found = find();
  ASSERT_EQ(found.ends.size(), 1U);
  EXPECT_EQ(found.ends[0].tape.path, begun);
  EXPECT_EQ(found.tapes.size(), 3U);
  EXPECT_EQ(lines(found.gaps_of("hypercall", "trades", "ws")),
            Lines{"restart 30.. floor 0 after 12"});
  for (const auto& [path, ahead_ns] : found.tapes) {
    EXPECT_EQ((*open_tape(path))->session()->outcome, "interrupted") << path;
  }
}

// What it carried over is on it, though it received nothing.
TEST_F(LineageTest, ATapeThatBeganWithoutAFrameGoesOn) {
  { const auto writer = tape(kStart); }
  {
    const auto writer = tape(at(40));
    EXPECT_TRUE(writer->put_stream({"hypercall", "trades", "ws", std::nullopt}));
  }
  const Lineage found = find();
  ASSERT_EQ(found.ends.size(), 1U);
  EXPECT_EQ(found.ends[0].tape.path, list_tapes(directory_.path())->back());
}

// ---- streams that were left out, and recorders side by side ----

const Lineage::Stream kTrades("hypercall", "trades");
const Lineage::Stream kEvents("nexusglass", "ws/fastfeed");

// However the run without it ended.
TEST_F(LineageTest, AStreamGoesOnFromTheNewestTapeThatRecordedIt) {
  {
    const auto writer = tape(kStart);
    streams(*writer, {kTrades, kEvents});
    connection(*writer, 1, 0, at(1));
    frame(*writer, 1, at(30));
    EXPECT_TRUE(writer->put_cursor({"hypercall", "trades", "12", at(30)}));
  }
  const auto record_events = [&](int second, bool is_killed) {
    const auto writer = tape(at(second));
    streams(*writer, {kEvents});
    connection(*writer, 1, 0, at(second), std::nullopt, "nexusglass");
    frame(*writer, 1, at(second + 5));
    if (!is_killed) {
      EXPECT_TRUE(writer->finish(at(second + 9), "closed"));
    }
  };
  record_events(40, false);
  EXPECT_EQ(lines(find().gaps_of("hypercall", "trades", "ws")),
            Lines{"restart 30.. floor 0 after 12"});
  EXPECT_EQ(find().cursor_of("hypercall", "trades")->value, "12");
  EXPECT_EQ(find().started_ns("hypercall"), kStart);
  EXPECT_TRUE(find().gaps_of("nexusglass", "ws/fastfeed", "ws").empty());
  record_events(60, true);
  EXPECT_EQ(lines(find().gaps_of("hypercall", "trades", "ws")),
            Lines{"restart 30.. floor 0 after 12"});
  EXPECT_EQ(lines(find().gaps_of("nexusglass", "ws/fastfeed", "ws")),
            Lines{"restart 65.. floor 60 after -"});
  EXPECT_EQ(find().started_ns("nexusglass"), at(60));

  // Who does not record it does not ask.
  EXPECT_EQ(find("live", at(99), {"nexusglass"}).ends.size(), 1U);
  EXPECT_TRUE(find("live", at(99), {"marketai"}).ends.empty());
}

TEST_F(LineageTest, ATapeThatWasKilledBesideALaterOneGoesOn) {
  auto first = tape(kStart);
  streams(*first, {kTrades});
  connection(*first, 1, 0, at(1));
  frame(*first, 1, at(30));
  EXPECT_EQ(find().beside, Lines{file_of(*first)});
  EXPECT_EQ(find().newest_file, "");
  {
    const auto second = tape(at(40), "live", "", Lines{file_of(*first)});
    streams(*second, {kTrades});
    connection(*second, 1, 0, at(41), at(59));
    frame(*second, 1, at(50));
    EXPECT_TRUE(second->put_cursor({"hypercall", "trades", "22", at(50)}));
    EXPECT_TRUE(second->finish(at(60), "closed"));
  }
  frame(*first, 1, at(70));
  EXPECT_TRUE(first->put_cursor({"hypercall", "trades", "30", at(70)}));
  first.reset();

  const Lineage found = find();
  EXPECT_EQ(lines(found.gaps_of("hypercall", "trades", "ws")),
            Lines{"restart 70.. floor 10 after 30"});
  EXPECT_EQ(found.cursor_of("hypercall", "trades")->value, "30");
  EXPECT_EQ(found.put_back_ns, std::nullopt);
  {
    const auto third = tape(at(80), "live", found.newest_file);
    streams(*third, {kTrades});
    EXPECT_TRUE(third->finish(at(90), "closed"));
  }
  EXPECT_TRUE(find().gaps_of("hypercall", "trades", "ws").empty());
  // By a clock that was put back it would have ended after its successor began.
  EXPECT_EQ(find("live", at(75)).put_back_ns, at(75));
}

TEST_F(LineageTest, WhatTwoThatRanSideBySideLostIsOneGap) {
  {
    const auto first = tape(kStart);
    streams(*first, {kTrades});
    connection(*first, 1, 0, at(1));
    frame(*first, 1, at(30));
    EXPECT_TRUE(first->put_cursor({"hypercall", "trades", "12", at(30)}));
    const auto second = tape(at(20), "live", "", Lines{file_of(*first)});
    streams(*second, {kTrades});
    connection(*second, 1, 0, at(21));
    frame(*second, 1, at(50));
    EXPECT_TRUE(second->put_cursor({"hypercall", "trades", "22", at(50)}));
  }
  const Lineage found = find();
  ASSERT_EQ(found.ends.size(), 2U);
  const std::vector<Gap> gaps = found.gaps_of("hypercall", "trades", "ws");
  EXPECT_EQ(lines(gaps), Lines{"restart 30.. floor 0 after 12"});
  EXPECT_NE(gaps[0].detail.find(found.ends[0].tape.path), std::string::npos);
  EXPECT_NE(gaps[0].detail.find(found.ends[1].tape.path), std::string::npos);
  EXPECT_EQ(found.cursor_of("hypercall", "trades")->value, "22");
  EXPECT_EQ(found.started_ns("hypercall"), kStart);
}

TEST_F(LineageTest, WhatARunningRecorderWentOnWithIsItsOwn) {
  {
    const auto writer = tape(kStart);
    streams(*writer, {kTrades, kEvents});
    frame(*writer, 1, at(30));
  }
  const auto running = tape(at(40));
  EXPECT_EQ(find().gaps_of("hypercall", "trades", "ws").size(), 1U) << "it may never begin";
  streams(*running, {kTrades});
  EXPECT_TRUE(find().gaps_of("hypercall", "trades", "ws").empty());
  EXPECT_EQ(find().gaps_of("nexusglass", "ws/fastfeed", "ws").size(), 1U);
}

// Recorders start, leave streams out, run side by side, end, are killed, also before they began.
TEST_F(LineageTest, EveryLossGoesOnOnce) {
  struct Running {
    std::unique_ptr<TapeWriter> writer;
    std::vector<Lineage::Stream> streams;
    bool has_begun = false;
  };
  Dice dice(7);
  std::size_t losses = 0;
  for (int history = 0; history < 6; ++history) {
    const std::string name = "history" + std::to_string(history);
    std::vector<Running> running;
    std::map<Lineage::Stream, std::set<std::string>> lost;  // the tapes, not gone on with yet
    Ns now_ns = kStart;
    const auto next_ns = [&] { return now_ns += 2 * kNsPerSec; };
    // Also in the same moment: then neither knows of the other, and both go on from what there is.
    const auto start = [&](std::size_t count) {
      std::vector<std::pair<Ns, Lineage>> starts;
      while (starts.size() < count) {
        const Ns started_ns = next_ns();
        starts.emplace_back(started_ns, find(name, started_ns));
      }
      std::set<Lineage::Stream> gone_on;
      for (const auto& [started_ns, found] : starts) {
        EXPECT_EQ(found.put_back_ns, std::nullopt);
        Running one{tape(started_ns, name, found.newest_file, found.beside), {}, dice.chance(0.8)};
        for (const Lineage::Stream& stream : {kTrades, kEvents}) {
          if (dice.chance(0.6)) one.streams.push_back(stream);
        }
        if (one.streams.empty()) one.streams.push_back(kEvents);
        if (one.has_begun) streams(*one.writer, one.streams);
        for (const Lineage::Stream& stream : one.streams) {
          std::string told;
          const std::vector<Gap> gaps = found.gaps_of(stream.first, stream.second, "ws");
          EXPECT_LE(gaps.size(), 1U);
          for (const Gap& gap : gaps) told += gap.detail;
          for (const Lineage::Tape& tape : found.tapes) {
            EXPECT_EQ(told.find(tape.path) != std::string::npos, lost[stream].contains(tape.path))
                << stream.first << " of " << tape.path << " in " << one.writer->path();
          }
          if (one.has_begun) gone_on.insert(stream);
        }
        running.push_back(std::move(one));
      }
      for (const Lineage::Stream& stream : gone_on) lost[stream].clear();
    };
    const auto end = [&] {
      const auto one = running.begin() + dice.between(0, std::ssize(running) - 1);
      if (one->has_begun && dice.chance(0.5)) {
        EXPECT_TRUE(one->writer->finish(next_ns(), "closed"));
      } else if (one->has_begun) {
        frame(*one->writer, 1, next_ns());
        for (const Lineage::Stream& stream : one->streams) lost[stream].insert(one->writer->path());
        losses += one->streams.size();
      }
      running.erase(one);
    };
    for (int i = 0; i < 14; ++i) {
      if (running.empty() || (running.size() < 3 && dice.chance(0.5))) {
        start(dice.chance(0.2) ? 2 : 1);
      } else {
        end();
      }
    }
  }
  EXPECT_GT(losses, 10U);
}

// ---- clocks that were put back ----

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
TEST_F(LineageTest, IsTheTapeThatNoOtherOneFollowsThoughTheClockWasPutBack) {
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
  const Lineage found = find("live", at(60));
  ASSERT_EQ(found.ends.size(), 1U);
  EXPECT_NE(found.ends[0].tape.path, wrong);
  EXPECT_EQ(found.newest_file, std::filesystem::path(found.ends[0].tape.path).filename());
  EXPECT_EQ(lines(found.gaps_of("hypercall", "trades", "ws")),
            Lines{"restart 50.. floor 40 after 12"});
  // What the first one received came before the second one began.
  ASSERT_EQ(found.tapes.size(), 2U);
  EXPECT_EQ(found.tapes[0].path, wrong);
  EXPECT_EQ(found.tapes[0].ahead_ns, 3'590 * kNsPerSec);
  EXPECT_EQ(found.put_back_ns, at(40));
}

TEST_F(LineageTest, WhatWasReceivedByAClockThatIsPutBackNowComesBeforeNow) {
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
  const Lineage found = find("live", at(60));
  ASSERT_EQ(found.ends.size(), 1U);
  EXPECT_EQ(lines(found.gaps_of("hypercall", "trades", "ws")),
            (Lines{"disconnect 35..45 floor 31 after -", "restart 60.. floor 30 after -"}));
  EXPECT_EQ(found.put_back_ns, at(60));
  EXPECT_EQ(found.gaps_of("hypercall", "trades", "ws").back().detail,
            "the recorder was interrupted; its tape is " + found.ends[0].tape.path +
                "; the clock was put back since then, by at least 3570 s: how long it was is not "
                "known");
}

TEST_F(LineageTest, TapesThatFollowOneAnotherInARingAreTapesAllTheSame) {
  const auto name = [](int second) { return "live-" + format_stamp(at(second)) + ".tape"; };
  for (const auto& [second, followed] : {std::pair(10, 20), {20, 10}}) {
    const auto writer = tape(at(second), "live", name(followed));
    connection(*writer, 1, 0, at(second));
    frame(*writer, 1, at(second + 1));
  }
  EXPECT_EQ(find().ends.size(), 1U);
}

TEST_F(LineageTest, TellsTheRowsOfAllEarlierTapesSinceThen) {
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
  EXPECT_TRUE(tell_earlier_rows(find(), "hypercall", at(20), tables, [&](const EarlierRow& one) {
    rows.emplace_back(one.values[0].text);
  }));
  EXPECT_EQ(rows, (Lines{"one", "two"}));
}

}  // namespace
}  // namespace tapedeck::testing
