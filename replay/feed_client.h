// One client of a feed: carries out what the service's side of the feed's protocol
// (schema/service.h) asks. `replay` and `sim` both host it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "replay/audience.h"
#include "replay/block.h"
#include "replay/faults.h"
#include "replay/net/server.h"
#include "schema/base/json.h"
#include "schema/service.h"

namespace tapedeck {

class FeedClient;

// Who the clients belong to. On the server's thread.
class FeedHost {
 public:
  virtual ~FeedHost() = default;

  virtual void joined(FeedClient& client) = 0;
  virtual void left(FeedClient& client) = 0;
  virtual void subscription_changed(FeedClient& client) = 0;
  virtual void drained(FeedClient& client) = 0;
  // A client is about to be heard: what is due by now comes before its words.
  virtual void catch_up() = 0;
  // Nothing will ever come: clients are closed with this reason right after the upgrade.
  virtual bool has_ended() const = 0;
  virtual std::size_t queue_bytes_max() const = 0;
  virtual Ns mono() const = 0;
  // The reason (1008) for a client that reads too slowly.
  virtual std::string slow_reason(const Endpoint& endpoint) const = 0;
  // Sees each message and control frame in its order.
  virtual void observe(const FeedClient& client, Direction direction, Opcode opcode,
                       std::string_view payload) = 0;
  // Faults on purpose; nullptr: none.
  virtual Faults* faults() { return nullptr; }
};

class FeedClient final : public PeerHandler,
                         public Listener,
                         private SessionActions,
                         private FaultExit {
 public:
  // `endpoint->description` is there. The references outlive the client.
  FeedClient(const Endpoint* endpoint, const HttpRequest& request, ServiceData& data,
             FeedHost& host, Server& server);
  ~FeedClient() override;
  FeedClient(const FeedClient&) = delete;
  FeedClient& operator=(const FeedClient&) = delete;

  // PeerHandler
  void on_open(Peer& peer) override;
  void on_message(Opcode opcode, std::string_view payload) override;
  void on_drained() override;
  void on_closed() override;

  // Listener
  void on_due(const DueFrame& frame) override;
  void on_state(const DeckState& /*state*/) override {}
  void on_end() override { close(close_code::kNormal, kEndOfTape); }
  const Endpoint* endpoint() const override { return endpoint_; }
  bool is_subscribed() const override { return is_subscribed_ && is_live(); }
  std::size_t queued_bytes() const override;
  void notify_below(std::size_t bytes) override;
  void close(std::uint16_t code, std::string_view reason) override;
  void hang_up() override;
  ClientInfo info() const override;

  std::uint64_t id() const { return id_; }

 private:
  // SessionActions
  void send(std::string_view text) override;
  void forward(const ServedFrame& frame) override;
  void ping(std::string_view payload) override;
  void arm(int timer, Ns after) override;
  void subscribed(bool yes) override;

  // FaultExit
  void leave(const ServedFrame& frame) override;
  void stall(bool yes) override;
  void end(std::optional<std::uint16_t> code, const std::string& reason) override;
  void released() override;
  Ns mono() const override { return host_.mono(); }

  bool is_live() const { return peer_ != nullptr && !is_closing_; }
  void check_queue();

  const Endpoint* endpoint_;
  FeedHost& host_;
  Server& server_;
  std::unique_ptr<Session> session_;
  Peer* peer_ = nullptr;
  std::uint64_t id_ = 0;
  std::string address_;
  std::map<int, std::unique_ptr<Server::Timer>> timers_;
  std::unique_ptr<FaultLine> faults_;  // nullptr: none are meant for it
  std::size_t notify_below_ = 0;
  const DueFrame* due_ = nullptr;  // during on_due()
  JsonDoc doc_;
  std::int64_t frames_sent_ = 0;
  bool is_subscribed_ = false;
  bool is_closing_ = false;
};

// A request for a feed, taken apart: `/FEED/some/path?a=1` is that feed and `/some/path?a=1`.
struct Mounted {
  const Feed* feed = nullptr;
  HttpRequest request;  // its target below the mount point; "/" for the mount point itself
};
std::optional<Mounted> find_mount(const HttpRequest& request);

// An answer `{"error":…}`.
HttpReply error_reply(int status, std::string_view message);

}  // namespace tapedeck
