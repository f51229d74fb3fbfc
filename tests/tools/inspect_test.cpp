// ls, info and gaps on a tape whose contents are known.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/tools/sample_tape.h"

namespace tapedeck::testing {
namespace {

using nlohmann::json;

class Inspect : public ::testing::Test {
 protected:
  Inspect() : tape_(dir_.file("demo-20261121T093000Z.tape")) { write_sample(tape_); }

  TempDir dir_;
  std::string tape_;
};

json feed_named(const json& info, const std::string& name) {
  for (const json& feed : info.at("feeds")) {
    if (feed.at("feed") == name) return feed;
  }
  return nullptr;
}

TEST_F(Inspect, ls_lists_a_tape_in_one_line) {
  const Said said = run_cli({"ls", dir_.path()});
  EXPECT_EQ(said.code, 0);
  EXPECT_EQ(said.err, "");
  const std::vector<std::string> lines = lines_of(said.out);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].starts_with(
      "TAPE                        START                 DURATION  OUTCOME  FEEDS            "
      "     FRAMES  ROWS  GAPS (OPEN)  "))
      << lines[0];
  EXPECT_TRUE(lines[0].ends_with(" SIZE")) << lines[0];
  EXPECT_TRUE(
      lines[1].starts_with("demo-20261121T093000Z.tape  2026-11-21T09:30:00Z     10.0s  closed   "
                           "hypercall,nexusglass      10     3"
                           "        1 (0)  "))
      << lines[1];
}

TEST_F(Inspect, ls_json_is_one_array_of_what_the_tapes_hold) {
  const Said said = run_cli({"ls", dir_.path(), "--json"});
  EXPECT_EQ(said.code, 0);
  json list = json::parse(said.out);
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].at("bytes"), std::filesystem::file_size(tape_));
  list[0].erase("bytes");
  EXPECT_EQ(list[0], json({{"file", "demo-20261121T093000Z.tape"},
                           {"path", tape_},
                           {"name", "demo"},
                           {"started_ns", kStart},
                           {"ended_ns", at(10)},
                           {"duration_ns", 10 * kNsPerSec},
                           {"outcome", "closed"},
                           {"recording", false},
                           {"feeds", {"hypercall", "nexusglass"}},
                           {"frames", 10},
                           {"rows", 3},
                           {"gaps", 1},
                           {"gaps_open", 0}}));
}

TEST_F(Inspect, ls_shows_which_tape_is_being_recorded) {
  TapeMaker open(dir_.file("now.tape"));
  const Said said = run_cli({"ls", dir_.path(), "--json"});
  const json list = json::parse(said.out);
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[1].at("file"), "now.tape");
  EXPECT_EQ(list[1].at("outcome"), "open");
  EXPECT_EQ(list[1].at("recording"), true);
  const std::vector<std::string> lines = lines_of(run_cli({"ls", dir_.path()}).out);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_NE(lines[2].find("  recording  "), std::string::npos) << lines[2];
}

TEST_F(Inspect, ls_lists_the_others_when_one_tape_cannot_be_read) {
  std::ofstream(dir_.file("broken.tape"))
      << "this is no database, however long it may go on being none\n";
  const Said said = run_cli({"ls", dir_.path()});
  EXPECT_EQ(said.code, 1);
  EXPECT_EQ(lines_of(said.out).size(), 2U) << said.out;
  EXPECT_TRUE(said.err.starts_with("tapedeck: error: ")) << said.err;
  EXPECT_NE(said.err.find("broken.tape"), std::string::npos) << said.err;
}

TEST_F(Inspect, ls_passes_over_what_a_killed_recorder_had_not_begun_to_write) {
  std::ofstream(dir_.file("never-20261121T093001Z.tape"));
  const Said said = run_cli({"ls", dir_.path()});
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_EQ(lines_of(said.out).size(), 2U) << said.out;
}

TEST_F(Inspect, ls_of_an_empty_directory_prints_nothing_but_says_so) {
  const TempDir empty;
  const Said said = run_cli({"ls", empty.path()});
  EXPECT_EQ(said.code, 0);
  EXPECT_EQ(said.out, "");
  EXPECT_EQ(said.err, "no tapes in " + empty.path() + "\n");
  EXPECT_EQ(json::parse(run_cli({"ls", empty.path(), "--json"}).out), json::array());
}

