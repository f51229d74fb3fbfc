// The promise, over hundreds of seeds for every feed: what the services sent is on the tapes, once,
// or the ledger admits that it may be missing.
//
//   TAPEDECK_SIM_SEEDS=5000      as many seeds a feed
//   TAPEDECK_SIM_SEED=4711       that one, with its story
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <iostream>

#include "schema/feeds/registry.h"
#include "tests/simulation/run.h"

namespace tapedeck::testing {
namespace {

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

class SimulatedWorld : public ::testing::TestWithParam<const Feed*> {};

TEST_P(SimulatedWorld, NothingIsLostInSilenceAndNoRowIsThereTwice) {
  const Feed& feed = *GetParam();
  const std::uint64_t only = number_from("TAPEDECK_SIM_SEED", 0);
  const std::uint64_t first = only != 0 ? only : 1;
  const std::uint64_t last = only != 0 ? only : number_from("TAPEDECK_SIM_SEEDS", 60);
  RunResult total;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    const RunResult run = run_world(feed, seed);
    const Verdict& verdict = run.verdict;
    EXPECT_TRUE(verdict.faults.empty())
        << feed.name() << " seed " << seed << ": " << verdict.faults.size()
        << " faults, first: " << verdict.faults.front();
    if (only != 0) {
      std::cout << run.story;
      for (const std::string& fault : verdict.faults) std::cout << fault << '\n';
    }
    total.cuts += run.cuts;
    total.kills += run.kills;
    total.clock_steps += run.clock_steps;
    total.verdict.sent += verdict.sent;
    total.verdict.missing += verdict.missing;
    total.verdict.recovered += verdict.recovered;
    total.verdict.filled += verdict.filled;
    total.verdict.partial += verdict.partial;
    total.verdict.unfillable += verdict.unfillable;
    total.verdict.open += verdict.open;
  }
  const Verdict& sum = total.verdict;
  std::cout << feed.name() << ": " << last - first + 1 << " seeds, " << total.cuts << " cuts, "
            << total.kills << " kills, " << total.clock_steps << " clock steps, " << sum.sent
            << " rows sent, " << sum.recovered << " recovered, " << sum.missing
            << " missing and admitted; gaps: " << sum.filled << " filled, " << sum.partial
            << " partial, " << sum.unfillable << " unfillable, " << sum.open << " open\n";
  // A world in which nothing happens would prove nothing.
  EXPECT_GT(sum.sent, 100);
  if (only == 0) {
    EXPECT_GT(total.cuts, 0);
    EXPECT_GT(total.kills, 0);
    EXPECT_GT(total.clock_steps, 0);
    EXPECT_GT(sum.filled + sum.partial + sum.unfillable, 0);
  }
}

TEST_P(SimulatedWorld, AConnectionThatDiesInSilenceWhileAnotherIsUpOpensNoGap) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const SilenceResult run = run_silence(*GetParam(), seed);
    EXPECT_GE(run.found_dead, 1U) << "seed " << seed;
    EXPECT_EQ(run.gaps, std::vector<std::string>{}) << "seed " << seed;
    EXPECT_EQ(run.verdict.faults, std::vector<std::string>{}) << "seed " << seed;
    EXPECT_GT(run.verdict.sent, 100) << "seed " << seed;
    EXPECT_EQ(run.verdict.missing, 0) << "seed " << seed;
  }
}

TEST_P(SimulatedWorld, TheSameSeedIsTheSameRun) {
  EXPECT_EQ(run_world(*GetParam(), 7).story, run_world(*GetParam(), 7).story);
}

INSTANTIATE_TEST_SUITE_P(Feeds, SimulatedWorld,
                         ::testing::ValuesIn(all_feeds().begin(), all_feeds().end()),
                         [](const auto& feed) { return std::string(feed.param->name()); });

}  // namespace
}  // namespace tapedeck::testing
