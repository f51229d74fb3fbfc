#include "replay/tape_data.h"

#include <spdlog/spdlog.h>

#include "replay/recorded_event.h"

namespace tapedeck {

TapeData::TapeData(const Feed& feed, const Player& player, TapeSet& tapes, SnapshotIndex& snapshots,
                   EndpointTable& endpoints)
    : feed_(feed), player_(player), tapes_(tapes), snapshots_(snapshots), endpoints_(endpoints) {}

std::optional<ServiceData::SnapshotFrame> TapeData::snapshot(std::string_view endpoint) {
  const auto place = snapshots_.find(endpoints_.intern(feed_.name(), endpoint), now_ns());
  if (!place) return std::nullopt;
  auto payload = read_payload(*tapes_.tapes()[place->tape].reader, place->frame_id);
  if (!payload) {
    spdlog::warn("a client begins without its snapshot: {}", payload.error().message);
    return std::nullopt;
  }
  return SnapshotFrame{served_id(place->tape, place->frame_id), std::move(*payload)};
}

}  // namespace tapedeck
