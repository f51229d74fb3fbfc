// When the player's next frame is due: deadlines, silence, lateness, and whom the deck waits for.
#include <algorithm>

#include "replay/player.h"

namespace tapedeck {

namespace {

// A machine that is so late does not catch up any more; shorter delays are made good.
constexpr Ns kBehindMax = kNsPerSec;

// At `max` the slowest client's queue sways between these.
constexpr std::size_t kHighWaterBytes = std::size_t{4} << 20U;
std::size_t high_water(std::size_t queue_bytes_max) {
  return std::min(kHighWaterBytes, queue_bytes_max / 2);
}
std::size_t low_water(std::size_t queue_bytes_max) {
  return high_water(queue_bytes_max) / 4;
}

}  // namespace

// The deck skips the rest at once, so that positions stay the tape's and deadlines exact.
void Player::shorten_silence(Ns pos) {
  if (options_.idle_ns_max <= 0 || pos - silent_since_ns_ <= options_.idle_ns_max) return;
  deck_.skip(pos - silent_since_ns_ - options_.idle_ns_max);
  silent_since_ns_ = pos - options_.idle_ns_max;
}

// Whether every client has room for more. Not asked for each frame: there may be many clients.
bool Player::has_room(Ns now) {
  const std::size_t high = high_water(options_.client_queue_bytes_max);
  if (!deck_.is_held() && unchecked_bytes_ < high / 16) return true;
  unchecked_bytes_ = 0;
  return !audience_.is_full(high, low_water(options_.client_queue_bytes_max), now);
}

// A machine that cannot hold the speed delays all streams together and hurries none.
void Player::measure(Ns pos, Ns now) {
  if (!is_paced()) return;
  const Ns late = now - deck_.deadline_of(pos).value_or(now);
  lateness_.add(late);
  if (late <= kBehindMax) return;
  ++falls_;
  fallen_ns_ += late;
  deck_.fall_back(pos, now);
}

Ns Player::position() const {
  const Ns pos = deck_.position(mono());
  const bool has_frame = block_ && block_->kind == Block::Kind::frames && next_ < block_->size();
  return has_frame && is_paced() ? std::min(pos, block_->pos_ns(next_)) : pos;
}

double Player::achieved_speed() const {
  const Ns now = mono();
  const Ns live = deck_.playing_ns(now);
  if (live <= 0) return 0;
  // Not what is due and not served yet.
  const Ns ahead = deck_.position(now) - position();
  return static_cast<double>(deck_.played_ns(now) - ahead) / static_cast<double>(live);
}

bool Player::is_due(Ns pos, Ns& now) {
  if (is_free() && !has_room(now)) {
    deck_.hold(now);
    wait_for_clients();
    return false;
  }
  deck_.release(now);
  if (!is_paced()) return true;
  shorten_silence(pos);
  const Ns deadline = deck_.deadline_of(pos).value_or(now);
  if (deadline > now) {
    now = mono();
    if (deadline > now) {
      pace_timer_->set(deadline, [this] { turn(); });
      return false;
    }
  }
  return true;
}

// drained() ends the wait; meanwhile those are dropped that read nothing for too long.
void Player::wait_for_clients() {
  audience_.drop_stalled(mono(), options_.stall_timeout_ns);
  const Ns every = std::max<Ns>(kNsPerMs, options_.stall_timeout_ns / 4);
  stall_timer_->set(mono() + every, [this] { turn(); });
}

}  // namespace tapedeck
