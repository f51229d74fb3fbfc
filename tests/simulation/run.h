// One run of the simulated world from one seed: a recorder, services, and troubles of every kind.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulation/truth.h"

namespace tapedeck::testing {

struct RunResult {
  Verdict verdict;
  std::string story;  // what happened, one line each, for whoever looks into a failing seed
  std::int64_t kills = 0;
  std::int64_t cuts = 0;
  std::int64_t clock_steps = 0;
  std::vector<std::string> tapes;  // where they were kept, oldest first
};

// The same seed and feed give the same run, on every machine.
// `directory`, where it is given, keeps what each of the recorder's lives left behind, as tapes.
RunResult run_world(const Feed& feed, std::uint64_t seed, const std::string& directory = "");

// Another run: with two connections to each endpoint, one of them dies without a word, is found
// dead late, and comes back, while the other one is up.
struct SilenceResult {
  Verdict verdict;
  std::size_t found_dead = 0;  // connections that ended since nothing was received
  std::vector<std::string> gaps;
};
SilenceResult run_silence(const Feed& feed, std::uint64_t seed);

}  // namespace tapedeck::testing
