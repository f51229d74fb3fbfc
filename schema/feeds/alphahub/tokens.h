// The token of one account, shared by all that one plan makes: a login serves the connections and
// the gap-fills alike.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "schema/base/time.h"

namespace tapedeck::alphahub {

// Pure: its users tell it the time, on the monotonic clock; without a clock nothing is shared.
class Tokens {
 public:
  explicit Tokens(Ns age_max) : age_max_(age_max) {}

  // Empty where there is none that is young enough: log in.
  std::string young(std::optional<Ns> now_mono_ns) const {
    const bool is_young =
        asked_mono_ns_ && now_mono_ns && *now_mono_ns - *asked_mono_ns_ < age_max_;
    return is_young ? token_ : "";
  }
  // A login that was asked for then gave it.
  void keep(std::string token, std::optional<Ns> asked_mono_ns) {
    token_ = std::move(token);
    asked_mono_ns_ = asked_mono_ns;
  }
  // The service refused it. One that came since stays.
  void drop(std::string_view token) {
    if (token == token_) asked_mono_ns_.reset();
  }

 private:
  const Ns age_max_;
  std::string token_;
  std::optional<Ns> asked_mono_ns_;
};

}  // namespace tapedeck::alphahub
