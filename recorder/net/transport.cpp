#include "recorder/net/transport.h"

#include <openssl/rand.h>
#include <openssl/sha.h>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "recorder/net/http.h"
#include "schema/base/text.h"
#include "schema/ws/codec.h"

namespace tapedeck::net {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kReadBytes = 64U << 10U;
constexpr std::size_t kRefusalBytesMax = 64U << 10U;

std::string random_bytes(int count) {
  std::string bytes(static_cast<std::size_t>(count), '\0');
  RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), count);
  return bytes;
}

// RFC 6455 section 4.2.2.
std::string accept_for(const std::string& key) {
  const std::string salted = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(salted.data()), salted.size(), digest);
  return base64_encode({reinterpret_cast<const char*>(digest), sizeof digest});
}

std::string header_of(const RestResponse& response, std::string_view wanted) {
  for (const auto& [name, value] : response.headers) {
    if (to_lower(name) == wanted) return value;
  }
  return {};
}

// Lives as long as an operation of its stream; `events_` is emptied when the owner lets go.
class Socket final : public std::enable_shared_from_this<Socket> {
 public:
  Socket(asio::io_context& io, asio::ssl::context& tls, TransportEvents& events)
      : io_(io), tls_(tls), events_(&events) {}

  void connect(const ConnectRequest& request, std::size_t message_bytes_max) {
    decoder_ = ws::Decoder(ws::Role::client, message_bytes_max);
    auto url = parse_url(request.url);
    if (!url) return end_later(url.error().message);
    key_ = base64_encode(random_bytes(16));
    HttpCall call;
    call.url = std::move(*url);
    call.headers = {{"Upgrade", "websocket"},
                    {"Connection", "Upgrade"},
                    {"Sec-WebSocket-Version", "13"},
                    {"Sec-WebSocket-Key", key_},
                    {"User-Agent", "tapedeck"}};
    call.headers.insert(call.headers.end(), request.headers.begin(), request.headers.end());
    call.keep_stream = true;
    call.body_bytes_max = kRefusalBytesMax;
    // The exchange belongs to this object, so its callbacks need not hold it.
    exchange_ = start_http(
        io_, tls_, std::move(call),
        {[this](std::string_view phase) { events_->on_phase(phase); },
         [this](const RestResponse& response, std::unique_ptr<Stream> stream,
                const std::string& rest) { upgraded(response, std::move(stream), rest); },
         [this](std::string error) { end(std::move(error)); }});
  }

  void send(Opcode opcode, std::string_view payload) {
    if (stream_ == nullptr || shutting_down_) return;
    unsigned char mask[4];
    RAND_bytes(mask, sizeof mask);
    ws::append_frame(pending_, opcode, payload, mask);
    flush_later();
  }

  void pause(bool yes) {
    if (std::exchange(is_paused_, yes) == yes || yes || !wants_read_) return;
    // From inside an owner's call, perhaps: what follows must not nest in it.
    asio::post(io_, [self = shared_from_this()] {
      if (self->events_ != nullptr && !self->is_paused_ && self->wants_read_) self->read();
    });
  }

  void shutdown() {
    if (shutting_down_) return;
    shutting_down_ = true;
    if (stream_ == nullptr) return end_later({});
    flush_later();
  }

  void abort(std::string why) {
    if (stream_ != nullptr) stream_->close();
    exchange_.reset();
    end_later(std::move(why));
  }

  // The owner lets go: nothing is told any more.
  void detach() {
    events_ = nullptr;
    exchange_.reset();
    if (stream_ != nullptr) stream_->close();
  }

 private:
  void end(std::string error) {
    if (events_ == nullptr) return;
    TransportEvents* events = std::exchange(events_, nullptr);
    if (stream_ != nullptr) stream_->close();
    events->on_end({std::move(error), 0});
  }

  // From inside an owner's call: the event must not nest in it.
  void end_later(std::string error) {
    asio::post(io_, [self = shared_from_this(), error = std::move(error)] { self->end(error); });
  }

