// What JsonDoc must refuse, and that neither a refusal nor reuse does it any harm.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "schema/base/json.h"
#include "schema/base/text.h"
#include "tests/schema/json_dump.h"

namespace tapedeck {
namespace {

using testing::dump;

const std::vector<std::string> kNoJson = {"",
                                          " ",
                                          "\n",
                                          "nul",
                                          "nulll",
                                          "null null",
                                          "True",
                                          "tru",
                                          "truee",
                                          "falsefalse",
                                          "a",
                                          "'a'",
                                          "\"",
                                          "\"a",
                                          "a\"",
                                          "\"a\"b",
                                          "\"a\" \"b\"",
                                          "\"\\x\"",
                                          "\"\\u12\"",
                                          "\"\\u12g4\"",
                                          "\"\\ud800\"",
                                          "\"\\ud800\\u0041\"",
                                          "\"\\udc00\"",
                                          "\"a\nb\"",
                                          "\"\t\"",
                                          std::string("\"\0\"", 3),
                                          "01",
                                          "-01",
                                          "1.",
                                          ".5",
                                          "-",
                                          "-.5",
                                          "+1",
                                          "1e",
                                          "1e+",
                                          "1e5.5",
                                          "0x10",
                                          "1 2",
                                          "1,",
                                          "1,2",
                                          "--1",
                                          "1-2",
                                          "1a",
                                          "NaN",
                                          "Infinity",
                                          "-Infinity",
                                          "1_000",
                                          "[",
                                          "]",
                                          "[]]",
                                          "[1",
                                          "[1,",
                                          "[1,]",
                                          "[,1]",
                                          "[,]",
                                          "[1 2]",
                                          "[1,,2]",
                                          "[1}",
                                          "[[]",
                                          "[tru]",
                                          "[nulll]",
                                          "[01]",
                                          "[1.]",
                                          "[1a]",
                                          "[\"a]",
                                          "[truefalse]",
                                          "[1]x",
                                          "[1] 2",
                                          "[] []",
                                          "{",
                                          "}",
                                          "{}}",
                                          "{]",
                                          "{\"a\"}",
                                          "{\"a\":}",
                                          "{\"a\":1",
                                          "{\"a\":1,",
                                          "{\"a\":1,}",
                                          "{,}",
                                          "{\"a\" 1}",
                                          "{\"a\":1 \"b\":2}",
                                          "{\"a\":1,,\"b\":2}",
                                          "{a:1}",
                                          "{'a':1}",
                                          "{1:1}",
                                          "{null:1}",
                                          "{\"a\":1:2}",
                                          "{\"a\",\"b\"}",
                                          "{:1}",
                                          "{\"a\"::1}",
                                          "{\"a\":1}}",
                                          "{\"a\":1}{}",
                                          "{\"a\":1},",
                                          "[1],",
                                          "{\"a\\x\":1}",
                                          "{\"a\n\":1}",
                                          "[1:2]",
                                          "// c\n1",
                                          "/* c */1",
                                          "[1]//",
                                          "1;",
                                          "\xef\xbb\xbf[1",
                                          std::string("1\0", 2),
                                          std::string("[1]\0", 4),
                                          std::string("[\0]", 3),
                                          "[1\x01]",
                                          "\v1",
                                          "\f[]",
                                          "{\"a\":nul}",
                                          "{\"a\":tru }",
                                          "{\"a\":fals,\"b\":1}",
                                          "{\"a\":\"b}",
                                          "[\"a\" \"b\"]",
                                          "[null null]",
                                          "[true false]",
                                          "[{}{}]",
                                          "[[][]]",
                                          "{\"a\":{}\"b\":{}}",
                                          "{\"a\":[] 1}",
                                          "[1]]",
                                          "[[1]",
                                          "{\"a\":[1}",
                                          "[{\"a\":1]",
                                          "[\"\\\"]"};

TEST(JsonDoc, RefusesWhatIsNoJson) {
  JsonDoc doc;
  for (const std::string& text : kNoJson) {
    EXPECT_FALSE(doc.parse(text)) << text;
    EXPECT_FALSE(doc.root().exists()) << text;
    EXPECT_NE(doc.error(), "") << text;
  }
}

TEST(JsonDoc, RefusesInvalidUtf8AnywhereAndSaysSo) {
  for (const char* bytes : {"\xff", "\xc3", "\xc3\x28", "\xc0\xaf", "\xe2\x82", "\xed\xa0\x80",
                            "\xf0\x9f\x98", "\xf4\x90\x80\x80", "\x80"}) {
    for (const std::string& text :
         {"\"" + std::string(bytes) + "\"", "{\"" + std::string(bytes) + "\":1}",
          "[1]" + std::string(bytes), std::string(bytes)}) {
      JsonDoc doc;
      EXPECT_FALSE(doc.parse(text));
      EXPECT_EQ(doc.error(), "invalid UTF-8");
      EXPECT_FALSE(doc.root().exists());
    }
  }
}

TEST(JsonDoc, RefusesATextThatWasCutShortAtEveryLength) {
  const std::string whole =
      R"({"type":"EVENT","payload":{"id":"e\u00e9\n1","p":[12.50,-1e-7,null,true,false,[[{}]]],"ä":"€😀"},"n":-12})";
  for (const std::string& text :
       {whole, "[" + whole + " , " + whole + "]", std::string("\"a\\\"\\u0041b\"")}) {
    JsonDoc doc;
    ASSERT_TRUE(doc.parse(text)) << doc.error();
    for (std::size_t size = 0; size < text.size(); ++size) {
      EXPECT_FALSE(doc.parse(std::string_view(text).substr(0, size))) << text.substr(0, size);
    }
    // What stood behind the cut in the buffer must not leak in, nor may the reader run past an
    // exact end.
    for (std::size_t size = 0; size < text.size(); ++size) {
      const std::vector<char> exact(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
      JsonDoc fresh;
      EXPECT_FALSE(fresh.parse({exact.data(), exact.size()})) << text.substr(0, size);
    }
  }
}

TEST(JsonDoc, TakesNoDamageFromAnyChangedByte) {
  const std::string whole = R"({"a":[1,-2.50,"x\"y\u00e9",{"b":null,"c":true}],"d":{"e":"f"}})";
  JsonDoc doc;
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = whole;
      text[i] = static_cast<char>(byte);
      if (!doc.parse(text)) continue;
      ++accepted;
      // What is accepted is whole: writing it down again gives an equal document.
      JsonDoc again;
      const std::string dumped = dump(doc.root());
      ASSERT_TRUE(again.parse(dumped)) << text << "\n" << dumped;
      EXPECT_EQ(dump(again.root()), dumped) << text;
      EXPECT_EQ(doc.root().raw(), trim(text));
    }
  }
  EXPECT_GT(accepted, whole.size());
}

