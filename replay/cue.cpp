#include "replay/cue.h"

#include <algorithm>
#include <utility>

namespace tapedeck {

CueSheet::CueSheet(std::vector<Cue> cues) : cues_(std::move(cues)) {
  std::stable_sort(cues_.begin(), cues_.end(), [](const Cue& a, const Cue& b) {
    return a.pos_ns != b.pos_ns ? a.pos_ns < b.pos_ns : a.is_before && !b.is_before;
  });
}

void CueSheet::seek(Ns pos) {
  const auto found = std::lower_bound(cues_.begin(), cues_.end(), pos,
                                      [](const Cue& cue, Ns p) { return cue.pos_ns < p; });
  next_ = static_cast<std::size_t>(found - cues_.begin());
}

const Cue* CueSheet::next_before(Ns pos) const {
  const Cue* cue = next();
  if (cue == nullptr) return nullptr;
  return cue->pos_ns < pos || (cue->pos_ns == pos && cue->is_before) ? cue : nullptr;
}

}  // namespace tapedeck
