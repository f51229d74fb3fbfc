// Everybody who hears the deck, and how long the slowest of them may hold it up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replay/block.h"
#include "replay/deck.h"
#include "schema/base/time.h"

namespace tapedeck {

inline constexpr std::string_view kSlowClient = "slow client";
inline constexpr std::string_view kEndOfTape = "end of tape";

struct DeckState {
  bool is_playing = false;
  bool is_waiting = false;  // for the awaited clients
  bool has_ended = false;
  Speed speed;
  Ns pos_ns = 0;  // from the start of the tape
};

struct ClientInfo {
  std::uint64_t id = 0;
  std::string address;
  std::string feed;  // `tape` for /tape
  std::string endpoint;
  bool is_subscribed = false;
  bool has_own_clock = false;
  std::int64_t frames_sent = 0;
  std::size_t queued_bytes = 0;
  std::int64_t faults = 0;
  std::int64_t stalls = 0;  // how often it held everybody up, and for how long altogether
  Ns stalled_ns = 0;
};

// One client as the player sees it. Calls come on the server's thread and never end the listener's
// life.
class Listener {
 public:
  virtual ~Listener() = default;

  virtual void on_due(const DueFrame& frame) = 0;
  virtual void on_state(const DeckState& state) = 0;
  virtual void on_end() = 0;
  // The only endpoint whose frames concern it; nullptr: all of them.
  virtual const Endpoint* endpoint() const = 0;
  // Has a subscription and is not being closed.
  virtual bool is_subscribed() const = 0;
  // 0 once it is being closed.
  virtual std::size_t queued_bytes() const = 0;
  virtual void notify_below(std::size_t bytes) = 0;
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  // Ends the connection without a close frame, once what is queued has gone.
  virtual void hang_up() = 0;
  virtual ClientInfo info() const = 0;
};

// Not thread-safe. Listeners may leave from within any call to them.
class Audience {
 public:
  void join(Listener& listener);
  void leave(Listener& listener);

  std::size_t size() const { return size_; }
  int subscribed() const;
  std::vector<ClientInfo> infos() const;
  // What those were sent who have left.
  std::int64_t frames_sent_before() const { return frames_sent_before_; }
  // Those of them that held everybody up: the worst, at most kStalledMax.
  const std::vector<ClientInfo>& stalled_before() const { return stalled_before_; }
  static constexpr std::size_t kStalledMax = 16;

  void deliver(const DueFrame& frame);
  void tell(const DeckState& state);
  void end();
  void close_all(std::uint16_t code, std::string_view reason);
  // Those of one endpoint, with a close frame or without. How many of them were subscribed.
  int close_at(const Endpoint& endpoint, std::uint16_t code, std::string_view reason);
  int cut_at(const Endpoint& endpoint);

  // Asks every client with more than `high` bytes in its queue to tell when it is at `low`; true
  // while one of them has not come down to that.
  bool is_full(std::size_t high, std::size_t low, Ns mono);
  // Closes (1008) those that held up since `mono - timeout` without reading a byte.
  void drop_stalled(Ns mono, Ns timeout);

 private:
  struct Seat {
    Listener* listener = nullptr;  // nullptr: left while seats were being walked
    std::size_t queued_bytes = 0;  // when it last made progress while it held up
    Ns since_mono = 0;             // and when that was
    std::size_t asked_low = 0;     // what notify_below() was last asked for
    bool holds_up = false;
    bool is_dropped = false;
    std::optional<Ns> held_since_mono;  // while it holds up a deck that would go on
    Ns held_ns = 0;                     // before that
    std::int64_t stalls = 0;
  };
  ClientInfo info_of(const Seat& seat) const;
  void let_go(Seat& seat);
  void remember(ClientInfo info);
  template <class Call>
  void each(Call call);
  template <class Call>
  int dismiss(const Endpoint& endpoint, Call call);

  std::vector<Seat> seats_;
  std::size_t size_ = 0;
  std::int64_t frames_sent_before_ = 0;
  std::vector<ClientInfo> stalled_before_;
  Ns now_mono_ = 0;  // when anybody last looked
  int walks_ = 0;    // how many each() are under way
};

}  // namespace tapedeck
