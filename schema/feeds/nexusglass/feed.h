// NexusGlass: market data, bridge analytics and prioritised events (docs/feeds/nexusglass.md).
#pragma once

#include "schema/feed.h"

namespace tapedeck {

const Feed& nexusglass_feed();

}  // namespace tapedeck
