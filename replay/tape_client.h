// `/tape`: every feed merged on one socket as JSON texts, and the deck's buttons (contract section
// 5).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "replay/audience.h"
#include "replay/net/server.h"
#include "replay/player.h"
#include "replay/shared_frames.h"
#include "schema/base/json.h"
#include "schema/base/result.h"

namespace tapedeck {

// Writes frames as `{"t":"frame",…}` in WebSocket frames, each once for all clients that ask for it
// in the same call of the player.
class TapeEncoder {
 public:
  // `tapes`: how many are played; with several a frame says which one it is of ("tape", from 0).
  explicit TapeEncoder(std::size_t tapes) : has_several_(tapes > 1) {}

  // Lies in *whole() and lives until the next call.
  std::string_view encode(const DueFrame& frame);
  const SharedBytes& whole() const { return frames_.whole(); }

  static void append_json(std::string& out, const DueFrame& frame, bool has_several_tapes);

 private:
  bool has_several_;
  const void* last_ = nullptr;  // the payload of what was encoded last, and its id
  std::int64_t last_id_ = 0;
  std::string json_;
  SharedFrames frames_;
  std::string_view encoded_;
};

// `{"t":"state","playing":…,"speed":…,"pos_ns":…}`
std::string to_json_message(const DeckState& state);

struct TapeQuery {
  std::vector<std::string> feeds;  // empty: all of them
  bool all = false;                // control frames and outbound ones too
  bool rows = false;               // normalized rows in place of frames
};
// Reads the query of `/tape`; errors are for the client.
Result<TapeQuery> parse_tape_query(const Target& target,
                                   const std::vector<std::string>& known_feeds);

class TapeClient final : public PeerHandler, public Listener {
 public:
  // `on_left` is called once the client has left the player. The references outlive the client.
  TapeClient(TapeQuery query, Player& player, TapeEncoder& encoder, std::function<void()> on_left)
      : query_(std::move(query)),
        player_(player),
        encoder_(encoder),
        on_left_(std::move(on_left)) {}

  // PeerHandler
  void on_open(Peer& peer) override;
  void on_message(Opcode opcode, std::string_view payload) override;
  void on_drained() override { player_.drained(); }
  void on_closed() override;

  // Listener
  void on_due(const DueFrame& frame) override;
  void on_state(const DeckState& state) override;
  void on_end() override;
  const Endpoint* endpoint() const override { return nullptr; }
  bool is_subscribed() const override { return is_live(); }
  std::size_t queued_bytes() const override { return is_live() ? peer_->queued_bytes() : 0; }
  void notify_below(std::size_t bytes) override;
  void close(std::uint16_t code, std::string_view reason) override;
  void hang_up() override;
  ClientInfo info() const override;

 private:
  bool is_live() const { return peer_ != nullptr && !is_closing_; }
  bool wants(const DueFrame& frame) const;
  void say(std::string_view json);
  void check_queue();
  Result<void> carry_out(Json message);

  const TapeQuery query_;
  Player& player_;
  TapeEncoder& encoder_;
  const std::function<void()> on_left_;
  Peer* peer_ = nullptr;
  std::uint64_t id_ = 0;
  std::string address_;
  JsonDoc doc_;
  std::int64_t frames_sent_ = 0;
  bool is_closing_ = false;
};

}  // namespace tapedeck