TEST_F(Inspect, info_json_tells_session_and_totals) {
  const Said said = run_cli({"info", tape_, "--json"});
  EXPECT_EQ(said.code, 0);
  EXPECT_EQ(said.err, "");
  const json info = json::parse(said.out);
  EXPECT_EQ(info.at("session"), json({{"name", "demo"},
                                      {"started_ns", kStart},
                                      {"ended_ns", at(10)},
                                      {"outcome", "closed"},
                                      {"recorder_version", "9.9"},
                                      {"host", "here"},
                                      {"config", {{"name", "demo"}}}}));
  EXPECT_EQ(info.at("frames"), 10);
  EXPECT_EQ(info.at("rows"), 3);
  EXPECT_EQ(info.at("duration_ns"), 10 * kNsPerSec);
  EXPECT_EQ(info.at("recording"), false);
  EXPECT_EQ(info.at("feeds").size(), 2U);
}

TEST_F(Inspect, info_json_tells_connections_with_how_they_ended) {
  const json info = json::parse(run_cli({"info", tape_, "--json"}).out);
  const json expected = json::array({
      {{"endpoint", "ws"},
       {"attempts", 2},
       {"opened", 1},
       {"ready", 1},
       {"connected_ns", at(4) - at(0.3)},
       {"endings",
        {{{"outcome", "closed"},
          {"closed_by", "server"},
          {"close_code", 1001},
          {"close_reason", "bye"},
          {"error", ""},
          {"count", 1}},
         {{"outcome", "never opened"},
          {"closed_by", "network"},
          {"close_code", nullptr},
          {"close_reason", ""},
          {"error", "connection refused"},
          {"count", 1}}}}},
  });
  EXPECT_EQ(feed_named(info, "hypercall").at("connections"), expected);
}

TEST_F(Inspect, info_json_counts_messages_by_stream_type_and_role) {
  const json info = json::parse(run_cli({"info", tape_, "--json"}).out);
  auto message = [](const char* endpoint, const char* stream, const char* type, const char* role,
                    std::int64_t bytes, Ns last) {
    return json({{"endpoint", endpoint},
                 {"stream", stream},
                 {"type", type},
                 {"role", role},
                 {"count", 1},
                 {"bytes", bytes},
                 {"last_ns", last}});
  };
  const json news = feed_named(info, "nexusglass").at("messages");
  auto size = [](std::string_view text) { return static_cast<std::int64_t>(text.size()); };
  auto has = [](const json& list, const json& element) {
    return std::find(list.begin(), list.end(), element) != list.end();
  };
  EXPECT_TRUE(has(news, message("ws/fastfeed", "ws/fastfeed", "HANDSHAKE", "handshake",
                                size(kHandshake), at(0.2))))
      << news;
  EXPECT_TRUE(
      has(news, message("ws/fastfeed", "ws/fastfeed", "EVENT", "data", size(kEvent), at(1))))
      << news;
  EXPECT_TRUE(
      has(news, message("ws/fastfeed", "ws/fastfeed", "ERROR", "error", size(kError), at(3))))
      << news;
  const json market = feed_named(info, "hypercall").at("messages");
  EXPECT_TRUE(has(market, message("ws", "trades", "Trade", "data", size(kTrade), at(2)))) << market;
}

TEST_F(Inspect, info_json_counts_everything_else_by_feed) {
  const json info = json::parse(run_cli({"info", tape_, "--json"}).out);
  const json news = feed_named(info, "nexusglass");
  const json market = feed_named(info, "hypercall");
  EXPECT_EQ(
      market.at("frames"),
      json({{"in close", 1}, {"in ping", 1}, {"in text", 2}, {"out pong", 1}, {"out text", 1}}));
  EXPECT_EQ(market.at("rows"), json({{"trade", 1}}));
  EXPECT_EQ(market.at("gaps"),
            json({{"unfillable", {{"count", 1}, {"recovered", 0}, {"length_ns", 6 * kNsPerSec}}}}));
  EXPECT_EQ(market.at("drift"), json({{{"type", "Trade"},
                                       {"path", "fee"},
                                       {"what", "new field"},
                                       {"frame_id", 5},
                                       {"recv_ns", at(2)}},
                                      {{"type", "Trade"},
                                       {"path", "price"},
                                       {"what", "kind: string -> number"},
                                       {"frame_id", 5},
                                       {"recv_ns", at(2)}}}));
  EXPECT_EQ(news.at("drift"), json::array());
  EXPECT_EQ(market.at("requests"),
            json({{{"purpose", "gapfill"}, {"result", "503"}, {"count", 1}}}));
  EXPECT_EQ(news.at("feed_errors"),
            json({{{"code", "RATE"}, {"message", "slow down"}, {"count", 1}}}));
  EXPECT_EQ(news.at("unparsed"), json({{"binary frame", 1}}));
  EXPECT_EQ(news.at("cursors"),
            json({{{"stream", "ws/fastfeed"}, {"value", "7"}, {"recv_ns", at(1)}}}));
}

