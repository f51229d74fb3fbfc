// What `info` says about a tape, gathered in one pass over it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "schema/base/result.h"
#include "schema/normalize.h"
#include "storage/stream_time.h"
#include "storage/tape_reader.h"

namespace tapedeck::cli {

// Connections of one endpoint that ended the same way.
struct Ending {
  std::string endpoint;
  std::string outcome;  // `open`, `closed`, `never opened`
  ClosedBy by = ClosedBy::none;
  std::optional<int> code;
  std::string reason;
  std::string error;
  auto operator<=>(const Ending&) const = default;
};

struct EndpointUse {
  std::int64_t attempts = 0;
  std::int64_t opened = 0;
  std::int64_t ready = 0;
  Ns connected_ns = 0;  // all connections' times added up
};

struct MessageKind {
  std::string endpoint;
  std::string stream;  // the subscription; the endpoint where the feed has none
  std::string type;
  FrameRole role = FrameRole::data;
  auto operator<=>(const MessageKind&) const = default;
};

struct MessageCount {
  std::int64_t count = 0;
  std::int64_t bytes = 0;
  Ns last_ns = 0;
};

struct GapTotal {
  std::int64_t count = 0;
  std::int64_t recovered = 0;
  Ns length_ns = 0;  // an open end counts to the end of the tape
};

struct RequestKind {
  std::string purpose;
  std::string result;  // the HTTP status, or the error
  auto operator<=>(const RequestKind&) const = default;
};

struct FeedSummary {
  std::map<std::string, EndpointUse> endpoints;
  std::map<Ending, std::int64_t> endings;
  std::vector<Count> frames;
  std::map<MessageKind, MessageCount> messages;
  std::vector<Count> rows;
  std::map<std::tuple<std::string, std::string>, std::int64_t> feed_errors;  // by code and message
  std::vector<Count> unparsed;
  std::map<GapStatus, GapTotal> gaps;
  std::map<RequestKind, std::int64_t> requests;
  std::vector<CursorRecord> cursors;
  std::vector<StreamTime> stream_times;
  std::vector<DriftRecord> drift;
};

struct TapeSummary {
  std::string path;
  std::int64_t bytes = 0;
  bool recording = false;
  SessionInfo session;
  Ns end_ns = 0;  // the session's end, or the last frame's receipt
  std::int64_t frames = 0;
  std::int64_t rows = 0;
  std::map<std::string, FeedSummary> feeds;
};

std::string_view to_string(FrameRole role);

Result<TapeSummary> summarize(TapeReader& tape);

}  // namespace tapedeck::cli
