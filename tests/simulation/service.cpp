#include "tests/simulation/service.h"

#include <algorithm>
#include <limits>
#include <unordered_set>
#include <utility>

#include "schema/ws/codec.h"

namespace tapedeck::testing {

// ---- a connection ----

Ns Wire::arrival(Ns& last) {
  last = std::max(last, world_.mono() + world_.dice.ms(1, 60));
  return last - world_.mono();
}

void Wire::connect(const ConnectRequest& request) {
  std::string target;
  service_ = world_.service_of(request.url, target);
  const auto self = shared_from_this();
  events_->on_phase("TCP connect");
  world_.post(world_.dice.ms(1, 120), [self, target, headers = request.headers] {
    if (self->events_ == nullptr || self->is_over_) return;
    if (self->service_ == nullptr || self->service_->is_away()) {
      return self->end("connection refused", 0);
    }
    self->upgrade_.target = parse_target(target);
    self->upgrade_.headers = headers;
    self->open(target);
  });
}

void Wire::open(const std::string& /*target*/) {
  const Service& service = service_->feed().service();
  if (const auto refusal = service.refuse(upgrade_)) {
    RestResponse response;
    response.status = refusal->status;
    response.body = refusal->body;
    events_->on_refused(response);
    return end("", 0);
  }
  endpoint_ = service.endpoint_of(upgrade_.target.path).value_or("");
  session_ = service.open_session(endpoint_, upgrade_, *service_);
  const auto self = shared_from_this();
  service_->join(self);
  events_->on_open();
  session_->on_open(*this);
}

void Wire::to_client(Opcode opcode, std::string_view payload) {
  if (is_silent_ || is_cut_ || sent_close_) return;
  const auto self = shared_from_this();
  world_.post(arrival(last_to_client_), [self, opcode, text = std::string(payload)] {
    if (self->is_cut_ || self->is_silent_ || self->is_over_ || self->events_ == nullptr) return;
    self->events_->on_message(opcode, text, true);
    if (self->events_ != nullptr) self->events_->on_read_end();
  });
}

void Wire::from_client(Opcode opcode, std::string_view payload) {
  if (is_silent_ || is_cut_) return;
  const auto self = shared_from_this();
  world_.post(arrival(last_to_service_), [self, opcode, text = std::string(payload)] {
    if (self->is_cut_ || self->is_silent_ || self->session_ == nullptr) return;
    if (opcode == Opcode::text) {
      self->doc_.parse(text);
      self->session_->on_message(text, self->doc_, *self);
    } else if (opcode == Opcode::pong) {
      self->session_->on_pong(text, *self);
    } else if (opcode == Opcode::close && !self->sent_close_) {
      self->to_client(Opcode::close, text);
      self->sent_close_ = true;
      self->leave();
    }
  });
}

void Wire::arm(int timer, Ns after) {
  if (const auto known = timers_.find(timer); known != timers_.end()) {
    world_.cancel(known->second);
    timers_.erase(known);
  }
  if (after < 0) return;
  const auto self = shared_from_this();
  timers_[timer] = world_.post(after, [self, timer] {
    self->timers_.erase(timer);
    if (self->session_ != nullptr && !self->is_cut_) self->session_->on_timer(timer, *self);
  });
}

void Wire::leave() {
  for (const auto& [id, key] : std::exchange(timers_, {})) world_.cancel(key);
  if (service_ != nullptr) service_->leave(shared_from_this());
}

void Wire::close(std::uint16_t code, std::string_view reason) {
  if (sent_close_) return;
  to_client(Opcode::close, ws::close_payload(code, reason));
  sent_close_ = true;
  leave();
}

void Wire::end(const std::string& why, Ns after) {
  if (is_over_ || events_ == nullptr) return;
  const auto self = shared_from_this();
  is_over_ = true;
  leave();
  world_.post(after, [self, why] {
    if (self->events_ != nullptr) self->events_->on_end({why, 0});
  });
}

void Wire::cut() {
  if (is_cut_) return;
  is_cut_ = true;
  leave();
  if (session_ != nullptr) end("connection reset by peer", world_.dice.ms(0, 30));
}

void Wire::go_silent() {
  is_silent_ = true;
  leave();
}

// ---- a service ----

SimService::SimService(World& world, const Feed& feed, std::uint64_t seed, Ns epoch_ns, double rate)
    : world_(world), feed_(feed), simulator_(feed, seed), normalizer_(feed.make_normalizer(1)) {
  timeline_.epoch_ns = epoch_ns;
  timeline_.rate = rate;
  world.add(*this);
}

std::int64_t SimService::happened_by(Ns wall) const {
  std::int64_t count = timeline_.upto;
  while (count > 0 && timeline_.time_of(count - 1) > wall) --count;
  while (timeline_.time_of(count) <= wall) ++count;
  return count;
}

void SimService::begin() {
  timeline_.upto = happened_by(world_.wall());
  world_.post(timeline_.time_of(timeline_.upto) - world_.wall(), [this] { push(); });
}

void SimService::push() {
  const std::int64_t k = timeline_.upto++;
  const Ns at_ns = simulator_.time_of(k, timeline_);
  if (!wires_.empty()) {
    const Simulator::Message message = simulator_.message(k, at_ns);
    doc_.parse(message.payload);
    const InFrame in{message.endpoint, 0, at_ns, Opcode::text, message.payload, &doc_};
    ServedFrame frame;
    frame.id = k + 1;
    frame.endpoint = message.endpoint;
    frame.payload = message.payload;
    frame.tag = normalizer_->classify(in);
    for (const auto& wire : std::vector(wires_)) {
      if (wire->endpoint() == message.endpoint) wire->deliver(frame);
    }
  }
  world_.post(timeline_.time_of(timeline_.upto) - world_.wall(), [this] { push(); });
}

void SimService::restart(Ns away) {
  away_until_mono_ = world_.mono() + away;
  const bool is_orderly = world_.dice.chance(0.5);
  for (const auto& wire : std::vector(wires_)) {
    is_orderly ? wire->close(close_code::kGoingAway, "restart") : wire->cut();
  }
}

void SimService::begin_epoch(Ns away) {
  simulator_.begin(timeline_.upto);
  restart(away);
}

HttpReply SimService::answer(const HttpRequest& request, Ns lag) {
  lag_ = lag;
  auto reply = feed_.service().rest(request, *this);
  lag_ = 0;
  if (reply) return *reply;
  HttpReply missing;
  missing.status = 404;
  missing.body = R"({"error":"not found"})";
  return missing;
}

std::optional<ServiceData::SnapshotFrame> SimService::snapshot(std::string_view endpoint) {
  auto payload = simulator_.snapshot(endpoint, timeline_);
  if (!payload) return std::nullopt;
  return SnapshotFrame{timeline_.upto, std::move(*payload)};
}

std::vector<std::string> SimService::history(const Query& query) {
  Simulator::Timeline then = timeline_;
  if (lag_ > 0) then.upto = std::min(then.upto, happened_by(now_ns()));
  if (!retained_) return simulator_.history(query, then);

  Query newest;
  newest.stream = query.stream;
  newest.symbol = query.symbol;
  newest.limit = *retained_;
  newest.newest_first = true;
  const std::vector<std::string> kept = simulator_.history(newest, then);
  const std::unordered_set<std::string> known(kept.begin(), kept.end());
  Query everything = query;
  everything.offset = 0;
  everything.limit = std::numeric_limits<std::int32_t>::max();
  std::vector<std::string> page;
  std::size_t skip = query.offset;
  for (std::string& event : simulator_.history(everything, then)) {
    if (!known.contains(event)) continue;
    if (skip > 0) {
      --skip;
    } else if (page.size() < query.limit) {
      page.push_back(std::move(event));
    }
  }
  return page;
}

}  // namespace tapedeck::testing
