#include "recorder/status.h"

#include <algorithm>
#include <cstdio>

#include "schema/base/text.h"

namespace tapedeck {
namespace {

template <class... Args>
std::string format(const char* pattern, Args... args) {
  char text[512];
  std::snprintf(text, sizeof text, pattern, args...);
  return text;
}

std::int64_t frames_before(const StatusReport& before, const std::string& feed) {
  const auto found = std::find_if(before.feeds.begin(), before.feeds.end(),
                                  [&](const FeedStatus& status) { return status.feed == feed; });
  return found == before.feeds.end() ? 0 : found->frames_in;
}

void metric_head(std::string& out, const char* name, const char* type, const char* help) {
  out += format("# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

double rate_of(const FeedStatus& feed, const StatusReport& now, const StatusReport& before) {
  const double seconds = static_cast<double>(now.elapsed_ns - before.elapsed_ns) / kNsPerSec;
  if (seconds <= 0) return 0;
  return static_cast<double>(feed.frames_in - frames_before(before, feed.feed)) / seconds;
}

std::string state_of(const FeedStatus& feed) {
  std::string text(to_string(feed.state));
  if (feed.state == Link::State::ready) return text;
  return text + format(" (%zu of %zu)", feed.links_ready, feed.links);
}

std::string committed_text(const IngestStats& ingest) {
  return format("%lld frames, %lld rows, lag %lld ms", static_cast<long long>(ingest.frames),
                static_cast<long long>(ingest.rows),
                static_cast<long long>(ingest.last_commit_delay_ns / kNsPerMs));
}

}  // namespace

std::string status_text(const StatusReport& now, const StatusReport& before) {
  std::string text;
  for (const FeedStatus& feed : now.feeds) {
    text += format("%s %s %.0f/s %lld rows %zu gaps | ", feed.feed.c_str(), state_of(feed).c_str(),
                   rate_of(feed, now, before), static_cast<long long>(feed.rows), feed.gaps);
  }
  return text + committed_text(now.ingest);
}

std::vector<std::string> status_lines(const StatusReport& now, const StatusReport& before) {
  std::vector<std::string> lines;
  for (const FeedStatus& feed : now.feeds) {
    lines.push_back(format("%-11s %-17s %6.0f/s %11lld rows %5zu gaps", feed.feed.c_str(),
                           state_of(feed).c_str(), rate_of(feed, now, before),
                           static_cast<long long>(feed.rows), feed.gaps));
    if (feed.open_gaps != 0) lines.back() += format(" (%zu open)", feed.open_gaps);
    if (!feed.why.empty()) lines.back() += "  " + feed.why;
  }
  lines.push_back(committed_text(now.ingest));
  return lines;
}

std::string summary_text(const StatusReport& report) {
  std::string text = report.tape + "\n";
  text += format(
      "%.1f s, %lld frames, %lld rows\n", static_cast<double>(report.elapsed_ns) / kNsPerSec,
      static_cast<long long>(report.ingest.frames), static_cast<long long>(report.ingest.rows));
  for (const FeedStatus& feed : report.feeds) {
    text += format("  %-12s %8lld messages in, %lld rows, %zu gaps", feed.feed.c_str(),
                   static_cast<long long>(feed.frames_in), static_cast<long long>(feed.rows),
                   feed.gaps);
    if (feed.open_gaps != 0) text += format(" (%zu open)", feed.open_gaps);
    if (feed.recovered != 0) {
      text += format(", %lld rows recovered", static_cast<long long>(feed.recovered));
    }
    if (feed.state == Link::State::given_up) text += ", stopped: " + feed.why;
    text += "\n";
  }
  return text;
}

std::string metrics_text(const StatusReport& report) {
  std::string out;
  const auto per_feed = [&](const char* name, const char* type, const char* help, auto value) {
    metric_head(out, name, type, help);
    for (const FeedStatus& feed : report.feeds) {
      out += format("%s{feed=\"%s\"} %.15g\n", name, feed.feed.c_str(),
                    static_cast<double>(value(feed)));
    }
  };
  per_feed("tapedeck_feed_ready", "gauge", "1 when every connection of the feed is ready",
           [](const FeedStatus& f) { return f.state == Link::State::ready ? 1 : 0; });
  per_feed("tapedeck_frames_received_total", "counter", "frames received, control frames included",
           [](const FeedStatus& f) { return f.frames_in; });
  per_feed("tapedeck_rows_total", "counter", "rows of frames and REST answers",
           [](const FeedStatus& f) { return f.rows; });
  per_feed("tapedeck_gaps_total", "counter", "gaps opened",
           [](const FeedStatus& f) { return f.gaps; });
  per_feed("tapedeck_gaps_open", "gauge", "gaps without an end, or not filled yet",
           [](const FeedStatus& f) { return f.open_gaps; });
  per_feed("tapedeck_rows_recovered_total", "counter", "rows that gap-fill added",
           [](const FeedStatus& f) { return f.recovered; });
  per_feed("tapedeck_last_frame_seconds", "gauge", "Unix time of the last frame received",
           [](const FeedStatus& f) { return static_cast<double>(f.last_frame_ns) / kNsPerSec; });
  const auto total = [&](const char* name, const char* type, const char* help, double value) {
    metric_head(out, name, type, help);
    out += format("%s %.15g\n", name, value);
  };
  const IngestStats& ingest = report.ingest;
  total("tapedeck_frames_committed_total", "counter", "frames on the tape",
        static_cast<double>(ingest.frames));
  total("tapedeck_rows_committed_total", "counter", "rows on the tape",
        static_cast<double>(ingest.rows));
  total("tapedeck_payload_bytes_total", "counter", "payload bytes on the tape",
        static_cast<double>(ingest.bytes));
  total("tapedeck_commits_total", "counter", "transactions", static_cast<double>(ingest.commits));
  total("tapedeck_queue_bytes", "gauge", "bytes waiting for the tape",
        static_cast<double>(ingest.queued_bytes));
  total("tapedeck_commit_delay_seconds", "gauge", "from first receipt to commit, last transaction",
        static_cast<double>(ingest.last_commit_delay_ns) / kNsPerSec);
  return out;
}

std::string health_text(const StatusReport& report) {
  const bool ok = std::all_of(report.feeds.begin(), report.feeds.end(), [](const FeedStatus& feed) {
    return feed.state == Link::State::ready;
  });
  std::string text = std::string("{\"status\":\"") + (ok ? "ok" : "degraded") + "\",\"feeds\":{";
  bool first = true;
  for (const FeedStatus& feed : report.feeds) {
    if (!first) text += ",";
    first = false;
    text += json_string(feed.feed) + ":" + json_string(to_string(feed.state));
  }
  return text + "}}";
}

}  // namespace tapedeck
