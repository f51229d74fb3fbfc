// What a feed's service may look up on the tapes being played.
#pragma once

#include <string>
#include <vector>

#include "replay/player.h"
#include "replay/tape_set.h"
#include "schema/service.h"

namespace tapedeck {

// On the server's thread. The references outlive it.
class TapeData final : public ServiceData {
 public:
  TapeData(std::string feed, const Player& player, TapeSet& tapes, SnapshotIndex& snapshots,
           EndpointTable& endpoints)
      : feed_(std::move(feed)),
        player_(player),
        tapes_(tapes),
        snapshots_(snapshots),
        endpoints_(endpoints) {}

  // The deck's position as the tape's wall time.
  Ns now_ns() const override { return player_.position(); }
  std::optional<SnapshotFrame> snapshot(std::string_view endpoint) override;
  // Tapes give no history yet: whoever asks gets nothing, and was_asked() says so.
  std::vector<std::string> history(const Query& query) override;

  // Whether history() was called since the last time; forgets it.
  bool was_asked() { return std::exchange(was_asked_, false); }

 private:
  const std::string feed_;
  const Player& player_;
  TapeSet& tapes_;
  SnapshotIndex& snapshots_;
  EndpointTable& endpoints_;
  bool was_asked_ = false;
};

}  // namespace tapedeck
