#include "storage/merge.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/storage/merge_support.h"

namespace tapedeck::testing {
namespace {

Ns at(double seconds) {
  return kStart + static_cast<Ns>(seconds * 1000) * kNsPerMs;
}

Gap gap_of(std::int64_t id, const std::string& feed, const std::string& stream, Ns from_ns,
           Ns to_ns) {
  Gap gap;
  gap.id = id;
  gap.feed = feed;
  gap.stream = stream;
  gap.from_ns = gap.floor_ns = from_ns;
  gap.to_ns = to_ns;
  gap.detail = "lost";
  return gap;
}

class MergeTapesTest : public ::testing::Test {
 protected:
  // Trades 1 to 9, a second each, of which this recorder lost those between two times.
  std::string trades_tape(const std::string& name, double lost_from, double lost_to) {
    RecorderTape tape(directory_.file(name + ".tape"), session_on(name));
    tape.stream(kTrades, "trades", "ws", at(0.5));
    const auto first = tape.connect(kTrades, "ws", at(0.5));
    int n = 1;
    for (; n <= lost_from; ++n) tape.frame(first, at(n), trade_text(std::to_string(n)));
    if (lost_to <= lost_from) return tape.finish(at(20));
    const auto second = tape.connect(kTrades, "ws", at(lost_to));
    tape.gap(gap_of(1, kTrades, "trades", at(lost_from), at(lost_to)));
    for (; n <= 9; ++n) {
      if (n > lost_to) tape.frame(second, at(n), trade_text(std::to_string(n)));
    }
    return tape.finish(at(20));
  }

  std::multiset<std::string> prices(const std::string& path) {
    std::multiset<std::string> prices;
    for (const std::string& line : raw_query(path, "SELECT price FROM trade")) prices.insert(line);
    return prices;
  }

