#include "schema/base/time.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace tapedeck {
namespace {

constexpr Ns kMin = std::numeric_limits<Ns>::min();
constexpr Ns kMax = std::numeric_limits<Ns>::max();

TEST(ParseRfc3339, ReadsEveryFormThatTheFeedsSend) {
  const struct {
    const char* text;
    Ns expected;
  } cases[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"2026-03-17T10:30:45Z", 1'773'743'445'000'000'000},
      {"2026-03-17t10:30:45z", 1'773'743'445'000'000'000},
      {"2026-03-17 10:30:45Z", 1'773'743'445'000'000'000},
      {"2026-03-17 T10:30:45Z", 1'773'743'445'000'000'000},
      {"2026-03-17T10:30:45.1Z", 1'773'743'445'100'000'000},
      {"2026-03-17T10:30:45.123456789Z", 1'773'743'445'123'456'789},
      {"2026-03-17T10:30:45.1234567899999Z", 1'773'743'445'123'456'789},
      {"2026-03-17T10:30:45.000000000000000000001Z", 1'773'743'445'000'000'000},
      {"2026-03-17T10:30:45.5+02:00", 1'773'736'245'500'000'000},
      {"2026-03-17T10:30:45-05:30", 1'773'763'245'000'000'000},
      {"2026-03-17T10:30:45+00:00", 1'773'743'445'000'000'000},
      {"2026-03-17T10:30:45-00:00", 1'773'743'445'000'000'000},
      {"2024-02-29T00:00:00Z", 1'709'164'800'000'000'000},
      {"2000-02-29T23:59:59Z", 951'868'799'000'000'000},
      {"1969-12-31T23:59:59.999999999Z", -1},
      {"1969-12-31T23:59:58.5Z", -1'500'000'000},
      {"1970-01-01T00:00:00+00:01", -60'000'000'000},
      {"2262-04-11T23:47:16.854775807Z", kMax},
      {"1677-09-21T00:12:43.145224192Z", kMin},
  };
  for (const auto& c : cases) EXPECT_EQ(parse_rfc3339(c.text), c.expected) << c.text;
}

TEST(ParseRfc3339, TakesALeapSecondAsTheNextSecond) {
  EXPECT_EQ(parse_rfc3339("2016-12-31T23:59:60Z"), parse_rfc3339("2017-01-01T00:00:00Z"));
  EXPECT_EQ(parse_rfc3339("2016-12-31T23:59:60.25Z"), parse_rfc3339("2017-01-01T00:00:00.25Z"));
  EXPECT_EQ(parse_rfc3339("2016-12-31T15:59:60-08:00"), parse_rfc3339("2017-01-01T00:00:00Z"));
  EXPECT_EQ(parse_rfc3339("2016-12-31T23:59:61Z"), std::nullopt);
}

TEST(ParseRfc3339, RefusesAMissingZoneUnlessToldThatItIsUtc) {
  for (const char* text : {"2021-04-26 T14:30:00", "2021-04-26T14:30:00", "2021-04-26 14:30:00"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
    EXPECT_EQ(parse_rfc3339(text, MissingZone::assume_utc), 1'619'447'400'000'000'000) << text;
  }
  EXPECT_EQ(parse_rfc3339("2021-04-26T14:30:01.5", MissingZone::assume_utc),
            1'619'447'401'500'000'000);
  EXPECT_EQ(parse_rfc3339("2021-04-26T14:30:00-01:00", MissingZone::assume_utc),
            1'619'451'000'000'000'000);
}

TEST(ParseRfc3339, RefusesEverythingElse) {
  for (const char* text : {
           "",
           "Z",
           "now",
           "2026-03-17",
           "10:30:45Z",
           "2026-13-17T10:30:45Z",
           "2026-00-17T10:30:45Z",
           "2026-02-30T10:30:45Z",
           "2026-02-29T10:30:45Z",
           "1900-02-29T10:30:45Z",
           "2026-04-31T10:30:45Z",
           "2026-03-00T10:30:45Z",
           "2026-03-32T10:30:45Z",
           "2026-03-17T24:00:00Z",
           "2026-03-17T10:60:45Z",
           "2026-03-17T10:30:61Z",
           "2026-3-17T10:30:45Z",
           "26-03-17T10:30:45Z",
           "12026-03-17T10:30:45Z",
           "-026-03-17T10:30:45Z",
           "2026/03/17T10:30:45Z",
           "2026-03-17T10:30Z",
           "2026-03-17T10.30.45Z",
           "2026-03-17T10:30:45.Z",
           "2026-03-17T10:30:45,5Z",
           "2026-03-17T10:30:45ZZ",
           "2026-03-17T10:30:45Z ",
           " 2026-03-17T10:30:45Z",
           "2026-03-17T10:30:45 Z",
           "2026-03-17  10:30:45Z",
           "2026-03-17T 10:30:45Z",
           "2026-03-17_10:30:45Z",
           "2026-03-17T10:30:45Zulu",
           "2026-03-17T10:30:45+0200",
           "2026-03-17T10:30:45+02",
           "2026-03-17T10:30:45+02:0",
           "2026-03-17T10:30:45+24:00",
           "2026-03-17T10:30:45+02:60",
           "2026-03-17T10:30:45+02:00Z",
           "2026-03-17T10:30:45+-2:00",
           "2026-03-17T10:30:+5Z",
           "2026-03-17T10:30: 5Z",
           "9999-12-31T23:59:59Z",
           "0000-01-01T00:00:00Z",
           "2262-04-11T23:47:16.854775808Z",
           "1677-09-21T00:12:43.145224191Z",
       }) {
    EXPECT_EQ(parse_rfc3339(text, MissingZone::assume_utc), std::nullopt) << text;
  }
}

TEST(ParseRfc3339, RefusesEveryTextThatWasCutShort) {
  const std::string whole = "2026-03-17T10:30:45.5+02:00";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(parse_rfc3339(whole.substr(0, size)), std::nullopt) << size;
  }
  EXPECT_EQ(parse_rfc3339(std::string("2026-03-17T10:30:45Z\0", 21)), std::nullopt);
}

TEST(ParseUnix, IsExactToTheNanosecond) {
  const struct {
    const char* digits;
    Ns unit;
    Ns expected;
  } cases[] = {
      {"0", kNsPerSec, 0},
      {"-0", kNsPerSec, 0},
      {"1737331200", kNsPerSec, 1'737'331'200'000'000'000},
      {"1737331200.123456789", kNsPerSec, 1'737'331'200'123'456'789},
      {"1737331200.1234567899999999999999", kNsPerSec, 1'737'331'200'123'456'789},
      {"1737331200.000000001", kNsPerSec, 1'737'331'200'000'000'001},
      {"1737331200000", kNsPerMs, 1'737'331'200'000'000'000},
      {"1737331200000.5", kNsPerMs, 1'737'331'200'000'500'000},
      {"1737331200000.0000019", kNsPerMs, 1'737'331'200'000'000'001},
      {"1737331200000001", kNsPerUs, 1'737'331'200'000'001'000},
      {"1737331200123456789", 1, 1'737'331'200'123'456'789},
      {"1737331200123456789.9", 1, 1'737'331'200'123'456'789},
      {"-1.5", kNsPerSec, -1'500'000'000},
      {"-0.000000001", kNsPerSec, -1},
      {"0000000000000000000000000000001", kNsPerSec, kNsPerSec},
      {"9223372036854775807", 1, kMax},
      {"-9223372036854775808", 1, std::numeric_limits<Ns>::min()},
      {"9223372036.854775807", kNsPerSec, kMax},
      {"-9223372036.854775808", kNsPerSec, kMin},
      {"2.5", 60 * kNsPerSec, 150 * kNsPerSec},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(parse_unix(c.digits, c.unit), c.expected) << c.digits << " of " << c.unit;
  }
}

TEST(ParseUnix, RefusesWhatIsNoPlainDecimalOrOutOfRange) {
  const struct {
    const char* digits;
    Ns unit;
  } cases[] = {
      {"", 1},
      {"-", 1},
      {".", 1},
      {".5", kNsPerSec},
      {"5.", kNsPerSec},
      {"-.5", kNsPerSec},
      {"+5", kNsPerSec},
      {"--5", kNsPerSec},
      {"1e9", kNsPerSec},
      {"1.7e9", kNsPerSec},
      {"0x10", 1},
      {" 5", 1},
      {"5 ", 1},
      {"5s", kNsPerSec},
      {"1_000", 1},
      {"1,5", kNsPerSec},
      {"1.2.3", kNsPerSec},
      {"null", 1},
      {"9223372036854775808", 1},
      {"-9223372036854775809", 1},
      {"9223372036.854775808", kNsPerSec},
      {"9223372036854775807", kNsPerSec},
      {"18446744073709551616", 1},
      {"340282366920938463463374607431768211457", 1},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(parse_unix(c.digits, c.unit), std::nullopt) << c.digits << " of " << c.unit;
  }
}

TEST(ParseAnyTime, TellsTheUnitByTheSize) {
  const struct {
    const char* text;
    std::optional<Ns> expected;
  } cases[] = {
      {"1737331200", 1'737'331'200'000'000'000},
      {"1737331200.25", 1'737'331'200'250'000'000},
      {"1737331200123", 1'737'331'200'123'000'000},
      {"1737331200123.5", 1'737'331'200'123'500'000},
      {"1737331200123456", 1'737'331'200'123'456'000},
      {"1737331200123456789", 1'737'331'200'123'456'789},
      {"001737331200", 1'737'331'200'000'000'000},
      {"-1737331200", -1'737'331'200'000'000'000},
      {"-1737331200123", -1'737'331'200'123'000'000},
      {"0", 0},
      {"2025-01-20T00:00:00Z", 1'737'331'200'000'000'000},
      {"2025-01-20 T00:00:00", 1'737'331'200'000'000'000},
      {"2025-01-20T01:00:00+01:00", 1'737'331'200'000'000'000},
      {"", std::nullopt},
      {"-", std::nullopt},
      {"soon", std::nullopt},
      {"1737331200.", std::nullopt},
      {"1.737e9", std::nullopt},
      {"1737331200Z", std::nullopt},
      {"99999999999999999999", std::nullopt},
  };
  for (const auto& c : cases) EXPECT_EQ(parse_any_time(c.text), c.expected) << c.text;
}

TEST(FormatRfc3339, GivesTheFractionThatIsNeededAndNoMore) {
  const struct {
    Ns t;
    const char* expected;
  } cases[] = {
      {0, "1970-01-01T00:00:00Z"},
      {1'773'743'445'000'000'000, "2026-03-17T10:30:45Z"},
      {1'773'743'445'500'000'000, "2026-03-17T10:30:45.5Z"},
      {1'773'743'445'120'000'000, "2026-03-17T10:30:45.12Z"},
      {1'773'743'445'000'000'010, "2026-03-17T10:30:45.00000001Z"},
      {1'773'743'445'123'456'789, "2026-03-17T10:30:45.123456789Z"},
      {951'782'400'000'000'000, "2000-02-29T00:00:00Z"},
      {-1, "1969-12-31T23:59:59.999999999Z"},
      {-kNsPerSec, "1969-12-31T23:59:59Z"},
      {kMax, "2262-04-11T23:47:16.854775807Z"},
      {kMin, "1677-09-21T00:12:43.145224192Z"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(format_rfc3339(c.t), c.expected);
    EXPECT_EQ(parse_rfc3339(c.expected), c.t);
  }
}

TEST(FormatStamp, NamesTheWholeSecond) {
  EXPECT_EQ(format_stamp(1'773'743'445'000'000'000), "20260317T103045Z");
  EXPECT_EQ(format_stamp(1'773'743'445'999'999'999), "20260317T103045Z");
  EXPECT_EQ(format_stamp(0), "19700101T000000Z");
  EXPECT_EQ(format_stamp(-1), "19691231T235959Z");
}

TEST(ParseDuration, ReadsUnitsFromTheLongestDown) {
  const struct {
    const char* text;
    Ns expected;
  } cases[] = {
      {"90s", 90 * kNsPerSec},
      {"+90s", 90 * kNsPerSec},
      {"2m30s", 150 * kNsPerSec},
      {"1h", 3'600 * kNsPerSec},
      {"1h2m3s4ms5us6ns", 3'723'004'005'006},
      {"1.5s", 1'500 * kNsPerMs},
      {"0.5h", 1'800 * kNsPerSec},
      {"500ms", 500 * kNsPerMs},
      {"250us", 250 * kNsPerUs},
      {"10ns", 10},
      {"0s", 0},
      {"1m500ms", 60'500 * kNsPerMs},
      {"0.0000000019s", 1},
      {"9223372036854775807ns", kMax},
  };
  for (const auto& c : cases) EXPECT_EQ(parse_duration(c.text), c.expected) << c.text;
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (const char* text : {"",
                           "+",
                           "s",
                           "90",
                           "-90s",
                           "++90s",
                           "90 s",
                           " 90s",
                           "90s ",
                           "90x",
                           "90S",
                           "30s2m",
                           "1s1s",
                           "1.s",
                           ".5s",
                           "1..5s",
                           "1e3s",
                           "1,5s",
                           "1m2m",
                           "ms",
                           "1h30",
                           "1d",
                           "99999999999h",
                           "9223372036854775808ns",
                           "9223372036854775807ns1s",
                           "9223372036s1000ms"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(ParseTimeOrOffset, TakesATimeOrAnOffsetFromTheStart) {
  const Ns start = 1'773'743'445'000'000'000;
  const struct {
    const char* text;
    Ns expected;
  } cases[] = {
      {"2026-11-21T09:30:00Z", 1'795'253'400'000'000'000},
      {"2026-11-21T09:30:00.000000001+01:00", 1'795'249'800'000'000'001},
      {"+90s", start + 90 * kNsPerSec},
      {"90s", start + 90 * kNsPerSec},
      {"+2m30s", start + 150 * kNsPerSec},
      {"0s", start},
  };
  for (const auto& c : cases) {
    const Result<Ns> time = parse_time_or_offset(c.text, start);
    ASSERT_TRUE(time.ok()) << c.text;
    EXPECT_EQ(*time, c.expected) << c.text;
  }
}

TEST(ParseTimeOrOffset, SaysWhatWouldBeRight) {
  for (const char* text : {"", "noon", "2026-11-21", "-5s", "2026-11-21T09:30:00"}) {
    const Result<Ns> time = parse_time_or_offset(text, 0);
    ASSERT_FALSE(time.ok()) << text;
    EXPECT_EQ(time.error().message,
              "\"" + std::string(text) +
                  "\" is no time: give RFC 3339, such as 2026-11-21T09:30:00Z, or an offset from "
                  "the start, such as +90s or +2m30s");
  }
  const Result<Ns> too_far = parse_time_or_offset("1h", kMax - 1);
  ASSERT_FALSE(too_far.ok());
  EXPECT_EQ(too_far.error().message, "the offset \"1h\" is too large");
}

TEST(SystemClock, ReadsBothClocksAndNeverGoesBackOnTheMonotonicOne) {
  const SystemClock clock;
  const Stamp first = clock.now();
  const Stamp second = clock.now();
  EXPECT_GE(second.mono, first.mono);
  EXPECT_GT(first.wall, *parse_rfc3339("2024-01-01T00:00:00Z"));
}

}  // namespace
}  // namespace tapedeck
