// The command line of `tapedeck` (contract section 2): every subcommand as a function of its
// arguments.
#pragma once

#include <functional>

#include "tools/cli/io.h"
#include "tools/cli/options.h"

namespace tapedeck::cli {

// `args` without the program's name. Gives the exit code; writes errors itself.
int run(const Args& args, Io& io);

// Runs one command with what was given. `--help` and bad usage it answers itself.
int run_command(const CommandSpec& spec, const Args& args, Io& io,
                const std::function<int(const Options& given, Io& io)>& command);

int record_command(const Args& args, Io& io);
int replay_command(const Args& args, Io& io);
int sim_command(const Args& args, Io& io);
int ls_command(const Args& args, Io& io);
int info_command(const Args& args, Io& io);
int show_command(const Args& args, Io& io);
int gaps_command(const Args& args, Io& io);
int export_command(const Args& args, Io& io);
int verify_command(const Args& args, Io& io);
int diff_command(const Args& args, Io& io);
int compact_command(const Args& args, Io& io);
int merge_command(const Args& args, Io& io);

}  // namespace tapedeck::cli
