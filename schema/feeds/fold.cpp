#include "schema/feeds/fold.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "schema/base/decimal.h"

namespace tapedeck {
namespace {

std::uint64_t mix(std::uint64_t h) {
  h ^= h >> 33U;
  h *= 0xff51afd7ed558ccdULL;
  h ^= h >> 33U;
  h *= 0xc4ceb9fe1a85ec53ULL;
  h ^= h >> 33U;
  return h;
}

// What was sent after a connection subscribed may arrive on a faster one before the subscription is
// acknowledged: events this young are taken for ones that both deliver.
constexpr Ns kOvertakingNs = 200 * kNsPerMs;

}  // namespace

std::uint64_t hash_combine(std::uint64_t a, std::uint64_t b) {
  return mix(std::rotl(a, 23) ^ (b * 0x9e3779b97f4a7c15ULL));
}

std::uint64_t hash_text(std::string_view text, std::uint64_t seed) {
  std::uint64_t h = mix(seed ^ (text.size() * 0x9e3779b97f4a7c15ULL));
  while (text.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), 8);
    h = hash_combine(h, word);
    text.remove_prefix(8);
  }
  std::uint64_t rest = 0;
  if (!text.empty()) std::memcpy(&rest, text.data(), text.size());
  return hash_combine(h, rest);
}

std::uint64_t hash_decimal(std::string_view text) {
  const auto canonical = canonical_decimal(text);
  return hash_text(canonical ? std::string_view(*canonical) : text);
}

std::optional<std::uint64_t> LastKeys::push(std::uint64_t key) {
  if (keys_.size() < capacity_) {
    keys_.push_back(key);
    return std::nullopt;
  }
  const std::uint64_t oldest = std::exchange(keys_[oldest_], key);
  oldest_ = oldest_ + 1 == capacity_ ? 0 : oldest_ + 1;
  return oldest;
}

bool SeenEvents::first_time(std::uint64_t key) {
  if (!seen_.insert(key).second) return false;
  if (const auto forgotten = last_.push(key)) seen_.erase(*forgotten);
  return true;
}

bool FirstTimes::add(std::uint64_t key, Ns recv_ns) {
  if (!first_ns_.emplace(key, recv_ns).second) return false;
  if (const auto forgotten = last_.push(key)) first_ns_.erase(*forgotten);
  return true;
}

bool FirstTimes::is_until(std::uint64_t key, Ns ns) const {
  const auto found = first_ns_.find(key);
  return found != first_ns_.end() && found->second <= ns;
}

bool FirstTimes::is_from(std::uint64_t key, Ns ns) const {
  const auto found = first_ns_.find(key);
  return found != first_ns_.end() && found->second >= ns;
}

ToldTwice::Counts& ToldTwice::counts_of(std::uint64_t key) {
  const auto found = counts_.find(key);
  if (found != counts_.end()) return found->second;
  if (const auto forgotten = last_.push(key)) counts_.erase(*forgotten);
  return counts_[key];
}

bool ToldTwice::pushed(std::uint64_t key) {
  Counts& counts = counts_of(key);
  if (++counts.pushed <= counts.rows) return false;
  ++counts.rows;
  return true;
}

bool ToldTwice::told(std::uint64_t key) {
  Counts& counts = counts_of(key);
  if (++counts.told <= counts.rows) return false;
  ++counts.rows;
  return true;
}

std::uint32_t ToldTwice::told_all(std::uint64_t key, std::uint32_t count) {
  Counts& counts = counts_of(key);
  counts.told = std::max(counts.told, count);
  if (count <= counts.rows) return 0;
  return count - std::exchange(counts.rows, count);
}

void MultisetFold::joined(int slot, std::uint64_t stream, Ns recv_ns) {
  if (slots_ > 1) joined_ns_[{slot, stream}] = recv_ns;
}

bool MultisetFold::is_new(std::uint64_t key, int slot, Ns recv_ns, std::uint64_t stream) {
  if (slots_ <= 1) return true;
  expire(recv_ns);
  Counts& counts = counts_[key];
  if (counts.by_slot.empty() || recv_ns - counts.last_ns > window_) {
    counts.new_ns.clear();
    counts.by_slot.assign(static_cast<std::size_t>(slots_), {});
  }
  counts.last_ns = recv_ns;
  Delivered& own = counts.by_slot[static_cast<std::size_t>(std::clamp(slot, 0, slots_ - 1))];
  const auto joined = joined_ns_.find({slot, stream});
  if (joined != joined_ns_.end() && joined->second > own.joined_ns) {
    own.joined_ns = joined->second;
    const auto before = static_cast<std::uint32_t>(
        std::count_if(counts.new_ns.begin(), counts.new_ns.end(),
                      [&](Ns new_ns) { return new_ns < own.joined_ns - kOvertakingNs; }));
    // What it brought itself before it was lost has overtaken nothing.
    own.count = std::max(own.count, before);
  }
  if (++own.count <= counts.new_ns.size()) return false;
  counts.new_ns.push_back(recv_ns);
  return true;
}

void MultisetFold::expire(Ns now_ns) {
  if (now_ns - swept_ns_ < window_ && now_ns >= swept_ns_) return;
  swept_ns_ = now_ns;
  std::erase_if(counts_,
                [&](const auto& entry) { return now_ns - entry.second.last_ns > window_; });
}

}  // namespace tapedeck
