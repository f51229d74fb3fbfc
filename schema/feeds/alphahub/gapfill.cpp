#include "schema/feeds/alphahub/gapfill.h"

#include <algorithm>
#include <string>
#include <utility>

#include "schema/feeds/alphahub/login.h"
#include "schema/feeds/alphahub/wire.h"

namespace tapedeck::alphahub {

namespace {

constexpr Ns kDay = Ns{24} * 3'600 * kNsPerSec;

// Logs in unless there is a token, asks from some days before the gap, and goes on from the newest
// day of each answer until nothing newer comes: an answer that the service cut off at either end is
// told from a whole one.
class SignalFill final : public GapFill {
 public:
  SignalFill(const Settings& settings, Tokens& tokens, const Gap& gap)
      : settings_(settings),
        tokens_(tokens),
        algorithm_(algorithm_of(gap.stream)),
        first_ns_(gap.floor_ns - settings.rest.overlap_days * kDay),
        last_ns_(gap.to_ns.value_or(gap.from_ns) + settings.rest.history.clock_slack_ns),
        first_date_(date_of(first_ns_, settings.zone)),
        date_(first_date_) {}

  GapMethod method() const override { return GapMethod::after; }
  // What is less is made up for: signals' own times are compared with those of their receipt.
  Ns clocks_apart_max() const override { return settings_.rest.history.clock_slack_ns; }

  void start(FillActions& actions) override {
    token_ = tokens_.young(actions.mono_ns());
    if (token_.empty()) return log_in(actions);
    ask_signals(0, actions);
  }

  void on_answer(const RestResponse& response, FillActions& actions) override {
    if (is_logging_in_) return on_login(response, actions);
    const bool is_refused = response.status == 401 || response.status == 403;
    if (is_refused && !has_new_token_) {
      has_new_token_ = true;
      tokens_.drop(token_);
      return start(actions);
    }
    std::string why = describe_answer(response);
    if (is_refused) {
      why +=
          ": use an account in feeds.alphahub.email that has access to the algorithm, or take it "
          "out of feeds.alphahub.algorithms";
    } else if (response.status == 400 || response.status == 404 || response.status == 422) {
      why +=
          ": check feeds.alphahub.rest_url, feeds.alphahub.rest.signals_path and "
          "feeds.alphahub.algorithms";
    }
    actions.later(why);
  }

  void on_page(const RestPage& page, FillActions& actions) override {
    const bool is_whole = page.items < settings_.rest.whole_below;
    if (is_first_) {
      // A short answer is no proof: the service may have forgotten, or have begun anew.
      has_left_edge_ = page.meets_before;
    } else if (page.oldest_ns > told_until_ns_) {
      has_left_edge_ = false;  // what lay between the two answers is in neither
    }
    told_until_ns_ = std::max(is_first_ ? Int() : told_until_ns_, page.newest_ns);
    is_behind_ = is_behind_ && page.is_behind;
    settles_in_ = is_first_ ? page.settles_in : std::min(settles_in_, page.settles_in);
    if (doubt_.empty()) doubt_ = page.doubt;
    is_first_ = false;
    if (!is_whole && page.newest_ns > first_ns_ && page.newest_ns <= last_ns_) {
      std::string newest = date_of(*page.newest_ns, settings_.zone);
      if (newest > date_) {
        date_ = std::move(newest);
        return ask_signals(0, actions);
      }
    }
    conclude(actions);
  }

 private:
  void log_in(FillActions& actions) {
    is_logging_in_ = true;
    login_mono_ns_ = actions.mono_ns();
    actions.ask(login_request(settings_));
  }

  void on_login(const RestResponse& response, FillActions& actions) {
    is_logging_in_ = false;
    LoginAnswer answer = read_login(response);
    for (const std::string& secret : answer.secrets) actions.learn_secret(secret);
    if (answer.token.empty()) return actions.later(answer.why);
    token_ = std::move(answer.token);
    tokens_.keep(token_, login_mono_ns_);
    ask_signals(0, actions);
  }

  void ask_signals(Ns after, FillActions& actions) const {
    RestRequest request;
    request.purpose = "gapfill";
    std::string path = settings_.rest.signals;
    path.replace(path.find(kIdPlace), kIdPlace.size(), algorithm_);
    request.url = settings_.rest_url + path + "?after=" + date_;
    request.headers = {{"Authorization", token_}};
    actions.ask(std::move(request), after);
  }

  void conclude(FillActions& actions) {
    if (settles_in_ > 0) {
      date_ = first_date_;
      doubt_.clear();
      is_first_ = is_behind_ = true;
      return ask_signals(settles_in_, actions);
    }
    if (is_behind_) {
      return actions.later("the history does not hold yet what the socket has brought");
    }
    if (!doubt_.empty()) return actions.end(GapStatus::partial, doubt_);
    if (has_left_edge_) return actions.end(GapStatus::filled, "the history has both its edges");
    actions.end(GapStatus::partial,
                "the history holds nothing from before it: its older end may be gone "
                "(feeds.alphahub.rest.overlap_days asks further back)");
  }

  const Settings& settings_;
  Tokens& tokens_;
  const std::string algorithm_;
  const Ns first_ns_;  // from this day on is asked
  const Ns last_ns_;   // by their own time, signals after this are not the gap's
  const std::string first_date_;
  std::string date_;  // from which the last answer was asked
  std::string token_;
  std::optional<Ns> login_mono_ns_;  // when the last login was asked for
  std::string doubt_;
  bool is_logging_in_ = false;
  bool has_new_token_ = false;  // since a refusal
  bool is_first_ = true;
  bool has_left_edge_ = false;
  Int told_until_ns_;      // by their own time, the newest signal of the answers so far
  bool is_behind_ = true;  // every answer so far
  Ns settles_in_ = 0;      // the least of the answers so far
};

}  // namespace

std::unique_ptr<GapFill> make_fill(const Settings& settings, Tokens& tokens, const FillTask& task) {
  if (!is_algorithm_id(algorithm_of(task.gap.stream))) return nullptr;
  return std::make_unique<SignalFill>(settings, tokens, task.gap);
}

}  // namespace tapedeck::alphahub
