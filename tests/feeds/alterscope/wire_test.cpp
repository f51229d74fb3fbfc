// Alterscope's grammar: kinds of messages, changes, errors, paths.
#include "schema/feeds/alterscope/wire.h"

#include <gtest/gtest.h>

namespace tapedeck::alterscope {
namespace {

TEST(AlterscopeWire, RoutesByTheFirstType) {
  const struct {
    const char* message;
    Kind kind;
  } cases[] = {
      {R"({"type":"factor.changed"})", Kind::changed},
      {R"({"type":"factor.changed","type":"error"})", Kind::changed},
      {R"({"type":"factor.changed","error":{"code":"x"}})", Kind::changed},
      {R"({"type":"error"})", Kind::error},
      {R"({"type":"error","type":"factor.changed"})", Kind::error},
      {R"({"error":{"code":"x","message":"y"}})", Kind::error},
      {R"({"type":null,"error":"text"})", Kind::error},
      {R"({"error":null})", Kind::other},
      {R"({"type":"factor.removed","error":{"code":"x"}})", Kind::other},
      {R"({"type":"FACTOR.CHANGED"})", Kind::other},
      {R"({"type":7,"error":{}})", Kind::other},
      {R"({})", Kind::other},
      {R"([])", Kind::other},
  };
  for (const auto& c : cases) {
    JsonDoc doc;
    ASSERT_TRUE(doc.parse(c.message)) << c.message;
    EXPECT_EQ(kind_of(doc.root()), c.kind) << c.message;
  }
}

TEST(AlterscopeWire, KnowsAChangeAgainByItsFactorInstantBlockAndValues) {
  const std::string a =
      R"({"opportunity_id":"o","factor":"f","previous":1,"current":2,"as_of_block":3,)"
      R"("as_of":"2026-04-27T08:34:02Z"})";
  const struct {
    const char* b;
    bool same;
  } cases[] = {
      {R"({"meta":{"lag":1},"opportunity_id":"o","factor":"f","previous":"1","current":2,"as_of_block":3,"as_of":"2026-04-27T08:34:02.000Z"})",
       true},
      {R"({"opportunity_id":"p","factor":"f","previous":1,"current":2,"as_of_block":3,"as_of":"2026-04-27T08:34:02Z"})",
       false},
      {R"({"opportunity_id":"o","factor":"g","previous":1,"current":2,"as_of_block":3,"as_of":"2026-04-27T08:34:02Z"})",
       false},
      {R"({"opportunity_id":"o","factor":"f","previous":2,"current":2,"as_of_block":3,"as_of":"2026-04-27T08:34:02Z"})",
       false},
      {R"({"opportunity_id":"o","factor":"f","previous":1,"current":2.0,"as_of_block":3,"as_of":"2026-04-27T08:34:02Z"})",
       false},
      {R"({"opportunity_id":"o","factor":"f","previous":1,"current":2,"as_of_block":4,"as_of":"2026-04-27T08:34:02Z"})",
       false},
      {R"({"opportunity_id":"o","factor":"f","previous":1,"current":2,"as_of_block":3,"as_of":"2026-04-27T08:34:03Z"})",
       false},
  };
  JsonDoc first;
  Change change_a;
  ASSERT_TRUE(first.parse(a));
  ASSERT_EQ(read_change(first.root(), change_a), "");
  for (const auto& c : cases) {
    JsonDoc doc;
    Change change_b;
    ASSERT_TRUE(doc.parse(c.b)) << c.b;
    ASSERT_EQ(read_change(doc.root(), change_b), "") << c.b;
    EXPECT_EQ(identity_of(change_a) == identity_of(change_b), c.same) << c.b;
  }
}

TEST(AlterscopeWire, FindsCodeAndMessageOfAnErrorWhereverTheyStand) {
  const struct {
    const char* message;
    const char* code;
    const char* text;
  } cases[] = {
      {R"({"error":{"code":"forbidden","message":"no","request_id":"r"}})", "forbidden", "no"},
      {R"({"type":"error","error":{"code":4403,"message":"no"},"code":"outer"})", "4403", "no"},
      {R"({"type":"error","code":"c","message":"m"})", "c", "m"},
      {R"({"error":"busy"})", "", "busy"},
      {R"({"error":{}})", "", ""},
      {R"([])", "", ""},
  };
  for (const auto& c : cases) {
    JsonDoc doc;
    ASSERT_TRUE(doc.parse(c.message)) << c.message;
    const ErrorInfo error = read_error(doc.root());
    EXPECT_EQ(error.code, c.code) << c.message;
    EXPECT_EQ(error.message, c.text) << c.message;
  }
}

TEST(AlterscopeWire, PutsTheOpportunityIntoItsPath) {
  const struct {
    const char* path;
    const char* opportunity;
    const char* result;
  } cases[] = {
      {"/v2/yield/opportunities/{id}/factors", "aave-usdc-lending",
       "/v2/yield/opportunities/aave-usdc-lending/factors"},
      {"/factors?of={id}&x=1", "a/b c", "/factors?of=a%2Fb%20c&x=1"},
      {"/factors", "a", "/factors"},
  };
  for (const auto& c : cases) EXPECT_EQ(factors_path(c.path, c.opportunity), c.result) << c.path;
}

}  // namespace
}  // namespace tapedeck::alterscope
