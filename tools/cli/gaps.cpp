#include "storage/tape_reader.h"
#include "tools/cli/cli.h"
#include "tools/cli/format.h"
#include "tools/cli/json_writer.h"
#include "tools/cli/stream_table.h"

namespace tapedeck::cli {
namespace {

const CommandSpec& spec() {
  static const CommandSpec kSpec = {"gaps",
                                    "TAPE",
                                    "Lists the spans for which messages may be missing and what "
                                    "became of them, and how much of each "
                                    "stream the tape has.",
                                    {{"json", "", "a JSON array instead of a table", ""}},
                                    1,
                                    1};
  return kSpec;
}

std::string json_of(const Gap& gap) {
  return JsonObject()
      .add("id", gap.id)
      .add("feed", gap.feed)
      .add("stream", gap.stream)
      .add("cause", to_string(gap.cause))
      .add("from_ns", gap.from_ns)
      .add("to_ns", gap.to_ns)
      .add("after_cursor", gap.after_cursor)
      .add("method", to_string(gap.method))
      .add("status", to_string(gap.status))
      .add("recovered", gap.recovered)
      .add("detail", gap.detail)
      .text();
}

void print_table(const std::vector<Gap>& gaps, Io& io) {
  using Align = TextTable::Align;
  TextTable table({{"FEED"},
                   {"STREAM"},
                   {"CAUSE"},
                   {"FROM"},
                   {"TO"},
                   {"LENGTH", Align::right},
                   {"METHOD"},
                   {"STATUS"},
                   {"RECOVERED", Align::right},
                   {"DETAIL"}});
  for (const Gap& gap : gaps) {
    table.add({gap.feed, gap.stream, std::string(to_string(gap.cause)), fixed_time(gap.from_ns),
               gap.to_ns ? fixed_time(*gap.to_ns) : "-",
               gap.to_ns ? human_duration(*gap.to_ns - gap.from_ns) : "-",
               std::string(to_string(gap.method)), std::string(to_string(gap.status)),
               std::to_string(gap.recovered), gap.detail});
  }
  table.print(io.out);
}

int gaps(const Options& given, Io& io) {
  const Result<std::unique_ptr<TapeReader>> tape = open_tape(given.arguments().front());
  if (!tape) return failed(io, tape.error().message);
  const Result<std::vector<Gap>> gaps = (*tape)->gaps();
  if (!gaps) return failed(io, gaps.error().message);
  if (given.has("json")) {
    std::vector<std::string> elements;
    for (const Gap& gap : *gaps) elements.push_back(json_of(gap));
    io.out << json_array(elements, ",\n ") << '\n';
    return kDone;
  }
  if (gaps->empty()) {
    io.err << "no gaps on " << (*tape)->path() << '\n';
  } else {
    print_table(*gaps, io);
  }
  const Result<std::vector<StreamTime>> times = stream_times_of(**tape);
  if (!times) return failed(io, times.error().message);
  if (!times->empty()) {
    io.out << (gaps->empty() ? "" : "\n");
    print_stream_times(*times, true, "", io);
  }
  return kDone;
}

}  // namespace

int gaps_command(const Args& args, Io& io) {
  return run_command(spec(), args, io, gaps);
}

}  // namespace tapedeck::cli
