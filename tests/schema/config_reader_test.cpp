#include "schema/base/config_reader.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "tests/support/fakes.h"

namespace tapedeck {
namespace {

using Strings = std::vector<std::string>;
using Integers = std::vector<std::int64_t>;

// One object under `feeds.demo` with what its reader needs.
struct Fixture {
  explicit Fixture(const char* json, std::string path = "feeds.demo")
      : object(nlohmann::json::parse(json)), reader(object, std::move(path), source, secrets) {}

  std::string error() const {
    const Result<void> result = reader.result();
    return result ? "" : result.error().message;
  }

  nlohmann::json object;
  testing::FakeSource source;
  Redactor secrets;
  ConfigReader reader;
};

TEST(ConfigReader, ReadsEachTypeAndFallsBackOnAbsentAndNull) {
  Fixture f(R"({"t":"x","i":-5,"b":true,"c":"two","l":["a","b"],"n":[1,-2],"e":[],
                "nt":null,"ni":null,"nb":null,"nl":null})");
  EXPECT_EQ(f.reader.text("t", "d"), "x");
  EXPECT_EQ(f.reader.optional_text("t"), "x");
  EXPECT_EQ(f.reader.integer("i", 1, -5, 5), -5);
  EXPECT_TRUE(f.reader.boolean("b", false));
  EXPECT_EQ(f.reader.choice("c", "one", {"one", "two"}), "two");
  EXPECT_EQ(f.reader.text_list("l", {"d"}), (Strings{"a", "b"}));
  EXPECT_EQ(f.reader.integer_list("n", {9}), (Integers{1, -2}));
  EXPECT_EQ(f.reader.text_list("e", {"d"}), Strings{});
  for (const char* key : {"nt", "absent"}) {
    EXPECT_EQ(f.reader.text(key, "d"), "d");
    EXPECT_EQ(f.reader.optional_text(key), std::nullopt);
    EXPECT_EQ(f.reader.choice(key, "one", {"one", "two"}), "one");
    EXPECT_EQ(f.reader.secret(key), std::nullopt);
    EXPECT_EQ(f.reader.raw(key), nullptr);
    EXPECT_FALSE(f.reader.has(key));
  }
  EXPECT_EQ(f.reader.integer("ni", 7, 0, 5), 7);
  EXPECT_TRUE(f.reader.boolean("nb", true));
  EXPECT_EQ(f.reader.text_list("nl", {"d"}), Strings{"d"});
  EXPECT_EQ(f.reader.integer_list("nl", {9}), Integers{9});
  EXPECT_TRUE(f.reader.has("t"));
  ASSERT_NE(f.reader.raw("n"), nullptr);
  EXPECT_EQ(f.reader.raw("n")->dump(), "[1,-2]");
  f.reader.reject_unknown();
  EXPECT_TRUE(f.reader.ok());
}

TEST(ConfigReader, NamesTheKeyAndWhatWouldBeRight) {
  const struct {
    const char* json;
    std::function<void(ConfigReader&)> read;
    const char* error;
  } cases[] = {
      {R"({"k":5})", [](ConfigReader& r) { r.text("k", ""); },
       "feeds.demo.k: must be a string, not a number"},
      {R"({"k":[]})", [](ConfigReader& r) { r.optional_text("k"); },
       "feeds.demo.k: must be a string, not an array"},
      {R"({"k":{}})", [](ConfigReader& r) { r.secret("k"); },
       "feeds.demo.k: must be a string, not an object"},
      {R"({"k":"5"})", [](ConfigReader& r) { r.integer("k", 1, 0, 9); },
       "feeds.demo.k: must be a whole number from 0 to 9, not a string"},
      {R"({"k":10})", [](ConfigReader& r) { r.integer("k", 1, 0, 9); },
       "feeds.demo.k: must be a whole number from 0 to 9, not 10"},
      {R"({"k":-1})", [](ConfigReader& r) { r.integer("k", 1, 0, 9); },
       "feeds.demo.k: must be a whole number from 0 to 9, not -1"},
      {R"({"k":1.5})", [](ConfigReader& r) { r.integer("k", 1, 0, 9); },
       "feeds.demo.k: must be a whole number from 0 to 9, not 1.5"},
      {R"({"k":18446744073709551615})", [](ConfigReader& r) { r.integer("k", 1, -9, 9); },
       "feeds.demo.k: must be a whole number from -9 to 9, not 18446744073709551615"},
      {R"({"k":"yes"})", [](ConfigReader& r) { r.boolean("k", false); },
       "feeds.demo.k: must be true or false, not a string"},
      {R"({"k":1})", [](ConfigReader& r) { r.boolean("k", false); },
       "feeds.demo.k: must be true or false, not a number"},
      {R"({"k":"mesage"})",
       [](ConfigReader& r) {
         r.choice("k", "query", {"query", "message"});
       },
       "feeds.demo.k: must be one of \"query\", \"message\", not \"mesage\"; did you mean "
       "\"message\"?"},
      {R"({"k":"header"})",
       [](ConfigReader& r) {
         r.choice("k", "query", {"query", "message"});
       },
       "feeds.demo.k: must be one of \"query\", \"message\", not \"header\""},
      {R"({"k":"a,b"})", [](ConfigReader& r) { r.text_list("k", {}); },
       "feeds.demo.k: must be a list of strings, not a string"},
      {R"({"k":["a",2]})", [](ConfigReader& r) { r.text_list("k", {}); },
       "feeds.demo.k[1]: must be a string, not a number"},
      {R"({"k":7})", [](ConfigReader& r) { r.integer_list("k", {}); },
       "feeds.demo.k: must be a list of whole numbers, not a number"},
      {R"({"k":[1,"2"]})", [](ConfigReader& r) { r.integer_list("k", {}); },
       "feeds.demo.k[1]: must be a whole number, not a string"},
      {R"({"k":[1.5]})", [](ConfigReader& r) { r.integer_list("k", {}); },
       "feeds.demo.k[0]: must be a whole number, not 1.5"},
      {R"({"k":[]})", [](ConfigReader& r) { r.object("k"); },
       "feeds.demo.k: must be an object, not an array"},
      {R"([])", [](ConfigReader& r) { r.text("k", ""); },
       "feeds.demo: must be an object, not an array"},
      {R"({})", [](ConfigReader& r) { r.fail("k", "is odd"); }, "feeds.demo.k: is odd"},
  };
  for (const auto& c : cases) {
    Fixture f(c.json);
    c.read(f.reader);
    EXPECT_EQ(f.error(), c.error) << c.json;
    EXPECT_FALSE(f.reader.ok());
  }
}

TEST(ConfigReader, GivesTheFallbackForAWrongValueAndKeepsTheFirstError) {
  Fixture f(R"({"a":1,"b":"x","c":7,"d":[1]})");
  EXPECT_EQ(f.reader.text("a", "d"), "d");
  EXPECT_EQ(f.reader.integer("b", 3, 0, 9), 3);
  EXPECT_EQ(f.reader.choice("c", "one", {"one"}), "one");
  EXPECT_EQ(f.reader.text_list("d", {"z"}), Strings{"z"});
  f.reader.fail("b", "never seen");
  f.reader.reject_unknown();
  EXPECT_EQ(f.error(), "feeds.demo.a: must be a string, not a number");
}

TEST(ConfigReader, SuggestsTheNearestKnownKeyForAnUnknownOne) {
  Fixture near(R"({"endpoints":[],"simbols":[]})");
  near.reader.text_list("endpoints", {});
  near.reader.text_list("symbols", {});
  near.reader.reject_unknown();
  EXPECT_EQ(near.error(), "feeds.demo.simbols: unknown key; did you mean \"symbols\"?");

  Fixture far(R"({"colour":"red"})");
  far.reader.text_list("endpoints", {});
  far.reader.text_list("symbols", {});
  far.reader.reject_unknown();
  EXPECT_EQ(far.error(), "feeds.demo.colour: unknown key; known here: \"endpoints\", \"symbols\"");

  Fixture root(R"({"tape":"x"})", "");
  root.reader.text("tapes", "");
  root.reader.reject_unknown();
  EXPECT_EQ(root.error(), "tape: unknown key; did you mean \"tapes\"?");

  Fixture has_only(R"({"seen":1})");
  EXPECT_TRUE(has_only.reader.has("seen"));
  has_only.reader.reject_unknown();
  EXPECT_EQ(has_only.error(), "feeds.demo.seen: unknown key; remove it, none is known here");

  Fixture null(R"({"symbol":null})");
  null.reader.text_list("symbols", {});
  null.reader.reject_unknown();
  EXPECT_EQ(null.error(), "feeds.demo.symbol: unknown key; did you mean \"symbols\"?");
}

TEST(ConfigReader, KnowsTheFileKeyOfASecret) {
  Fixture f(R"({"api_key_fil":"x"})");
  f.reader.secret("api_key");
  f.reader.reject_unknown();
  EXPECT_EQ(f.error(), "feeds.demo.api_key_fil: unknown key; did you mean \"api_key_file\"?");
}

TEST(ConfigReader, ReadsASecretFromTheConfigurationOrAFileAndRedactsIt) {
  const struct {
    const char* json;
    const char* expected;
  } cases[] = {
      {R"({"api_key":"sk-12345"})", "sk-12345"},
      {R"({"api_key_file":"key"})", "sk-12345"},
      {R"({"api_key_file":"key.lf"})", "sk-12345"},
      {R"({"api_key_file":"key.crlf"})", "sk-12345"},
      {R"({"api_key":null,"api_key_file":"key"})", "sk-12345"},
      {R"({"api_key_file":"key.blank"})", " sk-12345 "},
  };
  for (const auto& c : cases) {
    for (const bool required : {false, true}) {
      Fixture f(c.json);
      f.source.files = {{"key", "sk-12345"},
                        {"key.lf", "sk-12345\n"},
                        {"key.crlf", "sk-12345\r\n"},
                        {"key.blank", " sk-12345 \n"}};
      EXPECT_EQ(required ? f.reader.required_secret("api_key")
                         : f.reader.secret("api_key").value_or("none"),
                c.expected)
          << c.json;
      EXPECT_EQ(f.secrets.apply("<" + std::string(c.expected) + ">"), "<***>");
      f.reader.reject_unknown();
      EXPECT_EQ(f.error(), "") << c.json;
    }
  }
}

TEST(ConfigReader, SaysHowToGiveAMissingSecret) {
  const std::string remedy =
      "give it as \"api_key\": \"${DEMO_API_KEY}\" or name a file: \"api_key_file\": \"PATH\"";
  const struct {
    const char* json;
    std::string error;
  } cases[] = {
      {R"({})", "feeds.demo.api_key: is missing; " + remedy},
      {R"({"api_key":null})", "feeds.demo.api_key: is missing; " + remedy},
      {R"({"api_key":""})", "feeds.demo.api_key: is empty; " + remedy},
      {R"({"api_key_file":"empty"})", "feeds.demo.api_key_file: the file is empty; " + remedy},
      {R"({"api_kee":"sk-12345"})",
       "feeds.demo.api_key: is missing; " + remedy + " (there is an unknown \"api_kee\")"},
      {R"({"api_key_file":"absent"})",
       "feeds.demo.api_key_file: absent: no such file; name a readable file that holds the secret "
       "alone"},
      {R"({"api_key":"sk-12345","api_key_file":"key"})",
       "feeds.demo.api_key_file: cannot stand beside \"api_key\"; keep one of the two"},
      {R"({"api_key":12345})", "feeds.demo.api_key: must be a string, not a number"},
      {R"([])", "feeds.demo: must be an object, not an array"},
  };
  for (const auto& c : cases) {
    Fixture f(c.json);
    f.source.files = {{"empty", "\n"}, {"key", "sk-12345"}};
    f.reader.required_secret("api_key");
    EXPECT_EQ(f.error(), c.error) << c.json;
    EXPECT_EQ(f.error().find("12345"), std::string::npos) << "an error must not hold the secret";
  }
}

TEST(ConfigReader, LeavesAnOptionalSecretOut) {
  Fixture absent(R"({})");
  EXPECT_EQ(absent.reader.secret("api_key"), std::nullopt);
  EXPECT_TRUE(absent.reader.ok());
  EXPECT_TRUE(absent.secrets.empty());
  Fixture empty(R"({"api_key":""})");
  EXPECT_EQ(empty.reader.secret("api_key"), "");
  EXPECT_TRUE(empty.reader.ok());
}

TEST(ConfigReader, NamesNestedKeysInFullAndAbsorbsTheirErrors) {
  Fixture f(R"({"rest":{"limit":"x","paths":{"event":"/e"}}})");
  ConfigReader rest = f.reader.object("rest");
  ConfigReader paths = rest.object("paths");
  paths.text("events", "");
  paths.reject_unknown();
  EXPECT_TRUE(f.reader.ok());
  rest.absorb(paths);
  f.reader.absorb(rest);
  EXPECT_EQ(f.error(), "feeds.demo.rest.paths.event: unknown key; did you mean \"events\"?");
  rest.integer("limit", 1, 0, 9);
  f.reader.absorb(rest);
  EXPECT_EQ(f.error(), "feeds.demo.rest.paths.event: unknown key; did you mean \"events\"?");
  EXPECT_EQ(rest.name_of("limit"), "feeds.demo.rest.limit");
  EXPECT_EQ(rest.name_of(""), "feeds.demo.rest");
}

TEST(ConfigReader, ReadsAnAbsentObjectAsAnEmptyOne) {
  Fixture f(R"({"null":null,"list":[1]})");
  for (const char* key : {"absent", "null"}) {
    ConfigReader child = f.reader.object(key);
    EXPECT_EQ(child.integer("limit", 5, 0, 9), 5);
    EXPECT_FALSE(child.has("limit"));
    child.reject_unknown();
    EXPECT_TRUE(child.ok());
  }
  EXPECT_TRUE(f.reader.ok());
  ConfigReader wrong = f.reader.object("list");
  EXPECT_EQ(wrong.text("k", "d"), "d");
  EXPECT_TRUE(wrong.ok());
  EXPECT_EQ(f.error(), "feeds.demo.list: must be an object, not an array");
}

std::string expanded(const char* json, const testing::FakeSource& source) {
  nlohmann::json config = nlohmann::json::parse(json);
  const Result<void> result = expand_environment(config, source);
  return result ? config.dump() : result.error().message;
}

TEST(ExpandEnvironment, TakesVariablesAnywhereInAString) {
  testing::FakeSource source;
  source.variables = {{"A", "alpha"}, {"B_2", "${A}"}, {"EMPTY", ""}, {"_x", "}"}};
  const std::pair<const char*, const char*> cases[] = {
      {R"({"k":"${A}"})", R"({"k":"alpha"})"},
      {R"({"k":"<${A}|${A}>"})", R"({"k":"<alpha|alpha>"})"},
      {R"({"k":"${B_2}"})", R"({"k":"${A}"})"},
      {R"({"k":"x${EMPTY}y${_x}"})", R"({"k":"xy}"})"},
      {R"({"k":["a",{"d":["${A}"]}]})", R"({"k":["a",{"d":["alpha"]}]})"},
      {R"({"k":"$A {A} $ {A} }"})", R"({"k":"$A {A} $ {A} }"})"},
      {R"({"${A}":1,"n":5,"b":true,"z":null})", R"({"${A}":1,"b":true,"n":5,"z":null})"},
      {R"("${A}")", R"("alpha")"},
  };
  for (const auto& [json, expected] : cases) EXPECT_EQ(expanded(json, source), expected) << json;
}

