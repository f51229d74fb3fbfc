// The timeline: its order, its filters, and how it follows a recording.
#include "tools/cli/show.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/tools/sample_tape.h"

namespace tapedeck::testing {
namespace {

using nlohmann::json;

class Show : public ::testing::Test {
 protected:
  Show() : tape_(dir_.file("demo.tape")) {}

  std::vector<std::string> show(std::vector<std::string> options) {
    options.insert(options.begin(), {"show", tape_});
    const Said said = run_cli(options);
    EXPECT_EQ(said.code, 0) << said.err;
    EXPECT_EQ(said.err, "");
    return lines_of(said.out);
  }

  // A line without its time: what follows the offset's blank.
  static std::string tail(const std::string& line) { return line.substr(31); }
  static std::vector<std::string> tails(const std::vector<std::string>& lines) {
    std::vector<std::string> result;
    for (const std::string& line : lines) result.push_back(tail(line));
    return result;
  }

  TempDir dir_;
  std::string tape_;
};

using Lines = std::vector<std::string>;

TEST_F(Show, the_timeline_begins_with_the_first_id_there_is) {
  TapeMaker tape(tape_);
  tape.begin();
  ConnectionInfo market = connection_of(1, "hypercall", "ws");
  tape.connection(market);
  tape.go_on_from(0);
  tape.frame(1, at(1), Direction::in, Opcode::text, "zero");
  tape.frame(1, at(2), Direction::in, Opcode::text, "one");
  tape.commit();
  EXPECT_EQ(tails(show({})), (Lines{"     +1.000000s hypercall/ws#1 <- text zero",
                                    "     +2.000000s hypercall/ws#1 <- text one"}));
}

TEST_F(Show, the_timeline_merges_frames_connections_errors_and_gaps_by_time) {
  write_sample(tape_);
  const Lines lines = show({});
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(
      lines[0],
      "2026-11-21T09:30:00.100000000Z      +0.100000s nexusglass/ws/fastfeed#1 ** open, attempt 1: "
      "wss://host/ws/fastfeed");
  EXPECT_EQ(
      tails(lines),
      (Lines{
          "     +0.100000s nexusglass/ws/fastfeed#1 ** open, attempt 1: wss://host/ws/fastfeed",
          "     +0.200000s nexusglass/ws/fastfeed#1 <- text " + std::string(kHandshake),
          "     +0.200000s nexusglass/ws/fastfeed#1 ** ready",
          "     +0.300000s hypercall/ws#2 ** open, attempt 1: wss://host/ws",
          "     +0.400000s hypercall/ws#2 -> text {\"type\":\"Subscribe\",\"channel\":\"trades\"}",
          "     +0.500000s hypercall/ws#2 <- text {\"type\":\"Subscribed\",\"channel\":\"trades\"}",
          "     +0.500000s hypercall/ws#2 ** ready",
          "     +1.000000s nexusglass/ws/fastfeed#1 <- text " + std::string(kEvent),
          "     +2.000000s hypercall/ws#2 <- text " + std::string(kTrade),
          "     +2.500000s hypercall/ws#2 <- ping hb",
          "     +2.500000s hypercall/ws#2 -> pong hb",
          "     +3.000000s nexusglass/ws/fastfeed#1 <- text " + std::string(kError),
          "     +3.000000s nexusglass !! error RATE: slow down",
          "     +3.500000s nexusglass/ws/fastfeed#1 <- binary 0x00ff",
          "     +4.000000s hypercall/ws#2 <- close 1001 bye",
          "     +4.000000s hypercall/ws#2 ** closed by server, 1001 bye",
          "     +4.000000s hypercall/trades ~~ gap begins: disconnect (no history)",
          "     +5.000000s hypercall/ws#3 ** failed by network: connection refused",
          "    +10.000000s hypercall/trades ~~ gap ends after 6.0s: unfillable, 0 recovered (no "
          "history)",
          "    +10.000000s nexusglass/ws/fastfeed#1 ** closed by client, 1000",
      }));
}

TEST_F(Show, filters_choose_by_feed_time_direction_and_pattern) {
  write_sample(tape_);
  EXPECT_EQ(show({"--feed", "nexusglass"}).size(), 8U);
  EXPECT_EQ(tails(show({"--from", "+2s", "--to", "2026-11-21T09:30:03Z"})),
            (Lines{"     +2.000000s hypercall/ws#2 <- text " + std::string(kTrade),
                   "     +2.500000s hypercall/ws#2 <- ping hb",
                   "     +2.500000s hypercall/ws#2 -> pong hb"}));
  EXPECT_EQ(
      tails(show({"--out"})),
      (Lines{
          "     +0.400000s hypercall/ws#2 -> text {\"type\":\"Subscribe\",\"channel\":\"trades\"}",
          "     +2.500000s hypercall/ws#2 -> pong hb"}));
  EXPECT_EQ(show({"--in"}).size(), 8U);
  EXPECT_EQ(show({"--in", "--out"}).size(), 10U);
  EXPECT_EQ(tails(show({"--grep", "\"id\":[0-9]+,"})),
            (Lines{"     +1.000000s nexusglass/ws/fastfeed#1 <- text " + std::string(kEvent)}));
  EXPECT_EQ(tails(show({"--grep", "refused"})),
            (Lines{"     +5.000000s hypercall/ws#3 ** failed by network: connection refused"}));
  EXPECT_EQ(show({"--from", "+1h"}), Lines());
  EXPECT_EQ(show({"--to", "+0s"}), Lines());
}

TEST_F(Show, json_lines_carry_the_bytes) {
  write_sample(tape_);
  const Lines lines = show({"--json", "--from", "+3s", "--to", "+5s"});
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_EQ(json::parse(lines[0]), json({{"t", "frame"},
                                         {"id", 8},
                                         {"connection_id", 1},
                                         {"feed", "nexusglass"},
                                         {"endpoint", "ws/fastfeed"},
                                         {"direction", "in"},
                                         {"opcode", 1},
                                         {"recv_ns", at(3)},
                                         {"payload", kError}}));
  EXPECT_EQ(json::parse(lines[1]), json({{"t", "feed_error"},
                                         {"at_ns", at(3)},
                                         {"feed", "nexusglass"},
                                         {"code", "RATE"},
                                         {"message", "slow down"}}));
  EXPECT_EQ(json::parse(lines[2]).at("payload_b64"), "AP8=");
  EXPECT_EQ(json::parse(lines[3]).at("payload_b64"), "A+lieWU=");
  EXPECT_EQ(json::parse(lines[4]), json({{"t", "connection"},
                                         {"event", "close"},
                                         {"at_ns", at(4)},
                                         {"connection_id", 2},
                                         {"feed", "hypercall"},
                                         {"endpoint", "ws"},
                                         {"close_code", 1001},
                                         {"close_reason", "bye"},
                                         {"closed_by", "server"},
                                         {"error", nullptr}}));
  EXPECT_EQ(json::parse(lines[5]), json({{"t", "gap"},
                                         {"event", "begin"},
                                         {"at_ns", at(4)},
                                         {"gap_id", 1},
                                         {"feed", "hypercall"},
                                         {"stream", "trades"},
                                         {"cause", "disconnect"},
                                         {"status", "unfillable"},
                                         {"recovered", 0},
                                         {"detail", "no history"}}));
}

TEST_F(Show, lines_are_cut_on_a_terminal_only) {
  TapeMaker tape(tape_);
  tape.begin();
  ConnectionInfo connection = connection_of(1, "nexusglass", "ws");
  connection.opened_ns = at(0);
  tape.connection(connection);
  tape.frame(1, at(1), Direction::in, Opcode::text, std::string(500, 'x'));
  tape.commit();
  tape.finish(at(2));
  EXPECT_EQ(tail(show({"--in"})[0]),
            "     +1.000000s nexusglass/ws#1 <- text " + std::string(500, 'x'));
  const Lines cut = lines_of(run_cli({"show", tape_, "--in"}, 80).out);
  ASSERT_EQ(cut.size(), 1U);
  EXPECT_EQ(tail(cut[0]), "     +1.000000s nexusglass/ws#1 <- text xxxxxxxx…");
}

TEST_F(Show, a_payload_stays_on_its_line_whatever_it_holds) {
  TapeMaker tape(tape_);
  tape.begin();
  tape.connection(connection_of(1, "nexusglass", "ws"));
  tape.frame(1, at(1), Direction::in, Opcode::text, "{\n  \"a\": \"\x1b[31m\"\n}");
  tape.frame(1, at(2), Direction::in, Opcode::text, "bad \xff utf8");
  tape.commit();
  tape.finish(at(3));
  EXPECT_EQ(tails(show({})),
            (Lines{"     +1.000000s nexusglass/ws#1 <- text {\\n  \"a\": \"\\x1b[31m\"\\n}",
                   "     +2.000000s nexusglass/ws#1 <- text bad \\xff utf8"}));
  EXPECT_EQ(json::parse(show({"--json"})[1]).at("payload_b64"), "YmFkIP8gdXRmOA==");
}

// Frames stay in order of receipt when the wall clock steps back.
TEST_F(Show, frames_keep_their_order_when_the_clock_steps_back) {
  TapeMaker tape(tape_);
  tape.begin();
  tape.connection(connection_of(1, "nexusglass", "ws"));
  tape.frame(1, at(5), Direction::in, Opcode::text, "first");
  tape.frame(1, at(1), Direction::in, Opcode::text, "second");
  tape.commit();
  tape.finish(at(6));
  EXPECT_EQ(tails(show({})), (Lines{"     +5.000000s nexusglass/ws#1 <- text first",
                                    "     +1.000000s nexusglass/ws#1 <- text second"}));
}

TEST_F(Show, follow_shows_each_commit_once_and_ends_with_the_recording) {
  auto tape = std::make_unique<TapeMaker>(tape_);
  ConnectionInfo connection = connection_of(1, "nexusglass", "ws");
  connection.opened_ns = at(0);
  tape->begin();
  tape->connection(connection);
  tape->frame(1, at(1), Direction::in, Opcode::text, "one");
  tape->commit();

  std::ostringstream out;
  std::ostringstream err;
  cli::Io io{out, err};
  std::vector<std::size_t> lines_at_wait;
  int step = 0;
  auto wait = [&] {
    lines_at_wait.push_back(lines_of(out.str()).size());
    switch (step++) {
      case 0:
        break;  // nothing new
      case 1: {
        tape->begin();
        ConnectionInfo second = connection_of(2, "nexusglass", "ws/fastfeed");
        second.opened_ns = at(2);
        tape->connection(second);
        const std::int64_t id = tape->frame(2, at(3), Direction::in, Opcode::text, "two");
        tape->row("nexusglass", id, at(3), FeedError{"E", "why"});
        tape->commit();
        break;
      }
      default:
        tape->begin();
        connection.closed_ns = at(4);
        tape->connection(connection);
        tape->commit();
        tape->finish(at(5));
        tape.reset();
    }
    return true;
  };
  EXPECT_EQ(cli::show_command_with({tape_, "--follow"}, io, wait), 0);
  EXPECT_EQ(err.str(), "");
  EXPECT_EQ(lines_at_wait, (std::vector<std::size_t>{2, 2, 5}));
  EXPECT_EQ(
      tails(lines_of(out.str())),
      (Lines{"     +0.000000s nexusglass/ws#1 ** open, attempt 1: wss://host/ws",
             "     +1.000000s nexusglass/ws#1 <- text one",
             "     +2.000000s nexusglass/ws/fastfeed#2 ** open, attempt 1: wss://host/ws/fastfeed",
             "     +3.000000s nexusglass/ws/fastfeed#2 <- text two",
             "     +3.000000s nexusglass !! error E: why",
             "     +4.000000s nexusglass/ws#1 ** closed"}));
}

TEST_F(Show, follow_ends_when_told_to) {
  TapeMaker tape(tape_);
  std::ostringstream out;
  std::ostringstream err;
  cli::Io io{out, err};
  int waits = 0;
  EXPECT_EQ(cli::show_command_with({tape_, "--follow"}, io, [&] { return ++waits < 3; }), 0);
  EXPECT_EQ(waits, 3);
}

TEST_F(Show, follow_does_not_wait_on_a_finished_tape) {
  write_sample(tape_);
  std::ostringstream out;
  std::ostringstream err;
  cli::Io io{out, err};
  EXPECT_EQ(cli::show_command_with({tape_, "--follow"}, io, [] { return ADD_FAILURE(), false; }),
            0);
  EXPECT_EQ(lines_of(out.str()).size(), 20U);
}

// As `tapedeck show … | head -1` does.
TEST_F(Show, ends_quietly_when_nobody_reads_any_more) {
  write_sample(tape_);
  std::ostream closed(nullptr);
  std::ostringstream err;
  cli::Io io{closed, err};
  EXPECT_EQ(cli::run({"show", tape_}, io), 0);
  EXPECT_EQ(err.str(), "");
}

}  // namespace
}  // namespace tapedeck::testing
