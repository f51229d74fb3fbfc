// record ← sim, cut off in between: the tape has what the simulated service made in that time,
// once.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "schema/feeds/hypercall/feed.h"
#include "storage/tape_reader.h"
#include "tests/loopback/harness.h"
#include "tests/support/fakes.h"
#include "tests/support/held_port.h"
#include "tests/support/temp_dir.h"

namespace tapedeck {
namespace {

using namespace testing;
using Lines = std::vector<std::string>;

std::string config(const std::string& host) {
  return R"({"backfill": {"interval_ms": 1, "retry_initial_ms": 20}, "feeds": {"hypercall": {
    "wallet": "0xabc", "channels": ["trades", "fills", "order_updates", "orderbook", "portfolio", "index_prices"],
    "ws_url": "ws://)" +
         host + R"(/hypercall", "rest_url": "http://)" + host + R"(/hypercall",
    "reconnect": {"initial_ms": 20, "max_ms": 50, "jitter_ms": 10}}}})";
}

// The tape's gaps that have ended, by stream, once every stream has one that a fill is done with.
std::map<std::string, Gap> wait_for_fills(const std::string& directory, std::size_t streams) {
  for (;;) {
    std::map<std::string, Gap> done;
    const auto tapes = list_tapes(directory);
    auto reader = open_tape(tapes->back());
    if (!reader) continue;
    const auto gaps = (*reader)->gaps();
    if (!gaps) continue;
    for (const Gap& gap : *gaps) {
      if (gap.status != GapStatus::open && gap.to_ns) done.emplace(gap.stream, gap);
    }
    if (done.size() >= streams) return done;
  }
}

// Waits until the tape has a cursor of `stream`: of what is lost before that nothing can be asked
// for.
void wait_for_cursor(const std::string& directory, const std::string& stream) {
  for (bool is_there = false; !is_there;) {
    const auto tapes = list_tapes(directory);
    auto reader = open_tape(tapes->at(0));
    if (!reader) continue;
    const auto cursors = (*reader)->cursors();
    is_there = cursors && std::any_of(cursors->begin(), cursors->end(),
                                      [&](const auto& cursor) { return cursor.stream == stream; });
  }
}

// Rows of one table in the order of their own times, without what tells REST from the socket.
struct Rows {
  std::vector<std::pair<Ns, std::string>> all;
  std::size_t recovered = 0;

  // Those strictly between two times: at the edges the first and the last milliseconds are not
  // whole.
  Lines between(Ns from_ns, Ns to_ns) const {
    Lines found;
    for (const auto& [event_ns, line] : all) {
      if (event_ns > from_ns && event_ns < to_ns) found.push_back(line);
    }
    std::sort(found.begin(), found.end());
    return found;
  }
};

void keep(const Row& row, Rows& rows) {
  Row plain = row;
  plain.origin = Origin::live;
  std::vector<Value> values(row.values.begin(), row.values.end());
  if (row.table->id == TableId::trade) values[5] = {};  // trade_id: REST alone has it
  plain.values = values;
  RowLog log;
  log.add_row(plain);
  rows.all.emplace_back(row.event_ns.value_or(0), log.rows.front());
}

Rows rows_on(const std::string& tape, TableId table) {
  Rows rows;
  auto reader = open_tape(tape);
  auto cursor = (*reader)->rows(table);
  TapeRow row;
  while (*(*cursor)->next(row)) {
    if (row.origin == Origin::gapfill) ++rows.recovered;
    keep(Row{&table_of(table), row.origin, row.event_ns, row.values}, rows);
  }
  return rows;
}

// What the service made, by its own account.
class TrueRows final : public RowSink {
 public:
  explicit TrueRows(TableId table) : table_(table) {}
  void add_row(const Row& row) override {
    if (row.table->id == table_) keep(row, rows);
  }
  void set_cursor(std::string_view /*stream*/, std::string_view /*value*/) override {}

  Rows rows;

 private:
  TableId table_;
};

Rows truth(const SimOptions& options, TableId table, Ns from_ns, Ns to_ns) {
  const auto simulator = hypercall_feed().make_simulator(options.seed);
  const auto normalizer = hypercall_feed().make_normalizer(1);
  Simulator::Timeline timeline;
  timeline.epoch_ns = *options.epoch_ns;
  timeline.rate = options.rate;
  TrueRows rows(table);
  const auto begin = static_cast<std::int64_t>(static_cast<double>(from_ns - timeline.epoch_ns) /
                                               1e9 * timeline.rate) -
                     10;
  for (std::int64_t k = std::max<std::int64_t>(begin, 0); timeline.time_of(k) < to_ns; ++k) {
    const Inbound inbound("ws", simulator->message(k, timeline.time_of(k)).payload);
    normalizer->normalize(inbound.frame(), rows);
  }
  return std::move(rows.rows);
}

void expect_whole(const std::string& tape, const SimOptions& options, TableId table) {
  SCOPED_TRACE(table_of(table).name);
  const Rows taped = rows_on(tape, table);
  ASSERT_FALSE(taped.all.empty());
  const auto [first, last] = std::minmax_element(taped.all.begin(), taped.all.end());
  const Rows made = truth(options, table, first->first, last->first);
  EXPECT_EQ(taped.between(first->first, last->first), made.between(first->first, last->first));
  EXPECT_GT(taped.recovered, 0U);
}

TEST(HypercallGapLoopback, TheTapeHasWhatTheServiceMadeWhileItWasAwayOnceEach) {
  const TempDir directory;
  SimOptions options;
  options.rate = 4'000;  // so that look-alike trades share milliseconds
  options.epoch_ns = SystemClock().now().wall - 5 * kNsPerSec;
  const HeldPort port;
  options.server.port = port.number();
  auto services = std::make_unique<SimulatedServices>(options);
  Recording recording(config(services->host()), directory.path());
  recording.wait_until_ready();
  services->wait_until_sent(1, 400);
  wait_for_cursor(directory.path(), "trades");
  services->stop();
  SimulatedServices again(options);
  const auto gaps = wait_for_fills(directory.path(), 6);
  again.wait_until_sent(1, 400);
  const std::string tape = recording.stop();
  again.stop();

  const std::map<std::string, std::pair<GapMethod, GapStatus>> expected = {
      {"trades", {GapMethod::after, GapStatus::filled}},
      {"fills", {GapMethod::after, GapStatus::filled}},
      {"order_updates", {GapMethod::after, GapStatus::partial}},
      {"orderbook", {GapMethod::snapshot, GapStatus::partial}},
      {"portfolio", {GapMethod::snapshot, GapStatus::partial}},
      {"index_prices", {GapMethod::none, GapStatus::unfillable}}};
  for (const auto& [stream, how] : expected) {
    ASSERT_TRUE(gaps.contains(stream)) << stream;
    const Gap& gap = gaps.at(stream);
    EXPECT_EQ(gap.method, how.first) << stream << ": " << gap.detail;
    EXPECT_EQ(gap.status, how.second) << stream << ": " << gap.detail;
    EXPECT_EQ(gap.cause, GapCause::disconnect) << stream;
  }
  EXPECT_GT(gaps.at("trades").recovered, 0);
  expect_whole(tape, options, TableId::trade);
  expect_whole(tape, options, TableId::fill);
}

}  // namespace
}  // namespace tapedeck
