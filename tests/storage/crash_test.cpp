// Recorders that die, recorders that live, and tapes where nothing can be written.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <functional>

#include "tests/storage/child.h"
#include "tests/storage/tape_files.h"

namespace tapedeck::testing {
namespace {

void commit_frames(TapeWriter& tape, std::int64_t first, std::int64_t last) {
  must(tape.begin());
  for (auto id = first; id <= last; ++id) must(tape.add_frame(frame_of(id, kStart + id, "x")));
  must(tape.commit());
}

// A recorder that committed frames 1 to 10 and is amid a transaction of `uncommitted_bytes`.
std::unique_ptr<Child> recorder(const std::string& path, std::size_t uncommitted_bytes) {
  auto child = std::make_unique<Child>([=](const Child::Say& say) {
    const auto tape = must(create_tape_at(path, session_named("live"), Durability::process));
    commit_frames(*tape, 1, 10);
    must(tape->begin());
    must(tape->put_cursor({"hypercall", "trades", "99", kStart + 999}));
    const std::string payload(100'000, 'y');
    for (std::size_t done = 0, id = 11; done < uncommitted_bytes; done += payload.size(), ++id) {
      must(tape->add_frame(frame_of(static_cast<std::int64_t>(id), kStart + 999, payload)));
    }
    say("recording");
    for (;;) ::pause();
  });
  EXPECT_EQ(child->heard(), "recording");
  return child;
}

TEST(Crash, KillKeepsWhatWasCommittedAndNothingElse) {
  // Once within SQLite's cache, once so much that it had to go into the log before its commit.
  for (const std::size_t uncommitted_bytes : {std::size_t{200'000}, std::size_t{60'000'000}}) {
    const TempDir directory;
    const std::string path = directory.file("a.tape");
    recorder(path, uncommitted_bytes)->kill();
    auto tape = must(open_tape(path));
    EXPECT_FALSE(tape->is_being_written());
    EXPECT_EQ(must(tape->frame_count()), 10);
    EXPECT_TRUE(must(tape->cursors()).empty());
    EXPECT_EQ(must(tape->session()).outcome, "open");
    EXPECT_EQ(raw_query(path, "PRAGMA integrity_check"), Lines{"ok"});
  }
}

TEST(Crash, ADeadRecordersTapeIsMarkedInterruptedOnce) {
  const TempDir directory;
  const std::string path = directory.file("a.tape");
  recorder(path, 200'000)->kill();
  EXPECT_TRUE(must(mark_interrupted(path)));
  EXPECT_FALSE(must(mark_interrupted(path))) << "it has ended already";
  auto tape = must(open_tape(path));
  const auto session = must(tape->session());
  EXPECT_EQ(session.outcome, "interrupted");
  EXPECT_EQ(session.ended_ns, kStart + 10) << "the last committed frame's time";
  EXPECT_EQ(must(tape->frame_count()), 10);
  EXPECT_EQ(raw_query(path, "PRAGMA journal_mode"), Lines{"delete"});
}

TEST(Crash, ALivingRecordersTapeIsLeftAlone) {
  const TempDir directory;
  const std::string path = directory.file("a.tape");
  const auto child = recorder(path, 200'000);
  EXPECT_FALSE(must(mark_interrupted(path)));
  auto tape = must(open_tape(path));
  EXPECT_TRUE(tape->is_being_written());
  EXPECT_EQ(must(tape->session()).outcome, "open");
  EXPECT_EQ(must(tape->frame_count()), 10);
  child->kill();
  EXPECT_FALSE(tape->is_being_written());
}

TEST(Crash, ALockThatAnyProgramHoldsCounts) {
  const TempDir directory;
  const std::string path = directory.file("a.tape");
  must(create_tape_at(path, session_named("live"), Durability::process)).reset();
  Child holder([&](const Child::Say& say) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    say(::flock(fd, LOCK_EX | LOCK_NB) == 0 ? "held" : "not held");
  });
  EXPECT_EQ(holder.heard(), "held");
  EXPECT_FALSE(must(mark_interrupted(path)));
  holder.kill();
  EXPECT_TRUE(must(mark_interrupted(path)));
}

// The newest time that was committed, whatever it stands in.
TEST(Crash, TheEndOfAnInterruptedTapeIsItsNewestTime) {
  using Fill = std::function<void(TapeWriter&)>;
  const std::pair<Fill, Ns> cases[] = {
      {[](TapeWriter&) {}, 0},
      {[](TapeWriter& t) { must(t.add_frame(frame_of(1, kStart + 3, "x"))); }, 3},
      {[](TapeWriter& t) {
         must(t.put_cursor({"f", "s", "v", kStart + 4}));
       },
       4},
      {[](TapeWriter& t) {
         ConnectionInfo c;
         c.id = 1;
         c.opened_ns = kStart + 1;
         c.closed_ns = kStart + 5;
         must(t.put_connection(c));
       },
       5},
      {[](TapeWriter& t) {
         RequestInfo request;
         request.id = 1;
         request.sent_ns = kStart + 6;
         must(t.put_request(request));
       },
       6},
      {[](TapeWriter& t) {
         Gap gap;
         gap.from_ns = kStart + 1;
         gap.to_ns = kStart + 7;
         must(t.put_gap(gap));
       },
       7}};
  for (const auto& [fill, offset] : cases) {
    const TempDir directory;
    const std::string path = directory.file("a.tape");
    {
      const auto tape = must(create_tape_at(path, session_named("live"), Durability::process));
      must(tape->begin());
      fill(*tape);
      must(tape->commit());
    }
    EXPECT_TRUE(must(mark_interrupted(path)));
    EXPECT_EQ(must(must(open_tape(path))->session()).ended_ns, kStart + offset);
  }
}

TEST(Lock, IsHeldFromCreationUntilTheWriterIsGone) {
  const TempDir directory;
  auto writer =
      must(create_tape_at(directory.file("a.tape"), session_named("live"), Durability::process));
  auto tape = must(open_tape(writer->path()));
  EXPECT_TRUE(tape->is_being_written());
  EXPECT_FALSE(must(mark_interrupted(writer->path()))) << "the writer is in this process";
  must(writer->finish(kStart + 1, "closed"));
  EXPECT_TRUE(tape->is_being_written());
  writer.reset();
  EXPECT_FALSE(tape->is_being_written());
}

// Closing any descriptor of a file drops this process's POSIX locks on it, SQLite's among them:
// another program could then take the log away from under the writer.
TEST(Lock, ProbingItLeavesSqlitesOwnLocksInPlace) {
  const TempDir directory;
  const auto writer =
      must(create_tape_at(directory.file("a.tape"), session_named("live"), Durability::process));
  commit_frames(*writer, 1, 3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(must(open_tape(writer->path()))->is_being_written());
    EXPECT_FALSE(must(mark_interrupted(writer->path())));
  }
  Child other([&](const Child::Say& say) {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = 0x40000000 + 2;  // SQLite's shared range (its file format, "Locking")
    lock.l_len = 510;
    const int fd = ::open(writer->path().c_str(), O_RDWR | O_CLOEXEC);
    say(::fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? "locked" : "free");
  });
  EXPECT_EQ(other.heard(), "locked");
}

TEST(Lock, FinishWhileAReaderHasTheTapeOpenLosesNothing) {
  const TempDir directory;
  auto writer =
      must(create_tape_at(directory.file("a.tape"), session_named("live"), Durability::process));
  commit_frames(*writer, 1, 5);
  auto tape = must(open_tape(writer->path()));
  EXPECT_EQ(must(tape->frame_count()), 5);
  must(writer->finish(kStart + 9, "closed"));
  writer.reset();
  EXPECT_EQ(must(tape->frame_count()), 5);
  EXPECT_EQ(must(tape->session()).outcome, "closed");
  tape.reset();
  EXPECT_EQ(must(must(open_tape(directory.file("a.tape")))->frame_count()), 5);
}

// Runs `work` as a user who may read all that is in `directory` and write nothing there, and gives
// what it says. Root may write everywhere, so where the tests run as root, nobody is that user.
std::string without_write_access(const TempDir& directory,
                                 const std::function<std::string()>& work) {
  constexpr uid_t kNobody = 65'534;
  const bool root = ::geteuid() == 0;
  const auto own = [&](const std::string& path, mode_t mode) {
    EXPECT_EQ(root ? ::chown(path.c_str(), kNobody, kNobody) : 0, 0);
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
  };
  for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
    own(entry.path().string(), 0400);
  }
  own(directory.path(), 0500);
  Child reader([&](const Child::Say& say) {
    if (root && ::setuid(kNobody) != 0) say("cannot become another user");
    say(work());
  });
  std::string said = reader.heard();
  own(directory.path(), 0700);
  return said;
}

std::string count_frames(const std::string& path) {
  auto tape = open_tape(path);
  if (!tape) return tape.error().message;
  const auto count = (*tape)->frame_count();
  return count ? std::to_string(*count) + " frames" : count.error().message;
}

TEST(ReadOnlyDirectory, AFinishedTapeIsRead) {
  const TempDir directory;
  const std::string path = directory.file("a.tape");
  {
    const auto tape = must(create_tape_at(path, session_named("live"), Durability::process));
    commit_frames(*tape, 1, 5);
    must(tape->finish(kStart + 9, "closed"));
  }
  EXPECT_EQ(without_write_access(directory, [&] { return count_frames(path); }), "5 frames");
}

TEST(ReadOnlyDirectory, ATapeThatStayedInWalModeIsRead) {
  const TempDir directory;
  const std::string path = directory.file("a 100%?#.tape");
  {
    const auto tape = must(create_tape_at(path, session_named("live"), Durability::process));
    commit_frames(*tape, 1, 5);
  }
  EXPECT_FALSE(std::filesystem::exists(path + "-wal")) << "the last to close it folded the log in";
  EXPECT_EQ(without_write_access(directory, [&] { return count_frames(path); }), "5 frames");
}

TEST(ReadOnlyDirectory, ADeadRecordersLogIsReadToo) {
  const TempDir directory;
  const std::string path = directory.file("a.tape");
  recorder(path, 200'000)->kill();
  EXPECT_EQ(without_write_access(directory, [&] { return count_frames(path); }), "10 frames");
}

TEST(ReadOnlyDirectory, ALogThatCannotBeReadIsNotPassedOverInSilence) {
  const TempDir directory;
  const std::string path = directory.file("a.tape");
  recorder(path, 200'000)->kill();
  std::filesystem::remove(path + "-shm");
  EXPECT_EQ(
      without_write_access(directory, [&] { return count_frames(path); }),
      path + ": its last commits are in " + path +
          "-wal, which cannot be read where nothing can be written: copy both files to a directory "
          "that can be written and read them there");
}

TEST(ReadOnlyDirectory, RecordingIntoItIsRefused) {
  const TempDir directory;
  const std::string path = directory.file("a.tape");
  EXPECT_EQ(
      without_write_access(
          directory,
          [&] {
            return create_tape_at(path, session_named("live"), Durability::process).error().message;
          }),
      path + ": cannot be created: Permission denied: tapes need a directory that can be written");
}

}  // namespace
}  // namespace tapedeck::testing
