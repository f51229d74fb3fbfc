#include "replay/net/outbox.h"

#include <algorithm>

namespace tapedeck::web {

namespace {

// Shared bytes of which a queue holds less than this part are copied instead of kept alive.
constexpr std::size_t kWorthKeeping = 4;
constexpr std::size_t kKeepBytes = 1U << 20U;  // larger buffers are given back once empty

}  // namespace

void Outbox::add(std::string_view bytes) {
  size_ += bytes.size();
  if (runs_.empty() && front_.size() < kCopiedBytes) {
    front_ += bytes;
    return;
  }
  Run& run = own_run();
  run.own += bytes;
  run.bytes += bytes.size();
}

void Outbox::add(const SharedBytes& whole, std::string_view part) {
  const bool is_short = runs_.empty() && front_.size() < kCopiedBytes;
  const auto begin = static_cast<std::size_t>(part.data() - whole->data());
  if (is_short || begin + part.size() > UINT32_MAX) return add(part);
  if (runs_.empty() || runs_.back().whole != whole) {
    settle_last();
    runs_.emplace_back().whole = whole;
  }
  Run& run = runs_.back();
  run.slices.push_back(
      {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(part.size())});
  run.bytes += part.size();
  size_ += part.size();
}

Outbox::Run& Outbox::own_run() {
  if (runs_.empty() || runs_.back().whole != nullptr) {
    settle_last();
    runs_.emplace_back();
  }
  return runs_.back();
}

// No more comes to it: is it worth keeping all of those bytes alive? One that is under way stays as
// it is.
void Outbox::settle_last() {
  if (runs_.empty() || (runs_.size() == 1 && taken_ > 0)) return;
  Run& run = runs_.back();
  if (run.whole == nullptr || run.bytes * kWorthKeeping >= run.whole->size()) return;
  for (const Slice& slice : run.slices) run.own.append(*run.whole, slice.begin, slice.size);
  run.slices = {};
  run.whole.reset();
}

void Outbox::take(std::string& out) {
  if (!front_.empty()) {
    out.swap(front_);
    if (front_.capacity() > kKeepBytes) front_ = std::string();
    size_ -= out.size();
    return;
  }
  while (!runs_.empty() && out.size() < kCopiedBytes) {
    if (!take_some(runs_.front(), out)) break;
    runs_.pop_front();
    taken_ = 0;
  }
  size_ -= out.size();
}

// True when nothing of the run is left.
bool Outbox::take_some(Run& run, std::string& out) {
  if (run.whole == nullptr) {
    const std::size_t room = out.size() < kCopiedBytes ? kCopiedBytes - out.size() : 0;
    const std::size_t size = std::min(room, run.own.size() - taken_);
    out.append(run.own, taken_, size);
    taken_ += size;
    return taken_ == run.own.size();
  }
  while (taken_ < run.slices.size() && out.size() < kCopiedBytes) {
    const Slice& slice = run.slices[taken_++];
    out.append(*run.whole, slice.begin, slice.size);
  }
  return taken_ == run.slices.size();
}

}  // namespace tapedeck::web
