#include "replay/fault_plan.h"

#include <algorithm>

#include "schema/feeds/fold.h"

namespace tapedeck {

namespace {

// A number below 1 out of 53 random bits.
double below_one(std::uint64_t random) {
  return static_cast<double>(random >> 11U) * 0x1.0p-53;
}

bool happens(const FaultRule& rule, std::int64_t frame, std::uint64_t random) {
  if (rule.frame) return *rule.frame == frame;
  return rule.probability && below_one(random) < *rule.probability;
}

void apply(const FaultRule& rule, std::uint64_t random, FrameFate& fate) {
  switch (rule.kind) {
    case FaultKind::drop:
      fate.is_dropped = true;
      return;
    case FaultKind::duplicate:
      fate.copies += 1;
      return;
    case FaultKind::reorder:
      fate.later_by = std::max(fate.later_by, rule.by);
      return;
    case FaultKind::corrupt:
      fate.corrupt = &rule;
      fate.random = random;
      return;
    case FaultKind::delay:
      fate.delay_ns = std::max(fate.delay_ns, rule.for_ns);
      return;
    case FaultKind::close:
      fate.close = &rule;
      return;
    case FaultKind::stall:
      if (fate.stall == nullptr || fate.stall->for_ns < rule.for_ns) fate.stall = &rule;
      return;
  }
}

}  // namespace

FaultDice::FaultDice(const FaultPlan& plan, std::string_view feed, std::string_view endpoint,
                     std::uint64_t client) {
  const std::uint64_t place = hash_combine(hash_text(feed, plan.seed), hash_text(endpoint));
  for (std::size_t i = 0; i < plan.rules.size(); ++i) {
    if (!plan.rules[i].concerns(feed, endpoint)) continue;
    rules_.push_back({&plan.rules[i], hash_combine(hash_combine(place, client), i), false});
  }
}

bool FaultDice::concerns(const FaultRule& rule) const {
  return std::any_of(rules_.begin(), rules_.end(),
                     [&](const Mine& mine) { return mine.rule == &rule; });
}

void FaultDice::arm(const FaultRule& rule) {
  for (Mine& mine : rules_) mine.is_armed |= mine.rule == &rule;
}

FrameFate FaultDice::next(std::int64_t frame_id) {
  ++frames_;
  FrameFate fate;
  for (Mine& mine : rules_) {
    const std::uint64_t random = hash_combine(mine.seed, static_cast<std::uint64_t>(frame_id));
    if (!mine.is_armed && !happens(*mine.rule, frames_, random)) continue;
    mine.is_armed = false;
    apply(*mine.rule, random, fate);
  }
  return fate;
}

std::string damaged(std::string_view payload, Opcode opcode, FaultRule::Damage damage,
                    std::uint64_t random) {
  std::string bytes(payload);
  if (bytes.empty()) return bytes;
  std::size_t at = random % bytes.size();
  const auto is_ascii = [&](std::size_t i) {
    return (static_cast<unsigned char>(bytes[i]) & 0x80U) == 0;
  };
  const bool is_text = opcode == Opcode::text;
  switch (damage) {
    case FaultRule::Damage::cut:
      // Not within a character.
      while (is_text && at > 0 && (static_cast<unsigned char>(bytes[at]) & 0xc0U) == 0x80U) --at;
      bytes.resize(at);
      return bytes;
    case FaultRule::Damage::utf8:
      bytes[at] = '\xff';
      return bytes;
    case FaultRule::Damage::byte:
      break;
  }
  if (!is_text) {
    bytes[at] =
        static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ (1U + (random >> 32U) % 255U));
    return bytes;
  }
  for (std::size_t tried = 0; tried < bytes.size() && !is_ascii(at); ++tried)
    at = (at + 1) % bytes.size();
  if (!is_ascii(at)) return bytes.substr(0, 0);  // no single byte can go: all of it does
  // Another printable character.
  constexpr std::uint64_t kPrintable = 0x7f - 0x20;
  const auto other = static_cast<char>(0x20 + (random >> 32U) % (kPrintable - 1));
  bytes[at] = other < bytes[at] ? other : static_cast<char>(other + 1);
  return bytes;
}

}  // namespace tapedeck
