// What lines a tape gives: bytes exact, decimals as text, one record a line whatever is in it.
#include "storage/export.h"

#include "tests/storage/tape_files.h"

namespace tapedeck::testing {
namespace {

class Export : public ::testing::Test {
 protected:
  Export() : path_(directory_.file("a.tape")) {
    writer_ = must(create_tape_at(path_, session_named("live"), Durability::process));
    must(writer_->begin());
    ConnectionInfo connection;
    connection.id = 1;
    connection.feed = "hypercall";
    connection.endpoint = "ws";
    connection.url = "wss://host/ws";
    connection.opened_ns = kStart;
    must(writer_->put_connection(connection));
  }

  std::string text(const std::string& what, ExportFormat format = ExportFormat::jsonl,
                   std::optional<Ns> from = {}, std::optional<Ns> to = {}) {
    if (writer_ != nullptr) must(writer_->commit());
    writer_.reset();
    auto tape = must(open_tape(path_));
    std::string all;
    must(export_records(*tape, {what, format, from, to}, [&](std::string_view lines) {
      all += lines;
      return true;
    }));
    return all;
  }
  std::string csv(const std::string& what) { return text(what, ExportFormat::csv); }

  TempDir directory_;
  std::string path_;
  std::unique_ptr<TapeWriter> writer_;
};

TEST_F(Export, FramesAreTextWhereTheyAreTextAndBase64WhereNot) {
  must(writer_->add_frame(frame_of(1, kStart + 1, "{\"a\":\"\u00e9\\n\"}")));
  must(
      writer_->add_frame(frame_of(2, kStart + 2, std::string_view("\x00\xff", 2), Opcode::binary)));
  must(writer_->add_frame(frame_of(3, kStart + 3, "\xff", Opcode::text)));
  must(writer_->add_frame(frame_of(4, kStart + 4, "", Opcode::text, Direction::out)));
  const std::string head = R"("connection_id":1,"feed":"hypercall","endpoint":"ws","recv_ns":)";
  const auto at = [](int offset) { return std::to_string(kStart + offset); };
  EXPECT_EQ(
      text("frames"),
      R"({"id":1,)" + head + at(1) +
          ",\"direction\":\"in\",\"opcode\":1,\"payload\":\"{\\\"a\\\":\\\"\u00e9\\\\n\\\"}\"}\n" +
          R"({"id":2,)" + head + at(2) +
          ",\"direction\":\"in\",\"opcode\":2,\"payload_b64\":\"AP8=\"}\n" + R"({"id":3,)" + head +
          at(3) + ",\"direction\":\"in\",\"opcode\":1,\"payload_b64\":\"/w==\"}\n" + R"({"id":4,)" +
          head + at(4) + ",\"direction\":\"out\",\"opcode\":1,\"payload\":\"\"}\n");
  EXPECT_EQ(csv("frames"),
            "id,connection_id,feed,endpoint,recv_ns,direction,opcode,payload,payload_b64\r\n"
            "1,1,hypercall,ws," +
                at(1) +
                ",in,1,\"{\"\"a\"\":\"\"\u00e9\\n\"\"}\",\r\n"
                "2,1,hypercall,ws," +
                at(2) +
                ",in,2,,AP8=\r\n"
                "3,1,hypercall,ws," +
                at(3) +
                ",in,1,,/w==\r\n"
                "4,1,hypercall,ws," +
                at(4) + ",out,1,\"\",\r\n");
}

TEST_F(Export, DecimalsStayTheTextThatWasSentAndNullIsNotAnEmptyText) {
  Trade trade;
  trade.price = "95000.50";
  trade.size = "1e-28";
  trade.symbol = "";
  trade.is_liquidation = true;
  must(add_record(*writer_, trade, 7, kStart + 9, kStart + 8));
  EXPECT_EQ(
      text("trade"),
      R"({"id":1,"frame_id":7,"request_id":null,"feed":"hypercall","origin":"live","recv_ns":)" +
          std::to_string(kStart + 9) + R"(,"event_ns":)" + std::to_string(kStart + 8) +
          R"(,"venue":null,"symbol":"","price":"95000.50","size":"1e-28","side":null,)"
          R"("trade_id":null,"is_liquidation":1})"
          "\n");
  EXPECT_EQ(csv("trade"),
            "id,frame_id,request_id,feed,origin,recv_ns,event_ns,venue,symbol,price,size,side,"
            "trade_id,is_liquidation\r\n1,7,,hypercall,live," +
                std::to_string(kStart + 9) + "," + std::to_string(kStart + 8) +
                ",,\"\",95000.50,1e-28,,,1\r\n");
}

TEST_F(Export, IdentifiersBeyond64BitsAreTextAndOthersNumbers) {
  Fill fill;
  fill.fill_id = {std::nullopt, "18446744073709551616"};
  fill.order_id = {9'007'199'254'740'993, {}};
  must(add_record(*writer_, fill, 1, kStart));
  EXPECT_NE(text("fill").find(
                R"("fill_id":"18446744073709551616","order_id":9007199254740993,"trade_id":null)"),
            std::string::npos)
      << text("fill");
}

TEST_F(Export, JsonColumnsAreNestedWithTheirBytesOnOneLineAndTextInCsv) {
  Alert alert;
  alert.data = "{\"p\": 1.50,\r\n \"p\": \"a\\nb\"}";
  must(add_record(*writer_, alert, 1, kStart));
  alert.data = "no json";
  must(add_record(*writer_, alert, 2, kStart));
  const std::string lines = text("alert");
  EXPECT_NE(lines.find("\"data\":{\"p\": 1.50,   \"p\": \"a\\nb\"}}\n"), std::string::npos)
      << lines;
  EXPECT_NE(lines.find("\"data\":\"no json\"}\n"), std::string::npos) << lines;
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 2);
  EXPECT_NE(csv("alert").find("\"{\"\"p\"\": 1.50,\r\n \"\"p\"\": \"\"a\\nb\"\"}\"\r\n"),
            std::string::npos);
}

TEST_F(Export, ATextThatIsNoUtf8IsBase64UnderANameThatSaysSo) {
  RequestInfo request;
  request.id = 1;
  request.body = std::string("\xff\x00", 2);
  must(writer_->put_request(request));
  EXPECT_NE(text("request").find(R"("body_b64":"/wA=")"), std::string::npos) << text("request");
}

TEST_F(Export, FromIsInclusiveAndToExclusive) {
  for (int i = 1; i <= 5; ++i) {
    must(writer_->add_frame(frame_of(i, kStart + i, "x")));
    must(add_record(*writer_, Narrative{}, i, kStart + i));
  }
  for (const std::string what : {"frames", "narrative"}) {
    const std::string lines = text(what, ExportFormat::jsonl, kStart + 2, kStart + 4);
    EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 2) << lines;
    EXPECT_NE(lines.find("{\"id\":2,"), std::string::npos) << lines;
    EXPECT_NE(lines.find("{\"id\":3,"), std::string::npos) << lines;
  }
}

TEST_F(Export, GapsAndConnectionsThatLastIntoTheRangeAreInIt) {
  Gap gap;
  gap.feed = "hypercall";
  gap.stream = "trades";
  for (int i = 1; i <= 3; ++i) {
    gap.id = i;
    gap.from_ns = kStart + 10 * i;
    gap.to_ns = kStart + 10 * i + 5;
    must(writer_->put_gap(gap));
  }
  EXPECT_EQ(text("gap", ExportFormat::csv, kStart + 15, kStart + 30).find("\r\n3,"),
            std::string::npos);
  const std::string lines = text("gap", ExportFormat::jsonl, kStart + 15, kStart + 30);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 2) << lines;
  // Open since the start, so also then.
  EXPECT_NE(text("connection", ExportFormat::jsonl, kStart + 99).find("\"id\":1"),
            std::string::npos);
}

