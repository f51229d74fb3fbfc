#include "schema/feeds/marketai/gapfill.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "schema/base/text.h"
#include "schema/feeds/marketai/candles.h"
#include "schema/feeds/marketai/wire.h"

namespace tapedeck::marketai {

namespace {

// What the socket has brought and REST does not hold yet is waited for as long as this.
constexpr Ns kLagMax = 900 * kNsPerSec;
// An event this long before the gap proves that the history reaches back to it.
constexpr std::int64_t kProofMs = 86'400'000;
// A candle of unknown length may have opened as long as this before it closed.
constexpr Ns kIntervalMax = 86'400 * kNsPerSec;

// A channel without a path.
class NoFill final : public GapFill {
 public:
  explicit NoFill(std::string why) : why_(std::move(why)) {}
  GapMethod method() const override { return GapMethod::none; }
  void start(FillActions& actions) override { actions.end(GapStatus::unfillable, why_); }
  void on_page(const RestPage& /*page*/, FillActions& actions) override { start(actions); }

 private:
  std::string why_;
};

// Everything of one channel, one question after the other: one a symbol, or one for all. Each is
// paged through from the gap's beginning until nothing newer comes.
//
// Events and candles are proven to be whole on the left by something that was received before the
// gap or is older than it, on the right by something that was received after it; candles also by
// the clock. A state proves nothing: what it was in between nobody tells.
class ChannelFill final : public GapFill {
 public:
  ChannelFill(const Settings& settings, const Channel& channel, const FillTask& task)
      : settings_(settings),
        channel_(channel),
        floor_ns_(task.gap.floor_ns),
        to_ns_(task.gap.to_ns.value_or(task.gap.from_ns)) {
    for (const Subscription& one : settings.subscriptions) {
      if (one.channel == channel.name) wanted_ = one.symbols;
    }
    for (const std::string& name : task.symbols) {
      Question known{name, ""};
      if (channel.nature == Nature::candle) {
        auto [symbol, interval] = split_series(name);
        known = {std::move(symbol), std::move(interval)};
      }
      if (is_wanted(known.symbol)) known_.push_back(std::move(known));
    }
    questions_ = first_questions();
  }

  GapMethod method() const override {
    return channel_.nature == Nature::state ? GapMethod::snapshot : GapMethod::after;
  }

  void start(FillActions& actions) override { begin(actions); }

  void on_page(const RestPage& page, FillActions& actions) override {
    has_left_ = has_left_ || page.meets_before;
    if (is_proving_) return next(page, actions);
    has_right_ = has_right_ || page.meets_after;
    if (!page.is_whole && move_on(page)) return ask(from_ms_, to_ms_, actions);
    if (channel_.nature == Nature::state || page.is_whole || has_left_) return next(page, actions);
    is_proving_ = true;
    last_ = page;
    const std::int64_t before_ms = first_ms() - 1;
    ask(std::max<std::int64_t>(before_ms - kProofMs, 0), before_ms, actions, 1);
  }

  void on_answer(const RestResponse& response, FillActions& actions) override {
    const bool is_question_wrong = response.status == 400 || response.status == 422;
    const bool is_about_all = questions_[at_].symbol.empty() && wanted_.empty();
    if (is_question_wrong && is_about_all && !known_.empty()) {
      // It wants to know of which symbol: those that are known.
      questions_ = known_;
      at_ = 0;
      are_others_unknown_ = true;
      return begin(actions);
    }
    const std::string key = "feeds.marketai.rest." + std::string(channel_.rest_key);
    std::string why = describe_answer(response);
    if (response.status == 401 || response.status == 403) {
      why += ": check feeds.marketai.api_key, and that its tier covers " + key;
    } else if (response.status == 404) {
      why += ": check feeds.marketai.rest_url and " + key + " (null: none)";
    } else if (is_question_wrong && is_about_all) {
      why += ": it may want a symbol, and none is known of this stream yet; check " + key +
             " (null: none)";
    } else if (is_question_wrong) {
      why += ": check " + key + " (null: none) and feeds.marketai.rest.limit";
    }
    actions.later(why);
  }

 private:
  struct Question {
    std::string symbol;    // empty: all
    std::string interval;  // of candles; empty: whatever the service takes it for
  };

  bool is_wanted(const std::string& symbol) const {
    return wanted_.empty() || std::find(wanted_.begin(), wanted_.end(), symbol) != wanted_.end();
  }

  std::vector<Question> first_questions() const {
    std::vector<Question> questions;
    // Of events also those count that are about symbols which were never heard of.
    if (channel_.nature != Nature::event && wanted_.empty()) questions = known_;
    for (const std::string& symbol : wanted_) {
      const std::size_t before = questions.size();
      if (channel_.nature == Nature::candle) {
        std::copy_if(known_.begin(), known_.end(), std::back_inserter(questions),
                     [&](const Question& known) { return known.symbol == symbol; });
      }
      if (questions.size() == before) questions.push_back({symbol, ""});
    }
    if (questions.empty()) questions.emplace_back();
    return questions;
  }

  // From when to ask: a candle that closes in the gap has opened before.
  std::int64_t first_ms() const {
    Ns from_ns = floor_ns_;
    if (channel_.nature == Nature::candle) {
      from_ns -= interval_length(questions_[at_].interval).value_or(kIntervalMax);
    }
    return std::max<Ns>(from_ns, 0) / kNsPerMs;
  }

  void begin(FillActions& actions) {
    has_left_ = has_right_ = is_cut_ = goes_back_ = is_proving_ = false;
    from_ms_ = first_ms();
    // Events after the gap show that the history has come so far.
    to_ms_ = (to_ns_ + (channel_.nature == Nature::state ? 0 : kLagMax)) / kNsPerMs + 1;
    ask(from_ms_, to_ms_, actions);
  }

