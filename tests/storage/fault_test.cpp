// The disk fails, or the power goes: what is on the tape afterwards is what was promised.
#include <fstream>

#include "tests/storage/fault_vfs.h"
#include "tests/storage/tape_files.h"

namespace tapedeck::testing {
namespace {

constexpr int kTransactions = 4;
constexpr int kFramesEach = 3;

Result<void> record_one(TapeWriter& tape, int transaction) {
  auto result = tape.begin();
  for (int i = 0; result && i < kFramesEach; ++i) {
    const std::int64_t id = transaction * kFramesEach + i + 1;
    result = tape.add_frame(frame_of(id, kStart + id, "payload"));
    Trade trade;
    trade.price = "95000.50";
    if (result) result = add_record(tape, trade, id, kStart + id);
  }
  return result ? tape.commit() : result;
}

struct Outcome {
  bool created = false;
  int committed = 0;  // transactions that commit() acknowledged
  std::string error;  // "" when all went well
};

Outcome record(const std::string& path, Durability durability) {
  Outcome outcome;
  auto tape = create_tape_at(path, session_named("live"), durability);
  if (!tape) return {false, 0, tape.error().message};
  outcome.created = true;
  for (; outcome.committed < kTransactions; ++outcome.committed) {
    if (auto result = record_one(**tape, outcome.committed); !result) {
      outcome.error = result.error().message;
      const auto again = record_one(**tape, outcome.committed + 1);
      EXPECT_FALSE(again) << "a writer that failed went on";
      return outcome;
    }
  }
  auto finished = (*tape)->finish(kStart + 100, "closed");
  if (!finished) outcome.error = finished.error().message;
  return outcome;
}

// Every disk operation of a recording fails in turn, and so does each after it.
void fail_each_operation(int code, const std::string& advice) {
  for (int operation = 1;; ++operation) {
    SCOPED_TRACE("operation " + std::to_string(operation));
    ASSERT_LT(operation, 1'000) << "the recording never ran through";
    const TempDir directory;
    const std::string path = directory.file("a.tape");
    FaultVfs disk;
    disk.fail_at(operation, code);
    const Outcome outcome = record(path, Durability::power);
    const bool failed = disk.has_failed();
    disk.fail_at(0, SQLITE_OK);
    if (!failed) {
      EXPECT_EQ(outcome.error, "");
      return;
    }
    EXPECT_TRUE(outcome.error.starts_with(path + ": cannot ")) << outcome.error;
    EXPECT_TRUE(outcome.error.ends_with(advice)) << outcome.error;
    if (!outcome.created) {
      EXPECT_FALSE(std::filesystem::exists(path)) << "a tape that never was stayed";
      continue;
    }
    auto tape = must(open_tape(path));
    const auto frames = must(tape->frame_count());
    EXPECT_EQ(frames % kFramesEach, 0) << "half a transaction";
    EXPECT_GE(frames, outcome.committed * kFramesEach);
    EXPECT_LE(frames, (outcome.committed + 1) * kFramesEach);
    EXPECT_EQ(rows_of(*tape, TableId::trade).size(), static_cast<std::size_t>(frames));
  }
}

TEST(FaultyDisk, AFullDiskIsAnErrorAtEveryOperationAndKeepsWhatWasCommitted) {
  fail_each_operation(SQLITE_FULL, "free space on that disk, then start again");
}

TEST(FaultyDisk, AWriteErrorIsAnErrorAtEveryOperationAndKeepsWhatWasCommitted) {
  fail_each_operation(SQLITE_IOERR_WRITE, "check the disk and its free space, then start again");
}

TEST(FaultyDisk, NamesTheTapeWhatFailedAndTheRemedy) {
  const TempDir directory;
  FaultVfs disk;
  auto tape =
      must(create_tape_at(directory.file("a.tape"), session_named("live"), Durability::process));
  must(tape->begin());
  must(tape->add_frame(frame_of(1, kStart, "x")));
  disk.fail_at(1, SQLITE_FULL);
  EXPECT_EQ(
      tape->commit().error().message,
      directory.file("a.tape") +
          ": cannot commit: database or disk is full (SQLite code 13): free space on that disk, "
          "then start again");
}

// SQLite rolled back: what a writer took now would be a transaction's second half.
TEST(FaultyDisk, AWriterThatFailedStaysFailedThoughTheDiskRecovers) {
  const TempDir directory;
  FaultVfs disk;
  auto tape =
      must(create_tape_at(directory.file("a.tape"), session_named("live"), Durability::process));
  must(tape->begin());
  must(tape->add_frame(frame_of(1, kStart, "x")));
  disk.fail_at(1, SQLITE_FULL);
  const std::string error = tape->commit().error().message;
  disk.fail_at(0, SQLITE_OK);
  for (const Result<void>& result :
       {tape->add_frame(frame_of(2, kStart, "y")), tape->begin(), tape->commit()}) {
    EXPECT_EQ(result ? "" : result.error().message, error);
  }
  EXPECT_EQ(must(must(open_tape(tape->path()))->frame_count()), 0);
}

TEST(PowerCut, WithDurabilityPowerEveryCommitSurvives) {
  const TempDir directory;
  FaultVfs disk;
  auto tape =
      must(create_tape_at(directory.file("a.tape"), session_named("live"), Durability::power));
  for (int transaction = 0; transaction < kTransactions; ++transaction) {
    must(record_one(*tape, transaction));
    const TempDir after;
    disk.cut_power_into(after.path());
    EXPECT_EQ(must(must(open_tape(after.file("a.tape")))->frame_count()),
              (transaction + 1) * kFramesEach);
  }
}

TEST(PowerCut, WithDurabilityProcessWhatIsLeftIsWholeTransactions) {
  const TempDir directory;
  FaultVfs disk;
  auto tape =
      must(create_tape_at(directory.file("a.tape"), session_named("live"), Durability::process));
  const std::string payload(40'000, 'x');
  // Until some checkpoints have been; they are made on a thread of their own.
  for (int id = 1; disk.syncs_of(tape->path()) < 3; id += 10) {
    ASSERT_LT(id, 50'000) << "no checkpoint is made";
    must(tape->begin());
    for (int i = 0; i < 10; ++i) must(tape->add_frame(frame_of(id + i, kStart + id, payload)));
    must(tape->commit());
  }
  const TempDir after;
  disk.cut_power_into(after.path());
  const auto frames = must(must(open_tape(after.file("a.tape")))->frame_count());
  EXPECT_GT(frames, 0);
  EXPECT_EQ(frames % 10, 0);
  EXPECT_EQ(raw_query(after.file("a.tape"), "PRAGMA integrity_check"), Lines{"ok"});
}

TEST(PowerCut, AFinishedTapeSurvivesWhole) {
  for (const auto durability : {Durability::process, Durability::power}) {
    const TempDir directory;
    FaultVfs disk;
    EXPECT_EQ(record(directory.file("a.tape"), durability).error, "");
    const TempDir after;
    disk.cut_power_into(after.path());
    auto tape = must(open_tape(after.file("a.tape")));
    EXPECT_EQ(must(tape->frame_count()), kTransactions * kFramesEach);
    EXPECT_EQ(must(tape->session()).outcome, "closed");
  }
}

}  // namespace
}  // namespace tapedeck::testing
