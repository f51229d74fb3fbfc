#include "replay/tape_data.h"

#include <spdlog/spdlog.h>

namespace tapedeck {

namespace {

Result<std::string> read_payload(TapeReader& reader, std::int64_t frame_id) {
  auto cursor = reader.frames(frame_id);
  if (!cursor) return cursor.error();
  FrameRecord frame;
  const auto found = (*cursor)->next(frame);
  if (!found) return found.error();
  if (!*found || frame.id != frame_id)
    return Error{reader.path() + ": frame " + std::to_string(frame_id) + " is gone"};
  return std::string(frame.payload);
}

}  // namespace

std::optional<ServiceData::SnapshotFrame> TapeData::snapshot(std::string_view endpoint) {
  const auto place = snapshots_.find(endpoints_.intern(feed_, endpoint), now_ns());
  if (!place) return std::nullopt;
  auto payload = read_payload(*tapes_.tapes()[place->tape].reader, place->frame_id);
  if (!payload) {
    spdlog::warn("a client begins without its snapshot: {}", payload.error().message);
    return std::nullopt;
  }
  return SnapshotFrame{served_id(place->tape, place->frame_id), std::move(*payload)};
}

std::vector<std::string> TapeData::history(const Query& /*query*/) {
  was_asked_ = true;
  return {};
}

}  // namespace tapedeck
