// When one stream was received, over all its redundant connections. Pure. I/O thread only.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "schema/base/time.h"

namespace tapedeck {

// A connection that died is found out late: what it received ends with its last frame, not with
// the moment of finding out. So that a connection was thought alive when another one dropped
// proves nothing; the times that were covered do.
class Coverage {
 public:
  // `slot` receives the stream from `at_ns` on.
  void up(int slot, Ns at_ns);

  // `slot` received it until `last_ns` and no longer does. Gives the holes since then that nobody
  // covered: each from the last to the first covered time; without an end while nobody has it.
  struct Hole {
    Ns from_ns = 0;
    std::optional<Ns> to_ns;
  };
  std::vector<Hole> down(int slot, Ns last_ns);

  bool was_ever_up() const { return !spans_.empty() || was_up_; }
  bool is_up() const;

 private:
  struct Span {
    int slot = 0;
    Ns from_ns = 0;
    std::optional<Ns> to_ns;  // absent: still up
  };
  // Ended spans are kept as long as a connection found dead could need them.
  static constexpr std::size_t kSpansMax = 64;

  std::deque<Span> spans_;
  bool was_up_ = false;
};

}  // namespace tapedeck
