#include "recorder/recorder.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <ostream>
#include <utility>

#include "recorder/config.h"
#include "recorder/ingest.h"
#include "recorder/lineage.h"
#include "recorder/net/io_loop.h"
#include "recorder/net/monitor.h"
#include "recorder/status.h"
#include "recorder/status_block.h"
#include "recorder/steady_clock.h"
#include "recorder/supervisor.h"
#include "schema/base/text.h"
#include "storage/tape_writer.h"

namespace tapedeck {
namespace {

constexpr Ns kStatusTerminalNs = kNsPerSec;
constexpr Ns kStatusLogNs = 60 * kNsPerSec;

int fail_with(std::ostream& err, int code, const std::string& what) {
  err << "tapedeck: error: " << what << '\n';
  return code;
}

std::size_t terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0 ? size.ws_col : 80;
}

std::string host_name() {
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) != 0) return "unknown";
  return name;
}

std::shared_ptr<spdlog::logger> make_log() {
  auto log =
      std::make_shared<spdlog::logger>("record", std::make_shared<spdlog::sinks::stderr_sink_st>());
  log->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  log->flush_on(spdlog::level::info);
  return log;
}

// One run, from a valid configuration on. Its parts are made and destroyed in the order of the
// members.
class Recording {
 public:
  Recording(const RecordOptions& options, RecorderConfig config)
      : options_(options),
        config_(std::move(config)),
        log_(make_log()),
        is_terminal_(isatty(STDERR_FILENO) != 0) {}

  // What cannot be set up is an error; after success run() can be called once.
  Result<void> set_up() {
    started_ = clock_.now();
    auto loop = IoLoop::make(clock_, {config_.ca_file, IoOptions().rest_body_bytes_max});
    if (!loop) return loop.error();
    loop_ = std::move(*loop);
    if (!options_.listen.empty()) {
      auto monitor = make_monitor(*loop_, options_.listen, [this] { return report(); });
      if (!monitor) return monitor.error();
      monitor_ = std::move(*monitor);
    }
    std::vector<std::string> feeds;
    for (const FeedConfig& feed : config_.feeds) feeds.emplace_back(feed.feed->name());
    auto lineage = find_lineage(config_.tapes, config_.name, started_.wall, feeds);
    if (!lineage) return lineage.error();
    SessionInfo session;
    session.follows = lineage->newest_file;
    session.beside = lineage->beside;
    session.name = config_.name;
    session.started_ns = started_.wall;
    session.recorder_version = recorder_version();
    session.host = host_name();
    session.config = config_.redacted_json;
    auto tape = create_tape(config_.tapes, session, config_.durability);
    if (!tape) return tape.error();
    path_ = (*tape)->path();
    IngestOptions ingest_options;
    ingest_options.commit_ns = config_.commit_ms * kNsPerMs;
    ingest_ =
        std::make_unique<Ingest>(std::move(*tape), *loop_, ingest_options, [this](std::string why) {
          loop_->post([this, why = std::move(why)] { storage_failed(why); });
        });
    supervisor_ = std::make_unique<Supervisor>(
        *loop_, *ingest_, config_, started_.wall,
        [this](Severity severity, std::string_view who, std::string_view what) {
          tell(severity, who, what);
        },
        [this] { loop_->stop(); });
    // What was open was marked as interrupted all the same.
    if (options_.fresh) return {};
    if (lineage->put_back_ns == started_.wall) {
      tell(Severity::warning, "clock",
           "the clock was put back since " + lineage->newest_file +
               ": gaps that began before now are not taken for filled");
    }
    return supervisor_->continue_after(
        *lineage, [&](const std::string& feed, Ns since_ns, std::span<const TableId> tables,
                      const EarlierRows& told) {
          return tell_earlier_rows(*lineage, feed, since_ns, tables, told);
        });
  }

  int run(std::ostream& out, std::ostream& err) {
    log_->info("recording to {}", path_);
    loop_->on_signal([this](int signal) { on_signal(signal); });
    const auto duration = loop_->make_timer();
    if (options_.duration_ns)
      duration->set(*options_.duration_ns, [this] { stop("the duration is over"); });
    status_timer_ = loop_->make_timer();
    show_status();
    supervisor_->start();
    loop_->run();
    return finish(out, err);
  }

 private:
  void tell(Severity severity, std::string_view who, std::string_view what) {
    write(status_block_.clear());
    const auto level = severity == Severity::info      ? spdlog::level::info
                       : severity == Severity::warning ? spdlog::level::warn
                                                       : spdlog::level::err;
    log_->log(level, "{}: {}", who, what);
  }

  void stop(std::string_view why) {
    if (stopping_) return;
    stopping_ = true;
    write(status_block_.clear());
    log_->info("stopping: {}", why);
    supervisor_->stop();
  }

