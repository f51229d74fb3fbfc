#include "recorder/ingest.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/support/fake_environment.h"

namespace tapedeck {
namespace {

using Lines = std::vector<std::string>;

// What a tape would hold, and a gate that keeps commits waiting until the test opens it. Shared
// with the test because the ingest owns its writer.
struct Ledger {
  std::mutex mutex;
  std::condition_variable changed;
  Lines committed;
  int commits = 0;
  bool gate_open = true;
  int commits_begun = 0;
  std::string fail_with;  // the next commit fails with it
  std::string finished;

  template <class Predicate>
  void wait(Predicate predicate) {
    std::unique_lock lock(mutex);
    changed.wait(lock, predicate);
  }
};

class LedgerWriter final : public TapeWriter {
 public:
  explicit LedgerWriter(std::shared_ptr<Ledger> ledger) : ledger_(std::move(ledger)) {}
  Result<void> begin() override {
    pending_.clear();
    return {};
  }
  Result<void> commit() override {
    std::unique_lock lock(ledger_->mutex);
    ++ledger_->commits_begun;
    ledger_->changed.notify_all();
    ledger_->changed.wait(lock, [this] { return ledger_->gate_open; });
    if (!ledger_->fail_with.empty()) return Error{ledger_->fail_with};
    ledger_->committed.insert(ledger_->committed.end(), pending_.begin(), pending_.end());
    ++ledger_->commits;
    ledger_->changed.notify_all();
    return {};
  }
  Result<void> put_connection(const ConnectionInfo& c) override {
    return add("connection " + std::to_string(c.id));
  }
  Result<void> add_frame(const FrameRecord& f) override {
    return add("frame " + std::to_string(f.id) + " " + std::string(f.payload));
  }
  Result<void> add_row(const RowRecord& r) override {
    std::string line =
        "row " + std::string(r.row.table->name) + " of " + std::to_string(r.frame_id.value_or(0));
    for (const Value& value : r.row.values) line += " " + std::string(value.text);
    return add(line);
  }
  Result<void> put_request(const RequestInfo& r) override {
    return add("request " + std::to_string(r.id));
  }
  Result<void> put_gap(const Gap& g) override { return add("gap " + std::to_string(g.id)); }
  Result<void> put_stream(const StreamInfo& s) override { return add("stream " + s.stream); }
  Result<void> add_drift(const DriftRecord& d) override {
    return add("drift " + d.path + " of " + std::to_string(d.frame_id));
  }
  Result<void> put_cursor(const CursorRecord& c) override {
    return add("cursor " + c.stream + "=" + c.value);
  }
  Result<void> finish(Ns, std::string_view outcome) override {
    ledger_->finished = std::string(outcome);
    return {};
  }
  const std::string& path() const override { return path_; }

 private:
  Result<void> add(std::string line) {
    pending_.push_back(std::move(line));
    return {};
  }
  std::shared_ptr<Ledger> ledger_;
  Lines pending_;
  std::string path_ = "ledger";
};

class IngestTest : public ::testing::Test {
 protected:
  void make(IngestOptions options = {}) {
    ingest_ =
        std::make_unique<Ingest>(std::make_unique<LedgerWriter>(tape_), world_, options,
                                 [this](std::string why) { failures_.push_back(std::move(why)); });
  }
  std::int64_t frame(std::string_view payload) {
    return ingest_->add_frame(1, world_.time.stamp.wall, Direction::in, Opcode::text, payload);
  }
  void open_gate() {
    const std::lock_guard lock(tape_->mutex);
    tape_->gate_open = true;
    tape_->changed.notify_all();
  }

