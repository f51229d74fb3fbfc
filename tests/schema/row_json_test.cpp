// Rows and objects as JSON: digits stay, and what is no number is none.
#include "schema/row_json.h"

#include <gtest/gtest.h>

#include "schema/json_object.h"

namespace tapedeck {
namespace {

template <class Record>
std::string members(const Record& record) {
  JsonDoc scratch;
  std::string out;
  const auto values = record.values();
  append_row_members(out, table_of(Record::kTable), values, scratch);
  return out;
}

TEST(RowJson, KeepsDigitsNestsJsonAndSaysNull) {
  Book book;
  book.symbol = "a\"b";
  book.bids = R"([["1.50","2"]])";
  book.metrics = "no JSON";
  EXPECT_EQ(
      members(book),
      R"(,"venue":null,"symbol":"a\"b","best_bid":null,"best_ask":null,"bids":[["1.50","2"]],)"
      R"("asks":null,"mid":null,"spread_bps":null,"metrics":"no JSON")");
  OrderUpdate order;
  order.order_id.digits = "18446744073709551616";
  order.price = "1e-28";
  EXPECT_TRUE(
      members(order).starts_with(R"(,"order_id":"18446744073709551616","client_order_id":null,)"));
  EXPECT_NE(members(order).find(R"("price":"1e-28")"), std::string::npos);
}

TEST(JsonObject, TakesANumberForOneOnlyWhereJsonDoes) {
  for (const char* number : {"0", "-0.0", "95000.50", "1e-28", "1E+5", "12.067400000000001"})
    EXPECT_TRUE(is_json_number(number)) << number;
  for (const char* text : {"", "-", "01", "1.", ".5", "1e", "+1", "0x1", "NaN", "1 ", "1e5.0"})
    EXPECT_FALSE(is_json_number(text)) << text;
}

TEST(JsonObject, LeavesOutWhatIsNotKnown) {
  JsonObject object;
  object.text("a", Value(Text("x\n")))
      .number("b", Value(Text("1.50")))
      .number("c", Value(Text("no")));
  object.number("d", Value(Int(7))).flag("e", Value(Bool(false))).text("f", Value(Int(8)));
  object.text("g", Value()).number("h", Value()).flag("i", Value()).nested("j", Value());
  object.nested("k", Value(Text("[1]")));
  EXPECT_EQ(object.str(), R"({"a":"x\n","b":1.50,"c":"no","d":7,"e":false,"f":"8","k":[1]})");
  EXPECT_EQ(JsonObject().str(), "{}");
}

}  // namespace
}  // namespace tapedeck
