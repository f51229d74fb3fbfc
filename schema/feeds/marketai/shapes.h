// The formats of Market.ai's messages, as documented: what `drift` is told against.
#pragma once

#include "schema/shape.h"

namespace tapedeck::marketai {

const FeedShapes& shapes();

}  // namespace tapedeck::marketai
