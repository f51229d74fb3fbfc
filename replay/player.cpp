#include "replay/player.h"

#include <algorithm>
#include <utility>

namespace tapedeck {

namespace {

// A turn's bounds.
constexpr Ns kTurnNs = 2 * kNsPerMs;
constexpr std::size_t kTurnBytes = std::size_t{1} << 20U;
constexpr int kClockEvery = 16;  // frames between two readings of the clock

}  // namespace

Player::Player(const Deck& deck, Ns start_ns, FrameSource& source, Server& server,
               const Clock& clock, const Options& options, Hooks hooks)
    : deck_(deck),
      start_ns_(start_ns),
      source_(source),
      server_(server),
      clock_(clock),
      options_(options),
      hooks_(std::move(hooks)),
      pace_timer_(server.make_timer()),
      start_timer_(server.make_timer()),
      stall_timer_(server.make_timer()),
      awaited_(options.wait_clients) {}

void Player::start() {
  source_.on_ready([this, alive = std::weak_ptr(alive_)] {
    server_.post([this, alive] {
      if (!alive.expired()) turn();
    });
  });
  seek_source(deck_.position(mono()));
  if (options_.paused) {
    phase_ = Phase::on;
  } else {
    check_start(true);
  }
}

void Player::shutdown() {
  phase_ = Phase::ended;
  deck_.release(mono());
  pace_timer_.reset();
  start_timer_.reset();
  stall_timer_.reset();
}

void Player::join(Listener& listener) {
  audience_.join(listener);
}

void Player::leave(Listener& listener) {
  audience_.leave(listener);
  check_start(false);
  // It may have been the one that held everybody up.
  if (deck_.is_held()) post_turn();
}

void Player::subscription(Listener& listener) {
  check_start(listener.is_subscribed());
}

// The grace begins anew with each new subscription.
void Player::check_start(bool is_new) {
  if (phase_ != Phase::waiting) return;
  if (audience_.subscribed() < awaited_) return start_timer_->cancel();
  if (is_new) start_timer_->set(mono() + options_.grace_ns, [this] { begin(); });
}

void Player::end_wait() {
  phase_ = Phase::on;
  awaited_ = options_.wait_clients;
  is_recess_ = false;
}

void Player::await_more(int clients) {
  if (phase_ != Phase::on || !deck_.is_playing() || !deck_.speed().is_max) return;
  deck_.pause(mono());
  phase_ = Phase::waiting;
  is_recess_ = true;
  awaited_ = audience_.subscribed() + clients;
  stall_timer_->set(mono() + options_.stall_timeout_ns, [this] {
    if (is_recess_) begin();
  });
  changed();
}

void Player::begin() {
  start_timer_->cancel();
  end_wait();
  deck_.play(mono());
  changed();
  turn();
}

Result<void> Player::play() {
  if (phase_ == Phase::ended) return Error{"the tape has ended: seek first"};
  if (phase_ == Phase::on && deck_.is_playing()) return {};
  steps_left_ = 0;
  begin();
  return {};
}

Result<void> Player::pause() {
  if (phase_ == Phase::ended) return Error{"the tape has ended: nothing is playing"};
  start_timer_->cancel();
  pace_timer_->cancel();
  end_wait();
  steps_left_ = 0;
  deck_.pause(mono());
  changed();
  return {};
}

Result<void> Player::seek(Ns pos) {
  const Ns now = mono();
  if (auto moved = deck_.seek(pos, now); !moved) return moved;
  pace_timer_->cancel();
  block_.reset();
  steps_left_ = 0;
  seek_source(pos);
  if (phase_ == Phase::ended) {
    phase_ = was_playing_ ? Phase::waiting : Phase::on;
    check_start(true);
  }
  changed();
  turn();
  return {};
}

void Player::seek_source(Ns pos) {
  cues_.seek(pos);
  silent_since_ns_ = pos;
  reached_ns_ = pos;
  reached_n_ = 0;
  source_.seek(pos);
}

// What was read ahead has none: it is read again, from where the deck has come to.
void Player::serve_rows() {
  if (std::exchange(serves_rows_, true)) return;
  block_.reset();
  source_.seek_with_rows(reached_ns_, reached_n_);
  turn();
}

Result<void> Player::set_speed(Speed speed) {
  deck_.set_speed(speed, mono());
  pace_timer_->cancel();
  changed();
  turn();
  return {};
}

Result<void> Player::step(std::int64_t count) {
  if (count < 1) return Error{"step: count must be 1 or more"};
  if (phase_ == Phase::ended) return Error{"the tape has ended: seek first"};
  if (phase_ == Phase::on && deck_.is_playing())
    return Error{"the deck is playing: pause it before stepping"};
  start_timer_->cancel();
  end_wait();
  steps_left_ += count;
  turn();
  return {};
}

DeckState Player::state() const {
  DeckState state;
  state.is_playing = phase_ == Phase::on && deck_.is_playing();
  state.is_waiting = phase_ == Phase::waiting;
  state.has_ended = phase_ == Phase::ended;
  state.speed = deck_.speed();
  state.pos_ns = position() - start_ns_;
  return state;
}

// Where the slowest client sets the pace its queue is bounded by that; what a session says of its
// own accord may come on top.
std::size_t Player::queue_bytes_max() const {
  return !is_free() ? options_.client_queue_bytes_max : 2 * options_.client_queue_bytes_max;
}

void Player::changed() {
  audience_.tell(state());
}

void Player::turn() {
  if (is_in_turn_) return;
  is_in_turn_ = true;
  run_turn();
  is_in_turn_ = false;
}

void Player::run_turn() {
  Ns now = mono();
  const Ns until = now + kTurnNs;
  std::size_t bytes = 0;
  for (int served = 1; is_moving(); ++served) {
    if (served % kClockEvery == 0) now = mono();
    if (now >= until || bytes >= kTurnBytes) return post_turn();
    if (!have_block(now)) return;
    if (const Cue* cue = next_cue()) {
      if (!is_due(cue->pos_ns, now)) return;
      run_cue(now);
      continue;
    }
    if (block_->kind != Block::Kind::frames) {
      if (!pass_mark(now)) return;
      continue;
    }
    const Ns pos = block_->pos_ns(next_);
    if (!is_due(pos, now)) return;
    measure(pos, now);
    bytes += serve(now);
  }
}

void Player::post_turn() {
  if (is_posted_) return;
  is_posted_ = true;
  server_.post([this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    is_posted_ = false;
    turn();
  });
}

// Without one the deck is held: a slow disk delays everybody and hurries nobody.
bool Player::have_block(Ns now) {
  if (block_ && (block_->kind != Block::Kind::frames || next_ < block_->size())) return true;
  block_ = source_.take();
  next_ = 0;
  if (block_) return true;
  deck_.hold(now);
  return false;
}

// False when nothing follows. Before the goodbye everybody may read what there is, within the stall
// timeout.
bool Player::pass_mark(Ns now) {
  if (block_->kind == Block::Kind::end && audience_.is_full(0, 0, now)) {
    deck_.hold(now);
    wait_for_clients();
    return false;
  }
  const std::unique_ptr<Block> mark = std::move(block_);
  if (mark->kind == Block::Kind::wrap) {
    deck_.release(now);
    const auto moved = deck_.seek(deck_.from(), now);
    reached_ns_ = deck_.from();
    reached_n_ = 0;
    cues_.seek(deck_.from());
    silent_since_ns_ = deck_.from();
    changed();
    return moved.ok();
  }
  finish(now);
  if (mark->kind == Block::Kind::error) {
    audience_.close_all(close_code::kInternalError, "the tape cannot be read any further");
    if (hooks_.on_error) hooks_.on_error(mark->message);
  } else {
    const auto at_end = deck_.seek(deck_.to(), now);
    if (at_end.ok()) changed();
    audience_.end();
    if (hooks_.on_end) hooks_.on_end();
  }
  return false;
}

void Player::finish(Ns now) {
  was_playing_ = deck_.is_playing();
  deck_.release(now);
  deck_.pause(now);
  steps_left_ = 0;
  phase_ = Phase::ended;
  pace_timer_->cancel();
  stall_timer_->cancel();
}

// What comes before the next frame, or before the end.
const Cue* Player::next_cue() const {
  if (block_->kind == Block::Kind::error) return nullptr;
  if (block_->kind == Block::Kind::frames) return cues_.next_before(block_->pos_ns(next_));
  const Cue* cue = cues_.next();
  return cue != nullptr && cue->pos_ns <= deck_.to() ? cue : nullptr;
}

void Player::run_cue(Ns now) {
  const Cue cue = *cues_.next();
  cues_.pass();
  silent_since_ns_ = cue.pos_ns;
  if (!is_paced()) deck_.reached(cue.pos_ns, now);
  cue.run();
}

std::size_t Player::serve(Ns now) {
  const DueFrame frame = block_->frame(next_++);
  deck_.extend(frame.pos_ns);
  silent_since_ns_ = frame.pos_ns;
  if (!is_paced()) deck_.reached(frame.pos_ns, now);
  if (frame.served.tag.is_snapshot && hooks_.on_snapshot) hooks_.on_snapshot(frame);
  audience_.deliver(frame);
  if (frame.kind != DueKind::row) count(frame);
  if (steps_left_ > 0 && is_served_data(frame) && --steps_left_ == 0) changed();
  unchecked_bytes_ += frame.served.payload.size();
  return frame.served.payload.size() * std::max<std::size_t>(1, audience_.size());
}

void Player::count(const DueFrame& frame) {
  ++frames_played_;
  if (frame.pos_ns != reached_ns_) reached_n_ = 0;
  reached_ns_ = frame.pos_ns;
  ++reached_n_;
}

}  // namespace tapedeck