  void on_signal(int signal) {
    // The second one means now: what is committed is safe, the tape stays open and is known as
    // interrupted.
    if (stopping_) std::_Exit(128 + signal);
    stop("asked to by a signal");
  }

  void storage_failed(const std::string& why) {
    storage_error_ = why;
    log_->error("{}", why);
    stop("the tape cannot be written");
  }

  StatusReport report() const {
    StatusReport report;
    report.feeds = supervisor_->status();
    report.ingest = ingest_->stats();
    report.elapsed_ns = clock_.now().mono - started_.mono;
    report.tape = path_;
    return report;
  }

  void show_status() {
    look_at_clock();
    const StatusReport now = report();
    if (is_terminal_) {
      write(status_block_.draw(status_lines(now, last_report_), terminal_columns()));
    } else if (last_report_.elapsed_ns != 0) {
      log_->info("{}", status_text(now, last_report_));
    }
    last_report_ = now;
    status_timer_->set(is_terminal_ ? kStatusTerminalNs : kStatusLogNs, [this] { show_status(); });
  }

  void look_at_clock() {
    const Ns ahead_ns = clock_.ahead_ns();
    const bool is_ahead = ahead_ns > kNsPerSec;
    if (is_ahead && !was_ahead_) {
      tell(Severity::warning, "clock",
           "the machine's clock was put back by " + std::to_string(ahead_ns / kNsPerSec) +
               " s: the tape's times go on from where they were, a tenth slower than time passes, "
               "until it has caught up");
    }
    was_ahead_ = is_ahead;
  }

  static void write(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
  }

  int finish(std::ostream& out, std::ostream& err) {
    write(status_block_.clear());
    status_timer_.reset();
    const bool on_request = stopping_ && storage_error_.empty();
    const bool started = supervisor_->any_was_ready();
    const std::vector<FeedStatus> feeds = supervisor_->status();
    const Stamp now = clock_.now();
    supervisor_->finish(now.wall);
    const Result<void> closed = ingest_->close(now.wall, "closed");
    StatusReport last = report();
    last.feeds = feeds;
    out << summary_text(last);
    out.flush();
    if (!storage_error_.empty()) return fail_with(err, 1, storage_error_);
    if (!closed) return fail_with(err, 1, closed.error().message);
    if (on_request) return 0;
    std::string why;
    for (const FeedStatus& feed : feeds)
      why += (why.empty() ? "" : "; ") + feed.feed + ": " + feed.why;
    return fail_with(err, started ? 1 : 2,
                     (started ? "every feed has stopped: " : "no feed could start: ") + why);
  }

  RecordOptions options_;
  RecorderConfig config_;
  std::shared_ptr<spdlog::logger> log_;
  SystemClock machine_clock_;
  SteadyClock clock_{machine_clock_};
  Stamp started_;
  std::string path_;
  std::unique_ptr<IoLoop> loop_;
  std::unique_ptr<Ingest> ingest_;
  std::unique_ptr<Supervisor> supervisor_;
  std::unique_ptr<Monitor> monitor_;
  std::unique_ptr<Timer> status_timer_;
  StatusReport last_report_;
  std::string storage_error_;
  bool stopping_ = false;
  bool is_terminal_ = false;
  StatusBlock status_block_;
  bool was_ahead_ = false;  // our clock, of the machine's
};

}  // namespace

int run_record(const RecordOptions& options, std::ostream& out, std::ostream& err) {
  const ProcessSource source;
  auto text = source.read_file(options.config_path);
  if (!text) return fail_with(err, 2, "--config: " + text.error().message);
  auto config = parse_config(*text, source, options.feeds);
  if (!config) return fail_with(err, 2, config.error().message);
  if (options.tapes) config->tapes = *options.tapes;
  if (options.name) config->name = *options.name;
  if (config->name.empty() || config->name.find('/') != std::string::npos) {
    return fail_with(err, 2, "--name: must be usable in a file name, without \"/\"");
  }
  if (options.check) {
    const SystemClock clock;
    const auto loop = IoLoop::make(clock, {config->ca_file, IoOptions().rest_body_bytes_max});
    if (!loop) return fail_with(err, 2, loop.error().message);
    std::vector<std::string> names;
    for (const FeedConfig& feed : config->feeds) names.emplace_back(feed.feed->name());
    out << "the configuration is valid; it records " << join(names, ", ") << '\n';
    return 0;
  }
  Recording recording(options, std::move(*config));
  if (auto ready = recording.set_up(); !ready) return fail_with(err, 2, ready.error().message);
  return recording.run(out, err);
}

std::string recorder_version() {
  return TAPEDECK_VERSION;
}

}  // namespace tapedeck
