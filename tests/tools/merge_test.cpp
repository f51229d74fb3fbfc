// `tapedeck merge`: what it prints, how it exits, and that `verify` agrees with what it wrote.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/storage/fault_vfs.h"
#include "tests/support/mixed_tape.h"
#include "tests/tools/sample_tape.h"

namespace tapedeck::testing {
namespace {

class MergeCommand : public ::testing::Test {
 protected:
  // What all recorders heard of the same services, but for the messages from one to another number.
  std::string recorded(const std::string& name, std::int64_t lost_from, std::int64_t lost_to) {
    const std::string path = dir_.file(name);
    SessionInfo session;
    session.name = "live";
    session.host = name;
    session.started_ns = kStart;
    session.config = R"({"feeds": {"marketai": {"api_key": "***"}}})";
    auto writer = std::move(*create_tape_at(path, session, Durability::process));
    expect_ok(writer->begin());
    const Feed& feed = *find_feed("marketai");
    auto simulator = feed.make_simulator(7);
    auto normalizer = feed.make_normalizer(1);
    ConnectionInfo connection = connection_of(1, "marketai", "/");
    connection.opened_ns = connection.ready_ns = kStart;
    expect_ok(writer->put_connection(connection));
    std::int64_t frames = 0;
    for (std::int64_t k = 0; k < 100; ++k) {
      const Ns now = at(static_cast<double>(k) / 10);
      if (k >= lost_from && k < lost_to) continue;
      const auto message = simulator->message(k, now);
      const FrameRecord frame{++frames, 1, now, Direction::in, Opcode::text, message.payload};
      expect_ok(writer->add_frame(frame));
      JsonDoc doc;
      doc.parse(message.payload);
      Rows rows(*writer, {0, frames, std::nullopt, "marketai", now, {}});
      normalizer->normalize({"/", 0, now, Opcode::text, message.payload, &doc}, rows);
    }
    Gap gap;
    gap.id = 1;
    gap.feed = "marketai";
    gap.stream = "quotes";
    gap.from_ns = gap.floor_ns = at(static_cast<double>(lost_from - 1) / 10);
    gap.to_ns = at(static_cast<double>(lost_to) / 10 - 0.05);
    gap.detail = "lost";
    expect_ok(writer->put_stream({"marketai", "quotes", "/", kStart}));
    expect_ok(writer->put_gap(gap));
    expect_ok(writer->commit());
    expect_ok(writer->finish(at(11), "closed"));
    return path;
  }

  struct Rows final : RowSink {
    Rows(TapeWriter& to, RowRecord common) : tape(to), record(common) {}
    void add_row(const Row& row) override {
      record.row = row;
      expect_ok(tape.add_row(record));
    }
    void set_cursor(std::string_view /*stream*/, std::string_view /*value*/) override {}
    TapeWriter& tape;
    RowRecord record;
  };

