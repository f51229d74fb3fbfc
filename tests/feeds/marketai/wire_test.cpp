// Market.ai's grammar: names in texts, rejected symbols, rows of REST answers.
#include "schema/feeds/marketai/wire.h"

#include <gtest/gtest.h>

#include "schema/feeds/marketai/rest.h"
#include "tests/support/fakes.h"

namespace tapedeck::marketai {
namespace {

using Strings = std::vector<std::string>;

TEST(MarketWire, FindsTheSymbolsThatALimitRejects) {
  const struct {
    const char* message;
    Strings symbols;
  } cases[] = {
      {"Symbol limit (25) exceeded. Rejected: SOL/USDT, XRP/USDT", {"SOL/USDT", "XRP/USDT"}},
      {"Rejected:SOL/USDT,XRP/USDT.", {"SOL/USDT", "XRP/USDT"}},
      {"Rejected: *", {"*"}},
      {"Rejected: ", {}},
      {"Symbol limit (25) exceeded.", {}},
      {"", {}},
  };
  for (const auto& c : cases) EXPECT_EQ(rejected_symbols(c.message), c.symbols) << c.message;
}

TEST(MarketWire, FindsANameOnlyWhereItStandsAlone) {
  const struct {
    const char* text;
    const char* word;
    std::size_t at;
  } cases[] = {
      {"Unknown channel: book", "book", 17},    {"orderbook, bookish, book_2: 'book'", "book", 29},
      {"orderbook", "book", std::string::npos}, {"book", "book", 0},
      {"", "book", std::string::npos},
  };
  for (const auto& c : cases) EXPECT_EQ(find_name(c.text, c.word), c.at) << c.text;
}

TEST(MarketWire, MakesARestRowOfAnUpdate) {
  const struct {
    const char* update;
    const char* row;
  } cases[] = {
      {R"({"ts":5,"data":{"symbol":"S", "obi":-0.0 }})",
       R"({"symbol":"S", "obi":-0.0 ,"timestamp":5})"},
      {R"({"ts":5,"data":{"symbol":"S","timestamp":4}})", R"({"symbol":"S","timestamp":4})"},
      {R"({"ts":5,"data":{}})", R"({"timestamp":5})"},
      {R"({"data":{"symbol":"S"}})", R"({"symbol":"S"})"},
  };
  for (const auto& c : cases) {
    JsonDoc doc;
    ASSERT_TRUE(doc.parse(c.update));
    EXPECT_EQ(rest_row(doc.root()), c.row);
  }
}

}  // namespace
}  // namespace tapedeck::marketai
