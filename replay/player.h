// Serves the frames that the deck has reached to the audience, on the server's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "replay/audience.h"
#include "replay/block.h"
#include "replay/cue.h"
#include "replay/deck.h"
#include "replay/lateness.h"
#include "replay/net/server.h"
#include "replay/source.h"
#include "schema/base/result.h"
#include "schema/base/time.h"

namespace tapedeck {

// At a fixed speed a frame leaves at its deadline on the deck's clock; one timer is set to the next
// deadline and all that is due goes out in one turn. At `max`, and while stepping, frames leave as
// fast as every client reads. A turn is bounded, so that control and heartbeats are never starved.
//
// It begins waiting: the deck starts `grace_ns` after the last subscription once `wait_clients`
// clients have one. All calls on the server's thread.
class Player {
 public:
  struct Options {
    int wait_clients = 1;
    Ns grace_ns = 500 * kNsPerMs;
    bool paused = false;  // begins paused instead of waiting
    Ns stall_timeout_ns = 30 * kNsPerSec;
    // Longer silence of all that is played is shortened to this (tape time) while playing at a
    // fixed speed; 0: never.
    Ns idle_ns_max = 0;
    std::size_t client_queue_bytes_max = std::size_t{16} << 20U;
    bool waits_for_slow = false;  // at a fixed speed too: a slow client holds the deck up
  };
  struct Hooks {
    std::function<void(const DueFrame&)> on_snapshot;  // a snapshot frame is about to be served
    std::function<void()> on_end;                      // everybody was told
    std::function<void(const std::string& why)>
        on_error;  // the source failed: nothing more will come
  };

  // `start_ns`: position 0. The references outlive the player.
  Player(const Deck& deck, Ns start_ns, FrameSource& source, Server& server, const Clock& clock,
         const Options& options, Hooks hooks);

  // What happens besides frames. Before start().
  void set_cues(std::vector<Cue> cues) { cues_ = CueSheet(std::move(cues)); }
  // Begins reading, and waiting (or pausing). Once.
  void start();
  // The server is about to go: lets its timers go. Of the calls below only leave() may follow.
  void shutdown();

  void join(Listener& listener);
  void leave(Listener& listener);
  // `listener` has (another) subscription, or none any more.
  void subscription(Listener& listener);
  // From now on rows are served along with frames: somebody wants them.
  void serve_rows();
  // A client's queue has drained.
  void drained() { turn(); }

  // At `max`, for a cue: waits as at the beginning until `clients` more than now are subscribed,
  // but no longer than the stall timeout.
  void await_more(int clients);

  // What cannot apply is an error and changes nothing.
  Result<void> play();
  Result<void> pause();
  Result<void> seek(Ns pos);
  Result<void> set_speed(Speed speed);
  // Serves the next `count` inbound data frames (and what lies between) at once, and stands still
  // again.
  Result<void> step(std::int64_t count);

  DeckState state() const;
  // Not past a frame that is late.
  Ns position() const;
  const Deck& deck() const { return deck_; }
  Ns start_ns() const { return start_ns_; }
  bool has_ended() const { return phase_ == Phase::ended; }
  // It waits no longer for its first clients.
  bool has_begun() const { return phase_ == Phase::on || is_recess_; }
  // What a client's queue may hold before it is closed as slow.
  std::size_t queue_bytes_max() const;
  const Lateness& lateness() const { return lateness_; }
  // Tape time stands still though it was told to play: a client, the disk or this machine is too
  // slow.
  bool is_held() const { return phase_ == Phase::on && deck_.is_playing() && deck_.is_held(); }
  // How often and for how long this machine was too slow for the speed, so that tape time stalled.
  std::int64_t falls() const { return falls_; }
  Ns fallen_ns() const { return fallen_ns_; }
  // Tape time over live time while it was told to play; 0 before that.
  double achieved_speed() const;
  std::int64_t frames_played() const { return frames_played_; }
  const Audience& audience() const { return audience_; }
  Audience& audience() { return audience_; }

 private:
  enum class Phase : std::uint8_t { waiting, on, ended };

  Ns mono() const { return clock_.now().mono; }
  bool is_moving() const { return phase_ == Phase::on && (deck_.is_playing() || steps_left_ > 0); }
  bool is_free() const { return !is_paced() || options_.waits_for_slow; }
  bool is_paced() const { return steps_left_ == 0 && !deck_.speed().is_max; }
  void check_start(bool is_new);
  void seek_source(Ns pos);
  void begin();
  void end_wait();
  void turn();
  void run_turn();
  void post_turn();
  bool have_block(Ns now);
  bool pass_mark(Ns now);
  const Cue* next_cue() const;
  bool is_due(Ns pos, Ns& now);
  void shorten_silence(Ns pos);
  bool has_room(Ns now);
  void measure(Ns pos, Ns now);
  std::size_t serve(Ns now);
  void count(const DueFrame& frame);
  void run_cue(Ns now);
  void wait_for_clients();
  void finish(Ns now);
  void changed();

  Deck deck_;
  const Ns start_ns_;
  FrameSource& source_;
  Server& server_;
  const Clock& clock_;
  const Options options_;
  const Hooks hooks_;
  Audience audience_;
  Lateness lateness_;
  std::unique_ptr<Server::Timer> pace_timer_;
  std::unique_ptr<Server::Timer> start_timer_;
  std::unique_ptr<Server::Timer> stall_timer_;

  Phase phase_ = Phase::waiting;
  int awaited_;             // clients, in Phase::waiting
  bool is_recess_ = false;  // waiting on the way, not at the beginning
  CueSheet cues_;
  Ns silent_since_ns_ = 0;        // the position from which silence is counted
  std::unique_ptr<Block> block_;  // being served
  std::size_t next_ = 0;          // within the block
  std::int64_t steps_left_ = 0;
  std::int64_t frames_played_ = 0;
  Ns reached_ns_ = 0;          // where the last frame lay, or the last seek went
  std::size_t reached_n_ = 0;  // how many frames of just that position have been served since
  bool serves_rows_ = false;
  std::size_t unchecked_bytes_ = 0;  // served since the clients' queues were last looked at
  std::int64_t falls_ = 0;
  Ns fallen_ns_ = 0;
  bool is_in_turn_ = false;
  bool is_posted_ = false;
  bool was_playing_ = false;  // when the end came
  // Tasks that were posted look whether the player is still there.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace tapedeck
