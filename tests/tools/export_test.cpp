// `tapedeck export` on a small tape: what goes where, and what it answers to a wrong name.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/tools/sample_tape.h"

namespace tapedeck::testing {
namespace {

using Json_ = nlohmann::json;

class ExportCommand : public ::testing::Test {
 protected:
  ExportCommand() : tape_(dir_.file("demo.tape")) { write_sample(tape_); }

  Said run(std::vector<std::string> args) const {
    args.insert(args.begin(), {"export", tape_});
    return run_cli(args);
  }
  static std::string contents(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }

  TempDir dir_;
  std::string tape_;
};

TEST_F(ExportCommand, every_line_is_json_and_every_frame_is_there) {
  const Said said = run({"--what", "frames"});
  EXPECT_EQ(said.code, 0) << said.err;
  const auto lines = lines_of(said.out);
  ASSERT_EQ(lines.size(), 10U);
  for (const std::string& line : lines) EXPECT_TRUE(Json_::parse(line).is_object()) << line;
  EXPECT_EQ(Json_::parse(lines[4])["payload"], kTrade);
  EXPECT_EQ(run({"--what", "frame"}).out, said.out);
}

TEST_F(ExportCommand, times_are_offsets_or_points) {
  const Said offsets = run({"--what", "frames", "--from", "+1s", "--to", "+2.5s"});
  EXPECT_EQ(lines_of(offsets.out).size(), 2U) << offsets.out;
  EXPECT_EQ(
      run({"--what", "frames", "--from", "2026-11-21T09:30:01Z", "--to", "2026-11-21T09:30:02.5Z"})
          .out,
      offsets.out);
}

TEST_F(ExportCommand, an_unknown_table_exits_2_with_the_nearest_name) {
  const Said near = run({"--what", "trads"});
  EXPECT_EQ(near.code, 2);
  EXPECT_EQ(near.err,
            "tapedeck: error: --what: 'trads' is no table of this tape; did you mean trade?\n");
  const Said far = run({"--what", "everything-there-is"});
  EXPECT_EQ(far.code, 2);
  EXPECT_NE(far.err.find("known are frames, "), std::string::npos) << far.err;
}

TEST_F(ExportCommand, a_file_is_replaced_only_by_a_whole_one) {
  const std::string file = dir_.file("trade.csv");
  std::ofstream(file) << "old";
  const Said said = run({"--what", "trade", "--format", "csv", "-o", file});
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_EQ(said.out, "");
  EXPECT_EQ(contents(file), run({"--what", "trade", "--format", "csv"}).out);
  // Nothing else is left beside it.
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(dir_.path()))
    ++files;
  EXPECT_EQ(files, 2U);
}

TEST_F(ExportCommand, what_cannot_be_written_is_named) {
  const std::string file = dir_.file("none/trade.csv");
  const Said said = run({"--what", "trade", "--output", file});
  EXPECT_EQ(said.code, 1);
  EXPECT_EQ(said.err,
            "tapedeck: error: " + file + ": cannot be written: No such file or directory\n");
  const Said full = run({"--what", "trade", "-o", "/dev/full"});
  EXPECT_EQ(full.code, 1);
  EXPECT_EQ(full.err, "tapedeck: error: /dev/full: cannot be written: No space left on device\n");
}

TEST_F(ExportCommand, a_dash_is_standard_output) {
  EXPECT_EQ(run({"--what", "gap", "-o", "-"}).out, run({"--what", "gap"}).out);
}

}  // namespace
}  // namespace tapedeck::testing
