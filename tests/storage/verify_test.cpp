// Sound tapes pass; whatever is changed on one is named.
#include "storage/verify.h"

#include <algorithm>
#include <fstream>
#include <random>

#include "storage/compact.h"
#include "tests/storage/tape_files.h"
#include "tests/support/mixed_tape.h"

namespace tapedeck::testing {
namespace {

std::unique_ptr<Normalizer> decoder_of(std::string_view feed) {
  const Feed* known = find_feed(feed);
  return known == nullptr ? nullptr : known->make_normalizer(1);
}

VerifyReport report_of(const std::string& path, std::size_t details_max = 10) {
  auto tape = must(open_tape(path));
  return verify_tape(*tape, decoder_of, details_max);
}

// `WHAT: DETAIL` each, in order.
Lines problems_of(const VerifyReport& report) {
  Lines lines;
  for (const Problem& problem : report.problems) {
    for (const std::string& detail : problem.details) lines.push_back(problem.what + ": " + detail);
  }
  return lines;
}

class Verify : public ::testing::Test {
 protected:
  Verify() : path_(directory_.file("a.tape")) {
    auto writer = must(create_tape_at(path_, session_named("live"), Durability::process));
    must(writer->begin());
    MixedTape tape(*writer, kStart);
    must(tape.add(60));
    must(tape.add_frame("hypercall", Direction::in, Opcode::binary, std::string_view("\0\1", 2)));
    must(tape.add_frame("hypercall", Direction::in, Opcode::text, "{no json"));
    must(writer->commit());
    must(writer->finish(tape.now_ns(), "closed"));
    frames_ = tape.frames();
  }

  Lines after(const std::string& sql) {
    raw_query(path_, sql);
    return problems_of(report_of(path_));
  }
  std::string one(const std::string& query) { return raw_query(path_, query).at(0); }

  TempDir directory_;
  std::string path_;
  std::int64_t frames_ = 0;
};

TEST_F(Verify, ASoundTapeIsCounted) {
  const VerifyReport report = report_of(path_);
  EXPECT_EQ(problems_of(report), Lines{});
  EXPECT_EQ(report.notes, Lines{});
  EXPECT_EQ(report.frames, frames_);
  std::int64_t rows = 0;
  for (const Table& table : all_tables())
    rows += std::stoll(one("SELECT count(*) FROM " + std::string(table.name)));
  EXPECT_EQ(report.rows, rows);
  EXPECT_GT(rows, 300);
  std::int64_t unparsed = 0;
  for (const Count& count : report.unparsed) unparsed += count.count;
  EXPECT_EQ(unparsed, 2);
}

TEST_F(Verify, AChangedValueIsNamedWithBothValues) {
  const std::string price = one("SELECT price FROM trade WHERE id = 3");
  const std::string frame = one("SELECT frame_id FROM trade WHERE id = 3");
  EXPECT_EQ(after("UPDATE trade SET price = '0.' || price WHERE id = 3"),
            Lines{"trade: row 3 (frame " + frame + "): price is \"0." + price +
                  "\" on the tape, \"" + price + "\" from the frame"});
}

TEST_F(Verify, ANumberIsNotItsTextAndNullIsNotEmpty) {
  const std::string frame = one("SELECT frame_id FROM trade WHERE id = 1");
  const Lines lines = after("UPDATE trade SET venue = '' WHERE id = 1 AND venue IS NULL");
  EXPECT_EQ(lines, Lines{"trade: row 1 (frame " + frame +
                         "): venue is \"\" on the tape, NULL from the frame"});
}

TEST_F(Verify, CommonColumnsAreComparedToo) {
  const std::string frame = one("SELECT frame_id FROM quote WHERE id = 2");
  const std::string row = "quote: row 2 (frame " + frame + "): ";
  const std::string recv = one("SELECT recv_ns FROM quote WHERE id = 2");
  const std::string event = one("SELECT ifnull(event_ns, 'NULL') FROM quote WHERE id = 2");
  EXPECT_EQ(after("UPDATE quote SET feed = 'x', origin = 'snapshot', recv_ns = 5, event_ns = 6 "
                  "WHERE id = 2"),
            (Lines{row + "feed is \"x\" on the tape, \"marketai\" of the frame",
                   row + "recv_ns is 5 on the tape, " + recv + " of the frame",
                   row + "origin is \"snapshot\" on the tape, \"live\" from the frame",
                   row + "event_ns is 6 on the tape, " + event + " from the frame"}));
}

TEST_F(Verify, AChangedPayloadNoLongerGivesItsRows) {
  const std::string frame = one("SELECT frame_id FROM trade WHERE feed = 'hypercall' LIMIT 1");
  const Lines lines = after(
      "UPDATE frame SET payload = replace(payload, '\"price\":\"', '\"price\":\"9') "
      "WHERE id = " +
      frame);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("(frame " + frame + "): price is"), std::string::npos) << lines[0];
}

TEST_F(Verify, AMissingRowIsSeen) {
  const std::string last = one("SELECT max(id) FROM factor");
  const std::string frame = one("SELECT frame_id FROM factor ORDER BY id DESC LIMIT 1");
  EXPECT_EQ(after("DELETE FROM factor WHERE id = " + last),
            Lines{"factor: frame " + frame + " gives a row that is not on the tape"});
}

TEST_F(Verify, ARowInTheMiddleThatIsMissingIsAHoleInTheNumbers) {
  const Lines lines = after("DELETE FROM factor WHERE id = 5");
  EXPECT_NE(std::find(lines.begin(), lines.end(),
                      "factor: row 6 follows row 4: the rows between them are missing"),
            lines.end())
      << ::testing::PrintToString(lines);
}

TEST_F(Verify, AnAddedRowAndARowAtTheWrongPlaceAreSeen) {
  const Lines lines = after(
      "INSERT INTO factor (frame_id, feed, origin, recv_ns) VALUES (1, 'alterscope', 'live', 1)");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].ends_with("(frame 1): the frame gives no such row, or not at this place"))
      << lines[0];
  raw_query(path_, "DELETE FROM factor WHERE id = (SELECT max(id) FROM factor)");
  EXPECT_NE(after("UPDATE factor SET id = -1 WHERE id = 3; UPDATE factor SET id = 3 WHERE id = 4; "
                  "UPDATE factor SET id = 4 WHERE id = -1"),
            Lines{});
}

