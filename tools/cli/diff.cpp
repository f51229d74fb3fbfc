#include "storage/diff.h"

#include "tools/cli/cli.h"
#include "tools/cli/format.h"
#include "tools/cli/json_writer.h"

namespace tapedeck::cli {
namespace {

using Align = TextTable::Align;

constexpr std::size_t kSpansMax = 20;  // a side and endpoint

const CommandSpec& spec() {
  static const CommandSpec kSpec = {
      "diff",
      "A B",
      "Says what one session has and the other lacks. Exits 0 when they are equal, 1 when not.",
      {{"json", "", "one JSON object instead of tables", ""}},
      2,
      2};
  return kSpec;
}

JsonObject& add_counts(JsonObject& object, const SideCounts& counts) {
  return object.add("a", counts.a)
      .add("b", counts.b)
      .add("only_a", counts.only_a)
      .add("only_b", counts.only_b);
}

std::string spans_json(const std::vector<MissingSpan>& spans) {
  std::vector<std::string> elements;
  for (const MissingSpan& span : spans) {
    elements.push_back(JsonObject()
                           .add("from_ns", span.from_ns)
                           .add("to_ns", span.to_ns)
                           .add("count", span.count)
                           .text());
  }
  return json_array(elements);
}

std::string diff_json(const std::vector<std::string>& paths, const TapeDiff& diff) {
  std::vector<std::string> frames;
  for (const FrameDiff& frame : diff.frames) {
    JsonObject object;
    object.add("feed", frame.feed).add("endpoint", frame.endpoint);
    frames.push_back(add_counts(object, frame.counts)
                         .raw("spans_a", spans_json(frame.spans_a))
                         .raw("spans_b", spans_json(frame.spans_b))
                         .text());
  }
  std::vector<std::string> rows;
  for (const RowDiff& row : diff.rows) {
    JsonObject object;
    object.add("table", row.table).add("feed", row.feed);
    rows.push_back(add_counts(object, row.counts).text());
  }
  std::vector<std::string> gaps;
  for (const GapDiff& gap : diff.gaps) {
    JsonObject object;
    object.add("feed", gap.feed)
        .add("stream", gap.stream)
        .add("cause", to_string(gap.cause))
        .add("status", to_string(gap.status));
    gaps.push_back(add_counts(object, gap.counts).text());
  }
  return JsonObject()
      .add("equal", diff.equal())
      .add("a", paths[0])
      .add("b", paths[1])
      .raw("frames", json_array(frames))
      .raw("rows", json_array(rows))
      .raw("gaps", json_array(gaps))
      .text();
}

void add_line(TextTable& table, std::vector<std::string> names, const SideCounts& counts) {
  for (const std::int64_t count : {counts.a, counts.b, counts.only_a, counts.only_b}) {
    names.push_back(std::to_string(count));
  }
  table.add(names);
}

TextTable table_of(std::vector<TextTable::Column> names) {
  for (const char* title : {"A", "B", "ONLY A", "ONLY B"}) names.push_back({title, Align::right});
  return TextTable(std::move(names));
}

void print_table(const char* title, const TextTable& table, Io& io) {
  if (table.empty()) return;
  io.out << title << '\n';
  table.print(io.out, "  ");
}

void print_spans(const FrameDiff& frame, Io& io) {
  const std::string endpoint = frame.feed + "/" + frame.endpoint;
  const auto print = [&](const char* side, const std::vector<MissingSpan>& spans,
                         std::int64_t all) {
    std::int64_t shown = 0;
    for (const MissingSpan& span : spans) {
      io.out << "  only in " << side << ": " << printable(endpoint) << ' '
             << fixed_time(span.from_ns) << " to " << fixed_time(span.to_ns) << ": "
             << counted(span.count, "frame") << '\n';
      shown += span.count;
    }
    if (shown < all)
      io.out << "  only in " << side << ": " << counted(all - shown, "more frame") << '\n';
  };
  print("A", frame.spans_a, frame.counts.only_a);
  print("B", frame.spans_b, frame.counts.only_b);
}

// What differs, and for frames where; the rest is only counted.
void print_diff(const TapeDiff& diff, Io& io) {
  TextTable frames = table_of({{"FEED"}, {"ENDPOINT"}});
  TextTable rows = table_of({{"TABLE"}, {"FEED"}});
  TextTable gaps = table_of({{"FEED"}, {"STREAM"}, {"CAUSE"}, {"STATUS"}});
  std::int64_t frame_count = 0;
  std::int64_t row_count = 0;
  for (const FrameDiff& frame : diff.frames) {
    frame_count += frame.counts.a;
    if (!frame.counts.equal()) add_line(frames, {frame.feed, frame.endpoint}, frame.counts);
  }
  for (const RowDiff& row : diff.rows) {
    row_count += row.counts.a;
    if (!row.counts.equal()) add_line(rows, {row.table, row.feed}, row.counts);
  }
  for (const GapDiff& gap : diff.gaps) {
    if (gap.counts.equal()) continue;
    add_line(gaps,
             {gap.feed, gap.stream, std::string(to_string(gap.cause)),
              std::string(to_string(gap.status))},
             gap.counts);
  }
  if (diff.equal()) {
    io.out << "equal: " << frame_count << " data frames, " << row_count << " rows\n";
    return;
  }
  print_table("data frames", frames, io);
  for (const FrameDiff& frame : diff.frames) print_spans(frame, io);
  print_table("rows", rows, io);
  print_table("gaps", gaps, io);
}

int diff(const Options& given, Io& io) {
  const Result<std::unique_ptr<TapeReader>> a = open_tape(given.arguments()[0]);
  if (!a) return failed(io, a.error().message);
  const Result<std::unique_ptr<TapeReader>> b = open_tape(given.arguments()[1]);
  if (!b) return failed(io, b.error().message);
  const Result<TapeDiff> diff = diff_tapes(**a, **b, kSpansMax);
  if (!diff) return failed(io, diff.error().message);
  if (given.has("json")) {
    io.out << diff_json(given.arguments(), *diff) << '\n';
  } else {
    print_diff(*diff, io);
  }
  return diff->equal() ? kDone : kFailed;
}

}  // namespace

int diff_command(const Args& args, Io& io) {
  return run_command(spec(), args, io, diff);
}

}  // namespace tapedeck::cli
