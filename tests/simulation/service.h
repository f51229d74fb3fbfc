// One simulated service in the simulated world: its timeline, its sockets and its REST side.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "schema/base/json.h"
#include "schema/feed.h"
#include "tests/simulation/epochs.h"
#include "tests/simulation/world.h"

namespace tapedeck::testing {

// One WebSocket connection between a link and a service. Messages arrive in order and late; a cut
// loses what is on its way.
class Wire final : public SessionActions, public std::enable_shared_from_this<Wire> {
 public:
  Wire(World& world, TransportEvents& events) : world_(world), events_(&events) {}

  // The recorder's side.
  void connect(const ConnectRequest& request);
  void from_client(Opcode opcode, std::string_view payload);
  void end(const std::string& why, Ns after);  // the client is told that it is over
  void forget() { events_ = nullptr; }

  // The service's side.
  void deliver(const ServedFrame& frame) { session_->on_data(frame, *this); }
  // The network's part: the connection is gone, now; or nothing passes any more and nobody is told.
  void cut();
  void go_silent();
  // The service closes in an orderly way.
  void close(std::uint16_t code, std::string_view reason) override;
  const std::string& endpoint() const { return endpoint_; }

 private:
  void send(std::string_view text) override { to_client(Opcode::text, text); }
  void forward(const ServedFrame& frame) override { to_client(frame.opcode, frame.payload); }
  void ping(std::string_view payload) override { to_client(Opcode::ping, payload); }
  void arm(int timer, Ns after) override;
  void subscribed(bool /*yes*/) override {}

  void to_client(Opcode opcode, std::string_view payload);
  void open(const std::string& target);
  void leave();
  // When the next message in one direction arrives: later than the one before it.
  Ns arrival(Ns& last);

  World& world_;
  TransportEvents* events_;  // nullptr once the link has dropped it
  SimService* service_ = nullptr;
  std::string endpoint_;
  HttpRequest upgrade_;
  std::unique_ptr<Session> session_;
  std::map<int, World::Key> timers_;
  Ns last_to_client_ = 0;
  Ns last_to_service_ = 0;
  bool is_cut_ = false;     // messages on their way are lost
  bool is_silent_ = false;  // nothing passes
  bool is_over_ = false;    // on_end is on its way
  bool sent_close_ = false;
  JsonDoc doc_;
};

class SimService final : public ServiceData {
 public:
  SimService(World& world, const Feed& feed, std::uint64_t seed, Ns epoch_ns, double rate);

  const Feed& feed() const { return feed_; }
  std::string ws_url() const { return "ws://sim/" + std::string(feed_.name()); }
  std::string rest_url() const { return "http://sim/" + std::string(feed_.name()); }

  void begin();  // from now on messages are pushed
  // The network's and the service's troubles.
  const std::vector<std::shared_ptr<Wire>>& wires() const { return wires_; }  // as they came
  void restart(Ns away);      // closes everybody, and refuses connections for a while
  void begin_epoch(Ns away);  // a restart that begins the identifiers anew
  // Its history holds no more than the newest `events` of a stream.
  void retain(std::size_t events) { retained_ = events; }
  bool is_away() const { return world_.mono() < away_until_mono_; }
  void join(const std::shared_ptr<Wire>& wire) { wires_.push_back(wire); }
  void leave(const std::shared_ptr<Wire>& wire) { std::erase(wires_, wire); }
  // An answer as of `lag` ago.
  HttpReply answer(const HttpRequest& request, Ns lag);

  // The truth.
  const Epochs& simulator() const { return simulator_; }
  Simulator::Timeline timeline() const { return timeline_; }
  std::int64_t happened_by(Ns wall) const;

  // ServiceData
  Ns now_ns() const override { return world_.wall() - lag_; }
  std::optional<SnapshotFrame> snapshot(std::string_view endpoint) override;
  std::vector<std::string> history(const Query& query) override;

 private:
  void push();

  World& world_;
  const Feed& feed_;
  Epochs simulator_;
  std::unique_ptr<Normalizer> normalizer_;
  Simulator::Timeline timeline_;
  std::vector<std::shared_ptr<Wire>> wires_;
  Ns away_until_mono_ = 0;
  Ns lag_ = 0;  // during answer()
  std::optional<std::size_t> retained_;
  JsonDoc doc_;
};

}  // namespace tapedeck::testing
