// What happens when the deck gets to a position, besides frames: a recorded loss, a fault.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "schema/base/time.h"

namespace tapedeck {

struct Cue {
  Ns pos_ns = 0;
  bool is_before = false;  // before the frames of that very position; else after them
  std::function<void()> run;
};

// Cues in order, and which of them comes next. Not thread-safe.
class CueSheet {
 public:
  CueSheet() = default;
  // Cues of one position and side keep their order.
  explicit CueSheet(std::vector<Cue> cues);

  // The next one is the first at `pos` or later.
  void seek(Ns pos);
  // nullptr when none is left.
  const Cue* next() const { return next_ < cues_.size() ? &cues_[next_] : nullptr; }
  // The next one if it comes before a frame at `pos`.
  const Cue* next_before(Ns pos) const;
  void pass() { ++next_; }

 private:
  std::vector<Cue> cues_;
  std::size_t next_ = 0;
};

}  // namespace tapedeck
