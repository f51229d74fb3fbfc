#include "replay/sim.h"

#include "tools/cli/cli.h"
#include "tools/cli/serve.h"
#include "tools/cli/values.h"

namespace tapedeck::cli {
namespace {

CommandSpec make_spec() {
  CommandSpec spec = {
      "sim",
      "",
      "Serves the simulated services on one port, with the paths of the real ones.",
      {
          {"seed", "N", "the same seed gives the same messages", "1"},
          {"rate", "N", "messages per second of each service", "20"},
          queue_option_spec(),
          fault_option_spec(),
          {"epoch", "T", "when the first message happened (default: today, 00:00 UTC)", ""},
      },
  };
  spec.notes = fault_notes();
  for (OptionSpec& option : server_option_specs("127.0.0.1:8790"))
    spec.options.push_back(std::move(option));
  return spec;
}

Result<SimOptions> options_of(const Options& given) {
  SimOptions options;
  Result<ServerOptions> server = parse_server_options(given);
  if (!server) return server.error();
  options.server = *server;
  const Result<std::int64_t> seed = parse_whole("seed", given.get("seed"), 0, INT64_MAX);
  if (!seed) return seed.error();
  options.seed = static_cast<std::uint64_t>(*seed);
  const Result<double> rate = parse_factor("rate", given.get("rate"));
  if (!rate) return rate.error();
  options.rate = *rate;
  const Result<std::size_t> queue = parse_queue_bytes(given);
  if (!queue) return queue.error();
  options.client_queue_bytes_max = *queue;
  if (Result<void> faults = check_faults(given); !faults) return faults.error();
  options.faults = given.get("faults");
  if (given.has("epoch")) {
    options.epoch_ns = parse_rfc3339(given.get("epoch"));
    if (!options.epoch_ns) {
      return Error{"--epoch: '" + given.get("epoch") +
                   "' is no time; give one like 2026-11-21T09:30:00Z"};
    }
  }
  return options;
}

int sim(const Options& given, Io& io) {
  const Result<SimOptions> options = options_of(given);
  if (!options) return bad_usage(io, options.error().message);
  return serve(make_sim(*options), io);
}

}  // namespace

int sim_command(const Args& args, Io& io) {
  return run_command(make_spec(), args, io, sim);
}

}  // namespace tapedeck::cli
