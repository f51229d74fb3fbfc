// The deck's buttons and dials as text: what the control API and `/tape` share, and the API itself
// (contract section 5, Control).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "replay/faults.h"
#include "replay/own_clock.h"
#include "replay/player.h"
#include "replay/tape_set.h"
#include "schema/base/result.h"
#include "schema/service.h"

namespace tapedeck {

// `"playing":…,"speed":…,"pos_ns":…`, without braces.
std::string state_members(const DeckState& state);

// `to`: RFC 3339, an offset from the start (`+30s`, `30s`), or a position in nanoseconds as in
// `pos_ns`.
Result<void> seek_to(Player& player, std::string_view to);
Result<void> set_speed_to(Player& player, std::string_view value);
Result<void> step_by(Player& player, std::string_view count);

// Answers `/api/…`. On the server's thread.
class Control {
 public:
  // nullptr: there are none. All of them outlive this.
  Control(Player& player, const TapeSet& tapes, const OwnClocks* own_clocks = nullptr,
          const Faults* faults = nullptr)
      : player_(player), tapes_(tapes), own_clocks_(own_clocks), faults_(faults) {}

  // 404 for a path that is not there, 405 for a method that does not fit, 400 for what cannot
  // apply.
  HttpReply answer(const HttpRequest& request);

 private:
  std::string status() const;
  std::string tapes() const;
  Result<void> carry_out(const Target& target);

  Player& player_;
  const TapeSet& tapes_;
  const OwnClocks* own_clocks_;  // nullptr: nobody can have one
  const Faults* faults_;         // nullptr: none are meant
};

}  // namespace tapedeck
