#include "replay/net/http_connection.h"

#include <array>
#include <utility>

#include "replay/net/handshake.h"
#include "replay/net/http_message.h"
#include "replay/net/web_peer.h"

namespace tapedeck::web {
namespace {

constexpr Ns kIdle = 60 * kNsPerSec;     // between requests, and for taking a reply
constexpr Ns kFarewell = 2 * kNsPerSec;  // for the client's end of a closed connection
constexpr std::size_t kReadBytes = 16384;

class HttpConnection final : public Guest, public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(Hub& hub, std::shared_ptr<ByteStream> stream)
      : hub_(hub),
        stream_(std::move(stream)),
        timer_(hub.make_timer()),
        reader_(hub.options().header_bytes_max, hub.options().body_bytes_max) {}

  void start() {
    hub_.join(shared_from_this());
    limit(hub_.options().handshake_ms_max * kNsPerMs);
    stream_->handshake([self = shared_from_this()](bool ok) {
      if (self->state_ == State::gone) return;
      if (!ok) return self->drop();
      self->read();
    });
  }

  void go_away() override {
    if (state_ == State::replying) {
      keep_alive_ = false;
    } else if (state_ != State::farewell) {
      drop();
    }
  }

  void drop() override {
    if (std::exchange(state_, State::gone) == State::gone) return;
    stream_->close();
    leave();
  }

 private:
  enum class State { reading, replying, farewell, gone };

  void limit(Ns delay) {
    set_after(*timer_, delay, [self = weak_from_this()] {
      if (const auto live = self.lock()) live->drop();
    });
  }

  void leave() {
    timer_->cancel();
    hub_.leave(*this);
  }

  void read() {
    stream_->read_some(
        buffer_.data(), buffer_.size(),
        [self = shared_from_this()](bool ok, std::size_t bytes) { self->on_read(ok, bytes); });
  }

  void on_read(bool ok, std::size_t bytes) {
    if (state_ == State::gone) return;
    if (!ok) return drop();
    if (state_ == State::farewell) return read();  // only the end of it is of interest
    const bool was_idle = !reader_.has_begun();
    reader_.append({buffer_.data(), bytes});
    if (was_idle && served_ > 0) limit(hub_.options().handshake_ms_max * kNsPerMs);
    next();
  }

  void next() {
    switch (reader_.next()) {
      case RequestReader::Status::need_more:
        if (reader_.wants_continue()) return write("HTTP/1.1 100 Continue\r\n\r\n");
        return read();
      case RequestReader::Status::whole:
        return answer(reader_.take());
      case RequestReader::Status::malformed:
        return refuse(400, "this is no HTTP/1.1 request that can be understood");
      case RequestReader::Status::header_too_large:
        return refuse(431, "the request's header is too large");
      case RequestReader::Status::body_too_large:
        return refuse(413, "the request's body is too large");
    }
  }

  void refuse(int status, std::string_view why) { reply(error_reply(status, why), false, true); }

  void answer(const WebRequest& request) {
    ++served_;
    const bool upgrade = is_upgrade(request.http);
    std::optional<HttpReply> refusal = hub_.access().refuse(request.http);
    if (!refusal && upgrade) refusal = refuse_handshake(request.http, request.is_http_1_1);
    if (refusal) return reply(*refusal, request.keep_alive, !request.is_head);
    if (!upgrade) return ask(request);
    WebHandler::Upgrade outcome = hub_.handler().on_upgrade(request.http);
    if (const auto* refused = std::get_if<HttpReply>(&outcome)) {
      return reply(*refused, request.keep_alive, true);
    }
    state_ = State::gone;
    serve_web_socket(hub_, stream_, std::get<std::unique_ptr<PeerHandler>>(std::move(outcome)),
                     handshake_answer(request.http), reader_.leftover());
    leave();
  }

  // The handler takes as long as it takes.
  void ask(const WebRequest& request) {
    state_ = State::replying;
    keep_alive_ = request.keep_alive;
    timer_->cancel();
    hub_.handler().on_request(request.http, [self = shared_from_this(),
                                             with_body = !request.is_head](const HttpReply& made) {
      if (self->state_ != State::gone) self->reply(made, self->keep_alive_, with_body);
    });
  }

  void reply(const HttpReply& reply, bool keep_alive, bool with_body) {
    keep_alive_ = keep_alive;
    write(encode_reply(reply, keep_alive, with_body));
  }

  void write(std::string bytes) {
    state_ = State::replying;
    out_ = std::move(bytes);
    written_ = 0;
    limit(kIdle);
    write_rest();
  }

  void write_rest() {
    stream_->write_some(
        out_.data() + written_, out_.size() - written_,
        [self = shared_from_this()](bool ok, std::size_t bytes) { self->on_written(ok, bytes); });
  }

  void on_written(bool ok, std::size_t bytes) {
    if (state_ == State::gone) return;
    if (!ok) return drop();
    written_ += bytes;
    if (written_ < out_.size()) return write_rest();
    if (keep_alive_) {
      state_ = State::reading;
      limit(reader_.has_begun() ? hub_.options().handshake_ms_max * kNsPerMs : kIdle);
      return next();
    }
    // Closing with unread bytes would reset the connection and could take the reply with it.
    state_ = State::farewell;
    limit(kFarewell);
    stream_->finish_sending();
    read();
  }

  Hub& hub_;
  std::shared_ptr<ByteStream> stream_;
  std::unique_ptr<Server::Timer> timer_;
  RequestReader reader_;
  State state_ = State::reading;
  std::array<char, kReadBytes> buffer_{};
  std::string out_;
  std::size_t written_ = 0;
  std::uint64_t served_ = 0;
  bool keep_alive_ = true;
};

}  // namespace

void serve_http(Hub& hub, std::shared_ptr<ByteStream> stream) {
  std::make_shared<HttpConnection>(hub, std::move(stream))->start();
}

}  // namespace tapedeck::web
