#include "recorder/coverage.h"

#include <algorithm>

namespace tapedeck {

void Coverage::up(int slot, Ns at_ns) {
  for (Span& span : spans_) {
    if (span.slot == slot && !span.to_ns) return;
  }
  was_up_ = true;
  spans_.push_back({slot, at_ns, std::nullopt});
  if (spans_.size() <= kSpansMax) return;
  const auto ended = std::find_if(spans_.begin(), spans_.end(),
                                  [](const Span& span) { return span.to_ns.has_value(); });
  if (ended != spans_.end()) spans_.erase(ended);
}

bool Coverage::is_up() const {
  return std::any_of(spans_.begin(), spans_.end(),
                     [](const Span& span) { return !span.to_ns.has_value(); });
}

std::vector<Coverage::Hole> Coverage::down(int slot, Ns last_ns) {
  const auto own = std::find_if(spans_.begin(), spans_.end(),
                                [&](const Span& span) { return span.slot == slot && !span.to_ns; });
  if (own == spans_.end()) return {};
  // A connection that received nothing after it was ready covered nothing.
  own->to_ns = std::max(last_ns, own->from_ns);

  std::vector<Hole> holes;
  Ns covered_ns = *own->to_ns;
  for (;;) {
    // As far as other spans carry on from here.
    bool has_grown = true;
    while (has_grown) {
      has_grown = false;
      for (const Span& span : spans_) {
        if (span.from_ns > covered_ns) continue;
        if (!span.to_ns) return holes;
        if (*span.to_ns <= covered_ns) continue;
        covered_ns = *span.to_ns;
        has_grown = true;
      }
    }
    std::optional<Ns> next;
    for (const Span& span : spans_) {
      if (span.from_ns > covered_ns && (!next || span.from_ns < *next)) next = span.from_ns;
    }
    holes.push_back({covered_ns, next});
    if (!next) return holes;
    covered_ns = *next;
  }
}

}  // namespace tapedeck
