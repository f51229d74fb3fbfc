// The sources keep to the rooms of docs/ARCHITECTURE.md; and the checker would notice if they did
// not.
#include "tests/architecture/include_rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace tapedeck::testing {
namespace {

const std::vector<std::string> kFeeds = {"alpha", "beta"};

std::vector<std::string> check(const std::string& path, const std::string& text) {
  return breaches({{path, text}}, kFeeds);
}

std::vector<std::string> lines(const std::string& line) {
  return {line};
}

// Feeds are the folders, so that a new one is held to the rule at once.
std::vector<std::string> feed_folders() {
  std::vector<std::string> names;
  const std::filesystem::path feeds = std::filesystem::path(TAPEDECK_SOURCE_DIR) / "schema/feeds";
  for (const auto& entry : std::filesystem::directory_iterator(feeds)) {
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  }
  return names;
}

TEST(IncludeRules, sources_of_this_project_keep_to_their_rooms) {
  const std::vector<SourceFile> files = read_sources(TAPEDECK_SOURCE_DIR);
  const std::vector<std::string> feeds = feed_folders();
  ASSERT_GE(feeds.size(), 2U);
  for (const char* room : {"schema/", "storage/", "recorder/", "replay/", "tools/", "tests/"}) {
    EXPECT_TRUE(std::any_of(files.begin(), files.end(),
                            [&](const SourceFile& file) { return file.path.starts_with(room); }))
        << "no sources read from " << room;
  }
  std::string all;
  for (const std::string& breach : breaches(files, feeds)) all += breach + "\n";
  EXPECT_EQ(all, "");
}

TEST(IncludeRules, includes_are_found_whatever_stands_around_them) {
  const std::vector<Include> found = includes_of(
      "#pragma once\n"
      "// #include \"a/comment.h\"\n"
      "/* #include <in/a/block>\n"
      "   #include <still/in/it> */ #include <after_block>\n"
      "  #  include \"schema/frame.h\"  // why\n"
      "const char* s = \"/*\";\n"
      "int big = 1'000;\n"
      "#include<vector>\n");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].target, "after_block");
  EXPECT_EQ(found[0].line, 4);
  EXPECT_TRUE(found[0].angled);
  EXPECT_EQ(found[1].target, "schema/frame.h");
  EXPECT_EQ(found[1].line, 5);
  EXPECT_FALSE(found[1].angled);
  EXPECT_EQ(found[2].target, "vector");
  EXPECT_EQ(found[2].line, 8);
}

struct Case {
  std::string path;
  std::string include;
  std::string why;  // "": allowed
};

