#include "replay/audience.h"

#include <algorithm>

#include "schema/frame.h"

namespace tapedeck {

void Audience::join(Listener& listener) {
  seats_.emplace_back().listener = &listener;
  ++size_;
}

void Audience::leave(Listener& listener) {
  const auto found = std::find_if(seats_.begin(), seats_.end(),
                                  [&](const Seat& seat) { return seat.listener == &listener; });
  if (found == seats_.end()) return;
  --size_;
  remember(info_of(*found));
  if (walks_ > 0) {
    found->listener = nullptr;
  } else {
    seats_.erase(found);
  }
}

// Who joins meanwhile is not called; seats that were left are cleared away afterwards. Indices,
// because a join may move the seats.
template <class Call>
void Audience::each(Call call) {
  ++walks_;
  const std::size_t count = seats_.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (seats_[i].listener != nullptr) call(i);
  }
  if (--walks_ > 0 || size_ == seats_.size()) return;
  std::erase_if(seats_, [](const Seat& seat) { return seat.listener == nullptr; });
}

int Audience::subscribed() const {
  return static_cast<int>(std::count_if(seats_.begin(), seats_.end(), [](const Seat& seat) {
    return seat.listener != nullptr && seat.listener->is_subscribed();
  }));
}

std::vector<ClientInfo> Audience::infos() const {
  std::vector<ClientInfo> infos;
  for (const Seat& seat : seats_) {
    if (seat.listener != nullptr) infos.push_back(info_of(seat));
  }
  return infos;
}

ClientInfo Audience::info_of(const Seat& seat) const {
  ClientInfo info = seat.listener->info();
  info.stalls = seat.stalls;
  info.stalled_ns = seat.held_ns;
  if (seat.held_since_mono) info.stalled_ns += now_mono_ - *seat.held_since_mono;
  return info;
}

void Audience::remember(ClientInfo info) {
  frames_sent_before_ += info.frames_sent;
  if (info.stalls == 0) return;
  const auto at =
      std::find_if(stalled_before_.begin(), stalled_before_.end(),
                   [&](const ClientInfo& other) { return other.stalled_ns < info.stalled_ns; });
  stalled_before_.insert(at, std::move(info));
  if (stalled_before_.size() > kStalledMax) stalled_before_.pop_back();
}

void Audience::let_go(Seat& seat) {
  if (seat.held_since_mono) seat.held_ns += now_mono_ - *seat.held_since_mono;
  seat.held_since_mono.reset();
  seat.holds_up = false;
}

void Audience::deliver(const DueFrame& frame) {
  each([&](std::size_t i) {
    Listener& listener = *seats_[i].listener;
    const Endpoint* only = listener.endpoint();
    if (only == nullptr || only == frame.endpoint) listener.on_due(frame);
  });
}

void Audience::tell(const DeckState& state) {
  each([&](std::size_t i) { seats_[i].listener->on_state(state); });
}

void Audience::end() {
  each([&](std::size_t i) { seats_[i].listener->on_end(); });
}

void Audience::close_all(std::uint16_t code, std::string_view reason) {
  each([&](std::size_t i) { seats_[i].listener->close(code, reason); });
}

template <class Call>
int Audience::dismiss(const Endpoint& endpoint, Call call) {
  int subscribed = 0;
  each([&](std::size_t i) {
    Listener& listener = *seats_[i].listener;
    if (listener.endpoint() != &endpoint) return;
    if (listener.is_subscribed()) ++subscribed;
    call(listener);
  });
  return subscribed;
}

int Audience::close_at(const Endpoint& endpoint, std::uint16_t code, std::string_view reason) {
  return dismiss(endpoint, [&](Listener& listener) { listener.close(code, reason); });
}

int Audience::cut_at(const Endpoint& endpoint) {
  return dismiss(endpoint, [](Listener& listener) { listener.hang_up(); });
}

bool Audience::is_full(std::size_t high, std::size_t low, Ns mono) {
  bool full = false;
  now_mono_ = mono;
  each([&](std::size_t i) {
    Seat& seat = seats_[i];
    if (seat.is_dropped) return;
    const std::size_t queued = seat.listener->queued_bytes();
    // Who holds up does so until it is at `low`.
    if (queued <= (seat.holds_up ? low : high)) return let_go(seat);
    full = true;
    if (seat.holds_up && seat.asked_low == low) return;
    if (!seat.holds_up) {
      seat.queued_bytes = queued;
      seat.since_mono = mono;
    }
    // At the end nothing waits for it but the goodbye.
    if (high > 0 && !seat.held_since_mono) {
      seat.held_since_mono = mono;
      ++seat.stalls;
    }
    seat.holds_up = true;
    seat.asked_low = low;
    seat.listener->notify_below(low);
  });
  return full;
}

void Audience::drop_stalled(Ns mono, Ns timeout) {
  now_mono_ = mono;
  each([&](std::size_t i) {
    Seat& seat = seats_[i];
    if (!seat.holds_up || seat.is_dropped) return;
    const std::size_t queued = seat.listener->queued_bytes();
    if (queued < seat.queued_bytes) {
      seat.queued_bytes = queued;
      seat.since_mono = mono;
    } else if (mono - seat.since_mono >= timeout) {
      seat.is_dropped = true;
      let_go(seat);
      seat.listener->close(close_code::kPolicy, kSlowClient);
    }
  });
}

}  // namespace tapedeck
