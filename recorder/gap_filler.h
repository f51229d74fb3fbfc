// Fills one feed's gaps over REST while its connections go on, and learns where its streams stand.
//
// One request at a time, at a pace that a service can bear; what fails is tried again after a
// back-off and goes to the end of the line, for as long as the recording runs: it keeps no other
// stream from its turn. Live recording never waits for any of it. I/O thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "recorder/feed_context.h"
#include "recorder/journal.h"
#include "recorder/seams.h"
#include "schema/base/redact.h"
#include "schema/gapfill.h"

namespace tapedeck {

struct BackfillSettings {
  bool enabled = true;
  Ns max_age_ns = Ns{24} * 3'600 * kNsPerSec;  // gaps that began earlier are left as they are
  Ns interval_ns = 100 * kNsPerMs;             // between two requests of one feed
  Ns retry_initial_ns = kNsPerSec;             // after a failure, doubled each time
  Ns retry_max_ns = 300 * kNsPerSec;
  int pages_max = 10'000;  // of one gap: a service that never comes to an end
};

class GapFiller final : private FillActions {
 public:
  // References outlive the filler.
  GapFiller(Environment& environment, Journal& journal, FeedContext& feed, Redactor& secrets,
            const BackfillSettings& settings, LinkLog log);
  ~GapFiller() override;

  // A gap with both its ends: fills it, and writes what became of it.
  void add(const Gap& gap);
  // `stream` has just become ready.
  void ready(std::string_view stream);
  // Nothing is asked any more; what is under way is given up and written down as such.
  void stop();

  // Gaps that are waiting or being filled.
  std::size_t pending() const;
  // Gaps by what became of them since the start.
  struct Outcome {
    std::size_t filled = 0;
    std::size_t partial = 0;
    std::size_t unfillable = 0;
    std::int64_t recovered = 0;  // rows
  };
  const Outcome& outcome() const { return outcome_; }

 private:
  // One gap, or one cursor to be learned.
  struct Job {
    std::string stream;
    std::optional<Gap> gap;
    std::string why;  // the gap's own reason, without what the fill adds
    std::unique_ptr<GapFill> fill;
    std::optional<RestRequest> request;  // to be made next, or again
    Ns due_mono = 0;
    int failures = 0;  // in a row
    int pages = 0;
  };
  struct Flight;

  // FillActions: about the job that is in hand.
  void ask(RestRequest request, Ns after) override;
  void end(GapStatus status, std::string_view why) override;
  void later(std::string_view why) override;
  void learn_secret(std::string_view secret) override { secrets_.add(secret); }
  std::optional<Ns> mono_ns() const override { return mono(); }

  Ns mono() const { return environment_.clock().now().mono; }
  void enqueue_cursor(const std::string& stream);
  void work();
  void wake_at(Ns mono_ns);
  bool prepare(Job& job);
  void conclude_unaskable();
  void start(Job& job);
  void let_go(Job& job);
  void send(Job& job);
  void on_response(const RestResponse& response);
  void handle(Job& job, const RestResponse& response, const RequestInfo& info);
  void absorb(Job& job, const RestResponse& response, const RequestInfo& info, const JsonDoc& doc);
  void trouble(Job& job, const RestResponse& response, Ns recv_ns);
  void begin_anew(std::string_view why, std::optional<Ns> asked);
  Ns next_delay(Job& job);
  void back_off(Job& job, std::string_view why, Ns delay);
  std::string why_times_tell_nothing(const Job& job) const;
  void conclude(Job& job, GapStatus status, std::string_view why);
  void put(Job& job, std::string_view what);
  void record(RequestInfo info, const RestResponse& response);
  void log(Severity severity, std::string_view stream, std::string_view what) const;

  Environment& environment_;
  Journal& journal_;
  FeedContext& feed_;
  Redactor& secrets_;
  const BackfillSettings settings_;
  LinkLog log_;

  std::deque<std::unique_ptr<Job>> jobs_;  // the first that is due is worked on
  Job* in_hand_ = nullptr;                 // what FillActions are about
  bool is_over_ = false;                   // the job in hand has ended
  std::unique_ptr<Flight> flight_;
  std::unique_ptr<Timer> timer_;
  std::map<std::string, std::unique_ptr<Timer>> cursor_timers_;
  Ns paused_until_mono_ = 0;  // asked to by the service
  Ns next_mono_ = 0;          // the earliest next request
  bool is_stopped_ = false;
  Outcome outcome_;
};

}  // namespace tapedeck