  void ask(std::int64_t from_ms, std::int64_t to_ms, FillActions& actions) const {
    ask(from_ms, to_ms, actions, settings_.rest_limit);
  }
  void ask(std::int64_t from_ms, std::int64_t to_ms, FillActions& actions, int limit) const {
    const Question& question = questions_[at_];
    RestRequest request;
    request.purpose = channel_.nature == Nature::state ? "snapshot" : "gapfill";
    std::string& url = request.url;
    url = settings_.rest_url + settings_.rest_paths[index_of(channel_)];
    char separator = url.find('?') == std::string::npos ? '?' : '&';
    const auto add = [&](std::string_view name, const std::string& value) {
      url.append(1, separator).append(name).append("=").append(percent_encode(value));
      separator = '&';
    };
    if (!question.symbol.empty()) add(channel_.symbol_member, question.symbol);
    if (!question.interval.empty()) add("interval", question.interval);
    add("from", std::to_string(from_ms));
    add("to", std::to_string(to_ms));
    add("limit", std::to_string(limit));
    request.headers = {{"Authorization", "Bearer " + settings_.api_key}};
    actions.ask(std::move(request));
  }

  // To the next page; false when there is none. Services cut pages shorter than they are asked to,
  // so that for events only a page without anything newer (or older, where the newest come first)
  // is the last.
  bool move_on(const RestPage& page) {
    const bool is_full = page.items >= settings_.rest_limit;
    if (page.items == 0 || !page.newest_ns || !page.oldest_ns) return false;
    if (channel_.nature == Nature::state && !is_full) return false;
    goes_back_ = goes_back_ || page.is_newest_first;
    std::int64_t& edge_ms = goes_back_ ? to_ms_ : from_ms_;
    const std::int64_t reached_ms = (goes_back_ ? *page.oldest_ns : *page.newest_ns) / kNsPerMs;
    if (goes_back_ ? reached_ms < edge_ms : reached_ms > edge_ms) {
      edge_ms = reached_ms;
    } else if (is_full && reached_ms == edge_ms) {
      // More in one millisecond than a page holds: what there is beyond the page is out of reach.
      is_cut_ = true;
      edge_ms += goes_back_ ? -1 : 1;
    } else {
      return false;
    }
    return from_ms_ <= to_ms_;
  }

  // The question in hand is answered.
  void next(const RestPage& page, FillActions& actions) {
    if (channel_.nature != Nature::state) weigh(is_proving_ ? last_ : page);
    if (++at_ < questions_.size()) return begin(actions);
    if (channel_.nature == Nature::state) {
      return actions.end(GapStatus::partial, "it is a state: what it was in between is not known");
    }
    if (!wait_for_.empty()) return actions.later(wait_for_);
    if (!missing_.empty()) return actions.end(GapStatus::partial, missing_);
    if (are_others_unknown_) {
      return actions.end(GapStatus::partial,
                         "only the symbols that were heard of could be asked for");
    }
    actions.end(GapStatus::filled, channel_.nature == Nature::candle
                                       ? "every candle that closed in it is there"
                                       : "the history overlaps what was received before and after");
  }

  void weigh(const RestPage& page) {
    const Question& question = questions_[at_];
    if (channel_.nature == Nature::candle && question.interval.empty()) {
      missing_ = "no interval was known to ask for";
      return;
    }
    // By the clock there must be another candle, whatever else the history holds.
    const bool is_late = channel_.nature == Nature::candle && page.is_behind;
    if (page.is_whole || (has_left_ && has_right_ && !is_cut_ && !is_late)) return;
    const std::string of = question.symbol.empty() ? ""
                           : question.interval.empty()
                               ? question.symbol + ": "
                               : question.symbol + " " + question.interval + ": ";
    if (!has_right_ || is_late) {
      const Ns waited = page.recv_ns - to_ns_;
      const std::string what = page.is_behind
                                   ? "the history does not hold yet what there must be"
                                   : "nothing has come since by which its end could be proven";
      if (waited < (page.is_behind ? kLagMax : settings_.rest_wait)) wait_for_ = of + what;
      if (missing_.empty()) missing_ = of + what;
    } else if (missing_.empty()) {
      missing_ = of + (is_cut_ ? "more events in one millisecond than a page holds"
                               : "the history does not reach back to before it");
    }
  }

  const Settings& settings_;
  const Channel& channel_;
  const Ns floor_ns_;
  const Ns to_ns_;
  std::vector<std::string> wanted_;  // the subscription's; empty: all
  std::vector<Question> known_;      // what the stream has been about
  std::vector<Question> questions_;
  std::size_t at_ = 0;  // the question in hand
  bool are_others_unknown_ = false;

  // The question in hand.
  std::int64_t from_ms_ = 0;
  std::int64_t to_ms_ = 0;
  bool has_left_ = false;
  bool has_right_ = false;
  bool is_cut_ = false;
  bool goes_back_ = false;   // pages come newest first
  bool is_proving_ = false;  // whether the history reaches back to before the gap
  RestPage last_;            // the page before that

  std::string wait_for_;  // why to ask again later
  std::string missing_;   // why it is not filled
};

}  // namespace

std::unique_ptr<GapFill> make_fill(const Settings& settings, const FillTask& task) {
  const Channel* channel = find_channel(task.gap.stream);
  if (channel == nullptr) return nullptr;
  if (settings.rest_paths[index_of(*channel)].empty()) {
    return std::make_unique<NoFill>("no path is known to ask for it (feeds.marketai.rest." +
                                    std::string(channel->rest_key) + ")");
  }
  return std::make_unique<ChannelFill>(settings, *channel, task);
}

}  // namespace tapedeck::marketai
