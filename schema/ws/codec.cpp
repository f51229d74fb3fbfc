#include "schema/ws/codec.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

namespace tapedeck::ws {
namespace {

constexpr unsigned char kFin = 0x80;
constexpr unsigned char kReserved = 0x70;
constexpr unsigned char kMasked = 0x80;
constexpr std::size_t kControlMax = 125;
constexpr std::uint8_t kContinuation = 0;
constexpr std::size_t kRoom = 65'536;  // below this much unread, the buffer starts over in front

bool is_control(std::uint8_t opcode) {
  return (opcode & 0x8U) != 0;
}

void apply_mask(char* data, std::size_t size, const unsigned char* mask) {
  std::uint64_t wide = 0;
  for (std::size_t i = 0; i < 8; ++i) reinterpret_cast<unsigned char*>(&wide)[i] = mask[i % 4];
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, data + i, 8);
    word ^= wide;
    std::memcpy(data + i, &word, 8);
  }
  for (; i < size; ++i)
    data[i] = static_cast<char>(static_cast<unsigned char>(data[i]) ^ mask[i % 4]);
}

std::uint64_t read_big_endian(const unsigned char* bytes, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = (value << 8U) | bytes[i];
  return value;
}

void append_big_endian(std::string& out, std::uint64_t value, int count) {
  for (int shift = (count - 1) * 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((value >> static_cast<unsigned>(shift)) & 0xffU));
  }
}

}  // namespace

bool is_valid_utf8(std::string_view bytes) {
  return simdjson::validate_utf8(bytes.data(), bytes.size());
}

char* Decoder::prepare(std::size_t bytes) {
  if (begin_ == end_) begin_ = end_ = 0;
  if (buffer_.size() - end_ < bytes) {
    if (begin_ > 0 && (end_ - begin_ < kRoom || buffer_.size() - (end_ - begin_) >= bytes)) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (buffer_.size() - end_ < bytes) buffer_.resize(std::max(buffer_.size() * 2, end_ + bytes));
  }
  return buffer_.data() + end_;
}

void Decoder::commit(std::size_t bytes) {
  end_ += bytes;
}

Decoder::Status Decoder::fail(std::uint16_t code, std::string error) {
  close_code_ = code;
  error_ = std::move(error);
  return Status::failed;
}

Decoder::HeaderStatus Decoder::read_header(Header& header) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(buffer_.data()) + begin_;
  const std::size_t have = end_ - begin_;
  if (have < 2) return HeaderStatus::partial;
  if ((bytes[0] & kReserved) != 0) {
    fail(close_code::kProtocolError, "reserved bits are set in a frame");
    return HeaderStatus::bad;
  }
  header.fin = (bytes[0] & kFin) != 0;
  header.opcode = bytes[0] & 0x0fU;
  header.masked = (bytes[1] & kMasked) != 0;
  header.payload = bytes[1] & 0x7fU;
  header.size = 2;
  const std::size_t extended = header.payload == 126 ? 2 : header.payload == 127 ? 8 : 0;
  if (have < header.size + extended) return HeaderStatus::partial;
  if (extended != 0) {
    header.payload = read_big_endian(bytes + 2, extended);
    header.size += extended;
    const std::uint64_t least = extended == 2 ? 126 : 65'536;
    if (header.payload < least || header.payload >> 63U != 0) {
      fail(close_code::kProtocolError, "a frame's length is not in its shortest form");
      return HeaderStatus::bad;
    }
  }
  if (header.masked) {
    if (have < header.size + 4) return HeaderStatus::partial;
    std::memcpy(header.mask, bytes + header.size, 4);
    header.size += 4;
  }
  return check_header(header) ? HeaderStatus::whole : HeaderStatus::bad;
}

bool Decoder::check_header(const Header& header) {
  const auto refuse = [this](std::uint16_t code, const char* why) {
    fail(code, why);
    return false;
  };
  if (header.masked != (role_ == Role::server)) {
    return refuse(close_code::kProtocolError,
                  header.masked ? "the server masked a frame" : "the client did not mask a frame");
  }
  if (is_control(header.opcode)) {
    if (header.opcode > static_cast<std::uint8_t>(Opcode::pong)) {
      return refuse(close_code::kProtocolError, "unknown control opcode");
    }
    if (!header.fin || header.payload > kControlMax) {
      return refuse(close_code::kProtocolError, "a control frame is fragmented or over 125 bytes");
    }
    return true;
  }
  if (header.opcode > static_cast<std::uint8_t>(Opcode::binary)) {
    return refuse(close_code::kProtocolError, "unknown data opcode");
  }
  if ((header.opcode == kContinuation) != in_fragments_) {
    return refuse(close_code::kProtocolError, in_fragments_
                                                  ? "a new message inside a fragmented one"
                                                  : "a continuation without a beginning");
  }
  const std::size_t so_far = in_fragments_ ? fragments_.size() : 0;
  if (header.payload > message_bytes_max_ - std::min(message_bytes_max_, so_far)) {
    return refuse(close_code::kTooBig, "a message is over the limit");
  }
  return true;
}

