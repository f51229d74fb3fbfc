// `?clock=own`: connections with a deck of their own, which nobody else's buttons move (contract
// section 5).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "replay/feed_client.h"
#include "replay/player.h"
#include "replay/range.h"
#include "replay/source.h"
#include "replay/tape_client.h"
#include "replay/tape_set.h"
#include "schema/base/result.h"

namespace tapedeck {

// Whether a request wants a clock of its own. An error for an unknown `clock`, and for `speed`,
// `from` or `to` without one when `strict`.
Result<bool> wants_own_clock(const Target& target, bool strict);

// Makes and counts them. On the server's thread.
class OwnClocks {
 public:
  // Each has a thread and a reader of every tape.
  static constexpr std::size_t kClocksMax = 64;

  struct Setup {
    Range whole;  // what there is
    Range range;  // what the server plays
    Speed speed;
    Player::Options playing;
    std::shared_ptr<const HealPlan> healing;
    std::function<void()> on_left;  // one has gone
  };
  // The references outlive this.
  OwnClocks(Setup setup, TapeSet& tapes, SnapshotIndex& snapshots, EndpointTable& endpoints,
            TapeEncoder& encoder, Server& server, const Clock& clock);
  ~OwnClocks();
  OwnClocks(const OwnClocks&) = delete;
  OwnClocks& operator=(const OwnClocks&) = delete;

  // A client that plays on a clock of its own: it starts at its subscription, with the server's
  // speed, from and to unless the query has others. A refusal is 400 for a wrong query, 503 when
  // there are kClocksMax.
  WebHandler::Upgrade admit_tape(const Target& target, TapeQuery query);
  WebHandler::Upgrade admit_feed(const Endpoint* endpoint, const Mounted& mounted);

  std::size_t size() const { return clocks_.size(); }
  std::vector<ClientInfo> infos() const;
  // What those were sent who have left.
  std::int64_t frames_sent_before() const { return frames_sent_before_; }

 private:
  class OwnClock;
  struct Play {
    Range range;
    Speed speed;
    bool rows = false;
  };
  Result<Play> read(const Target& target) const;
  Result<std::unique_ptr<TapeSource>> open_source(const Play& play) const;
  void left(OwnClock& clock);
  void sweep();

  const Setup setup_;
  TapeSet& tapes_;
  SnapshotIndex& snapshots_;
  EndpointTable& endpoints_;
  TapeEncoder& encoder_;
  Server& server_;
  const Clock& clock_;
  std::vector<OwnClock*> clocks_;
  std::vector<std::unique_ptr<TapeSource>> retired_;  // their threads are on their way out
  std::int64_t frames_sent_before_ = 0;
};

}  // namespace tapedeck
