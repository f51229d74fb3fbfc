// The simulated service goes away and comes back: what it sent meanwhile is asked for over REST.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "schema/feeds/registry.h"
#include "storage/tape_reader.h"
#include "tests/loopback/harness.h"
#include "tests/support/temp_dir.h"

namespace tapedeck {
namespace {

using namespace testing;
using Lines = std::vector<std::string>;

struct Told {
  std::string line;  // `@TIME name=value …`
  Origin origin = Origin::live;
  Ns recv_ns = 0;
};

// One feed recorded over an outage. The service's first message comes when the recorder is there.
class Outage {
 public:
  // `feed`: its configuration without URLs; `streams`: those that it asks for. The recorder stays
  // away for `away_ms`.
  Outage(const Feed& feed, const std::string& config, std::vector<std::string> streams, double rate,
         int away_ms)
      : feed_(feed), streams_(std::move(streams)) {
    SimOptions options;
    options.rate = rate;
    options.epoch_ns = SystemClock().now().wall + kNsPerSec;
    line_.epoch_ns = *options.epoch_ns;
    line_.rate = rate;
    auto services = std::make_unique<SimulatedServices>(options);
    const std::string name(feed.name());
    const std::string base = "://" + services->host() + "/" + name + "\"";
    Recording recording(R"({"backfill":{"interval_ms":5,"retry_initial_ms":50},"feeds":{")" + name +
                            "\":{" + config + R"(,"ws_url":"ws)" + base + R"(,"rest_url":"http)" +
                            base + R"(,"reconnect":{"jitter_ms":0,"initial_ms":)" +
                            std::to_string(away_ms) + "}}}}",
                        directory_.path());
    services->wait_until_sent(1, 20);
    options.server.port = services->port();
    services.reset();
    SimulatedServices again(options);
    await_gaps();
    const std::size_t sent = again.conversations().back().sent.size();
    again.wait_until_sent(1, sent + 20);
    reader_ = std::move(*open_tape(recording.stop()));
    find_messages();
  }

  // The messages for these streams, by number: those of the first connection, those that came while
  // there was none, those of the second.
  const std::vector<std::int64_t>& first() const { return first_; }
  const std::vector<std::int64_t>& missed() const { return missed_; }
  const std::vector<std::int64_t>& second() const { return second_; }

  std::vector<Gap> gaps() { return std::move(*reader_->gaps()); }
  std::vector<RequestInfo> requests() { return std::move(*reader_->requests()); }

  // The rows of `table`, without the columns that are named.
  std::vector<Told> rows(TableId table, const Lines& without) {
    std::vector<Told> found;
    auto cursor = std::move(*reader_->rows(table));
    for (TapeRow row; *cursor->next(row);) {
      found.push_back(
          {line_of(table_of(table), row.event_ns, row.values, without), row.origin, row.recv_ns});
    }
    return found;
  }
  // The rows that message `k` makes by itself, likewise.
  Lines made(std::int64_t k, const Lines& without) const {
    struct Sink final : RowSink {
      void add_row(const Row& row) override {
        lines.push_back(line_of(*row.table, row.event_ns, row.values, *without));
      }
      void set_cursor(std::string_view, std::string_view) override {}
      Lines lines;
      const Lines* without = nullptr;
    };
    const Simulator::Message message = simulator_->message(k, line_.time_of(k));
    JsonDoc doc;
    doc.parse(message.payload);
    Sink sink;
    sink.without = &without;
    const InFrame frame{message.endpoint, 0, 0, Opcode::text, message.payload, &doc};
    feed_.make_normalizer(1)->normalize(frame, sink);
    return sink.lines;
  }

 private:
  static std::string line_of(const Table& table, Int event_ns, std::span<const Value> values,
                             const Lines& without) {
    std::string line = "@" + std::to_string(event_ns.value_or(0));
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::string name(table.columns[i].name);
      if (std::find(without.begin(), without.end(), name) != without.end()) continue;
      line += " " + name + "=";
      if (values[i].type == Value::Type::integer) line += std::to_string(values[i].integer);
      if (values[i].type == Value::Type::text) line += values[i].text;
    }
    return line;
  }

