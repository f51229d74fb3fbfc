#include "replay/feed_client.h"

#include "schema/feeds/registry.h"

namespace tapedeck {

FeedClient::FeedClient(const Endpoint* endpoint, const HttpRequest& request, ServiceData& data,
                       FeedHost& host, Server& server)
    : endpoint_(endpoint),
      host_(host),
      server_(server),
      session_(endpoint->description->service().open_session(endpoint->name, request, data)) {}

FeedClient::~FeedClient() = default;

void FeedClient::on_open(Peer& peer) {
  peer_ = &peer;
  address_ = peer.address();
  id_ = peer.id();
  if (Faults* faults = host_.faults(); faults != nullptr)
    faults_ = faults->open_line(endpoint_->feed, endpoint_->name, *this, server_);
  host_.catch_up();
  host_.joined(*this);
  if (host_.has_ended()) return on_end();
  session_->on_open(*this);
}

void FeedClient::on_message(Opcode opcode, std::string_view payload) {
  if (!is_live()) return;
  host_.catch_up();
  if (!is_live()) return;  // what was due was too much for it
  host_.observe(*this, Direction::in, opcode, payload);
  if (opcode == Opcode::pong) return session_->on_pong(payload, *this);
  if (!is_data(opcode)) return;
  doc_.parse(opcode == Opcode::text ? payload : std::string_view());
  session_->on_message(payload, doc_, *this);
}

void FeedClient::on_closed() {
  is_closing_ = true;
  peer_ = nullptr;
  timers_.clear();
  faults_.reset();
  host_.left(*this);
}

void FeedClient::on_due(const DueFrame& frame) {
  if (!is_live() || !is_served_data(frame)) return;
  due_ = &frame;
  session_->on_data(frame.served, *this);
  due_ = nullptr;
}

std::size_t FeedClient::queued_bytes() const {
  if (!is_live()) return 0;
  return peer_->queued_bytes() + (faults_ ? faults_->held_bytes() : 0);
}

void FeedClient::notify_below(std::size_t bytes) {
  notify_below_ = bytes;
  if (peer_ != nullptr) peer_->notify_below(bytes);
}

// What a fault holds back is still to come: released() asks again.
void FeedClient::on_drained() {
  if (queued_bytes() <= notify_below_) host_.drained(*this);
}

void FeedClient::close(std::uint16_t code, std::string_view reason) {
  if (is_live() && faults_) faults_->flush();
  if (!is_live()) return;
  is_closing_ = true;  // timers find nothing to do from now on
  peer_->close(code, reason);
}

void FeedClient::hang_up() {
  if (is_live() && faults_) faults_->flush();
  if (!is_live()) return;
  is_closing_ = true;
  peer_->hang_up();
}

ClientInfo FeedClient::info() const {
  ClientInfo info;
  info.id = id_;
  info.address = address_;
  info.feed = endpoint_->feed;
  info.endpoint = endpoint_->name;
  info.is_subscribed = is_subscribed();
  info.frames_sent = frames_sent_;
  info.queued_bytes = queued_bytes();
  if (faults_) info.faults = faults_->count();
  return info;
}

void FeedClient::send(std::string_view text) {
  if (!is_live()) return;
  host_.observe(*this, Direction::out, Opcode::text, text);
  peer_->send(Opcode::text, text);
  check_queue();
}

void FeedClient::forward(const ServedFrame& frame) {
  if (!is_live()) return;
  if (faults_) return faults_->take(frame);
  leave(frame);
}

void FeedClient::leave(const ServedFrame& frame) {
  if (!is_live()) return;
  host_.observe(*this, Direction::out, frame.opcode, frame.payload);
  const bool is_due = due_ != nullptr && due_->shared != nullptr && !due_->encoded.empty() &&
                      due_->served.payload.data() == frame.payload.data() &&
                      due_->served.payload.size() == frame.payload.size();
  if (is_due) {
    peer_->send_shared(*due_->shared, due_->encoded);
  } else {
    peer_->send(frame.opcode, frame.payload);
  }
  ++frames_sent_;
  check_queue();
}

void FeedClient::stall(bool yes) {
  if (peer_ != nullptr) peer_->hold(yes);
}

void FeedClient::end(std::optional<std::uint16_t> code, const std::string& reason) {
  if (!is_live()) return;
  if (code) return close(*code, reason);
  is_closing_ = true;
  peer_->cut();
}

void FeedClient::released() {
  if (is_live()) peer_->notify_below(notify_below_);
}

void FeedClient::ping(std::string_view payload) {
  if (!is_live()) return;
  host_.observe(*this, Direction::out, Opcode::ping, payload);
  peer_->send(Opcode::ping, payload);
  check_queue();
}

void FeedClient::arm(int timer, Ns after) {
  if (!is_live()) return;
  if (after < 0) {
    if (const auto found = timers_.find(timer); found != timers_.end()) found->second->cancel();
    return;
  }
  std::unique_ptr<Server::Timer>& slot = timers_[timer];
  if (!slot) slot = server_.make_timer();
  slot->set(host_.mono() + after, [this, timer] {
    if (is_live()) session_->on_timer(timer, *this);
  });
}

void FeedClient::subscribed(bool yes) {
  if (!is_live()) return;
  is_subscribed_ = yes;
  host_.subscription_changed(*this);
}

void FeedClient::check_queue() {
  if (queued_bytes() <= host_.queue_bytes_max()) return;
  close(close_code::kPolicy, host_.slow_reason(*endpoint_));
}

std::optional<Mounted> find_mount(const HttpRequest& request) {
  const std::string_view path = request.target.path;
  if (!path.starts_with('/')) return std::nullopt;
  const std::size_t slash = path.find('/', 1);
  const std::string_view name = path.substr(1, slash == path.npos ? path.npos : slash - 1);
  Mounted mounted;
  mounted.feed = find_feed(name);
  if (mounted.feed == nullptr) return std::nullopt;
  mounted.request = request;
  mounted.request.target.path = slash == path.npos ? "/" : std::string(path.substr(slash));
  return mounted;
}

HttpReply error_reply(int status, std::string_view message) {
  HttpReply reply;
  reply.status = status;
  reply.body = "{\"error\":" + json_string(message) + "}";
  return reply;
}

}  // namespace tapedeck
