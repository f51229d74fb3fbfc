// Rows by place: from an id on, backwards, those of requests, and the first one at a frame.
#include <gtest/gtest.h>

#include "tests/storage/tape_files.h"

namespace tapedeck::testing {
namespace {

using Ids = std::vector<std::int64_t>;

Ids ids_of(Result<std::unique_ptr<RowCursor>> made) {
  const auto cursor = must(std::move(made));
  Ids ids;
  TapeRow row;
  while (must(cursor->next(row))) ids.push_back(row.id);
  return ids;
}

// Rows 1, 2 of frame 10; 3 of a request answered at 250; 4, 5 of frame 20; 6 of one at 400.
class RowsByPlace : public ::testing::Test {
 protected:
  void SetUp() override {
    writer =
        must(create_tape_at(directory.file("a.tape"), session_named("live"), Durability::process));
    must(writer->begin());
    must(writer->add_frame(frame_of(10, 100, "x")));
    add(10, {}, 100);
    add(10, {}, 100);
    add({}, 1, 250);
    must(writer->add_frame(frame_of(20, 300, "x")));
    add(20, {}, 300);
    add(20, {}, 300);
    add({}, 2, 400);
    must(writer->commit());
    tape = must(open_tape(writer->path()));
  }
  void add(std::optional<std::int64_t> frame, std::optional<std::int64_t> request, Ns recv_ns) {
    Trade trade;
    trade.symbol = "BTC";
    const auto values = trade.values();
    must(writer->add_row({0, frame, request, "hypercall", recv_ns,
                          Row{&table_of(TableId::trade), Origin::live, {}, values}}));
  }
  TempDir directory;
  std::unique_ptr<TapeWriter> writer;
  std::unique_ptr<TapeReader> tape;
};

TEST_F(RowsByPlace, FromAnIdOnAndBackFromOne) {
  EXPECT_EQ(ids_of(tape->rows_from(TableId::trade, 4)), (Ids{4, 5, 6}));
  EXPECT_EQ(ids_of(tape->rows_from(TableId::trade, 7)), Ids{});
  EXPECT_EQ(ids_of(tape->rows_before(TableId::trade, 4)), (Ids{3, 2, 1}));
  EXPECT_EQ(ids_of(tape->rows_before(TableId::trade, 1)), Ids{});
  EXPECT_EQ(ids_of(tape->requested_rows(TableId::trade)), (Ids{3, 6}));
  EXPECT_EQ(ids_of(tape->rows_from(TableId::quote, 1)), Ids{});
}

TEST_F(RowsByPlace, HeadsHaveEverythingButTheTablesOwnColumns) {
  const auto cursor = must(tape->row_heads(TableId::trade, 3));
  TapeRow row;
  ASSERT_TRUE(must(cursor->next(row)));
  EXPECT_EQ(std::tie(row.id, row.feed, row.recv_ns), std::make_tuple(3, "hypercall", 250));
  EXPECT_EQ(row.frame_id, std::nullopt);
  EXPECT_EQ(row.request_id, 1);
  EXPECT_TRUE(row.values.empty());
}

TEST_F(RowsByPlace, TheFirstOneOfAFrameOrOfAnAnswer) {
  struct Case {
    std::int64_t frame_id;
    Ns recv_ns;
    std::optional<std::int64_t> first;
  };
  const Case cases[] = {{1, 0, 1},    {10, 100, 1}, {11, 101, 3},
                        {20, 300, 4}, {21, 301, 6}, {21, 401, std::nullopt}};
  for (const Case& one : cases) {
    EXPECT_EQ(must(tape->first_row_at(TableId::trade, one.frame_id, one.recv_ns)), one.first)
        << one.frame_id;
  }
  EXPECT_EQ(must(tape->first_row_at(TableId::quote, 1, 0)), std::nullopt);
  EXPECT_EQ(must(tape->last_frame_id()), 20);
}

// Blocks grow: their edges must not show.
TEST_F(RowsByPlace, LongWalksGoThroughEveryBlock) {
  must(writer->begin());
  for (int i = 7; i <= 3'000; ++i) add(20, {}, 500);
  must(writer->commit());
  Ids forth = ids_of(tape->rows_from(TableId::trade, 1));
  ASSERT_EQ(forth.size(), 3'000U);
  for (std::size_t i = 0; i < forth.size(); ++i)
    ASSERT_EQ(forth[i], static_cast<std::int64_t>(i) + 1);
  const Ids back = ids_of(tape->rows_before(TableId::trade, 3'001));
  EXPECT_EQ(back, Ids(forth.rbegin(), forth.rend()));
}

}  // namespace
}  // namespace tapedeck::testing