  TempDir dir_;
  std::string out_ = dir_.file("out.tape");
};

TEST_F(MergeCommand, what_is_whole_is_said_to_be_and_verify_agrees) {
  const std::string a = recorded("a.tape", 20, 40);
  const std::string b = recorded("b.tape", 60, 70);
  const std::string whole = recorded("whole.tape", 100, 100);
  const Said said = run_cli({"merge", a, b, "-o", out_});
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_EQ(said.err, "");
  const auto lines = lines_of(said.out);
  ASSERT_EQ(lines.size(), 8U) << said.out;
  EXPECT_TRUE(lines[0].starts_with(out_ + ": 170 frames, ")) << lines[0];
  EXPECT_EQ(lines[1], "  " + a + ": 80 frames");
  EXPECT_EQ(lines[2], "  " + b + ": 90 frames");
  EXPECT_EQ(lines[4], "FEED      STREAM  LOST  LENGTH  RECOVERED  REMAINING  LENGTH");
  EXPECT_TRUE(lines[5].starts_with("marketai  quotes     2    3.1s")) << lines[5];
  EXPECT_TRUE(lines[5].ends_with("          0      0s")) << lines[5];
  EXPECT_EQ(lines[7], "nothing remains missing");

  const Said verified = run_cli({"verify", out_});
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
  EXPECT_EQ(lines_of(verified.out).size(), 1U) << verified.out;
  // The same rows as one recorder's that lost nothing.
  for (const char* table : {"quote", "trade", "book", "candle", "narrative"}) {
    const auto rows = [&](const std::string& tape) {
      auto lines_said = lines_of(run_cli({"export", tape, "--what", table, "--format", "csv"}).out);
      // Without the ids of row and frame.
      for (std::string& line : lines_said) line.erase(0, line.find(',', line.find(',') + 1));
      return lines_said;
    };
    EXPECT_EQ(rows(out_), rows(whole)) << table;
    EXPECT_GT(rows(out_).size(), 1U) << table;
  }
}

TEST_F(MergeCommand, what_remains_is_listed_and_told_as_json) {
  const std::string a = recorded("a.tape", 20, 40);
  const std::string b = recorded("b.tape", 30, 50);
  const Said said = run_cli({"merge", a, b, "-o", out_});
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_NE(said.out.find("what remains missing\n"), std::string::npos) << said.out;
  EXPECT_NE(said.out.find("2026-11-21T09:30:02.900000000Z  2026-11-21T09:30:03.950000000Z"),
            std::string::npos)
      << said.out;
  const std::string other = dir_.file("other.tape");
  const auto json =
      nlohmann::json::parse(run_cli({"merge", a, b, b, "--out", other, "--json"}).out);
  EXPECT_EQ(json.at("out"), other);
  EXPECT_EQ(json.at("tapes").at(1).at("same_as"), nullptr);
  EXPECT_EQ(json.at("tapes").at(2).at("same_as"), b);
  EXPECT_EQ(json.at("frames"), 160);
  const auto& stream = json.at("streams").at(0);
  EXPECT_EQ(stream.at("stream"), "quotes");
  EXPECT_EQ(stream.at("lost"), 2);
  ASSERT_EQ(stream.at("remaining").size(), 1U);
  EXPECT_EQ(stream.at("remaining").at(0).at("from_ns"), at(2.9));
  EXPECT_EQ(stream.at("remaining").at(0).at("to_ns"), at(3.95));
  EXPECT_EQ(stream.at("remaining").at(0).at("status"), "open");
  EXPECT_EQ(json.at("notes"), nlohmann::json::array());
}

TEST_F(MergeCommand, failures_exit_1_with_one_line) {
  const std::string a = recorded("a.tape", 20, 40);
  EXPECT_EQ(run_cli({"merge", a, dir_.file("none.tape"), "-o", out_}).code, 1);
  const Said there = run_cli({"merge", a, a, "-o", a});
  EXPECT_EQ(there.code, 1);
  EXPECT_EQ(there.err, "tapedeck: error: " + a + ": exists: name a file that does not exist yet\n");
  EXPECT_EQ(run_cli({"merge", a, a, "-o", dir_.file("no/such/out.tape")}).code, 1);
}

TEST_F(MergeCommand, a_full_disk_exits_1_and_leaves_no_tape) {
  const std::string a = recorded("a.tape", 20, 40);
  const std::string b = recorded("b.tape", 60, 70);
  FaultVfs disk;
  disk.fail_at(20, SQLITE_FULL);
  const Said said = run_cli({"merge", a, b, "-o", out_});
  EXPECT_TRUE(disk.has_failed());
  EXPECT_EQ(said.code, 1);
  EXPECT_EQ(said.out, "");
  ASSERT_EQ(lines_of(said.err).size(), 1U) << said.err;
  EXPECT_TRUE(said.err.starts_with("tapedeck: error: " + out_ + ".merging: cannot ")) << said.err;
  EXPECT_TRUE(said.err.ends_with("free space on that disk, then start again\n")) << said.err;
  EXPECT_FALSE(std::filesystem::exists(out_));
  EXPECT_FALSE(std::filesystem::exists(out_ + ".merging"));
}

TEST_F(MergeCommand, a_configuration_that_is_none_is_noted) {
  const std::string path = dir_.file("sample.tape");
  write_sample(path);
  const Said said = run_cli({"merge", path, recorded("a.tape", 20, 40), "-o", out_});
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_EQ(said.out.find("  note: "), std::string::npos) << said.out;
  const std::string alone = dir_.file("alone.tape");
  EXPECT_NE(
      run_cli({"merge", path, path, "-o", alone})
          .out.find(
              "  note: decoded with each feed's defaults, since session.config is not usable: "),
      std::string::npos);
}

}  // namespace
}  // namespace tapedeck::testing
