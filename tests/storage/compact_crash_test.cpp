// Compacting is cut off at every step, by SIGKILL and by the disk: the tape stands, whole.
#include "tests/storage/child.h"
#include "tests/storage/compact_support.h"
#include "tests/storage/fault_vfs.h"

namespace tapedeck::testing {
namespace {

constexpr std::int64_t kMessagesEach = 110;

// Runs it in a process that kills itself at step `step`; false when it came to its end before.
bool killed_at(const std::string& path, bool undo, int step) {
  Child child([&](const Child::Say&) {
    int steps = 0;
    must(compact_tape({path, "", undo, [&] {
                         if (++steps == step) ::raise(SIGKILL);
                       }}));
    ::_exit(0);
  });
  return child.died_by() == SIGKILL;
}

void kill_at_every_step(bool undo) {
  const TempDir directory;
  const std::string original = directory.file("original");
  write_finished(original, kMessagesEach);
  const std::string packed = directory.file("packed");
  must(compact_tape({original, packed, false}));
  const Lines plain_dump = dump_of(original);
  const Lines packed_dump = dump_of(packed);
  const Lines& before = undo ? packed_dump : plain_dump;
  const Lines& after = undo ? plain_dump : packed_dump;

  const TempDir work;
  const std::string path = work.file("a.tape");
  int replaced = 0;
  int step = 1;
  for (;; ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    ASSERT_LT(step, 1'000) << "it never came to its end";
    std::filesystem::copy_file(undo ? packed : original, path,
                               std::filesystem::copy_options::overwrite_existing);
    if (!killed_at(path, undo, step)) break;
    const Lines now = dump_of(path);
    ASSERT_TRUE(now == before || now == after) << "neither the old tape nor the new one";
    replaced += now == after ? 1 : 0;
    // The next run clears up what that one left, and comes to its end.
    const auto again = compact_tape({path, "", undo});
    ASSERT_EQ(again.ok(), now == before) << (again ? "" : again.error().message);
    ASSERT_EQ(dump_of(path), after);
    ASSERT_EQ(files_in(work.path()), Lines{"a.tape"});
  }
  EXPECT_GT(step, 30);
  EXPECT_EQ(replaced, 1) << "only the last step is behind the renaming";
  EXPECT_EQ(dump_of(path), after);
}

TEST(CompactCrash, KilledAtAnyStepTheTapeIsTheOldOneOrTheNewOne) {
  kill_at_every_step(false);
}

TEST(CompactCrash, KilledAtAnyStepOfUndoingItTheTapeIsTheOldOneOrTheNewOne) {
  kill_at_every_step(true);
}

// Killed from outside, in the middle of whatever it does: when its file has grown to some size.
TEST(CompactCrash, KilledWhileItWritesTheTapeIsTheOldOneOrTheNewOne) {
  const TempDir directory;
  const std::string path = directory.file("a.tape");
  write_finished(path, 2'000);
  const Lines before = frames_of(*must(open_tape(path)));
  const Lines plain_dump = dump_of(path);
  must(compact(path));
  const Lines packed_dump = dump_of(path);
  must(undo(path));
  for (std::uintmax_t size = 1; size < 4'000'000; size = size * 3 + 100'000) {
    Child child([&](const Child::Say&) {
      must(compact(path));
      ::_exit(0);
    });
    const auto written = [&]() -> std::uintmax_t {
      std::error_code absent;
      const auto bytes = std::filesystem::file_size(path + ".compacting", absent);
      return absent ? 0 : bytes;
    };
    while (written() < size && !child.has_ended()) {
    }
    child.kill();
    const Lines now = dump_of(path);
    ASSERT_TRUE(now == plain_dump || now == packed_dump) << size;
    if (now == packed_dump) must(undo(path));  // it was quicker than its killer
  }
  must(compact(path));
  EXPECT_EQ(frames_of(*must(open_tape(path))), before);
  EXPECT_EQ(files_in(directory.path()), Lines{"a.tape"});
}

TEST(CompactCrash, ADiskThatFailsAtAnyWriteLeavesTheTapeAsItIs) {
  const TempDir directory;
  const std::string path = directory.file("a.tape");
  write_finished(path, 40);
  const Lines before = dump_of(path);
  for (int operation = 1;; ++operation) {
    SCOPED_TRACE("operation " + std::to_string(operation));
    ASSERT_LT(operation, 2'000) << "it never ran through";
    FaultVfs disk;
    disk.fail_at(operation, SQLITE_FULL);
    const auto done = compact(path);
    const bool failed = disk.has_failed();
    disk.fail_at(0, SQLITE_OK);
    if (!failed) {
      ASSERT_TRUE(done) << done.error().message;
      EXPECT_GT(operation, 10);
      break;
    }
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().message.find("free space on that disk"), std::string::npos)
        << done.error().message;
    ASSERT_EQ(dump_of(path), before);
    ASSERT_EQ(files_in(directory.path()), Lines{"a.tape"});
  }
  must(undo(path));
  EXPECT_EQ(dump_of(path), before);
}

}  // namespace
}  // namespace tapedeck::testing
