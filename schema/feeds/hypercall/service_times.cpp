#include "schema/feeds/hypercall/service_times.h"

#include <algorithm>
#include <iterator>

namespace tapedeck::hypercall {

namespace {

constexpr Ns kWindowNs = 60 * kNsPerSec;
constexpr Ns kEveryNs = kNsPerSec;
constexpr std::size_t kSaidMax = 100'000;  // more than a day

// How far before the last message something may bear a time and still belong to what was lost: what
// the ledger allows at most.
constexpr Ns kSlackMaxNs = 60 * kNsPerSec;

}  // namespace

void EventClock::saw(Ns event_ns, Ns recv_ns) {
  Ns lead_ns = 0;
  if (__builtin_sub_overflow(event_ns, recv_ns, &lead_ns)) return;
  if (recv_ns - since_ns_ >= kWindowNs) {
    former_ = recv_ns - since_ns_ < 2 * kWindowNs ? lead_ns_ : std::nullopt;
    lead_ns_.reset();
    since_ns_ = recv_ns;
  }
  lead_ns_ = std::max(lead_ns_.value_or(lead_ns), lead_ns);
}

Ns EventClock::ours(Ns event_ns) const {
  const Ns lead_ns = std::max(lead_ns_, former_).value_or(0);
  Ns ours_ns = 0;
  return __builtin_sub_overflow(event_ns, lead_ns, &ours_ns) ? event_ns : ours_ns;
}

void ServiceTimes::heard(Int event_ns, Ns recv_ns) {
  if (!event_ns) return;
  clock_.saw(*event_ns, recv_ns);
  note(*event_ns, recv_ns);
}

void ServiceTimes::remember(Int event_ns, Ns recv_ns) {
  if (event_ns) note(*event_ns, recv_ns);
}

void ServiceTimes::note(Ns event_ns, Ns recv_ns) {
  if (event_ns < 0) return;
  const auto next = said_.upper_bound(recv_ns);
  if (next != said_.begin() && recv_ns - std::prev(next)->first < kEveryNs) return;
  said_.emplace_hint(next, recv_ns, event_ns);
  if (said_.size() > kSaidMax) said_.erase(said_.begin());
}

std::optional<Ns> ServiceTimes::said_until(Ns recv_ns) const {
  const auto next = said_.upper_bound(recv_ns);
  if (next == said_.begin()) return std::nullopt;
  return std::prev(next)->second;
}

bool ServiceTimes::is_before(const Gap& gap, Int event_ns) const {
  if (!event_ns) return false;
  const auto said_ns = said_until(gap.from_ns);
  if (!said_ns) return ours(*event_ns) < gap.floor_ns;
  return *event_ns < *said_ns - std::clamp<Ns>(gap.from_ns - gap.floor_ns, 0, kSlackMaxNs);
}

bool ServiceTimes::is_after_loss(const Gap& gap, Int event_ns) const {
  if (!event_ns) return false;
  const auto said_ns = said_until(gap.from_ns);
  return said_ns ? *event_ns > *said_ns : ours(*event_ns) > gap.from_ns;
}

bool ServiceTimes::is_behind(const Gap& gap, Int told_ns, Int known_ns) const {
  return told_ns ? told_ns < known_ns : is_after_loss(gap, known_ns);
}

}  // namespace tapedeck::hypercall