TEST(ExpandEnvironment, NamesTheVariableAndTheKey) {
  testing::FakeSource source;
  const std::pair<const char*, const char*> unset[] = {
      {R"({"feeds":{"demo":{"api_key":"${DEMO_API_KEY}"}}})", "feeds.demo.api_key"},
      {R"({"feeds":{"demo":{"channels":["a",{"symbols":["x ${DEMO_API_KEY}"]}]}}})",
       "feeds.demo.channels[1].symbols[0]"},
  };
  for (const auto& [json, key] : unset) {
    EXPECT_EQ(expanded(json, source),
              std::string(key) +
                  ": the environment variable DEMO_API_KEY is not set; set it, or replace "
                  "\"${DEMO_API_KEY}\" (a secret may also stand in a file, named by a key that "
                  "ends in _file)");
  }
  for (const char* json : {R"({"k":"${"})", R"({"k":"${}"})", R"({"k":"${A"})", R"({"k":"${1A}"})",
                           R"({"k":"${A-B}"})", R"({"k":"${ A}"})"}) {
    EXPECT_EQ(expanded(json, source),
              "k: \"${\" must be followed by an environment variable's name and \"}\"")
        << json;
  }
}

TEST(ExpandEnvironment, LeavesWhatIsNotEnabled) {
  testing::FakeSource source;
  const char* json = R"({"feeds":{"off":{"api_key":"${UNSET}","enabled":false}}})";
  EXPECT_EQ(expanded(json, source), json);
  EXPECT_NE(expanded(R"({"feeds":{"on":{"api_key":"${UNSET}","enabled":true}}})", source)
                .find("feeds.on.api_key"),
            std::string::npos);
}

}  // namespace
}  // namespace tapedeck
