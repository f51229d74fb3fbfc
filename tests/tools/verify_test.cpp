// `tapedeck verify`: what it prints, how it exits, and that it decodes as the session was
// configured.
#include <gtest/gtest.h>

#include "tests/support/mixed_tape.h"
#include "tests/tools/sample_tape.h"
#include "tools/cli/decoders.h"

namespace tapedeck::testing {
namespace {

class VerifyCommand : public ::testing::Test {
 protected:
  std::string mixed(const std::string& name, std::string_view odd_row = "") {
    const std::string path = dir_.file(name);
    SessionInfo session;
    session.name = "demo";
    session.started_ns = kStart;
    session.config = R"({"feeds": {"alterscope": {"api_key": "***", "opportunities": ["x"]}}})";
    auto writer = std::move(*create_tape_at(path, session, Durability::process));
    MixedTape tape(*writer, kStart);
    expect_ok(writer->begin());
    expect_ok(tape.add(30));
    if (!odd_row.empty()) {
      const auto values = Unparsed{odd_row}.values();
      expect_ok(writer->add_row({0, tape.frames(), std::nullopt, "alterscope", tape.now_ns(),
                                 Row{&table_of(TableId::unparsed), Origin::live, {}, values}}));
    }
    expect_ok(writer->commit());
    expect_ok(writer->finish(tape.now_ns(), "closed"));
    frames_ = tape.frames();
    return path;
  }

  TempDir dir_;
  std::int64_t frames_ = 0;
};

TEST_F(VerifyCommand, a_sound_tape_is_ok_in_one_line) {
  const std::string path = mixed("a.tape");
  const Said said = run_cli({"verify", path});
  EXPECT_EQ(said.code, 0) << said.out << said.err;
  EXPECT_EQ(said.err, "");
  EXPECT_TRUE(said.out.starts_with(path + ": ok: " + std::to_string(frames_) + " frames, "))
      << said.out;
  EXPECT_EQ(lines_of(said.out).size(), 1U) << said.out;
}

TEST_F(VerifyCommand, a_tape_that_does_not_hold_exits_1_and_says_where) {
  const std::string good = mixed("good.tape");
  const std::string bad = mixed("bad.tape", "made\x1bup");
  const Said said = run_cli({"verify", bad, good});
  EXPECT_EQ(said.code, 1);
  EXPECT_EQ(said.err, "tapedeck: error: " + bad + ": does not hold what it should: unparsed (1)\n");
  const auto lines = lines_of(said.out);
  ASSERT_EQ(lines.size(), 5U) << said.out;
  EXPECT_TRUE(lines[0].starts_with(bad + ": NOT OK: ")) << lines[0];
  EXPECT_EQ(lines[1], "  unparsed: alterscope: 1 × made\\x1bup");
  EXPECT_EQ(lines[2], "  unparsed: 1 problem");
  EXPECT_EQ(lines[3], "    row 1 (frame " + std::to_string(frames_) +
                          "): the frame gives no such row, or not at this place");
  EXPECT_TRUE(lines[4].starts_with(good + ": ok: ")) << lines[4];
}

TEST_F(VerifyCommand, what_is_no_tape_exits_1) {
  const Said said = run_cli({"verify", "/dev/null", dir_.path()});
  EXPECT_EQ(said.code, 1);
  EXPECT_EQ(lines_of(said.err).size(), 2U) << said.err;
}

ConnectionInfo slot_of(const std::string& feed, int slot) {
  ConnectionInfo connection;
  connection.feed = feed;
  connection.slot = slot;
  return connection;
}

// How many rows two redundant connections' equal messages give.
std::int64_t rows_of_two_slots(const cli::Decoders& decoders) {
  class Counter final : public RowSink {
   public:
    void add_row(const Row&) override { ++rows; }
    void set_cursor(std::string_view, std::string_view) override {}
    std::int64_t rows = 0;
  };
  const auto decoder = decoders.make("hypercall");
  Counter counter;
  JsonDoc doc;
  doc.parse(kTrade);
  for (const int slot : {0, 1})
    decoder->normalize({"ws", slot, kStart, Opcode::text, kTrade, &doc}, counter);
  return counter.rows;
}

TEST(Decoders, redundancy_is_the_configurations) {
  SessionInfo session;
  session.config =
      R"({"name": "n", "feeds": {"hypercall": {"wallet": "0xabc", "channels": ["trades"], "connections": 2},
          "nexusglass": {"enabled": false, "api_key": "${NOT_SET}"},
          "marketai": {"api_key_file": "/nowhere", "channels": [{"type": "signals"}]}}})";
  const cli::Decoders decoders(session, {});
  EXPECT_EQ(decoders.trouble(), "");
  EXPECT_EQ(rows_of_two_slots(decoders), 1);
  EXPECT_NE(decoders.make("marketai"), nullptr);
  EXPECT_NE(decoders.make("nexusglass"), nullptr) << "by default";
  EXPECT_EQ(decoders.make("tomorrow"), nullptr);
}

TEST(Decoders, without_a_configuration_it_is_what_the_tape_shows) {
  SessionInfo session;
  session.config = "none";
  const cli::Decoders one(session, {slot_of("hypercall", 0)});
  EXPECT_NE(one.trouble(), "");
  EXPECT_EQ(rows_of_two_slots(one), 2);
  const cli::Decoders two(session, {slot_of("hypercall", 0), slot_of("hypercall", 1)});
  EXPECT_EQ(rows_of_two_slots(two), 1);
}

}  // namespace
}  // namespace tapedeck::testing
