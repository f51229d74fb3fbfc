// Payloads packed and unpacked: every size, and chunks that a disk has changed.
#include "storage/payload_chunk.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include <string>
#include <vector>

namespace tapedeck {
namespace {

std::string pack(const std::vector<StoredPayload>& payloads) {
  PayloadPacker packer;
  for (const StoredPayload& payload : payloads) packer.add(payload);
  return std::string(packer.pack());
}

std::vector<std::pair<std::string, bool>> unpack(const std::string& chunk, std::size_t count) {
  PayloadUnpacker unpacker;
  std::vector<std::pair<std::string, bool>> all;
  if (!unpacker.unpack(chunk, count)) return all;
  for (std::size_t i = 0; i < unpacker.count(); ++i) {
    all.emplace_back(unpacker.at(i).bytes, unpacker.at(i).is_blob);
  }
  return all;
}

TEST(PayloadChunk, KeepsBytesAndTypesOfEverySize) {
  std::vector<std::string> texts;
  for (const std::size_t size : {0, 1, 63, 64, 127, 128, 8'191, 8'192, 300'000}) {
    texts.emplace_back(size, static_cast<char>('a' + texts.size()));
  }
  std::vector<StoredPayload> payloads;
  std::vector<std::pair<std::string, bool>> expected;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    payloads.push_back({texts[i], i % 2 == 1});
    expected.emplace_back(texts[i], i % 2 == 1);
  }
  EXPECT_EQ(unpack(pack(payloads), payloads.size()), expected);
}

// Bytes as docs/TAPE_FORMAT.md has them, compressed: what another writer, or a damage that a
// checksum does not tell, would give.
std::string chunk_of(std::string_view raw) {
  std::string chunk(ZSTD_compressBound(raw.size()), '\0');
  chunk.resize(ZSTD_compress(chunk.data(), chunk.size(), raw.data(), raw.size(), 1));
  return chunk;
}

TEST(PayloadChunk, PayloadsThatBeginAlikeStandTogetherAndComeBackInTheirOrder) {
  std::vector<std::string> texts;
  for (int i = 0; i < 3'000; ++i) {
    // Of a few types in no regular order, some all different, some empty.
    const std::string type(static_cast<std::size_t>(i * i % 7), static_cast<char>('a' + i % 5));
    texts.push_back(i % 11 == 0 ? "" : type + std::to_string(i * 37 % 1'000) + type);
  }
  std::vector<StoredPayload> payloads;
  std::vector<std::pair<std::string, bool>> expected;
  for (const std::string& text : texts) {
    payloads.push_back({text, text.size() % 3 == 0});
    expected.emplace_back(text, text.size() % 3 == 0);
  }
  EXPECT_EQ(unpack(pack(payloads), payloads.size()), expected);
}

TEST(PayloadChunk, IsReadAsItIsDocumented) {
  // The first and the third are of group 1; the second, of group 0, stands before them.
  const std::string raw = std::string("\x01\x00\x01", 3) + "\x07\x02\x04" + "two" + "1" + "33";
  const std::vector<std::pair<std::string, bool>> expected = {
      {"1", false}, {"two", true}, {"33", false}};
  EXPECT_EQ(unpack(chunk_of(raw), 3), expected);
}

TEST(PayloadChunk, NumbersThatCannotBeAreRefused) {
  const auto refused = [](std::string_view raw, std::size_t count) {
    return unpack(chunk_of(raw), count).empty();
  };
  using namespace std::string_view_literals;
  ASSERT_FALSE(refused("\x00\x01\x02\x02xy"sv, 2));
  EXPECT_TRUE(refused("\x00\x02\x02\x02xy"sv, 2)) << "a group that cannot be";
  EXPECT_TRUE(refused("\xff\xff\xff\xff\x7f\x01\x02\x02xy"sv, 2)) << "a group beyond any memory";
  EXPECT_TRUE(refused("\x00\x01\x02\x04xy"sv, 2)) << "more than there is";
  EXPECT_TRUE(refused("\x00\x01\x04\x02xy"sv, 2)) << "the last one is cut off";
  EXPECT_TRUE(refused("\x00\x01\xfe\xff\xff\xff\x7f\x02xy"sv, 2)) << "as large as can be said";
  EXPECT_TRUE(refused("\x00\x01\x02\x00xy"sv, 2)) << "bytes are left";
  EXPECT_TRUE(refused("\x00\x01\x82\x80\x80\x80\x80\x00\x02xy"sv, 2)) << "a number without end";
  for (const std::string_view cut : {""sv, "\x00"sv, "\x00\x01"sv, "\x00\x01\x02"sv, "\x00\x81"sv,
                                     "\x00\x01\x02\x82"sv, "\x00\x01\x02\x02x"sv}) {
    EXPECT_TRUE(refused(cut, 2)) << cut.size();
  }
}

TEST(PayloadChunk, IsClosedAtACountAndAtASize) {
  PayloadPacker packer;
  const StoredPayload small{"x", false};
  while (!packer.is_full_before(small)) packer.add(small);
  EXPECT_EQ(packer.count(), 4'096U);
  packer.pack();
  EXPECT_TRUE(packer.empty());
  const std::string big(1'200'000, 'y');
  packer.add({big, false});
  EXPECT_TRUE(packer.is_full_before({big, false}));
  EXPECT_FALSE(packer.is_full_before(small));
}

TEST(PayloadChunk, APayloadLargerThanAChunkHasOneOfItsOwn) {
  const std::string huge(5'000'000, 'z');
  PayloadPacker packer;
  EXPECT_FALSE(packer.is_full_before({huge, true}));
  packer.add({huge, true});
  EXPECT_TRUE(packer.is_full_before({"", false}) || packer.is_full_before({"x", false}));
  const std::string chunk(packer.pack());
  ASSERT_EQ(unpack(chunk, 1).size(), 1U);
  EXPECT_EQ(unpack(chunk, 1)[0], std::pair(huge, true));
  EXPECT_TRUE(unpack(chunk, 2).empty()) << "several payloads are never so large";
}

TEST(PayloadChunk, AWrongCountIsRefused) {
  const std::string chunk = pack({{"one", false}, {"two", true}});
  for (const std::size_t count : {0U, 1U, 3U, 100U, 100'000U}) {
    EXPECT_TRUE(unpack(chunk, count).empty()) << count;
  }
}

TEST(PayloadChunk, WhatWasChangedIsRefusedOrWithoutEffect) {
  std::vector<std::string> texts;
  for (int i = 0; i < 40; ++i) texts.push_back("{\"price\":\"95000." + std::to_string(i) + "\"}");
  std::vector<StoredPayload> payloads;
  for (const std::string& text : texts) payloads.push_back({text, false});
  const std::string chunk = pack(payloads);
  const auto whole = unpack(chunk, payloads.size());
  ASSERT_EQ(whole.size(), payloads.size());
  int refused = 0;
  for (std::size_t at = 0; at < chunk.size(); ++at) {
    for (const int bit : {0, 3, 7}) {
      std::string changed = chunk;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      const auto got = unpack(changed, payloads.size());
      refused += got.empty() ? 1 : 0;
      EXPECT_TRUE(got.empty() || got == whole) << "byte " << at;
    }
    EXPECT_TRUE(unpack(chunk.substr(0, at), payloads.size()).empty()) << "cut at " << at;
  }
  EXPECT_GT(refused, static_cast<int>(chunk.size()) * 2);
}

}  // namespace
}  // namespace tapedeck
