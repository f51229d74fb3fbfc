// Market.ai: aggregated market data and signals of many exchanges (docs/feeds/marketai.md).
#pragma once

#include "schema/feed.h"

namespace tapedeck {

const Feed& marketai_feed();

}  // namespace tapedeck
