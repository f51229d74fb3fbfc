#include <filesystem>

#include "schema/base/json.h"
#include "tools/cli/cli.h"
#include "tools/cli/format.h"
#include "tools/cli/json_writer.h"
#include "tools/cli/stream_table.h"
#include "tools/cli/tape_summary.h"

namespace tapedeck::cli {
namespace {

using Align = TextTable::Align;

const CommandSpec& spec() {
  static const CommandSpec kSpec = {
      "info",
      "TAPE",
      "Says all about one tape: connections, messages, rows, errors, drift, gaps.",
      {{"json", "", "one JSON object instead of text", ""}},
      1,
      1};
  return kSpec;
}

std::string number(std::int64_t value) {
  return std::to_string(value);
}

std::string counts_json(const std::vector<Count>& counts) {
  JsonObject object;
  for (const Count& count : counts) object.add(count.what, count.count);
  return object.text();
}

std::string connections_json(const FeedSummary& feed) {
  std::vector<std::string> endpoints;
  for (const auto& [name, use] : feed.endpoints) {
    std::vector<std::string> endings;
    for (const auto& [ending, count] : feed.endings) {
      if (ending.endpoint != name) continue;
      const std::string closed_by =
          ending.by == ClosedBy::none ? "null" : json_string(to_string(ending.by));
      endings.push_back(JsonObject()
                            .add("outcome", ending.outcome)
                            .raw("closed_by", closed_by)
                            .add("close_code", ending.code)
                            .add("close_reason", ending.reason)
                            .add("error", ending.error)
                            .add("count", count)
                            .text());
    }
    endpoints.push_back(JsonObject()
                            .add("endpoint", name)
                            .add("attempts", use.attempts)
                            .add("opened", use.opened)
                            .add("ready", use.ready)
                            .add("connected_ns", use.connected_ns)
                            .raw("endings", json_array(endings))
                            .text());
  }
  return json_array(endpoints);
}

std::string messages_json(const FeedSummary& feed) {
  std::vector<std::string> elements;
  for (const auto& [kind, counted] : feed.messages) {
    elements.push_back(JsonObject()
                           .add("endpoint", kind.endpoint)
                           .add("stream", kind.stream)
                           .add("type", kind.type)
                           .add("role", to_string(kind.role))
                           .add("count", counted.count)
                           .add("bytes", counted.bytes)
                           .add("last_ns", counted.last_ns)
                           .text());
  }
  return json_array(elements);
}

std::string drift_json(const FeedSummary& feed) {
  std::vector<std::string> elements;
  for (const DriftRecord& drift : feed.drift) {
    elements.push_back(JsonObject()
                           .add("type", drift.type)
                           .add("path", drift.path)
                           .add("what", drift.what)
                           .add("frame_id", drift.frame_id)
                           .add("recv_ns", drift.recv_ns)
                           .text());
  }
  return json_array(elements);
}

std::string feed_json(const std::string& name, const FeedSummary& feed) {
  std::vector<std::string> errors;
  for (const auto& [key, count] : feed.feed_errors) {
    const auto& [code, message] = key;
    errors.push_back(
        JsonObject().add("code", code).add("message", message).add("count", count).text());
  }
  JsonObject gaps;
  for (const auto& [status, total] : feed.gaps) {
    gaps.raw(to_string(status), JsonObject()
                                    .add("count", total.count)
                                    .add("recovered", total.recovered)
                                    .add("length_ns", total.length_ns)
                                    .text());
  }
  std::vector<std::string> requests;
  for (const auto& [kind, count] : feed.requests) {
    requests.push_back(JsonObject()
                           .add("purpose", kind.purpose)
                           .add("result", kind.result)
                           .add("count", count)
                           .text());
  }
  std::vector<std::string> cursors;
  for (const CursorRecord& cursor : feed.cursors) {
    cursors.push_back(JsonObject()
                          .add("stream", cursor.stream)
                          .add("value", cursor.value)
                          .add("recv_ns", cursor.recv_ns)
                          .text());
  }
  std::vector<std::string> times;
  for (const StreamTime& time : feed.stream_times) times.push_back(json_of(time));
  return JsonObject()
      .add("feed", name)
      .raw("connections", connections_json(feed))
      .raw("frames", counts_json(feed.frames))
      .raw("messages", messages_json(feed))
      .raw("rows", counts_json(feed.rows))
      .raw("feed_errors", json_array(errors))
      .raw("unparsed", counts_json(feed.unparsed))
      .raw("drift", drift_json(feed))
      .raw("gaps", gaps.text())
      .raw("requests", json_array(requests))
      .raw("cursors", json_array(cursors))
      .raw("coverage", json_array(times))
      .text();
}

std::string summary_json(const TapeSummary& tape) {
  // The configuration was written as JSON; a tape of other origin may hold anything.
  JsonDoc config;
  const bool is_json = config.parse(tape.session.config);
  std::vector<std::string> feeds;
  for (const auto& [name, feed] : tape.feeds) feeds.push_back(feed_json(name, feed));
  return JsonObject()
      .add("file", std::filesystem::path(tape.path).filename().string())
      .add("path", tape.path)
      .add("bytes", tape.bytes)
      .add("recording", tape.recording)
      .raw("session",
           JsonObject()
               .add("name", tape.session.name)
               .add("started_ns", tape.session.started_ns)
               .add("ended_ns", tape.session.ended_ns)
               .add("outcome", tape.session.outcome)
               .add("recorder_version", tape.session.recorder_version)
               .add("host", tape.session.host)
               .raw("config", is_json ? tape.session.config : json_string(tape.session.config))
               .text())
      .add("duration_ns", tape.end_ns - tape.session.started_ns)
      .add("frames", tape.frames)
      .add("rows", tape.rows)
      .raw("feeds", json_array(feeds))
      .text();
}

void print_section(const char* title, const TextTable& table, Io& io) {
  if (table.empty()) return;
  io.out << "  " << title << '\n';
  table.print(io.out, "    ");
}

void print_connections(const FeedSummary& feed, Io& io) {
  TextTable uses({{"ENDPOINT"},
                  {"ATTEMPTS", Align::right},
                  {"OPENED", Align::right},
                  {"READY", Align::right},
                  {"CONNECTED", Align::right}});
  for (const auto& [name, use] : feed.endpoints) {
    uses.add({name, number(use.attempts), number(use.opened), number(use.ready),
              human_duration(use.connected_ns)});
  }
  print_section("connections", uses, io);
  TextTable endings(
      {{"ENDPOINT"}, {"ENDING"}, {"BY"}, {"CODE"}, {"COUNT", Align::right}, {"REASON"}});
  for (const auto& [ending, count] : feed.endings) {
    const bool both = !ending.reason.empty() && !ending.error.empty();
    endings.add({ending.endpoint, ending.outcome, std::string(to_string(ending.by)),
                 ending.code ? std::to_string(*ending.code) : "", number(count),
                 ending.reason + (both ? "; " : "") + ending.error});
  }
  print_section("endings", endings, io);
}

void print_counts(const char* title, const char* what, const std::vector<Count>& counts, Io& io) {
  TextTable table({{what}, {"COUNT", Align::right}});
  for (const Count& count : counts) table.add({count.what, number(count.count)});
  print_section(title, table, io);
}

void print_messages(const FeedSummary& feed, Io& io) {
  TextTable table({{"ENDPOINT"},
                   {"STREAM"},
                   {"TYPE"},
                   {"ROLE"},
                   {"COUNT", Align::right},
                   {"BYTES", Align::right},
                   {"LAST SEEN"}});
  for (const auto& [kind, counted] : feed.messages) {
    table.add({kind.endpoint, kind.stream, kind.type, std::string(to_string(kind.role)),
               number(counted.count), number(counted.bytes), fixed_time(counted.last_ns)});
  }
  print_section("messages received", table, io);
}

void print_ledgers(const FeedSummary& feed, Io& io) {
  TextTable errors({{"CODE"}, {"COUNT", Align::right}, {"MESSAGE"}});
  for (const auto& [key, count] : feed.feed_errors) {
    errors.add({std::get<0>(key), number(count), std::get<1>(key)});
  }
  print_section("errors of the feed", errors, io);
  print_counts("unparsed", "REASON", feed.unparsed, io);
  TextTable drifts({{"TYPE"}, {"PATH"}, {"WHAT"}, {"FRAME", Align::right}, {"FIRST SEEN"}});
  for (const DriftRecord& drift : feed.drift) {
    drifts.add(
        {drift.type, drift.path, drift.what, number(drift.frame_id), fixed_time(drift.recv_ns)});
  }
  print_section("drift", drifts, io);
  TextTable gaps(
      {{"STATUS"}, {"COUNT", Align::right}, {"LENGTH", Align::right}, {"RECOVERED", Align::right}});
  for (const auto& [status, total] : feed.gaps) {
    gaps.add({std::string(to_string(status)), number(total.count), human_duration(total.length_ns),
              number(total.recovered)});
  }
  print_section("gaps", gaps, io);
  if (!feed.stream_times.empty()) {
    io.out << "  of the session's time\n";
    print_stream_times(feed.stream_times, false, "    ", io);
  }
  TextTable requests({{"PURPOSE"}, {"RESULT"}, {"COUNT", Align::right}});
  for (const auto& [kind, count] : feed.requests)
    requests.add({kind.purpose, kind.result, number(count)});
  print_section("requests", requests, io);
  TextTable cursors({{"STREAM"}, {"VALUE"}, {"FROM"}});
  for (const CursorRecord& cursor : feed.cursors) {
    cursors.add({cursor.stream, cursor.value, fixed_time(cursor.recv_ns)});
  }
  print_section("cursors", cursors, io);
}

void print_summary(const TapeSummary& tape, Io& io) {
  const SessionInfo& session = tape.session;
  auto line = [&](const char* what, const std::string& value) {
    io.out << what << printable(value) << '\n';
  };
  line("tape      ", tape.path);
  line("session   ", session.name);
  line("started   ", format_rfc3339(session.started_ns));
  line("ended     ", session.ended_ns ? format_rfc3339(*session.ended_ns) : "-");
  line("duration  ", human_duration(tape.end_ns - session.started_ns));
  line("outcome   ", tape.recording ? "recording" : session.outcome);
  line("recorder  ", session.recorder_version + " on " + session.host);
  line("frames    ", number(tape.frames));
  line("rows      ", number(tape.rows));
  line("size      ", human_bytes(tape.bytes));
  for (const auto& [name, feed] : tape.feeds) {
    io.out << '\n' << printable(name) << '\n';
    print_connections(feed, io);
    print_counts("frames", "FRAME", feed.frames, io);
    print_messages(feed, io);
    print_counts("rows", "TABLE", feed.rows, io);
    print_ledgers(feed, io);
  }
}

int info(const Options& given, Io& io) {
  const Result<std::unique_ptr<TapeReader>> tape = open_tape(given.arguments().front());
  if (!tape) return failed(io, tape.error().message);
  const Result<TapeSummary> summary = summarize(**tape);
  if (!summary) return failed(io, summary.error().message);
  if (given.has("json")) {
    io.out << summary_json(*summary) << '\n';
  } else {
    print_summary(*summary, io);
  }
  return kDone;
}

}  // namespace

int info_command(const Args& args, Io& io) {
  return run_command(spec(), args, io, info);
}

}  // namespace tapedeck::cli