  TempDir directory_;
  std::string out_ = directory_.file("out.tape");
};

const std::multiset<std::string> kAll = {"1", "2", "3", "4", "5", "6", "7", "8", "9"};

TEST_F(MergeTapesTest, EachRecorderClosesTheOthersGapsAndAnEventIsOneRow) {
  const auto a = trades_tape("a", 3, 5.5);
  const auto b = trades_tape("b", 6, 7.5);
  EXPECT_EQ(prices(a).size(), 7U);
  const MergeReport report = must(merge_files({a, b}, out_));
  EXPECT_EQ(prices(out_), kAll);
  EXPECT_EQ(gaps_of(out_), (Lines{"trades 3-5 peer filled 2", "trades 6-7 peer filled 1"}));
  EXPECT_EQ(report.frames, 15);
  EXPECT_EQ(report.rows, 9);
  ASSERT_EQ(report.streams.size(), 1U);
  EXPECT_EQ(report.streams[0].lost, 2);
  EXPECT_EQ(report.streams[0].lost_ns, 4 * kNsPerSec);
  EXPECT_EQ(report.streams[0].recovered, 3);
  EXPECT_TRUE(report.streams[0].remaining.empty());
}

TEST_F(MergeTapesTest, TheResultIsAnOrdinaryTape) {
  const auto a = trades_tape("a", 3, 5.5);
  const auto b = trades_tape("b", 6, 7.5);
  must(merge_files({b, a}, out_));
  struct stat status {};
  ASSERT_EQ(::stat(out_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(raw_query(out_, "PRAGMA journal_mode"), Lines{"delete"});
  EXPECT_EQ(raw_query(out_, "PRAGMA integrity_check"), Lines{"ok"});
  EXPECT_EQ(raw_query(out_, "SELECT name, outcome, host, recorder_version FROM session"),
            Lines{"live|closed|b, a|9.9"});
  EXPECT_EQ(raw_query(out_, "SELECT slot, count(*) FROM connection GROUP BY slot"),
            (Lines{"0|2", "1|2"}));
  // In order of receipt, numbered without holes, each with its own connection.
  EXPECT_EQ(raw_query(out_,
                      "SELECT count(*) FROM frame AS f JOIN frame AS g ON g.id = f.id + 1 "
                      "WHERE g.recv_ns >= f.recv_ns"),
            Lines{"14"});
  EXPECT_EQ(raw_query(out_,
                      "SELECT count(*) FROM trade AS t JOIN frame AS f ON f.id = t.frame_id "
                      "WHERE t.recv_ns = f.recv_ns AND instr(f.payload, '\"' || price)"),
            Lines{"9"});
  EXPECT_EQ(raw_query(out_, "SELECT feed, stream, endpoint, first_ready_ns FROM stream"),
            Lines{"hypercall|trades|ws|" + std::to_string(at(0.5))});
}

TEST_F(MergeTapesTest, WhatNobodyHasRemains) {
  const auto a = trades_tape("a", 3, 6.5);
  const auto b = trades_tape("b", 5, 8.5);
  const MergeReport report = must(merge_files({a, b}, out_));
  EXPECT_EQ(prices(out_), (std::multiset<std::string>{"1", "2", "3", "4", "5", "7", "8", "9"}));
  // Each brought two that the other had lost.
  EXPECT_EQ(gaps_of(out_), Lines{"trades 5-6 none open 4"});
  ASSERT_EQ(report.streams[0].remaining.size(), 1U);
  EXPECT_EQ(report.streams[0].remaining[0].detail,
            "lost; cut from 2026-11-21T09:30:03Z to 2026-11-21T09:30:06.5Z: the rest was received "
            "by b.tape");
}

TEST_F(MergeTapesTest, ASkewOfTheClocksMustBeOverlapped) {
  const auto a = trades_tape("a", 3, 5.5);
  const auto b = trades_tape("b", 7, 8.5);
  must(merge_files({a, b}, out_, 1 * kNsPerSec));
  EXPECT_EQ(gaps_of(out_), (Lines{"trades 3-5 peer filled 2", "trades 8-8 none open 1"}));
}

TEST_F(MergeTapesTest, ATapeWithItselfIsTheSameData) {
  const auto a = trades_tape("a", 3, 5.5);
  const MergeReport report = must(merge_files({a, a}, out_));
  ASSERT_EQ(report.tapes.size(), 2U);
  EXPECT_EQ(report.tapes[0].same_as, "");
  EXPECT_EQ(report.tapes[1].same_as, a);
  for (const char* table : {"connection", "frame", "request", "gap", "stream", "cursor", "trade"}) {
    const std::string all = "SELECT * FROM " + std::string(table);
    EXPECT_EQ(raw_query(out_, all), raw_query(a, all)) << table;
  }
}

TEST_F(MergeTapesTest, WhatAMergedTapeHasAlreadyIsLeftOut) {
  const auto a = trades_tape("a", 3, 5.5);
  const auto b = trades_tape("b", 6, 7.5);
  const auto c = trades_tape("c", 1, 2.5);
  must(merge_files({a, b}, out_));
  const auto again = directory_.file("again.tape");
  const MergeReport report = must(merge_files({b, out_, a, c}, again));
  std::map<std::string, std::string> same_as;
  for (const MergeReport::Tape& tape : report.tapes) same_as[tape.path] = tape.same_as;
  EXPECT_EQ(same_as,
            (std::map<std::string, std::string>{{a, out_}, {b, out_}, {c, ""}, {out_, ""}}));
  EXPECT_EQ(prices(again), kAll);
  const auto config = nlohmann::json::parse(raw_query(again, "SELECT config FROM session").at(0));
  std::vector<std::string> tapes;
  for (const auto& one : config.at("merged_from")) tapes.push_back(one.at("tape"));
  EXPECT_EQ(tapes, (std::vector<std::string>{"a.tape", "b.tape", "c.tape"}));
}

TEST_F(MergeTapesTest, AnEarlyCopyOfATapeIsLeftOut) {
  const auto a = trades_tape("a", 3, 5.5);
  RecorderTape copy(directory_.file("copy.tape"), session_on("a"));
  copy.stream(kTrades, "trades", "ws", at(0.5));
  copy.frame(copy.connect(kTrades, "ws", at(0.5)), at(1), trade_text("1"));
  const MergeReport report = must(merge_files({copy.finish(at(1), "interrupted"), a}, out_));
  EXPECT_EQ(report.tapes[0].same_as, a);
  EXPECT_EQ(report.frames, 7);
}

TEST_F(MergeTapesTest, ATapeThatLostWhatItsNamesakeDidNotIsNoCopyOfIt) {
  const auto a = trades_tape("a", 3, 5.5);
  const auto b = trades_tape("b", 9, 9);
  raw_query(a, "UPDATE session SET host = 'b'");
  const MergeReport report = must(merge_files({a, b}, out_));
  for (const auto& tape : report.tapes) EXPECT_EQ(tape.same_as, "") << tape.path;
  EXPECT_EQ(gaps_of(out_), Lines{"trades 3-5 peer filled 2"});
  EXPECT_EQ(prices(out_), kAll);
}

TEST_F(MergeTapesTest, TapesThatFollowOneAnotherShareTheirSlotsAndNothingBetweenThemIsVouchedFor) {
  RecorderTape first(directory_.file("1.tape"), session_on("a"));
  first.stream(kTrades, "trades", "ws", at(1));
  const auto one = first.connect(kTrades, "ws", at(1));
  first.frame(one, at(2), trade_text("1"));
  RecorderTape second(directory_.file("2.tape"), session_on("a", at(10)));
  second.stream(kTrades, "trades", "ws", at(11));
  const auto two = second.connect(kTrades, "ws", at(11));
  second.frame(two, at(12), trade_text("1"));  // looks alike, and is another one
  second.frame(two, at(13), trade_text("1"));
  must(merge_files({first.finish(at(3)), second.finish(at(14))}, out_));
  EXPECT_EQ(prices(out_), (std::multiset<std::string>{"1", "1", "1"}));
  EXPECT_EQ(gaps_of(out_), Lines{"trades 2-11 none unfillable 0"});
  EXPECT_EQ(raw_query(out_, "SELECT DISTINCT slot FROM connection"), Lines{"0"});
}

TEST_F(MergeTapesTest, DifferentFeedsStandBesideEachOther) {
  const auto a = trades_tape("a", 3, 5.5);
  RecorderTape news(directory_.file("news.tape"), session_on("b", at(2)));
  news.stream(kAlerts, "ws/fastfeed", "ws/fastfeed", at(2.5));
  news.frame(news.connect(kAlerts, "ws/fastfeed", at(2.5)), at(3.5), alert_text(7));
  must(merge_files({a, news.finish(at(30))}, out_));
  EXPECT_EQ(prices(out_).size(), 7U);
  EXPECT_EQ(raw_query(out_, "SELECT event_id FROM alert"), Lines{"7"});
  EXPECT_EQ(gaps_of(out_), Lines{"trades 3-5 none open 0"});
  EXPECT_EQ(raw_query(out_, "SELECT DISTINCT feed, slot FROM connection ORDER BY 1"),
            (Lines{"hypercall|0", "nexusglass|0"}));
  EXPECT_EQ(raw_query(out_, "SELECT started_ns, ended_ns FROM session"),
            Lines{std::to_string(kStart) + "|" + std::to_string(at(30))});
}

// What REST told one recorder, a peer had heard at its time.
TEST_F(MergeTapesTest, AnswersAreDecodedAgainInTheirPlace) {
  RecorderTape a(directory_.file("a.tape"), session_on("a"));
  a.stream(kAlerts, "ws/fastfeed", "ws/fastfeed", at(0));
  const auto first = a.connect(kAlerts, "ws/fastfeed", at(0));
  a.frame(first, at(1), alert_text(1));
  Gap gap = gap_of(4, kAlerts, "ws/fastfeed", at(1), at(6));
  gap.after_cursor = "1";
  gap.floor_ns = kStart;
  gap.method = GapMethod::after;
  gap.status = GapStatus::partial;
  gap.recovered = 3;
  a.gap(gap);
  const auto second = a.connect(kAlerts, "ws/fastfeed", at(6));
  a.frame(second, at(6.5), alert_text(6));
  RequestInfo request;
  request.feed = kAlerts;
  request.purpose = "gapfill";
  request.stream = "ws/fastfeed";
  request.gap_id = 4;
  request.sent_ns = at(6.6);
  request.recv_ns = at(6.7);
  request.method = "GET";
  request.url = "https://host/api/v1/fastfeed/events?after=1";
  request.status = 200;
  request.body =
      R"({"events":[)" + alert_body(2) + "," + alert_body(3) + "," + alert_body(5) + "]}";
  a.answer(request, &gap);
  a.frame(second, at(7), alert_text(7));
  a.writer().put_cursor({kAlerts, "ws/fastfeed", "7", at(7)}).ok();

  RecorderTape b(directory_.file("b.tape"), session_on("b"));
  b.stream(kAlerts, "ws/fastfeed", "ws/fastfeed", at(2.5));
  const auto only = b.connect(kAlerts, "ws/fastfeed", at(2.5));
  for (const int id : {3, 4, 5, 6, 7, 8}) b.frame(only, at(id), alert_text(id));
  b.writer().put_cursor({kAlerts, "ws/fastfeed", "8", at(8)}).ok();

  must(merge_files({a.finish(at(9)), b.finish(at(9))}, out_));
  EXPECT_EQ(raw_query(out_, "SELECT event_id, origin, frame_id IS NULL FROM alert ORDER BY id"),
            (Lines{"1|live|0", "3|live|0", "4|live|0", "5|live|0", "6|live|0", "2|gapfill|1",
                   "7|live|0", "8|live|0"}));
  // Four by the peer, in the part that was cut away, and one by REST.
  EXPECT_EQ(gaps_of(out_), Lines{"ws/fastfeed 1-2 after partial 5"});
  EXPECT_EQ(raw_query(out_,
                      "SELECT r.gap_id, r.stream, (SELECT recv_ns FROM frame WHERE id = "
                      "r.after_frame_id) FROM request AS r"),
            Lines{"1|ws/fastfeed|" + std::to_string(at(6.5))});
  EXPECT_EQ(raw_query(out_, "SELECT value FROM cursor"), Lines{"8"});
}

TEST_F(MergeTapesTest, WhatARecorderItselfComplainedOfIsKept) {
  RecorderTape a(directory_.file("a.tape"), session_on("a"));
  a.stream(kTrades, "trades", "ws", at(1));
  const auto connection = a.connect(kTrades, "ws", at(1));
  a.frame(connection, at(2), trade_text("1"));
  must(add_record(a.writer(), FeedError{"PROTOCOL_ERROR", "a masked frame"}, std::nullopt, at(3)));
  a.frame(connection, at(4), R"({"type":"Error","code":"X","message":"bad"})");
  const auto b = trades_tape("b", 0, 0);
  must(merge_files({a.finish(at(5)), b}, out_));
  EXPECT_EQ(raw_query(out_, "SELECT code, message, recv_ns FROM feed_error ORDER BY id"),
            (Lines{"PROTOCOL_ERROR|a masked frame|" + std::to_string(at(3)),
                   "X|bad|" + std::to_string(at(4))}));
}

TEST_F(MergeTapesTest, ADriftThatSeveralSawStandsOnceWithItsFirstFrame) {
  const auto make = [&](const std::string& name, double first) {
    RecorderTape tape(directory_.file(name + ".tape"), session_on(name));
    tape.stream(kTrades, "trades", "ws", at(0.5));
    const auto connection = tape.connect(kTrades, "ws", at(0.5));
    for (int n = 1; n <= 3; ++n) tape.frame(connection, at(first + n), trade_text("1"));
    must(tape.writer().add_drift({kTrades, "Trade", "venue", "new field", 2, at(first + 2)}));
    must(tape.writer().add_drift({kTrades, "Trade", name, "new field", 3, at(first + 3)}));
    return tape.finish(at(9));
  };
  const auto later = make("later", 1.5);
  must(merge_files({later, make("first", 1)}, out_));
  EXPECT_EQ(raw_query(out_,
                      "SELECT d.path, f.recv_ns - d.recv_ns, d.recv_ns FROM drift AS d JOIN "
                      "frame AS f ON f.id = d.frame_id ORDER BY d.id"),
            (Lines{"venue|0|" + std::to_string(at(3)), "first|0|" + std::to_string(at(4)),
                   "later|0|" + std::to_string(at(4.5))}));
}

TEST_F(MergeTapesTest, RecordersThatAskedForDifferentThingsDoNotVouchForEachOther) {
  const auto make = [&](const std::string& name, const std::string& own) {
    SessionInfo session = session_on(name);
    session.config = R"({"name":"live","feeds":{"hypercall":{)" + own + "}}}";
    RecorderTape tape(directory_.file(name + ".tape"), session);
    tape.stream(kTrades, "trades", "ws", at(1));
    const auto connection = tape.connect(kTrades, "ws", at(1));
    tape.frame(connection, at(2), trade_text("1"));
    if (name == "a") tape.gap(gap_of(1, kTrades, "trades", at(2), at(4)));
    tape.frame(connection, at(5), trade_text("2"));
    return tape.finish(at(6));
  };
  const auto a = make("a", R"("channels":["trades"],"ws_url":"ws://x","wallet":"0x1")");
  const auto b = make("b", R"("channels":[{"channel":"trades","symbols":["BTC"]}],"wallet":"0x1")");
  const auto c = make("c", R"("channels":["trades"],"connections":2,"wallet":"0x1")");
  const MergeReport apart = must(merge_files({a, b}, out_));
  EXPECT_EQ(gaps_of(out_), Lines{"trades 2-4 none open 0"});
  EXPECT_EQ(apart.notes,
            Lines{"a.tape and b.tape do not close each other's gaps of hypercall: they "
                  "asked for different things (channels)"});
  const auto other = directory_.file("other.tape");
  EXPECT_TRUE(must(merge_files({a, c}, other)).notes.empty());
  EXPECT_EQ(gaps_of(other), Lines{"trades 2-4 peer filled 0"});
  const auto config = nlohmann::json::parse(raw_query(other, "SELECT config FROM session").at(0));
  EXPECT_EQ(config.at("feeds").at("hypercall").at("connections"), 2);
  EXPECT_EQ(config.at("feeds").at("hypercall").at("ws_url"), "ws://x");
}

TEST_F(MergeTapesTest, TapesWithTheDocumentedTablesAloneCloseGapsToo) {
  const auto a = trades_tape("a", 3, 5.5);
  const auto b = trades_tape("b", 6, 7.5);
  for (const auto& path : {a, b}) raw_query(path, "DROP TABLE stream");
  must(merge_files({a, b}, out_));
  EXPECT_EQ(gaps_of(out_), (Lines{"trades 3-5 peer filled 2", "trades 6-7 peer filled 1"}));
}

TEST_F(MergeTapesTest, ADeadRecordersTapeVouchesAsFarAsItHeardSomething) {
  RecorderTape dead(directory_.file("dead.tape"), session_on("b"));
  dead.stream(kTrades, "trades", "ws", at(0.5));
  const auto connection = dead.connect(kTrades, "ws", at(0.5));
  for (int n = 1; n <= 5; ++n) dead.frame(connection, at(n), trade_text(std::to_string(n)));
  const auto a = trades_tape("a", 3, 6.5);
  must(merge_files({a, dead.finish(at(20), "interrupted")}, out_));
  EXPECT_EQ(gaps_of(out_), Lines{"trades 5-6 none open 2"});
}

// ---- what is refused ----

TEST_F(MergeTapesTest, NothingIsOverwritten) {
  const auto a = trades_tape("a", 3, 5.5);
  std::ofstream(out_) << "precious";
  const auto report = merge_files({a, a}, out_);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().message, out_ + ": exists: name a file that does not exist yet");
  EXPECT_EQ(std::filesystem::file_size(out_), 8U);
}

TEST_F(MergeTapesTest, ATapeThatIsBeingRecordedIsRefused) {
  const auto a = trades_tape("a", 3, 5.5);
  const auto live = directory_.file("live.tape");
  const auto recorder = must(create_tape_at(live, session_on("b"), Durability::process));
  const auto report = merge_files({a, live}, out_);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().message,
            live + ": is being recorded: stop its recorder, or wait for its end, and merge then");
  EXPECT_FALSE(std::filesystem::exists(out_));
}

TEST_F(MergeTapesTest, AFeedThatNobodyKnowsIsRefusedAndNothingIsLeft) {
  RecorderTape strange(directory_.file("strange.tape"), session_on("b"));
  strange.frame(strange.connect("martian", "ws", at(1)), at(2), "{}");
  const auto report = merge_files({trades_tape("a", 3, 5.5), strange.finish(at(3))}, out_);
  ASSERT_FALSE(report.ok());
  EXPECT_NE(report.error().message.find("\"martian\""), std::string::npos);
  EXPECT_EQ(must(list_tapes(directory_.path())).size(), 2U);
  EXPECT_FALSE(std::filesystem::exists(out_ + ".merging"));
}

TEST_F(MergeTapesTest, AFrameOfNoConnectionIsNamed) {
  const auto a = trades_tape("a", 3, 5.5);
  raw_query(a, "DELETE FROM connection WHERE id = 2");
  const auto report = merge_files({a, trades_tape("b", 0, 0)}, out_);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().message,
            a + ": frame 4 names connection 2, which is not on the tape: see `tapedeck verify`");
}

TEST_F(MergeTapesTest, TooManySideBySideAreRefused) {
  std::vector<std::string> paths;
  for (int i = 0; i < 17; ++i) paths.push_back(trades_tape("t" + std::to_string(i), 0, 0));
  const auto report = merge_files(paths, out_);
  ASSERT_FALSE(report.ok());
  EXPECT_NE(report.error().message.find("17 connections side by side, and a tape at most 16"),
            std::string::npos);
}

}  // namespace
}  // namespace tapedeck::testing
