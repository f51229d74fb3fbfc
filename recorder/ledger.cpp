#include "recorder/ledger.h"

#include <algorithm>
#include <utility>

namespace tapedeck {
namespace {

// How far an event's own time may lie before the last frame that came before it was lost: clocks
// differ, and what was on its way is older than what had arrived.
constexpr Ns kSlackNs = 60 * kNsPerSec;

// As many ended gaps, and beginnings, are remembered for a connection that is found dead late.
constexpr std::size_t kKnownMax = 64;

bool covers(const Coverage::Hole& known, Ns from_ns, std::optional<Ns> to_ns) {
  if (known.from_ns > from_ns) return false;
  return !known.to_ns || (to_ns && *known.to_ns >= *to_ns);
}

}  // namespace

GapLedger::GapLedger(std::string feed, Ns session_started_ns, Journal& journal, Hooks hooks)
    : feed_(std::move(feed)),
      session_started_ns_(session_started_ns),
      journal_(&journal),
      hooks_(std::move(hooks)) {}

GapLedger::Stream& GapLedger::stream_of(std::string_view stream) {
  const auto found = streams_.find(stream);
  if (found != streams_.end()) return found->second;
  return streams_.emplace(std::string(stream), Stream()).first->second;
}

Gap GapLedger::make(std::string_view stream, const Stream& state, GapCause cause,
                    const Coverage::Hole& hole, std::string_view why) {
  Gap gap;
  gap.id = journal_->next_gap_id();
  gap.feed = feed_;
  gap.stream = std::string(stream);
  gap.cause = cause;
  gap.from_ns = hole.from_ns;
  // Before the first subscription nothing was ours to receive.
  gap.floor_ns = std::max(state.first_up_ns.value_or(session_started_ns_), hole.from_ns - kSlackNs);
  // It is compared with the service's times: where its clock is behind ours, so are they.
  if (hooks_.lead_ns) gap.floor_ns += std::min<Ns>(hooks_.lead_ns(), 0);
  gap.detail = std::string(why);
  gap.after_cursor = hole.to_ns ? cursor_at(state, *hole.to_ns) : cursor_of(stream);
  ++gaps_;
  return gap;
}

std::optional<std::string> GapLedger::cursor_of(std::string_view stream) const {
  return hooks_.cursor_of ? hooks_.cursor_of(stream) : std::nullopt;
}

std::optional<std::string> GapLedger::cursor_at(const Stream& state, Ns up_ns) {
  for (const auto& [at_ns, cursor] : state.cursors_at_up) {
    if (at_ns == up_ns) return cursor;
  }
  return std::nullopt;
}

void GapLedger::note(Stream& state, const Gap& gap) {
  state.known.push_back({gap.from_ns, gap.to_ns});
  if (state.known.size() > kKnownMax) state.known.erase(state.known.begin());
}

void GapLedger::end(Stream& state, Gap gap, Ns at_ns) {
  gap.to_ns = std::max(at_ns, gap.from_ns);
  journal_->put_gap(gap);
  note(state, gap);
  if (hooks_.on_whole) hooks_.on_whole(gap);
}

bool GapLedger::up(std::string_view stream, int slot, Ns at_ns) {
  Stream& state = stream_of(stream);
  const bool is_first = !state.first_up_ns;
  if (is_first) state.first_up_ns = at_ns;
  state.coverage.up(slot, at_ns);
  state.cursors_at_up.emplace_back(at_ns, cursor_of(stream));
  if (state.cursors_at_up.size() > kKnownMax)
    state.cursors_at_up.erase(state.cursors_at_up.begin());
  if (state.open) end(state, *std::exchange(state.open, std::nullopt), at_ns);
  for (const Gap& gap : std::exchange(state.carried, {})) {
    if (hooks_.on_whole) hooks_.on_whole(gap);
  }
  return is_first;
}

void GapLedger::down(std::string_view stream, int slot, GapCause cause, Ns last_frame_ns,
                     std::string_view why) {
  Stream& state = stream_of(stream);
  if (!state.coverage.was_ever_up()) {
    if (state.open) return;
    state.open = make(stream, state, cause, {session_started_ns_, std::nullopt}, why);
    journal_->put_gap(*state.open);
    return;
  }
  for (const Coverage::Hole& hole : state.coverage.down(slot, last_frame_ns)) {
    if (!hole.to_ns && state.open) continue;
    const bool is_known = std::any_of(
        state.known.begin(), state.known.end(),
        [&](const Coverage::Hole& known) { return covers(known, hole.from_ns, hole.to_ns); });
    if (is_known) continue;
    Gap gap = make(stream, state, cause, hole, why);
    if (hole.to_ns) {
      end(state, std::move(gap), *hole.to_ns);
    } else {
      journal_->put_gap(gap);
      state.open = std::move(gap);
    }
  }
}

void GapLedger::carry(Gap gap) {
  Stream& state = stream_of(gap.stream);
  gap.id = journal_->next_gap_id();
  gap.feed = feed_;
  gap.status = GapStatus::open;
  gap.method = GapMethod::none;
  gap.recovered = 0;
  ++gaps_;
  journal_->put_gap(gap);
  if (gap.to_ns) {
    state.carried.push_back(std::move(gap));
  } else {
    state.open = std::move(gap);
  }
}

void GapLedger::missed(std::string_view stream, Ns since_ns, Ns at_ns, std::string_view why) {
  Stream& state = stream_of(stream);
  const auto touches = [&](Ns from_ns, std::optional<Ns> to_ns) {
    return from_ns <= at_ns && (!to_ns || *to_ns >= since_ns);
  };
  for (const std::optional<Gap>* gap : {&state.open, &state.overload}) {
    if (*gap && touches((*gap)->from_ns, (*gap)->to_ns)) return;
  }
  for (const Gap& gap : state.carried) {
    if (touches(gap.from_ns, gap.to_ns)) return;
  }
  for (const Coverage::Hole& known : state.known) {
    if (touches(known.from_ns, known.to_ns)) return;
  }
  end(state, make(stream, state, GapCause::sequence, {since_ns, std::nullopt}, why), at_ns);
}

void GapLedger::refused(std::string_view stream, Ns at_ns, std::string_view why) {
  Stream& state = stream_of(stream);
  if (state.refused) {
    if (state.refused->detail == why) return;
    state.refused->detail = std::string(why);
  } else {
    state.refused = make(stream, state, GapCause::channel, {at_ns, std::nullopt}, why);
    // What the service does not give it does not give later either.
    state.refused->status = GapStatus::unfillable;
  }
  journal_->put_gap(*state.refused);
}

void GapLedger::allowed(std::string_view stream, Ns at_ns) {
  Stream& state = stream_of(stream);
  if (!state.refused) return;
  state.refused->to_ns = std::max(at_ns, state.refused->from_ns);
  journal_->put_gap(*state.refused);
  state.refused.reset();
}

void GapLedger::overload(const std::vector<std::string>& streams, Ns last_kept_ns, Ns recv_ns,
                         std::size_t bytes) {
  for (const std::string& stream : streams) {
    Stream& state = stream_of(stream);
    if (!state.overload) {
      state.overload_frames = state.overload_bytes = 0;
      state.overload = make(stream, state, GapCause::overload,
                            {last_kept_ns == 0 ? recv_ns : last_kept_ns, std::nullopt},
                            "the queue towards the tape is full");
      journal_->put_gap(*state.overload);
    }
    ++state.overload_frames;
    state.overload_bytes += static_cast<std::int64_t>(bytes);
  }
}

void GapLedger::end_overload(Stream& state, Ns at_ns, bool is_over) {
  if (!state.overload) return;
  Gap gap = *std::exchange(state.overload, std::nullopt);
  gap.detail = "the queue towards the tape was full: " + std::to_string(state.overload_frames) +
               " frames, " + std::to_string(state.overload_bytes) + " bytes not kept";
  if (!is_over) return end(state, std::move(gap), at_ns);
  gap.to_ns = std::max(at_ns, gap.from_ns);
  journal_->put_gap(gap);
}

void GapLedger::recovered(const std::vector<std::string>& streams, Ns at_ns) {
  for (const std::string& stream : streams) end_overload(stream_of(stream), at_ns, false);
}

void GapLedger::finish(Ns at_ns) {
  for (auto& [name, state] : streams_) {
    end_overload(state, at_ns, true);
    for (std::optional<Gap>* gap : {&state.open, &state.refused}) {
      if (!*gap) continue;
      (*gap)->to_ns = std::max(at_ns, (*gap)->from_ns);
      journal_->put_gap(**gap);
      gap->reset();
    }
  }
}

std::size_t GapLedger::open_gaps() const {
  std::size_t open = 0;
  for (const auto& [name, state] : streams_) {
    open += (state.open ? 1U : 0U) + (state.overload ? 1U : 0U) + (state.refused ? 1U : 0U);
  }
  return open;
}

}  // namespace tapedeck
