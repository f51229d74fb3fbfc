// The decoder against RFC 6455 section 5: what it takes, and what it must refuse.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "schema/ws/codec.h"

namespace tapedeck::ws {
namespace {

constexpr unsigned char kMask[4] = {0x37, 0xfa, 0x21, 0x3d};
constexpr std::size_t kLimit = 1U << 20U;
using Strings = std::vector<std::string>;

// A frame of any form, right or wrong. `length_form` 0: the shortest; 2 or 8: that many bytes.
struct Raw {
  unsigned first = 0x81;
  std::string payload;
  bool masked = false;
  int length_form = 0;

  std::string bytes() const {
    std::string out(1, static_cast<char>(first));
    const std::size_t size = payload.size();
    const int form = length_form != 0 ? length_form : size < 126 ? 0 : size < 65'536 ? 2 : 8;
    const std::size_t marker = form == 0 ? size : form == 2 ? 126 : 127;
    out += static_cast<char>(marker | (masked ? 0x80U : 0U));
    for (int i = form - 1; i >= 0; --i)
      out += static_cast<char>(size >> (8U * static_cast<unsigned>(i)));
    if (masked) out.append(reinterpret_cast<const char*>(kMask), 4);
    for (std::size_t i = 0; i < size; ++i) {
      out += static_cast<char>(payload[i] ^ (masked ? static_cast<char>(kMask[i % 4]) : '\0'));
    }
    return out;
  }
};

std::string frame(unsigned first, const std::string& payload) {
  return Raw{first, payload}.bytes();
}

// `text hello`, `ping x`, …; long payloads by size and hash; a failure as `failed CODE why`.
std::string describe(const Message& message) {
  std::string name;
  switch (message.opcode) {
    case Opcode::text:
      name = message.valid_utf8 ? "text " : "broken text ";
      break;
    case Opcode::binary:
      name = "binary ";
      break;
    case Opcode::close:
      name = "close ";
      break;
    case Opcode::ping:
      name = "ping ";
      break;
    case Opcode::pong:
      name = "pong ";
      break;
  }
  if (message.payload.size() <= 200) return name + std::string(message.payload);
  return name + std::to_string(message.payload.size()) + " bytes #" +
         std::to_string(std::hash<std::string_view>()(message.payload));
}

void feed(Decoder& decoder, std::string_view bytes) {
  std::memcpy(decoder.prepare(bytes.size()), bytes.data(), bytes.size());
  decoder.commit(bytes.size());
}

// Takes all that is whole; false once the decoder has failed.
bool take(Decoder& decoder, Strings& out) {
  for (;;) {
    Message message;
    switch (decoder.next(message)) {
      case Decoder::Status::message:
        out.push_back(describe(message));
        break;
      case Decoder::Status::need_more:
        return true;
      case Decoder::Status::failed:
        out.push_back("failed " + std::to_string(decoder.close_code()) + " " + decoder.error());
        return false;
    }
  }
}

Strings decode(Role role, std::string_view bytes, std::size_t step = 0,
               std::size_t limit = kLimit) {
  Decoder decoder(role, limit);
  Strings out;
  if (step == 0) step = std::max<std::size_t>(bytes.size(), 1);
  while (!bytes.empty()) {
    feed(decoder, bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
    if (!take(decoder, out)) break;
  }
  return out;
}

std::string pattern(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>('a' + i % 23);
  return out;
}

TEST(WsDecoder, ReadsTheExamplesOfRfc6455Section57) {
  EXPECT_EQ(decode(Role::client, "\x81\x05Hello"), Strings{"text Hello"});
  EXPECT_EQ(decode(Role::server, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"),
            Strings{"text Hello"});
  EXPECT_EQ(decode(Role::client, "\x01\x03Hel\x80\x02lo"), Strings{"text Hello"});
  EXPECT_EQ(decode(Role::client, "\x89\x05Hello"), Strings{"ping Hello"});
  EXPECT_EQ(decode(Role::server, "\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"),
            Strings{"pong Hello"});
}

TEST(WsDecoder, ReadsEveryLengthFormInBothDirections) {
  for (const std::size_t size :
       {0U, 1U, 7U, 8U, 9U, 125U, 126U, 127U, 65'535U, 65'536U, 200'000U}) {
    for (const unsigned first : {0x81U, 0x82U}) {
      const std::string payload = pattern(size);
      Message expected;
      expected.opcode = first == 0x81U ? Opcode::text : Opcode::binary;
      expected.payload = payload;
      const Strings all(2, describe(expected));
      for (const bool masked : {false, true}) {
        const std::string one = Raw{first, payload, masked}.bytes();
        EXPECT_EQ(decode(masked ? Role::server : Role::client, one + one), all) << size;
      }
    }
  }
}

TEST(WsDecoder, GivesTheSameMessagesHoweverTheBytesAreCut) {
  for (const bool masked : {false, true}) {
    const auto raw = [&](unsigned first, const std::string& payload) {
      return Raw{first, payload, masked}.bytes();
    };
    const std::string bytes = raw(0x81, "one") + raw(0x89, "p1") + raw(0x82, pattern(130)) +
                              raw(0x01, "fra") + raw(0x89, "") + raw(0x00, "gmen") +
                              raw(0x8a, "p2") + raw(0x80, "ted") + raw(0x81, "") +
                              raw(0x81, pattern(126)) + raw(0x88, "\x03\xe8 bye");
    const Strings expected = {"text one",
                              "ping p1",
                              "binary " + pattern(130),
                              "ping ",
                              "pong p2",
                              "text fragmented",
                              "text ",
                              "text " + pattern(126),
                              "close \x03\xe8 bye"};
    const Role role = masked ? Role::server : Role::client;
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
      ASSERT_EQ(decode(role, bytes, step), expected) << "in steps of " << step;
    }
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      Decoder decoder(role, kLimit);
      Strings out;
      feed(decoder, std::string_view(bytes).substr(0, cut));
      ASSERT_TRUE(take(decoder, out));
      feed(decoder, std::string_view(bytes).substr(cut));
      ASSERT_TRUE(take(decoder, out));
      ASSERT_EQ(out, expected) << "cut at " << cut;
    }
  }
}

TEST(WsDecoder, ReadsLargeMessagesByteByByte) {
  const std::string bytes =
      Raw{0x82, pattern(65'536), true}.bytes() + Raw{0x81, "after", true}.bytes();
  EXPECT_EQ(decode(Role::server, bytes, 1), decode(Role::server, bytes));
  EXPECT_EQ(decode(Role::server, bytes, 4'093), decode(Role::server, bytes));
}

TEST(WsDecoder, KeepsWhatIsUnreadWhenRoomIsMadeInBetween) {
  Decoder decoder(Role::client, kLimit);
  const std::string many = frame(0x81, "a") + frame(0x81, "bb") + frame(0x81, pattern(1'000));
  feed(decoder, many);
  Message message;
  ASSERT_EQ(decoder.next(message), Decoder::Status::message);
  EXPECT_EQ(message.payload, "a");
  decoder.prepare(500'000);
  decoder.commit(0);
  ASSERT_EQ(decoder.next(message), Decoder::Status::message);
  EXPECT_EQ(message.payload, "bb");
  ASSERT_EQ(decoder.next(message), Decoder::Status::message);
  EXPECT_EQ(message.payload, pattern(1'000));
  EXPECT_EQ(decoder.next(message), Decoder::Status::need_more);
}

TEST(WsDecoder, ReassemblesEmptyAndManyFragments) {
  EXPECT_EQ(decode(Role::client, frame(0x02, "") + frame(0x00, "") + frame(0x80, "")),
            Strings{"binary "});
  std::string bytes = frame(0x01, "");
  for (int i = 0; i < 100; ++i) bytes += frame(0x00, "x") + frame(0x8a, "");
  bytes += frame(0x80, "") + frame(0x81, "next");
  Strings expected(100, "pong ");
  expected.push_back("text " + std::string(100, 'x'));
  expected.push_back("text next");
  EXPECT_EQ(decode(Role::client, bytes), expected);
}

TEST(WsDecoder, KeepsOneFragmentedMessageOutOfTheNext) {
  EXPECT_EQ(decode(Role::client, frame(0x01, "a") + frame(0x80, "b") + frame(0x02, "c") +
                                     frame(0x80, "d") + frame(0x81, "e")),
            (Strings{"text ab", "binary cd", "text e"}));
  // The limit, too, is for each alone.
  EXPECT_EQ(
      decode(Role::client,
             frame(0x01, "abc") + frame(0x80, "d") + frame(0x01, "efg") + frame(0x80, "h"), 0, 4),
      (Strings{"text abcd", "text efgh"}));
}

TEST(WsDecoder, RefusesWhatTheProtocolForbids) {
  const std::string p126(126, 'x');
  const struct {
    const char* what;
    Role role;
    std::string bytes;
    const char* last;
  } cases[] = {
      {"unmasked to a server", Role::server, frame(0x81, "x"),
       "failed 1002 the client did not mask a frame"},
      {"unmasked ping to a server", Role::server, frame(0x89, ""),
       "failed 1002 the client did not mask a frame"},
      {"masked to a client", Role::client, Raw{0x81, "x", true}.bytes(),
       "failed 1002 the server masked a frame"},
      {"RSV1", Role::client, frame(0xc1, "x"), "failed 1002 reserved bits are set in a frame"},
      {"RSV2", Role::client, frame(0xa1, "x"), "failed 1002 reserved bits are set in a frame"},
      {"RSV3", Role::client, frame(0x91, "x"), "failed 1002 reserved bits are set in a frame"},
      {"RSV on control", Role::client, frame(0xc9, "x"),
       "failed 1002 reserved bits are set in a frame"},
      {"opcode 3", Role::client, frame(0x83, "x"), "failed 1002 unknown data opcode"},
      {"opcode 7", Role::client, frame(0x87, "x"), "failed 1002 unknown data opcode"},
      {"opcode 11", Role::client, frame(0x8b, "x"), "failed 1002 unknown control opcode"},
      {"opcode 15", Role::client, frame(0x8f, "x"), "failed 1002 unknown control opcode"},
      {"16 bits for 125", Role::client, Raw{0x81, pattern(125), false, 2}.bytes(),
       "failed 1002 a frame's length is not in its shortest form"},
      {"64 bits for 65535", Role::client, Raw{0x81, pattern(65'535), false, 8}.bytes(),
       "failed 1002 a frame's length is not in its shortest form"},
      {"64 bits for 0", Role::client, Raw{0x81, "", false, 8}.bytes(),
       "failed 1002 a frame's length is not in its shortest form"},
      {"ping of 126", Role::client, frame(0x89, p126),
       "failed 1002 a control frame is fragmented or over 125 bytes"},
      {"close of 126", Role::client, frame(0x88, p126),
       "failed 1002 a control frame is fragmented or over 125 bytes"},
      {"fragmented ping", Role::client, frame(0x09, "x"),
       "failed 1002 a control frame is fragmented or over 125 bytes"},
      {"fragmented close", Role::client, frame(0x08, ""),
       "failed 1002 a control frame is fragmented or over 125 bytes"},
      {"final continuation of nothing", Role::client, frame(0x80, "x"),
       "failed 1002 a continuation without a beginning"},
      {"continuation of nothing", Role::client, frame(0x00, "x"),
       "failed 1002 a continuation without a beginning"},
      {"continuation of a whole message", Role::client, frame(0x81, "a") + frame(0x80, "b"),
       "failed 1002 a continuation without a beginning"},
      {"a message in a fragmented one", Role::client, frame(0x01, "a") + frame(0x81, "b"),
       "failed 1002 a new message inside a fragmented one"},
      {"a fragment in a fragmented one", Role::client, frame(0x01, "a") + frame(0x02, "b"),
       "failed 1002 a new message inside a fragmented one"},
  };
  for (const auto& c : cases) {
    for (const std::size_t step : {0U, 1U}) {
      const Strings out = decode(c.role, c.bytes, step);
      ASSERT_FALSE(out.empty()) << c.what;
      EXPECT_EQ(out.back(), c.last) << c.what;
    }
  }
}

TEST(WsDecoder, RefusesALengthOver63BitsBeforeItsPayload) {
  const std::string header("\x82\x7f\x80\0\0\0\0\0\0\x01", 10);
  EXPECT_EQ(decode(Role::client, header).back().substr(0, 11), "failed 1002");
}

TEST(WsDecoder, RefusesAnOversizeMessageByItsHeaderAlone) {
  const std::string too_big = "failed 1009 a message is over the limit";
  EXPECT_EQ(decode(Role::client, frame(0x82, pattern(1'000)), 0, 1'000).size(), 1U);
  EXPECT_EQ(decode(Role::client, frame(0x82, pattern(1'000)), 0, 1'000)[0].substr(0, 11),
            "binary 1000");
  EXPECT_EQ(decode(Role::client, frame(0x82, pattern(1'001)).substr(0, 4), 0, 1'000),
            Strings{too_big});
  EXPECT_EQ(decode(Role::client, std::string("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", 10)),
            Strings{too_big});
  EXPECT_EQ(decode(Role::client, frame(0x81, "x"), 0, 0), Strings{too_big});
}

TEST(WsDecoder, RefusesFragmentsWhoseSumIsOversize) {
  const std::string begun =
      frame(0x01, pattern(60)) + frame(0x89, "ping") + frame(0x00, pattern(40));
  EXPECT_EQ(decode(Role::client, begun + frame(0x80, ""), 0, 100),
            (Strings{"ping ping", "text " + pattern(60) + pattern(40)}));
  EXPECT_EQ(decode(Role::client, begun + frame(0x80, "x"), 0, 100),
            (Strings{"ping ping", "failed 1009 a message is over the limit"}));
  // The limit is for one message: the next one has all of it again.
  EXPECT_EQ(
      decode(Role::client, begun + frame(0x80, "") + frame(0x81, pattern(100)), 0, 100).back(),
      "text " + pattern(100));
}

TEST(WsDecoder, TakesControlFramesUnderALimitSmallerThanTheirs) {
  EXPECT_EQ(decode(Role::client, frame(0x89, pattern(125)), 0, 10),
            Strings{"ping " + pattern(125)});
}

TEST(WsDecoder, GivesNothingMoreAfterAFailure) {
  Decoder decoder(Role::client, kLimit);
  feed(decoder, frame(0x81, "before") + frame(0x83, "bad") + frame(0x81, "after"));
  Strings out;
  EXPECT_FALSE(take(decoder, out));
  EXPECT_FALSE(take(decoder, out));
  feed(decoder, frame(0x81, "later"));
  EXPECT_FALSE(take(decoder, out));
  EXPECT_EQ(out, (Strings{"text before", "failed 1002 unknown data opcode",
                          "failed 1002 unknown data opcode", "failed 1002 unknown data opcode"}));
}

TEST(WsDecoder, GivesTextWithBrokenUtf8WholeAndSaysSo) {
  for (const std::string bytes : {"a\xff"
                                  "b",
                                  "\xc3", "\xed\xa0\x80", "\xc0\xaf", "\xf4\x90\x80\x80"}) {
    EXPECT_EQ(decode(Role::client, frame(0x81, bytes)), Strings{"broken text " + bytes});
    EXPECT_EQ(decode(Role::client, frame(0x82, bytes)), Strings{"binary " + bytes});
    EXPECT_EQ(decode(Role::client, frame(0x81, bytes) + frame(0x81, "ok")),
              (Strings{"broken text " + bytes, "text ok"}));
  }
}

TEST(WsDecoder, JudgesUtf8OfTheWholeMessageNotOfItsFragments) {
  const std::string euro = "€";
  EXPECT_EQ(decode(Role::client, frame(0x01, euro.substr(0, 1)) + frame(0x80, euro.substr(1))),
            Strings{"text €"});
  EXPECT_EQ(decode(Role::client, frame(0x01, "€") + frame(0x80, euro.substr(0, 2))),
            Strings{"broken text €" + euro.substr(0, 2)});
}

}  // namespace
}  // namespace tapedeck::ws
