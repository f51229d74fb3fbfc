// The formats of Hypercall's messages, as documented: what `drift` is told against.
#pragma once

#include "schema/shape.h"

namespace tapedeck::hypercall {

const FeedShapes& shapes();

}  // namespace tapedeck::hypercall
