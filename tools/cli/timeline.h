// A tape's frames, connections, feed errors and gaps as one stream in order of time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "schema/base/result.h"
#include "storage/tape_reader.h"

namespace tapedeck::cli {

struct TimelineFilter {
  std::string feed;        // "": all of them
  std::optional<Ns> from;  // inclusive
  std::optional<Ns> to;    // exclusive
  bool inbound = true;
  bool outbound = true;
  bool events = true;  // connections, gaps and feed errors
};

// Something on the timeline that is no frame. Of the pointers, those that its kind needs are set;
// they live during the call that hands it over.
struct TimelineEvent {
  enum class Kind : std::uint8_t { gap_end, open, ready, close, gap_begin, feed_error };
  Kind kind = Kind::open;
  Ns at_ns = 0;
  const ConnectionInfo* connection = nullptr;
  const Gap* gap = nullptr;
  // feed_error only
  std::string_view feed;
  std::string_view code;
  std::string_view message;
};

// Each returns false to end the walk.
class TimelineSink {
 public:
  virtual ~TimelineSink() = default;
  virtual bool on_frame(const FrameRecord& frame, const ConnectionInfo& connection) = 0;
  virtual bool on_event(const TimelineEvent& event) = 0;
};

// Walks a tape once, in as many steps as it grows by. Holds the connections and gaps, never the
// frames.
class Timeline {
 public:
  // `tape` outlives this.
  Timeline(TapeReader& tape, TimelineFilter filter) : tape_(tape), filter_(std::move(filter)) {}

  // Hands over what is committed and was not handed over yet. False: nothing will follow, because
  // the sink ended the walk or the tape is past the filter's end.
  Result<bool> advance(TimelineSink& sink);

 private:
  class ErrorRows;

  Result<void> load();
  const ConnectionInfo* connection_of(std::int64_t id) const;
  bool wanted(std::string_view feed, Ns at_ns) const;
  void add_event(TimelineEvent event, std::int64_t id);
  // Events that stand before a frame received at `t`; all of them without.
  bool emit_events(std::optional<Ns> t, TimelineSink& sink);
  Result<bool> emit_errors(ErrorRows& errors, const FrameRecord* upto, TimelineSink& sink);
  Result<bool> walk_frames(ErrorRows& errors, std::optional<std::int64_t> end_id,
                           TimelineSink& sink);

  TapeReader& tape_;
  TimelineFilter filter_;
  std::vector<ConnectionInfo> connections_;
  std::unordered_map<std::int64_t, std::size_t> connection_index_;
  std::vector<Gap> gaps_;
  struct Pending {
    TimelineEvent event;
    std::int64_t id = 0;
  };
  std::vector<Pending> pending_;  // by time
  std::size_t next_pending_ = 0;
  std::set<std::pair<TimelineEvent::Kind, std::int64_t>> handed_;
  std::optional<std::int64_t> next_frame_;  // absent: not looked for yet
  std::int64_t last_error_ = kFirstId;
};

}  // namespace tapedeck::cli
