// Runs one recording: a link for every connection of every feed, from start to the last goodbye.
// I/O thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "recorder/config.h"
#include "recorder/journal.h"
#include "recorder/lineage.h"
#include "recorder/link.h"
#include "recorder/seams.h"

namespace tapedeck {

// How a feed is doing, for the status line, the summary and the metrics.
struct FeedStatus {
  std::string feed;
  Link::State state = Link::State::waiting;  // ready only when every link is
  std::size_t links = 0;
  std::size_t links_ready = 0;
  std::int64_t frames_in = 0;
  std::int64_t rows = 0;
  std::size_t gaps = 0;
  std::size_t open_gaps = 0;   // without an end, waiting to be filled, or being filled
  std::int64_t recovered = 0;  // rows
  Ns last_frame_ns = 0;
  std::string why;  // why it is not ready, when it is not
};

class Supervisor {
 public:
  // Arguments outlive the supervisor. `on_over` is called once, when every link has ended.
  Supervisor(Environment& environment, Journal& journal, RecorderConfig& config, Ns started_ns,
             LinkLog log, std::function<void()> on_over);

  // Goes on where earlier recorders of this name ended: each stream's open gaps, its cursor, and,
  // where it was interrupted, a gap since then. Before start(). The error is a tape's. `tell_rows`
  // tells what the earlier tapes have of a feed.
  using TellRows =
      std::function<Result<void>(const std::string& feed, Ns since_ns,
                                 std::span<const TableId> tables, const EarlierRows& rows)>;
  Result<void> continue_after(const Lineage& lineage, const TellRows& tell_rows);
  void start();
  void stop();
  // Closes the ledgers; after on_over.
  void finish(Ns at_ns);

  bool any_was_ready() const;
  std::vector<FeedStatus> status() const;

 private:
  struct FeedRun {
    FeedContext context;
    std::vector<std::unique_ptr<Link>> links;
    std::map<std::string, std::string> streams() const;  // over all its links, with the endpoint
  };

  static Result<Ns> tell(FeedContext& context, const Lineage& lineage, Ns floor_ns,
                         const TellRows& tell_rows);
  void on_change();

  Environment& environment_;
  Journal& journal_;
  const Ns fillable_since_ns_;  // gaps that began earlier are not asked for
  LinkLog log_;
  std::function<void()> on_over_;
  std::unique_ptr<Timer> over_;
  std::vector<std::unique_ptr<FeedRun>> feeds_;
  bool told_ = false;
};

}  // namespace tapedeck
