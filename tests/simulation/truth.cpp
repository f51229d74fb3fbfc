#include "tests/simulation/truth.h"

#include <algorithm>
#include <map>
#include <optional>

#include "tests/support/event_rows.h"

namespace tapedeck::testing {
namespace {

// Longer than anything is on its way, and than clocks are apart.
constexpr Ns kMarginNs = 500 * kNsPerMs;

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

// When it really was what a tape says of a time: by the clock of the recorder that it is of.
class Clocks {
 public:
  explicit Clocks(const std::vector<const SimTape*>& tapes) : tapes_(tapes) {}

  // `at_ns` stands on tape `i`. What lies before a tape, or where it starts, is of an earlier one,
  // and was moved back where that one's clock was ahead.
  Ns true_ns(Ns at_ns, std::size_t i) const {
    for (; i > 0 && at_ns <= tapes_[i]->started_ns; --i) {
      at_ns += std::max<Ns>(tapes_[i - 1]->newest_ns - tapes_[i]->started_ns, 0);
    }
    return tapes_[i]->true_ns(at_ns);
  }

 private:
  const std::vector<const SimTape*>& tapes_;
};

}  // namespace

Verdict judge(const FeedPlan& plan, const SimService& service,
              const std::vector<const SimTape*>& tapes, Ns ended_ns, bool is_each_once) {
  Verdict verdict;
  const std::string feed(service.feed().name());

  const Clocks clocks(tapes);
  // When each stream was first received, and what the ledger admits.
  std::map<std::string, Ns> first_ready;
  std::map<std::string, std::vector<Admitted>> admitted;
  for (std::size_t i = 0; i < tapes.size(); ++i) {
    for (const auto& [name, stream] : tapes[i]->streams) {
      if (stream.feed == feed && stream.first_ready_ns) {
        first_ready.try_emplace(stream.stream, tapes[i]->true_ns(*stream.first_ready_ns));
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
      admitted[gap.stream].push_back(
          {clocks.true_ns(gap.from_ns, i), gap.to_ns ? clocks.true_ns(*gap.to_ns, i) : ended_ns});
    }
  }

  // What the messages make, each by itself: the service sends no event twice.
  std::map<std::string, Sent> sent;
  const auto normalizer = plan.make_normalizer(1) != nullptr ? plan.make_normalizer(1)
                                                             : service.feed().make_normalizer(1);
  const Simulator::Timeline line = service.timeline();
  JsonDoc doc;
  for (std::int64_t k = 0; k < line.upto; ++k) {
    const Ns at_ns = service.simulator().time_of(k, line);
    const Simulator::Message message = service.simulator().message(k, at_ns);
    doc.parse(message.payload);
    const InFrame in{message.endpoint, 0, at_ns, Opcode::text, message.payload, &doc};
    const FrameTag tag = normalizer->classify(in);
    const std::string stream(tag.stream.empty() ? message.endpoint : tag.stream);
    const auto ready = first_ready.find(stream);
    if (ready == first_ready.end()) continue;
    EventKeys keys(feed);
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

  KeptEvents kept(feed);
  for (const SimTape* tape : tapes) {
    kept.begin_tape();
    for (const SimRow& row : tape->rows) {
      if (row.feed == feed) kept.add(row.table, row.origin, row.event_ns, row.values());
    }
  }

  for (const auto& [key, one] : sent) {
    verdict.sent += one.must;
    const std::int64_t count = kept.count(key);
    verdict.recovered += kept.by_fill(key);
    if (count > one.may && is_each_once) {
      verdict.faults.push_back(feed + " " + one.stream + ": " + std::to_string(count) +
                               " times, not " + std::to_string(one.may) + ": " + key);
    }
    if (count + kept.told(key) >= one.must) continue;
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