TEST_F(Verify, RowsThatNameWhatIsNotThereAreSeen) {
  const Lines lines = after(
      "INSERT INTO settlement (id, frame_id, request_id, feed, origin, recv_ns) SELECT n + v, "
      "CASE v WHEN 1 THEN 999999 END, CASE v WHEN 2 THEN 77 END, 'hypercall', 'live', 1 FROM "
      "(SELECT ifnull(max(id), 0) AS n FROM settlement), (SELECT 3 AS v UNION SELECT 2 UNION "
      "SELECT 1)");
  ASSERT_EQ(lines.size(), 3U) << ::testing::PrintToString(lines);
  EXPECT_NE(lines[0].find("(frame 999999): there is no such frame"), std::string::npos);
  EXPECT_NE(lines[1].find("(request 77): there is no such request"), std::string::npos);
  EXPECT_NE(lines[2].find("comes from no frame and no request"), std::string::npos);
}

// As tapes of others are, which may have the documented columns alone.
TEST_F(Verify, WhereATapeDoesNotSayWhenAnswersCameTheirRowsAreCheckedAgainstTheirRequest) {
  raw_query(path_,
            "ALTER TABLE request DROP COLUMN after_frame_id; "
            "INSERT INTO request (id, feed, purpose, sent_ns, recv_ns, method, url) VALUES "
            "(1, 'hypercall', 'gapfill', 5, 6, 'GET', '/trades')");
  const std::string insert =
      "INSERT INTO trade (request_id, feed, origin, recv_ns) VALUES (1, 'hypercall', 'gapfill', ";
  EXPECT_EQ(after(insert + "6)"), Lines{});
  EXPECT_EQ(report_of(path_).notes,
            Lines{"the rows of REST answers were not compared: the tape does not say when they "
                  "came"});
  const Lines lines = after(insert + "7)");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("(request 1): recv_ns is 7 on the tape, 6 of the request"),
            std::string::npos);
}

