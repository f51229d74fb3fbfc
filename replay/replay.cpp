#include "replay/replay.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "replay/control.h"
#include "replay/faults.h"
#include "replay/feed_client.h"
#include "replay/listen.h"
#include "replay/losses.h"
#include "replay/own_clock.h"
#include "replay/player.h"
#include "replay/range.h"
#include "replay/report.h"
#include "replay/rest_desk.h"
#include "replay/tape_client.h"
#include "replay/tape_data.h"
#include "replay/tape_set.h"
#include "schema/base/text.h"
#include "schema/feeds/registry.h"

namespace tapedeck {

namespace {

// Those on the tapes and those of the registry, by name.
std::vector<std::string> known_feeds(const TapeSet& tapes) {
  std::vector<std::string> names = tapes.feeds();
  for (const Feed* feed : all_feeds()) names.emplace_back(feed->name());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Range whole_of(const TapeSet& tapes) {
  return {tapes.start_ns(), std::numeric_limits<Ns>::max(), tapes.end_ns()};
}

class ReplayImpl final : public ReplayServer, private WebHandler, private FeedHost {
 public:
  ReplayImpl(ReplayOptions options, std::unique_ptr<EndpointTable> endpoints,
             std::unique_ptr<TapeSet> tapes, SnapshotIndex snapshots,
             std::shared_ptr<const HealPlan> healing)
      : options_(std::move(options)),
        endpoints_(std::move(endpoints)),
        tapes_(std::move(tapes)),
        snapshots_(std::move(snapshots)),
        healing_(std::move(healing)),
        encoder_(tapes_->tapes().size()) {}

  ~ReplayImpl() override {
    if (source_) source_->stop();
    if (desk_) desk_->stop();
    if (player_) player_->shutdown();
    server_.reset();
  }
  ReplayImpl(const ReplayImpl&) = delete;
  ReplayImpl& operator=(const ReplayImpl&) = delete;

  Result<void> open(const Range& range);

  Result<void> run() override;
  void stop() override { server_->stop(); }
  std::uint16_t port() const override { return server_->port(); }
  std::string url() const override { return server_->url(); }
  std::string summary() const override;

 private:
  // WebHandler
  void on_request(const HttpRequest& request, Answer answer) override;
  Upgrade on_upgrade(const HttpRequest& request) override;
  Upgrade upgrade_tape(const HttpRequest& request);
  Upgrade upgrade_feed(const Mounted& mounted);

  // FeedHost
  void joined(FeedClient& client) override { player_->join(client); }
  void left(FeedClient& client) override {
    player_->leave(client);
    stop_when_alone();
  }
  void subscription_changed(FeedClient& client) override { player_->subscription(client); }
  void drained(FeedClient& /*client*/) override { player_->drained(); }
  void catch_up() override {}
  bool has_ended() const override { return player_->has_ended(); }
  std::size_t queue_bytes_max() const override { return player_->queue_bytes_max(); }
  Faults* faults() override { return faults_.get(); }
  Ns mono() const override { return clock_.now().mono; }
  std::string slow_reason(const Endpoint& /*endpoint*/) const override {
    return std::string(kSlowClient);
  }
  void observe(const FeedClient& /*client*/, Direction /*direction*/, Opcode /*opcode*/,
               std::string_view /*payload*/) override {}

  void stop_when_alone();
  TapeData& data_of(const Feed& feed);

  const ReplayOptions options_;
  const SystemClock clock_;
  std::unique_ptr<EndpointTable> endpoints_;
  std::unique_ptr<TapeSet> tapes_;
  SnapshotIndex snapshots_;
  std::shared_ptr<const HealPlan> healing_;  // nullptr: nothing is healed
  TapeEncoder encoder_;
  std::unique_ptr<Faults> faults_;         // nullptr without --faults
  std::unique_ptr<OwnClocks> own_clocks_;  // outlives the server, which holds its clients
  std::unique_ptr<Server> server_;
  std::unique_ptr<RestDesk> desk_;
  std::unique_ptr<TapeSource> source_;
  std::unique_ptr<Player> player_;
  std::unique_ptr<Losses> losses_;  // nullptr without --disconnects
  std::unique_ptr<Control> control_;
  std::map<std::string, TapeData, std::less<>> data_;
  std::string error_;
  bool is_leaving_ = false;  // the end came and the server goes once the last client has gone
};

Result<void> ReplayImpl::open(const Range& range) {
  if (!options_.faults.empty()) {
    auto plan = parse_faults(options_.faults, tapes_->start_ns());
    if (!plan) return Error{"--faults: " + plan.error().message};
    faults_ = std::make_unique<Faults>(std::move(*plan));
  }
  auto server = make_server(options_.server, *this);
  if (!server) return server.error();
  server_ = std::move(*server);
  auto readers = tapes_->open_again();
  if (!readers) return readers.error();
  auto searchers = tapes_->open_again();
  if (!searchers) return searchers.error();
  desk_ = std::make_unique<RestDesk>(std::move(*searchers), *server_);

  TapeSource::Options reading;
  reading.from_ns = range.from_ns;
  reading.to_ns = range.to_ns;
  reading.loop = options_.loop;
  reading.healing = healing_;
  reading.read_ahead_bytes_max = options_.read_ahead_bytes_max;
  source_ = std::make_unique<TapeSource>(std::move(*readers), *endpoints_, reading);

  Player::Options playing;
  playing.wait_clients = options_.wait_clients;
  playing.grace_ns = options_.grace_ns;
  playing.paused = options_.paused;
  playing.stall_timeout_ns = options_.stall_timeout_ns;
  playing.client_queue_bytes_max = options_.client_queue_bytes_max;
  playing.idle_ns_max = options_.max_idle_ns;
  playing.waits_for_slow = options_.waits_for_slow;
  Player::Hooks hooks;
  hooks.on_snapshot = [this](const DueFrame& frame) { snapshots_.remember(frame); };
  hooks.on_end = [this] {
    spdlog::info("end of tape");
    is_leaving_ = options_.exit_at_end;
    stop_when_alone();
  };
  hooks.on_error = [this](const std::string& why) {
    spdlog::error("{}", why);
    error_ = why;
    server_->stop();
  };
  const Deck deck(range.from_ns, range.deck_end_ns, Speed{options_.speed, options_.max_speed});
  player_ = std::make_unique<Player>(deck, tapes_->start_ns(), *source_, *server_, clock_, playing,
                                     std::move(hooks));
  own_clocks_ =
      std::make_unique<OwnClocks>(OwnClocks::Setup{whole_of(*tapes_), range, deck.speed(), playing,
                                                   healing_, [this] { stop_when_alone(); }},
                                  *tapes_, snapshots_, *endpoints_, encoder_, *server_, clock_);
  std::vector<Cue> cues;
  if (options_.disconnects) {
    losses_ = std::make_unique<Losses>(find_outages(tapes_->tapes(), *endpoints_), *player_);
    cues = losses_->cues();
  }
  if (faults_) {
    for (const FaultRule& rule : faults_->plan().rules) {
      if (rule.at_ns) cues.push_back({*rule.at_ns, true, [this, &rule] { faults_->strike(rule); }});
    }
  }
  player_->set_cues(std::move(cues));
  control_ = std::make_unique<Control>(*player_, *tapes_, own_clocks_.get(), faults_.get());
  // Before anybody is told that the server listens: who was told may well signal it at once.
  server_->on_signal([this] { server_->stop(); });
  return {};
}

Result<void> ReplayImpl::run() {
  player_->start();
  server_->run();
  source_->stop();
  desk_->stop();
  if (!error_.empty()) return Error{error_};
  return {};
}

std::string ReplayImpl::summary() const {
  const std::string faults = faults_ ? faults_->text() : "";
  return summary_of(*player_) + (faults.empty() ? "" : "; faults: " + faults);
}

void ReplayImpl::stop_when_alone() {
  if (!is_leaving_ || player_->audience().size() > 0 || own_clocks_->size() > 0) return;
  server_->stop();
}

TapeData& ReplayImpl::data_of(const Feed& feed) {
  return data_
      .try_emplace(std::string(feed.name()), feed, *player_, *tapes_, snapshots_, *endpoints_)
      .first->second;
}

void ReplayImpl::on_request(const HttpRequest& request, Answer answer) {
  const std::string& path = request.target.path;
  if (path.starts_with("/api/")) return answer(control_->answer(request));
  if (path == "/tape") return answer(error_reply(426, "/tape speaks WebSocket"));
  const auto mounted = find_mount(request);
  if (!mounted || !endpoints_->includes(mounted->feed->name()))
    return answer(error_reply(404, path + ": no such path"));
  const Service& service = mounted->feed->service();
  if (service.endpoint_of(mounted->request.target.path))
    return answer(error_reply(426, path + " speaks WebSocket"));
  desk_->ask(
      *mounted->feed, player_->position(),
      [&service, asked = mounted->request](ServiceData& data) { return service.rest(asked, data); },
      [answer = std::move(answer), path](const std::optional<HttpReply>& reply) {
        answer(reply ? *reply : error_reply(404, path + ": no such path"));
      });
}

WebHandler::Upgrade ReplayImpl::on_upgrade(const HttpRequest& request) {
  if (request.target.path == "/tape") return upgrade_tape(request);
  const auto mounted = find_mount(request);
  if (!mounted) return error_reply(404, request.target.path + ": no such path");
  return upgrade_feed(*mounted);
}

WebHandler::Upgrade ReplayImpl::upgrade_tape(const HttpRequest& request) {
  auto query = parse_tape_query(request.target, known_feeds(*tapes_));
  if (!query) return error_reply(400, query.error().message);
  const auto own_clock = wants_own_clock(request.target, true);
  if (!own_clock) return error_reply(400, own_clock.error().message);
  if (*own_clock) return own_clocks_->admit_tape(request.target, std::move(*query));
  return std::make_unique<TapeClient>(std::move(*query), *player_, encoder_,
                                      [this] { stop_when_alone(); });
}

WebHandler::Upgrade ReplayImpl::upgrade_feed(const Mounted& mounted) {
  const std::string feed(mounted.feed->name());
  const Target& target = mounted.request.target;
  if (!endpoints_->includes(feed))
    return error_reply(404, feed + " is left out by --feeds of this replay");
  const auto endpoint = mounted.feed->service().endpoint_of(target.path);
  if (!endpoint) return error_reply(404, "/" + feed + target.path + ": no such path");
  const Endpoint* place = endpoints_->intern(feed, *endpoint);
  if (auto refusal = mounted.feed->service().refuse(mounted.request)) return std::move(*refusal);
  const auto own_clock = wants_own_clock(target, false);
  if (!own_clock) return error_reply(400, own_clock.error().message);
  if (*own_clock) return own_clocks_->admit_feed(place, mounted);
  if (losses_) {
    if (auto refusal = losses_->refuse(place)) return std::move(*refusal);
  }
  FeedHost& host = *this;
  return std::make_unique<FeedClient>(place, mounted.request, data_of(*mounted.feed), host,
                                      *server_);
}

Result<void> check_options(const ReplayOptions& options) {
  if (!options.max_speed && !(std::isfinite(options.speed) && options.speed > 0))
    return Error{"--speed must be a positive number or max"};
  if (options.wait_clients < 0) return Error{"--wait-clients must be 0 or more"};
  if (options.grace_ns < 0) return Error{"--grace must not be negative"};
  if (options.max_idle_ns < 0) return Error{"--max-idle must not be negative"};
  if (options.stall_timeout_ns <= 0) return Error{"--stall-timeout must be more than 0"};
  return check_access(options.server);
}

Result<void> check_feeds(const std::vector<std::string>& wanted, const TapeSet& tapes) {
  const std::vector<std::string> known = known_feeds(tapes);
  for (const std::string& feed : wanted) {
    if (std::find(known.begin(), known.end(), feed) == known.end())
      return Error{"--feeds: no feed called " + feed + "; there are " + join(known, ", ")};
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<ReplayServer>> make_replay(const ReplayOptions& options) {
  if (auto checked = check_options(options); !checked) return checked.error();
  auto endpoints = std::make_unique<EndpointTable>(options.feeds);
  auto tapes = TapeSet::open(options.tapes, *endpoints);
  if (!tapes) return tapes.error();
  if (auto checked = check_feeds(options.feeds, **tapes); !checked) return checked.error();
  const Range whole = whole_of(**tapes);
  const auto range = narrow(whole, whole.from_ns, options.from, options.to, "--");
  if (!range) return range.error();
  SnapshotIndex snapshots;
  if (auto scanned = snapshots.scan(**tapes, *endpoints); !scanned) return scanned.error();
  std::shared_ptr<const HealPlan> healing;
  if (options.heal) {
    auto plan = HealPlan::make(**tapes, *endpoints, *options.heal);
    if (!plan) return plan.error();
    healing = std::move(*plan);
  }
  auto replay = std::make_unique<ReplayImpl>(options, std::move(endpoints), std::move(*tapes),
                                             std::move(snapshots), std::move(healing));
  if (auto opened = replay->open(*range); !opened) return opened.error();
  return std::unique_ptr<ReplayServer>(std::move(replay));
}

}  // namespace tapedeck
