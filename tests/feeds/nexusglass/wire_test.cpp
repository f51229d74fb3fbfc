// NexusGlass's grammar: events and lists of them in every assumed shape.
#include "schema/feeds/nexusglass/wire.h"

#include <gtest/gtest.h>

#include "tests/support/fakes.h"

namespace tapedeck::nexusglass {
namespace {

using ::tapedeck::testing::testdata;

TEST(NexusGlassWire, FindsTheEventsOfARestAnswerInEveryAssumedShape) {
  for (const char* file : {"rest_array.json", "rest_events.json", "rest_data.json",
                           "rest_data_events.json", "rest_wrapped.json"}) {
    JsonDoc doc;
    ASSERT_TRUE(doc.parse(testdata("nexusglass", file))) << file;
    std::vector<std::string> ids;
    const Json list = event_list(doc.root());
    for (Json item = list.first(); item.exists(); item = item.next()) {
      const auto event = read_event(item);
      ASSERT_TRUE(event.has_value()) << file;
      ids.emplace_back(event->id);
    }
    EXPECT_EQ(ids, (std::vector<std::string>{"12344", "12345"})) << file;
  }
}

TEST(NexusGlassWire, FindsNoListWhereThereIsNone) {
  for (const char* text : {"{}", "7", "null", R"({"data":{}})", R"({"priorities":["P0"]})",
                           R"({"error":"X","code":"X","message":"y"})"}) {
    JsonDoc doc;
    ASSERT_TRUE(doc.parse(text)) << text;
    EXPECT_FALSE(event_list(doc.root()).exists()) << text;
  }
}

TEST(NexusGlassWire, KnowsAnEventAgainByIdAndInstant) {
  const struct {
    const char* a;
    const char* b;
    bool same;
  } cases[] = {
      {R"({"id":1,"detected_at":"2026-03-17T10:30:45Z"})",
       R"({"latency_ms":3,"id":"1","detected_at":"2026-03-17T10:30:45.000Z"})", true},
      {R"({"id":1,"detected_at":"2026-03-17T10:30:45Z"})",
       R"({"id":1,"detected_at":"2026-03-17T10:30:46Z"})", false},
      {R"({"id":1,"detected_at":"2026-03-17T10:30:45Z"})",
       R"({"id":2,"detected_at":"2026-03-17T10:30:45Z"})", false},
      {R"({"id":1,"type":"A","data":{}})", R"({"id":1,"type":"A","data":{},"latency_ms":9})", true},
      {R"({"id":1,"type":"A","data":{}})", R"({"id":1,"type":"B","data":{}})", false},
      {R"({"id":1,"data":{"x":1}})", R"({"id":1,"data":{"x":2}})", false},
  };
  for (const auto& c : cases) {
    JsonDoc a;
    JsonDoc b;
    ASSERT_TRUE(a.parse(c.a) && b.parse(c.b));
    EXPECT_EQ(identity_of(*read_event(a.root())) == identity_of(*read_event(b.root())), c.same)
        << c.a << c.b;
  }
}

TEST(NexusGlassWire, OrdersIdsAsNumbersHoweverLong) {
  const struct {
    const char* a;
    const char* b;
    bool less;
  } cases[] = {
      {"9", "10", true},
      {"10", "9", false},
      {"10", "10", false},
      {"009", "10", true},
      {"99999999999999999999", "100000000000000000000", true},
      {"a", "b", true},
      {"10", "1a", true},
      {"1a", "2", false},
  };
  for (const auto& c : cases) EXPECT_EQ(id_less(c.a, c.b), c.less) << c.a << ' ' << c.b;
}

}  // namespace
}  // namespace tapedeck::nexusglass
