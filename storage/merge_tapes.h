// What must be known of several tapes before their frames are merged. For storage/merge.cpp alone.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/merge.h"
#include "storage/merge_ledger.h"
#include "storage/merge_streams.h"

namespace tapedeck {

struct MergeTape {
  std::unique_ptr<TapeReader> reader;
  std::string name;  // the file's
  SessionInfo session;
  Ns end_ns = 0;  // of the session; where it has none, of the last frame
  std::int64_t frames = 0;
  std::vector<ConnectionInfo> connections;
  std::vector<Gap> gaps;  // each with its end
  std::vector<StreamInfo> streams;
  std::optional<HeardStreams> heard;  // on a tape that does not list its streams
  std::vector<CursorRecord> cursors;
  std::map<std::string, int> slots_from;  // by feed: the first slot of its connections
  // Tapes of one recorder, as far as they say so, have the same.
  std::size_t recorder = 0;
};

class MergeTapes {
 public:
  // Reads them and puts them in order; leaves out what others hold wholly.
  // `decoders`: for one of them.
  static Result<MergeTapes> load(std::vector<std::unique_ptr<TapeReader>> readers,
                                 const SessionDecoders& decoders);

  std::vector<MergeTape>& tapes() { return tapes_; }
  const std::vector<MergeTape>& tapes() const { return tapes_; }
  const std::vector<MergeReport::Tape>& listed() const { return listed_; }
  const std::vector<std::string>& notes() const { return notes_; }

  // The session that they make together.
  SessionInfo session(const std::string& recorder_version) const;
  Ns end_ns() const;
  // All connections under new ids and in further slots; `ids`: by tape and former id.
  using Ids = std::map<std::pair<std::size_t, std::int64_t>, std::int64_t>;
  std::vector<ConnectionInfo> connections(Ids& ids) const;
  std::map<StreamName, StreamInfo> streams() const;
  std::map<StreamName, CursorRecord> cursors() const;
  // The ledger, by stream.
  Result<std::map<StreamName, std::vector<MergedGap>>> gaps(Ns skew_ns);

 private:
  Result<void> add(std::unique_ptr<TapeReader> reader, const SessionDecoders& decoders);
  void leave_out_copies();
  void find_recorders();
  Result<void> give_slots();
  // When each endpoint of the tape received something last, by feed and endpoint.
  static Result<std::map<StreamName, Ns>> last_received(MergeTape& tape);
  Result<void> account(std::size_t index,
                       std::map<StreamName, std::vector<StreamAccount>>& accounts);
  // Why two tapes that have `feed` cannot vouch for each other; empty: they can.
  static std::string difference(const MergeTape& a, const MergeTape& b, const std::string& feed);
  // By feed, which pairs of tapes asked for different things.
  std::map<std::string, std::vector<std::pair<std::size_t, std::size_t>>> strangers();

  std::vector<MergeTape> tapes_;  // by their start
  std::vector<MergeReport::Tape> listed_;
  std::map<std::string, int> connections_;  // by feed: how many slots there are
  std::vector<std::string> notes_;
};

}  // namespace tapedeck
