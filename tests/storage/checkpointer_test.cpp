// The write-ahead log while a tape is written: short, whoever reads meanwhile and whatever the disk
// says.
#include <filesystem>

#include "tests/storage/fault_vfs.h"
#include "tests/storage/tape_files.h"

namespace tapedeck::testing {
namespace {

class Recording {
 public:
  explicit Recording(const TempDir& directory)
      : tape_(must(create_tape_at(directory.file("a.tape"), session_named("live"),
                                  Durability::process))) {}

  void commit() {
    if (bytes_ > std::int64_t{2} << 30U) throw std::runtime_error("it was waited for in vain");
    must(tape_->begin());
    for (int i = 0; i < 4; ++i) must(tape_->add_frame(frame_of(++frames_, kStart, payload_)));
    must(tape_->commit());
    bytes_ += static_cast<std::int64_t>(4 * payload_.size());
  }
  Result<void> finish() { return tape_->finish(kStart + 1, "closed"); }

  const std::string& path() const { return tape_->path(); }
  std::int64_t frames() const { return frames_; }
  std::int64_t bytes() const { return bytes_; }  // of all that was committed
  std::int64_t log_bytes() const {
    return static_cast<std::int64_t>(std::filesystem::file_size(path() + "-wal"));
  }

 private:
  std::unique_ptr<TapeWriter> tape_;
  const std::string payload_ = std::string(100'000, 'x');
  std::int64_t frames_ = 0;
  std::int64_t bytes_ = 0;
};

TEST(Checkpoints, TheLogStaysShortHoweverMuchIsWritten) {
  const TempDir directory;
  Recording recording(directory);
  do {
    recording.commit();
  } while (recording.log_bytes() > recording.bytes() / 4);
  must(recording.finish());
  EXPECT_FALSE(std::filesystem::exists(recording.path() + "-wal"));
  EXPECT_EQ(must(must(open_tape(recording.path()))->frame_count()), recording.frames());
}

TEST(Checkpoints, AReaderHoldsTheLogAndLetsItGoAgain) {
  const TempDir directory;
  Recording recording(directory);
  recording.commit();
  sqlite3* reader = nullptr;
  ASSERT_EQ(sqlite3_open(recording.path().c_str(), &reader), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(reader, "BEGIN; SELECT * FROM frame", nullptr, nullptr, nullptr),
            SQLITE_OK);
  while (recording.bytes() < 40'000'000) recording.commit();
  EXPECT_GT(recording.log_bytes(), 40'000'000) << "what is read was overwritten";
  sqlite3_close(reader);
  while (recording.log_bytes() > recording.bytes() / 4) recording.commit();
}

// The tape's own file cannot be written, its log can: nothing is lost, and the end tells.
TEST(Checkpoints, ADiskThatRefusesThemDoesNotStopTheRecording) {
  const TempDir directory;
  FaultVfs disk;
  auto recording = std::make_unique<Recording>(directory);
  disk.refuse(recording->path(), SQLITE_IOERR_WRITE);
  while (disk.refused() < 3) recording->commit();
  const std::int64_t frames = recording->frames();
  const auto ended = recording->finish();
  EXPECT_EQ(ended ? "" : ended.error().message,
            directory.file("a.tape") +
                ": cannot fold its write-ahead log in: disk I/O error (SQLite code 778): check "
                "the disk and its free space, then start again");
  recording.reset();
  disk.refuse("", SQLITE_OK);
  EXPECT_EQ(must(must(open_tape(directory.file("a.tape")))->frame_count()), frames);
}

}  // namespace
}  // namespace tapedeck::testing
