#include "replay/tape_data.h"

#include <spdlog/spdlog.h>

#include "replay/feed_client.h"
#include "replay/recorded_event.h"

namespace tapedeck {

TapeData::TapeData(const Feed& feed, const Player& player, TapeSet& tapes, SnapshotIndex& snapshots,
                   EndpointTable& endpoints)
    : feed_(feed), player_(player), tapes_(tapes), snapshots_(snapshots), endpoints_(endpoints) {
  if (const Recall* recall = feed.service().recall())
    history_.emplace(std::string(feed.name()), *recall, tapes);
}

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

std::vector<std::string> TapeData::history(const Query& query) {
  if (!history_) return {};
  auto found = history_->find(query, as_of_);
  if (found) return std::move(*found);
  error_ = found.error().message;
  return {};
}

std::optional<HttpReply> TapeData::rest(const HttpRequest& request) {
  as_of_ = now_ns();
  error_.clear();
  if (history_) history_->begin_request();
  auto reply = feed_.service().rest(request, *this);
  if (error_.empty()) return reply;
  spdlog::error("{}", error_);
  return error_reply(500, "the tape cannot be read: " + error_);
}

}  // namespace tapedeck
