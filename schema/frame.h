// One WebSocket message or control frame as it crossed the socket.
#pragma once

#include <cstdint>
#include <string_view>

#include "schema/base/time.h"

namespace tapedeck {

// RFC 6455 section 5.2. A fragmented message counts as one frame with its first fragment's opcode.
enum class Opcode : std::uint8_t { text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

constexpr bool is_data(Opcode op) {
  return op == Opcode::text || op == Opcode::binary;
}

constexpr std::string_view to_string(Opcode op) {
  switch (op) {
    case Opcode::text:
      return "text";
    case Opcode::binary:
      return "binary";
    case Opcode::close:
      return "close";
    case Opcode::ping:
      return "ping";
    case Opcode::pong:
      return "pong";
  }
  return "unknown";
}

enum class Direction : std::uint8_t { in, out };

constexpr std::string_view to_string(Direction d) {
  return d == Direction::in ? "in" : "out";
}

// RFC 6455 section 7.4. 0: the frame carried no code.
namespace close_code {
inline constexpr std::uint16_t kNone = 0;
inline constexpr std::uint16_t kNormal = 1000;
inline constexpr std::uint16_t kGoingAway = 1001;
inline constexpr std::uint16_t kProtocolError = 1002;
inline constexpr std::uint16_t kNoStatus = 1005;
inline constexpr std::uint16_t kAbnormal = 1006;
inline constexpr std::uint16_t kBadPayload = 1007;
inline constexpr std::uint16_t kPolicy = 1008;
inline constexpr std::uint16_t kTooBig = 1009;
inline constexpr std::uint16_t kInternalError = 1011;
}  // namespace close_code

}  // namespace tapedeck
