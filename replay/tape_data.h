// What a feed's sessions may look up on the tapes being played.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "replay/player.h"
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
  // REST's matter (RestDesk): none here.
  std::vector<std::string> history(const Query& /*query*/) override { return {}; }

 private:
  const Feed& feed_;
  const Player& player_;
  TapeSet& tapes_;
  SnapshotIndex& snapshots_;
  EndpointTable& endpoints_;
};

}  // namespace tapedeck
