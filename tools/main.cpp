#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <exception>
#include <iostream>
#include <string>
#include <system_error>

#include "tools/cli/cli.h"
#include "tools/cli/stdout_buffer.h"

namespace {

using namespace tapedeck::cli;

// Logs go to stderr, in UTC as all else.
void set_up_log() {
  auto logger = std::make_shared<spdlog::logger>("tapedeck",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

int terminal_width() {
  winsize size{};
  if (isatty(STDOUT_FILENO) == 0 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

int run_and_flush(const Args& args) {
  StdoutBuffer buffer(STDOUT_FILENO);
  std::ostream out(&buffer);
  Io io{out, std::cerr, terminal_width()};
  const int code = run(args, io);
  out.flush();
  if (buffer.error() != 0 && buffer.error() != EPIPE && code == kDone) {
    return failed(
        io, "cannot write to standard output: " + std::generic_category().message(buffer.error()));
  }
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  // A reader of stdout or a peer that went away must not end a recording; writes report it.
  std::signal(SIGPIPE, SIG_IGN);
  set_up_log();
  try {
    return run_and_flush(Args(argv + 1, argv + argc));
  } catch (const std::exception& error) {
    std::cerr << "tapedeck: error: " << error.what() << '\n';
    return kFailed;
  }
}
