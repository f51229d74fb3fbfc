// Judges a tape: the file, what its records say about each other, and whether the frames still give
// the rows that stand beside them (docs/TAPE_TOOLS.md).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/derive.h"
#include "storage/tape_reader.h"

namespace tapedeck {

// What is wrong with one thing: a table by its name, or `file`.
struct Problem {
  std::string what;
  std::int64_t count = 0;
  std::vector<std::string> details;  // the first of them, in words
};

struct VerifyReport {
  std::vector<Problem> problems;   // none: the tape is sound
  std::vector<std::string> notes;  // what could not be judged, or is worth knowing
  std::int64_t frames = 0;
  std::int64_t rows = 0;
  std::int64_t connections = 0;
  std::int64_t requests = 0;
  std::int64_t gaps = 0;
  std::vector<Count> unparsed;
};

// Pins `tape` (tape_reader.h): one that is being recorded is judged up to its last commit. Memory
// grows with the connections and requests, not with frames and rows. A file that cannot be read is
// a problem, not an error. `details_max`: how many details a problem keeps.
VerifyReport verify_tape(TapeReader& tape, const DecoderSource& decoders, std::size_t details_max);

}  // namespace tapedeck
