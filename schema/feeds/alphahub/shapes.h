// The formats of AlphaHub's messages, as documented: what `drift` is told against.
#pragma once

#include "schema/shape.h"

namespace tapedeck::alphahub {

const FeedShapes& shapes();

}  // namespace tapedeck::alphahub
