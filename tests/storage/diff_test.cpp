// What one session has and the other lacks, whoever recorded it and when.
#include "storage/diff.h"

#include "storage/compact.h"
#include "tests/storage/tape_files.h"
#include "tests/support/mixed_tape.h"

namespace tapedeck::testing {
namespace {

// A tape of one feed's socket, as some recorder saw it.
class Recorder {
 public:
  // `offset`: how much later than another one it receives everything.
  Recorder(const std::string& path, Ns offset)
      : writer_(must(create_tape_at(path, session_named("live"), Durability::process))),
        offset_(offset) {
    must(writer_->begin());
    for (int slot = 0; slot < 2; ++slot) {
      ConnectionInfo connection;
      connection.id = slot + 1;
      connection.feed = "hypercall";
      connection.endpoint = "ws";
      connection.slot = slot;
      // The second connection is made with its first frame.
      if (slot == 0) must(writer_->put_connection(connection));
      connections_.push_back(connection);
    }
  }
  ~Recorder() { must(writer_->commit()); }

  Recorder& says(Ns at, const std::string& payload, int slot = 0) {
    if (slot > 0) must(writer_->put_connection(connections_[1]));
    FrameRecord frame = frame_of(++frames_, kStart + offset_ + at, payload);
    frame.connection_id = slot + 1;
    must(writer_->add_frame(frame));
    return *this;
  }
  Recorder& trade(const char* price, Origin origin = Origin::live) {
    Trade trade;
    trade.price = price;
    must(add_record(*writer_, trade, frames_, kStart + offset_ + ++rows_, 5, origin));
    return *this;
  }
  Recorder& gap(const std::string& stream, GapStatus status) {
    Gap gap;
    gap.id = ++gaps_;
    gap.feed = "hypercall";
    gap.stream = stream;
    gap.from_ns = kStart + offset_;
    gap.status = status;
    must(writer_->put_gap(gap));
    return *this;
  }

 private:
  std::unique_ptr<TapeWriter> writer_;
  Ns offset_;
  std::vector<ConnectionInfo> connections_;
  std::int64_t frames_ = 0;
  std::int64_t rows_ = 0;
  std::int64_t gaps_ = 0;
};

std::string trade_text(int i) {
  return R"({"type":"Trade","symbol":"BTC","price":")" + std::to_string(i) + "\"}";
}

class Diff : public ::testing::Test {
 protected:
  Diff() : a_(directory_.file("a.tape")), b_(directory_.file("b.tape")) {}

  TapeDiff diff(std::size_t spans_max = 10) {
    return must(diff_tapes(*must(open_tape(a_)), *must(open_tape(b_)), spans_max));
  }
  static std::string text(const SideCounts& counts) {
    return std::to_string(counts.a) + "|" + std::to_string(counts.b) + " only " +
           std::to_string(counts.only_a) + "|" + std::to_string(counts.only_b);
  }
  static Lines text(const std::vector<MissingSpan>& spans) {
    Lines lines;
    for (const MissingSpan& span : spans) {
      lines.push_back(std::to_string(span.from_ns - kStart) + "-" +
                      std::to_string(span.to_ns - kStart) + ": " + std::to_string(span.count));
    }
    return lines;
  }