TEST_F(Verify, FramesThatAreMissingAreNamedAsASpan) {
  const Lines lines = after("DELETE FROM frame WHERE id BETWEEN 20 AND 29");
  ASSERT_FALSE(lines.empty());
  EXPECT_NE(std::find(lines.begin(), lines.end(), "frame: frames 20 to 29 are missing"),
            lines.end());
}

TEST_F(Verify, IdsBeforeTheFirstAreNamedAsSuch) {
  std::string sql = "UPDATE frame SET id = id - 1;";
  for (const Table& table : all_tables()) {
    sql += "UPDATE " + std::string(table.name) + " SET frame_id = frame_id - 1;";
  }
  EXPECT_EQ(after(sql), Lines{"frame: frame 0: ids begin with 1"});
  EXPECT_EQ(after("UPDATE trade SET id = id - 1"),
            (Lines{"trade: row 0: ids begin with 1", "frame: frame 0: ids begin with 1"}));
}

TEST_F(Verify, AFrameOfNoConnectionIsNamed) {
  const Lines lines = after(
      "UPDATE frame SET connection_id = 99 WHERE direction = 'out' AND id = "
      "(SELECT min(id) FROM frame WHERE direction = 'out')");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].ends_with(": there is no connection 99")) << lines[0];
}

TEST_F(Verify, SessionsAndGapsMustMakeSense) {
  EXPECT_EQ(
      after("INSERT INTO gap (id, feed, stream, cause, from_ns, to_ns, method, status, recovered, "
            "detail, floor_ns) VALUES (1, 'hypercall', 's', 'channel', 9, 8, 'none', 'unfillable', "
            "-1, '', "
            "9),"
            "(2, 'hypercall', 't', 'restart', 9, NULL, 'none', 'open', 0, '', 9)"),
      (Lines{"gap: gap 1 (hypercall/s): ends before it begins",
             "gap: gap 1 (hypercall/s): recovered less than nothing",
             "gap: gap 2 (hypercall/t): has no end on a tape that was closed"}));
  raw_query(path_, "DELETE FROM gap");
  EXPECT_EQ(after("UPDATE session SET outcome = 'open'"), Lines{"session: is open and has an end"});
  EXPECT_EQ(after("DELETE FROM session"),
            (Lines{"session: has 0 rows; a tape holds one session",
                   "session: " + path_ + ": has no session: the file is damaged"}));
}

TEST_F(Verify, TimesMustMakeSense) {
  EXPECT_EQ(after("UPDATE session SET ended_ns = started_ns - 1"),
            Lines{"session: ends before it begins"});
  raw_query(path_, "UPDATE session SET ended_ns = started_ns + 1");
  EXPECT_EQ(after("UPDATE connection SET opened_ns = 5, closed_ns = 4 WHERE id = 1"),
            (Lines{"connection: connection 1: is closed before it is opened",
                   "frame: frame 1 and " +
                       one("SELECT count(*) - 1 FROM frame WHERE "
                           "connection_id = 1") +
                       " more: after the close of connection 1"}));
  EXPECT_EQ(after("UPDATE connection SET opened_ns = (SELECT max(recv_ns) FROM frame WHERE "
                  "connection_id = 1), closed_ns = NULL WHERE id = 1; UPDATE connection SET "
                  "opened_ns = opened_ns + 1 WHERE id = 2"),
            (Lines{"frame: frame 1 and " +
                       one("SELECT count(*) - 2 FROM frame WHERE "
                           "connection_id = 1") +
                       " more: before the opening of connection 1",
                   "frame: frame " + one("SELECT min(id) FROM frame WHERE connection_id = 2") +
                       " and 2 more: before the opening of connection 2"}));
  // A clock that was set meanwhile may have been set there.
  EXPECT_EQ(after("UPDATE frame SET recv_ns = recv_ns - 1000000000000 WHERE id = (SELECT max(id) "
                  "FROM frame WHERE connection_id = 1 AND opcode = 9)"),
            Lines{});
}

