// Random recorders of one made-up service: whatever they lost and when, the merged tape has each
// event that any of them received, once, and admits every other one.
#include <gtest/gtest.h>

#include <tuple>

#include "storage/handled_walk.h"
#include "storage/merge_ledger.h"
#include "tests/simulation/dice.h"
#include "tests/storage/merge_support.h"

namespace tapedeck::testing {
namespace {

// ---- the ledger alone ----

// Edges are even, so that every odd time is wholly inside or outside of a span.
Span random_span(Dice& dice) {
  const Ns from = 2 * dice.between(0, 25);
  return {from, from + 2 * dice.between(1, 10)};
}

StreamAccount random_account(Dice& dice, std::size_t tape) {
  StreamAccount account;
  account.tape = tape;
  Spans received = {{2 * dice.between(0, 8), 2 * dice.between(20, 35)}};
  Spans lost;
  const auto gaps = dice.between(0, 4);
  for (std::int64_t id = 1; id <= gaps; ++id) {
    const Span span = random_span(dice);
    Gap gap;
    gap.id = id;
    gap.from_ns = span.from_ns;
    gap.to_ns = span.to_ns;
    const bool is_filled = dice.chance(0.25);
    if (is_filled) gap.method = GapMethod::after;
    gap.status = is_filled ? GapStatus::filled : static_cast<GapStatus>(2 * dice.between(0, 1));
    (is_filled ? received : lost).push_back(span);
    account.gaps.push_back(gap);
  }
  account.received = without(united(received), united(lost));
  return account;
}

TEST(MergeProperty, ATimeIsMissingExactlyWhenNobodyReceivedIt) {
  for (unsigned seed = 1; seed <= 2'000; ++seed) {
    Dice dice(seed);
    std::vector<StreamAccount> accounts;
    const auto tapes = static_cast<std::size_t>(dice.between(1, 4));
    for (std::size_t i = 0; i < tapes; ++i) accounts.push_back(random_account(dice, i));
    LedgerRules rules;
    rules.vouches = [](std::size_t, std::size_t) { return true; };
    rules.name_of = [](std::size_t tape) { return std::to_string(tape); };
    const auto merged = merge_gaps(accounts, rules);

    Ns begin = 1'000;
    Ns end = -1;
    for (const StreamAccount& account : accounts) {
      if (account.received.empty()) continue;
      begin = std::min(begin, account.received.front().from_ns);
      end = std::max(end, account.received.back().to_ns);
    }
    std::size_t sources = 0;
    for (const MergedGap& gap : merged) sources += gap.sources.size();
    std::size_t gaps = 0;
    for (const StreamAccount& account : accounts) gaps += account.gaps.size();
    ASSERT_EQ(sources, gaps) << "seed " << seed << ": each gap has become one";

    for (Ns t = -1; t <= 101; t += 2) {
      const auto is_at = [t](const Gap& gap) { return gap.from_ns < t && t < *gap.to_ns; };
      bool is_received = false;
      bool is_lost = begin < t && t < end;
      for (const StreamAccount& account : accounts) {
        is_received = is_received || meets(account.received, {t, t});
        for (const Gap& gap : account.gaps) {
          is_lost = is_lost || (is_at(gap) && gap.status != GapStatus::filled);
        }
      }
      const bool is_missing = std::any_of(merged.begin(), merged.end(), [&](const MergedGap& one) {
        return one.gap.status != GapStatus::filled && is_at(one.gap);
      });
      // A tape that contradicts itself (a gap within what it filled) is believed where it doubts.
      ASSERT_EQ(is_missing, is_lost && !is_received) << "seed " << seed << ", time " << t;
    }
  }
}

// ---- whole tapes ----

// Far enough apart that equal events of two bursts are not taken for one.
constexpr Ns kBurstNs = 700 * kNsPerSec;

struct Event {
  Ns sent_ns = 0;
  bool is_alert = false;
  std::string text;
};

std::vector<Event> random_service(Dice& dice, int bursts) {
  std::vector<Event> events;
  int id = 0;
  for (int burst = 1; burst <= bursts; ++burst) {
    const auto count = dice.between(1, 8);
    for (std::int64_t i = 0; i < count; ++i) {
      Event event;
      event.sent_ns = kStart + burst * kBurstNs + i * kNsPerMs;
      event.is_alert = dice.chance(0.33);
      // Few prices: events look alike, also within a burst.
      event.text =
          event.is_alert ? alert_text(++id) : trade_text(std::to_string(dice.between(1, 3)));
      events.push_back(event);
    }
  }
  return events;
}

// One recorder's luck: between two bursts it loses its connection, or gets it again.
std::vector<Span> random_losses(Dice& dice, int bursts) {
  std::vector<Span> losses;
  for (int burst = 1; burst < bursts; ++burst) {
    if (!dice.chance(0.33)) continue;
    const int back = static_cast<int>(dice.between(burst, bursts - 1));
    losses.push_back(
        {kStart + burst * kBurstNs + kBurstNs / 4, kStart + (back + 1) * kBurstNs - kBurstNs / 4});
    burst = back;
  }
  return losses;
}

// Writes what it received, by a clock of its own and with delays of its own.
std::string record(Dice& dice, const std::string& path, const std::string& host,
                   const std::vector<Event>& events, const std::vector<Span>& losses, Ns end_ns) {
  const Ns clock_ns = dice.between(-500, 500) * kNsPerMs;
  RecorderTape tape(path, session_on(host, kStart + clock_ns));
  for (const auto& [feed, stream, endpoint] :
       {std::tuple(kTrades, "trades", "ws"), std::tuple(kAlerts, "ws/fastfeed", "ws/fastfeed")}) {
    tape.stream(feed, stream, endpoint, kStart + clock_ns + 1);
  }
  auto trades = tape.connect(kTrades, "ws", kStart + clock_ns);
  auto alerts = tape.connect(kAlerts, "ws/fastfeed", kStart + clock_ns);
  std::size_t next_loss = 0;
  std::int64_t gap_id = 0;
  Ns at_ns = kStart + clock_ns;
  for (const Event& event : events) {
    if (next_loss < losses.size() && event.sent_ns > losses[next_loss].to_ns) {
      const Span lost = losses[next_loss++];
      for (const auto& [feed, stream] :
           {std::pair(kTrades, "trades"), std::pair(kAlerts, "ws/fastfeed")}) {
        Gap gap;
        gap.id = ++gap_id;
        gap.feed = feed;
        gap.stream = stream;
        gap.from_ns = gap.floor_ns = lost.from_ns + clock_ns;
        gap.to_ns = lost.to_ns + clock_ns;
        gap.detail = "lost";
        tape.gap(gap);
      }
      trades = tape.connect(kTrades, "ws", lost.to_ns + clock_ns);
      alerts = tape.connect(kAlerts, "ws/fastfeed", lost.to_ns + clock_ns);
    }
    const bool is_lost = next_loss < losses.size() && event.sent_ns > losses[next_loss].from_ns;
    at_ns = std::max(at_ns, event.sent_ns + clock_ns + dice.between(1, 40) * kNsPerMs);
    if (!is_lost) tape.frame(event.is_alert ? alerts : trades, at_ns, event.text);
  }
  // The goodbyes are answered.
  tape.frame(trades, end_ns + clock_ns, "\x03\xe8", Direction::in, Opcode::close);
  tape.frame(alerts, end_ns + clock_ns, "\x03\xe8", Direction::in, Opcode::close);
  return tape.finish(end_ns + clock_ns + 1);
}

// Every row of the tape, decoded again from the tape alone, as `verify` does.
Lines decoded_again(const std::string& path) {
  class Collected final : public RowSink {
   public:
    void add_row(const Row& row) override {
      std::string line(row.table->name);
      for (const Value& value : row.values) {
        line += "|" + std::string(value.text) + std::to_string(value.integer);
      }
      lines.push_back(line);
    }
    void set_cursor(std::string_view /*stream*/, std::string_view /*value*/) override {}
    Lines lines;
  };
  auto tape = must(open_tape(path));
  std::map<std::int64_t, ConnectionInfo> connections;
  for (const ConnectionInfo& one : must(tape->connections())) connections[one.id] = one;
  Derivation derivation(default_decoders(must(tape->session()), must(tape->connections())));
  HandledWalk walk(*tape);
  must(walk.start());
  Collected rows;
  while (must(walk.next())) {
    derivation.frame(*walk.frame(), connections.at(walk.frame()->connection_id), rows);
  }
  std::sort(rows.lines.begin(), rows.lines.end());
  return rows.lines;
}

Lines rows_on(const std::string& path) {
  auto tape = must(open_tape(path));
  Lines lines;
  for (const Table& table : all_tables()) {
    auto cursor = must(tape->rows(table.id));
    TapeRow row;
    while (must(cursor->next(row))) {
      std::string line(table.name);
      for (const Value& value : row.values) {
        line += "|" + std::string(value.text) + std::to_string(value.integer);
      }
      lines.push_back(line);
    }
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

TEST(MergeProperty, EachEventThatAnyoneReceivedIsOneRowAndEveryOtherOneIsAdmitted) {
  std::int64_t lost_events = 0;
  std::int64_t closed_gaps = 0;
  for (unsigned seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const TempDir directory;
    Dice dice(seed);
    const int bursts = 12;
    const auto events = random_service(dice, bursts);
    const Ns end_ns = kStart + (bursts + 1) * kBurstNs;
    const auto recorders = dice.between(2, 3);
    std::vector<std::vector<Span>> losses;
    std::vector<std::string> paths;
    for (std::int64_t i = 0; i < recorders; ++i) {
      losses.push_back(random_losses(dice, bursts));
      const std::string name = "r" + std::to_string(i);
      paths.push_back(
          record(dice, directory.file(name + ".tape"), name, events, losses.back(), end_ns));
    }
    const std::string out = directory.file("out.tape");
    must(merge_files(paths, out, 2 * kNsPerSec));

    std::vector<Event> received;
    std::vector<Event> lost;
    for (const Event& event : events) {
      const auto has_it = [&](const std::vector<Span>& own) {
        return !meets(own, {event.sent_ns, event.sent_ns});
      };
      (std::any_of(losses.begin(), losses.end(), has_it) ? received : lost).push_back(event);
    }
    // One recorder that was lucky all the time.
    const std::string whole =
        record(dice, directory.file("whole.tape"), "whole", received, {}, end_ns);
    EXPECT_EQ(events_of(out, TableId::trade), events_of(whole, TableId::trade));
    EXPECT_EQ(events_of(out, TableId::alert), events_of(whole, TableId::alert));
    EXPECT_EQ(rows_on(out), decoded_again(out));

    const auto gaps = must(must(open_tape(out))->gaps());
    for (const Gap& gap : gaps) closed_gaps += gap.status == GapStatus::filled ? 1 : 0;
    for (const Event& event : lost) {
      const std::string stream = event.is_alert ? "ws/fastfeed" : "trades";
      EXPECT_TRUE(std::any_of(gaps.begin(), gaps.end(), [&](const Gap& gap) {
        return gap.status != GapStatus::filled && gap.stream == stream &&
               gap.from_ns < event.sent_ns && event.sent_ns < *gap.to_ns;
      })) << event.text;
    }
    lost_events += static_cast<std::int64_t>(lost.size());
  }
  // The seeds would prove little otherwise.
  EXPECT_GT(lost_events, 0);
  EXPECT_GT(closed_gaps, 0);
}

}  // namespace
}  // namespace tapedeck::testing
