#include <filesystem>
#include <set>

#include "storage/tape_reader.h"
#include "tools/cli/cli.h"
#include "tools/cli/format.h"
#include "tools/cli/json_writer.h"

namespace tapedeck::cli {
namespace {

const CommandSpec& spec() {
  static const CommandSpec kSpec = {
      "ls",
      "[DIR]",
      "Lists the tapes of a directory (default: tapes), one line each.",
      {{"json", "", "a JSON array instead of a table", ""}},
      0,
      1};
  return kSpec;
}

struct Listed {
  std::string path;
  SessionInfo session;
  bool recording = false;
  std::int64_t bytes = 0;
  std::vector<std::string> feeds;
  std::int64_t frames = 0;
  std::int64_t rows = 0;
  std::int64_t gaps = 0;
  std::int64_t gaps_open = 0;
  Ns duration_ns = 0;
};

Result<Listed> look_at(const std::string& path) {
  Result<std::unique_ptr<TapeReader>> opened = open_tape(path);
  if (!opened) return opened.error();
  TapeReader& tape = **opened;
  Listed listed;
  listed.path = path;
  listed.bytes = tape.file_bytes();
  listed.recording = tape.is_being_written();
  Result<SessionInfo> session = tape.session();
  if (!session) return session.error();
  listed.session = *session;
  Result<std::vector<ConnectionInfo>> connections = tape.connections();
  if (!connections) return connections.error();
  std::set<std::string> feeds;
  for (const ConnectionInfo& connection : *connections) feeds.insert(connection.feed);
  listed.feeds.assign(feeds.begin(), feeds.end());
  Result<std::int64_t> frames = tape.frame_count();
  if (!frames) return frames.error();
  listed.frames = *frames;
  Result<std::vector<Count>> rows = tape.row_counts();
  if (!rows) return rows.error();
  for (const Count& count : *rows) listed.rows += count.count;
  Result<std::vector<Gap>> gaps = tape.gaps();
  if (!gaps) return gaps.error();
  for (const Gap& gap : *gaps) {
    ++listed.gaps;
    if (gap.status == GapStatus::open) ++listed.gaps_open;
  }
  Result<std::optional<Ns>> last = tape.last_frame_ns();
  if (!last) return last.error();
  const Ns end = session->ended_ns.value_or(last->value_or(session->started_ns));
  listed.duration_ns = end - session->started_ns;
  return listed;
}

std::string file_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

std::string json_of(const Listed& tape) {
  std::vector<std::string> feeds;
  for (const std::string& feed : tape.feeds) feeds.push_back(json_string(feed));
  return JsonObject()
      .add("file", file_name(tape.path))
      .add("path", tape.path)
      .add("name", tape.session.name)
      .add("started_ns", tape.session.started_ns)
      .add("ended_ns", tape.session.ended_ns)
      .add("duration_ns", tape.duration_ns)
      .add("outcome", tape.session.outcome)
      .add("recording", tape.recording)
      .raw("feeds", json_array(feeds))
      .add("frames", tape.frames)
      .add("rows", tape.rows)
      .add("gaps", tape.gaps)
      .add("gaps_open", tape.gaps_open)
      .add("bytes", tape.bytes)
      .text();
}

void print_table(const std::vector<Listed>& tapes, Io& io) {
  using Align = TextTable::Align;
  TextTable table({{"TAPE"},
                   {"START"},
                   {"DURATION", Align::right},
                   {"OUTCOME"},
                   {"FEEDS"},
                   {"FRAMES", Align::right},
                   {"ROWS", Align::right},
                   {"GAPS (OPEN)", Align::right},
                   {"SIZE", Align::right}});
  for (const Listed& tape : tapes) {
    table.add(
        {file_name(tape.path), format_rfc3339(tape.session.started_ns / kNsPerSec * kNsPerSec),
         human_duration(tape.duration_ns), tape.recording ? "recording" : tape.session.outcome,
         join(tape.feeds, ","), std::to_string(tape.frames), std::to_string(tape.rows),
         std::to_string(tape.gaps) + " (" + std::to_string(tape.gaps_open) + ")",
         human_bytes(tape.bytes)});
  }
  table.print(io.out);
}

int ls(const Options& given, Io& io) {
  const std::string directory = given.arguments().empty() ? "tapes" : given.arguments().front();
  const Result<std::vector<std::string>> paths = list_tapes(directory);
  if (!paths) return failed(io, paths.error().message);

  // A tape that cannot be read must not hide the others.
  int status = kDone;
  std::vector<Listed> tapes;
  for (const std::string& path : *paths) {
    Result<Listed> listed = look_at(path);
    if (listed) {
      tapes.push_back(std::move(*listed));
    } else {
      status = failed(io, listed.error().message);
    }
  }
  if (given.has("json")) {
    std::vector<std::string> elements;
    for (const Listed& tape : tapes) elements.push_back(json_of(tape));
    io.out << json_array(elements, ",\n ") << '\n';
  } else if (!tapes.empty()) {
    print_table(tapes, io);
  } else if (status == kDone) {
    io.err << "no tapes in " << directory << '\n';
  }
  return status;
}

}  // namespace

int ls_command(const Args& args, Io& io) {
  return run_command(spec(), args, io, ls);
}

}  // namespace tapedeck::cli
