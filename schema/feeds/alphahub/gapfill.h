// AlphaHub's gap-fill: the signal history by date (docs/feeds/alphahub.md, "Gap-fill").
#pragma once

#include <memory>

#include "schema/feeds/alphahub/config.h"
#include "schema/feeds/alphahub/tokens.h"
#include "schema/gapfill.h"

namespace tapedeck::alphahub {

// `settings` and `tokens` must outlive the fill.
std::unique_ptr<GapFill> make_fill(const Settings& settings, Tokens& tokens, const FillTask& task);

}  // namespace tapedeck::alphahub
