#include "replay/faults.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>

#include "schema/base/text.h"

namespace tapedeck {

FaultLine::FaultLine(Faults& faults, FaultDice dice, std::string who, FaultExit& exit,
                     Server& server)
    : faults_(faults),
      dice_(std::move(dice)),
      who_(std::move(who)),
      exit_(exit),
      stall_timer_(server.make_timer()),
      delay_timer_(server.make_timer()) {
  faults_.lines_.push_back(this);
}

FaultLine::~FaultLine() {
  std::erase(faults_.lines_, this);
}

void FaultLine::take(const ServedFrame& frame) {
  if (is_over_) return;
  const FrameFate fate = dice_.next(frame.id);
  note(fate);
  if (fate.close != nullptr) return end(*fate.close);
  if (fate.stall != nullptr) stall(*fate.stall);
  if (fate.is_dropped) return;
  ServedFrame served = frame;
  std::string other;
  if (fate.corrupt != nullptr) {
    other = damaged(frame.payload, frame.opcode, fate.corrupt->damage, fate.random);
    served.payload = other;
  }
  if (fate.later_by > 0) {
    late_.push_back(
        {{served.id, served.opcode, std::string(served.payload)}, fate.copies, fate.later_by});
    return;
  }
  emit(served, fate.copies, fate.delay_ns);
  emit_late();
}

void FaultLine::strike(const FaultRule& rule) {
  if (is_over_ || !dice_.concerns(rule)) return;
  const bool is_connections = rule.kind == FaultKind::close || rule.kind == FaultKind::stall;
  if (!is_connections) {
    dice_.arm(rule);
    return;
  }
  note(rule.kind);
  if (rule.kind == FaultKind::close) return end(rule);
  stall(rule);
}

void FaultLine::note(FaultKind kind) {
  faults_.count(kind);
  ++count_;
}

// A frame that never comes has no other fate.
void FaultLine::note(const FrameFate& fate) {
  if (fate.close != nullptr) return note(FaultKind::close);
  if (fate.stall != nullptr) note(FaultKind::stall);
  if (fate.is_dropped) return note(FaultKind::drop);
  if (fate.corrupt != nullptr) note(FaultKind::corrupt);
  if (fate.copies > 1) note(FaultKind::duplicate);
  if (fate.later_by > 0) return note(FaultKind::reorder);
  if (fate.delay_ns > 0) note(FaultKind::delay);
}

void FaultLine::stall(const FaultRule& rule) {
  const Ns until = exit_.mono() + rule.for_ns;
  if (until <= stalled_until_) return;
  if (stalled_until_ == 0) {
    spdlog::info("{}: nothing is sent for {} ms (--faults)", who_, rule.for_ns / kNsPerMs);
    exit_.stall(true);
  }
  stalled_until_ = until;
  stall_timer_->set(until, [this] {
    stalled_until_ = 0;
    exit_.stall(false);
  });
}

void FaultLine::end(const FaultRule& rule) {
  is_over_ = true;
  spdlog::info("{}: {} (--faults)", who_,
               rule.code ? "closed with " + std::to_string(*rule.code) : "cut");
  exit_.end(rule.code, rule.reason);
}

// In order: what comes after a delayed frame waits for it.
void FaultLine::emit(const ServedFrame& frame, int copies, Ns delay) {
  for (int i = 0; i < copies; ++i) {
    if (delayed_.empty() && delay == 0) {
      exit_.leave(frame);
      continue;
    }
    const Ns before = delayed_.empty() ? 0 : delayed_.back().due_mono;
    const Ns due = std::max(before, exit_.mono() + delay);
    if (delayed_.empty()) delay_timer_->set(due, [this] { release(); });
    delayed_.push_back({{frame.id, frame.opcode, std::string(frame.payload)}, due});
    delayed_bytes_ += frame.payload.size();
  }
}

// A frame has gone by: those that wait for so many are next.
void FaultLine::emit_late() {
  std::list<Late> due;  // taken out first: a client may be closed, and flush, while one leaves
  for (auto late = late_.begin(); late != late_.end();) {
    const auto next = std::next(late);
    if (--late->after <= 0) due.splice(due.end(), late_, late);
    late = next;
  }
  for (const Late& late : due) emit(served(late.frame), late.copies, 0);
}

void FaultLine::release() {
  const Ns now = exit_.mono();
  while (!delayed_.empty() && delayed_.front().due_mono <= now) {
    const Delayed next = std::move(delayed_.front());
    delayed_.pop_front();
    delayed_bytes_ -= next.frame.payload.size();
    exit_.leave(served(next.frame));
  }
  if (!delayed_.empty()) delay_timer_->set(delayed_.front().due_mono, [this] { release(); });
  exit_.released();
}

void FaultLine::flush() {
  if (is_over_) return;
  is_over_ = true;
  for (const Delayed& delayed : delayed_) exit_.leave(served(delayed.frame));
  for (const Late& late : late_) {
    for (int i = 0; i < late.copies; ++i) exit_.leave(served(late.frame));
  }
  delayed_.clear();
  delayed_bytes_ = 0;
  late_.clear();
}

ServedFrame FaultLine::served(const Held& held) {
  ServedFrame frame;
  frame.id = held.id;
  frame.opcode = held.opcode;
  frame.payload = held.payload;
  return frame;
}

std::unique_ptr<FaultLine> Faults::open_line(std::string_view feed, std::string_view endpoint,
                                             FaultExit& exit, Server& server) {
  const std::pair place{std::string(feed), std::string(endpoint)};
  const std::uint64_t client = ++clients_[place];
  FaultDice dice(plan_, feed, endpoint, client);
  if (dice.is_empty()) return nullptr;
  return std::make_unique<FaultLine>(
      *this, std::move(dice), place.first + " " + place.second + " #" + std::to_string(client),
      exit, server);
}

void Faults::strike(const FaultRule& rule) {
  const std::vector<FaultLine*> there = lines_;
  for (FaultLine* line : there) {
    if (std::find(lines_.begin(), lines_.end(), line) != lines_.end()) line->strike(rule);
  }
}

std::string Faults::json() const {
  std::vector<std::string> items;
  for (std::size_t i = 0; i < kFaultKinds; ++i) {
    if (counts_.at(i) == 0) continue;
    items.push_back("\"" + std::string(to_string(static_cast<FaultKind>(i))) +
                    "\":" + std::to_string(counts_.at(i)));
  }
  return "{" + join(items, ",") + "}";
}

std::string Faults::text() const {
  std::vector<std::string> items;
  for (std::size_t i = 0; i < kFaultKinds; ++i) {
    if (counts_.at(i) == 0) continue;
    items.push_back(std::to_string(counts_.at(i)) + " " +
                    std::string(to_string(static_cast<FaultKind>(i))));
  }
  return join(items, ", ");
}

}  // namespace tapedeck
