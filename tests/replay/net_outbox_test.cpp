// The queue of one client: its bytes, in order, whoever owns them.
#include <gtest/gtest.h>

#include "replay/net/outbox.h"

namespace tapedeck::web {
namespace {

constexpr std::size_t kCopied = Outbox::kCopiedBytes;

std::string all_of(Outbox& box) {
  std::string all;
  while (!box.is_empty()) {
    std::string some;
    const std::size_t before = box.size();
    box.take(some);
    EXPECT_FALSE(some.empty());
    EXPECT_EQ(box.size(), before - some.size());
    all += some;
  }
  return all;
}

SharedBytes letters(std::size_t size, char first) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += static_cast<char>(first + i % 26);
  return std::make_shared<const std::string>(std::move(text));
}

TEST(Outbox, AShortQueueIsCopiedAndLeavesAtOnce) {
  Outbox box;
  const SharedBytes shared = letters(100, 'a');
  box.add("one ");
  box.add(shared, std::string_view(*shared).substr(10, 5));
  EXPECT_EQ(shared.use_count(), 1);
  EXPECT_EQ(box.size(), 9U);
  std::string out;
  box.take(out);
  EXPECT_EQ(out, "one klmno");
  EXPECT_TRUE(box.is_empty());
}

TEST(Outbox, ALongQueueKeepsReferencesAndItsOrder) {
  Outbox box;
  const SharedBytes first = letters(300'000, 'a');
  const SharedBytes second = letters(200'000, 'A');
  std::string expected;
  const auto add = [&](const SharedBytes& whole, std::size_t begin, std::size_t size) {
    box.add(whole, std::string_view(*whole).substr(begin, size));
    expected.append(*whole, begin, size);
  };
  for (std::size_t i = 0; i < 300; ++i) add(first, i * 1'000, 1'000);
  box.add("between");
  expected += "between";
  for (std::size_t i = 0; i < 200; i += 2) add(second, i * 1'000, 999);
  EXPECT_EQ(first.use_count(), 2);
  EXPECT_EQ(second.use_count(), 2);
  EXPECT_EQ(box.size(), expected.size());
  EXPECT_EQ(all_of(box), expected);
  EXPECT_EQ(first.use_count(), 1);
  EXPECT_EQ(second.use_count(), 1);
}

TEST(Outbox, AQueueThatUsesLittleOfThemDoesNotKeepThemAlive) {
  Outbox box;
  box.add(std::string(kCopied, '.'));
  const SharedBytes mostly = letters(100'000, 'a');
  const SharedBytes little = letters(100'000, 'A');
  box.add(little, std::string_view(*little).substr(7, 3));
  EXPECT_EQ(little.use_count(), 2) << "more may follow";
  box.add(mostly, std::string_view(*mostly).substr(0, 50'000));
  EXPECT_EQ(little.use_count(), 1);
  box.add("end");
  EXPECT_EQ(mostly.use_count(), 2);
  EXPECT_EQ(all_of(box), std::string(kCopied, '.') + "HIJ" + mostly->substr(0, 50'000) + "end");
}

TEST(Outbox, WhatIsBeingTakenCanGrow) {
  Outbox box;
  std::string expected(kCopied, '.');
  box.add(expected);
  const SharedBytes shared = letters(400'000, 'a');
  const auto add = [&](std::size_t begin) {
    box.add(shared, std::string_view(*shared).substr(begin, 10'000));
    expected.append(*shared, begin, 10'000);
  };
  for (std::size_t i = 0; i < 10; ++i) add(i * 10'000);
  std::string taken;
  for (int i = 0; i < 2; ++i) {
    std::string some;
    box.take(some);
    EXPECT_LT(some.size(), kCopied + 10'000);
    taken += some;
  }
  EXPECT_FALSE(box.is_empty());
  add(200'000);
  box.add("own");
  expected += "own";
  std::string some;
  box.take(some);
  taken += some;
  add(300'000);
  EXPECT_EQ(taken + all_of(box), expected);
}

TEST(Outbox, BytesThatGrowKeepTheirPlace) {
  Outbox box;
  box.add(std::string(kCopied, '.'));
  const auto growing = std::make_shared<std::string>("first");
  box.add(growing, *growing);
  *growing += std::string(1'000'000, 'x');
  EXPECT_EQ(all_of(box), std::string(kCopied, '.') + "first");
}

}  // namespace
}  // namespace tapedeck::web