  // Until each stream has a gap and none is open any more.
  void await_gaps() const {
    for (;;) {
      auto reader = open_tape(list_tapes(directory_.path())->back());
      if (!reader) continue;
      const auto gaps = (*reader)->gaps();
      if (!gaps || gaps->size() < streams_.size()) continue;
      if (std::all_of(gaps->begin(), gaps->end(),
                      [](const Gap& gap) { return gap.status != GapStatus::open; }))
        return;
    }
  }

  // The payloads of the tape's data frames, by connection.
  std::vector<Lines> payloads() const {
    std::map<std::int64_t, Lines> found;
    const auto normalizer = feed_.make_normalizer(1);
    auto cursor = std::move(*reader_->frames(1));
    JsonDoc doc;
    for (FrameRecord frame; *cursor->next(frame);) {
      if (frame.direction != Direction::in || frame.opcode != Opcode::text) continue;
      doc.parse(frame.payload);
      const InFrame in{"", 0, 0, Opcode::text, frame.payload, &doc};
      if (normalizer->classify(in).role != FrameRole::data) continue;
      found[frame.connection_id].emplace_back(frame.payload);
    }
    std::vector<Lines> all;
    for (auto& [id, lines] : found) all.push_back(std::move(lines));
    return all;
  }

  void find_messages() {
    const std::vector<Lines> received = payloads();
    ASSERT_EQ(received.size(), 2U);
    std::vector<std::int64_t> numbers;
    Lines sent;
    const auto normalizer = feed_.make_normalizer(1);
    JsonDoc doc;
    const Ns now = SystemClock().now().wall;
    for (std::int64_t k = 0; line_.time_of(k) < now; ++k) {
      Simulator::Message message = simulator_->message(k, line_.time_of(k));
      doc.parse(message.payload);
      const InFrame in{message.endpoint, 0, 0, Opcode::text, message.payload, &doc};
      const std::string stream(normalizer->classify(in).stream);
      if (std::find(streams_.begin(), streams_.end(), stream) == streams_.end()) continue;
      numbers.push_back(k);
      sent.push_back(std::move(message.payload));
    }
    const auto first =
        std::search(sent.begin(), sent.end(), received[0].begin(), received[0].end());
    ASSERT_EQ(first, sent.begin());
    const auto second =
        std::search(sent.begin(), sent.end(), received[1].begin(), received[1].end());
    ASSERT_NE(second, sent.end());
    const auto end_of_first = numbers.begin() + static_cast<std::ptrdiff_t>(received[0].size());
    const auto begin_of_second = numbers.begin() + (second - sent.begin());
    first_.assign(numbers.begin(), end_of_first);
    missed_.assign(end_of_first, begin_of_second);
    second_.assign(begin_of_second,
                   begin_of_second + static_cast<std::ptrdiff_t>(received[1].size()));
  }

  const Feed& feed_;
  const std::vector<std::string> streams_;
  const TempDir directory_;
  const std::unique_ptr<Simulator> simulator_ = feed_.make_simulator(1);
  Simulator::Timeline line_;
  std::unique_ptr<TapeReader> reader_;
  std::vector<std::int64_t> first_, missed_, second_;
};

// What one has and the other lacks, as `+ LINE` and `- LINE`.
Lines difference(Lines kept, Lines expected) {
  std::sort(kept.begin(), kept.end());
  std::sort(expected.begin(), expected.end());
  Lines more;
  Lines less;
  std::set_difference(kept.begin(), kept.end(), expected.begin(), expected.end(),
                      std::back_inserter(more));
  std::set_difference(expected.begin(), expected.end(), kept.begin(), kept.end(),
                      std::back_inserter(less));
  Lines found;
  for (const std::string& line : more) found.push_back("+ " + line);
  for (const std::string& line : less) found.push_back("- " + line);
  return found;
}

