// What the tests of AlphaHub's gap-fill share: legs and pages around one gap, and a fill of it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "schema/feeds/alphahub/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck::testing::alphahub {

using Lines = std::vector<std::string>;

inline constexpr Ns kFrom = 1'619'447'400 * kNsPerSec;  // 2021-04-26T14:30:00Z
inline constexpr const char* kAskLogin =
    "ask login POST http://host/api/v1/session Content-Type: application/x-www-form-urlencoded | "
    "user%5Bemail%5D=a%40b.c&user%5Bpassword%5D=pw";
inline constexpr const char* kTokens = R"({"data":{"renew_token":"R1","token":"T1"}})";
inline constexpr const char* kFilled = "end filled: the history has both its edges";
inline constexpr const char* kNoOlderEdge =
    "end partial: the history holds nothing from before it: its older end may be gone "
    "(feeds.alphahub.rest.overlap_days asks further back)";
inline const Lines kLater = {"later: the history does not hold yet what the socket has brought"};

inline std::string ask(const std::string& date, const std::string& token = "T1") {
  return "ask gapfill GET http://host/api/v1/algorithms/16/signals?after=" + date +
         " Authorization: " + token;
}

// A leg of MU, `second` seconds after the gap's beginning.
inline std::string leg(int second, const std::string& price = "87.1",
                       const std::string& side = "sell", const std::string& symbol = "MU") {
  std::string time = format_rfc3339(kFrom + second * kNsPerSec);
  time.pop_back();
  return R"({"price":)" + price + R"(,"side":")" + side + R"(","symbol":")" + symbol +
         R"(","timestamp":")" + time + "\"}";
}

inline std::string page(const Lines& legs) {
  std::string body = R"({"data":{"signals":[)";
  for (const auto& one : legs) body += (body.back() == '[' ? "" : ",") + one;
  return body + "]}}";
}

class AlphaHubFill : public ::testing::Test {
 protected:
  AlphaHubFill() { configure(); }

  // `rest`: further members of it.
  void configure(const std::string& rest = "", int connections = 1, const std::string& more = "") {
    plan_ = plan_of(alphahub_feed(), R"({"email":"a@b.c","password":"pw","algorithms":[16],)" +
                                         more + R"("rest":{"settle_ms":1000)" + rest + "}}");
    normalizer_ = plan_->make_normalizer(connections);
  }
  static Gap gap() {
    Gap gap;
    gap.stream = "algorithms:16";
    gap.from_ns = kFrom;
    gap.floor_ns = kFrom - 60 * kNsPerSec;
    gap.to_ns = kFrom + 100 * kNsPerSec;
    return gap;
  }
  // The rows of a signal that the socket brings half a second after `second`.
  Lines live(const Lines& legs, int second, int slot = 0, const char* list = "open") {
    std::string text =
        R"([null,null,"algorithms:16","new_signals",{")" + std::string(list) + "\":[";
    for (const auto& one : legs) text += (text.back() == '[' ? "" : ",") + one;
    return normalize_one(*normalizer_, "socket/websocket", text + "]}]",
                         kFrom + second * kNsPerSec + 500 * kNsPerMs, slot);
  }
  // A fill that has logged in; its answers come when the history has settled.
  DrivenFill begin(const Gap& of) {
    DrivenFill fill(*plan_, *normalizer_, of);
    fill.answered_after_ns = 10 * kNsPerSec;
    fill.start();
    fill.answer(kTokens);
    return fill;
  }
  // `SECOND PRICE` of each row; the rest is compared once.
  static Lines brief(const Lines& rows) {
    Lines found;
    for (const std::string& row : rows) {
      const std::size_t at = row.find('@') + 1;
      const Ns time = std::stoll(row.substr(at, row.find(' ', at) - at));
      found.push_back(std::to_string((time - kFrom) / kNsPerSec) + " " +
                      row.substr(row.find("price=") + 6));
    }
    return found;
  }

  std::unique_ptr<FeedPlan> plan_;
  std::unique_ptr<Normalizer> normalizer_;
};

}  // namespace tapedeck::testing::alphahub