// A second parser is the judge of texts that nobody thought of.
TEST(JsonDoc, AgreesWithAnotherParserOnRandomTexts) {
  // No growing exponents (the other parser refuses what no double holds) and no NUL (it ends
  // there).
  const char* const tokens[] = {
      "{",         "}",  "[",    "]",    ",",      ":",   " ",     "\n",      "\"a\"",
      "\"",        "\\", "null", "true", "false",  "1",   "0",     "-",       ".",
      "e-",        "x",  "{}",   "[]",   "\"k\":", "1.5", "[1,2]", "\"\\n\"", "\"\\u00e9\"",
      "{\"k\":1}", "\t", "nul",  "+",    "\x01",   "é"};
  std::mt19937 random(20'261'121);
  JsonDoc doc;
  int accepted = 0;
  for (int round = 0; round < 300'000; ++round) {
    std::string text;
    // Half of the rounds stand inside brackets, where more of the soup is edible.
    const char* const frames[][2] = {{"", ""}, {"[", "]"}, {"{\"k\":", "}"}, {"[[1,", "]]"}};
    const auto& frame = frames[random() % std::size(frames)];
    text += frame[0];
    for (std::size_t n = random() % 7; n > 0; --n) text += tokens[random() % std::size(tokens)];
    text += frame[1];
    const bool expected = nlohmann::json::accept(text);
    ASSERT_EQ(doc.parse(text), expected) << text << "\n" << doc.error();
    if (!expected) continue;
    ++accepted;
    ASSERT_EQ(nlohmann::ordered_json::parse(dump(doc.root())), nlohmann::ordered_json::parse(text))
        << text;
    ASSERT_EQ(doc.root().raw(), trim(text));
  }
  EXPECT_GT(accepted, 10'000);
}

std::string nested(int levels, char open, char close) {
  return std::string(static_cast<std::size_t>(levels), open) +
         std::string(static_cast<std::size_t>(levels), close);
}

TEST(JsonDoc, RefusesMoreThan128LevelsWithoutHarm) {
  JsonDoc doc;
  EXPECT_TRUE(doc.parse(nested(128, '[', ']'))) << doc.error();
  EXPECT_FALSE(doc.parse(nested(129, '[', ']')));
  EXPECT_FALSE(doc.parse(nested(1'000, '[', ']')));
  EXPECT_FALSE(doc.parse(nested(100'000, '[', ']')));
  EXPECT_FALSE(doc.parse(std::string(100'000, '[')));
  const auto objects = [](int levels) {
    std::string text;
    for (int i = 1; i < levels; ++i) text += "{\"a\":";
    return text + "{}" + std::string(static_cast<std::size_t>(levels - 1), '}');
  };
  EXPECT_TRUE(doc.parse(objects(128))) << doc.error();
  EXPECT_FALSE(doc.parse(objects(129)));
  // A scalar in the deepest level is no level of its own.
  EXPECT_TRUE(doc.parse(std::string(128, '[') + "1" + std::string(128, ']'))) << doc.error();
  EXPECT_TRUE(doc.parse("[1]")) << "still usable";
}

TEST(JsonDoc, IsReusableAfterEveryOutcome) {
  JsonDoc doc;
  const std::string large =
      "[" + std::string(100'000, ' ') + "\"" + std::string(50'000, 'x') + "\"]";
  ASSERT_TRUE(doc.parse(large));
  EXPECT_EQ(doc.root().first().text().size(), 50'000U);
  EXPECT_FALSE(doc.parse("{\"a\":"));
  EXPECT_NE(doc.error(), "");
  ASSERT_TRUE(doc.parse(R"({"a":1})"));
  EXPECT_EQ(doc.error(), "");
  EXPECT_EQ(doc.root()["a"].raw(), "1");
  ASSERT_TRUE(doc.parse("12"));
  EXPECT_EQ(doc.root().raw(), "12");
  ASSERT_TRUE(doc.parse("1"));
  EXPECT_EQ(doc.root().raw(), "1");
  EXPECT_FALSE(doc.parse(""));
  EXPECT_FALSE(doc.root().exists());
  ASSERT_TRUE(doc.parse(large));
  EXPECT_EQ(doc.root().raw(), large);
}

TEST(JsonDoc, KeepsItsBytesWhenMovedAndNotThoseOfTheCaller) {
  JsonDoc doc;
  {
    std::string text = R"({"a":"caller's"})";
    ASSERT_TRUE(doc.parse(text));
    text.assign(text.size(), '#');
  }
  EXPECT_EQ(doc.root()["a"].text(), "caller's");
  const JsonDoc moved = std::move(doc);
  EXPECT_EQ(moved.root()["a"].text(), "caller's");
  EXPECT_EQ(moved.root().raw(), R"({"a":"caller's"})");
}

}  // namespace
}  // namespace tapedeck