TEST_F(Verify, WordsAndReferencesThatThereAreNotAreNamed) {
  const std::string frame = one("SELECT frame_id FROM trade WHERE id = 1");
  EXPECT_EQ(
      after("UPDATE trade SET origin = 'hearsay' WHERE id = 1"),
      Lines{"trade: row 1 (frame " + frame + "): origin is none of live, snapshot and gapfill"});
  EXPECT_EQ(after("UPDATE trade SET origin = 'live', request_id = 77 WHERE id = 1"),
            Lines{"trade: row 1 (frame " + frame + ") (request 77): there is no such request"});
  EXPECT_EQ(after("INSERT INTO request (id, feed, purpose, sent_ns, recv_ns, method, url, "
                  "after_frame_id) VALUES (77, 'hypercall', 'cursor', 1, 1, 'GET', '', 1)"),
            Lines{"trade: row 1 (frame " + frame +
                  ") (request 77): comes from a frame and from a request"});
}

TEST_F(Verify, TextThatStandsAsBytesIsNamed) {
  const Lines lines = {"frame: frame 1: its payload is a BLOB, and is text"};
  EXPECT_EQ(after("UPDATE frame SET payload = CAST(payload AS BLOB) WHERE id = 1"), lines);
  must(compact_tape({path_, ""}));
  EXPECT_EQ(problems_of(report_of(path_)), lines);
}

TEST_F(Verify, RowsOfAnotherFeedThanTheirUnknownOneAreNamed) {
  const VerifyReport report = [&] {
    raw_query(path_, "UPDATE connection SET feed = 'elsewhere' WHERE feed = 'alterscope'");
    return report_of(path_, 1);
  }();
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_EQ(problems_of(report),
            Lines{"factor: row 1 (frame " + one("SELECT frame_id FROM factor WHERE id = 1") +
                  "): feed is \"alterscope\" on the tape, \"elsewhere\" of the frame"});
}

TEST_F(Verify, TheLedgerKnowsNoOtherFeedsAndNoMoreRowsThanThereAre) {
  const std::string insert =
      "INSERT INTO gap (id, feed, stream, cause, from_ns, to_ns, method, status, recovered, detail,"
      " floor_ns) VALUES ";
  EXPECT_EQ(after(insert + "(1, 'nowhere', 's', 'channel', 1, 2, 'none', 'open', 0, '', 1); INSERT "
                           "INTO cursor VALUES ('nowhere', 's', '5', 1)"),
            (Lines{"gap: gap 1 (nowhere/s): there is no such feed",
                   "cursor: nowhere/s: there is no such feed"}));
  EXPECT_EQ(after("DELETE FROM gap; DELETE FROM cursor WHERE feed = 'nowhere'; " + insert +
                  "(1, 'hypercall', 'trades', 'channel', 1, 2, 'after', 'filled', 3, '', 1)"),
            Lines{"gap: gap 1 (hypercall/trades): recovered 3 rows, but its requests gave 0"});
  EXPECT_EQ(after("UPDATE gap SET method = 'peer'"), Lines{});
}

TEST_F(Verify, DriftMustNameAFrame) {
  const Lines lines = after(
      "INSERT INTO drift (feed, type, path, what, frame_id, recv_ns) VALUES ('hypercall', 'Trade', "
      "'a', 'b', 5, 1), ('hypercall', 'Fill', 'a', 'b', 99999, 1)");
  EXPECT_EQ(lines, Lines{"drift: hypercall Fill: there is no frame 99999"});
}

TEST_F(Verify, DetailsAreBoundedAndCountsAreNot) {
  raw_query(path_, "UPDATE trade SET symbol = 'X'");
  const VerifyReport report = report_of(path_, 3);
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_EQ(report.problems[0].details.size(), 3U);
  EXPECT_EQ(std::to_string(report.problems[0].count), one("SELECT count(*) FROM trade"));
}

TEST_F(Verify, AFeedThatIsNotKnownIsANoteAndNoProblem) {
  raw_query(path_,
            "UPDATE connection SET feed = 'tomorrow' WHERE feed = 'alterscope'; "
            "UPDATE factor SET feed = 'tomorrow'");
  const VerifyReport report = report_of(path_);
  EXPECT_EQ(problems_of(report), Lines{});
  EXPECT_EQ(report.notes,
            Lines{"the rows of tomorrow were not compared: this version does not know that feed"});
}

