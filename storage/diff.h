// What one session has and the other lacks, whatever ids, times of receipt and connections they
// have (docs/TAPE_TOOLS.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schema/base/result.h"
#include "storage/tape_reader.h"

namespace tapedeck {

// How many there are on each side, and how many of them the other side lacks.
struct SideCounts {
  std::int64_t a = 0;
  std::int64_t b = 0;
  std::int64_t only_a = 0;
  std::int64_t only_b = 0;

  bool equal() const { return only_a == 0 && only_b == 0; }
};

// A run of an endpoint's data frames that the other tape lacks, with none between that it has.
struct MissingSpan {
  Ns from_ns = 0;  // of the first and the last of them, on the tape that has them
  Ns to_ns = 0;
  std::int64_t count = 0;
};

struct FrameDiff {
  std::string feed;
  std::string endpoint;
  SideCounts counts;
  std::vector<MissingSpan> spans_a;  // the first of them, on A
  std::vector<MissingSpan> spans_b;
};

struct RowDiff {
  std::string table;
  std::string feed;
  SideCounts counts;
};

// Gaps that are alike, and ended alike.
struct GapDiff {
  std::string feed;
  std::string stream;
  GapCause cause = GapCause::disconnect;
  GapStatus status = GapStatus::open;
  SideCounts counts;
};

struct TapeDiff {
  std::vector<FrameDiff> frames;  // each by its names
  std::vector<RowDiff> rows;
  std::vector<GapDiff> gaps;

  bool equal() const;
};

// Pins both. Frames are compared as multisets of payloads by feed and endpoint, rows as multisets
// of their values by table and feed, without ids, origin and time of receipt. Memory grows by some
// tens of bytes with each different frame and row of a table: hashes of 128 bits stand for them.
// `spans_max`: how many spans are kept a side and endpoint.
Result<TapeDiff> diff_tapes(TapeReader& a, TapeReader& b, std::size_t spans_max);

}  // namespace tapedeck
