// `tapedeck diff`: exit codes, and what it prints for people and for programs.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/tools/sample_tape.h"

namespace tapedeck::testing {
namespace {

using Json_ = nlohmann::json;

class DiffCommand : public ::testing::Test {
 protected:
  DiffCommand() : whole_(dir_.file("whole.tape")), less_(dir_.file("less.tape")) {
    write_sample(whole_);
    TapeMaker tape(less_);
    tape.begin();
    tape.connection(connection_of(1, "nexusglass", "ws/fastfeed"));
    tape.frame(1, at(1), Direction::in, Opcode::text, kEvent);
    tape.row("nexusglass", 1, at(3), FeedError{"RATE", "slow down"});
    tape.commit();
    tape.finish(at(10));
  }

  TempDir dir_;
  std::string whole_;
  std::string less_;
};

TEST_F(DiffCommand, equal_tapes_exit_0_with_one_line) {
  const Said said = run_cli({"diff", whole_, whole_});
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_EQ(said.out, "equal: 3 data frames, 3 rows\n");
  EXPECT_EQ(said.err, "");
}

TEST_F(DiffCommand, what_differs_is_shown_and_exits_1) {
  const Said said = run_cli({"diff", whole_, less_});
  EXPECT_EQ(said.code, 1);
  EXPECT_EQ(said.err, "");
  EXPECT_EQ(said.out,
            "data frames\n"
            "  FEED        ENDPOINT     A  B  ONLY A  ONLY B\n"
            "  hypercall   ws           1  0       1       0\n"
            "  nexusglass  ws/fastfeed  2  1       1       0\n"
            "  only in A: hypercall/ws 2026-11-21T09:30:02.000000000Z to "
            "2026-11-21T09:30:02.000000000Z: 1 frame\n"
            "  only in A: nexusglass/ws/fastfeed 2026-11-21T09:30:03.500000000Z to "
            "2026-11-21T09:30:03.500000000Z: 1 frame\n"
            "rows\n"
            "  TABLE     FEED        A  B  ONLY A  ONLY B\n"
            "  trade     hypercall   1  0       1       0\n"
            "  unparsed  nexusglass  1  0       1       0\n"
            "gaps\n"
            "  FEED       STREAM  CAUSE       STATUS      A  B  ONLY A  ONLY B\n"
            "  hypercall  trades  disconnect  unfillable  1  0       1       0\n");
}

TEST_F(DiffCommand, json_has_all_counts_and_spans) {
  const Said said = run_cli({"diff", "--json", less_, whole_});
  EXPECT_EQ(said.code, 1);
  const Json_ diff = Json_::parse(said.out);
  EXPECT_EQ(diff["equal"], false);
  EXPECT_EQ(diff["a"], less_);
  EXPECT_EQ(diff["frames"][1],
            Json_({{"feed", "nexusglass"},
                   {"endpoint", "ws/fastfeed"},
                   {"a", 1},
                   {"b", 2},
                   {"only_a", 0},
                   {"only_b", 1},
                   {"spans_a", Json_::array()},
                   {"spans_b", {{{"from_ns", at(3.5)}, {"to_ns", at(3.5)}, {"count", 1}}}}}));
  EXPECT_EQ(diff["rows"].size(), 3U);
  EXPECT_EQ(diff["gaps"][0]["status"], "unfillable");
  EXPECT_EQ(Json_::parse(run_cli({"diff", "--json", whole_, whole_}).out)["equal"], true);
}

TEST_F(DiffCommand, what_cannot_be_read_is_an_error_and_no_difference) {
  const Said said = run_cli({"diff", whole_, dir_.file("none.tape")});
  EXPECT_EQ(said.code, 1);
  EXPECT_EQ(said.out, "");
  EXPECT_TRUE(said.err.starts_with("tapedeck: error: ")) << said.err;
  EXPECT_EQ(run_cli({"diff", whole_}).code, 2);
}

}  // namespace
}  // namespace tapedeck::testing
