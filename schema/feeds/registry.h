// Every feed that tapedeck knows.
#pragma once

#include <span>
#include <string_view>

#include "schema/feed.h"

namespace tapedeck {

std::span<const Feed* const> all_feeds();
const Feed* find_feed(std::string_view name);  // nullptr when there is none

}  // namespace tapedeck
