#include "tools/cli/cli.h"

#include <array>

#include "schema/base/text.h"

namespace tapedeck::cli {
namespace {

struct Command {
  std::string_view name;
  std::string_view summary;
  int (*run)(const Args&, Io&);
};

constexpr std::array<Command, 12> kCommands = {{
    {"record", "record feeds onto a tape", record_command},
    {"replay", "serve tapes as the services themselves did", replay_command},
    {"sim", "serve the simulated services", sim_command},
    {"ls", "list tapes", ls_command},
    {"info", "all about one tape", info_command},
    {"show", "a tape's timeline, line by line", show_command},
    {"gaps", "what may be missing on a tape", gaps_command},
    {"export", "frames or a table as JSON lines or CSV", export_command},
    {"verify", "check tapes, and their rows against their frames", verify_command},
    {"diff", "what one session has and the other lacks", diff_command},
    {"merge", "one tape out of several recorders", merge_command},
    {"compact", "compress the frames of a finished tape", compact_command},
}};

std::string usage() {
  std::string text =
      "usage: tapedeck COMMAND [ARGUMENTS] [OPTIONS]\n\n"
      "Records market feeds byte for byte and replays them as if they were live.\n\ncommands:\n";
  for (const Command& command : kCommands) {
    text += "  " + std::string(command.name) + std::string(10 - command.name.size(), ' ') +
            std::string(command.summary) + "\n";
  }
  text +=
      "\noptions:\n  -h, --help  this text; after a command: the command's own\n  --version   the "
      "version\n";
  return text;
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Command& command : kCommands) names.emplace_back(command.name);
  return names;
}

int unknown_command(const std::string& name, Io& io) {
  const bool is_option = name.starts_with('-');
  std::vector<std::string> known;
  if (is_option) {
    known = {"--help", "--version"};
  } else {
    known = command_names();
  }
  const std::string what = is_option ? "unknown option " + name : "unknown command '" + name + "'";
  const std::string near = nearest(name, known);
  return bad_usage(
      io, what + (near.empty() ? "; see tapedeck --help" : "; did you mean " + near + "?"));
}

}  // namespace

int run(const Args& args, Io& io) {
  if (args.empty()) {
    return bad_usage(io, "a command is missing: give one of " + join(command_names(), ", ") +
                             "; see tapedeck --help");
  }
  const std::string& name = args.front();
  const Args rest(args.begin() + 1, args.end());
  if (name == "--version") {
    io.out << "tapedeck " TAPEDECK_VERSION "\n";
    return kDone;
  }
  if (name == "--help" || name == "-h" || name == "help") {
    io.out << usage();
    return kDone;
  }
  for (const Command& command : kCommands) {
    if (command.name == name) return command.run(rest, io);
  }
  return unknown_command(name, io);
}

int run_command(const CommandSpec& spec, const Args& args, Io& io,
                const std::function<int(const Options& given, Io& io)>& command) {
  const Result<Options> given = parse_options(spec, args);
  if (!given) return bad_usage(io, given.error().message);
  if (given->help()) {
    io.out << help_text(spec);
    return kDone;
  }
  return command(*given, io);
}

}  // namespace tapedeck::cli
