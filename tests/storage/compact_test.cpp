// Compacted tapes: they read as the plain ones, and become them again.
#include "storage/compact.h"

#include <sys/stat.h>

#include "storage/sqlite/compact_compare.h"
#include "storage/verify.h"
#include "tests/storage/child.h"
#include "tests/storage/compact_support.h"

namespace tapedeck::testing {
namespace {

class Compact : public ::testing::Test {
 protected:
  Compact() : path_(directory_.file("a.tape")) { frames_ = write_finished(path_, 900); }

  TempDir directory_;
  std::string path_;
  std::int64_t frames_ = 0;
};

TEST_F(Compact, UndoingItGivesTheSameTapeToTheLastByteOfEveryTable) {
  const Lines before = dump_of(path_);
  const auto done = must(compact(path_));
  EXPECT_EQ(done.frames, frames_);
  EXPECT_LT(done.bytes_after, done.bytes_before);
  EXPECT_EQ(std::filesystem::file_size(path_), static_cast<std::uintmax_t>(done.bytes_after));
  EXPECT_NE(dump_of(path_), before);
  const auto undone = must(undo(path_));
  EXPECT_EQ(undone.payload_bytes, done.payload_bytes);
  EXPECT_EQ(dump_of(path_), before);
  EXPECT_EQ(files_in(directory_.path()), Lines{"a.tape"});
}

TEST_F(Compact, ReadsAsThePlainTape) {
  const std::string packed = directory_.file("packed.tape");
  must(compact_tape({path_, packed, false}));
  auto plain = must(open_tape(path_));
  auto compacted = must(open_tape(packed));
  EXPECT_EQ(frames_of(*compacted), frames_of(*plain));
  EXPECT_EQ(must(compacted->frame_count()), frames_);
  EXPECT_EQ(must(compacted->last_frame_ns()), must(plain->last_frame_ns()));
  const auto counts_of = [](TapeReader& tape) {
    Lines lines;
    for (const Count& count : must(tape.frame_counts()))
      lines.push_back(count.feed + " " + count.what + " " + std::to_string(count.count));
    return lines;
  };
  EXPECT_EQ(counts_of(*compacted), counts_of(*plain));
  for (const Table& table : all_tables()) {
    EXPECT_EQ(rows_of(*compacted, table.id), rows_of(*plain, table.id)) << table.name;
  }
  EXPECT_EQ(must(compacted->tables()), must(plain->tables()));
}

TEST_F(Compact, ASeekGivesTheSameFrameFromAnyId) {
  auto plain = must(open_tape(path_));
  const Lines all = frames_of(*plain);
  must(compact(path_));
  auto tape = must(open_tape(path_));
  for (std::int64_t from = -1; from <= frames_ + 2; from += 101) {
    auto cursor = must(tape->frames(from));
    FrameRecord frame;
    const bool more = must(cursor->next(frame));
    ASSERT_EQ(more, from <= frames_) << from;
    if (!more) continue;
    EXPECT_EQ(frame.id, std::max<std::int64_t>(from, 1));
    EXPECT_TRUE(all[static_cast<std::size_t>(frame.id) - 1].ends_with(frame.payload)) << from;
  }
  for (Ns t = kStart; t < kStart + 4'600 * kNsPerMs; t += 97 * kNsPerMs) {
    EXPECT_EQ(must(tape->first_frame_at(t)), must(plain->first_frame_at(t)));
  }
}

TEST_F(Compact, AnySqliteToolSeesTheFramesWithoutTheirPayloads) {
  const std::string query = "SELECT id, connection_id, recv_ns, direction, opcode FROM frame";
  const Lines before = raw_query(path_, query);
  must(compact(path_));
  EXPECT_EQ(raw_query(path_, query), before);
  EXPECT_EQ(raw_query(path_, "SELECT count(payload) FROM frame"), Lines{"0"});
  EXPECT_EQ(raw_query(path_, "SELECT sum(frames) FROM frame_chunk"),
            Lines{std::to_string(frames_)});
  EXPECT_EQ(raw_query(path_, "PRAGMA integrity_check"), Lines{"ok"});
  EXPECT_EQ(raw_query(path_, "PRAGMA user_version"), Lines{"1"});
  EXPECT_EQ(raw_query(path_, "PRAGMA journal_mode"), Lines{"delete"});
}

TEST_F(Compact, AnotherFileLeavesTheTapeAsItIs) {
  const Lines before = dump_of(path_);
  const std::string packed = directory_.file("packed.tape");
  const std::string plain = directory_.file("plain.tape");
  must(compact_tape({path_, packed, false}));
  EXPECT_EQ(dump_of(path_), before);
  must(compact_tape({packed, plain, true}));
  EXPECT_EQ(dump_of(plain), before);
  struct stat status {};
  ASSERT_EQ(::stat(packed.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(files_in(directory_.path()), (Lines{"a.tape", "packed.tape", "plain.tape"}));
}

TEST_F(Compact, InPlaceItKeepsAccessRightsAndFollowsLinks) {
  ASSERT_EQ(::chmod(path_.c_str(), 0640), 0);
  std::filesystem::create_symlink("a.tape", directory_.file("link.tape"));
  must(compact(directory_.file("link.tape")));
  EXPECT_TRUE(std::filesystem::is_symlink(directory_.file("link.tape")));
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0640U);
  EXPECT_EQ(must(must(open_tape(path_))->frame_count()), frames_);
}

TEST_F(Compact, WhoHasItOpenGoesOnReadingTheOldOne) {
  auto tape = must(open_tape(path_));
  const Lines before = frames_of(*tape);
  auto cursor = must(tape->frames(1));
  FrameRecord frame;
  ASSERT_TRUE(must(cursor->next(frame)));
  must(compact(path_));
  EXPECT_EQ(frames_of(*tape), before);
  EXPECT_EQ(frames_of(*must(open_tape(path_))), before);
}

TEST_F(Compact, IndexesViewsColumnsAndTablesOfOthersComeAlong) {
  raw_query(path_,
            "ALTER TABLE frame ADD COLUMN note TEXT DEFAULT 'n'; UPDATE frame SET note = id * 2;"
            "CREATE INDEX frame_time ON frame (recv_ns); CREATE VIEW big AS SELECT * FROM frame "
            "WHERE length(payload) > 1000; CREATE TABLE mine (a, b REAL); INSERT INTO mine VALUES "
            "(x'00', 0.5), (NULL, 1); CREATE TRIGGER no_deletes BEFORE DELETE ON frame BEGIN "
            "SELECT raise(ABORT, 'no'); END; ANALYZE");
  // What ANALYZE counted is SQLite's own and can be counted again.
  raw_query(path_, "DROP TABLE sqlite_stat1; DROP TABLE IF EXISTS sqlite_stat4");
  // Tables come first in the copy.
  const auto sorted_dump = [&] {
    Lines lines = dump_of(path_);
    std::sort(lines.begin(), lines.end());
    return lines;
  };
  const Lines before = sorted_dump();
  must(compact(path_));
  EXPECT_EQ(raw_query(path_, "SELECT note FROM frame WHERE id = 7"), Lines{"14"});
  must(undo(path_));
  EXPECT_EQ(sorted_dump(), before);
}

TEST_F(Compact, IdsWithHolesKeepTheirPayloads) {
  raw_query(path_, "DELETE FROM frame WHERE id % 5 = 0 OR id BETWEEN 600 AND 700");
  const Lines before = dump_of(path_);
  auto plain = must(open_tape(path_));
  must(compact(path_));
  auto tape = must(open_tape(path_));
  for (const std::int64_t from : {1, 5, 6, 511, 599, 650, 703, 4'201}) {
    EXPECT_EQ(frames_of(*tape, from), frames_of(*plain, from)) << from;
  }
  tape.reset();
  must(undo(path_));
  EXPECT_EQ(dump_of(path_), before);
}

TEST_F(Compact, SingleFramesInAnyOrderAndCursorsSideBySideDoNotDisturbEachOther) {
  for (const char* change : {"SELECT 1", "DELETE FROM frame WHERE id % 5 = 0"}) {
    SCOPED_TRACE(change);
    raw_query(path_, change);
    const std::string packed = directory_.file("packed.tape");
    std::filesystem::remove(packed);
    must(compact_tape({path_, packed, false}));
    auto plain = must(open_tape(path_));
    auto tape = must(open_tape(packed));
    const auto first_from = [](FrameCursor& cursor) {
      FrameRecord frame;
      if (!must(cursor.next(frame))) return std::string("none");
      return std::to_string(frame.id) + " " + std::string(frame.payload);
    };
    std::int64_t id = 1;
    for (int i = 0; i < 60; ++i) {
      id = (id * 2'654'435 + 1) % (frames_ + 2);
      // From here to there and, while that one is open, from another place.
      auto cursor = must(tape->frames(id));
      auto expected = must(plain->frames(id));
      ASSERT_EQ(first_from(*cursor), first_from(*expected));
      ASSERT_EQ(first_from(*must(tape->frames(frames_ - id))),
                first_from(*must(plain->frames(frames_ - id))));
      for (int step = 0; step < 600; ++step) ASSERT_EQ(first_from(*cursor), first_from(*expected));
    }
  }
}

// What the comparison finds, wherever it is, keeps the old tape where it stands.
TEST_F(Compact, ComparingFindsOneDifferenceAmongAllRecords) {
  const std::string copy = directory_.file("copy.tape");
  const auto compared = [&](const std::string& change) {
    std::filesystem::remove(copy);
    must(compact_tape({path_, copy, false}));
    raw_query(copy, change);
    auto a = must(sqlite::Database::open_tape_to_read(path_));
    auto b = must(sqlite::Database::open_tape_to_read(copy));
    const auto same = sqlite::compare_tapes(*a, *b, [] {});
    return same ? "same" : same.error().message;
  };
  const auto differs = [&](const std::string& record) {
    return copy + ": record " + record +
           " is not what the tape has: the tape was left as it was; check this machine's memory "
           "and disk";
  };
  EXPECT_EQ(compared("SELECT 1"), "same");
  for (const std::int64_t id : {std::int64_t{1}, frames_ / 3, frames_ / 2, frames_ - 1, frames_}) {
    const std::string where = " WHERE id = " + std::to_string(id);
    const std::string found = differs(std::to_string(id) + " of frame");
    EXPECT_EQ(compared("UPDATE frame SET recv_ns = recv_ns + 1" + where), found);
    EXPECT_NE(compared("DELETE FROM frame" + where), "same");
    EXPECT_EQ(compared("UPDATE frame SET direction = CAST(direction AS BLOB)" + where), found);
  }
  EXPECT_NE(compared("INSERT INTO frame SELECT id + 1, connection_id, recv_ns, direction, opcode, "
                     "NULL FROM frame ORDER BY id DESC LIMIT 1"),
            "same");
  EXPECT_EQ(compared("UPDATE gap SET detail = 'x'"), differs("1 of gap"));
  EXPECT_NE(compared("CREATE TABLE more (a)").find(" of sqlite_master is not"), std::string::npos);
  // Payloads, packed again for another length.
  EXPECT_NE(compared("UPDATE frame_chunk SET data = (SELECT data FROM frame_chunk ORDER BY last_id "
                     "DESC LIMIT 1) WHERE first_id = 1"),
            "same");
}

TEST_F(Compact, ATapeWithoutFramesIsOne) {
  const std::string path = directory_.file("empty.tape");
  must(must(create_tape_at(path, session_named("live"), Durability::process))
           ->finish(kStart, "closed"));
  const Lines before = dump_of(path);
  EXPECT_EQ(must(compact(path)).frames, 0);
  EXPECT_TRUE(frames_of(*must(open_tape(path))).empty());
  must(undo(path));
  EXPECT_EQ(dump_of(path), before);
}

TEST_F(Compact, WhatCannotBeDoneIsRefusedWithTheRemedy) {
  const auto refused = [&](const CompactOptions& options, const std::string& why) {
    const auto done = compact_tape(options);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message, why);
  };
  refused({path_, "", true}, path_ + ": is not compacted: there is nothing to undo");
  must(compact(path_));
  refused({path_, "", false}, path_ + ": is compacted already; --undo makes it plain");
  refused({path_, path_, true}, path_ + ": exists: name a file that does not exist yet");
  const std::string none = directory_.file("none.tape");
  refused({none, "", false}, none + ": No such file or directory: name a tape that exists");
  EXPECT_FALSE(compact("/dev/null"));
  raw_query(path_, "PRAGMA user_version = 2");
  EXPECT_NE(compact(path_).error().message.find("newer tapedeck"), std::string::npos);
}

TEST_F(Compact, ATapeThatIsBeingRecordedOrWasNotFinishedIsRefused) {
  const std::string path = directory_.file("live.tape");
  auto writer = must(create_tape_at(path, session_named("live"), Durability::process));
  const auto living = compact(path);
  ASSERT_FALSE(living);
  EXPECT_EQ(living.error().message,
            path + ": is being recorded, or compacted by another process: end that first");
  writer.reset();
  const auto dead = compact(path);
  ASSERT_FALSE(dead);
  EXPECT_NE(dead.error().message.find("its recorder died: start `tapedeck record`"),
            std::string::npos)
      << dead.error().message;
  must(mark_interrupted(path));
  EXPECT_TRUE(compact(path));
}

// A log that stays beside the new file would be read as the new file's own.
TEST_F(Compact, ALogThatAnotherProgramHoldsIsRefusedAndAFreeOneFoldedIn) {
  raw_query(path_, "PRAGMA journal_mode = WAL");
  const Lines before = frames_of(*must(open_tape(path_)));
  Child other([&](const Child::Say& say) {
    auto tape = must(open_tape(path_));
    auto cursor = must(tape->frames(1));
    FrameRecord frame;
    must(cursor->next(frame));
    say("open");
    for (;;) ::pause();
  });
  ASSERT_EQ(other.heard(), "open");
  const auto refused = compact(path_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            path_ + ": another program has it open, with its write-ahead log: close that program");
  other.kill();
  must(compact(path_));
  EXPECT_EQ(frames_of(*must(open_tape(path_))), before);
  EXPECT_EQ(files_in(directory_.path()), Lines{"a.tape"});
}

TEST_F(Compact, TwoAtOnceDoNotGetInEachOthersWay) {
  Child other([&](const Child::Say& say) {
    bool told = false;
    (void)compact_tape({path_, "", false, [&] {
                          if (std::exchange(told, true)) return;
                          say("compacting");
                          for (;;) ::pause();
                        }});
  });
  ASSERT_EQ(other.heard(), "compacting");
  EXPECT_EQ(compact(path_).error().message,
            path_ + ": is being recorded, or compacted by another process: end that first");
  other.kill();
  EXPECT_TRUE(compact(path_));
}

TEST_F(Compact, DamagedPayloadsAreAnErrorThatNamesTheFrameAndTheGoodOnesAreRead) {
  must(compact(path_));
  // Behind the whole chunk that is read first.
  const std::string first =
      raw_query(path_, "SELECT min(first_id) FROM frame_chunk WHERE first_id > 1")[0];
  raw_query(path_,
            "UPDATE frame_chunk SET data = substr(data, 1, 500) || x'00' || "
            "substr(data, 502) WHERE first_id = " +
                first);
  auto tape = must(open_tape(path_));
  auto cursor = must(tape->frames(1));
  FrameRecord frame;
  Result<bool> more = true;
  std::int64_t last = 0;
  while ((more = cursor->next(frame)) && *more) last = frame.id;
  ASSERT_FALSE(more);
  EXPECT_EQ(last, std::stoll(first) - 1);
  EXPECT_EQ(more.error().message, path_ + ": the compressed payload of frame " + first +
                                      " is damaged or "
                                      "missing: run `tapedeck verify` on it and keep a copy");
  EXPECT_FALSE(cursor->next(frame)) << "it does not go on behind the damage";
  tape.reset();
  const Lines before = dump_of(path_);
  EXPECT_FALSE(undo(path_));
  EXPECT_EQ(dump_of(path_), before);
  EXPECT_EQ(files_in(directory_.path()), Lines{"a.tape"});
}

TEST_F(Compact, VerifyDecodesItAgain) {
  must(compact(path_));
  const DecoderSource decoders = [](std::string_view feed) {
    return find_feed(feed)->make_normalizer(1);
  };
  const auto problems_of = [&] {
    return verify_tape(*must(open_tape(path_)), decoders, 10).problems;
  };
  EXPECT_TRUE(problems_of().empty());
  raw_query(path_, "DELETE FROM frame_chunk WHERE first_id = 1");
  const auto problems = problems_of();
  ASSERT_FALSE(problems.empty());
  EXPECT_EQ(problems[0].what, "frame");
}

}  // namespace
}  // namespace tapedeck::testing
