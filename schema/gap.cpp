#include "schema/gap.h"

#include <initializer_list>

namespace tapedeck {
namespace {

template <class Enum>
std::optional<Enum> parse_one_of(std::string_view text, std::initializer_list<Enum> values) {
  for (const Enum value : values) {
    if (to_string(value) == text) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(GapCause cause) {
  switch (cause) {
    case GapCause::disconnect:
      return "disconnect";
    case GapCause::restart:
      return "restart";
    case GapCause::sequence:
      return "sequence";
    case GapCause::channel:
      return "channel";
    case GapCause::overload:
      return "overload";
  }
  return "";
}

std::string_view to_string(GapMethod method) {
  switch (method) {
    case GapMethod::none:
      return "none";
    case GapMethod::after:
      return "after";
    case GapMethod::snapshot:
      return "snapshot";
    case GapMethod::peer:
      return "peer";
  }
  return "";
}

std::string_view to_string(GapStatus status) {
  switch (status) {
    case GapStatus::open:
      return "open";
    case GapStatus::filled:
      return "filled";
    case GapStatus::partial:
      return "partial";
    case GapStatus::unfillable:
      return "unfillable";
  }
  return "";
}

std::optional<GapCause> parse_gap_cause(std::string_view text) {
  return parse_one_of(text, {GapCause::disconnect, GapCause::restart, GapCause::sequence,
                             GapCause::channel, GapCause::overload});
}

std::optional<GapMethod> parse_gap_method(std::string_view text) {
  return parse_one_of(text,
                      {GapMethod::none, GapMethod::after, GapMethod::snapshot, GapMethod::peer});
}

std::optional<GapStatus> parse_gap_status(std::string_view text) {
  return parse_one_of(
      text, {GapStatus::open, GapStatus::filled, GapStatus::partial, GapStatus::unfillable});
}

}  // namespace tapedeck
