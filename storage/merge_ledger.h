// The gap ledger of several tapes: what one lost and another received is no loss. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "schema/gap.h"
#include "storage/spans.h"

namespace tapedeck {

// What one tape says of one stream.
struct StreamAccount {
  std::size_t tape = 0;
  Spans received;  // or made up for wholly
  // What of it can be vouched for; absent: all.
  std::optional<Spans> sure;
  std::vector<Gap> gaps;  // each with its end
};

// One gap of the merged tape.
struct MergedGap {
  // Of a tape; what REST answers tell goes to the one that their own has become.
  struct Source {
    std::size_t tape = 0;
    std::int64_t gap_id = 0;
  };
  // What `tape` had lost and others have.
  struct Closed {
    std::size_t tape = 0;
    Span span;
  };
  Gap gap;                      // without an id; `recovered` is to be counted anew
  std::vector<Source> sources;  // none: a time between two tapes
  std::vector<Closed> closed;
};

struct LedgerRules {
  // How far a peer must have received on both sides of what it is to vouch for: as much as the
  // recorders' clocks may differ.
  Ns skew_ns = 0;
  // Whether what `peer` received is all that `tape` subscribed to.
  std::function<bool(std::size_t tape, std::size_t peer)> vouches;
  // What a tape is called in a gap's detail.
  std::function<std::string(std::size_t tape)> name_of;
};

// The accounts of all tapes that know the stream. A gap that others cover is `filled` by `peer`;
// one that they cover in part is cut to what nobody has, which may leave several, each as the gap
// was but for its span; the others stay as they are. What several tapes lack stands once. A time
// between two tapes, when no recorder ran, is a gap as well. In order of time.
std::vector<MergedGap> merge_gaps(const std::vector<StreamAccount>& accounts,
                                  const LedgerRules& rules);

}  // namespace tapedeck
