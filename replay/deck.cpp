#include "replay/deck.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "schema/base/text.h"

namespace tapedeck {

namespace {

constexpr Ns kFarFuture = std::numeric_limits<Ns>::max();

// Saturates: a tiny speed puts the next frame beyond the end of time.
Ns add_saturating(Ns base, long double offset) {
  const long double sum = static_cast<long double>(base) + offset;
  if (sum >= static_cast<long double>(kFarFuture)) return kFarFuture;
  return static_cast<Ns>(sum);
}

}  // namespace

Result<Speed> parse_speed(std::string_view text) {
  text = trim(text);
  if (text == "max") return Speed{1, true};
  double rate = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
  const bool is_whole = error == std::errc() && end == text.data() + text.size();
  if (!is_whole || !std::isfinite(rate) || rate <= 0) {
    return Error{"speed " + json_string(text) + " is neither a positive number nor max"};
  }
  return Speed{rate, false};
}

std::string to_json(const Speed& speed) {
  if (speed.is_max) return "\"max\"";
  char digits[32];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, speed.rate);
  return error == std::errc() ? std::string(digits, end) : "0";
}

Ns Deck::position(Ns mono) const {
  if (!is_running() || speed_.is_max || mono <= anchor_mono_) return anchor_pos_;
  const long double moved = std::floor(static_cast<long double>(mono - anchor_mono_) *
                                       static_cast<long double>(speed_.rate));
  return std::min(to_, add_saturating(anchor_pos_, moved));
}

std::optional<Ns> Deck::deadline_of(Ns pos) const {
  if (!is_running()) return std::nullopt;
  if (speed_.is_max || pos <= anchor_pos_) return anchor_mono_;
  const long double wait = std::ceil(static_cast<long double>(pos - anchor_pos_) /
                                     static_cast<long double>(speed_.rate));
  return add_saturating(anchor_mono_, wait);
}

void Deck::advance_to(Ns pos, Ns mono) {
  if (is_playing_) played_ns_ += pos - anchor_pos_;
  anchor(pos, mono);
}

void Deck::play(Ns mono) {
  if (is_playing_) return;
  anchor(anchor_pos_, mono);
  is_playing_ = true;
  playing_since_ = mono;
}

void Deck::pause(Ns mono) {
  if (!is_playing_) return;
  advance_to(position(mono), mono);
  is_playing_ = false;
  playing_ns_ += mono - playing_since_;
}

Result<void> Deck::seek(Ns pos, Ns mono) {
  if (pos < from_ || pos > to_) {
    return Error{format_rfc3339(pos) + " is outside of what is played: " + format_rfc3339(from_) +
                 " to " + format_rfc3339(to_)};
  }
  advance_to(position(mono), mono);
  anchor(pos, mono);
  return {};
}

void Deck::set_speed(Speed speed, Ns mono) {
  advance_to(position(mono), mono);
  speed_ = speed;
}

void Deck::hold(Ns mono) {
  if (is_held_) return;
  advance_to(position(mono), mono);
  is_held_ = true;
}

void Deck::release(Ns mono) {
  if (!is_held_) return;
  anchor(anchor_pos_, mono);
  is_held_ = false;
}

void Deck::reached(Ns pos, Ns mono) {
  if (pos <= position(mono)) return;
  advance_to(std::min(pos, to_), mono);
}

void Deck::fall_back(Ns pos, Ns mono) {
  advance_to(std::clamp(pos, anchor_pos_, position(mono)), mono);
}

Ns Deck::played_ns(Ns mono) const {
  return played_ns_ + (is_playing_ ? position(mono) - anchor_pos_ : 0);
}

Ns Deck::playing_ns(Ns mono) const {
  return playing_ns_ + (is_playing_ ? mono - playing_since_ : 0);
}

}  // namespace tapedeck