TEST(IncludeRules, every_wrong_include_is_named_with_its_reason) {
  const std::vector<Case> cases = {
      {"schema/frame.h", "\"schema/base/time.h\"", ""},
      {"schema/frame.h", "\"storage/tape.h\"", "schema may not include storage"},
      {"schema/base/json.cpp", "<simdjson.h>", ""},
      {"schema/base/config_reader.h", "<nlohmann/json_fwd.hpp>", ""},
      {"schema/base/json.cpp", "<spdlog/spdlog.h>", "spdlog does not belong in schema"},
      {"schema/base/json.cpp", "<boost/asio.hpp>", "Boost does not belong in schema"},
      {"schema/feeds/fold.h", "<boost/unordered/unordered_flat_set.hpp>", ""},
      {"schema/base/json.cpp", "<thread>",
       "schema is pure: no thread, clock, file, socket or system header"},
      {"schema/base/json.cpp", "<sys/socket.h>",
       "schema is pure: no thread, clock, file, socket or system header"},
      {"schema/feeds/alpha/client.cpp", "\"schema/feeds/alpha/wire.h\"", ""},
      {"schema/feeds/alpha/client.cpp", "\"schema/feeds/fold.h\"", ""},
      {"schema/feeds/beta/client.cpp", "\"schema/feeds/gamma/wire.h\"",
       "only the registry and the feed itself may include feed gamma"},
      {"schema/feeds/registry.cpp", "\"schema/feeds/alpha/feed.h\"", ""},
      {"schema/normalize.h", "\"schema/feeds/gamma/feed.h\"",
       "only the registry and the feed itself may include feed gamma"},
      {"storage/tape.h", "\"schema/frame.h\"", ""},
      {"storage/sqlite/writer.cpp", "<SQLiteCpp/SQLiteCpp.h>", ""},
      {"storage/sqlite/writer.cpp", "<sqlite3.h>", ""},
      {"storage/compact.cpp", "<zstd.h>", ""},
      {"storage/tape_reader.h", "<sqlite3.h>", "SQL stays in storage/sqlite"},
      {"storage/tape.cpp", "\"recorder/link.h\"", "storage may not include recorder"},
      {"recorder/ingest.cpp", "<sqlite3.h>", "SQL does not belong in recorder"},
      {"recorder/ingest.cpp", "\"storage/tape_writer.h\"", ""},
      {"recorder/link.cpp", "\"replay/deck.h\"", "recorder may not include replay"},
      {"recorder/supervisor.cpp", "<boost/asio/io_context.hpp>", ""},
      {"recorder/supervisor.h", "<boost/asio/io_context.hpp>",
       "Boost stays out of headers outside net/"},
      {"recorder/net/socket.h", "<boost/asio/io_context.hpp>", ""},
      {"recorder/config.cpp", "<cxxopts.hpp>", "cxxopts does not belong in recorder"},
      {"replay/deck.cpp", "\"recorder/link.h\"", "replay may not include recorder"},
      {"replay/deck.h", "\"replay/net/server.h\"", ""},
      {"replay/deck.cpp", "\"tools/cli/io.h\"", "replay may not include tools"},
      {"tools/cli/options.cpp", "<cxxopts.hpp>", ""},
      {"tools/cli/show.cpp", "\"recorder/recorder.h\"", ""},
      {"tools/cli/show.cpp", "<sqlite3.h>", "SQL does not belong in tools"},
      {"tools/cli/show.cpp", "<boost/asio.hpp>", "Boost does not belong in tools"},
      {"tools/cli/show.cpp", "\"tests/support/fakes.h\"", "tools may not include tests"},
      {"recorder/link.cpp", "\"link.h\"", "includes are written from the root"},
      {"recorder/link.cpp", "\"../schema/frame.h\"", "includes are written from the root"},
      {"tests/recorder/link_test.cpp", "\"replay/deck.h\"", ""},
  };
  for (const Case& c : cases) {
    const std::string target = c.include.substr(1, c.include.size() - 2);
    const std::vector<std::string> expected =
        c.why.empty() ? std::vector<std::string>() : lines(c.path + ":2: " + target + ": " + c.why);
    EXPECT_EQ(check(c.path, "\n#include " + c.include + "\n"), expected)
        << c.path << " " << c.include;
  }
}

TEST(IncludeRules, a_feeds_name_is_found_outside_its_folder_in_any_case) {
  const std::string why = ": names feed alpha outside its folder";
  EXPECT_EQ(check("recorder/link.cpp", "int x;\nif (name == \"alpha\")\n"),
            lines("recorder/link.cpp:2" + why));
  EXPECT_EQ(check("recorder/link.cpp", "// as Alpha does\n"), lines("recorder/link.cpp:1" + why));
  EXPECT_EQ(check("replay/deck.cpp", "make_alpha_feed();\n"), lines("replay/deck.cpp:1" + why));
  EXPECT_EQ(check("schema/feeds/beta/wire.h", "// like alpha\n"),
            lines("schema/feeds/beta/wire.h:1" + why));
}

TEST(IncludeRules, a_feeds_name_is_allowed_at_home_in_the_registry_in_tests_and_within_words) {
  EXPECT_EQ(check("schema/feeds/alpha/wire.h", "// alpha\n"), std::vector<std::string>());
  EXPECT_EQ(check("schema/feeds/registry.cpp", "&alpha_feed(), &beta_feed()\n"),
            std::vector<std::string>());
  EXPECT_EQ(check("tests/loopback/all_test.cpp", "\"alpha\"\n"), std::vector<std::string>());
  EXPECT_EQ(check("schema/base/text.h", "alphabetical betas\n"), std::vector<std::string>());
}

}  // namespace
}  // namespace tapedeck::testing
