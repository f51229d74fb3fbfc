// Runs one recording: a link for every connection of every feed, from start to the last goodbye.
// I/O thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "recorder/config.h"
#include "recorder/journal.h"
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
  std::size_t gaps = 0;
  std::size_t open_gaps = 0;
  Ns last_frame_ns = 0;
  std::string why;  // why it is not ready, when it is not
};

class Supervisor {
 public:
  // Arguments outlive the supervisor. `on_over` is called once, when every link has ended.
  Supervisor(Environment& environment, Journal& journal, RecorderConfig& config, Ns started_ns,
             LinkLog log, std::function<void()> on_over);

  // The streams of every feed were received until `from_ns` by a recorder that is gone.
  void continue_after(Ns from_ns, const std::string& why);
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
  };

  void on_change();

  Environment& environment_;
  LinkLog log_;
  std::function<void()> on_over_;
  std::unique_ptr<Timer> over_;
  std::vector<std::unique_ptr<FeedRun>> feeds_;
  bool told_ = false;
};

}  // namespace tapedeck
