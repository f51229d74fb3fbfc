#include "replay/own_clock.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "replay/tape_data.h"

namespace tapedeck {

namespace {

// Clients with clocks of their own may be many.
constexpr std::size_t kReadAheadBytesMax = std::size_t{2} << 20U;

HttpReply too_many() {
  return error_reply(503, "there are " + std::to_string(OwnClocks::kClocksMax) +
                              " connections with clock=own already, as many as there may be: "
                              "close one, or use clock=deck");
}

}  // namespace

Result<bool> wants_own_clock(const Target& target, bool strict) {
  const std::string clock = target.get("clock");
  if (!clock.empty() && clock != "deck" && clock != "own")
    return Error{"clock=" + clock + ": no such clock; there are deck and own"};
  if (clock == "own") return true;
  for (const std::string_view name : {"speed", "from", "to"}) {
    if (strict && target.has(name)) return Error{std::string(name) + " goes with clock=own only"};
  }
  return false;
}

// One client with its own player. The server's handler in place of the client, so that all of it
// goes when the connection does.
class OwnClocks::OwnClock final : public PeerHandler, private FeedHost {
 public:
  OwnClock(OwnClocks& owner, const Play& play, std::unique_ptr<TapeSource> source)
      : owner_(owner), source_(std::move(source)) {
    Player::Options playing = owner.setup_.playing;
    playing.wait_clients = 1;
    playing.grace_ns = 0;
    playing.paused = false;
    Player::Hooks hooks;
    hooks.on_snapshot = [&owner](const DueFrame& frame) { owner.snapshots_.remember(frame); };
    hooks.on_error = [](const std::string& why) { spdlog::error("{}", why); };
    const Deck deck(play.range.from_ns, play.range.deck_end_ns, play.speed);
    player_ = std::make_unique<Player>(deck, owner.tapes_.start_ns(), *source_, owner.server_,
                                       owner.clock_, playing, std::move(hooks));
    owner.clocks_.push_back(this);
  }
  ~OwnClock() override {
    client_.reset();
    std::erase(owner_.clocks_, this);  // the server went before the connection did
    player_.reset();
    source_->give_up();
    owner_.retired_.push_back(std::move(source_));
  }
  OwnClock(const OwnClock&) = delete;
  OwnClock& operator=(const OwnClock&) = delete;

  void admit(TapeQuery query) {
    client_ = std::make_unique<TapeClient>(std::move(query), *player_, owner_.encoder_, [] {});
  }
  void admit(const Endpoint* endpoint, const HttpRequest& request) {
    data_.emplace(*endpoint->description, *player_, owner_.tapes_, owner_.snapshots_,
                  owner_.endpoints_);
    FeedHost& host = *this;
    client_ = std::make_unique<FeedClient>(endpoint, request, *data_, host, owner_.server_);
  }
  const Audience& audience() const { return player_->audience(); }

  // PeerHandler
  void on_open(Peer& peer) override {
    player_->start();
    client_->on_open(peer);
  }
  void on_message(Opcode opcode, std::string_view payload) override {
    client_->on_message(opcode, payload);
  }
  void on_drained() override { client_->on_drained(); }
  void on_closed() override {
    client_->on_closed();
    owner_.left(*this);
  }

 private:
  // FeedHost
  void joined(FeedClient& client) override { player_->join(client); }
  void left(FeedClient& client) override { player_->leave(client); }
  void subscription_changed(FeedClient& client) override { player_->subscription(client); }
  void drained(FeedClient& /*client*/) override { player_->drained(); }
  void catch_up() override {}
  bool has_ended() const override { return player_->has_ended(); }
  std::size_t queue_bytes_max() const override { return player_->queue_bytes_max(); }
  Ns mono() const override { return owner_.clock_.now().mono; }
  std::string slow_reason(const Endpoint& /*endpoint*/) const override {
    return std::string(kSlowClient);
  }
  void observe(const FeedClient& /*client*/, Direction /*direction*/, Opcode /*opcode*/,
               std::string_view /*payload*/) override {}

