// Frames as they are written, close frames, UTF-8: RFC 6455 sections 5.2, 5.5.1, 7.4, RFC 3629.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "schema/ws/codec.h"

namespace tapedeck::ws {
namespace {

constexpr unsigned char kMask[4] = {0x37, 0xfa, 0x21, 0x3d};

std::string encode(Opcode opcode, std::string_view payload, const unsigned char* mask = nullptr) {
  std::string out;
  append_frame(out, opcode, payload, mask);
  return out;
}

TEST(WsAppendFrame, WritesTheExamplesOfRfc6455Section57) {
  EXPECT_EQ(encode(Opcode::text, "Hello"), "\x81\x05Hello");
  EXPECT_EQ(encode(Opcode::text, "Hello", kMask), "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
  EXPECT_EQ(encode(Opcode::ping, "Hello"), "\x89\x05Hello");
  EXPECT_EQ(encode(Opcode::binary, std::string(256, 'x')),
            std::string("\x82\x7e\x01\x00", 4) + std::string(256, 'x'));
  EXPECT_EQ(encode(Opcode::binary, std::string(65'536, 'x')),
            std::string("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10) + std::string(65'536, 'x'));
}

TEST(WsAppendFrame, UsesTheShortestLengthForm) {
  const std::pair<std::size_t, std::string> cases[] = {
      {0, std::string("\x82\x00", 2)},
      {125, "\x82\x7d"},
      {126, std::string("\x82\x7e\x00\x7e", 4)},
      {65'535, "\x82\x7e\xff\xff"},
      {65'536, std::string("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10)},
  };
  for (const auto& [size, header] : cases) {
    const std::string payload(size, 'p');
    EXPECT_EQ(encode(Opcode::binary, payload), header + payload) << size;
    std::string masked_header = header;
    masked_header[1] = static_cast<char>(masked_header[1] | '\x80');
    EXPECT_EQ(encode(Opcode::binary, payload, kMask).substr(0, header.size() + 4),
              masked_header + "\x37\xfa\x21\x3d")
        << size;
  }
}

TEST(WsAppendFrame, IsReadBackByTheOtherSide) {
  for (const Opcode opcode :
       {Opcode::text, Opcode::binary, Opcode::close, Opcode::ping, Opcode::pong}) {
    for (const std::size_t size : {0U, 1U, 3U, 4U, 8U, 13U, 125U, 126U, 65'535U, 65'536U}) {
      if (!is_data(opcode) && size > 125) continue;
      std::string payload(size, '\0');
      for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<char>(i * 7 % 128);
      for (const unsigned char* mask : {static_cast<const unsigned char*>(nullptr), kMask}) {
        std::string bytes = "before";
        append_frame(bytes, opcode, payload, mask);
        Decoder decoder(mask == nullptr ? Role::client : Role::server, 1U << 20U);
        std::memcpy(decoder.prepare(bytes.size()), bytes.data() + 6, bytes.size() - 6);
        decoder.commit(bytes.size() - 6);
        Message message;
        ASSERT_EQ(decoder.next(message), Decoder::Status::message) << size;
        EXPECT_EQ(message.opcode, opcode);
        EXPECT_EQ(message.payload, payload);
        EXPECT_EQ(decoder.next(message), Decoder::Status::need_more);
      }
    }
  }
}

TEST(WsParseClose, ReadsCodeAndReason) {
  const struct {
    std::string payload;
    std::uint16_t code;
    std::string reason;
  } cases[] = {
      {"", close_code::kNone, ""},
      {"\x03\xe8", 1000, ""},
      {"\x03\xe8"
       "end of tape",
       1000, "end of tape"},
      {"\x03\xf0"
       "pong timeout",
       1008, "pong timeout"},
      {"\x03\xf6", 1014, ""},
      {"\x0b\xb8", 3000, ""},
      {"\x0f\xa1"
       "Ungültig",
       4001, "Ungültig"},
      {"\x13\x87", 4999, ""},
  };
  for (const auto& c : cases) {
    Close close;
    ASSERT_TRUE(parse_close(c.payload, close)) << c.code;
    EXPECT_EQ(close.code, c.code);
    EXPECT_EQ(close.reason, c.reason);
  }
}

TEST(WsParseClose, TakesExactlyTheCodesThatMayBeSent) {
  std::vector<int> accepted;
  for (int code = 0; code <= 0xffff; ++code) {
    const char payload[2] = {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
    Close close;
    if (parse_close({payload, 2}, close)) accepted.push_back(code);
  }
  std::vector<int> expected = {1000, 1001, 1002, 1003, 1007, 1008,
                               1009, 1010, 1011, 1012, 1013, 1014};
  for (int code = 3000; code <= 4999; ++code) expected.push_back(code);
  EXPECT_EQ(accepted, expected);
}

TEST(WsParseClose, RefusesOneByteAndBrokenUtf8) {
  Close close;
  EXPECT_FALSE(parse_close("\x03", close));
  EXPECT_FALSE(parse_close("\x03\xe8\xff", close));
  EXPECT_FALSE(
      parse_close("\x03\xe8"
                  "abc\xc3",
                  close));
}

TEST(WsClosePayload, IsReadBackAsItWasMeant) {
  const std::pair<std::uint16_t, std::string> cases[] = {
      {1000, ""}, {1000, "bye"}, {1008, "slow client"}, {4321, std::string(123, 'x')}};
  for (const auto& [code, reason] : cases) {
    const std::string payload = close_payload(code, reason);
    Close close;
    ASSERT_TRUE(parse_close(payload, close));
    EXPECT_EQ(close.code, code);
    EXPECT_EQ(close.reason, reason);
  }
  EXPECT_EQ(close_payload(close_code::kNone, "dropped"), "");
}

TEST(WsClosePayload, CutsTheReasonOnACharactersEdge) {
  EXPECT_EQ(close_payload(1000, std::string(124, 'x')), "\x03\xe8" + std::string(123, 'x'));
  for (const std::string character : {"é", "€", "😀"}) {
    for (std::size_t lead = 0; lead < character.size(); ++lead) {
      std::string reason(lead, 'x');
      while (reason.size() < 200) reason += character;
      const std::string payload = close_payload(1000, reason);
      const std::size_t whole = lead + (123 - lead) / character.size() * character.size();
      EXPECT_EQ(payload.substr(2), reason.substr(0, whole)) << character << " after " << lead;
      Close close;
      EXPECT_TRUE(parse_close(payload, close));
    }
  }
}

TEST(WsUtf8, IsJudgedAsRfc3629Demands) {
  for (const std::string& bytes :
       {std::string(), std::string("plain"), std::string("\0\x7f", 2), std::string("é€😀"),
        std::string("\xc2\x80"), std::string("\xdf\xbf"), std::string("\xe0\xa0\x80"),
        std::string("\xed\x9f\xbf"), std::string("\xee\x80\x80"), std::string("\xef\xbf\xbf"),
        std::string("\xf0\x90\x80\x80"), std::string("\xf4\x8f\xbf\xbf"),
        std::string(1'000, 'a') + "€"}) {
    EXPECT_TRUE(is_valid_utf8(bytes)) << bytes;
  }
  for (const std::string bytes :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x80\x80", "\xe0\x9f\xbf",
        "\xe2\x82", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
        "\xf0\x90\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xfe"}) {
    EXPECT_FALSE(is_valid_utf8(bytes));
    EXPECT_FALSE(is_valid_utf8(std::string(1'000, 'a') + bytes));
    EXPECT_FALSE(is_valid_utf8(std::string(bytes) + std::string(1'000, 'a')));
  }
}

}  // namespace
}  // namespace tapedeck::ws
