// Broken Alterscope messages: whatever arrives gives exactly one row.
#include <gtest/gtest.h>

#include <random>

#include "schema/feeds/alterscope/feed.h"
#include "tests/support/damage.h"
#include "tests/support/fakes.h"

namespace tapedeck {
namespace {

using testing::normalize_one;
using testing::testdata;

const char* const kEndpoint = "v2/ws/factors";
const char* const kFiles[] = {"factor_changed.json",
                              "factor_changed_meta.json",
                              "factor_changed_texts.json",
                              "factor_changed_bare.json",
                              "error.json",
                              "error_typed.json"};

TEST(AlterscopeMutations, TakesEveryTruncationForWhatItIs) {
  const auto normalizer = alterscope_feed().make_normalizer(1);
  for (const char* file : kFiles) {
    const std::string whole = testdata("alterscope", file);
    for (std::size_t size = 0; size < whole.find_last_of('}'); ++size) {
      const std::string part = whole.substr(0, size);
      EXPECT_EQ(normalize_one(*normalizer, kEndpoint, part),
                std::vector<std::string>{"unparsed live reason=not JSON"})
          << part;
    }
  }
}

TEST(AlterscopeMutations, GivesOneRowForRandomDamage) {
  const auto normalizer = alterscope_feed().make_normalizer(1);
  std::mt19937_64 random(20'260'427);
  for (const char* file : kFiles) {
    const std::string whole = testdata("alterscope", file);
    for (int round = 0; round < 2'000; ++round) {
      const std::string payload = testing::damaged(whole, random);
      EXPECT_EQ(normalize_one(*normalizer, kEndpoint, payload).size(), 1U) << payload;
    }
  }
}

// Damage that leaves the text JSON: members swapped for values of every other kind.
TEST(AlterscopeMutations, GivesOneRowForValuesOfTheWrongKind) {
  const auto normalizer = alterscope_feed().make_normalizer(1);
  for (const char* value :
       {"null", "true", "0", "-0.0", "1e999", "\"\"", "\"x\"", "[]", "{}", "[[]]"}) {
    for (const char* member : {"type", "opportunity_id", "factor", "previous", "current",
                               "as_of_block", "as_of", "meta", "error"}) {
      std::string payload = "{\"" + std::string(member) + "\":" + value + ",";
      payload += testdata("alterscope", "factor_changed.json").substr(1);
      EXPECT_EQ(normalize_one(*normalizer, kEndpoint, payload).size(), 1U) << payload;
    }
  }
}

}  // namespace
}  // namespace tapedeck