  testing::FakeEnvironment world_;
  std::shared_ptr<Ledger> tape_ = std::make_shared<Ledger>();
  Lines failures_;
  std::unique_ptr<Ingest> ingest_;
};

TEST_F(IngestTest, WritesEverythingInOrderAndCursorsAfterWhatTheyCover) {
  make();
  ConnectionInfo connection;
  connection.id = ingest_->next_connection_id();
  ingest_->put_connection(connection);
  for (int i = 0; i < 3; ++i) {
    const std::string payload = "p" + std::to_string(i);
    const std::int64_t id = frame(payload);
    RowSink& rows = ingest_->rows_of("toy", id, std::nullopt, 1);
    rows.set_cursor("s", payload);
    rows.add(FeedError{{}, payload}, std::nullopt);
  }
  ingest_->add_drift({"toy", "t", "price", "new field", 3, 1});
  Gap gap;
  gap.id = ingest_->next_gap_id();
  ingest_->put_gap(gap);
  ASSERT_TRUE(ingest_->close(9, "closed").ok());
  EXPECT_EQ(tape_->committed,
            (Lines{"connection 1", "frame 1 p0", "row feed_error of 1  p0", "frame 2 p1",
                   "row feed_error of 2  p1", "frame 3 p2", "row feed_error of 3  p2",
                   "drift price of 3", "gap 1", "cursor s=p2"}));
  EXPECT_EQ(tape_->commits, 1);
  EXPECT_EQ(tape_->finished, "closed");
  EXPECT_EQ(ingest_->stats().frames, 3);
  EXPECT_EQ(ingest_->stats().rows, 3);
  EXPECT_EQ(ingest_->stats().bytes, 6);
  EXPECT_EQ(ingest_->stats().queued_bytes, 0U);
}

TEST_F(IngestTest, CommitsWhenTheOldestRecordIsDueAndNotBefore) {
  make();
  frame("a");
  world_.advance_ms(39);
  frame("b");
  EXPECT_EQ(tape_->commits_begun, 0);
  world_.advance_ms(1);  // 40 ms: what is left of the promised 50 is the commit's own
  tape_->wait([this] { return tape_->commits == 1; });
  EXPECT_EQ(tape_->committed, (Lines{"frame 1 a", "frame 2 b"}));
  frame("c");
  world_.advance_ms(40);
  tape_->wait([this] { return tape_->commits == 2; });
}

TEST_F(IngestTest, CommitsALargeBatchAtTheEndOfItsBurst) {
  IngestOptions options;
  options.batch_bytes_max = 1'000;
  make(options);
  const std::string payload(600, 'x');
  frame(payload);
  ingest_->end_burst();
  EXPECT_EQ(tape_->commits_begun, 0);
  frame(payload);
  ingest_->end_burst();
  tape_->wait([this] { return tape_->commits == 1; });
  EXPECT_EQ(tape_->committed.size(), 2U);
}

TEST_F(IngestTest, RefusesFramesWhenTheQueueIsFullAndTakesThemAgainWhenItHasRoom) {
  tape_->gate_open = false;
  IngestOptions options;
  options.queue_bytes_max = 2'000;
  make(options);
  const std::string payload(600, 'x');
  EXPECT_EQ(frame(payload), 1);
  EXPECT_FALSE(ingest_->is_crowded());
  EXPECT_EQ(frame(payload), 2);
  EXPECT_TRUE(ingest_->is_crowded());
  world_.advance_ms(50);
  tape_->wait([this] { return tape_->commits_begun == 1; });
  EXPECT_EQ(frame(payload), 3);
  EXPECT_EQ(frame(payload), 0);  // a fourth would pass the limit
  Gap gap;
  gap.id = ingest_->next_gap_id();
  ingest_->put_gap(gap);  // what says so is always taken
  open_gate();
  while (ingest_->stats().queued_bytes != 0) std::this_thread::yield();
  EXPECT_FALSE(ingest_->is_crowded());
  EXPECT_EQ(frame(payload), 4);
  ASSERT_TRUE(ingest_->close(9, "closed").ok());
  EXPECT_EQ(tape_->committed.size(), 5U);
  EXPECT_EQ(tape_->committed[3], "gap 1");
}

TEST_F(IngestTest, WhatPiledUpBehindASlowCommitBecomesOneTransaction) {
  tape_->gate_open = false;
  make();
  for (int i = 0; i < 5; ++i) {
    frame("x");
    world_.advance_ms(50);
    if (i == 0) tape_->wait([this] { return tape_->commits_begun == 1; });
  }
  open_gate();
  tape_->wait([this] { return tape_->committed.size() == 5; });
  EXPECT_EQ(tape_->commits, 2);
}

TEST_F(IngestTest, AFailingTapeIsToldOnceAndClosingSaysWhy) {
  tape_->fail_with = "live.tape: disk full";
  make();
  frame("a");
  world_.advance_ms(50);
  tape_->wait([this] { return tape_->commits_begun == 1; });
  frame("b");
  const auto closed = ingest_->close(9, "closed");
  ASSERT_FALSE(closed.ok());
  EXPECT_EQ(closed.error().message, "live.tape: disk full");
  EXPECT_EQ(failures_, Lines{"live.tape: disk full"});
  EXPECT_EQ(tape_->finished, "");
}

TEST_F(IngestTest, WithoutCloseWhatWasTakenIsStillCommittedButTheTapeStaysOpen) {
  make();
  frame("a");
  ingest_.reset();
  EXPECT_EQ(tape_->committed, Lines{"frame 1 a"});
  EXPECT_EQ(tape_->finished, "");
}

}  // namespace
}  // namespace tapedeck