  TempDir directory_;
  std::string a_;
  std::string b_;
};

TEST_F(Diff, ATapeEqualsItselfItsCompactedSelfAndASecondRecorders) {
  for (const auto& [path, offset] : {std::pair(a_, Ns{0}), std::pair(b_, Ns{77})}) {
    Recorder recorder(path, offset);
    for (int i = 0; i < 20; ++i) recorder.says(i, trade_text(i)).trade("1.50");
    recorder.gap("trades", GapStatus::filled);
  }
  EXPECT_TRUE(diff().equal());
  must(mark_interrupted(b_));
  must(compact_tape({b_, "", false}));
  const TapeDiff done = diff();
  EXPECT_TRUE(done.equal());
  ASSERT_EQ(done.frames.size(), 1U);
  EXPECT_EQ(text(done.frames[0].counts), "20|20 only 0|0");
  b_ = a_;
  EXPECT_TRUE(diff().equal());
}

TEST_F(Diff, WhatIsMissingIsGatheredIntoSpansOfTime) {
  {
    Recorder a(a_, 0);
    Recorder b(b_, 0);
    for (int i = 0; i < 20; ++i) {
      if (i != 0) a.says(i, trade_text(i));
      if (i < 5 || (i > 8 && i != 15)) b.says(i, trade_text(i));
    }
  }
  const TapeDiff done = diff();
  EXPECT_FALSE(done.equal());
  ASSERT_EQ(done.frames.size(), 1U);
  EXPECT_EQ(done.frames[0].feed + "/" + done.frames[0].endpoint, "hypercall/ws");
  EXPECT_EQ(text(done.frames[0].counts), "19|15 only 5|1");
  EXPECT_EQ(text(done.frames[0].spans_a), (Lines{"5-8: 4", "15-15: 1"}));
  EXPECT_EQ(text(done.frames[0].spans_b), Lines{"0-0: 1"});
  const TapeDiff bounded = diff(1);
  EXPECT_EQ(text(bounded.frames[0].counts), "19|15 only 5|1");
  EXPECT_EQ(text(bounded.frames[0].spans_a), Lines{"5-8: 4"});
}

TEST_F(Diff, EqualPayloadsCountAsOftenAsTheyCame) {
  {
    Recorder a(a_, 0);
    Recorder b(b_, 0);
    for (int i = 0; i < 3; ++i) a.says(i, trade_text(1));
    b.says(0, trade_text(1));
  }
  EXPECT_EQ(text(diff().frames[0].counts), "3|1 only 2|0");
  EXPECT_EQ(text(diff().frames[0].spans_a), Lines{"1-2: 2"});
}

TEST_F(Diff, CopiesOnRedundantConnectionsAreNoDifference) {
  {
    Recorder a(a_, 0);
    Recorder b(b_, 0);
    // Twice on one connection is two; the other connection delivers both again, and one of its own.
    a.says(0, trade_text(1)).says(1, trade_text(1)).says(2, trade_text(1), 1);
    a.says(3, trade_text(1), 1).says(4, trade_text(2), 1);
    b.says(0, trade_text(1)).says(1, trade_text(1)).says(2, trade_text(2));
  }
  EXPECT_TRUE(diff().equal());
  EXPECT_EQ(text(diff().frames[0].counts), "3|3 only 0|0");
}

TEST_F(Diff, WhatTheServerSaysItselfIsNotCompared) {
  {
    Recorder a(a_, 0);
    Recorder b(b_, 0);
    a.says(0, R"({"type":"Subscribed","channel":"trades"})").says(1, trade_text(1));
    b.says(1, trade_text(1));
  }
  EXPECT_TRUE(diff().equal());
}

TEST_F(Diff, RowsAreComparedByTheirValuesAlone) {
  {
    Recorder a(a_, 0);
    Recorder b(b_, 9);
    a.trade("1.5").trade("1.50").trade("2").trade("2");
    b.trade("2", Origin::gapfill).trade("1.5").trade("1.51");
  }
  const TapeDiff done = diff();
  ASSERT_EQ(done.rows.size(), 1U);
  EXPECT_EQ(done.rows[0].table + " " + done.rows[0].feed, "trade hypercall");
  EXPECT_EQ(text(done.rows[0].counts), "4|3 only 2|1");
}

TEST_F(Diff, GapsAreComparedByHowTheyEnded) {
  {
    Recorder a(a_, 0);
    Recorder b(b_, 9);
    a.gap("trades", GapStatus::filled).gap("fills", GapStatus::filled);
    b.gap("trades", GapStatus::filled).gap("fills", GapStatus::unfillable);
  }
  const TapeDiff done = diff();
  EXPECT_FALSE(done.equal());
  ASSERT_EQ(done.gaps.size(), 3U);
  EXPECT_EQ(done.gaps[0].stream, "fills");
  EXPECT_EQ(text(done.gaps[0].counts), "1|0 only 1|0");
  EXPECT_EQ(text(done.gaps[1].counts), "0|1 only 0|1");
  EXPECT_EQ(text(done.gaps[2].counts), "1|1 only 0|0");
}

}  // namespace
}  // namespace tapedeck::testing
