#include "tools/cli/show.h"

#include <csignal>
#include <ctime>
#include <optional>

#include "storage/tape_reader.h"
#include "tools/cli/cli.h"
#include "tools/cli/pattern.h"
#include "tools/cli/show_lines.h"
#include "tools/cli/timeline.h"
#include "tools/cli/values.h"

namespace tapedeck::cli {
namespace {

const CommandSpec& spec() {
  static const CommandSpec kSpec = {
      "show",
      "TAPE",
      "Shows a tape's frames, connections, errors and gaps in order of time, a line each.",
      {
          {"feed", "F", "only this feed", ""},
          {"from", "T", "begin at this time, or this long (+90s) after the tape's start", ""},
          {"to", "T", "end before this time", ""},
          {"in", "", "only inbound frames (with --out: only frames)", ""},
          {"out", "", "only outbound frames", ""},
          {"grep", "RE", "only payloads (and other lines) that match (POSIX extended)", ""},
          {"follow", "", "go on while the tape is being recorded, until SIGINT", ""},
          {"json", "", "one JSON object a line", ""},
      },
      1,
      1};
  return kSpec;
}

class Printer final : public TimelineSink {
 public:
  Printer(Io& io, LineStyle style, bool json, const std::optional<Pattern>& pattern)
      : io_(io), style_(style), json_(json), pattern_(pattern) {}

  bool on_frame(const FrameRecord& frame, const ConnectionInfo& connection) override {
    if (pattern_ && !pattern_->matches(frame.payload)) return true;
    return print(json_ ? frame_json(frame, connection) : frame_line(frame, connection, style_));
  }

  bool on_event(const TimelineEvent& event) override {
    if (pattern_ && !pattern_->matches(event_line(event, {style_.start_ns, 0}))) return true;
    return print(json_ ? event_json(event) : event_line(event, style_));
  }

 private:
  // False once nobody reads any more.
  bool print(const std::string& line) {
    io_.out << line << '\n';
    return io_.out.good();
  }

  Io& io_;
  LineStyle style_;
  bool json_;
  const std::optional<Pattern>& pattern_;
};

Result<void> check_options(const Options& given) {
  if (Result<void> times = check_times(given); !times) return times;
  if (given.has("feed")) {
    const Result<std::vector<std::string>> feed = parse_feeds("feed", {given.get("feed")});
    if (!feed) return feed.error();
  }
  return {};
}

TimelineFilter filter_of(const Options& given, Ns start_ns) {
  TimelineFilter filter;
  filter.feed = given.get("feed");
  filter.from = time_option(given, "from", start_ns);
  filter.to = time_option(given, "to", start_ns);
  if (given.has("in") || given.has("out")) {
    filter.inbound = given.has("in");
    filter.outbound = given.has("out");
    filter.events = false;
  }
  return filter;
}

int show(TapeReader& tape, const Options& given, const std::optional<Pattern>& pattern, Io& io,
         const Wait& wait) {
  const Result<SessionInfo> session = tape.session();
  if (!session) return failed(io, session.error().message);
  const LineStyle style{session->started_ns, static_cast<std::size_t>(io.width)};
  Printer printer(io, style, given.has("json"), pattern);
  Timeline timeline(tape, filter_of(given, session->started_ns));
  while (true) {
    // Asked first: what is committed up to the end is then surely shown.
    const bool more_may_come = given.has("follow") && tape.is_being_written();
    const Result<bool> on = timeline.advance(printer);
    if (!on) return failed(io, on.error().message);
    io.out.flush();
    if (!*on || !more_may_come || !io.out.good() || !wait()) return kDone;
  }
}

volatile std::sig_atomic_t interrupted = 0;

void on_interrupt(int) {
  interrupted = 1;
}

// A fifth of a second, which a signal cuts short.
bool wait_for_more() {
  const timespec pause{0, 200'000'000};
  if (interrupted == 0) nanosleep(&pause, nullptr);
  return interrupted == 0;
}

int show(const Options& given, Io& io, const Wait& wait) {
  if (Result<void> checked = check_options(given); !checked)
    return bad_usage(io, checked.error().message);
  std::optional<Pattern> pattern;
  if (given.has("grep")) {
    Result<Pattern> compiled = Pattern::compile(given.get("grep"));
    if (!compiled) {
      return bad_usage(
          io, "--grep: '" + given.get("grep") +
                  "' is no POSIX extended regular expression: " + compiled.error().message);
    }
    pattern = std::move(*compiled);
  }
  Result<std::unique_ptr<TapeReader>> tape = open_tape(given.arguments().front());
  if (!tape) return failed(io, tape.error().message);
  return show(**tape, given, pattern, io, wait);
}

}  // namespace

int show_command_with(const Args& args, Io& io, const Wait& wait) {
  return run_command(spec(), args, io,
                     [&](const Options& given, Io& to) { return show(given, to, wait); });
}

int show_command(const Args& args, Io& io) {
  // Only when following: else a signal may end it where it stands.
  for (const std::string& arg : args) {
    if (arg != "--follow") continue;
    struct sigaction action = {};
    action.sa_handler = on_interrupt;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
  }
  return show_command_with(args, io, wait_for_more);
}

}  // namespace tapedeck::cli
