#include "replay/range.h"

#include <algorithm>

namespace tapedeck {

Result<Range> narrow(const Range& whole, Ns start_ns, std::string_view from, std::string_view to,
                     std::string_view dashes) {
  Range range = whole;
  const auto named = [&](std::string_view name) { return std::string(dashes).append(name); };
  if (!from.empty()) {
    const auto time = parse_time_or_offset(from, start_ns);
    if (!time) return Error{named("from: ") + time.error().message};
    if (*time > whole.deck_end_ns)
      return Error{named("from ").append(from) + " is past the end of the tape, " +
                   format_rfc3339(whole.deck_end_ns) + ": give an earlier time"};
    range.from_ns = std::max(*time, whole.from_ns);
  }
  if (!to.empty()) {
    const auto time = parse_time_or_offset(to, start_ns);
    if (!time) return Error{named("to: ") + time.error().message};
    if (*time <= range.from_ns)
      return Error{named("to ").append(to) + " leaves nothing to play: it must be later than " +
                   format_rfc3339(range.from_ns)};
    range.to_ns = std::min(*time, whole.to_ns);
    range.deck_end_ns = std::min(*time, whole.deck_end_ns);
  }
  return range;
}

}  // namespace tapedeck
