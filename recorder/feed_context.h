// What all connections of a feed share, and how its rows are watched on their way to the tape.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "recorder/journal.h"
#include "recorder/ledger.h"
#include "recorder/service_clock.h"
#include "schema/drift.h"
#include "schema/feed.h"

namespace tapedeck {

class GapFiller;

// What is told to whoever watches: `feed/endpoint` and a sentence.
enum class Severity : std::uint8_t { info, warning, error };
using LinkLog = std::function<void(Severity, std::string_view who, std::string_view what)>;

// Outlives its links.
struct FeedContext {
  FeedContext();
  ~FeedContext();

  std::string name;
  LinkSettings settings;
  std::unique_ptr<FeedPlan> plan;
  std::unique_ptr<Normalizer> normalizer;
  DriftDetector drift;
  std::unique_ptr<GapLedger> ledger;
  std::unique_ptr<GapFiller> filler;  // absent: gaps stay as they are
  // Where each stream stands: what set_cursor() said last.
  std::map<std::string, std::string, std::less<>> cursors;
  ServiceClock service_clock;
  std::int64_t rows = 0;  // so far, of frames and answers
  // Our own clock was put back then: how long gaps that began before it were nobody knows.
  std::optional<Ns> put_back_ns;

  std::optional<std::string> cursor_of(std::string_view stream) const {
    const auto found = cursors.find(stream);
    return found == cursors.end() ? std::nullopt : std::optional(found->second);
  }
};

// Passes rows on to the tape, counts them, and keeps what else a decoder says. For one frame or
// answer.
class WatchedRows final : public RowSink {
 public:
  // `live`: when a frame was received; absent: rows of an answer, which may be of any time.
  WatchedRows(FeedContext& feed, RowSink& to, std::optional<Stamp> live = std::nullopt)
      : feed_(&feed), to_(&to), live_(live) {}

  void add_row(const Row& row) override;
  void set_cursor(std::string_view stream, std::string_view value) override;
  void missed(std::string_view stream, Ns since_ns, std::string_view why) override;

  // Rows that hold something of the feed's: without `unparsed` and `feed_error`.
  std::int64_t added() const { return added_; }
  // Writes the gaps that were found into the ledger; `recv_ns`: of the frame or answer. After the
  // last row, since it may use the journal.
  void tell_ledger(Ns recv_ns);

 private:
  struct Missed {
    std::string stream;
    Ns since_ns = 0;
    std::string why;
  };
  FeedContext* feed_;
  RowSink* to_;
  std::optional<Stamp> live_;
  std::int64_t added_ = 0;
  std::vector<Missed> missed_;
};

}  // namespace tapedeck
