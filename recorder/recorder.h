// `tapedeck record`: from a configuration file to a finished tape.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "schema/base/time.h"

namespace tapedeck {

struct RecordOptions {
  std::string config_path;
  std::optional<std::string> tapes;  // instead of the configuration's
  std::optional<std::string> name;   // instead of the configuration's
  std::vector<std::string> feeds;    // only these; empty: all that are configured
  std::optional<Ns> duration_ns;     // until a signal when absent
  bool fresh = false;                // do not go on from the newest tape of the name
  std::string listen;                // HOST:PORT for /metrics and /healthz; empty: off
  bool check = false;                // validate the configuration and stop
};

// Records until SIGINT, SIGTERM or the duration, then says goodbye, commits and prints a summary to
// `out`. Errors are one line on `err`; progress goes to the log. Gives the exit code: 0 ended on
// request, 1 failed while running, 2 bad configuration or no feed could start.
int run_record(const RecordOptions& options, std::ostream& out, std::ostream& err);

// Set by the build.
std::string recorder_version();

}  // namespace tapedeck
