// A merge that is killed leaves no tape, or the whole one.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "tests/storage/merge_support.h"

namespace tapedeck::testing {
namespace {

// Kills its own process when it is told of the n-th frame.
class Deadly final : public Normalizer {
 public:
  Deadly(std::unique_ptr<Normalizer> inner, int frames) : inner_(std::move(inner)), left_(frames) {}

  FrameTag classify(const InFrame& frame) const override { return inner_->classify(frame); }
  void normalize(const InFrame& frame, RowSink& rows) override {
    if (--left_ == 0) ::kill(::getpid(), SIGKILL);
    inner_->normalize(frame, rows);
  }

 private:
  std::unique_ptr<Normalizer> inner_;
  int left_;
};

class MergeCrash : public ::testing::Test {
 protected:
  void SetUp() override { paths_ = two_tapes_of(kFrames, directory_); }

  // In a process of its own, killed at that frame of the two tapes'.
  void merge_and_die(int frame) {
    const pid_t child = ::fork();
    if (child == 0) {
      std::vector<std::unique_ptr<TapeReader>> tapes;
      for (const std::string& path : paths_) tapes.push_back(must(open_tape(path)));
      MergeOptions options;
      options.out = out_;
      options.decoders = [&](const SessionInfo&, const std::vector<ConnectionInfo>&) {
        return [&](std::string_view feed) -> std::unique_ptr<Normalizer> {
          return std::make_unique<Deadly>(find_feed(feed)->make_normalizer(2), frame);
        };
      };
      const auto merged = merge_tapes(std::move(tapes), options);
      ::_exit(merged.ok() ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it was to be killed";
  }

  static constexpr int kFrames = 6'000;  // of two tapes: more than one transaction
  TempDir directory_;
  std::vector<std::string> paths_;
  std::string out_ = directory_.file("out.tape");
};

TEST_F(MergeCrash, NoTapeIsLeftWhereverItIsKilledAndTheNextOneCleansUp) {
  for (const int frame : {1, 5'000, 8'193, 2 * kFrames}) {
    merge_and_die(frame);
    EXPECT_FALSE(std::filesystem::exists(out_)) << "killed at frame " << frame;
    EXPECT_EQ(must(list_tapes(directory_.path())).size(), 2U) << "killed at frame " << frame;
    EXPECT_TRUE(std::filesystem::exists(out_ + ".merging"));
  }
  EXPECT_EQ(must(merge_files(paths_, out_)).rows, kFrames);
  for (const char* suffix : {".merging", ".merging-wal", ".merging-shm", "-wal", "-shm"}) {
    EXPECT_FALSE(std::filesystem::exists(out_ + suffix)) << suffix;
  }
}

// At moments that only its files tell: it has begun, it is folded in and has no name yet, it has.
TEST_F(MergeCrash, KilledAroundItsEndItIsAbsentOrWhole) {
  const auto is_there = [&](const char* suffix) { return std::filesystem::exists(out_ + suffix); };
  const std::vector<std::function<bool()>> moments = {
      [&] { return is_there(".merging-wal"); },
      [&] { return is_there(".merging") && !is_there(".merging-wal"); },
      [&] { return is_there(""); },
  };
  for (const auto& is_now : moments) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(merge_files(paths_, out_).ok() ? 0 : 1);
    int status = 0;
    bool is_over = false;
    while (!is_now() && !is_over) is_over = ::waitpid(child, &status, WNOHANG) == child;
    ::kill(child, SIGKILL);
    if (!is_over) ::waitpid(child, &status, 0);
    if (!is_there("")) continue;
    EXPECT_EQ(must(must(open_tape(out_))->session()).outcome, "closed");
    EXPECT_EQ(raw_query(out_, "SELECT count(*) FROM trade"), Lines{std::to_string(kFrames)});
    EXPECT_EQ(raw_query(out_, "PRAGMA integrity_check"), Lines{"ok"});
    std::filesystem::remove(out_);
  }
}

TEST_F(MergeCrash, AMergeThatAnotherProcessIsWritingIsNotDisturbed) {
  const auto draft =
      must(create_tape_at(out_ + ".merging", session_on("other"), Durability::process));
  const auto refused = merge_files(paths_, out_);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message,
            out_ + ".merging: another process is making it: wait for its end");
  EXPECT_TRUE(std::filesystem::exists(out_ + ".merging"));
}

}  // namespace
}  // namespace tapedeck::testing
