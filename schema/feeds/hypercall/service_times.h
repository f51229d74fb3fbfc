// What the service's own clock said, and when. Gaps are told in our time, events bear the
// service's; and our clock may have been another one when a gap began (a recorder's earlier life).
#pragma once

#include <map>
#include <optional>

#include "schema/gap.h"
#include "schema/records.h"

namespace tapedeck::hypercall {

// How its clock stands to ours, by what live events say. The newest event tells most: others may
// have been old when they were sent. So it is the greatest lead of the last minute or two that
// counts. (The recorder's own goes by the monotonic clock, of which a decoder knows nothing.)
class EventClock {
 public:
  // `recv_ns` does not go back.
  void saw(Ns event_ns, Ns recv_ns);
  // When we would have received what happened at `event_ns`.
  Ns ours(Ns event_ns) const;

 private:
  Ns since_ns_ = 0;
  std::optional<Ns> lead_ns_;
  std::optional<Ns> former_;  // of the window before
};

// A message that was received before a loss tells, by its own time, what came before that loss: no
// clock of ours is asked. Only where nothing was received before is its distance to the service's
// taken to be what it is now.
class ServiceTimes {
 public:
  // Of a live message, when it was received.
  void heard(Int event_ns, Ns recv_ns);
  // Likewise, by an earlier recorder.
  void remember(Int event_ns, Ns recv_ns);

  // When we would have received what happened at `event_ns`, by our clock as it is now.
  Ns ours(Ns event_ns) const { return clock_.ours(event_ns); }

  // Whether it happened before everything that the gap can hold.
  bool is_before(const Gap& gap, Int event_ns) const;
  // Whether it happened after the last message before the loss.
  bool is_after_loss(const Gap& gap, Int event_ns) const;
  // Whether an answer about the gap, whose newest event is of `told_ns`, lacks one that is known to
  // be of `known_ns`. One that holds nothing any more, though it did before the loss, is not
  // behind: it has forgotten.
  bool is_behind(const Gap& gap, Int told_ns, Int known_ns) const;

 private:
  // What the service's clock said in a message that was received by then, and no more than a second
  // before it in the last one; nullopt: none was.
  std::optional<Ns> said_until(Ns recv_ns) const;
  void note(Ns event_ns, Ns recv_ns);

  EventClock clock_;
  std::map<Ns, Ns> said_;  // by receipt: one message a second, bounded
};

}  // namespace tapedeck::hypercall
