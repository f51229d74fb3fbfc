// The gap ledger of one feed: which spans of which streams may be missing from the tape (contract
// section 4). Pure: told what happened and when, it writes gap rows, and hands each gap that has
// both ends to whoever fills it. I/O thread only.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recorder/coverage.h"
#include "recorder/journal.h"
#include "schema/gap.h"

namespace tapedeck {

class GapLedger {
 public:
  struct Hooks {
    // Where a gap-fill of the stream would start now: nothing that a connection received up to now
    // lies behind it.
    std::function<std::optional<std::string>(std::string_view stream)> cursor_of;
    // How far the times of the service's events are ahead of our clock; negative: behind.
    std::function<Ns()> lead_ns;
    // A gap has both its ends: it can be filled. Not called for gaps that end with the session.
    std::function<void(const Gap& gap)> on_whole;
  };

  GapLedger(std::string feed, Ns session_started_ns, Journal& journal, Hooks hooks);
  GapLedger(std::string feed, Ns session_started_ns, Journal& journal)
      : GapLedger(std::move(feed), session_started_ns, journal, Hooks()) {}

  // `stream` is received on connection `slot` from now on: its gap, if one was open, ends at
  // `at_ns`. True the first time that the stream is up.
  bool up(std::string_view stream, int slot, Ns at_ns);

  // `stream` is no longer received on `slot`, which received its last frame at `last_frame_ns`. For
  // the time since then that no other slot covered there is a gap: from that last frame, or from
  // the session's start if the stream was never up. While a gap is open already, only `why` of the
  // first loss is kept.
  void down(std::string_view stream, int slot, GapCause cause, Ns last_frame_ns,
            std::string_view why);

  // What an earlier recorder of this name left behind: a gap that has no end yet (opened at once,
  // ended by up()), or one that has (handed on when its stream is first up). The feed, the id and
  // what became of it are set here.
  void carry(Gap gap);

  // Something of `stream` between `since_ns` and `at_ns` never arrived though it was received all
  // the time. Nothing when a known gap explains it.
  void missed(std::string_view stream, Ns since_ns, Ns at_ns, std::string_view why);

  // A part of `stream` (some symbols) is refused while the rest of it is received: a gap of its own
  // from `at_ns` until the session ends, or until allowed(). Said again, `why` takes the place of
  // what was said before.
  void refused(std::string_view stream, Ns at_ns, std::string_view why);
  void allowed(std::string_view stream, Ns at_ns);

  // One inbound frame could not be kept. Frames lost in a row make one gap per stream, ended by
  // recovered().
  void overload(const std::vector<std::string>& streams, Ns last_kept_ns, Ns recv_ns,
                std::size_t bytes);
  void recovered(const std::vector<std::string>& streams, Ns at_ns);

  // The session ends: every gap without an end gets it.
  void finish(Ns at_ns);

  std::size_t gaps() const { return gaps_; }
  // Without an end yet.
  std::size_t open_gaps() const;

 private:
  struct Stream {
    Coverage coverage;
    std::optional<Ns> first_up_ns;
    std::optional<Gap> open;      // nobody receives it
    std::optional<Gap> overload;  // frames that are not kept
    std::optional<Gap> refused;   // a part of it
    std::int64_t overload_frames = 0;
    std::int64_t overload_bytes = 0;
    std::vector<Gap> carried;           // whole, waiting for the stream to come up
    std::vector<Coverage::Hole> known;  // of the last gaps
    // When connections began to receive it, and the cursor then: of a hole that ended there and is
    // found late, when the cursor has long moved on.
    std::vector<std::pair<Ns, std::optional<std::string>>> cursors_at_up;
  };

  Stream& stream_of(std::string_view stream);
  Gap make(std::string_view stream, const Stream& state, GapCause cause, const Coverage::Hole& hole,
           std::string_view why);
  std::optional<std::string> cursor_of(std::string_view stream) const;
  // That of the hole that ended when a connection came up at `up_ns`.
  static std::optional<std::string> cursor_at(const Stream& state, Ns up_ns);
  void note(Stream& state, const Gap& gap);
  void end(Stream& state, Gap gap, Ns at_ns);
  void end_overload(Stream& state, Ns at_ns, bool is_over);

  std::string feed_;
  Ns session_started_ns_;
  Journal* journal_;
  Hooks hooks_;
  std::map<std::string, Stream, std::less<>> streams_;
  std::size_t gaps_ = 0;
};

}  // namespace tapedeck
