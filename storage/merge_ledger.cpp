#include "storage/merge_ledger.h"

#include <algorithm>
#include <utility>

#include "schema/base/text.h"

namespace tapedeck {
namespace {

Span span_of(const Gap& gap) {
  return {gap.from_ns, gap.to_ns.value_or(gap.from_ns)};
}

// How much is known to have become of a gap.
int rank_of(const Gap& gap) {
  switch (gap.status) {
    case GapStatus::filled:
      return gap.method == GapMethod::peer ? 3 : 4;
    case GapStatus::partial:
      return 2;
    case GapStatus::open:
      return 1;
    case GapStatus::unfillable:
      break;
  }
  return 0;
}

class LedgerMerge {
 public:
  LedgerMerge(const std::vector<StreamAccount>& accounts, const LedgerRules& rules)
      : accounts_(accounts), rules_(rules) {
    for (const StreamAccount& account : accounts_) {
      vouched_.push_back(shrunk(account.sure.value_or(account.received), rules_.skew_ns));
    }
  }

  std::vector<MergedGap> run() {
    for (std::size_t i = 0; i < accounts_.size(); ++i) add_gaps_of(i);
    sort();
    fold();
    add_between();
    sort();
    std::vector<MergedGap> merged;
    for (Entry& entry : entries_) merged.push_back(std::move(entry.merged));
    return merged;
  }

 private:
  struct Entry {
    MergedGap merged;
    std::vector<std::size_t> tapes;  // that say so
  };

  bool is_peer(std::size_t of, std::size_t peer) const {
    return peer != of && rules_.vouches(accounts_[of].tape, accounts_[peer].tape);
  }

  void add_gaps_of(std::size_t index) {
    Spans others;
    for (std::size_t peer = 0; peer < accounts_.size(); ++peer) {
      if (!is_peer(index, peer)) continue;
      others.insert(others.end(), vouched_[peer].begin(), vouched_[peer].end());
    }
    others = united(std::move(others));
    for (const Gap& gap : accounts_[index].gaps) add_gap(index, gap, others);
  }

  void add(Gap gap, std::size_t tape) { entries_.push_back({{std::move(gap), {}, {}}, {tape}}); }

  void add_gap(std::size_t index, const Gap& gap, const Spans& others) {
    const std::size_t tape = accounts_[index].tape;
    const Span span = span_of(gap);
    const Spans left = gap.status == GapStatus::filled ? Spans{span} : without(span, others);
    if (left == Spans{span}) {
      add(gap, tape);
    } else if (left.empty()) {
      Gap filled = gap;
      filled.status = GapStatus::filled;
      filled.method = GapMethod::peer;
      filled.detail += "; received by " + peers_of(index, span);
      add(std::move(filled), tape);
    } else {
      const std::string note = "; cut from " + format_rfc3339(span.from_ns) + " to " +
                               format_rfc3339(span.to_ns) + ": the rest was received by " +
                               peers_of(index, span);
      for (const Span& rest : left) {
        Gap part = gap;
        part.from_ns = rest.from_ns;
        part.to_ns = rest.to_ns;
        part.detail += note;
        add(std::move(part), tape);
      }
    }
    // Of several parts the last one ends where the answers to the gap's requests end, or at what a
    // peer received.
    entries_.back().merged.sources.push_back({tape, gap.id});
    for (const Span& closed : without(Spans{span}, left)) {
      entries_.back().merged.closed.push_back({tape, closed});
    }
  }

  std::string peers_of(std::size_t index, Span span) const {
    std::vector<std::string> names;
    for (std::size_t peer = 0; peer < accounts_.size(); ++peer) {
      if (is_peer(index, peer) && meets(vouched_[peer], span)) {
        names.push_back(rules_.name_of(accounts_[peer].tape));
      }
    }
    return join(names, ", ");
  }

  // By their beginning, the longer first: what holds another one comes before it.
  void sort() {
    std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
      const Span left = span_of(a.merged.gap);
      const Span right = span_of(b.merged.gap);
      return left.from_ns != right.from_ns ? left.from_ns < right.from_ns
                                           : left.to_ns > right.to_ns;
    });
  }

  // Whether another tape says with `outer` what `inner` says.
  static bool is_said_by(const Entry& outer, const Entry& inner) {
    const bool is_other = std::none_of(inner.tapes.begin(), inner.tapes.end(), [&](auto tape) {
      return std::find(outer.tapes.begin(), outer.tapes.end(), tape) != outer.tapes.end();
    });
    const bool is_filled = inner.merged.gap.status == GapStatus::filled;
    if (!is_other || is_filled != (outer.merged.gap.status == GapStatus::filled)) return false;
    return span_of(inner.merged.gap).to_ns <= span_of(outer.merged.gap).to_ns;
  }

  static void take_over(Entry& outer, Entry& inner) {
    MergedGap& to = outer.merged;
    MergedGap& from = inner.merged;
    if (span_of(to.gap) == span_of(from.gap) && rank_of(from.gap) > rank_of(to.gap)) {
      std::swap(to.gap, from.gap);
    }
    to.gap.floor_ns = std::min(to.gap.floor_ns, from.gap.floor_ns);
    to.sources.insert(to.sources.end(), from.sources.begin(), from.sources.end());
    to.closed.insert(to.closed.end(), from.closed.begin(), from.closed.end());
    outer.tapes.insert(outer.tapes.end(), inner.tapes.begin(), inner.tapes.end());
  }

  void fold() {
    std::vector<Entry> kept;
    std::vector<std::size_t> near;  // of the kept ones, those that may hold what comes next
    for (Entry& entry : entries_) {
      std::erase_if(near, [&](std::size_t i) {
        return span_of(kept[i].merged.gap).to_ns < entry.merged.gap.from_ns;
      });
      const auto outer = std::find_if(near.begin(), near.end(),
                                      [&](std::size_t i) { return is_said_by(kept[i], entry); });
      if (outer != near.end()) {
        take_over(kept[*outer], entry);
      } else {
        near.push_back(kept.size());
        kept.push_back(std::move(entry));
      }
    }
    entries_ = std::move(kept);
  }

  void add_between() {
    Spans known;
    for (const StreamAccount& account : accounts_) {
      known.insert(known.end(), account.received.begin(), account.received.end());
    }
    if (known.empty()) return;
    known = united(std::move(known));
    const Span all{known.front().from_ns, known.back().to_ns};
    for (const Entry& entry : entries_) known.push_back(span_of(entry.merged.gap));
    for (const Span& between : without(all, united(std::move(known)))) {
      Gap gap;
      gap.cause = GapCause::restart;
      gap.from_ns = gap.floor_ns = between.from_ns;
      gap.to_ns = between.to_ns;
      gap.status = GapStatus::unfillable;
      gap.detail = "between two tapes: no recorder had the stream";
      entries_.push_back({{std::move(gap), {}, {}}, {}});
    }
  }

  const std::vector<StreamAccount>& accounts_;
  const LedgerRules& rules_;
  std::vector<Spans> vouched_;  // by account
  std::vector<Entry> entries_;
};

}  // namespace

std::vector<MergedGap> merge_gaps(const std::vector<StreamAccount>& accounts,
                                  const LedgerRules& rules) {
  return LedgerMerge(accounts, rules).run();
}

}  // namespace tapedeck
