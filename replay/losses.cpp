#include "replay/losses.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "replay/feed_client.h"

namespace tapedeck {

Losses::Losses(std::vector<Outage> outages, Player& player)
    : outages_(std::move(outages)), player_(player) {}

std::vector<Cue> Losses::cues() {
  std::vector<Cue> cues;
  for (const Outage& outage : outages_) {
    cues.push_back({outage.from_ns, false, [this, &outage] { lose(outage); }});
    if (outage.to_ns == Outage::kNever) continue;
    const bool is_before = outage.to_ns > outage.from_ns;
    cues.push_back({outage.to_ns, is_before, [this, &outage] { come_back(outage); }});
  }
  return cues;
}

std::optional<HttpReply> Losses::refuse(const Endpoint* endpoint) const {
  if (player_.has_ended() || !player_.has_begun()) return std::nullopt;
  const Ns pos = player_.position();
  const bool is_away = std::any_of(outages_.begin(), outages_.end(), [&](const Outage& outage) {
    return outage.endpoint == endpoint && outage.from_ns <= pos && pos < outage.to_ns;
  });
  if (!is_away) return std::nullopt;
  return error_reply(503, endpoint->feed + " " + endpoint->name +
                              " was away at this place of the tape (--disconnects)");
}

void Losses::lose(const Outage& outage) {
  const RecordedEnd& end = outage.end;
  const int gone = end.code ? player_.audience().close_at(*outage.endpoint, *end.code, end.reason)
                            : player_.audience().cut_at(*outage.endpoint);
  missing_[outage.endpoint] = gone;
  spdlog::info("{} {}: the recorded loss {}", outage.endpoint->feed, outage.endpoint->name,
               end.code ? "with code " + std::to_string(*end.code) : "without a close frame");
}

// At `max` there is no time in which a client could come back: the deck waits for those that it
// sent away.
void Losses::come_back(const Outage& outage) {
  const int gone = std::exchange(missing_[outage.endpoint], 0);
  if (gone > 0) player_.await_more(gone);
}

}  // namespace tapedeck
