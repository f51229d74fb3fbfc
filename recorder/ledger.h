// The gap ledger of one feed: which spans of which streams may be missing from the tape (contract
// section 4). Pure: told what happened and when, it writes gap rows. I/O thread only.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "recorder/journal.h"
#include "schema/gap.h"

namespace tapedeck {

class GapLedger {
 public:
  GapLedger(std::string feed, Ns session_started_ns, Journal& journal);

  // `stream` is received on connection `slot` from now on: its gap, if one was open, ends at
  // `at_ns`.
  void up(std::string_view stream, int slot, Ns at_ns);

  // `stream` is no longer received on `slot`. When no other slot has it a gap opens, from
  // `last_frame_ns` (what that connection received last), or from the session's start if the stream
  // was never up. While its gap is open already, only `why` of the first loss is kept.
  void down(std::string_view stream, int slot, GapCause cause, Ns last_frame_ns,
            std::string_view why);

  // A gap that began before this session: opened at once, ended by up().
  void down_since(std::string_view stream, GapCause cause, Ns from_ns, std::string_view why);

  // One inbound frame could not be kept. Frames lost in a row make one gap per stream, ended by
  // recovered().
  void overload(const std::vector<std::string>& streams, Ns last_kept_ns, Ns recv_ns,
                std::size_t bytes);
  void recovered(const std::vector<std::string>& streams, Ns at_ns);

  // The session ends: every open gap ends with it.
  void finish(Ns at_ns);

  std::size_t gaps() const { return gaps_; }
  std::size_t open_gaps() const { return open_.size() + overloaded_.size(); }

 private:
  struct Overload {
    Gap gap;
    std::int64_t frames = 0;
    std::int64_t bytes = 0;
  };

  void open(std::string_view stream, GapCause cause, Ns from_ns, std::string_view why);
  void end(Gap& gap, Ns at_ns);

  std::string feed_;
  Ns session_started_ns_;
  Journal* journal_;
  std::map<std::string, std::set<int>, std::less<>>
      up_;  // streams that were ever up, and where they are now
  std::map<std::string, Gap, std::less<>> open_;
  std::map<std::string, Overload, std::less<>> overloaded_;
  std::size_t gaps_ = 0;
};

}  // namespace tapedeck