TEST_F(Export, EveryTableIsThereAlsoThoseWithoutAnId) {
  for (int i = 0; i < 700; ++i) {
    must(writer_->put_cursor({"hypercall", "stream " + std::to_string(i), "1", kStart}));
  }
  const std::string lines = text("cursor");
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 700);
  auto tape = must(open_tape(path_));
  Lines names = must(exportable(*tape));
  for (const char* name :
       {"frames", "session", "connection", "request", "gap", "cursor", "trade"}) {
    EXPECT_EQ(std::count(names.begin(), names.end(), name), 1) << name;
  }
  EXPECT_EQ(std::count(names.begin(), names.end(), "frame"), 0);
  EXPECT_NE(text("session").find(R"("config":{"name":"live"},"follows":null,"beside":null})"),
            std::string::npos);
}

TEST_F(Export, TablesAndColumnsOfOthersComeAlong) {
  must(writer_->commit());
  writer_.reset();
  raw_query(path_,
            "ALTER TABLE gap ADD COLUMN note; CREATE TABLE \"my \"\"own\"\"\" (a, b REAL); "
            "INSERT INTO \"my \"\"own\"\"\" VALUES ('x', 0.5)");
  EXPECT_EQ(text("my \"own\""), "{\"a\":\"x\",\"b\":\"0.5\"}\n");
  EXPECT_TRUE(csv("gap").ends_with(",detail,note\r\n") || csv("gap").ends_with(",note\r\n"));
}

TEST_F(Export, AReaderThatGoesAwayEndsIt) {
  for (int i = 1; i <= 5'000; ++i) must(writer_->add_frame(frame_of(i, kStart + i, "payload")));
  must(writer_->commit());
  auto tape = must(open_tape(path_));
  int calls = 0;
  must(export_records(*tape, {"frames", ExportFormat::jsonl, {}, {}}, [&](std::string_view) {
    ++calls;
    return false;
  }));
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace tapedeck::testing
