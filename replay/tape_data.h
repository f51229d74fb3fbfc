// What a feed's service may look up on the tapes being played.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "replay/player.h"
#include "replay/tape_history.h"
#include "replay/tape_set.h"
#include "schema/feed.h"
#include "schema/service.h"

namespace tapedeck {

// On the server's thread. The references outlive it.
class TapeData final : public ServiceData {
 public:
  TapeData(const Feed& feed, const Player& player, TapeSet& tapes, SnapshotIndex& snapshots,
           EndpointTable& endpoints);

  // The deck's position as the tape's wall time.
  Ns now_ns() const override { return player_.position(); }
  std::optional<SnapshotFrame> snapshot(std::string_view endpoint) override;
  // What the tapes hold as of now(), rows that a gap-fill recovered at their event's time.
  std::vector<std::string> history(const Query& query) override;

  // The service's answer to a plain request, out of one moment of the tapes; nullopt: no such path.
  // 500 when a tape cannot be read.
  std::optional<HttpReply> rest(const HttpRequest& request);

 private:
  const Feed& feed_;
  const Player& player_;
  TapeSet& tapes_;
  SnapshotIndex& snapshots_;
  EndpointTable& endpoints_;
  std::optional<TapeHistory> history_;  // none for a feed that has no history
  Ns as_of_ = 0;                        // of the request that is being answered
  std::string error_;                   // why it cannot be
};

}  // namespace tapedeck
