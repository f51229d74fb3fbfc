// `tapedeck show`, with the waiting of --follow in other hands so that tests need none.
#pragma once

#include <functional>

#include "tools/cli/io.h"
#include "tools/cli/options.h"

namespace tapedeck::cli {

// Called when everything committed was shown: returns true when it is worth looking again, false to
// end (a signal).
using Wait = std::function<bool()>;

int show_command_with(const Args& args, Io& io, const Wait& wait);

}  // namespace tapedeck::cli
