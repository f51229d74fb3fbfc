// Whatever a recorder goes through, its tapes hold: frames and REST answers, decoded again in their
// order, give the rows that it wrote.
#include "storage/verify.h"

#include <gtest/gtest.h>

#include "recorder/config.h"
#include "schema/feeds/registry.h"
#include "tests/simulation/run.h"
#include "tests/support/fakes.h"
#include "tests/support/temp_dir.h"

namespace tapedeck::testing {
namespace {

constexpr std::uint64_t kSeeds = 6;

class VerifiedWorld : public ::testing::TestWithParam<const Feed*> {};

VerifyReport report_of(const std::string& path) {
  auto tape = open_tape(path);
  EXPECT_TRUE(tape);
  const auto session = (*tape)->session();
  FakeSource source;
  const auto config = parse_config(session->config, source);
  EXPECT_TRUE(config) << config.error().message;
  const FeedConfig& feed = config->feeds.front();
  return verify_tape(
      **tape,
      [&](std::string_view) {
        auto decoder = feed.plan->make_normalizer(feed.settings.connections);
        return decoder != nullptr ? std::move(decoder)
                                  : feed.feed->make_normalizer(feed.settings.connections);
      },
      3);
}

TEST_P(VerifiedWorld, EveryTapeHolds) {
  std::int64_t requests = 0;
  std::int64_t rows = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const TempDir directory;
    const RunResult run = run_world(*GetParam(), seed, directory.path());
    ASSERT_EQ(run.tapes.size(), static_cast<std::size_t>(run.kills) + 1);
    for (const std::string& path : run.tapes) {
      SCOPED_TRACE("seed " + std::to_string(seed) + ", " + path);
      const VerifyReport report = report_of(path);
      for (const Problem& problem : report.problems) {
        ADD_FAILURE() << problem.what << " (" << problem.count << "): " << problem.details.front();
      }
      requests += report.requests;
      rows += report.rows;
    }
  }
  EXPECT_GT(rows, 0);
  std::cout << GetParam()->name() << ": " << rows << " rows, " << requests << " requests\n";
}

INSTANTIATE_TEST_SUITE_P(Feeds, VerifiedWorld,
                         ::testing::ValuesIn(all_feeds().begin(), all_feeds().end()),
                         [](const auto& feed) { return std::string(feed.param->name()); });

}  // namespace
}  // namespace tapedeck::testing
