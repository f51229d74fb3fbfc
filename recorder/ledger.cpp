#include "recorder/ledger.h"

#include <algorithm>
#include <utility>

namespace tapedeck {

GapLedger::GapLedger(std::string feed, Ns session_started_ns, Journal& journal)
    : feed_(std::move(feed)), session_started_ns_(session_started_ns), journal_(&journal) {}

void GapLedger::up(std::string_view stream, int slot, Ns at_ns) {
  up_[std::string(stream)].insert(slot);
  const auto gap = open_.find(stream);
  if (gap == open_.end()) return;
  end(gap->second, at_ns);
  open_.erase(gap);
}

void GapLedger::down(std::string_view stream, int slot, GapCause cause, Ns last_frame_ns,
                     std::string_view why) {
  const auto found = up_.find(stream);
  const bool was_ever_up = found != up_.end();
  if (was_ever_up) {
    found->second.erase(slot);
    if (!found->second.empty()) return;  // another connection still has it
  }
  if (open_.contains(stream)) return;
  open(stream, cause, was_ever_up ? last_frame_ns : session_started_ns_, why);
}

void GapLedger::down_since(std::string_view stream, GapCause cause, Ns from_ns,
                           std::string_view why) {
  if (!open_.contains(stream)) open(stream, cause, from_ns, why);
}

void GapLedger::open(std::string_view stream, GapCause cause, Ns from_ns, std::string_view why) {
  Gap gap;
  gap.id = journal_->next_gap_id();
  gap.feed = feed_;
  gap.stream = std::string(stream);
  gap.cause = cause;
  gap.from_ns = from_ns;
  gap.detail = std::string(why);
  journal_->put_gap(gap);
  ++gaps_;
  open_.emplace(gap.stream, std::move(gap));
}

void GapLedger::end(Gap& gap, Ns at_ns) {
  gap.to_ns = std::max(at_ns, gap.from_ns);
  journal_->put_gap(gap);
}

void GapLedger::overload(const std::vector<std::string>& streams, Ns last_kept_ns, Ns recv_ns,
                         std::size_t bytes) {
  for (const std::string& stream : streams) {
    auto [entry, fresh] = overloaded_.try_emplace(stream);
    Overload& state = entry->second;
    ++state.frames;
    state.bytes += static_cast<std::int64_t>(bytes);
    if (fresh) {
      state.gap.id = journal_->next_gap_id();
      state.gap.feed = feed_;
      state.gap.stream = stream;
      state.gap.cause = GapCause::overload;
      state.gap.from_ns = last_kept_ns == 0 ? recv_ns : last_kept_ns;
      state.gap.detail = "the queue towards the tape is full";
      journal_->put_gap(state.gap);
      ++gaps_;
    }
  }
}

void GapLedger::recovered(const std::vector<std::string>& streams, Ns at_ns) {
  for (const std::string& stream : streams) {
    const auto found = overloaded_.find(stream);
    if (found == overloaded_.end()) continue;
    Overload& state = found->second;
    state.gap.detail = "the queue towards the tape was full: " + std::to_string(state.frames) +
                       " frames, " + std::to_string(state.bytes) + " bytes not kept";
    end(state.gap, at_ns);
    overloaded_.erase(found);
  }
}

void GapLedger::finish(Ns at_ns) {
  std::vector<std::string> overloaded;
  for (const auto& [stream, state] : overloaded_) overloaded.push_back(stream);
  recovered(overloaded, at_ns);
  for (auto& [stream, gap] : open_) end(gap, at_ns);
  open_.clear();
}

}  // namespace tapedeck
