// How a recording is doing, in words and as metrics. Pure.
#pragma once

#include <string>
#include <vector>

#include "recorder/ingest.h"
#include "recorder/supervisor.h"

namespace tapedeck {

struct StatusReport {
  std::vector<FeedStatus> feeds;
  IngestStats ingest;
  Ns elapsed_ns = 0;
  std::string tape;
};

// One line: per feed its state, messages/s since `before`, rows and gaps; then what is committed
// and the commit's lag.
std::string status_text(const StatusReport& now, const StatusReport& before);
// The same for a terminal: a line a feed, with what stands in its way, and one for the tape.
std::vector<std::string> status_lines(const StatusReport& now, const StatusReport& before);
// Some lines for the end.
std::string summary_text(const StatusReport& report);
// Prometheus text exposition format 0.0.4.
std::string metrics_text(const StatusReport& report);
// `{"status":"ok"|"degraded",…}`; ok when every feed is ready.
std::string health_text(const StatusReport& report);

}  // namespace tapedeck
