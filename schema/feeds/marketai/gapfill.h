// What to ask Market.ai for a gap, and how the gap ends (docs/feeds/marketai.md, "Gap-fill").
#pragma once

#include <memory>

#include "schema/feeds/marketai/config.h"
#include "schema/gapfill.h"

namespace tapedeck::marketai {

// `settings` outlives the fill.
std::unique_ptr<GapFill> make_fill(const Settings& settings, const FillTask& task);

}  // namespace tapedeck::marketai
