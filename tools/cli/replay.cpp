#include "replay/replay.h"

#include "tools/cli/cli.h"
#include "tools/cli/serve.h"
#include "tools/cli/values.h"

namespace tapedeck::cli {
namespace {

CommandSpec make_spec() {
  CommandSpec spec = {
      "replay",
      "TAPE…",
      "Serves tapes (files, or directories of them) as the services themselves did.",
      {
          {"speed", "N", "how many times as fast as recorded; max: as fast as clients read", "1"},
          {"from", "T", "begin at this time, or this long (+90s) after the start", ""},
          {"to", "T", "end before this time", ""},
          {"feeds", "A,B", "serve only these feeds", ""},
          {"loop", "", "go on from the start at the end", ""},
          {"paused", "", "wait for a play command", ""},
          {"wait-clients", "N", "start once so many clients have subscribed", "1"},
          {"grace", "TIME", "start so long after the last subscription", "500ms"},
          {"stall-timeout", "TIME",
           "at full speed, give up a client that reads nothing for so long", "30s"},
          {"heal", "", "put what gap-fills recovered back in its place", ""},
          {"as-known", "", "as --heal, but when the recorder got it (with --heal: the same)", ""},
          {"slow-clients", "WHAT",
           "at a fixed speed: close those that are too slow, or wait for them", "close"},
          queue_option_spec(),
          {"disconnects", "", "close clients where the recorded connections were lost", ""},
          fault_option_spec(),
          {"max-idle", "TIME", "shorten silence on the tape that is longer than this", ""},
          {"exit-at-end", "", "end when everything has been served", ""},
      },
      1,
      1'000'000};
  spec.notes = fault_notes();
  for (OptionSpec& option : server_option_specs("127.0.0.1:8765"))
    spec.options.push_back(std::move(option));
  return spec;
}

Result<void> read_pace(const Options& given, ReplayOptions& options) {
  options.max_speed = given.get("speed") == "max";
  if (!options.max_speed) {
    const Result<double> speed = parse_factor("speed", given.get("speed"));
    if (!speed) return Error{speed.error().message + ", or max"};
    options.speed = *speed;
  }
  const Result<Ns> grace = parse_length("grace", given.get("grace"), true);
  if (!grace) return grace.error();
  options.grace_ns = *grace;
  const Result<Ns> stall = parse_length("stall-timeout", given.get("stall-timeout"), false);
  if (!stall) return stall.error();
  options.stall_timeout_ns = *stall;
  const std::string slow = given.get("slow-clients");
  if (slow != "close" && slow != "wait")
    return Error{"--slow-clients: '" + slow + "' is neither close nor wait"};
  options.waits_for_slow = slow == "wait";
  const Result<std::size_t> queue = parse_queue_bytes(given);
  if (!queue) return queue.error();
  options.client_queue_bytes_max = *queue;
  if (given.has("max-idle")) {
    const Result<Ns> idle = parse_length("max-idle", given.get("max-idle"), false);
    if (!idle) return idle.error();
    options.max_idle_ns = *idle;
  }
  const Result<std::int64_t> clients =
      parse_whole("wait-clients", given.get("wait-clients"), 0, 1'000'000);
  if (!clients) return clients.error();
  options.wait_clients = static_cast<int>(*clients);
  return {};
}

Result<ReplayOptions> options_of(const Options& given) {
  ReplayOptions options;
  options.tapes = given.arguments();
  Result<ServerOptions> server = parse_server_options(given);
  if (!server) return server.error();
  options.server = *server;
  if (Result<void> pace = read_pace(given, options); !pace) return pace.error();
  if (Result<void> times = check_times(given); !times) return times.error();
  options.from = given.get("from");
  options.to = given.get("to");
  Result<std::vector<std::string>> feeds = parse_feeds("feeds", given.list("feeds"));
  if (!feeds) return feeds.error();
  options.feeds = *feeds;
  options.loop = given.has("loop");
  options.paused = given.has("paused");
  if (given.has("heal")) options.heal = HealMode::at_event;
  if (given.has("as-known")) options.heal = HealMode::as_known;
  options.disconnects = given.has("disconnects");
  if (Result<void> faults = check_faults(given); !faults) return faults.error();
  options.faults = given.get("faults");
  options.exit_at_end = given.has("exit-at-end");
  if (options.loop && options.exit_at_end) {
    return Error{"--exit-at-end: with --loop there is no end; give one of the two"};
  }
  return options;
}

int replay(const Options& given, Io& io) {
  const Result<ReplayOptions> options = options_of(given);
  if (!options) return bad_usage(io, options.error().message);
  return serve(make_replay(*options), io);
}

}  // namespace

int replay_command(const Args& args, Io& io) {
  return run_command(make_spec(), args, io, replay);
}

}  // namespace tapedeck::cli
