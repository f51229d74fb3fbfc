// Hypercall: options exchange; order books, trades, chains, and one wallet's orders, fills and
// portfolio.
#pragma once

#include "schema/feed.h"

namespace tapedeck {

const Feed& hypercall_feed();

}  // namespace tapedeck
