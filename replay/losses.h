// `--disconnects`: recorded losses come back at their place.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "replay/cue.h"
#include "replay/outages.h"
#include "replay/player.h"
#include "schema/service.h"

namespace tapedeck {

// On the server's thread.
class Losses {
 public:
  // The player outlives this.
  Losses(std::vector<Outage> outages, Player& player);

  // For the player. They refer to this.
  std::vector<Cue> cues();

  // 503 while the endpoint is away at the deck's position. While the deck has not begun (it waits
  // for its clients) and at the end everybody is let in.
  std::optional<HttpReply> refuse(const Endpoint* endpoint) const;

 private:
  void lose(const Outage& outage);
  void come_back(const Outage& outage);

  const std::vector<Outage> outages_;
  Player& player_;
  std::map<const Endpoint*, int>
      missing_;  // subscribed clients that were closed, and are not awaited yet
};

}  // namespace tapedeck
