// What the command line says to wrong and to right usage: exit codes and whole messages.
#include <gtest/gtest.h>

#include "tests/tools/sample_tape.h"
#include "tools/cli/pattern.h"

namespace tapedeck::testing {
namespace {

struct Wrong {
  std::vector<std::string> args;
  std::string message;
};

TEST(Usage, wrong_usage_exits_2_with_one_line_that_names_the_remedy) {
  const std::vector<Wrong> cases = {
      {{"shw"}, "unknown command 'shw'; did you mean show?"},
      {{"--versoin"}, "unknown option --versoin; did you mean --version?"},
      {{"merge", "a.tape", "-o", "b.tape"}, "A B… is missing: tapedeck merge A B…"},
      {{"merge", "a.tape", "b.tape"}, "--out: is missing; name the tape to write: -o OUT"},
      {{"merge", "a.tape", "b.tape", "-o", "c.tape", "--skew", "-1s"},
       "--skew: '-1s' is no length of time; give one like 90s, 2m30s or 500ms"},
      {{"export", "t"},
       "--what: is missing; give frames or a table, like trade: --what frames|TABLE"},
      {{"export", "t", "--what", "trade", "--format", "xml"},
       "--format: 'xml' is no format; give jsonl or csv"},
      {{"export", "t", "--what", "trade", "--to", "noon"},
       "--to: 'noon' is no time; give one like 2026-11-21T09:30:00Z, or an offset from the start "
       "like +90s"},
      {{"show"}, "TAPE is missing: tapedeck show TAPE"},
      {{"show", "a", "b"}, "unexpected argument 'b': tapedeck show takes TAPE"},
      {{"show", "a", "--fed", "x"}, "unknown option --fed; did you mean --feed?"},
      {{"show", "a", "--json=yes"}, "--json: takes no value, but 'yes' was given"},
      {{"show", "a", "--from"}, "--from: a value is missing: --from T"},
      {{"show", "a", "--from", "noon"},
       "--from: 'noon' is no time; give one like 2026-11-21T09:30:00Z, or an offset from the start "
       "like +90s"},
      {{"show", "a", "--grep", "(("},
       "--grep: '((' is no POSIX extended regular expression: Unmatched ( or \\("},
      {{"show", "a", "--feed", "hypercal"},
       "--feed: 'hypercal' is no feed; did you mean hypercall?"},
      {{"record"}, "--config: is missing; give the configuration's file: --config FILE"},
      {{"record", "extra"}, "unexpected argument 'extra': tapedeck record takes only options"},
      {{"record", "--config", "c", "--duration", "soon"},
       "--duration: 'soon' is no length of time; give one like 90s, 2m30s or 500ms"},
      {{"record", "--config", "c", "--duration", "0s"},
       "--duration: '0s' is no length of time; give one like 90s, 2m30s or 500ms"},
      {{"record", "--config", "c", "--listen", "9100"},
       "--listen: '9100' is no address; give HOST:PORT, like 127.0.0.1:8765 or [::1]:8765"},
      {{"record", "--config", ""}, "--config: its value is empty: --config FILE"},
      {{"replay", "t", "--speed", "0"},
       "--speed: '0' is not a positive number up to 1000000, like 0.5 or 4, or max"},
      {{"replay", "t", "--speed", "nan"},
       "--speed: 'nan' is not a positive number up to 1000000, like 0.5 or 4, or max"},
      {{"replay", "t", "--wait-clients", "-1"},
       "--wait-clients: '-1' is not a whole number from 0 to 1000000"},
      {{"replay", "t", "--loop", "--exit-at-end"},
       "--exit-at-end: with --loop there is no end; give one of the two"},
      {{"replay", "t", "--as-know"}, "unknown option --as-know; did you mean --as-known?"},
      {{"replay", "t", "--listen", "0.0.0.0:80"},
       "--listen: '0.0.0.0:80' is not a loopback address; give a --token that clients must know"},
      {{"replay", "t", "--listen", "::1:80"},
       "--listen: '::1:80' is no address; give HOST:PORT, like 127.0.0.1:8765 or [::1]:8765"},
      {{"replay", "t", "--listen", "127.0.0.1:65536"},
       "--listen: '127.0.0.1:65536' is no address; give HOST:PORT, like 127.0.0.1:8765 or "
       "[::1]:8765"},
      {{"sim", "--tls-cert", "c.pem"}, "--tls-key: is missing; --tls-cert needs it"},
      {{"sim", "--faults=dorp:p=1"}, "--faults: 'dorp' is no fault; did you mean drop?"},
      {{"replay", "t", "--faults", "stall:at=+5s"},
       "--faults: stall: say for how long, like for=200ms"},
      {{"replay", "t", "--slow-clients", "drop"},
       "--slow-clients: 'drop' is neither close nor wait"},
      {{"replay", "t", "--queue-bytes", "16MB"},
       "--queue-bytes: '16MB' is no number of bytes from 1024; give one like 16777216, 512KiB or "
       "16MiB"},
      {{"sim", "--queue-bytes", "1"},
       "--queue-bytes: '1' is no number of bytes from 1024; give one like 16777216, 512KiB or "
       "16MiB"},
      {{"replay", "t", "--max-idle", "0s"},
       "--max-idle: '0s' is no length of time; give one like 90s, 2m30s or 500ms"},
      {{"sim", "--epoch", "+5s"}, "--epoch: '+5s' is no time; give one like 2026-11-21T09:30:00Z"},
      {{"sim", "--rate", "fast"},
       "--rate: 'fast' is not a positive number up to 1000000, like 0.5 or 4"},
      {{"ls", "-x"}, "unknown option -x; see tapedeck ls --help"},
  };
  for (const Wrong& wrong : cases) {
    const Said said = run_cli(wrong.args);
    std::string shown;
    for (const std::string& arg : wrong.args) shown += arg + " ";
    EXPECT_EQ(said.code, 2) << shown;
    EXPECT_EQ(said.err, "tapedeck: error: " + wrong.message + "\n") << shown;
    EXPECT_EQ(said.out, "") << shown;
  }
}

TEST(Usage, an_unknown_feed_is_answered_with_the_known_ones) {
  const Said said = run_cli({"show", "a", "--feed", "zzzzzzzzz"});
  EXPECT_EQ(said.code, 2);
  EXPECT_TRUE(said.err.starts_with("tapedeck: error: --feed: 'zzzzzzzzz' is no feed; known are "))
      << said.err;
}

TEST(Usage, no_command_is_one_line_that_names_them) {
  const Said said = run_cli({});
  EXPECT_EQ(said.code, 2);
  EXPECT_EQ(said.out, "");
  EXPECT_EQ(said.err,
            "tapedeck: error: a command is missing: give one of record, replay, sim, ls, info, "
            "show, gaps, export, verify, diff, merge, compact; see tapedeck --help\n");
}

TEST(Usage, help_and_version_go_to_stdout_and_exit_0) {
  EXPECT_TRUE(run_cli({"--help"}).out.starts_with("usage: tapedeck COMMAND"));
  EXPECT_EQ(run_cli({"--help"}).code, 0);
  EXPECT_TRUE(run_cli({"--version"}).out.starts_with("tapedeck "));
  EXPECT_EQ(run_cli({"--version"}).code, 0);
}

struct Helped {
  std::string command;
  std::vector<std::string> options;
};

TEST(Usage, every_command_explains_the_options_that_it_has) {
  const std::vector<Helped> commands = {
      {"record",
       {"--config FILE", "--tapes DIR", "--name NAME", "--feeds A,B", "--duration TIME",
        "--listen HOST:PORT", "--check"}},
      {"replay",
       {"--listen HOST:PORT", "--speed N", "--from T", "--to T", "--feeds A,B", "--loop",
        "--paused", "--wait-clients N", "--grace TIME", "--stall-timeout TIME", "--token T",
        "--allow-origin O", "--exit-at-end", "--tls-cert FILE", "--tls-key FILE"}},
      {"sim", {"--listen HOST:PORT", "--seed N", "--rate N", "--epoch T", "--tls-cert FILE"}},
      {"ls", {"--json"}},
      {"info", {"--json"}},
      {"show",
       {"--feed F", "--from T", "--to T", "--in", "--out", "--grep RE", "--follow", "--json"}},
      {"gaps", {"--json"}},
      {"merge", {"-o, --out OUT", "--skew TIME", "--json"}},
      {"verify", {"-h, --help"}},
      {"diff", {"--json"}},
      {"compact", {"-o, --output OUT", "--undo"}},
      {"export",
       {"--what frames|TABLE", "--format jsonl|csv", "--from T", "--to T", "-o, --output FILE"}},
  };
  for (const Helped& helped : commands) {
    const Said said = run_cli({helped.command, "--help"});
    EXPECT_EQ(said.code, 0) << helped.command;
    EXPECT_EQ(said.err, "") << helped.command;
    EXPECT_TRUE(said.out.starts_with("usage: tapedeck " + helped.command)) << said.out;
    for (const std::string& option : helped.options) {
      EXPECT_NE(said.out.find("  " + option + " "), std::string::npos) << option << "\n"
                                                                       << said.out;
    }
  }
}

TEST(Usage, a_tape_that_is_not_there_is_a_failure_that_names_it) {
  const TempDir dir;
  for (const std::vector<std::string>& command : {std::vector<std::string>{"info"},
                                                  {"show"},
                                                  {"gaps"},
                                                  {"verify"},
                                                  {"compact"},
                                                  {"export", "--what", "trade"}}) {
    std::vector<std::string> args = command;
    args.push_back(dir.file("none.tape"));
    const Said said = run_cli(args);
    EXPECT_EQ(said.code, 1) << command[0];
    EXPECT_TRUE(said.err.starts_with("tapedeck: error: ")) << said.err;
    EXPECT_NE(said.err.find("none.tape"), std::string::npos) << said.err;
    EXPECT_EQ(lines_of(said.err).size(), 1U) << said.err;
  }
}

TEST(Usage, patterns_match_bytes_of_any_kind_and_length) {
  const auto pattern = cli::Pattern::compile("a.*z$");
  ASSERT_TRUE(pattern.ok());
  EXPECT_TRUE(pattern->matches("a" + std::string(1'000'000, 'b') + "z"));
  EXPECT_TRUE(pattern->matches(std::string("\0a\xff_z", 5)));
  EXPECT_FALSE(pattern->matches("az0"));
  EXPECT_FALSE(pattern->matches(""));
}

}  // namespace
}  // namespace tapedeck::testing