TEST(Outage, AlphaHubsSignalsAreAllThereOnce) {
  Outage outage(*find_feed("alphahub"),
                R"("email":"loop@example.org","password":"loop-password","rest":{"settle_ms":200})",
                {"algorithms:14", "algorithms:16", "algorithms:17", "algorithms:18"}, 80, 400);
  ASSERT_FALSE(outage.missed().empty());

  // What only the socket says of a leg.
  const Lines without = {"action", "leg"};
  Lines sent;
  for (const auto* part : {&outage.first(), &outage.missed(), &outage.second()}) {
    for (const std::int64_t k : *part) {
      for (std::string& line : outage.made(k, without)) sent.push_back(std::move(line));
    }
  }
  Lines kept;
  std::int64_t recovered = 0;
  for (const Told& row : outage.rows(TableId::signal, without)) {
    kept.push_back(row.line);
    recovered += row.origin == Origin::gapfill ? 1 : 0;
  }
  EXPECT_EQ(difference(kept, sent), Lines{});

  std::int64_t counted = 0;
  const std::vector<Gap> gaps = outage.gaps();
  EXPECT_EQ(gaps.size(), 4U);
  for (const Gap& gap : gaps) {
    EXPECT_EQ(gap.cause, GapCause::disconnect);
    EXPECT_EQ(gap.method, GapMethod::after);
    EXPECT_EQ(gap.status, GapStatus::filled) << gap.detail;
    counted += gap.recovered;
  }
  EXPECT_EQ(counted, recovered);
  EXPECT_GT(recovered, 0);
  for (const RequestInfo& request : outage.requests()) {
    EXPECT_EQ(request.body.value_or("").find("tapedeck-session-token"), std::string::npos);
  }
}

TEST(Outage, AlterscopesFactorsAreWhatTheyAreNow) {
  Outage outage(*find_feed("alterscope"),
                R"("api_key":"loop-key","opportunities":["hyperliquid-btc-basis"])",
                {"hyperliquid-btc-basis"}, 80, 700);
  ASSERT_FALSE(outage.missed().empty());

  // The last that each factor became in the outage.
  const Lines without = {"opportunity_id"};
  const auto factor_of = [](const std::string& line) {
    const std::size_t at = line.find("factor=");
    return line.substr(at, line.find(' ', at) - at);
  };
  std::map<std::string, std::string> last;
  for (const std::int64_t k : outage.missed()) {
    const std::string line = outage.made(k, without).front();
    last[factor_of(line)] = line;
  }
  Lines expected;
  for (const auto* part : {&outage.first(), &outage.second()}) {
    for (const std::int64_t k : *part) expected.push_back(outage.made(k, without).front());
  }
  const std::vector<Gap> gaps = outage.gaps();
  ASSERT_EQ(gaps.size(), 1U);
  ASSERT_FALSE(outage.requests().empty());
  const std::vector<Told> rows = outage.rows(TableId::factor, without);
  for (const auto& [factor, line] : last) {
    // What the socket brought before the answer came is newer.
    const bool is_newer_there = std::any_of(rows.begin(), rows.end(), [&](const Told& row) {
      return factor_of(row.line) == factor && row.recv_ns >= *gaps.front().to_ns &&
             row.recv_ns <= *outage.requests().back().recv_ns && row.line != line;
    });
    if (!is_newer_there) expected.push_back(line);
  }
  Lines kept;
  std::int64_t recovered = 0;
  for (const Told& row : rows) {
    kept.push_back(row.line);
    recovered += row.origin == Origin::gapfill ? 1 : 0;
  }
  EXPECT_EQ(difference(kept, expected), Lines{});

  EXPECT_EQ(gaps.front().cause, GapCause::disconnect);
  EXPECT_EQ(gaps.front().method, GapMethod::snapshot);
  EXPECT_EQ(gaps.front().status, GapStatus::partial);
  EXPECT_EQ(gaps.front().recovered, recovered);
}

}  // namespace
}  // namespace tapedeck
