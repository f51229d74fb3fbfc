#include "recorder/recorder.h"
#include "tools/cli/cli.h"
#include "tools/cli/values.h"

namespace tapedeck::cli {
namespace {

const CommandSpec& spec() {
  static const CommandSpec kSpec = {
      "record",
      "",
      "Records the configured feeds until SIGINT, SIGTERM or the duration; a second signal ends at "
      "once.",
      {
          {"config", "FILE", "the configuration (JSON); needed", ""},
          {"tapes", "DIR", "where tapes go, instead of the configuration's", ""},
          {"name", "NAME", "how the tape's name begins, instead of the configuration's", ""},
          {"feeds", "A,B", "record only these of the configured feeds", ""},
          {"duration", "TIME", "stop after this long, like 60s or 2h", ""},
          {"fresh", "", "start anew: leave the newest tape's open gaps and cursors alone", ""},
          {"listen", "HOST:PORT", "serve /metrics and /healthz here", ""},
          {"check", "", "check the configuration and that credentials are there, and stop", ""},
      }};
  return kSpec;
}

Result<RecordOptions> options_of(const Options& given) {
  RecordOptions options;
  if (!given.has("config"))
    return Error{"--config: is missing; give the configuration's file: --config FILE"};
  options.config_path = given.get("config");
  if (given.has("tapes")) options.tapes = given.get("tapes");
  if (given.has("name")) options.name = given.get("name");
  Result<std::vector<std::string>> feeds = parse_feeds("feeds", given.list("feeds"));
  if (!feeds) return feeds.error();
  options.feeds = *feeds;
  if (given.has("duration")) {
    const Result<Ns> duration = parse_length("duration", given.get("duration"), false);
    if (!duration) return duration.error();
    options.duration_ns = *duration;
  }
  if (given.has("listen")) {
    options.listen = given.get("listen");
    const Result<HostPort> address = parse_host_port("listen", options.listen);
    if (!address) return address.error();
  }
  options.fresh = given.has("fresh");
  options.check = given.has("check");
  return options;
}

int record(const Options& given, Io& io) {
  const Result<RecordOptions> options = options_of(given);
  if (!options) return bad_usage(io, options.error().message);
  return run_record(*options, io.out, io.err);
}

}  // namespace

int record_command(const Args& args, Io& io) {
  return run_command(spec(), args, io, record);
}

}  // namespace tapedeck::cli
