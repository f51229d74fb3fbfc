#include "recorder/retry_after.h"

#include <gtest/gtest.h>

namespace tapedeck {
namespace {

constexpr Ns kNow = 1'800'000'000 * kNsPerSec;  // 2027-01-15T08:00:00Z

std::optional<Ns> after(const std::string& value) {
  RestResponse response;
  response.headers = {{"retry-AFTER", value}};
  return retry_after(response, kNow);
}

TEST(RetryAfter, ReadsEveryFormThatServicesUse) {
  EXPECT_EQ(after("20"), 20 * kNsPerSec);
  EXPECT_EQ(after(" 1.5 "), 1'500 * kNsPerMs);
  EXPECT_EQ(after("1800000030"), 30 * kNsPerSec);
  EXPECT_EQ(after("1800000030500"), 30'500 * kNsPerMs);
  EXPECT_EQ(after("2027-01-15T08:00:12Z"), 12 * kNsPerSec);
  EXPECT_EQ(after("Fri, 15 Jan 2027 08:00:45 GMT"), 45 * kNsPerSec);
}

TEST(RetryAfter, ReadsABodyWhereThereIsNoHeader) {
  RestResponse response;
  response.body = R"({"ok":false,"error":{"code":"RATE_LIMITED","retry_after":7}})";
  EXPECT_EQ(retry_after(response, kNow), 7 * kNsPerSec);
  response.body = R"({"error":"rate_limited","retry_after":"2.5"})";
  EXPECT_EQ(retry_after(response, kNow), 2'500 * kNsPerMs);
  response.headers = {{"X-RateLimit-Reset", "1800000040"}};
  EXPECT_EQ(retry_after(response, kNow), 2'500 * kNsPerMs);
  response.body = "<html>slow down</html>";
  EXPECT_EQ(retry_after(response, kNow), 40 * kNsPerSec);
}

TEST(RetryAfter, IsBoundedAndNeverNegative) {
  EXPECT_EQ(after("86400"), 300 * kNsPerSec);
  EXPECT_EQ(after("99999999999999999999"), 300 * kNsPerSec);
  EXPECT_EQ(after("9300000000000000"), 300 * kNsPerSec);
  EXPECT_EQ(after(std::string(400, '9')), 300 * kNsPerSec);
  EXPECT_EQ(after("1e30"), 300 * kNsPerSec);
  EXPECT_EQ(after("Fri, 31 Dec 9999 23:59:59 GMT"), 300 * kNsPerSec);
  EXPECT_EQ(after("-5"), 0);
  EXPECT_EQ(after("-99999999999999999999"), 0);
  EXPECT_EQ(after("Fri, 15 Jan 2027 07:00:00 GMT"), 0);
  EXPECT_EQ(after("1799999999"), 0);
}

TEST(RetryAfter, IsNothingWhereNothingCanBeRead) {
  EXPECT_EQ(after("soon"), std::nullopt);
  EXPECT_EQ(after("5 minutes"), std::nullopt);
  EXPECT_EQ(after("inf"), std::nullopt);
  EXPECT_EQ(after(""), std::nullopt);
  EXPECT_EQ(after("Fri, 15 Foo 2027 08:00:45 GMT"), std::nullopt);
  EXPECT_EQ(retry_after(RestResponse(), kNow), std::nullopt);
}

}  // namespace
}  // namespace tapedeck
