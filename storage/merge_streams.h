// What a tape that does not list its streams says of them. For storage/merge_tapes.cpp alone.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "storage/derive.h"
#include "storage/spans.h"
#include "storage/tape_reader.h"

namespace tapedeck {

using StreamName = std::pair<std::string, std::string>;  // feed, stream

// Told by the frames of connections that were ready.
struct HeardStreams {
  // When each stream surely came in: on each connection from its acknowledgement or first message,
  // or where one has no names for streams from its readiness, until the connection's last frame.
  std::map<StreamName, Spans> spans;
  std::map<StreamName, std::string> endpoints;
  // By feed: the addresses without secrets, and what was sent before the first data came.
  std::map<std::string, std::set<std::string>> asked;

  bool asked_as(const HeardStreams& other, const std::string& feed) const;
};

// Walks all frames. `decoders`: to classify them; a feed without one tells of no streams.
Result<HeardStreams> hear_streams(TapeReader& tape, const std::vector<ConnectionInfo>& connections,
                                  const DecoderSource& decoders);

// Those that came in, and what the ledger and the cursors know, which counts as ready with its
// feed's first connection.
std::vector<StreamInfo> streams_of(const HeardStreams& heard,
                                   const std::vector<ConnectionInfo>& connections,
                                   const std::vector<Gap>& gaps,
                                   const std::vector<CursorRecord>& cursors);

}  // namespace tapedeck
