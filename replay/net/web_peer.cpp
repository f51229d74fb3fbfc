#include "replay/net/web_peer.h"

#include <cstring>
#include <optional>
#include <utility>

#include "replay/net/outbox.h"
#include "schema/ws/codec.h"

namespace tapedeck::web {
namespace {

constexpr std::size_t kReadBytes = 16U << 10U;   // clients say little
constexpr std::size_t kFlushBytes = 64U << 10U;  // this much does not wait for the end of the turn
constexpr std::size_t kKeepBytes = 1U << 20U;    // larger buffers are given back once empty
constexpr Ns kFarewell = 2 * kNsPerSec;          // for the peer's close frame, then for its FIN
constexpr Ns kStall = 10 * kNsPerSec;  // for any progress of what is queued before a close

class WebPeer final : public Guest, public Peer, public std::enable_shared_from_this<WebPeer> {
 public:
  WebPeer(Hub& hub, std::shared_ptr<ByteStream> stream, std::unique_ptr<PeerHandler> handler)
      : hub_(hub),
        stream_(std::move(stream)),
        handler_(std::move(handler)),
        timer_(hub.make_timer()),
        id_(hub.next_id()),
        decoder_(ws::Role::server, hub.options().message_bytes_max) {}

  void start(std::string_view answer, std::string_view leftover) {
    hub_.join(shared_from_this());
    pending_.add(answer);
    flush_later();
    handler_->on_open(*this);
    if (!leftover.empty()) {
      std::memcpy(decoder_.prepare(leftover.size()), leftover.data(), leftover.size());
      decoder_.commit(leftover.size());
      decode();
    }
    read();
  }

  // Guest
  void go_away() override { close(close_code::kGoingAway, ""); }
  void drop() override {
    stream_->close();
    end();
  }

  // Peer
  std::uint64_t id() const override { return id_; }
  const std::string& address() const override { return stream_->address(); }

  void send(Opcode opcode, std::string_view payload) override {
    if (state_ != State::open) return;
    add_frame(opcode, payload);
    flush_later();
  }

  void send_shared(const SharedBytes& whole, std::string_view frames) override {
    if (state_ != State::open) return;
    pending_.add(whole, frames);
    flush_later();
  }

  void close(std::uint16_t code, std::string_view reason) override {
    if (state_ != State::open) return;
    if (owed_pong_) add_frame(Opcode::pong, *owed_pong_);
    owed_pong_.reset();
    add_frame(Opcode::close, ws::close_payload(code, reason));
    state_ = State::closing;
    limit(kStall);
    flush_later();
  }

  void cut() override {
    stream_->reset();
    end();
  }

  // No answer is awaited: what the peer still says is not heard.
  void hang_up() override {
    if (state_ != State::open) return;
    owed_pong_.reset();
    state_ = State::closing;
    limit(kStall);
    stop_listening();
  }

  // What was sent before leaves yet.
  void hold(bool yes) override {
    if (!yes) is_held_ = false;
    if (!is_writing()) flush();
    is_held_ = yes;
  }

  std::size_t queued_bytes() const override {
    return state_ == State::gone ? 0 : pending_.size() + in_flight_.size() - written_;
  }

  void notify_below(std::size_t bytes) override {
    notify_below_ = bytes;
    if (queued_bytes() > bytes) return;
    hub_.post([self = shared_from_this()] { self->tell_drained(); });
  }

 private:
  // closing: our close frame is queued or sent. farewell: both close frames have crossed (or the
  // peer broke the protocol and gets no further hearing), everything is sent, and only its FIN is
  // awaited.
  enum class State { open, closing, farewell, gone };

  void add_frame(Opcode opcode, std::string_view payload) {
    frame_.clear();
    ws::append_frame(frame_, opcode, payload, nullptr);
    pending_.add(frame_);
    if (frame_.capacity() > kKeepBytes) frame_ = std::string();
  }

  void limit(Ns delay) {
    set_after(*timer_, delay, [self = weak_from_this()] {
      if (const auto live = self.lock()) live->drop();
    });
  }

  void read() {
    if (state_ == State::gone) return;
    stream_->read_some(
        decoder_.prepare(kReadBytes), kReadBytes,
        [self = shared_from_this()](bool ok, std::size_t bytes) { self->on_read(ok, bytes); });
  }

  void on_read(bool ok, std::size_t bytes) {
    if (state_ == State::gone) return;
    if (!ok) {
      // A client may end its side with its close frame and still take what is queued.
      has_input_ended_ = true;
      if (state_ == State::closing && close_received_ && queued_bytes() > 0) return;
      return drop();
    }
    if (!close_received_) {
      decoder_.commit(bytes);
      decode();
    }
    read();
  }

  void decode() {
    ws::Message message;
    while (state_ != State::gone && !close_received_) {
      switch (decoder_.next(message)) {
        case ws::Decoder::Status::need_more:
          return;
        case ws::Decoder::Status::failed:
          return fail(decoder_.close_code(), decoder_.error());
        case ws::Decoder::Status::message:
          take(message);
      }
    }
  }

