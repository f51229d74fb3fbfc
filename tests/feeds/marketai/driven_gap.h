// A gap of Market.ai on a tape that has frames before and after it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "schema/feeds/marketai/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck::testing {

using Lines = std::vector<std::string>;

// 2024-02-24T12:05:00Z, where the documents' examples lie.
inline constexpr Ns kGapFrom = 1'708'776'300 * kNsPerSec;
inline constexpr Ns kGapTo = kGapFrom + 100 * kNsPerSec;

inline std::string ms(double second) {
  return std::to_string((kGapFrom + static_cast<Ns>(second * 1e9)) / kNsPerMs);
}

// Seconds count from the gap's beginning; it ends at 100.
class MarketGap : public ::testing::Test {
 protected:
  void configure(const std::string& more) {
    plan_ =
        plan_of(marketai_feed(), R"({"api_key":"KEY","rest":{"limit":4,"trades_path":"/v1/trades",)"
                                 R"("narratives_path":null,"polymarket_path":"/v1/polymarket"})" +
                                     more + "}");
    normalizer_ = marketai_feed().make_normalizer(1);
  }
  // A socket pushes an update whose `data` is given, received `second` into the gap's time.
  Lines live(const std::string& channel, const std::string& data, double second) {
    return normalize_one(*normalizer_, "/",
                         R"({"type":"update","channel":")" + channel + R"(","ts":)" + ms(second) +
                             R"(,"data":)" + data + "}",
                         kGapFrom + static_cast<Ns>(second * 1e9));
  }
  static Gap gap(const std::string& stream) {
    Gap gap;
    gap.stream = stream;
    gap.from_ns = kGapFrom;
    gap.floor_ns = kGapFrom - 60 * kNsPerSec;
    gap.to_ns = kGapTo;
    return gap;
  }
  DrivenFill fill(const std::string& stream) {
    return DrivenFill(*plan_, *normalizer_, gap(stream));
  }
  // An answer that holds these rows.
  static std::string page(const Lines& rows) {
    std::string body = R"({"ok":true,"data":[)";
    for (const std::string& row : rows) body += (body.back() == '[' ? "" : ",") + row;
    return body + R"(],"meta":{"timestamp":)" + ms(101) + "}}";
  }
  // A request for `path?QUERY`, from and to in seconds.
  static std::string ask(const std::string& path, double from, double to, int limit = 4,
                         const std::string& purpose = "gapfill") {
    const char separator = path.find('?') == std::string::npos ? '?' : '&';
    return "ask " + purpose + " GET http://host" + path + separator + "from=" + ms(from) +
           "&to=" + ms(to) + "&limit=" + std::to_string(limit) + " Authorization: Bearer KEY";
  }
  // Of the rows, one column by name, `-` where it is NULL.
  static Lines column(const RowLog& log, const std::string& name) {
    Lines found;
    for (const std::string& row : log.rows) {
      const std::size_t at = row.find(" " + name + "=");
      if (at == std::string::npos) {
        found.emplace_back("-");
        continue;
      }
      const std::size_t begin = at + name.size() + 2;
      found.push_back(row.substr(begin, row.find(' ', begin) - begin));
    }
    return found;
  }

  std::unique_ptr<FeedPlan> plan_;
  std::unique_ptr<Normalizer> normalizer_;
};

// Events are asked for until a quarter of an hour after the gap, and a millisecond.
inline constexpr double kUntil = 100 + 900 + 0.001;
inline const char* const kOverlaps =
    "end filled: the history overlaps what was received before and after";
inline const char* const kNothingSince = "nothing has come since by which its end could be proven";
inline const char* const kBehind = "the history does not hold yet what there must be";

}  // namespace tapedeck::testing
