#include "schema/base/text.h"

#include <gtest/gtest.h>

#include "schema/service.h"

namespace tapedeck {
namespace {

using Strings = std::vector<std::string>;
using Query = std::vector<std::pair<std::string, std::string>>;

TEST(ToLower, ChangesAsciiLettersOnly) {
  EXPECT_EQ(to_lower("Sec-WebSocket-KEY 1Z"), "sec-websocket-key 1z");
  EXPECT_EQ(to_lower("@[`{ÄÖ"), "@[`{ÄÖ");
}

TEST(Trim, TakesBlanksOffBothEnds) {
  EXPECT_EQ(trim(" \t\r\na b\n "), "a b");
  EXPECT_EQ(trim(" \t "), "");
  EXPECT_EQ(trim(""), "");
}

TEST(SplitList, DropsBlanksAndEmptyItems) {
  EXPECT_EQ(split_list("a,b,,c"), (Strings{"a", "b", "c"}));
  EXPECT_EQ(split_list(" a b , ,c "), (Strings{"a b", "c"}));
  EXPECT_EQ(split_list(",a,"), Strings{"a"});
  EXPECT_EQ(split_list(",,"), Strings{});
  EXPECT_EQ(split_list(""), Strings{});
  EXPECT_EQ(split_list("BTC-20260131-1000-C", '-'), (Strings{"BTC", "20260131", "1000", "C"}));
}

TEST(Join, PutsTheSeparatorBetweenItems) {
  EXPECT_EQ(join({"a", "", "c"}, ", "), "a, , c");
  EXPECT_EQ(join({"a"}, ","), "a");
  EXPECT_EQ(join({}, ","), "");
}

TEST(PercentEncode, LeavesUnreservedCharactersAndWhatIsToBeKept) {
  EXPECT_EQ(percent_encode("azAZ09-._~"), "azAZ09-._~");
  EXPECT_EQ(percent_encode("a b&c=d+e/f%?#@:,"), "a%20b%26c%3Dd%2Be%2Ff%25%3F%23%40%3A%2C");
  EXPECT_EQ(percent_encode("BTC,ETH/USDT", ",/"), "BTC,ETH/USDT");
  EXPECT_EQ(percent_encode("ä\x01\xff"), "%C3%A4%01%FF");
  EXPECT_EQ(percent_encode(std::string_view("\0", 1)), "%00");
}

TEST(PercentDecode, LeavesMalformedEscapesAndPlus) {
  EXPECT_EQ(percent_decode("a%20b%2Bc%2bd+e"), "a b+c+d+e");
  EXPECT_EQ(percent_decode("%C3%a4"), "ä");
  EXPECT_EQ(percent_decode("%"), "%");
  EXPECT_EQ(percent_decode("100%"), "100%");
  EXPECT_EQ(percent_decode("%4"), "%4");
  EXPECT_EQ(percent_decode("%4x%zz%%41"), "%4x%zz%A");
  EXPECT_EQ(percent_decode("%2541"), "%41");
  EXPECT_EQ(percent_decode("%00"), std::string(1, '\0'));
}

TEST(PercentEncode, IsUndoneByDecodingForEveryByte) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  EXPECT_EQ(percent_decode(percent_encode(bytes)), bytes);
}

TEST(ParseTarget, TakesPathAndQueryApart) {
  const struct {
    const char* target;
    const char* path;
    Query query;
  } cases[] = {
      {"/path?a=1&b=2", "/path", {{"a", "1"}, {"b", "2"}}},
      {"/path", "/path", {}},
      {"/path?", "/path", {}},
      {"", "", {}},
      {"?a", "", {{"a", ""}}},
      {"/p?a&b=&=c&&d", "/p", {{"a", ""}, {"b", ""}, {"", "c"}, {"d", ""}}},
      {"/p?a=b=c?d", "/p", {{"a", "b=c?d"}}},
      {"/p?sym%62ol=BTC%2FUSDT&t=+30s", "/p", {{"symbol", "BTC/USDT"}, {"t", "+30s"}}},
      {"/p?a=x%26b%3Dy", "/p", {{"a", "x&b=y"}}},
  };
  for (const auto& c : cases) {
    const Target target = parse_target(c.target);
    EXPECT_EQ(target.path, c.path) << c.target;
    EXPECT_EQ(target.query, c.query) << c.target;
  }
}

TEST(ParseTarget, LetsTheFirstParameterOfANameWin) {
  const Target target = parse_target("/p?a=1&a=2&b=");
  EXPECT_EQ(target.get("a"), "1");
  EXPECT_TRUE(target.has("b"));
  EXPECT_EQ(target.get("b"), "");
  EXPECT_FALSE(target.has("A"));
  EXPECT_EQ(target.get("A"), "");
}

TEST(JsonString, EscapesWhatMustBeAndNothingElse) {
  EXPECT_EQ(json_string(""), R"("")");
  EXPECT_EQ(json_string("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(json_string("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(json_string(std::string_view("\0\x01\x1f\x7f", 4)), "\"\\u0000\\u0001\\u001f\x7f\"");
  EXPECT_EQ(json_string("ä€😀\xff"), "\"ä€😀\xff\"");
  std::string out = "{\"k\":";
  append_json_string(out, "v");
  EXPECT_EQ(out, "{\"k\":\"v\"");
}

TEST(Nearest, SuggestsOnlyWhatIsNear) {
  const Strings keys = {"api_key", "api_key_file", "endpoints", "symbols", "events", "ws"};
  const struct {
    const char* word;
    const char* expected;
  } cases[] = {
      {"api_key", "api_key"},
      {"api_kye", "api_key"},
      {"apikey", "api_key"},
      {"API_KEY", "api_key"},
      {"simbols", "symbols"},
      {"symbol", "symbols"},
      {"endpoint", "endpoints"},
      {"endpints", "endpoints"},
      {"evnt", "events"},
      {"wss", "ws"},
      {"password", ""},
      {"xy", ""},
      {"ev", ""},
      {"", ""},
      {"api_key_filename", "api_key_file"},
  };
  for (const auto& c : cases) EXPECT_EQ(nearest(c.word, keys), c.expected) << c.word;
  EXPECT_EQ(nearest("word", {}), "");
}

TEST(Nearest, AllowsTwoEditsOrAThirdOfTheWord) {
  EXPECT_EQ(nearest("abcdef", {"abcdxy"}), "abcdxy");           // 2 of 6
  EXPECT_EQ(nearest("abcdef", {"abcxyz"}), "");                 // 3 of 6
  EXPECT_EQ(nearest("abcdefghi", {"abcdefxyz"}), "abcdefxyz");  // 3 of 9
  EXPECT_EQ(nearest("abcdefghi", {"abcdewxyz"}), "");           // 4 of 9
  EXPECT_EQ(nearest("abcd", {"abxd", "abcx", "abc"}), "abxd");  // of equals the first
  EXPECT_EQ(nearest("abcd", {"abxy", "abcx"}), "abcx");
}

TEST(Base64, EncodesTheVectorsOfRfc4648) {
  const std::pair<const char*, const char*> cases[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, expected] : cases) EXPECT_EQ(base64_encode(bytes), expected);
  EXPECT_EQ(base64_encode(std::string_view("\xfb\xff\xbf\x00", 4)), "+/+/AA==");
}

TEST(HttpRequest, FindsAHeaderWithoutRegardToCase) {
  HttpRequest request;
  request.headers = {
      {"Host", "h:1"}, {"X-API-Key", "first"}, {"x-api-key", "second"}, {"Empty", ""}};
  EXPECT_EQ(request.header("x-api-key"), "first");
  EXPECT_EQ(request.header("HOST"), "h:1");
  EXPECT_EQ(request.header("Empty"), "");
  EXPECT_EQ(request.header("Hos"), "");
  EXPECT_EQ(request.header(""), "");
}

}  // namespace
}  // namespace tapedeck
