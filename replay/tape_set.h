// The tapes of one replay: opened, put in order, and what must be known of them before playing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "replay/block.h"
#include "schema/base/result.h"
#include "storage/tape_reader.h"

namespace tapedeck {

// Where a frame came from.
struct Origination {
  const Endpoint* endpoint = nullptr;
  int slot = 0;
};

// A tape's connections by id.
using Originations = std::unordered_map<std::int64_t, Origination>;
Originations originations_of(const std::vector<ConnectionInfo>& connections,
                             EndpointTable& endpoints);

class TapeSet {
 public:
  struct Tape {
    std::unique_ptr<TapeReader> reader;
    SessionInfo session;
    std::vector<ConnectionInfo> connections;
    Ns end_ns = 0;  // the last frame, or the start on a tape without frames
  };

  // `paths`: files, or directories that stand for the tapes in them. `endpoints` outlives the set.
  static Result<std::unique_ptr<TapeSet>> open(const std::vector<std::string>& paths,
                                               EndpointTable& endpoints);

  // By start, then by path.
  const std::vector<Tape>& tapes() const { return tapes_; }
  std::vector<Tape>& tapes() { return tapes_; }
  Ns start_ns() const { return start_ns_; }
  Ns end_ns() const { return end_ns_; }
  // A further reader of each tape, for another thread.
  Result<std::vector<std::unique_ptr<TapeReader>>> open_again() const;
  // Whether any connection on any tape is of this feed.
  bool has_feed(std::string_view feed) const;
  std::vector<std::string> feeds() const;

 private:
  std::vector<Tape> tapes_;
  Ns start_ns_ = 0;
  Ns end_ns_ = 0;
};

// Which snapshot a new connection begins with.
//
// A service sends its snapshot right after a connection's handshake, so scan() looks at the first
// data frame of every recorded connection (a binary search and a few rows each, whatever the tape's
// length); snapshots that came later on a connection are remembered as they are played. Where no
// other connection was there, a client that comes in between begins with it too: whoever connected
// then got it. Not thread-safe.
class SnapshotIndex {
 public:
  // Once, before anything is played.
  Result<void> scan(TapeSet& tapes, EndpointTable& endpoints);

  // A frame with tag.is_snapshot went by.
  void remember(const DueFrame& frame);

  struct Place {
    Ns from_ns = 0;  // from which position on clients begin with it
    std::uint32_t tape = 0;
    std::int64_t frame_id = 0;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  // The latest from at or before `pos`; before the first one, that one if it is the endpoint's
  // first data frame.
  std::optional<Place> find(const Endpoint* endpoint, Ns pos) const;

 private:
  struct Known {
    std::vector<Place> places;             // sorted
    std::unordered_set<std::int64_t> ids;  // served_id() of each
    bool begins_with_one = false;          // the first data frame of the endpoint is places.front()
  };
  // A connection of the tapes that was open.
  struct Opened {
    const Endpoint* endpoint = nullptr;
    std::uint32_t tape = 0;
    const ConnectionInfo* connection = nullptr;
  };
  Result<void> scan_connection(const Opened& opened, TapeSet::Tape& tape, bool is_alone);
  void insert(const Endpoint* endpoint, const Place& place);

  std::unordered_map<const Endpoint*, Known> known_;
};

}  // namespace tapedeck
