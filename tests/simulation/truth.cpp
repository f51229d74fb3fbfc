#include "tests/simulation/truth.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "schema/base/decimal.h"

namespace tapedeck::testing {
namespace {

// Longer than anything is on its way, and than clocks are apart.
constexpr Ns kMarginNs = 500 * kNsPerMs;

// Tables whose gap-filled rows are events of the past. In the others REST tells the present state:
// a row of its own, which no message made.
bool is_history(TableId table) {
  switch (table) {
    case TableId::alert:
    case TableId::signal:
    case TableId::trade:
    case TableId::fill:
    case TableId::liquidation:
    case TableId::candle:
      return true;
    default:
      return false;
  }
}

// Columns that only one of socket and REST tells.
bool is_compared(const Table& table, std::string_view feed, std::string_view column) {
  if (table.id == TableId::signal) return column != "action" && column != "leg";
  if (table.id == TableId::trade && feed == "hypercall") return column != "trade_id";
  return true;
}

std::string key_of(const Table& table, std::string_view feed, Int event_ns,
                   std::span<const Value> values) {
  std::string key = std::string(table.name) + "@" + std::to_string(event_ns.value_or(0));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!is_compared(table, feed, table.columns[i].name)) continue;
    key += '|';
    if (values[i].type == Value::Type::integer) key += std::to_string(values[i].integer);
    if (values[i].type != Value::Type::text) continue;
    key += canonical_decimal(values[i].text).value_or(std::string(values[i].text));
  }
  return key;
}

class Keys final : public RowSink {
 public:
  explicit Keys(std::string_view feed) : feed_(feed) {}
  void add_row(const Row& row) override {
    keys.push_back(key_of(*row.table, feed_, row.event_ns, row.values));
  }
  void set_cursor(std::string_view, std::string_view) override {}
  std::vector<std::string> keys;

 private:
  std::string feed_;
};

struct Sent {
  std::int64_t must = 0;  // surely sent while subscribed
  std::int64_t may = 0;   // sent at all
  std::vector<Ns> at_ns;
  std::string stream;
};

struct Admitted {
  Ns from_ns = 0;
  Ns to_ns = 0;
};

}  // namespace

Verdict judge(const FeedPlan& plan, const SimService& service,
              const std::vector<const SimTape*>& tapes, Ns ended_ns) {
  Verdict verdict;
  const std::string feed(service.feed().name());

  // When each stream was first received, and what the ledger admits.
  std::map<std::string, Ns> first_ready;
  std::map<std::string, std::vector<Admitted>> admitted;
  for (std::size_t i = 0; i < tapes.size(); ++i) {
    for (const auto& [name, stream] : tapes[i]->streams) {
      if (stream.feed == feed && stream.first_ready_ns) {
        first_ready.try_emplace(stream.stream, *stream.first_ready_ns);
      }
    }
    const bool is_last = i + 1 == tapes.size();
    for (const auto& [id, gap] : tapes[i]->gaps) {
      if (gap.feed != feed) continue;
      // An open gap of an earlier tape goes on in the next one, which knows more.
      if (gap.status == GapStatus::open && !is_last) continue;
      switch (gap.status) {
        case GapStatus::filled:
          ++verdict.filled;
          continue;
        case GapStatus::partial:
          ++verdict.partial;
          break;
        case GapStatus::unfillable:
          ++verdict.unfillable;
          break;
        case GapStatus::open:
          ++verdict.open;
          break;
      }
      admitted[gap.stream].push_back({gap.from_ns, gap.to_ns.value_or(ended_ns)});
    }
  }

  // What the messages make, each by itself: the service sends no event twice.
  std::map<std::string, Sent> sent;
  const auto normalizer = plan.make_normalizer(1) != nullptr ? plan.make_normalizer(1)
                                                             : service.feed().make_normalizer(1);
  const Simulator::Timeline line = service.timeline();
  JsonDoc doc;
  for (std::int64_t k = 0; k < line.upto; ++k) {
    const Ns at_ns = line.time_of(k);
    const Simulator::Message message = service.simulator().message(k, at_ns);
    doc.parse(message.payload);
    const InFrame in{message.endpoint, 0, at_ns, Opcode::text, message.payload, &doc};
    const FrameTag tag = normalizer->classify(in);
    const std::string stream(tag.stream.empty() ? message.endpoint : tag.stream);
    const auto ready = first_ready.find(stream);
    if (ready == first_ready.end()) continue;
    Keys keys(feed);
    normalizer->normalize(in, keys);
    const bool must = at_ns > ready->second + kMarginNs && at_ns < ended_ns - kMarginNs;
    for (const std::string& key : keys.keys) {
      Sent& one = sent[key];
      one.must += must ? 1 : 0;
      ++one.may;
      one.at_ns.push_back(at_ns);
      one.stream = stream;
    }
  }

  std::map<std::string, std::int64_t> kept;
  std::map<std::string, std::int64_t> by_fill;
  for (const SimTape* tape : tapes) {
    std::set<std::string> own;
    for (const SimRow& row : tape->rows) {
      if (row.feed != feed) continue;
      const bool is_fill = row.origin == Origin::gapfill;
      if (is_fill && !is_history(row.table)) continue;
      const std::vector<Value> values = row.values();
      const std::string key = key_of(table_of(row.table), feed, row.event_ns, values);
      // A tape stands for itself: what a snapshot frame of its own shows is there, though an
      // earlier recorder's tape may have it too.
      if (row.origin == Origin::snapshot && kept.contains(key) && own.insert(key).second) continue;
      ++kept[key];
      own.insert(key);
      if (is_fill) ++by_fill[key];
    }
  }

  for (const auto& [key, one] : sent) {
    verdict.sent += one.must;
    const auto found = kept.find(key);
    const std::int64_t count = found == kept.end() ? 0 : found->second;
    if (const auto filled = by_fill.find(key); filled != by_fill.end())
      verdict.recovered += filled->second;
    if (count > one.may) {
      verdict.faults.push_back(feed + " " + one.stream + ": " + std::to_string(count) +
                               " times, not " + std::to_string(one.may) + ": " + key);
    }
    if (count >= one.must) continue;
    verdict.missing += one.must - count;
    const bool is_admitted = std::any_of(one.at_ns.begin(), one.at_ns.end(), [&](Ns at_ns) {
      const std::vector<Admitted>& gaps = admitted[one.stream];
      return std::any_of(gaps.begin(), gaps.end(), [&](const Admitted& gap) {
        return at_ns >= gap.from_ns - kMarginNs && at_ns <= gap.to_ns + kMarginNs;
      });
    });
    if (!is_admitted) {
      verdict.faults.push_back(feed + " " + one.stream + ": lost in silence (sent at " +
                               format_rfc3339(one.at_ns.front()) + "): " + key);
    }
  }
  for (const SimTape* tape : tapes) {
    for (const DriftRecord& drift : tape->drifts) {
      verdict.faults.push_back(feed + " never changed its formats: " + drift.type + ": " +
                               drift.path + ": " + drift.what);
    }
  }
  return verdict;
}

}  // namespace tapedeck::testing