// The recorder's decoder knew the events of the tape before, and what stands there decides which of
// two look-alikes a frame or an answer adds.
TEST_F(Verify, WhatDependsOnAnEarlierTapeIsANoteUntilTheSessionIsOnItsOwn) {
  const std::string row =
      "INSERT INTO factor (frame_id, feed, origin, recv_ns, event_ns) SELECT frame_id, feed, "
      "origin, recv_ns, ";
  const std::string behind_the_last = " FROM factor ORDER BY id DESC LIMIT 1";
  raw_query(path_, row + std::to_string(kStart) + behind_the_last);
  EXPECT_EQ(problems_of(report_of(path_)).size(), 1U);
  raw_query(path_,
            "INSERT INTO gap (id, feed, stream, cause, from_ns, to_ns, method, status, recovered, "
            "detail, floor_ns) VALUES (1, 'alterscope', 's', 'restart', " +
                std::to_string(kStart - 1) + ", " + std::to_string(kStart) +
                ", 'snapshot', 'partial', 0, '', 9)");
  const VerifyReport report = report_of(path_);
  EXPECT_EQ(problems_of(report), Lines{});
  EXPECT_EQ(report.notes, Lines{"not judged, as they depend on what an earlier tape has: 1 rows"});
  raw_query(path_, row + std::to_string(kStart + 3'600 * kNsPerSec) + behind_the_last);
  EXPECT_EQ(problems_of(report_of(path_)).size(), 1U);
}

TEST(VerifyLive, ATapeThatIsBeingWrittenIsJudgedAsItStandsAtOneMoment) {
  const TempDir directory;
  const std::string path = directory.file("a.tape");
  auto writer = must(create_tape_at(path, session_named("live"), Durability::process));
  MixedTape tape(*writer, kStart);
  must(writer->begin());
  must(tape.add(20));
  must(writer->commit());
  const std::int64_t committed = tape.frames();
  must(writer->begin());
  must(tape.add(20));

  auto reader = must(open_tape(path));
  int asked = 0;
  // More is committed in the middle of it.
  const VerifyReport report = verify_tape(
      *reader,
      [&](std::string_view feed) {
        if (++asked == 1) must(writer->commit());
        return decoder_of(feed);
      },
      10);
  EXPECT_GT(asked, 0);
  EXPECT_EQ(problems_of(report), Lines{});
  EXPECT_EQ(report.frames, committed);
  EXPECT_EQ(report_of(path).frames, tape.frames());
}

// Whatever bytes a disk makes of a tape: an answer, never a crash, and never `ok` where a page's
// own structure is gone.
TEST_F(Verify, FlippedBytesGiveProblemsAndNoCrash) {
  std::ifstream in(path_, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  std::mt19937 random(11);
  int found = 0;
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    std::string damaged = whole;
    const int flips = 1 + round % 8;
    for (int i = 0; i < flips; ++i) {
      damaged[random() % damaged.size()] ^= static_cast<char>(1 + random() % 255);
    }
    const std::string path = directory_.file("damaged.tape");
    std::ofstream(path, std::ios::binary) << damaged;
    auto tape = open_tape(path);
    if (!tape) {
      EXPECT_NE(tape.error().message.find("damaged.tape"), std::string::npos);
      ++found;
    } else if (!verify_tape(**tape, decoder_of, 5).problems.empty()) {
      ++found;
    }
  }
  EXPECT_GT(found, 0);
}

TEST_F(Verify, ABTreePageThatIsGoneIsAProblemOfTheFile) {
  const auto size = std::filesystem::file_size(path_);
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  const std::string garbage(16'384, '\x5a');
  for (std::uintmax_t page = size / 2 / 16'384 * 16'384; page + 16'384 <= size; page += 16'384) {
    file.seekp(static_cast<std::streamoff>(page));
    file.write(garbage.data(), static_cast<std::streamsize>(garbage.size()));
  }
  file.close();
  const VerifyReport report = report_of(path_);
  ASSERT_FALSE(report.problems.empty());
  EXPECT_EQ(report.problems[0].what, "file");
}

}  // namespace
}  // namespace tapedeck::testing
