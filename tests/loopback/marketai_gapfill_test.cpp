// record ← sim: what Market.ai's service made while it was away comes over REST.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "schema/feeds/marketai/feed.h"
#include "storage/tape_reader.h"
#include "tests/loopback/harness.h"
#include "tests/support/fakes.h"
#include "tests/support/held_port.h"
#include "tests/support/temp_dir.h"

namespace tapedeck {
namespace {

using namespace testing;
using Lines = std::vector<std::string>;

constexpr std::size_t kStreams = 5;

std::string config(const std::string& host) {
  return R"({"backfill": {"interval_ms": 1, "retry_initial_ms": 50, "retry_max_ms": 200},
             "feeds": {"marketai": {"api_key": "loopback-api-key", "ws_url": "ws://)" +
         host + R"(/marketai", "rest_url": "http://)" + host + R"(/marketai",
             "reconnect": {"initial_ms": 20, "max_ms": 50, "jitter_ms": 10},
             "channels": ["signals", "liquidations", "klines", "funding",
                          {"type": "quotes", "symbols": ["BTC/USDT", "ETH/USDT"]}]}}})";
}

std::map<std::string, Gap> gaps_of(const std::string& directory) {
  std::map<std::string, Gap> found;
  const auto tapes = list_tapes(directory);
  if (!tapes || tapes->empty()) return found;
  auto reader = open_tape(tapes->back());
  if (!reader) return found;
  auto gaps = (*reader)->gaps();
  if (!gaps) return found;
  for (Gap& gap : *gaps) found.insert_or_assign(gap.stream, std::move(gap));
  return found;
}

// Waits until the recorder has made up its mind about a gap of each stream.
std::map<std::string, Gap> wait_for_endings(const std::string& directory) {
  for (;;) {
    auto gaps = gaps_of(directory);
    const bool is_over =
        gaps.size() == kStreams && std::none_of(gaps.begin(), gaps.end(), [](const auto& entry) {
          return entry.second.status == GapStatus::open;
        });
    if (is_over) return gaps;
    std::this_thread::yield();
  }
}

// An event's row as one line, without the way by which it came; "" for what is no event.
std::string event_line(const Row& row) {
  Row plain = row;
  plain.origin = Origin::live;
  RowLog log;
  log.add_row(plain);
  const TableId table = row.table->id;
  if (table == TableId::alert || table == TableId::liquidation) return log.rows.front();
  const bool is_closed = log.rows.front().find(" is_closed=1") != std::string::npos;
  return table == TableId::candle && is_closed ? log.rows.front() : "";
}

class EventLines final : public RowSink {
 public:
  void add_row(const Row& row) override {
    if (std::string line = event_line(row); !line.empty()) lines.insert(std::move(line));
  }
  void set_cursor(std::string_view, std::string_view) override {}
  std::multiset<std::string> lines;
};

// The events on the tape.
std::multiset<std::string> recorded(const std::string& tape) {
  EventLines events;
  auto reader = open_tape(tape);
  for (const TableId id : {TableId::alert, TableId::liquidation, TableId::candle}) {
    auto rows = (*reader)->rows(id);
    for (TapeRow row; (*rows)->next(row).value();) {
      events.add_row({&table_of(id), row.origin, row.event_ns, row.values});
    }
  }
  return events.lines;
}

// The events that the service made from the first to the last message that the tape has.
std::multiset<std::string> made(const SimOptions& options, const Lines& frames) {
  const auto simulator = marketai_feed().make_simulator(options.seed);
  const auto normalizer = marketai_feed().make_normalizer(1);
  const Simulator::Timeline timeline{0, *options.epoch_ns, options.rate};
  EventLines events;
  bool has_begun = false;
  for (std::int64_t k = 0;; ++k) {
    const std::string payload = simulator->message(k, timeline.time_of(k)).payload;
    has_begun = has_begun || "1 " + payload == frames.front();
    if (!has_begun) continue;
    const Inbound inbound("/", payload);
    normalizer->normalize(inbound.frame(), events);
    if ("1 " + payload == frames.back()) return events.lines;
  }
}

TEST(MarketGapFill, EndsWithExactlyTheEventsThatTheServiceMade) {
  const TempDir directory;
  SimOptions options;
  options.rate = 1'000;
  options.epoch_ns = SystemClock().now().wall - 3 * kNsPerSec;
  const HeldPort port;
  options.server.port = port.number();
  auto services = std::make_unique<SimulatedServices>(options);
  Recording recording(config(services->host()), directory.path());
  recording.wait_until_ready();
  services->wait_until_sent(1, 200);
  services->stop();
  SimulatedServices again(options);
  const auto gaps = wait_for_endings(directory.path());
  // What REST told at last is behind what the socket brings now.
  again.wait_until_sent(1, again.conversations().front().sent.size() + 200);
  const std::string tape = recording.stop();
  again.stop();

  std::int64_t recovered = 0;
  for (const char* stream : {"signals", "liquidations", "klines"}) {
    const Gap& gap = gaps.at(stream);
    EXPECT_EQ(gap.status, GapStatus::filled) << stream << ": " << gap.detail;
    EXPECT_EQ(gap.method, GapMethod::after) << stream;
    EXPECT_EQ(gap.cause, GapCause::disconnect) << stream;
    recovered += gap.recovered;
  }
  EXPECT_GT(recovered, 0);
  for (const char* stream : {"quotes", "funding"}) {
    EXPECT_EQ(gaps.at(stream).status, GapStatus::partial)
        << stream << ": " << gaps.at(stream).detail;
    EXPECT_EQ(gaps.at(stream).method, GapMethod::snapshot) << stream;
  }
  const auto frames = data_frames_of(tape).at("marketai//");
  EXPECT_EQ(recorded(tape), made(options, frames));
  auto reader = open_tape(tape);
  EXPECT_TRUE((*reader)->unparsed_counts()->empty());
  const std::vector<RequestInfo> requests = std::move(*(*reader)->requests());
  for (const RequestInfo& request : requests) {
    EXPECT_EQ(request.status, 200) << request.url;
  }
}

}  // namespace
}  // namespace tapedeck
