// One tape out of several recorders of the same feeds (docs/TAPE_FORMAT.md, "Merged tapes").
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "schema/base/result.h"
#include "storage/derive.h"
#include "storage/tape_reader.h"

namespace tapedeck {

// The decoders for a session with these connections, which are all of its.
using SessionDecoders =
    std::function<DecoderSource(const SessionInfo&, const std::vector<ConnectionInfo>&)>;

struct MergeOptions {
  std::string out;               // must not exist; its directory must
  std::string recorder_version;  // of the program that merges
  Ns skew_ns = 0;  // how far the recorders' clocks may differ (storage/merge_ledger.h)
  SessionDecoders decoders;
};

struct MergeReport {
  struct Tape {
    std::string path;
    std::int64_t frames = 0;
    std::string same_as;  // the tape that has everything of it; then it was left out
  };
  // What became of one stream's losses.
  struct Stream {
    std::string feed;
    std::string stream;
    std::int64_t lost = 0;       // gaps of the tapes that nothing had filled
    Ns lost_ns = 0;              // what they are long together
    std::int64_t recovered = 0;  // rows that only a peer brought
    std::vector<Gap> remaining;  // of the merged tape, by their ids: those that are not filled
  };
  std::vector<Tape> tapes;  // in the order of their start
  std::int64_t connections = 0;
  std::int64_t frames = 0;
  std::int64_t requests = 0;
  std::int64_t rows = 0;
  std::vector<Stream> streams;     // every stream that a tape knows, by feed and stream
  std::vector<std::string> notes;  // what a person should know
};

// Writes the merged tape under another name and gives it its own once it is whole: a merge that
// fails, or is killed, leaves no tape. Memory grows with connections, requests and gaps, and with
// what decoders remember, not with frames and rows. Errors name the tape and the remedy: one that
// is being written, a feed that this version does not know, a damaged file.
Result<MergeReport> merge_tapes(std::vector<std::unique_ptr<TapeReader>> tapes,
                                const MergeOptions& options);

}  // namespace tapedeck
