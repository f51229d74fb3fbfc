#include "schema/base/decimal.h"

#include <gtest/gtest.h>

#include "schema/feeds/fold.h"

namespace tapedeck {
namespace {

TEST(Decimal, HasOneFormForOneValue) {
  const struct {
    const char* text;
    std::optional<std::string> canonical;
  } cases[] = {
      {"95000.50", "950005e-1"},
      {"095000.5", "950005e-1"},
      {"9.50005e4", "950005e-1"},
      {"+95000.5", "950005e-1"},
      {"12.067400000000001", "12067400000000001e-15"},
      {"9007199254740993", "9007199254740993e0"},
      {"1E+2", "1e2"},
      {"100", "1e2"},
      {"1e-28", "1e-28"},
      {"-1.50E-7", "-15e-8"},
      {"0", "0"},
      {"-0.0", "0"},
      {"0e99", "0"},
      {".5", "5e-1"},
      {"5.", "5e0"},
      {"", std::nullopt},
      {"-", std::nullopt},
      {".", std::nullopt},
      {"1e", std::nullopt},
      {"1e+-2", std::nullopt},
      {"1.2.3", std::nullopt},
      {"0x10", std::nullopt},
      {"1e99999999999", std::nullopt},
      {"NaN", std::nullopt},
  };
  for (const auto& c : cases) EXPECT_EQ(canonical_decimal(c.text), c.canonical) << c.text;
}

TEST(Decimal, ComparesByValueAndOtherTextsByTheirBytes) {
  EXPECT_TRUE(same_decimal("216.08", "216.080"));
  EXPECT_FALSE(same_decimal("216.08", "216.081"));
  EXPECT_FALSE(same_decimal("1", "-1"));
  EXPECT_TRUE(same_decimal("n/a", "n/a"));
  EXPECT_FALSE(same_decimal("n/a", "N/A"));
  EXPECT_EQ(hash_decimal("216.08"), hash_decimal("2.1608e2"));
  EXPECT_NE(hash_decimal("216.08"), hash_decimal("216.80"));
}

TEST(ToldTwice, IsOneEventThatBothSidesTell) {
  ToldTwice told;
  EXPECT_TRUE(told.pushed(7));
  EXPECT_FALSE(told.told(7));
  EXPECT_TRUE(told.told(8));
  EXPECT_FALSE(told.pushed(8));
  EXPECT_TRUE(told.knows(8));
  EXPECT_FALSE(told.knows(9));
}

TEST(ToldTwice, KeepsTwoEqualEventsWhoeverTellsThem) {
  ToldTwice told;
  EXPECT_TRUE(told.pushed(7));  // one came live, REST has it and one more
  EXPECT_FALSE(told.told(7));
  EXPECT_TRUE(told.told(7));
  EXPECT_FALSE(told.pushed(7));  // which the socket brings late
  EXPECT_TRUE(told.pushed(7));
}

TEST(ToldTwice, ReadsAnAnswerThatHoldsAllOfThemAsOftenAsItComes) {
  ToldTwice told;
  EXPECT_TRUE(told.pushed(7));
  EXPECT_EQ(told.told_all(7, 3), 2U);
  EXPECT_EQ(told.told_all(7, 3), 0U);
  EXPECT_EQ(told.told_all(7, 4), 1U);
  EXPECT_EQ(told.told_all(7, 1), 0U);
}

TEST(ToldTwice, ForgetsTheOldestPastItsCapacity) {
  ToldTwice told(2);
  told.pushed(1);
  told.pushed(2);
  told.pushed(3);
  EXPECT_FALSE(told.knows(1));
  EXPECT_TRUE(told.knows(2));
}

}  // namespace
}  // namespace tapedeck