TEST_F(Inspect, info_json_says_how_much_of_each_stream_there_is) {
  const json info = json::parse(run_cli({"info", tape_, "--json"}).out);
  EXPECT_EQ(feed_named(info, "hypercall").at("coverage"),
            json({{{"stream", "trades"},
                   {"live_ns", at(4) - at(0.5)},
                   {"filled_ns", 0},
                   {"partial_ns", 0},
                   {"missing_ns", at(10) - at(4) + at(0.5) - at(0)},
                   {"before_ns", at(0.5) - at(0)}}}));
}

TEST_F(Inspect, info_for_people_has_a_section_for_all_that_is_there) {
  const Said said = run_cli({"info", tape_});
  EXPECT_EQ(said.code, 0);
  const std::vector<std::string> lines = lines_of(said.out);
  auto has = [&](const std::string& line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
  };
  EXPECT_TRUE(has("duration  10.0s")) << said.out;
  EXPECT_TRUE(has("recorder  9.9 on here")) << said.out;
  EXPECT_TRUE(has("    ENDPOINT  ATTEMPTS  OPENED  READY  CONNECTED")) << said.out;
  EXPECT_TRUE(has("    ws               2       1      1       3.7s")) << said.out;
  EXPECT_TRUE(has("    ws        closed        server   1001      1  bye")) << said.out;
  EXPECT_TRUE(has("    ws        never opened  network            1  connection refused"))
      << said.out;
  EXPECT_TRUE(has("    RATE      1  slow down")) << said.out;
  EXPECT_TRUE(has("    unfillable      1    6.0s          0")) << said.out;
  EXPECT_TRUE(
      has("    Trade  fee    new field                   5  2026-11-21T09:30:02.000000000Z"))
      << said.out;
  EXPECT_TRUE(
      has("    Trade  price  kind: string -> number      5  2026-11-21T09:30:02.000000000Z"))
      << said.out;
}

TEST_F(Inspect, a_tape_without_a_drift_table_is_read_as_one_without_drift) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(tape_.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, "DROP TABLE drift", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
  const json info = json::parse(run_cli({"info", tape_, "--json"}).out);
  EXPECT_EQ(feed_named(info, "hypercall").at("drift"), json::array());
  for (const char* command : {"ls", "info", "show", "gaps"}) {
    const Said said = run_cli({command, command == std::string("ls") ? dir_.path() : tape_});
    EXPECT_EQ(said.code, 0) << command << ": " << said.err;
    EXPECT_EQ(said.err, "") << command;
  }
}

TEST_F(Inspect, gaps_json_is_the_ledger) {
  const Said said = run_cli({"gaps", tape_, "--json"});
  EXPECT_EQ(said.code, 0);
  EXPECT_EQ(json::parse(said.out), json::array({{{"id", 1},
                                                 {"feed", "hypercall"},
                                                 {"stream", "trades"},
                                                 {"cause", "disconnect"},
                                                 {"from_ns", at(4)},
                                                 {"to_ns", at(10)},
                                                 {"after_cursor", nullptr},
                                                 {"method", "snapshot"},
                                                 {"status", "unfillable"},
                                                 {"recovered", 0},
                                                 {"detail", "no history"}}}));
}

TEST_F(Inspect, gaps_for_people_has_a_line_each) {
  const std::vector<std::string> lines = lines_of(run_cli({"gaps", tape_}).out);
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_EQ(lines[2], "");
  EXPECT_EQ(lines[3], "FEED        STREAM       LIVE  FILLED  PARTIAL  MISSING   WHOLE");
  EXPECT_EQ(lines[4], "hypercall   trades       3.5s      0s       0s     6.5s  35.00%");
  EXPECT_EQ(lines[5], "nexusglass  ws/fastfeed  9.8s      0s       0s    200ms  98.00%");
  EXPECT_EQ(lines[1],
            "hypercall  trades  disconnect  2026-11-21T09:30:04.000000000Z  "
            "2026-11-21T09:30:10.000000000Z    6.0s  "
            "snapshot  unfillable          0  no history");
}

}  // namespace
}  // namespace tapedeck::testing