void Decoder::finish_text(Message& out) const {
  out.valid_utf8 = out.opcode != Opcode::text || is_valid_utf8(out.payload);
}

bool Decoder::take_fragment(const Header& header, std::string_view payload, Message& out) {
  if (!in_fragments_) {
    fragments_.clear();
    fragments_opcode_ = static_cast<Opcode>(header.opcode);
    in_fragments_ = true;
  }
  fragments_.append(payload);
  if (!header.fin) return false;
  in_fragments_ = false;
  out.opcode = fragments_opcode_;
  out.payload = fragments_;
  finish_text(out);
  return true;
}

Decoder::Status Decoder::next(Message& out) {
  if (close_code_ != 0) return Status::failed;
  for (;;) {
    Header header;
    switch (read_header(header)) {
      case HeaderStatus::bad:
        return Status::failed;
      case HeaderStatus::partial:
        return Status::need_more;
      case HeaderStatus::whole:
        break;
    }
    if (end_ - begin_ - header.size < header.payload) return Status::need_more;
    char* data = buffer_.data() + begin_ + header.size;
    const auto size = static_cast<std::size_t>(header.payload);
    if (header.masked) apply_mask(data, size, header.mask);
    begin_ += header.size + size;
    const std::string_view payload(data, size);
    if (is_control(header.opcode) || (header.fin && header.opcode != kContinuation)) {
      out.opcode = static_cast<Opcode>(header.opcode);
      out.payload = payload;
      finish_text(out);
      return Status::message;
    }
    if (take_fragment(header, payload, out)) return Status::message;
  }
}

void append_frame(std::string& out, Opcode opcode, std::string_view payload,
                  const unsigned char* mask) {
  const unsigned char masked = mask != nullptr ? kMasked : 0;
  out.push_back(static_cast<char>(kFin | static_cast<unsigned char>(opcode)));
  if (payload.size() < 126) {
    out.push_back(static_cast<char>(masked | payload.size()));
  } else if (payload.size() < 65'536) {
    out.push_back(static_cast<char>(masked | 126U));
    append_big_endian(out, payload.size(), 2);
  } else {
    out.push_back(static_cast<char>(masked | 127U));
    append_big_endian(out, payload.size(), 8);
  }
  if (mask != nullptr) out.append(reinterpret_cast<const char*>(mask), 4);
  const std::size_t start = out.size();
  out.append(payload);
  if (mask != nullptr) apply_mask(out.data() + start, payload.size(), mask);
}

bool parse_close(std::string_view payload, Close& out) {
  out = {};
  if (payload.empty()) return true;
  if (payload.size() < 2) return false;
  out.code = static_cast<std::uint16_t>(
      read_big_endian(reinterpret_cast<const unsigned char*>(payload.data()), 2));
  out.reason = payload.substr(2);
  const bool defined = (out.code >= 1000 && out.code <= 1014 && out.code != 1004 &&
                        out.code != 1005 && out.code != 1006) ||
                       (out.code >= 3000 && out.code <= 4999);
  return defined && is_valid_utf8(out.reason);
}

std::string describe_close(std::uint16_t code, std::string_view reason) {
  if (code == close_code::kNone) return "closed without a code";
  std::string what = "closed with " + std::to_string(code);
  if (!reason.empty()) what.append(", ").append(reason);
  return what;
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
  std::string out;
  if (code == close_code::kNone) return out;
  append_big_endian(out, code, 2);
  std::size_t size = std::min<std::size_t>(reason.size(), kControlMax - 2);
  // A cut in the middle of a character would make the frame invalid.
  while (size > 0 && size < reason.size() &&
         (static_cast<unsigned char>(reason[size]) & 0xc0U) == 0x80U)
    --size;
  out.append(reason.substr(0, size));
  return out;
}

}  // namespace tapedeck::ws
