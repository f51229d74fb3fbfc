#include "tools/cli/stream_table.h"

#include <cstdio>

#include "tools/cli/format.h"
#include "tools/cli/json_writer.h"

namespace tapedeck::cli {
namespace {

// `100%` only for all of it.
std::string share_of(Ns part, Ns whole) {
  if (whole == 0) return "-";
  if (part == whole) return "100%";
  char text[16];
  const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  std::snprintf(text, sizeof text, "%.2f%%", percent > 99.99 ? 99.99 : percent);
  return text;
}

}  // namespace

Result<std::vector<StreamTime>> stream_times_of(TapeReader& tape) {
  const auto session = tape.session();
  if (!session) return session.error();
  const auto last = tape.last_frame_ns();
  if (!last) return last.error();
  const auto streams = tape.streams();
  if (!streams) return streams.error();
  const auto gaps = tape.gaps();
  if (!gaps) return gaps.error();
  const Ns end_ns = session->ended_ns.value_or(last->value_or(session->started_ns));
  return stream_times(session->started_ns, end_ns, *streams, *gaps);
}

void print_stream_times(const std::vector<StreamTime>& times, bool with_feed,
                        std::string_view indent, Io& io) {
  using Align = TextTable::Align;
  std::vector<TextTable::Column> columns;
  if (with_feed) columns.push_back({"FEED"});
  columns.insert(columns.end(), {{"STREAM"},
                                 {"LIVE", Align::right},
                                 {"FILLED", Align::right},
                                 {"PARTIAL", Align::right},
                                 {"MISSING", Align::right},
                                 {"WHOLE", Align::right}});
  TextTable table(columns);
  for (const StreamTime& time : times) {
    const Ns whole = time.live_ns + time.filled_ns;
    std::vector<std::string> cells;
    if (with_feed) cells.push_back(time.feed);
    cells.insert(cells.end(),
                 {time.stream, human_duration(time.live_ns), human_duration(time.filled_ns),
                  human_duration(time.partial_ns), human_duration(time.missing_ns),
                  share_of(whole, whole + time.partial_ns + time.missing_ns)});
    table.add(cells);
  }
  if (!table.empty()) table.print(io.out, indent);
}

std::string json_of(const StreamTime& time) {
  return JsonObject()
      .add("stream", time.stream)
      .add("live_ns", time.live_ns)
      .add("filled_ns", time.filled_ns)
      .add("partial_ns", time.partial_ns)
      .add("missing_ns", time.missing_ns)
      .add("before_ns", time.before_ns)
      .text();
}

}  // namespace tapedeck::cli