  OwnClocks& owner_;
  std::unique_ptr<TapeSource> source_;
  std::unique_ptr<Player> player_;
  std::optional<TapeData> data_;
  std::unique_ptr<PeerHandler> client_;
};

OwnClocks::OwnClocks(Setup setup, TapeSet& tapes, SnapshotIndex& snapshots,
                     EndpointTable& endpoints, TapeEncoder& encoder, Server& server,
                     const Clock& clock)
    : setup_(std::move(setup)),
      tapes_(tapes),
      snapshots_(snapshots),
      endpoints_(endpoints),
      encoder_(encoder),
      server_(server),
      clock_(clock) {}

OwnClocks::~OwnClocks() = default;

Result<OwnClocks::Play> OwnClocks::read(const Target& target) const {
  Play play;
  play.speed = setup_.speed;
  if (target.has("speed")) {
    const auto speed = parse_speed(target.get("speed"));
    if (!speed) return speed.error();
    play.speed = *speed;
  }
  // What the query names is of the whole tape, not of what the server plays.
  Range most = setup_.range;
  if (target.has("from")) most.from_ns = setup_.whole.from_ns;
  if (target.has("to")) {
    most.to_ns = setup_.whole.to_ns;
    most.deck_end_ns = setup_.whole.deck_end_ns;
  }
  const auto range = narrow(most, tapes_.start_ns(), target.get("from"), target.get("to"), "");
  if (!range) return range.error();
  play.range = *range;
  return play;
}

Result<std::unique_ptr<TapeSource>> OwnClocks::open_source(const Play& play) const {
  auto readers = tapes_.open_again();
  if (!readers) return readers.error();
  TapeSource::Options reading;
  reading.from_ns = play.range.from_ns;
  reading.to_ns = play.range.to_ns;
  reading.rows = play.rows;
  reading.healing = setup_.healing;
  reading.read_ahead_bytes_max = kReadAheadBytesMax;
  return std::make_unique<TapeSource>(std::move(*readers), endpoints_, reading);
}

WebHandler::Upgrade OwnClocks::admit_tape(const Target& target, TapeQuery query) {
  sweep();
  if (clocks_.size() >= kClocksMax) return too_many();
  auto play = read(target);
  if (!play) return error_reply(400, play.error().message);
  play->rows = query.rows;
  auto source = open_source(*play);
  if (!source) return error_reply(503, source.error().message);
  auto clock = std::make_unique<OwnClock>(*this, *play, std::move(*source));
  clock->admit(std::move(query));
  return clock;
}

WebHandler::Upgrade OwnClocks::admit_feed(const Endpoint* endpoint, const Mounted& mounted) {
  sweep();
  if (clocks_.size() >= kClocksMax) return too_many();
  const auto play = read(mounted.request.target);
  if (!play) return error_reply(400, play.error().message);
  auto source = open_source(*play);
  if (!source) return error_reply(503, source.error().message);
  auto clock = std::make_unique<OwnClock>(*this, *play, std::move(*source));
  clock->admit(endpoint, mounted.request);
  return clock;
}

std::vector<ClientInfo> OwnClocks::infos() const {
  std::vector<ClientInfo> all;
  for (const OwnClock* clock : clocks_) {
    for (ClientInfo& info : clock->audience().infos()) {
      info.has_own_clock = true;
      all.push_back(std::move(info));
    }
  }
  return all;
}

void OwnClocks::left(OwnClock& clock) {
  frames_sent_before_ += clock.audience().frames_sent_before();
  std::erase(clocks_, &clock);
  setup_.on_left();
}

// A thread that is still walking is left to end by itself: nobody waits for it here.
void OwnClocks::sweep() {
  std::erase_if(retired_, [](const auto& source) { return source->has_stopped(); });
}

}  // namespace tapedeck