  void take(const ws::Message& message) {
    if (message.opcode == Opcode::close) return take_close(message.payload);
    if (!message.valid_utf8) return fail(close_code::kBadPayload, "text that is not UTF-8");
    if (state_ != State::open) return;
    if (message.opcode == Opcode::ping) answer_ping(message.payload);
    handler_->on_message(message.opcode, message.payload);
  }

  void take_close(std::string_view payload) {
    ws::Close got;
    if (!ws::parse_close(payload, got)) {
      return fail(close_code::kProtocolError, "a close frame that RFC 6455 forbids");
    }
    close(got.code, "");
    stop_listening();
  }

  void fail(std::uint16_t code, std::string_view why) {
    close(code, why);
    stop_listening();
  }

  void stop_listening() {
    if (state_ == State::gone) return;
    close_received_ = true;
    if (queued_bytes() == 0) say_farewell();
  }

  // A peer that pings and does not read would fill the memory with pongs; RFC 6455 section 5.5.3
  // allows to answer only the latest ping.
  void answer_ping(std::string_view payload) {
    if (queued_bytes() < kFlushBytes) {
      owed_pong_.reset();
      send(Opcode::pong, payload);
    } else {
      owed_pong_ = payload;
    }
  }

  void pay_pong() {
    if (!owed_pong_ || queued_bytes() >= kFlushBytes) return;
    const std::string payload = *std::exchange(owed_pong_, std::nullopt);
    send(Opcode::pong, payload);
  }

  void flush_later() {
    if (is_writing()) return;  // the end of that write takes it along
    if (pending_.size() >= kFlushBytes) return flush();
    if (std::exchange(is_flush_posted_, true)) return;
    hub_.post([self = shared_from_this()] {
      self->is_flush_posted_ = false;
      if (!self->is_writing()) self->flush();
    });
  }

  bool is_writing() const { return !in_flight_.empty(); }

  void flush() {
    if (state_ == State::gone || pending_.is_empty() || is_held_) return;
    pending_.take(in_flight_);
    write_rest();
  }

  void write_rest() {
    stream_->write_some(
        in_flight_.data() + written_, in_flight_.size() - written_,
        [self = shared_from_this()](bool ok, std::size_t bytes) { self->on_written(ok, bytes); });
  }

  void on_written(bool ok, std::size_t bytes) {
    if (state_ == State::gone) return;
    if (!ok) return drop();
    written_ += bytes;
    if (written_ < in_flight_.size()) {
      write_rest();
    } else {
      written_ = 0;
      in_flight_.clear();
      if (in_flight_.capacity() > kKeepBytes) in_flight_ = std::string();
      pay_pong();
      flush();
    }
    if (state_ == State::closing) on_closing_progress();
    tell_drained();
  }

  void on_closing_progress() {
    if (queued_bytes() > 0) return limit(kStall);
    if (close_received_) return say_farewell();
    limit(kFarewell);
  }

  void tell_drained() {
    if (state_ == State::farewell || state_ == State::gone) return;
    if (!notify_below_ || queued_bytes() > *notify_below_) return;
    notify_below_.reset();
    handler_->on_drained();
  }

  // RFC 6455 section 7.1.1: the server ends TCP first. The rest of what the peer sent is read away,
  // since closing on unread bytes would reset the connection and could take our close frame with
  // it. For the handler it is over: a peer that keeps its socket open is no client any more.
  void say_farewell() {
    if (state_ == State::farewell || state_ == State::gone) return;
    state_ = State::farewell;
    tell_closed();
    limit(kFarewell);
    stream_->finish_sending();
    if (has_input_ended_) drop();
  }

  // In a turn of its own: the handler may be the one who asked for the end.
  void tell_closed() {
    if (std::exchange(is_closed_told_, true)) return;
    hub_.post([self = shared_from_this()] {
      self->handler_->on_closed();
      self->handler_.reset();
    });
  }

  void end() {
    if (std::exchange(state_, State::gone) == State::gone) return;
    timer_->cancel();
    tell_closed();
    hub_.post([self = shared_from_this()] { self->hub_.leave(*self); });
  }

  Hub& hub_;
  std::shared_ptr<ByteStream> stream_;
  std::unique_ptr<PeerHandler> handler_;
  std::unique_ptr<Server::Timer> timer_;
  std::uint64_t id_;
  ws::Decoder decoder_;
  State state_ = State::open;
  bool close_received_ = false;
  bool has_input_ended_ = false;
  bool is_closed_told_ = false;
  bool is_flush_posted_ = false;
  bool is_held_ = false;
  std::string frame_;  // being encoded
  Outbox pending_;
  std::string in_flight_;
  std::size_t written_ = 0;  // of in_flight_
  std::optional<std::size_t> notify_below_;
  std::optional<std::string> owed_pong_;
};

}  // namespace

void serve_web_socket(Hub& hub, std::shared_ptr<ByteStream> stream,
                      std::unique_ptr<PeerHandler> handler, std::string_view answer,
                      const std::string& leftover) {
  std::make_shared<WebPeer>(hub, std::move(stream), std::move(handler))->start(answer, leftover);
}

}  // namespace tapedeck::web
