// The one clock that a replay's clients share: where on the tape "now" is.
//
// Pure arithmetic: every reading of the monotonic clock is passed in, so that it is tested by
// assigning time. Positions are wall times of the tape. While it runs, position = anchor + (mono -
// anchor's mono) x speed; the anchor moves only when something changes, so that rounding never adds
// up.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schema/base/result.h"
#include "schema/base/time.h"

namespace tapedeck {

struct Speed {
  double rate = 1;      // positive
  bool is_max = false;  // as fast as the clients read; `rate` is then of no account

  friend bool operator==(const Speed&, const Speed&) = default;
};

// Reads a positive number or `max`.
Result<Speed> parse_speed(std::string_view text);
// `1`, `0.5`, or `max` with quotes: as JSON.
std::string to_json(const Speed& speed);

class Deck {
 public:
  // Stands still at `from`; moves within [from, to].
  Deck(Ns from, Ns to, Speed speed) : from_(from), to_(to), speed_(speed), anchor_pos_(from) {}

  Ns from() const { return from_; }
  Ns to() const { return to_; }
  Speed speed() const { return speed_; }
  // Whether it was told to play, held up or not.
  bool is_playing() const { return is_playing_; }
  bool is_held() const { return is_held_; }

  Ns position(Ns mono) const;
  // When `pos` is due: the first mono at which position() has reached it. nullopt while the deck
  // stands still. At `max` everything is due at once.
  std::optional<Ns> deadline_of(Ns pos) const;

  void play(Ns mono);
  void pause(Ns mono);
  // An error when `pos` is outside of [from, to].
  Result<void> seek(Ns pos, Ns mono);
  void set_speed(Speed speed, Ns mono);

  // Time stands still for everybody while the player cannot serve (a client at `max` that does not
  // read, a disk that is slow); nothing is skipped or hurried afterwards.
  void hold(Ns mono);
  void release(Ns mono);

  // Goes on by `length` of tape at once (silence that nobody wants to wait for).
  void skip(Ns length) { anchor_pos_ = std::min(to_, anchor_pos_ + length); }

  // `pos` was due long ago and is only served now: time goes on from there, for all streams.
  void fall_back(Ns pos, Ns mono);

  // Tape time that was played, without seeks and skips, and the live time that it took, held or
  // not.
  Ns played_ns(Ns mono) const;
  Ns playing_ns(Ns mono) const;

  // At `max` and while stepping the frames move the deck: `pos` has been served. Never goes back.
  void reached(Ns pos, Ns mono);
  // A frame lies past the end that was known: the tape grew, or its wall clock stepped back.
  void extend(Ns pos) { to_ = pos > to_ ? pos : to_; }

 private:
  bool is_running() const { return is_playing_ && !is_held_; }
  void anchor(Ns pos, Ns mono) {
    anchor_pos_ = pos;
    anchor_mono_ = mono;
  }
  // As anchor(), for a position that was come to by playing.
  void advance_to(Ns pos, Ns mono);

  Ns from_;
  Ns to_;
  Speed speed_;
  bool is_playing_ = false;
  bool is_held_ = false;
  Ns anchor_pos_;
  Ns anchor_mono_ = 0;
  Ns played_ns_ = 0;      // up to the anchor
  Ns playing_ns_ = 0;     // up to the last pause
  Ns playing_since_ = 0;  // since the last play()
};

}  // namespace tapedeck
