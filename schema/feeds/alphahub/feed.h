// AlphaHub: trading signals of algorithms over Phoenix channels (docs/feeds/alphahub.md).
#pragma once

#include "schema/feed.h"

namespace tapedeck {

const Feed& alphahub_feed();

}  // namespace tapedeck
