// AlphaHub's gap-fill: the signal history by date (docs/feeds/alphahub.md, "Gap-fill").
#pragma once

#include <memory>

#include "schema/feeds/alphahub/config.h"
#include "schema/gapfill.h"

namespace tapedeck::alphahub {

// `settings` must outlive the fill.
std::unique_ptr<GapFill> make_fill(const Settings& settings, const FillTask& task);

}  // namespace tapedeck::alphahub
