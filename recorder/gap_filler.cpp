#include "recorder/gap_filler.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "recorder/retry_after.h"

namespace tapedeck {
namespace {

constexpr int kTooManyRequests = 429;

// Worth the same request again: no answer, or one about the service's state, not about us.
bool is_passing(int status) {
  return status == 0 || status == 408 || status == 425 || status == kTooManyRequests ||
         status >= 500;
}

bool is_success(int status) {
  return status >= 200 && status < 300;
}

std::string whole_seconds(Ns ns) {
  return std::to_string((ns + kNsPerSec - 1) / kNsPerSec) + " s";
}

}  // namespace

struct GapFiller::Flight {
  Job* job = nullptr;
  RequestInfo info;
  std::string purpose;
  std::unique_ptr<RestCall> call;
};

GapFiller::GapFiller(Environment& environment, Journal& journal, FeedContext& feed,
                     Redactor& secrets, const BackfillSettings& settings, LinkLog log)
    : environment_(environment),
      journal_(journal),
      feed_(feed),
      secrets_(secrets),
      settings_(settings),
      log_(std::move(log)),
      timer_(environment.make_timer()) {}

GapFiller::~GapFiller() = default;

void GapFiller::log(Severity severity, std::string_view stream, std::string_view what) const {
  log_(severity, feed_.name + "/" + std::string(stream), secrets_.apply(what));
}

// ---- what is to be done ----

void GapFiller::add(const Gap& gap) {
  if (is_stopped_ || !settings_.enabled) return;
  auto job = std::make_unique<Job>();
  job->stream = gap.stream;
  job->gap = gap;
  job->why = gap.detail;
  const Ns age = environment_.clock().now().wall - gap.from_ns;
  if (age > settings_.max_age_ns) {
    return conclude(*job, GapStatus::unfillable, "it began before what backfill.max_age allows");
  }
  if (!prepare(*job)) {
    return conclude(*job, GapStatus::unfillable, "the service has no way to ask for it");
  }
  jobs_.push_back(std::move(job));
  work();
}

// A new fill for the job's gap; false when there is none. A cursor needs none.
bool GapFiller::prepare(Job& job) {
  if (!job.gap || job.fill != nullptr) return true;
  job.fill = feed_.plan->make_fill({*job.gap, feed_.normalizer->symbols(job.stream)});
  if (job.fill == nullptr) return false;
  job.gap->method = job.fill->method();
  return true;
}

void GapFiller::ready(std::string_view stream) {
  if (is_stopped_ || !settings_.enabled) return;
  enqueue_cursor(std::string(stream));
  work();
}

void GapFiller::enqueue_cursor(const std::string& stream) {
  const auto plan = feed_.plan->cursor_plan(stream);
  if (!plan) return;
  if (plan->every > 0) {
    auto& timer = cursor_timers_[stream];
    if (timer == nullptr) timer = environment_.make_timer();
    timer->set(plan->every, [this, stream] {
      enqueue_cursor(stream);
      work();
    });
  }
  const bool is_there = std::any_of(jobs_.begin(), jobs_.end(), [&](const auto& job) {
    return !job->gap && job->stream == stream;
  });
  if (is_there) return;
  auto job = std::make_unique<Job>();
  job->stream = stream;
  job->request = plan->request;
  jobs_.push_front(std::move(job));
}

void GapFiller::stop() {
  if (is_stopped_) return;
  is_stopped_ = true;
  timer_->cancel();
  cursor_timers_.clear();
  if (flight_ == nullptr) return;
  flight_->info.error = "given up: the recording ended";
  journal_.put_request(flight_->info);
  flight_.reset();
}

std::size_t GapFiller::pending() const {
  return static_cast<std::size_t>(std::count_if(
      jobs_.begin(), jobs_.end(), [](const auto& job) { return job->gap.has_value(); }));
}

// ---- one request after the other ----

void GapFiller::wake_at(Ns mono_ns) {
  timer_->set(std::max<Ns>(mono_ns - mono(), 0), [this] { work(); });
}

void GapFiller::work() {
  if (is_stopped_ || in_hand_ != nullptr) return;
  conclude_unaskable();
  if (flight_ != nullptr || jobs_.empty()) return;
  const Ns now = mono();
  const Ns allowed = std::max(paused_until_mono_, next_mono_);
  const auto first = std::min_element(jobs_.begin(), jobs_.end(), [](const auto& a, const auto& b) {
    return a->due_mono < b->due_mono;
  });
  // Among those that are due, the order of the queue.
  const auto due = std::find_if(jobs_.begin(), jobs_.end(),
                                [now](const auto& job) { return job->due_mono <= now; });
  if (due == jobs_.end() || allowed > now) return wake_at(std::max((*first)->due_mono, allowed));
  Job& job = **due;
  if (!job.request) {
    start(job);
    // Never from within itself: a fill that ends at once makes way for the next.
    return wake_at(now);
  }
  send(job);
}

// What asks for nothing waits neither for its turn nor for the end of a pause.
void GapFiller::conclude_unaskable() {
  const auto is_unaskable = [now = mono()](const auto& job) {
    return job->gap && job->gap->method == GapMethod::none && !job->request && job->due_mono <= now;
  };
  for (;;) {
    const auto found = std::find_if(jobs_.begin(), jobs_.end(), is_unaskable);
    if (found == jobs_.end()) return;
    start(**found);
  }
}

void GapFiller::start(Job& job) {
  in_hand_ = &job;
  if (job.gap) journal_.put_gap(*job.gap);
  job.fill->start(*this);
  let_go(job);
}

void GapFiller::let_go(Job& job) {
  in_hand_ = nullptr;
  if (!std::exchange(is_over_, false)) return;
  std::erase_if(jobs_, [&](const auto& one) { return one.get() == &job; });
}

void GapFiller::send(Job& job) {
  flight_ = std::make_unique<Flight>();
  flight_->job = &job;
  flight_->purpose = job.request->purpose;
  RequestInfo& info = flight_->info;
  info.id = journal_.next_request_id();
  info.feed = feed_.name;
  info.purpose = job.request->purpose;
  info.stream = job.stream;
  if (job.gap) info.gap_id = job.gap->id;
  info.method = job.request->method;
  info.url = secrets_.apply(job.request->url);
  info.sent_ns = environment_.clock().now().wall;
  next_mono_ = mono() + settings_.interval_ns;
  flight_->call =
      environment_.fetch(*job.request, feed_.settings.timeouts.rest_ms * kNsPerMs,
                         [this](const RestResponse& response) { on_response(response); });
}

void GapFiller::on_response(const RestResponse& response) {
  const std::unique_ptr<Flight> flight = std::move(flight_);
  Job& job = *flight->job;
  RequestInfo info = flight->info;
  const Ns recv_ns = environment_.clock().now().wall;
  info.recv_ns = recv_ns;
  info.after_frame_id = journal_.last_frame_id();
  in_hand_ = &job;
  handle(job, response, info);
  let_go(job);
  // Written down last: the answer may have held a secret.
  record(std::move(info), response);
  journal_.end_burst();
  work();
}

void GapFiller::handle(Job& job, const RestResponse& response, const RequestInfo& info) {
  if (is_passing(response.status)) return trouble(job, response, *info.recv_ns);
  const bool is_login = info.purpose == "login";
  if (!is_login && is_success(response.status)) {
    JsonDoc doc;
    // Rows are decoded from what the tape has: a secret that the service sent back is in neither.
    const bool is_masked = secrets_.touches(response.body);
    is_masked ? doc.parse(secrets_.apply(response.body)) : doc.parse(response.body);
    return absorb(job, response, info, doc);
  }
  job.failures = is_success(response.status) ? 0 : job.failures;
  job.request.reset();
  if (job.fill != nullptr) return job.fill->on_answer(response, *this);
  log(Severity::warning, job.stream, "no cursor: " + describe_answer(response));
  is_over_ = true;
}

void GapFiller::absorb(Job& job, const RestResponse& response, const RequestInfo& info,
                       const JsonDoc& doc) {
  if (!doc.root().exists()) return begin_anew("the answer is no JSON (" + doc.error() + ")", {});
  RestAnswer answer;
  answer.purpose = info.purpose;
  answer.stream = job.stream;
  answer.url = info.url;
  answer.recv_ns = *info.recv_ns;
  answer.gap = job.gap ? &*job.gap : nullptr;
  answer.doc = &doc;
  WatchedRows rows(feed_, journal_.rows_of(feed_.name, std::nullopt, info.id, *info.recv_ns));
  RestPage page = feed_.normalizer->absorb(answer, rows);
  page.added = rows.added();
  rows.tell_ledger(*info.recv_ns);
  if (!page.problem.empty()) {
    // Some services refuse with a 2xx, and say there when to come again.
    return begin_anew("the answer is not understood (" + page.problem + ")" +
                          (response.body.empty() ? ", it is empty" : ""),
                      retry_after(response, *info.recv_ns));
  }
  job.failures = 0;
  job.request.reset();
  if (!job.gap) {
    is_over_ = true;
    return;
  }
  job.gap->recovered += page.added;
  outcome_.recovered += page.added;
  if (++job.pages >= settings_.pages_max) {
    return end(GapStatus::partial, "after " + std::to_string(job.pages) +
                                       " pages it had come to no end (backfill.pages_max)");
  }
  job.fill->on_page(page, *this);
}

// The same request again, later.
void GapFiller::trouble(Job& job, const RestResponse& response, Ns recv_ns) {
  const std::optional<Ns> asked = retry_after(response, recv_ns);
  const Ns delay = next_delay(job);
  if (response.status == kTooManyRequests) {
    // As long as the service says, not as long as this job's own back-off has become: what else
    // waits has its turn then.
    const Ns pause = asked.value_or(0) > 0 ? *asked : delay;
    paused_until_mono_ = std::max(paused_until_mono_, mono() + pause);
  }
  back_off(job, describe_answer(response), std::max(delay, asked.value_or(0)));
}

void GapFiller::record(RequestInfo info, const RestResponse& response) {
  if (response.status != 0) {
    info.status = response.status;
    info.body = secrets_.apply(response.body);
  }
  if (!response.error.empty()) info.error = secrets_.apply(response.error);
  journal_.put_request(info);
}

// ---- what a fill says ----

void GapFiller::ask(RestRequest request, Ns after) {
  in_hand_->request = std::move(request);
  in_hand_->due_mono = mono() + after;
}

void GapFiller::put(Job& job, std::string_view what) {
  job.gap->detail = secrets_.apply(job.why + "; " + std::string(what));
  journal_.put_gap(*job.gap);
}

void GapFiller::end(GapStatus status, std::string_view why) {
  is_over_ = true;
  conclude(*in_hand_, status, why);
}

// A fill judges by times what lies within the gap. "": it may.
std::string GapFiller::why_times_tell_nothing(const Job& job) const {
  const Gap& gap = *job.gap;
  if (feed_.put_back_ns && gap.from_ns <= *feed_.put_back_ns) {
    return "the clock was put back before " + format_rfc3339(*feed_.put_back_ns);
  }
  if (!job.fill->trusts_clocks()) return "";
  const Ns lead_ns = feed_.service_clock.lead_ns(environment_.clock().now());
  if (std::abs(lead_ns) <= job.fill->clocks_apart_max()) return "";
  return "our clock is " + whole_seconds(std::abs(lead_ns)) +
         (lead_ns < 0 ? " ahead of" : " behind") + " the service's";
}

void GapFiller::conclude(Job& job, GapStatus status, std::string_view said) {
  std::string why(said);
  if (status == GapStatus::filled) {
    if (const std::string doubt = why_times_tell_nothing(job); !doubt.empty()) {
      status = GapStatus::partial;
      why += "; but " + doubt + ": times do not tell whether that is all";
    }
  }
  job.gap->status = status;
  if (status == GapStatus::unfillable) job.gap->method = GapMethod::none;
  put(job, why);
  switch (status) {
    case GapStatus::filled:
      ++outcome_.filled;
      break;
    case GapStatus::partial:
      ++outcome_.partial;
      break;
    case GapStatus::unfillable:
    case GapStatus::open:
      ++outcome_.unfillable;
      break;
  }
  log(status == GapStatus::filled ? Severity::info : Severity::warning, job.stream,
      "gap " + std::string(to_string(status)) + ", " + std::to_string(job.gap->recovered) +
          " rows recovered: " + why);
}

void GapFiller::later(std::string_view why) {
  begin_anew(why, std::nullopt);
}

void GapFiller::begin_anew(std::string_view why, std::optional<Ns> asked) {
  Job& job = *in_hand_;
  back_off(job, why, std::max(next_delay(job), asked.value_or(0)));
  job.request.reset();
  if (job.gap) {
    job.fill.reset();
    job.pages = 0;
    prepare(job);
  } else if (const auto plan = feed_.plan->cursor_plan(job.stream)) {
    job.request = plan->request;
  }
}

Ns GapFiller::next_delay(Job& job) {
  const int doublings = std::clamp(job.failures, 0, 30);
  ++job.failures;
  const auto longest = static_cast<double>(settings_.retry_max_ns);
  const double base =
      std::min(longest, std::ldexp(static_cast<double>(settings_.retry_initial_ns), doublings));
  // Up to a quarter less, so that recorders that were cut off together do not ask together.
  return static_cast<Ns>(base * (1 - environment_.uniform() / 4));
}

// Not before `delay` has passed, and behind all that waits now: what goes on failing keeps nothing
// else from its turn.
void GapFiller::back_off(Job& job, std::string_view why, Ns delay) {
  const Ns now = mono();
  job.due_mono = now + delay;
  const auto at =
      std::find_if(jobs_.begin(), jobs_.end(), [&](const auto& one) { return one.get() == &job; });
  std::rotate(at, at + 1, jobs_.end());
  const Ns wait = std::max(job.due_mono, paused_until_mono_) - now;
  const std::string what = std::string(why) + "; asking again in " + whole_seconds(wait);
  if (job.gap) put(job, "not filled yet: " + std::string(why));
  log(Severity::warning, job.stream,
      (job.gap ? "the gap is not filled yet: " : "no cursor yet: ") + what);
}

}  // namespace tapedeck
