// The product from end to end, in figures: each beside the machine's own limit or a peer's, taken
// in the same run.
#include <cxxopts.hpp>
#include <fstream>
#include <functional>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/bench/end_to_end/measures.h"

namespace tapedeck::bench {
namespace {

struct Measure {
  const char* name;
  void (*run)(Report&, const Scale&);
};
constexpr Measure kMeasures[] = {
    {"record", measure_record},   {"latency", measure_latency}, {"rest", measure_rest},
    {"receive", measure_receive}, {"replay", measure_replay},   {"pacing", measure_pacing},
    {"reading", measure_reading}, {"compact", measure_compact},
};

Scale brief() {
  Scale scale;
  scale.mixed_messages_each = 2'000;
  scale.trades = 20'000;
  scale.paced = 2'000;
  scale.long_tape = 20'000;
  scale.rest_seconds = 1;
  return scale;
}

int run(int argc, const char* const* argv) {
  cxxopts::Options options("tapedeck_end_to_end_bench",
                           "Speed of the whole, beside the machine's limit and peers.");
  std::string names;
  for (const Measure& measure : kMeasures)
    names += std::string(names.empty() ? "" : ",") + measure.name;
  // clang-format off
  options.add_options()
      ("brief", "a few seconds for everything: shows that it works, not how fast")
      ("only", "these measures alone, of " + names, cxxopts::value<std::vector<std::string>>())
      ("json", "write the figures to this file", cxxopts::value<std::string>())
      ("h,help", "this text");
  // clang-format on
  const auto given = options.parse(argc, argv);
  if (given.count("help") != 0) {
    std::cout << options.help();
    return 0;
  }
  const Scale scale = given.count("brief") != 0 ? brief() : Scale();
  std::vector<std::string> only;
  if (given.count("only") != 0) only = given["only"].as<std::vector<std::string>>();
  Report report;
  for (const Measure& measure : kMeasures) {
    const bool is_wanted =
        only.empty() || std::find(only.begin(), only.end(), measure.name) != only.end();
    if (is_wanted) measure.run(report, scale);
  }
  std::cout << report.table();
  if (given.count("json") != 0) {
    std::ofstream file(given["json"].as<std::string>());
    if (!(file << report.json())) {
      std::cerr << given["json"].as<std::string>() << ": cannot be written\n";
      return 1;
    }
  }
  return 0;
}

}  // namespace
}  // namespace tapedeck::bench

int main(int argc, char** argv) {
  try {
    return tapedeck::bench::run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}
