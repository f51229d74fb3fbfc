#include "schema/base/json.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "schema/base/text.h"
#include "tests/schema/json_dump.h"

namespace tapedeck {
namespace {

using testing::dump;

TEST(Json, KeepsTheDigitsOfNumbersAsSent) {
  for (const char* digits :
       {"0", "-0", "-0.0", "12.067400000000001", "1e-28", "1E+400", "95000.50", "216.0800",
        "18446744073709551615", "18446744073709551616", "-9223372036854775809",
        "123456789012345678901234567890.123456789012345678901234567890", "1e0", "0.1e-7"}) {
    for (const std::string& text :
         {std::string(digits), " " + std::string(digits) + "\n", "[" + std::string(digits) + "]",
          "[1, " + std::string(digits) + " ,2]", "{\"p\" : " + std::string(digits) + " }",
          "{\"p\":" + std::string(digits) + ",\"q\":[]}"}) {
      JsonDoc doc;
      ASSERT_TRUE(doc.parse(text)) << text << ": " << doc.error();
      Json value = doc.root();
      if (value.is_array()) value = value.size() == 1 ? value.first() : value.at(1);
      if (value.is_object()) value = value["p"];
      EXPECT_TRUE(value.is_number()) << text;
      EXPECT_EQ(value.raw(), digits) << text;
      EXPECT_EQ(value.scalar(), digits) << text;
      EXPECT_EQ(value.text().data(), nullptr) << text;
    }
  }
}

TEST(Json, GivesIntegersOnlyWhereTheyAreWholeAndFit) {
  const std::pair<const char*, std::optional<std::int64_t>> cases[] = {
      {"0", 0},
      {"-0", 0},
      {"42", 42},
      {"9223372036854775807", INT64_MAX},
      {"-9223372036854775808", INT64_MIN},
      {"9223372036854775808", std::nullopt},
      {"18446744073709551616", std::nullopt},
      {"1.0", std::nullopt},
      {"1e3", std::nullopt},
      {"\"42\"", std::nullopt},
      {"true", std::nullopt},
      {"null", std::nullopt},
      {"[1]", std::nullopt},
  };
  for (const auto& [text, expected] : cases) {
    JsonDoc doc;
    ASSERT_TRUE(doc.parse(text)) << text;
    EXPECT_EQ(doc.root().integer(), expected) << text;
  }
}

TEST(Json, TakesEveryScalarAsRoot) {
  const struct {
    const char* text;
    JsonKind kind;
    const char* raw;
  } cases[] = {
      {"null", JsonKind::null, "null"},
      {" true ", JsonKind::boolean, "true"},
      {"\tfalse\r\n", JsonKind::boolean, "false"},
      {"-1.50", JsonKind::number, "-1.50"},
      {"\n7 ", JsonKind::number, "7"},
      {"\"a\"", JsonKind::string, "\"a\""},
      {" \"\" ", JsonKind::string, "\"\""},
      {"[ ]", JsonKind::array, "[ ]"},
      {" { } ", JsonKind::object, "{ }"},
  };
  for (const auto& c : cases) {
    JsonDoc doc;
    ASSERT_TRUE(doc.parse(c.text)) << c.text << ": " << doc.error();
    EXPECT_EQ(doc.root().kind(), c.kind) << c.text;
    EXPECT_EQ(doc.root().raw(), c.raw) << c.text;
    EXPECT_FALSE(doc.root().next().exists()) << c.text;
    EXPECT_EQ(doc.root().key(), "") << c.text;
  }
  JsonDoc doc;
  ASSERT_TRUE(doc.parse("true"));
  EXPECT_EQ(doc.root().boolean(), true);
  ASSERT_TRUE(doc.parse("false"));
  EXPECT_EQ(doc.root().boolean(), false);
  ASSERT_TRUE(doc.parse("1"));
  EXPECT_EQ(doc.root().boolean(), std::nullopt);
}

TEST(Json, UnescapesStringsAndKeepsTheirRawText) {
  const struct {
    std::string raw;
    std::string text;
  } cases[] = {
      {R"("")", ""},
      {R"("plain")", "plain"},
      {R"("a\"b\\c\/d")", "a\"b\\c/d"},
      {R"("\b\f\n\r\t")", "\b\f\n\r\t"},
      {R"("\u0041\u00e4\u20AC")", "Aä€"},
      {R"("\ud83d\ude00")", "😀"},
      {R"("\u0000")", std::string(1, '\0')},
      {"\"ä€😀\x7f\"", "ä€😀\x7f"},
  };
  for (const auto& c : cases) {
    for (const std::string& text : {c.raw, " " + c.raw + " ", "[" + c.raw + "]",
                                    "[ " + c.raw + " , 1]", "{\"k\": " + c.raw + " }"}) {
      JsonDoc doc;
      ASSERT_TRUE(doc.parse(text)) << text << ": " << doc.error();
      const Json value = doc.root().is_string() ? doc.root() : doc.root().first();
      EXPECT_EQ(value.raw(), c.raw) << text;
      EXPECT_EQ(value.text(), c.text) << text;
      EXPECT_EQ(value.scalar(), c.text) << text;
      EXPECT_NE(value.text().data(), nullptr) << text;
    }
  }
}

TEST(Json, TellsAnEmptyStringFromNone) {
  JsonDoc doc;
  ASSERT_TRUE(doc.parse(R"({"e":"","n":null,"o":{},"":"empty key"})"));
  EXPECT_NE(doc.root()["e"].text().data(), nullptr);
  EXPECT_EQ(doc.root()["n"].text().data(), nullptr);
  EXPECT_EQ(doc.root()["n"].scalar().data(), nullptr);
  EXPECT_EQ(doc.root()["o"].scalar().data(), nullptr);
  EXPECT_EQ(doc.root()["absent"].text().data(), nullptr);
  EXPECT_EQ(doc.root()[""].text(), "empty key");
}

TEST(Json, UnescapesKeys) {
  JsonDoc doc;
  ASSERT_TRUE(doc.parse(R"({"a\"b":1,"\u00e4":2,"c\\":3})"));
  EXPECT_EQ(doc.root()["a\"b"].raw(), "1");
  EXPECT_EQ(doc.root()["ä"].raw(), "2");
  EXPECT_EQ(doc.root()["c\\"].raw(), "3");
  EXPECT_FALSE(doc.root()["c\\\\"].exists());
}

TEST(Json, ShowsDuplicateKeysAndFindsTheFirst) {
  JsonDoc doc;
  ASSERT_TRUE(doc.parse(R"({"type":"outer","x":1,"type":"inner","type":null})"));
  EXPECT_EQ(doc.root()["type"].text(), "outer");
  EXPECT_EQ(doc.root().size(), 4U);
  EXPECT_EQ(dump(doc.root()), R"({"type":"outer","x":1,"type":"inner","type":null})");
}

TEST(Json, KeepsNestedTextAsSentWithItsBlanks) {
  JsonDoc doc;
  const std::string text =
      " { \"a\" : { \"x\" : [ 1 ,\t2 ] , \"y\":\"}]\" } ,\n\"b\":[ { } , [ ] ]  , \"c\" "
      ":{\"d\":1.0}\t} ";
  ASSERT_TRUE(doc.parse(text)) << doc.error();
  EXPECT_EQ(doc.root().raw(), trim(text));
  EXPECT_EQ(doc.root()["a"].raw(), "{ \"x\" : [ 1 ,\t2 ] , \"y\":\"}]\" }");
  EXPECT_EQ(doc.root()["a"]["x"].raw(), "[ 1 ,\t2 ]");
  EXPECT_EQ(doc.root()["a"]["x"].at(1).raw(), "2");
  EXPECT_EQ(doc.root()["b"].raw(), "[ { } , [ ] ]");
  EXPECT_EQ(doc.root()["b"].at(0).raw(), "{ }");
  EXPECT_EQ(doc.root()["b"].at(1).raw(), "[ ]");
  EXPECT_EQ(doc.root()["c"].raw(), "{\"d\":1.0}");
}

TEST(Json, WalksMembersAndElementsInTheOrderSent) {
  const char* text =
      R"({"z":[1,[2,[3,{"a":[]}]],{}],"y":{"x":{"w":null}},"v":true,"u":[[],[[]],false],"t":""})";
  JsonDoc doc;
  ASSERT_TRUE(doc.parse(text)) << doc.error();
  EXPECT_EQ(dump(doc.root()), text);
  EXPECT_EQ(doc.root().size(), 5U);
  EXPECT_EQ(doc.root()["z"].size(), 3U);
  EXPECT_EQ(doc.root()["z"].at(1).at(1).at(1)["a"].kind(), JsonKind::array);
  EXPECT_EQ(doc.root()["z"].at(1).key(), "");
  EXPECT_EQ(doc.root()["u"].key(), "u");
  EXPECT_FALSE(doc.root()["z"].at(3).exists());
  EXPECT_FALSE(doc.root()["y"].at(0).exists());
  EXPECT_FALSE(doc.root()["z"]["z"].exists());
  EXPECT_EQ(doc.root()["v"].size(), 0U);
}

TEST(Json, AnswersNothingWhereNothingIs) {
  const Json nothing;
  EXPECT_EQ(nothing.kind(), JsonKind::missing);
  EXPECT_FALSE(nothing["a"].at(3)["b"].first().next().exists());
  EXPECT_EQ(nothing.raw(), "");
  EXPECT_EQ(nothing.text().data(), nullptr);
  EXPECT_EQ(nothing.scalar().data(), nullptr);
  EXPECT_EQ(nothing.integer(), std::nullopt);
  EXPECT_EQ(nothing.boolean(), std::nullopt);
  EXPECT_EQ(nothing.key(), "");
  EXPECT_EQ(nothing.size(), 0U);
  const JsonDoc doc;
  EXPECT_FALSE(doc.root().exists());
}

}  // namespace
}  // namespace tapedeck
