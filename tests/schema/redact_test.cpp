#include "schema/base/redact.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "schema/base/text.h"

namespace tapedeck {
namespace {

Redactor redactor_of(const std::vector<std::string>& secrets) {
  Redactor redactor;
  for (const std::string& secret : secrets) redactor.add(secret);
  return redactor;
}

struct Case {
  std::vector<std::string> secrets;
  std::string text;
  std::string expected;
};

void expect_each(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const Redactor redactor = redactor_of(c.secrets);
    EXPECT_EQ(redactor.apply(c.text), c.expected) << c.text;
    EXPECT_EQ(redactor.touches(c.text), c.text != c.expected) << c.text;
  }
}

TEST(Redactor, ReplacesPlainSecretsWhereverTheyStand) {
  expect_each({
      {{"sk-12345"}, "sk-12345", "***"},
      {{"sk-12345"}, "wss://h/ws?token=sk-12345&symbols=BTC", "wss://h/ws?token=***&symbols=BTC"},
      {{"sk-12345"}, R"({"key":"sk-12345","again":"sk-12345"})", R"({"key":"***","again":"***"})"},
      {{"sk-12345"}, "xsk-12345x", "x***x"},
      {{"sk-12345"}, "sk-1234", "sk-1234"},
      {{"sk-12345"}, "SK-12345", "SK-12345"},
      {{"sk-12345"}, "", ""},
      {{"hunter22", "me@example.org"}, "login me@example.org with hunter22", "login *** with ***"},
  });
}

TEST(Redactor, KnowsEncodedForms) {
  const std::string secret = "p w/+\"\\&=é@x";
  const std::vector<std::string> forms = {
      secret,
      percent_encode(secret),
      to_lower(percent_encode(secret)),
      "p+w%2F%2B%22%5C%26%3D%C3%A9%40x",
      "p%20w/%2B%22%5C%26%3D%C3%A9@x",
      R"(p w/+\"\\&=é@x)",
      R"(p w\/+\"\\&=é@x)",
      "p w/+\\\"\\\\&=\\u00e9@x",
      "p w\\/+\\\"\\\\&=\\u00E9@x",
  };
  const Redactor redactor = redactor_of({secret});
  for (const std::string& form : forms) {
    EXPECT_EQ(redactor.apply("<" + form + ">"), "<***>") << form;
    EXPECT_TRUE(redactor.touches(form)) << form;
  }
}

TEST(Redactor, KnowsSurrogatePairsAndControlCharactersInJson) {
  expect_each({
      {{"key\n😀"}, "\"key\\n\\ud83d\\ude00\"", "\"***\""},
      {{"key\n😀"}, json_string("key\n😀"), "\"***\""},
      {{"key\x01z"}, "\"key\\u0001z\"", "\"***\""},
  });
}

TEST(Redactor, ReplacesShortSecretsOnlyAsWholeValues) {
  expect_each({
      {{"abc"}, "abc", "abc"},
      {{"abc"}, "the abc of trading", "the abc of trading"},
      {{"abc"}, "?key=abc", "?key=***"},
      {{"abc"}, "?key=abc&x=abcd", "?key=***&x=abcd"},
      {{"abc"}, "GET /p?key=abc HTTP/1.1", "GET /p?key=*** HTTP/1.1"},
      {{"abc"}, "?key=abcd", "?key=abcd"},
      {{"abc"}, "?abc=1", "?abc=1"},
      {{"abc"},
       R"({"k":"abc","abcd":"xabc","l":"abc d"})",
       R"({"k":"***","abcd":"xabc","l":"abc d"})"},
      {{"abc"}, R"({"inner":"{\"k\":\"abc\"}"})", R"({"inner":"{\"k\":\"***\"}"})"},
      {{"a&c"}, "?key=a%26c&d=1", "?key=***&d=1"},
      {{"1"}, R"({"price":1,"size":"11","k":"1"})", R"({"price":1,"size":"11","k":"***"})"},
      {{"abcd"}, "xabcdx", "x***x"},
  });
}

TEST(Redactor, LeavesNoEndOfOverlappingSecrets) {
  expect_each({
      {{"abcd", "cdefgh"}, "-abcdefgh-", "-***-"},
      {{"abcd", "abcdefgh"}, "abcdefgh abcdef", "*** ***ef"},
      {{"abcdefgh", "cdef"}, "abcdefgh cdef", "*** ***"},
      {{"abab"}, "ababab!", "***!"},
      {{"abcd"}, "abcdabcd", "******"},
      {{"abcd", "abcd"}, "abcd", "***"},
  });
}

TEST(Redactor, WithoutSecretsLeavesEverything) {
  Redactor redactor;
  redactor.add("");
  EXPECT_TRUE(redactor.empty());
  EXPECT_FALSE(redactor.touches("anything"));
  EXPECT_EQ(redactor.apply("anything"), "anything");
  redactor.add("x");
  EXPECT_FALSE(redactor.empty());
}

TEST(Redactor, IsIdempotent) {
  const Redactor redactor = redactor_of({"secret-1", "***"});
  const std::string once = redactor.apply("?token=secret-1");
  EXPECT_EQ(once, "?token=***");
  EXPECT_EQ(redactor.apply(once), once);
}

TEST(Redactor, TakesBytesThatAreNoUtf8) {
  const Redactor redactor = redactor_of({"k\xff\xfe\xc3y"});
  EXPECT_EQ(redactor.apply("=k\xff\xfe\xc3y="), "=***=");
  EXPECT_EQ(redactor.apply("=k%FF%FE%C3y="), "=***=");
}

}  // namespace
}  // namespace tapedeck
