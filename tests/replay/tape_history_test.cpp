#include "replay/tape_history.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "schema/feeds/registry.h"
#include "tests/replay/tape_maker.h"

namespace tapedeck {
namespace {

using testing::TapeMaker;
using testing::TempDir;

// More rows than one mark of the index holds, so that marks, bounds and cursors are all used.
TEST(TapeHistory, LongHistoriesArePagedWithoutHolesOrRepeats) {
  constexpr int kTrades = 1'500;
  const TempDir folder;
  TapeMaker tape(folder.file("a.tape"));
  const auto market = tape.connection("hypercall", "ws", 0, 5);
  for (int i = 0; i < kTrades; ++i) {
    const std::string price = std::to_string(i);
    Trade trade;
    trade.symbol = "BTC";
    trade.price = price;
    tape.frame(market, 10 + i, "{}").row("hypercall", trade, TapeMaker::at(10 + i));
  }
  tape.finish();
  TapeHistory::Readers readers;
  readers.push_back(testing::must_open(folder.file("a.tape")));
  const Feed& feed = *find_feed("hypercall");
  TapeHistory history("hypercall", *feed.service().recall(), readers);
  for (const int upto : {0, 1, 255, 256, 257, 900, kTrades}) {
    ServiceData::Query query;
    query.stream = "trades";
    query.limit = 97;
    query.after = 0;
    std::vector<std::int64_t> ids;
    while (true) {
      const auto page = history.find(query, TapeMaker::at(9 + upto));
      ASSERT_TRUE(page.ok()) << page.error().message;
      if (page->empty()) break;
      for (const std::string& row : *page) ids.push_back(nlohmann::json::parse(row)["trade_id"]);
      query.after = ids.back();
    }
    ASSERT_EQ(ids.size(), static_cast<std::size_t>(upto));
    for (std::size_t i = 0; i < ids.size(); ++i)
      ASSERT_EQ(ids[i], static_cast<std::int64_t>(i) + 1);
  }
}

// However far the events' own time is from that of their receipt.
TEST(TapeHistory, ASpanIsThatOfTheEventsOwnTime) {
  constexpr Ns kYears = 2 * 365 * 24 * 3'600 * kNsPerSec;
  for (const Ns late : {kYears, -kYears, Ns{0}}) {
    const TempDir folder;
    TapeMaker tape(folder.file("a.tape"));
    const auto market = tape.connection("hypercall", "ws", 0, 5);
    for (int i = 1; i <= 9; ++i) {
      Trade trade;
      trade.symbol = "BTC";
      tape.frame(market, 10 + i, "{}").row("hypercall", trade, TapeMaker::at(10 + i) - late);
    }
    // One whose time is none, and one without.
    tape.frame(market, 30, "{}").row("hypercall", Trade(), std::numeric_limits<Ns>::min());
    tape.frame(market, 31, "{}").row("hypercall", Trade());
    tape.finish();
    TapeHistory::Readers readers;
    readers.push_back(testing::must_open(folder.file("a.tape")));
    TapeHistory history("hypercall", *find_feed("hypercall")->service().recall(), readers);
    for (const bool newest_first : {false, true}) {
      ServiceData::Query query;
      query.stream = "trades";
      query.limit = 97;
      query.newest_first = newest_first;
      query.from_ns = TapeMaker::at(13) - late;
      query.to_ns = TapeMaker::at(15) - late;
      const auto page = history.find(query, TapeMaker::at(100));
      ASSERT_TRUE(page.ok()) << page.error().message;
      std::vector<std::int64_t> ids;
      for (const std::string& row : *page) ids.push_back(nlohmann::json::parse(row)["trade_id"]);
      EXPECT_EQ(
          ids, newest_first ? (std::vector<std::int64_t>{4, 3}) : (std::vector<std::int64_t>{3, 4}))
          << late;
    }
  }
}

}  // namespace
}  // namespace tapedeck
