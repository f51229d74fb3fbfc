#include "storage/merge.h"

#include <limits>
#include <memory>

#include "recorder/recorder.h"
#include "tools/cli/cli.h"
#include "tools/cli/decoders.h"
#include "tools/cli/format.h"
#include "tools/cli/json_writer.h"
#include "tools/cli/values.h"

namespace tapedeck::cli {
namespace {

const CommandSpec& spec() {
  static const CommandSpec kSpec = {
      "merge",
      "A B…",
      "Makes one tape out of several recorders of the same feeds: what more than one of them "
      "received is one\nevent, and what one had lost and another has is no gap any more.",
      {{"o,out", "OUT", "the tape to write; it must not exist", ""},
       {"skew", "TIME",
        "how far the recorders' clocks may differ: a peer closes a gap only where it received as "
        "long before and after",
        "0s"},
       {"json", "", "a JSON object instead of tables", ""}},
      2,
      std::numeric_limits<std::size_t>::max()};
  return kSpec;
}

std::string json_of(const MergeReport::Stream& stream) {
  std::vector<std::string> remaining;
  for (const Gap& gap : stream.remaining) {
    remaining.push_back(JsonObject()
                            .add("id", gap.id)
                            .add("cause", to_string(gap.cause))
                            .add("from_ns", gap.from_ns)
                            .add("to_ns", gap.to_ns)
                            .add("method", to_string(gap.method))
                            .add("status", to_string(gap.status))
                            .add("recovered", gap.recovered)
                            .add("detail", gap.detail)
                            .text());
  }
  return JsonObject()
      .add("feed", stream.feed)
      .add("stream", stream.stream)
      .add("lost", stream.lost)
      .add("lost_ns", stream.lost_ns)
      .add("recovered", stream.recovered)
      .raw("remaining", json_array(remaining))
      .text();
}

std::string json_of(const std::string& out, const MergeReport& report) {
  std::vector<std::string> tapes;
  for (const MergeReport::Tape& tape : report.tapes) {
    const auto same_as =
        tape.same_as.empty() ? std::nullopt : std::optional<std::string>(tape.same_as);
    tapes.push_back(JsonObject()
                        .add("path", tape.path)
                        .add("frames", tape.frames)
                        .add("same_as", same_as)
                        .text());
  }
  std::vector<std::string> streams;
  for (const MergeReport::Stream& stream : report.streams) streams.push_back(json_of(stream));
  std::vector<std::string> notes;
  for (const std::string& note : report.notes) notes.push_back(json_string(note));
  return JsonObject()
      .add("out", out)
      .raw("tapes", json_array(tapes))
      .add("connections", report.connections)
      .add("frames", report.frames)
      .add("requests", report.requests)
      .add("rows", report.rows)
      .raw("streams", json_array(streams, ",\n "))
      .raw("notes", json_array(notes))
      .text();
}

void print_streams(const MergeReport& report, Io& io) {
  using Align = TextTable::Align;
  TextTable streams({{"FEED"},
                     {"STREAM"},
                     {"LOST", Align::right},
                     {"LENGTH", Align::right},
                     {"RECOVERED", Align::right},
                     {"REMAINING", Align::right},
                     {"LENGTH", Align::right}});
  TextTable gaps({{"FEED"},
                  {"STREAM"},
                  {"CAUSE"},
                  {"FROM"},
                  {"TO"},
                  {"LENGTH", Align::right},
                  {"STATUS"},
                  {"DETAIL"}});
  for (const MergeReport::Stream& stream : report.streams) {
    Ns remaining_ns = 0;
    for (const Gap& gap : stream.remaining) {
      const Ns length_ns = *gap.to_ns - gap.from_ns;
      remaining_ns += length_ns;
      gaps.add({gap.feed, gap.stream, std::string(to_string(gap.cause)), fixed_time(gap.from_ns),
                fixed_time(*gap.to_ns), human_duration(length_ns),
                std::string(to_string(gap.status)), gap.detail});
    }
    streams.add({stream.feed, stream.stream, std::to_string(stream.lost),
                 human_duration(stream.lost_ns), std::to_string(stream.recovered),
                 std::to_string(stream.remaining.size()), human_duration(remaining_ns)});
  }
  if (!streams.empty()) {
    io.out << '\n';
    streams.print(io.out);
  }
  if (gaps.empty()) {
    io.out << "\nnothing remains missing\n";
  } else {
    io.out << "\nwhat remains missing\n";
    gaps.print(io.out);
  }
}

void print_report(const std::string& out, const MergeReport& report, Io& io) {
  io.out << printable(out) << ": " << report.frames << " frames, " << report.rows << " rows, "
         << report.connections << " connections, " << report.requests << " requests\n";
  for (const MergeReport::Tape& tape : report.tapes) {
    io.out << "  " << printable(tape.path) << ": ";
    if (tape.same_as.empty()) {
      io.out << tape.frames << " frames\n";
    } else {
      io.out << "left out: " << printable(tape.same_as) << " has all of it\n";
    }
  }
  for (const std::string& note : report.notes) io.out << "  note: " << printable(note) << '\n';
  print_streams(report, io);
}

int merge(const Options& given, Io& io) {
  MergeOptions options;
  options.out = given.get("out");
  if (options.out.empty()) {
    return bad_usage(io, "--out: is missing; name the tape to write: -o OUT");
  }
  const Result<Ns> skew = parse_length("skew", given.get("skew"), true);
  if (!skew) return bad_usage(io, skew.error().message);
  options.skew_ns = *skew;
  options.recorder_version = recorder_version();
  std::string trouble;
  options.decoders = [&trouble](const SessionInfo& session,
                                const std::vector<ConnectionInfo>& connections) -> DecoderSource {
    auto decoders = std::make_shared<Decoders>(session, connections);
    trouble = decoders->trouble();
    return [decoders](std::string_view feed) { return decoders->make(feed); };
  };
  std::vector<std::unique_ptr<TapeReader>> tapes;
  for (const std::string& path : given.arguments()) {
    auto tape = open_tape(path);
    if (!tape) return failed(io, tape.error().message);
    tapes.push_back(std::move(*tape));
  }
  Result<MergeReport> report = merge_tapes(std::move(tapes), options);
  if (!report) return failed(io, report.error().message);
  if (!trouble.empty()) {
    report->notes.push_back(
        "decoded with each feed's defaults, since session.config is not usable: " + trouble);
  }
  if (given.has("json")) {
    io.out << json_of(options.out, *report) << '\n';
  } else {
    print_report(options.out, *report, io);
  }
  return kDone;
}

}  // namespace

int merge_command(const Args& args, Io& io) {
  return run_command(spec(), args, io, merge);
}

}  // namespace tapedeck::cli
