// Which recorded ends are losses, and how long an endpoint was away.
#include "replay/outages.h"

#include <gtest/gtest.h>

#include <sstream>

namespace tapedeck {
namespace {

using Log = std::vector<std::string>;

class OutagesTest : public ::testing::Test {
 protected:
  static constexpr Ns kEnd = 1'000;

  // A connection of `ws` that was ready from `ready` (0: never) to `closed` (0: at the tape's end).
  ConnectionInfo& add(Ns ready, Ns closed, ClosedBy by = ClosedBy::network,
                      std::optional<int> code = std::nullopt, std::string reason = "") {
    ConnectionInfo connection;
    connection.feed = "nexusglass";
    connection.endpoint = "ws";
    connection.opened_ns = ready == 0 ? closed - 1 : ready - 1;
    if (ready != 0) connection.ready_ns = ready;
    if (closed != 0) connection.closed_ns = closed;
    connection.closed_by = closed == 0 ? ClosedBy::none : by;
    connection.close_code = code;
    if (code) connection.close_reason = std::move(reason);
    tape().connections.push_back(connection);
    return tape().connections.back();
  }
  TapeSet::Tape& tape() {
    if (tapes.empty()) next_tape(kEnd);
    return tapes.back();
  }
  void next_tape(Ns end) {
    tapes.emplace_back();
    tapes.back().end_ns = end;
  }
  // `ENDPOINT FROM-TO cut|CODE REASON`.
  Log found(std::vector<std::string> feeds = {}) {
    EndpointTable endpoints(std::move(feeds));
    Log log;
    for (const Outage& outage : find_outages(tapes, endpoints)) {
      std::ostringstream line;
      line << outage.endpoint->name << ' ' << outage.from_ns << '-';
      if (outage.to_ns != Outage::kNever) line << outage.to_ns;
      if (outage.end.code) {
        line << ' ' << *outage.end.code << ' ' << outage.end.reason;
      } else {
        line << " cut";
      }
      log.push_back(line.str());
    }
    return log;
  }

  std::vector<TapeSet::Tape> tapes;
};

TEST_F(OutagesTest, ALossLastsUntilTheNextConnectionThatBecameReadyWasOpen) {
  add(10, 100, ClosedBy::server, 1012, "service restart");
  add(0, 150);  // refused its streams: never ready
  add(200, 300);
  add(400, 900, ClosedBy::client, 1000);
  EXPECT_EQ(found(), (Log{"ws 100-199 1012 service restart", "ws 300-399 cut"}));
}

TEST_F(OutagesTest, HowAConnectionEndedDecidesWhatClientsHear) {
  add(10, 20, ClosedBy::server);  // a close frame without a code
  add(30, 40, ClosedBy::server, 1005);
  add(50, 60, ClosedBy::network, 1006);
  add(70, 80, ClosedBy::client, 1000).error = "nothing was received for 60 s";
  EXPECT_EQ(found(), (Log{"ws 20-29 0 ", "ws 40-49 0 ", "ws 60-69 cut", "ws 80- cut"}));
}

TEST_F(OutagesTest, TheRecordersOwnGoodbyeAndAKilledRecorderAreNoLoss) {
  add(10, 900, ClosedBy::client, 1000);
  EXPECT_EQ(found(), Log{});
  next_tape(3'000);
  add(2'000, 0);
  next_tape(5'000);
  add(4'000, 4'500);
  EXPECT_EQ(found(), (Log{"ws 4500- cut"}));
}

TEST_F(OutagesTest, WithRedundantConnectionsItIsAwayOnlyWhileNoneIsReady) {
  add(10, 100);
  add(20, 300, ClosedBy::server, 1001).slot = 1;
  add(200, 250).slot = 0;
  add(300, 400, ClosedBy::server, 1013).slot = 0;
  add(500, 900, ClosedBy::client, 1000).slot = 1;
  EXPECT_EQ(found(), (Log{"ws 400-499 1013 "}));
}

TEST_F(OutagesTest, OneThatWasOpenBeforeTheLossEndsItAtOnce) {
  add(10, 100);
  add(120, 900, ClosedBy::client, 1000).opened_ns = 90;
  EXPECT_EQ(found(), (Log{"ws 100-100 cut"}));
}

TEST_F(OutagesTest, AConnectionThatWasLostBeforeItWasReadyIsALossToo) {
  add(0, 100, ClosedBy::server, 1013, "try again");
  add(200, 900, ClosedBy::client, 1000);
  EXPECT_EQ(found(), (Log{"ws 100-199 1013 try again"}));
}

TEST_F(OutagesTest, AnotherTapeMayEndAnOutage) {
  add(10, 900);
  next_tape(3'000);
  add(2'000, 2'900, ClosedBy::client, 1000);
  EXPECT_EQ(found(), (Log{"ws 900-1999 cut"}));
}

TEST_F(OutagesTest, AServersCloseAtTheVeryEndIsStillOnTheTape) {
  add(10, kEnd + 5, ClosedBy::server, 1001);
  EXPECT_EQ(found(), (Log{"ws 1000- 1001 "}));
}

TEST_F(OutagesTest, EndpointsAreApartAndFeedsLeftOutHaveNone) {
  add(10, 100);
  add(20, 500).endpoint = "ws/fastfeed";
  add(30, 40).feed = "hypercall";
  EXPECT_EQ(found({"nexusglass"}), (Log{"ws 100- cut", "ws/fastfeed 500- cut"}));
}

}  // namespace
}  // namespace tapedeck
