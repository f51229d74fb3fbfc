// Hypercall's gap-fill: which streams REST can tell of again, and how it is asked (contract section
// 3; docs/feeds/hypercall.md, "Gap-fill").
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "schema/feeds/hypercall/config.h"
#include "schema/gapfill.h"

namespace tapedeck::hypercall {

// Longer than REST lags behind the socket or the socket behind REST.
inline constexpr Ns kRestLagNs = 2 * kNsPerSec;

// nullptr: REST tells nothing of this stream. `settings` outlives the fill.
std::unique_ptr<GapFill> make_fill(const Settings& settings, const FillTask& task);
std::optional<CursorPlan> cursor_plan(const Settings& settings, std::string_view stream);

// The parts of make_fill.
std::unique_ptr<GapFill> make_trade_fill(const Settings& settings, const Gap& gap);
enum class Ends : std::uint8_t { filled, partial };  // what a whole list makes of a gap
std::unique_ptr<GapFill> make_page_fill(const Settings& settings, const std::string& path,
                                        std::string_view path_key, Ends ends);

RestRequest get(const Settings& settings, std::string_view purpose, const std::string& target);
// What a refused request was answered, and which key to look at.
std::string remedy(const RestResponse& response, std::string_view path_key);

}  // namespace tapedeck::hypercall
