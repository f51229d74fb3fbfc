#include "schema/feeds/registry.h"

#include "schema/feeds/alphahub/feed.h"
#include "schema/feeds/alterscope/feed.h"
#include "schema/feeds/hypercall/feed.h"
#include "schema/feeds/marketai/feed.h"
#include "schema/feeds/nexusglass/feed.h"

namespace tapedeck {

std::span<const Feed* const> all_feeds() {
  static const Feed* const feeds[] = {
      &alterscope_feed(), &alphahub_feed(), &nexusglass_feed(), &hypercall_feed(), &marketai_feed(),
  };
  return feeds;
}

const Feed* find_feed(std::string_view name) {
  for (const Feed* feed : all_feeds()) {
    if (feed->name() == name) return feed;
  }
  return nullptr;
}

}  // namespace tapedeck
