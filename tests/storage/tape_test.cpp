// What was written comes back, by every call of the reader, also while it is being written.

#include "tests/storage/tape_files.h"

namespace tapedeck::testing {
namespace {

ConnectionInfo connection_of(std::int64_t id, const std::string& feed) {
  ConnectionInfo connection;
  connection.id = id;
  connection.feed = feed;
  connection.endpoint = "ws";
  connection.url = "ws://host/ws?token=***";
  return connection;
}

TEST(Tape, GivesEveryByteOfAFrameBack) {
  const TempDir directory;
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes.push_back(static_cast<char>(i));
  const std::string with_nul("{\"a\":\"x\0y\"}", 11);
  const std::string large(3'000'000, 'z');
  const auto writer = tape_with(directory, [&](TapeWriter& tape) {
    must(tape.add_frame(frame_of(1, kStart + 1, with_nul)));
    must(tape.add_frame(frame_of(2, kStart + 2, all_bytes)));
    must(tape.add_frame(frame_of(3, kStart + 3, all_bytes, Opcode::binary, Direction::out)));
    must(tape.add_frame(frame_of(4, kStart + 4, large)));
    must(tape.add_frame(frame_of(5, kStart + 5, {}, Opcode::ping)));
  });
  auto tape = must(open_tape(writer->path()));
  const std::string at = "@17952534000000000";
  EXPECT_EQ(frames_of(*tape),
            (Lines{"1 c1 " + at + "01 in 1 " + with_nul, "2 c1 " + at + "02 in 1 " + all_bytes,
                   "3 c1 " + at + "03 out 2 " + all_bytes, "4 c1 " + at + "04 in 1 " + large,
                   "5 c1 " + at + "05 in 9 "}));
  EXPECT_EQ(frames_of(*tape, 5), Lines{"5 c1 " + at + "05 in 9 "});
  EXPECT_EQ(must(tape->frame_count()), 5);
}

TEST(Tape, GivesRowsBackInOrderWithWhatWasAbsent) {
  const TempDir directory;
  const auto writer = tape_with(directory, [&](TapeWriter& tape) {
    Trade trade;
    trade.symbol = "BTC";
    trade.price = "95000.50";
    trade.side = "";
    trade.is_liquidation = false;
    must(add_record(tape, trade, 4, kStart, 17));
    OrderUpdate order;
    order.order_id = {std::nullopt, "99999999999999999999"};
    order.status = std::string_view("a\0b", 3);
    must(add_record(tape, order, std::nullopt, kStart + 1, {}, Origin::snapshot));
    const auto values = trade.values();
    must(tape.add_row({0, std::nullopt, 9, "marketai", kStart + 2,
                       Row{&table_of(TableId::trade), Origin::gapfill, {}, values}}));
  });
  auto tape = must(open_tape(writer->path()));
  EXPECT_EQ(
      rows_of(*tape, TableId::trade),
      (Lines{"1 f4 hypercall live @1795253400000000000 ^17 symbol='BTC' price='95000.50' side='' "
             "is_liquidation=0",
             "2 r9 marketai gapfill @1795253400000000002 symbol='BTC' price='95000.50' side='' "
             "is_liquidation=0"}));
  EXPECT_EQ(
      rows_of(*tape, TableId::order_update),
      Lines{"1 hypercall snapshot @1795253400000000001 order_id='99999999999999999999' status='" +
            std::string("a\0b", 3) + "'"});
  EXPECT_EQ(rows_of(*tape, TableId::quote), Lines{});
}

TEST(Tape, TakesARowOfEveryTable) {
  const TempDir directory;
  const auto writer = tape_with(directory, [&](TapeWriter& tape) {
    for (const Table& table : all_tables()) {
      std::vector<Value> values;
      for (const Column& column : table.columns) {
        column.type == ColumnType::integer ? values.emplace_back(Int(7))
                                           : values.emplace_back(Text(column.name));
      }
      must(tape.add_row(
          {0, 1, std::nullopt, "feed", kStart, Row{&table, Origin::live, {}, values}}));
    }
  });
  auto tape = must(open_tape(writer->path()));
  for (const Table& table : all_tables()) {
    std::string expected = "1 f1 feed live @1795253400000000000";
    for (const Column& column : table.columns) {
      expected +=
          " " + std::string(column.name) +
          (column.type == ColumnType::integer ? "=7" : "='" + std::string(column.name) + "'");
    }
    EXPECT_EQ(rows_of(*tape, table.id), Lines{expected});
  }
}

TEST(Tape, GivesConnectionsRequestsGapsAndCursorsBackAsLastPut) {
  const TempDir directory;
  const auto writer = tape_with(directory, [&](TapeWriter& tape) {
    ConnectionInfo c = connection_of(3, "hypercall");
    must(tape.put_connection(c));
    c.slot = 1;
    c.attempt = 4;
    c.opened_ns = 10;
    c.ready_ns = 11;
    c.closed_ns = 12;
    c.close_code = 1006;
    c.close_reason = "";
    c.closed_by = ClosedBy::network;
    c.error = "reset by peer";
    must(tape.put_connection(c));
    RequestInfo request;
    request.id = 1;
    request.feed = "hypercall";
    request.purpose = "gapfill";
    request.sent_ns = 20;
    request.method = "GET";
    request.url = "/trades";
    request.error = "timed out";
    must(tape.put_request(request));
    request.recv_ns = 21;
    request.status = 200;
    request.body = "[]";
    request.error.reset();
    request.stream = "trades";
    request.gap_id = 5;
    request.after_frame_id = 9;
    must(tape.put_request(request));
    must(tape.put_stream({"hypercall", "trades", "ws", std::nullopt}));
    must(tape.put_stream({"hypercall", "trades", "ws", 11}));
    Gap gap{5,    "hypercall", "trades",         GapCause::sequence, 30, std::nullopt,
            "77", 29,          GapMethod::after, GapStatus::open,    0,  "a hole"};
    must(tape.put_gap(gap));
    gap.to_ns = 31;
    gap.status = GapStatus::partial;
    gap.recovered = 2;
    must(tape.put_gap(gap));
    must(tape.put_cursor({"hypercall", "trades", "77", 40}));
    must(tape.put_cursor({"hypercall", "trades", "78", 41}));
    must(tape.put_cursor({"alphahub", "algorithms:14", "9", 42}));
  });
  auto tape = must(open_tape(writer->path()));

  const auto connections = must(tape->connections());
  ASSERT_EQ(connections.size(), 1U);
  const ConnectionInfo& c = connections[0];
  EXPECT_EQ(std::tie(c.id, c.feed, c.endpoint, c.slot, c.url, c.attempt),
            std::make_tuple(3, "hypercall", "ws", 1, "ws://host/ws?token=***", 4));
  EXPECT_EQ(std::tie(c.opened_ns, c.ready_ns, c.closed_ns), std::make_tuple(10, 11, 12));
  EXPECT_EQ(std::tie(c.close_code, c.close_reason, c.closed_by, c.error),
            std::make_tuple(1006, "", ClosedBy::network, "reset by peer"));

  const auto requests = must(tape->requests());
  ASSERT_EQ(requests.size(), 1U);
  const RequestInfo& r = requests[0];
  EXPECT_EQ(
      std::tie(r.id, r.feed, r.purpose, r.sent_ns, r.recv_ns, r.method, r.url, r.status, r.body),
      std::make_tuple(1, "hypercall", "gapfill", 20, 21, "GET", "/trades", 200, "[]"));
  EXPECT_EQ(r.error, std::nullopt);
  EXPECT_EQ(std::tie(r.stream, r.gap_id, r.after_frame_id), std::make_tuple("trades", 5, 9));

  const auto streams = must(tape->streams());
  ASSERT_EQ(streams.size(), 1U);
  EXPECT_EQ(streams[0].endpoint, "ws");
  EXPECT_EQ(streams[0].first_ready_ns, 11);

  const auto gaps = must(tape->gaps());
  ASSERT_EQ(gaps.size(), 1U);
  const Gap& g = gaps[0];
  EXPECT_EQ(std::tie(g.id, g.feed, g.stream, g.cause, g.from_ns, g.to_ns, g.after_cursor, g.method,
                     g.status, g.recovered, g.detail),
            std::make_tuple(5, "hypercall", "trades", GapCause::sequence, 30, 31, "77",
                            GapMethod::after, GapStatus::partial, 2, "a hole"));
  EXPECT_EQ(g.floor_ns, 29);

  Lines cursors;
  for (const auto& k : must(tape->cursors())) {
    cursors.push_back(k.feed + " " + k.stream + " " + k.value + " " + std::to_string(k.recv_ns));
  }
  EXPECT_EQ(cursors, (Lines{"alphahub algorithms:14 9 42", "hypercall trades 78 41"}));
}

// Another program may write a tape from the contract alone, and earlier builds did.
TEST(Tape, ReadsATapeThatHasTheDocumentedColumnsAlone) {
  const TempDir directory;
  const auto writer = tape_with(directory, [&](TapeWriter& tape) {
    must(tape.put_connection(connection_of(1, "hypercall")));
    RequestInfo request;
    request.id = 1;
    must(tape.put_request(request));
    Gap gap;
    gap.id = 1;
    gap.from_ns = 30;
    must(tape.put_gap(gap));
  });
  for (const char* sql :
       {"ALTER TABLE connection DROP COLUMN slot", "ALTER TABLE request DROP COLUMN stream",
        "ALTER TABLE request DROP COLUMN gap_id", "ALTER TABLE request DROP COLUMN after_frame_id",
        "ALTER TABLE gap DROP COLUMN floor_ns", "DROP TABLE stream"}) {
    raw_query(writer->path(), sql);
  }
  const auto tape = must(open_tape(writer->path()));
  EXPECT_EQ(must(tape->connections()).at(0).slot, 0);
  EXPECT_EQ(must(tape->requests()).at(0).gap_id, std::nullopt);
  EXPECT_EQ(must(tape->gaps()).at(0).floor_ns, 30);
  EXPECT_EQ(must(tape->streams()).size(), 0U);
}

TEST(Tape, ReadsOnFromTheFirstRowThatWasReceivedAtATime) {
  const TempDir directory;
  const auto writer = tape_with(directory, [&](TapeWriter& tape) {
    for (int i = 1; i <= 9; ++i) {
      const Unparsed row{"x"};
      const auto values = row.values();
      RowRecord record;
      record.feed = "f";
      record.recv_ns = i * 10;
      record.row = {&table_of(TableId::unparsed), Origin::live, std::nullopt, values};
      must(tape.add_row(record));
    }
  });
  const auto tape = must(open_tape(writer->path()));
  const auto ids_since = [&](Ns t) {
    auto cursor = must(tape->rows_since(TableId::unparsed, t));
    Lines ids;
    TapeRow row;
    while (must(cursor->next(row))) ids.push_back(std::to_string(row.id));
    return ids;
  };
  EXPECT_EQ(ids_since(75), (Lines{"8", "9"}));
  EXPECT_EQ(ids_since(90), Lines{"9"});
  EXPECT_EQ(ids_since(91), Lines{});
  EXPECT_EQ(ids_since(0).size(), 9U);
}

TEST(Tape, CountsFramesAndRowsByFeed) {
  const TempDir directory;
  const auto writer = tape_with(directory, [&](TapeWriter& tape) {
    must(tape.put_connection(connection_of(1, "hypercall")));
    must(tape.put_connection(connection_of(2, "nexusglass")));
    must(tape.add_frame({1, 1, kStart, Direction::in, Opcode::text, "a"}));
    must(tape.add_frame({2, 2, kStart, Direction::in, Opcode::text, "b"}));
    must(tape.add_frame({3, 1, kStart, Direction::out, Opcode::pong, "c"}));
    must(tape.add_frame({4, 1, kStart, Direction::in, Opcode::text, "d"}));
    Unparsed unparsed;
    for (const char* reason : {"no JSON", "unknown type", "no JSON"}) {
      unparsed.reason = reason;
      must(add_record(tape, unparsed, 1, kStart));
    }
    must(add_record(tape, Trade{}, 1, kStart));
  });
  auto tape = must(open_tape(writer->path()));
  const auto lines = [](const std::vector<Count>& counts) {
    Lines text;
    for (const Count& c : counts)
      text.push_back(c.feed + " " + c.what + " " + std::to_string(c.count));
    return text;
  };
  EXPECT_EQ(lines(must(tape->frame_counts())),
            (Lines{"hypercall in text 2", "hypercall out pong 1", "nexusglass in text 1"}));
  EXPECT_EQ(lines(must(tape->row_counts())), (Lines{"hypercall trade 1", "hypercall unparsed 3"}));
  EXPECT_EQ(lines(must(tape->unparsed_counts())),
            (Lines{"hypercall no JSON 2", "hypercall unknown type 1"}));
}

TEST(Tape, FindsTheFirstFrameAtATime) {
  const TempDir directory;
  // Ids with holes, several frames of one time.
  const std::pair<std::int64_t, Ns> frames[] = {
      {2, 100}, {3, 200}, {10, 200}, {11, 300}, {500, 400}};
  const auto writer = tape_with(directory, [&](TapeWriter& tape) {
    for (const auto& [id, at] : frames) must(tape.add_frame(frame_of(id, at, "x")));
  });
  auto tape = must(open_tape(writer->path()));
  const std::pair<Ns, std::optional<std::int64_t>> cases[] = {
      {0, 2},    {100, 2},   {101, 3},   {200, 3},           {201, 11},
      {300, 11}, {301, 500}, {400, 500}, {401, std::nullopt}};
  for (const auto& [t, id] : cases) EXPECT_EQ(must(tape->first_frame_at(t)), id) << t;
  EXPECT_EQ(must(tape->last_frame_ns()), 400);
}

TEST(Tape, AnEmptyOneHasNoFrames) {
  const TempDir directory;
  const auto writer = tape_with(directory, [](TapeWriter&) {});
  auto tape = must(open_tape(writer->path()));
  EXPECT_EQ(frames_of(*tape), Lines{});
  EXPECT_EQ(must(tape->first_frame_at(0)), std::nullopt);
  EXPECT_EQ(must(tape->last_frame_ns()), std::nullopt);
  EXPECT_EQ(must(tape->frame_count()), 0);
}

TEST(Tape, AReaderSeesEachCommitAndACursorGoesOnAfterTheEnd) {
  const TempDir directory;
  const auto writer = tape_with(
      directory, [](TapeWriter& tape) { must(tape.add_frame(frame_of(1, kStart, "one"))); });
  auto tape = must(open_tape(writer->path()));
  auto cursor = must(tape->frames(1));
  FrameRecord frame;
  EXPECT_TRUE(must(cursor->next(frame)));
  EXPECT_FALSE(must(cursor->next(frame)));
  must(writer->begin());
  must(writer->add_frame(frame_of(2, kStart, "two")));
  EXPECT_FALSE(must(cursor->next(frame))) << "an uncommitted frame shows";
  must(writer->commit());
  EXPECT_TRUE(must(cursor->next(frame)));
  EXPECT_EQ(frame.payload, "two");
  EXPECT_EQ(must(tape->frame_count()), 2);
}

TEST(Tape, ACursorThatRestsDoesNotKeepTheLogFromBeingFoldedIn) {
  const TempDir directory;
  const auto writer = tape_with(directory, [](TapeWriter& tape) {
    for (int id = 1; id <= 3'000; ++id) must(tape.add_frame(frame_of(id, kStart + id, "x")));
  });
  auto tape = must(open_tape(writer->path()));
  auto cursor = must(tape->frames(1));
  FrameRecord frame;
  EXPECT_TRUE(must(cursor->next(frame)));
  EXPECT_EQ(raw_query(writer->path(), "PRAGMA wal_checkpoint(TRUNCATE)"), Lines{"0|0|0"});
  int seen = 1;
  while (must(cursor->next(frame))) EXPECT_EQ(frame.id, ++seen);
  EXPECT_EQ(seen, 3'000);
}

TEST(Tape, CountsTheLogIntoItsSize) {
  const TempDir directory;
  const std::string payload(100'000, 'x');
  const auto writer = tape_with(
      directory, [&](TapeWriter& tape) { must(tape.add_frame(frame_of(1, kStart, payload))); });
  auto tape = must(open_tape(writer->path()));
  const auto live_bytes = tape->file_bytes();
  EXPECT_GT(live_bytes,
            static_cast<std::int64_t>(std::filesystem::file_size(writer->path())) + 100'000);
}

}  // namespace
}  // namespace tapedeck::testing
