// The promise, over real sockets and with real processes: what the services sent is on the tapes,
// once, or the ledger admits that it may be missing; and every tape holds.
//
//   TAPEDECK_CHAOS_SEEDS=200     as many seeds
//   TAPEDECK_CHAOS_SEED=17       that one; with TAPEDECK_CHAOS_KEEP=DIR its tapes and log stay
//   there
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "tests/chaos/run.h"
#include "tests/support/temp_dir.h"

namespace tapedeck::testing {
namespace {

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

TEST(Chaos, NothingIsLostInSilenceAndNoRowIsThereTwice) {
  const std::uint64_t only = number_from("TAPEDECK_CHAOS_SEED", 0);
  const std::uint64_t first = only != 0 ? only : 1;
  const std::uint64_t last = only != 0 ? only : number_from("TAPEDECK_CHAOS_SEEDS", 3);
  const char* const keep = std::getenv("TAPEDECK_CHAOS_KEEP");
  ChaosResult total;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    const TempDir temporary;
    std::string directory = temporary.path();
    if (keep != nullptr) {
      directory = std::string(keep) + "/" + std::to_string(seed);
      std::filesystem::remove_all(directory);
      std::filesystem::create_directories(directory);
    }
    const ChaosResult run = run_chaos(seed, directory);
    if (!run.faults.empty()) {
      ADD_FAILURE() << "seed " << seed << ": " << run.faults.size()
                    << " faults, first: " << run.faults.front()
                    << "\nagain: TAPEDECK_CHAOS_KEEP=/tmp/chaos TAPEDECK_CHAOS_SEED=" << seed
                    << " chaos_tests";
      if (only != 0) {
        for (const std::string& fault : run.faults) std::cout << fault << '\n';
      }
    }
    total.kills += run.kills;
    total.restarts += run.restarts;
    total.connections += run.connections;
    total.cuts += run.cuts;
    total.spoiled += run.spoiled;
    total.sent += run.sent;
    total.recovered += run.recovered;
    total.missing += run.missing;
    for (const auto& [status, count] : run.gaps) total.gaps[status] += count;
  }
  std::cout << last - first + 1 << " seeds: " << total.kills << " kills, " << total.restarts
            << " restarts of the services, " << total.cuts << " of " << total.connections
            << " connections cut, " << total.spoiled << " REST exchanges spoiled, " << total.sent
            << " rows sent, " << total.recovered << " recovered, " << total.missing
            << " missing and admitted; gaps:";
  for (const auto& [status, count] : total.gaps)
    std::cout << ' ' << count << ' ' << to_string(status);
  std::cout << '\n';
  // A run in which nothing happens would prove nothing.
  EXPECT_GT(total.sent, 100);
  EXPECT_GT(total.kills + total.restarts, 0);
}

}  // namespace
}  // namespace tapedeck::testing
