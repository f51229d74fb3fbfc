// How a session's time is told apart, per stream.
#include "storage/stream_time.h"

#include <gtest/gtest.h>

namespace tapedeck {
namespace {

using Lines = std::vector<std::string>;

Gap gap(Ns from, std::optional<Ns> to, GapStatus status, const char* stream = "trades") {
  Gap one;
  one.feed = "f";
  one.stream = stream;
  one.from_ns = from;
  one.to_ns = to;
  one.status = status;
  return one;
}

// `STREAM live+filled+partial+missing (before)` of a session from 100 to 200.
Lines of(const std::vector<StreamInfo>& streams, const std::vector<Gap>& gaps) {
  Lines lines;
  for (const StreamTime& time : stream_times(100, 200, streams, gaps)) {
    EXPECT_EQ(time.live_ns + time.filled_ns + time.partial_ns + time.missing_ns, 100);
    lines.push_back(time.stream + " " + std::to_string(time.live_ns) + "+" +
                    std::to_string(time.filled_ns) + "+" + std::to_string(time.partial_ns) + "+" +
                    std::to_string(time.missing_ns) + " (" + std::to_string(time.before_ns) + ")");
  }
  return lines;
}

TEST(StreamTimes, AreLiveFromTheFirstSubscriptionToTheEnd) {
  EXPECT_EQ(of({{"f", "trades", "ws", 110}, {"f", "never", "ws", std::nullopt}}, {}),
            (Lines{"never 0+0+0+100 (100)", "trades 90+0+0+10 (10)"}));
}

TEST(StreamTimes, TellGapsApartByWhatBecameOfThem) {
  EXPECT_EQ(of({{"f", "trades", "ws", 100}},
               {gap(110, 120, GapStatus::filled), gap(130, 150, GapStatus::partial),
                gap(160, 165, GapStatus::unfillable), gap(190, std::nullopt, GapStatus::open)}),
            Lines{"trades 55+10+20+15 (0)"});
}

TEST(StreamTimes, CountTheWorseOneWhereGapsOverlap) {
  EXPECT_EQ(of({{"f", "trades", "ws", 100}},
               {gap(110, 150, GapStatus::filled), gap(120, 130, GapStatus::open),
                gap(125, 160, GapStatus::partial)}),
            Lines{"trades 50+10+30+10 (0)"});
}

TEST(StreamTimes, AreOfTheSessionAloneWhateverTheGapsSpan) {
  EXPECT_EQ(of({{"f", "trades", "ws", 105}},
               {gap(-500, 105, GapStatus::filled), gap(195, 900, GapStatus::open),
                gap(20, 30, GapStatus::open)}),
            Lines{"trades 90+0+0+10 (5)"});
}

TEST(StreamTimes, KnowStreamsThatOnlyGapsTellOf) {
  EXPECT_EQ(of({}, {gap(150, 160, GapStatus::open, "old")}), Lines{"old 90+0+0+10 (0)"});
}

}  // namespace
}  // namespace tapedeck
