// The drift detector on a feed made for these tests. That what the real feeds declare is right is
// the conformance suite's matter.
#include "schema/drift.h"

#include <gtest/gtest.h>

namespace tapedeck::testing {
namespace {

using namespace shape;
using Lines = std::vector<std::string>;

constexpr FieldShape kEnvelope[] = {{"type", kText, kOptional}};
constexpr FieldShape kQuote[] = {
    {"price", kText},    {"size", kDecimal, kOptional}, {"legs", kList | kNull},
    {"legs[]", kObject}, {"legs[].side", kText},        {"sides", kList, kOptional},
    {"sides[]", kList},  {"sides[][]", kText},          {"details", kObject, kOptional},
};
constexpr FieldShape kOpen[] = {{"known", kText}, {"*", kAny}};
constexpr FieldShape kPair[] = {{"[0]", kText}, {"[1]", kObject}, {"[1].a", kNumber}};
constexpr FieldShape kOther[] = {{"price", kText}};
// Two formats of one type.
constexpr MessageShape kMessages[] = {{"quote", kQuote, kEnvelope},
                                      {"open", kOpen, kEnvelope},
                                      {"pair", kPair},
                                      {"quote", kOther, kEnvelope}};

const MessageShape* shape_of(const InFrame& frame, const FrameTag& /*tag*/) {
  if (frame.root().is_array()) return &kMessages[2];
  if (frame.root()["other"].exists()) return &kMessages[3];
  return find_shape(kMessages, frame.root()["type"].text());
}
constexpr FeedShapes kShapes{kMessages, shape_of};
constexpr FeedShapes kShapesWithBlanks{kMessages, shape_of, true};

Lines told(DriftDetector& detector, std::string_view text) {
  JsonDoc doc;
  doc.parse(text);
  InFrame frame;
  frame.payload = text;
  frame.doc = &doc;
  Lines lines;
  for (const Drift& drift : detector.look(frame, {})) {
    lines.push_back(drift.type + ": " + drift.path + ": " + drift.what);
  }
  return lines;
}
Lines told(std::string_view text) {
  DriftDetector detector(kShapes);
  return told(detector, text);
}

TEST(Drift, IsNothingWhereAMessageIsAsDeclared) {
  for (const char* text : {
           R"({"type":"quote","price":"1","legs":null})",
           R"({"type":"quote","price":"1","size":1,"legs":[]})",
           R"({"legs":[{"side":"buy"},{"side":"sell"}],"size":"1","price":"1","type":"quote"})",
           R"({"type":"quote","price":"1","legs":[],"sides":[["1","2"],[],["3"]]})",
           R"({"type":"quote","price":"1","legs":[],"details":{"a":[1,{"b":null}]}})",
           R"({"type":"quote","type":"quote","price":"1","price":"2","legs":[]})",
           R"(["x",{"a":1}])",
       }) {
    EXPECT_EQ(told(text), Lines{}) << text;
  }
}

TEST(Drift, SaysWhatIsNewMissingOrOfAnotherKindInTheOrderOfTheMessage) {
  EXPECT_EQ(told(R"({"type":"quote","fresh":1,"size":true,"legs":[{"side":"buy","fee":"0"}]})"),
            (Lines{"quote: fresh: new field", "quote: size: kind: string|number -> boolean",
                   "quote: legs[].fee: new field", "quote: price: missing field"}));
  EXPECT_EQ(told(R"({"type":"quote","price":"1","legs":[{"side":"buy"},{},7]})"),
            (Lines{"quote: legs[].side: missing field", "quote: legs[]: kind: object -> number"}));
  EXPECT_EQ(told(R"({"type":"quote","price":null,"legs":{},"sides":[["1",2]]})"),
            (Lines{"quote: price: kind: string -> null", "quote: legs: kind: array|null -> object",
                   "quote: sides[][]: kind: string -> number"}));
}

TEST(Drift, LooksIntoTheElementsOfAListThatIsATuple) {
  EXPECT_EQ(told(R"([7,{"a":"1","b":2},3,4])"),
            (Lines{"pair: [0]: kind: string -> number", "pair: [1].a: kind: number -> string",
                   "pair: [1].b: new field", "pair: [2]: new field"}));
  EXPECT_EQ(told(R"(["x"])"), Lines{"pair: [1]: missing field"});
}

TEST(Drift, LeavesNamesThatAreDataAlone) {
  EXPECT_EQ(told(R"({"type":"open","known":"1","BTC":1,"ETH":{"x":[]}})"), Lines{});
  EXPECT_EQ(told(R"({"type":"open","BTC":1})"), Lines{"open: known: missing field"});
}

TEST(Drift, IsToldOncePerSession) {
  DriftDetector detector(kShapes);
  constexpr std::string_view kNews = R"({"type":"quote","price":1,"fresh":{"a":1},"legs":[{}]})";
  EXPECT_EQ(told(detector, kNews),
            (Lines{"quote: price: kind: string -> number", "quote: fresh: new field",
                   "quote: legs[].side: missing field"}));
  EXPECT_EQ(told(detector, kNews), Lines{});
  EXPECT_EQ(told(detector, R"({"type":"quote","price":"1","fresh":[],"legs":[]})"), Lines{});
  // A second change of the same field is told against what was declared.
  EXPECT_EQ(told(detector, R"({"type":"quote","price":null,"legs":[]})"),
            Lines{"quote: price: kind: string -> null"});
}

TEST(Drift, IsToldOnceForATypeOfTwoFormats) {
  DriftDetector detector(kShapes);
  EXPECT_EQ(told(detector, R"({"type":"quote","price":1,"legs":[]})"),
            Lines{"quote: price: kind: string -> number"});
  EXPECT_EQ(told(detector, R"({"type":"quote","price":1,"other":1})"),
            Lines{"quote: other: new field"});
}

TEST(Drift, SetsBlanksAroundNamesAsideOnlyWhereTheDecoderDoes) {
  constexpr std::string_view kBlank = R"({"type":"quote"," price":"1","legs":[]})";
  EXPECT_EQ(told(kBlank),
            (Lines{R"(quote: [" price"]: new field)", "quote: price: missing field"}));
  DriftDetector detector(kShapesWithBlanks);
  EXPECT_EQ(told(detector, kBlank), Lines{});
}

TEST(Drift, WritesNamesThatAPeerMadeUpSoThatAPathStaysReadable) {
  const std::string name = std::string(63, 'x') + "\xc3\xa4 and much more";
  EXPECT_EQ(
      told(R"({"type":"quote","price":"1","legs":[],"a.b":1,"":2,"c\nd":3,")" + name + "\":4}"),
      (Lines{R"(quote: ["a.b"]: new field)", R"(quote: [""]: new field)",
             R"(quote: ["c\nd"]: new field)",
             "quote: [\"" + std::string(63, 'x') + "…\"]: new field"}));
}

TEST(Drift, EndsWithOneLastLineWhenAPeerMakesNamesUpWithoutEnd) {
  DriftDetector detector(kShapes, 3);
  Lines all;
  for (int i = 0; i < 100; ++i) {
    const std::string n = std::to_string(i);
    for (const std::string& line :
         told(detector, R"({"type":"quote","legs":[],"a)" + n + R"(":1,"b)" + n + R"(":2})")) {
      all.push_back(line);
    }
  }
  EXPECT_EQ(all, (Lines{"quote: a0: new field", "quote: b0: new field",
                        "quote: price: missing field", "*: *: limit reached"}));
}

TEST(Drift, IsNothingWhereNoFormatIsKnown) {
  EXPECT_EQ(told(R"({"type":"unheard of","x":1})"), Lines{});
  EXPECT_EQ(told("no JSON"), Lines{});
  DriftDetector nothing;
  EXPECT_EQ(told(nothing, R"({"type":"quote","fresh":1})"), Lines{});
}

}  // namespace
}  // namespace tapedeck::testing
