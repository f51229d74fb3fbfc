#include "recorder/status.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "recorder/status_block.h"

namespace tapedeck {
namespace {

StatusReport report() {
  StatusReport report;
  report.tape = "tapes/live.tape";
  report.elapsed_ns = 90 * kNsPerSec + 50 * kNsPerMs;
  FeedStatus good;
  good.feed = "nexusglass";
  good.state = Link::State::ready;
  good.links = good.links_ready = 3;
  good.frames_in = 1'234'567'890;
  good.rows = 1'234'567'891;
  good.last_frame_ns = 1'795'655'490'123'456'789;
  good.recovered = 12;
  good.gaps = 2;
  good.open_gaps = 1;
  FeedStatus bad;
  bad.feed = "alterscope";
  bad.state = Link::State::given_up;
  bad.links = 1;
  bad.why = "HTTP 401: check feeds.alterscope.api_key";
  report.feeds = {good, bad};
  report.ingest.frames = 1'234'567'900;
  report.ingest.rows = 1'234'567'891;
  report.ingest.last_commit_delay_ns = 41'500'000;
  return report;
}

// The lines of a metrics text that give the values of one metric.
std::vector<std::string> values_of(const std::string& text, const std::string& metric) {
  std::vector<std::string> values;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    if (line.starts_with(metric)) values.push_back(line.substr(metric.size()));
    at = end + 1;
  }
  return values;
}

TEST(Status, LineHasEachFeedsStateRateRowsAndGaps) {
  StatusReport before = report();
  before.elapsed_ns -= 2 * kNsPerSec;
  before.feeds[0].frames_in -= 100;
  EXPECT_EQ(
      status_text(report(), before),
      "nexusglass ready 50/s 1234567891 rows 2 gaps | alterscope given up (0 of 1) 0/s 0 rows 0 "
      "gaps | 1234567900 frames, 1234567891 rows, lag 41 ms");
}

TEST(Status, LinesForATerminalHaveAFeedEachAndWhatStandsInItsWay) {
  StatusReport before = report();
  before.elapsed_ns -= 2 * kNsPerSec;
  before.feeds[0].frames_in -= 100;
  EXPECT_EQ(status_lines(report(), before),
            (std::vector<std::string>{
                "nexusglass  ready                 50/s  1234567891 rows     2 gaps (1 open)",
                "alterscope  given up (0 of 1)      0/s           0 rows     0 gaps  HTTP 401: "
                "check feeds.alterscope.api_key",
                "1234567900 frames, 1234567891 rows, lag 41 ms"}));
}

TEST(StatusBlock, DrawsOverWhatItDrewAndLetsOtherTextGoOnThere) {
  StatusBlock block;
  EXPECT_EQ(block.clear(), "");
  EXPECT_EQ(block.draw({"one", "two"}, 80), "one\ntwo\n");
  EXPECT_EQ(block.draw({"three"}, 80), "\r\x1b[2A\x1b[Jthree\n");
  EXPECT_EQ(block.clear(), "\r\x1b[1A\x1b[J");
  EXPECT_EQ(block.draw({"four"}, 80), "four\n");
}

TEST(StatusBlock, CutsLinesThatWouldWrapOnACharactersEdge) {
  StatusBlock block;
  EXPECT_EQ(block.draw({"abcdef", "abcä", "ab"}, 4), "abcd\nabc\nab\n");
}

TEST(Status, SummaryNamesTheTapeWhatIsOnItAndWhatStopped) {
  EXPECT_EQ(summary_text(report()),
            "tapes/live.tape\n"
            "90.0 s, 1234567900 frames, 1234567891 rows\n"
            "  nexusglass   1234567890 messages in, 1234567891 rows, 2 gaps (1 open), 12 rows "
            "recovered\n"
            "  alterscope          0 messages in, 0 rows, 0 gaps, stopped: HTTP 401: check "
            "feeds.alterscope.api_key\n");
}

TEST(Status, MetricsHaveEveryDigit) {
  const std::string text = metrics_text(report());
  using Lines = std::vector<std::string>;
  EXPECT_EQ(values_of(text, "tapedeck_frames_received_total{"),
            (Lines{R"(feed="nexusglass"} 1234567890)", R"(feed="alterscope"} 0)"}));
  EXPECT_EQ(values_of(text, "tapedeck_last_frame_seconds{feed=\"nexusglass\"} "),
            Lines{"1795655490.12346"});
  EXPECT_EQ(values_of(text, "tapedeck_frames_committed_total "), Lines{"1234567900"});
  EXPECT_EQ(values_of(text, "tapedeck_commit_delay_seconds "), Lines{"0.0415"});
}

TEST(Status, MetricsExplainEachMetricOnceBeforeItsValues) {
  const std::string text = metrics_text(report());
  std::string explained;
  for (const std::string& line : values_of(text, "")) {
    if (line.starts_with("# TYPE ")) explained = line.substr(7, line.find(' ', 7) - 7);
    if (line.starts_with('#')) continue;
    EXPECT_EQ(line.substr(0, line.find_first_of("{ ")), explained);
  }
}

TEST(Status, HealthIsDegradedUnlessEveryFeedIsReady) {
  StatusReport now = report();
  EXPECT_EQ(health_text(now),
            R"({"status":"degraded","feeds":{"nexusglass":"ready","alterscope":"given up"}})");
  now.feeds.pop_back();
  EXPECT_EQ(health_text(now), R"({"status":"ok","feeds":{"nexusglass":"ready"}})");
}

}  // namespace
}  // namespace tapedeck
