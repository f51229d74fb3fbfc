// Alterscope: changes of the factors of yield opportunities (docs/feeds/alterscope.md).
#pragma once

#include "schema/feed.h"

namespace tapedeck {

const Feed& alterscope_feed();

}  // namespace tapedeck
