#include "storage/verify.h"

#include <limits>

#include "schema/base/text.h"
#include "tools/cli/cli.h"
#include "tools/cli/decoders.h"
#include "tools/cli/format.h"

namespace tapedeck::cli {
namespace {

constexpr std::size_t kDetailsMax = 10;

const CommandSpec& spec() {
  static const CommandSpec kSpec = {
      "verify",
      "TAPE…",
      "Checks tapes: the file, sequence and references, and that the frames give the rows.",
      {},
      1,
      std::numeric_limits<std::size_t>::max()};
  return kSpec;
}

void print_report(const std::string& path, const VerifyReport& report, Io& io) {
  io.out << printable(path) << ": " << (report.problems.empty() ? "ok" : "NOT OK") << ": "
         << counted(report.frames, "frame") << ", " << counted(report.rows, "row") << ", "
         << counted(report.connections, "connection") << ", " << counted(report.requests, "request")
         << ", " << counted(report.gaps, "gap") << '\n';
  for (const Count& count : report.unparsed) {
    io.out << "  unparsed: " << printable(count.feed) << ": " << count.count << " × "
           << printable(count.what) << '\n';
  }
  for (const std::string& note : report.notes) io.out << "  note: " << printable(note) << '\n';
  for (const Problem& problem : report.problems) {
    io.out << "  " << problem.what << ": " << counted(problem.count, "problem") << '\n';
    for (const std::string& detail : problem.details) {
      io.out << "    " << printable(detail) << '\n';
    }
    const auto hidden = problem.count - static_cast<std::int64_t>(problem.details.size());
    if (hidden > 0) io.out << "    and " << hidden << " more\n";
  }
}

Result<void> verify_one(const std::string& path, Io& io) {
  auto tape = open_tape(path);
  if (!tape) return tape.error();
  auto session = (*tape)->session();
  auto connections = (*tape)->connections();
  // What cannot be read is for the report to say.
  const Decoders decoders(session ? *session : SessionInfo(),
                          connections ? *connections : std::vector<ConnectionInfo>());
  VerifyReport report = verify_tape(
      **tape, [&](std::string_view feed) { return decoders.make(feed); }, kDetailsMax);
  if (!decoders.trouble().empty()) {
    report.notes.push_back(
        "decoded with each feed's defaults, since session.config is not usable: " +
        decoders.trouble());
  }
  print_report(path, report, io);
  if (report.problems.empty()) return {};
  std::string kinds;
  for (const Problem& problem : report.problems) {
    kinds +=
        (kinds.empty() ? "" : ", ") + problem.what + " (" + std::to_string(problem.count) + ")";
  }
  return Error{path + ": does not hold what it should: " + kinds};
}

int verify(const Options& given, Io& io) {
  int code = kDone;
  for (const std::string& path : given.arguments()) {
    if (const auto sound = verify_one(path, io); !sound) {
      io.out.flush();
      code = failed(io, sound.error().message);
    }
  }
  return code;
}

}  // namespace

int verify_command(const Args& args, Io& io) {
  return run_command(spec(), args, io, verify);
}

}  // namespace tapedeck::cli
