// WebSocket framing (RFC 6455 sections 5 and 7) as pure functions of bytes.
//
// Why our own: a tape needs control frames in their true order, whole messages also when their
// UTF-8 is broken, and one encoded frame for many clients; a simulated world needs to cut a stream
// at any byte. See docs/decisions/0002-websocket-framing.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "schema/frame.h"

namespace tapedeck::ws {

enum class Role : std::uint8_t {
  client,
  server
};  // clients mask what they send, servers demand it

// A whole message or control frame. The payload lives until the next call to the decoder.
struct Message {
  Opcode opcode = Opcode::text;
  std::string_view payload;
  bool valid_utf8 = true;  // text only
};

// Turns bytes into messages. Not thread-safe.
class Decoder {
 public:
  enum class Status : std::uint8_t {
    message,    // `out` holds one
    need_more,  // feed more bytes
    failed,  // the peer broke the protocol: close_code() and error() say how; no further messages
  };

  // `role`: the side that decodes.
  Decoder(Role role, std::size_t message_bytes_max)
      : role_(role), message_bytes_max_(message_bytes_max) {}

  // Room for at least `bytes`; then commit() what was read into it. Invalidates messages.
  char* prepare(std::size_t bytes);
  void commit(std::size_t bytes);

  Status next(Message& out);

  std::uint16_t close_code() const { return close_code_; }
  const std::string& error() const { return error_; }

 private:
  struct Header {
    bool fin = false;
    std::uint8_t opcode = 0;
    bool masked = false;
    std::size_t size = 0;  // of the header
    std::uint64_t payload = 0;
    unsigned char mask[4] = {};
  };
  enum class HeaderStatus : std::uint8_t { whole, partial, bad };

  HeaderStatus read_header(Header& header);
  bool check_header(const Header& header);
  bool take_fragment(const Header& header, std::string_view payload, Message& out);
  void finish_text(Message& out) const;
  Status fail(std::uint16_t code, std::string error);

  Role role_;
  std::size_t message_bytes_max_;
  std::string buffer_;
  std::size_t begin_ = 0;  // unread bytes are buffer_[begin_, end_)
  std::size_t end_ = 0;
  std::string fragments_;
  bool in_fragments_ = false;
  Opcode fragments_opcode_ = Opcode::text;
  std::uint16_t close_code_ = 0;
  std::string error_;
};

// Appends one unfragmented frame to `out`. `mask`: nullptr for a server, four random bytes for a
// client.
void append_frame(std::string& out, Opcode opcode, std::string_view payload,
                  const unsigned char* mask);

struct Close {
  std::uint16_t code = close_code::kNone;  // kNone: the frame had no body
  std::string_view reason;
};
// Takes a close frame's payload apart. False when RFC 6455 section 7.4 or 5.5.1 forbids it.
bool parse_close(std::string_view payload, Close& out);
// `closed with 1001, going away`, `closed without a code`: for a person.
std::string describe_close(std::uint16_t code, std::string_view reason);
// The payload for a close frame; the reason is cut to 123 bytes on a character's edge.
std::string close_payload(std::uint16_t code, std::string_view reason);

bool is_valid_utf8(std::string_view bytes);

}  // namespace tapedeck::ws
