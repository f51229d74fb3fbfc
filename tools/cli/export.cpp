#include "storage/export.h"

#include <algorithm>

#include "schema/base/text.h"
#include "tools/cli/cli.h"
#include "tools/cli/output_file.h"
#include "tools/cli/values.h"

namespace tapedeck::cli {
namespace {

const CommandSpec& spec() {
  static const CommandSpec kSpec = {
      "export",
      "TAPE",
      "Writes a tape's frames, or one of its tables, as lines of JSON or as CSV.",
      {
          {"what", "frames|TABLE", "frames, or a table: trade, quote, gap, connection, …", ""},
          {"format", "jsonl|csv", "one JSON object a line, or RFC 4180 with a header", "jsonl"},
          {"from", "T", "what was received at this time, or this long (+90s) after the start, on",
           ""},
          {"to", "T", "what was received before this time", ""},
          {"o,output", "FILE",
           "write to this file, which appears (or is replaced) when it is whole", ""},
      },
      1,
      1};
  return kSpec;
}

// What can be judged without the tape.
Result<void> check_options(const Options& given) {
  if (!given.has("what")) {
    return Error{"--what: is missing; give frames or a table, like trade: --what frames|TABLE"};
  }
  const std::string format = given.get("format");
  if (format != "jsonl" && format != "csv") {
    return Error{"--format: '" + format + "' is no format; give jsonl or csv"};
  }
  return check_times(given);
}

// `frame` is the table's name, `frames` the contract's.
std::string what_of(const Options& given) {
  const std::string what = given.get("what");
  return what == "frame" ? "frames" : what;
}

Error unknown_table(const std::string& what, const std::vector<std::string>& known) {
  const std::string near = nearest(what, known);
  return {"--what: '" + what + "' is no table of this tape; " +
          (near.empty() ? "known are " + join(known, ", ") : "did you mean " + near + "?")};
}

Result<void> write_all(TapeReader& tape, const ExportOptions& options, std::ostream& out) {
  return export_records(tape, options, [&out](std::string_view lines) {
    out.write(lines.data(), static_cast<std::streamsize>(lines.size()));
    return out.good();
  });
}

Result<void> export_to(TapeReader& tape, const ExportOptions& options, const Options& given,
                       Io& io) {
  const std::string path = given.get("output");
  if (path.empty() || path == "-") return write_all(tape, options, io.out);
  auto file = OutputFile::create(path);
  if (!file) return file.error();
  if (auto written = write_all(tape, options, (*file)->out()); !written) return written;
  return (*file)->finish();
}

int export_rows(const Options& given, Io& io) {
  if (auto checked = check_options(given); !checked) return bad_usage(io, checked.error().message);
  const Result<std::unique_ptr<TapeReader>> tape = open_tape(given.arguments().front());
  if (!tape) return failed(io, tape.error().message);
  const Result<SessionInfo> session = (*tape)->session();
  if (!session) return failed(io, session.error().message);

  ExportOptions options;
  options.what = what_of(given);
  options.format = given.get("format") == "csv" ? ExportFormat::csv : ExportFormat::jsonl;
  options.from = time_option(given, "from", session->started_ns);
  options.to = time_option(given, "to", session->started_ns);
  const Result<std::vector<std::string>> known = exportable(**tape);
  if (!known) return failed(io, known.error().message);
  if (std::find(known->begin(), known->end(), options.what) == known->end()) {
    return bad_usage(io, unknown_table(options.what, *known).message);
  }
  if (auto done = export_to(**tape, options, given, io); !done) {
    return failed(io, done.error().message);
  }
  return kDone;
}

}  // namespace

int export_command(const Args& args, Io& io) {
  return run_command(spec(), args, io, export_rows);
}

}  // namespace tapedeck::cli
