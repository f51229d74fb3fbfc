// Tapes that do not list their streams: what their frames tell of them.
#include "tests/storage/merge_support.h"

namespace tapedeck::testing {
namespace {

Ns at(double seconds) {
  return kStart + static_cast<Ns>(seconds * 1000) * kNsPerMs;
}

Gap lost(Ns from_ns, Ns to_ns) {
  Gap gap;
  gap.id = 1;
  gap.feed = kTrades;
  gap.stream = "trades";
  gap.from_ns = gap.floor_ns = from_ns;
  gap.to_ns = to_ns;
  return gap;
}

// A recorder beside the one that lost something.
struct Peer {
  std::string config = R"({"feeds":{"hypercall":{"channels":["trades"]}}})";
  std::string query;
  std::string subscribe = R"({"type":"Subscribe","channel":"trades"})";
  std::string acknowledged = "trades";
  bool reconnects = false;  // at 4, without having subscribed to anything
};

// Two recorders of trades, whose tapes do not list their streams; `a` lost from 3 to 5.
class MergeWithoutStreams : public ::testing::Test {
 protected:
  Lines gaps_with(const Peer& peer, const std::string& config = Peer().config) {
    SessionInfo session = session_on("a");
    session.config = config;
    RecorderTape a(directory_.file("a.tape"), session);
    for (const double from : {1, 5}) {
      const auto connection = a.connect(kTrades, "ws", at(from));
      subscribe(a, connection, from, Peer());
      for (int n = 1; n <= 2; ++n) {
        a.frame(connection, at(from + n), trade_text(std::to_string(from + n)));
      }
    }
    a.gap(lost(at(3), at(5)));
    session = session_on("b");
    session.config = peer.config;
    RecorderTape b(directory_.file("b.tape"), session);
    auto connection = b.connect(kTrades, "ws", at(1), peer.query);
    subscribe(b, connection, 1, peer);
    // A quiet market: the first trade comes after the other's gap has begun.
    if (peer.acknowledged == "trades") b.frame(connection, at(3.5), trade_text("3.5"));
    if (peer.reconnects) connection = b.connect(kTrades, "ws", at(4), peer.query);
    b.frame(connection, at(8), "", Direction::in, Opcode::ping);
    const Lines paths = {a.finish(at(9)), b.finish(at(9))};
    for (const auto& path : paths) raw_query(path, "DROP TABLE stream");
    notes_ = must(merge_files(paths, out_)).notes;
    return gaps_of(out_);
  }
  static void subscribe(RecorderTape& tape, std::int64_t connection, double at_s,
                        const Peer& peer) {
    tape.frame(connection, at(at_s), peer.subscribe, Direction::out);
    tape.frame(connection, at(at_s),
               R"({"type":"Subscribed","channel":")" + peer.acknowledged + "\"}");
  }

  TempDir directory_;
  std::string out_ = directory_.file("out.tape");
  Lines notes_;
};

TEST_F(MergeWithoutStreams, APeerThatWasAcknowledgedClosesAGap) {
  EXPECT_EQ(gaps_with(Peer()), Lines{"trades 3-5 peer filled 1"});
}

TEST_F(MergeWithoutStreams, APeerWithAnotherChannelClosesNone) {
  Peer peer;
  peer.acknowledged = "orderbook";
  EXPECT_EQ(gaps_with(peer), Lines{"trades 3-5 none open 0"});
}

TEST_F(MergeWithoutStreams, AConnectionThatHeardNothingOfTheStreamVouchesForNothing) {
  Peer peer;
  peer.reconnects = true;
  EXPECT_EQ(gaps_with(peer), Lines{"trades 3-5 none open 1"});
}

TEST_F(MergeWithoutStreams, APeerThatDoesNotSayWhatItAskedForClosesNone) {
  Peer peer;
  peer.config = "{}";
  EXPECT_EQ(gaps_with(peer), Lines{"trades 3-5 none open 0"});
  EXPECT_EQ(notes_, Lines{"a.tape and b.tape do not close each other's gaps of hypercall: "
                          "session.config of b.tape does not say what it asked for"});
}

TEST_F(MergeWithoutStreams, WhereNoneSaysItAddressesAndSubscriptionsTell) {
  Peer same;
  same.config = "{}";
  same.query = "?token=***";
  EXPECT_EQ(gaps_with(same, "{}"), Lines{"trades 3-5 peer filled 1"});
  for (const char* name : {"a.tape", "b.tape", "out.tape"}) {
    std::filesystem::remove(directory_.file(name));
  }
  Peer filtered = same;
  filtered.query = "?token=***&symbols=BTC";
  EXPECT_EQ(gaps_with(filtered, "{}"), Lines{"trades 3-5 none open 0"});
  for (const char* name : {"a.tape", "b.tape", "out.tape"}) {
    std::filesystem::remove(directory_.file(name));
  }
  Peer narrow = same;
  narrow.subscribe = R"({"type":"Subscribe","channel":"trades","symbols":["BTC"]})";
  EXPECT_EQ(gaps_with(narrow, "{}"), Lines{"trades 3-5 none open 0"});
}

}  // namespace
}  // namespace tapedeck::testing
