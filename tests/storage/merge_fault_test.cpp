// The disk fails while tapes are merged: there is no merged tape, and nothing half of it is left.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/storage/fault_vfs.h"
#include "tests/storage/merge_support.h"

namespace tapedeck::testing {
namespace {

class MergeFault : public ::testing::Test {
 protected:
  void SetUp() override { paths_ = two_tapes_of(40, directory_); }

  // Every disk operation of a merge fails in turn, and so does each after it.
  void fail_each_operation(int code, const std::string& advice) {
    for (int operation = 1;; ++operation) {
      SCOPED_TRACE("operation " + std::to_string(operation));
      ASSERT_LT(operation, 1'000) << "the merge never ran through";
      FaultVfs disk;
      disk.fail_at(operation, code);
      const auto merged = merge_files(paths_, out_);
      disk.fail_at(0, SQLITE_OK);
      if (!disk.has_failed()) {
        EXPECT_TRUE(merged.ok());
        EXPECT_EQ(raw_query(out_, "SELECT count(*) FROM trade"), Lines{"40"});
        EXPECT_GT(operation, 5) << "nothing was written";
        return;
      }
      ASSERT_FALSE(merged.ok());
      const std::string& error = merged.error().message;
      EXPECT_TRUE(error.starts_with(out_ + ".merging: cannot ")) << error;
      EXPECT_TRUE(error.ends_with(advice)) << error;
      for (const char* suffix : {"", ".merging", ".merging-wal", ".merging-shm"}) {
        EXPECT_FALSE(std::filesystem::exists(out_ + suffix)) << suffix;
      }
      for (const std::string& path : paths_) {
        EXPECT_EQ(raw_query(path, "SELECT count(*) FROM frame"), Lines{"40"});
      }
    }
  }

  TempDir directory_;
  std::vector<std::string> paths_;
  std::string out_ = directory_.file("out.tape");
};

TEST_F(MergeFault, AFullDiskLeavesNoTapeAndTheMessageNamesTheRemedy) {
  fail_each_operation(SQLITE_FULL, "free space on that disk, then start again");
}

TEST_F(MergeFault, AWriteErrorLeavesNoTapeEither) {
  fail_each_operation(SQLITE_IOERR_WRITE, "check the disk and its free space, then start again");
}

}  // namespace
}  // namespace tapedeck::testing