  void upgraded(const RestResponse& response, std::unique_ptr<Stream> stream,
                const std::string& rest) {
    if (events_ == nullptr) return;
    if (response.status != 101) {
      events_->on_refused(response);
      return end("the upgrade was refused with HTTP " + std::to_string(response.status));
    }
    if (to_lower(header_of(response, "upgrade")) != "websocket" ||
        trim(header_of(response, "sec-websocket-accept")) != accept_for(key_)) {
      return end("the server's answer to the upgrade is no WebSocket handshake");
    }
    if (!header_of(response, "sec-websocket-extensions").empty()) {
      return end("the server uses a WebSocket extension that was not offered");
    }
    stream_ = std::move(stream);
    rest.copy(decoder_.prepare(rest.size()), rest.size());
    decoder_.commit(rest.size());
    events_->on_open();
    deliver();
  }

  void read() {
    wants_read_ = is_paused_;
    if (is_paused_) return;
    stream_->read_some(decoder_.prepare(kReadBytes), kReadBytes,
                       [self = shared_from_this()](ErrorCode e, std::size_t bytes) {
                         if (self->events_ == nullptr) return;
                         // An end without a close frame is the owner's to name.
                         if (e)
                           return self->end(e == asio::error::eof ? std::string() : e.message());
                         self->decoder_.commit(bytes);
                         self->deliver();
                       });
  }

  void deliver() {
    ws::Message message;
    while (events_ != nullptr) {
      const auto status = decoder_.next(message);
      if (status == ws::Decoder::Status::message) {
        events_->on_message(message.opcode, message.payload, message.valid_utf8);
        continue;
      }
      events_->on_read_end();
      if (status == ws::Decoder::Status::need_more) {
        read();
      } else {
        events_->on_protocol_error({decoder_.error(), decoder_.close_code()});
      }
      return;
    }
  }

  // What is sent during one turn of the loop goes out in one write.
  void flush_later() {
    if (flush_posted_ || writing_) return;
    flush_posted_ = true;
    asio::post(io_, [self = shared_from_this()] {
      self->flush_posted_ = false;
      self->flush();
    });
  }

  void flush() {
    if (writing_ || events_ == nullptr || stream_ == nullptr) return;
    if (pending_.empty()) {
      if (shutting_down_ && !finished_) {
        finished_ = true;
        stream_->finish([self = shared_from_this()] {
          // After a protocol error nobody reads on, so the end of the stream would not be seen.
          if (self->decoder_.close_code() != 0) self->end({});
        });
      }
      return;
    }
    in_flight_.swap(pending_);
    writing_ = true;
    stream_->write(in_flight_.data(), in_flight_.size(),
                   [self = shared_from_this()](ErrorCode e, std::size_t) {
                     self->writing_ = false;
                     self->in_flight_.clear();
                     if (e) return self->end("cannot send: " + e.message());
                     self->flush();
                   });
  }

  asio::io_context& io_;
  asio::ssl::context& tls_;
  TransportEvents* events_;
  std::string key_;
  std::unique_ptr<HttpExchange> exchange_;
  std::unique_ptr<Stream> stream_;
  ws::Decoder decoder_{ws::Role::client, 0};
  std::string pending_;
  std::string in_flight_;
  bool writing_ = false;
  bool flush_posted_ = false;
  bool shutting_down_ = false;
  bool finished_ = false;
  bool is_paused_ = false;
  bool wants_read_ = false;  // once it is paused no more
};

class AsioTransport final : public Transport {
 public:
  AsioTransport(asio::io_context& io, asio::ssl::context& tls, TransportEvents& events)
      : socket_(std::make_shared<Socket>(io, tls, events)) {}
  ~AsioTransport() override { socket_->detach(); }
  AsioTransport(const AsioTransport&) = delete;
  AsioTransport& operator=(const AsioTransport&) = delete;

  void connect(const ConnectRequest& request, std::size_t message_bytes_max) override {
    socket_->connect(request, message_bytes_max);
  }
  void send(Opcode opcode, std::string_view payload) override { socket_->send(opcode, payload); }
  void pause(bool yes) override { socket_->pause(yes); }
  void shutdown() override { socket_->shutdown(); }
  void abort(std::string why) override { socket_->abort(std::move(why)); }

 private:
  std::shared_ptr<Socket> socket_;
};

}  // namespace

std::unique_ptr<Transport> make_transport(asio::io_context& io, asio::ssl::context& tls,
                                          TransportEvents& events) {
  return std::make_unique<AsioTransport>(io, tls, events);
}

}  // namespace tapedeck::net
