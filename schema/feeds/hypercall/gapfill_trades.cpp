// The trades of a gap: `after_trade_id=` pages, ascending and exclusive.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "schema/feeds/hypercall/gapfill.h"
#include "schema/feeds/hypercall/wire.h"

namespace tapedeck::hypercall {

namespace {

// Reads one chain of answers, from a trade before the gap upwards. Each answer holds the last trade
// of the one before it, so that all are of one history and nothing lies between them; trades of
// another epoch, or an answer that was given before, break the chain. It ends at a trade that the
// socket has brought since the gap; where the socket has brought none, at a trade that none follows
// in two answers some time apart.
//
// The chain begins a little before the cursor. Without one, or when what is there now is not what
// the cursor was taken from, it begins at a place that is looked for downwards from the newest
// trade, in steps that double.
class TradeFill final : public GapFill {
 public:
  TradeFill(const Settings& settings, const Gap& gap)
      : settings_(settings),
        // An answer of one trade would hold nothing but the last one.
        limit_(static_cast<std::uint64_t>(std::max(settings.rest.limit, 2))),
        cursor_(whole_number(gap.after_cursor.value_or(""))) {
    // There was no trade yet: nothing by which to know the epoch again.
    if (cursor_ == 0U) cursor_.reset();
  }

  GapMethod method() const override { return GapMethod::after; }
  // What was received before the loss tells the service's time then (ServiceTimes).
  bool trusts_clocks() const override { return false; }

  void start(FillActions& actions) override {
    if (!cursor_) return ask_newest(actions);
    const auto overlap = static_cast<std::uint64_t>(settings_.rest.overlap);
    ask_after(*cursor_ > overlap ? *cursor_ - overlap : 0, Phase::begin, actions);
  }

  void on_page(const RestPage& page, FillActions& actions) override {
    switch (phase_) {
      case Phase::newest:
        return on_newest(page, actions);
      case Phase::begin:
        return on_begin(page, actions);
      case Phase::upwards:
        if (!page.goes_on) {
          return actions.later("two answers do not meet at trade " + std::to_string(position_));
        }
        return climb(page, actions);
    }
  }

  void on_answer(const RestResponse& response, FillActions& actions) override {
    actions.later(remedy(response, "trades_path"));
  }

 private:
  enum class Phase : std::uint8_t { newest, begin, upwards };

  void ask_after(std::uint64_t id, Phase phase, FillActions& actions, Ns wait = 0) {
    phase_ = phase;
    asked_after_ = id;
    actions.ask(get(settings_, "gapfill",
                    settings_.rest.trades + "?after_trade_id=" + std::to_string(id) +
                        "&limit=" + std::to_string(limit_)),
                wait);
  }
  // The next answer holds the trade at `position_` once more.
  void ask_on(FillActions& actions, Ns wait = 0) {
    ask_after(position_ > 0 ? position_ - 1 : 0, Phase::upwards, actions, wait);
  }

  // ---- where to begin ----

  void ask_newest(FillActions& actions) {
    phase_ = Phase::newest;
    actions.ask(get(settings_, "gapfill", settings_.rest.trades + "?limit=1"));
  }

  void on_newest(const RestPage& page, FillActions& actions) {
    newest_ = whole_number(page.last).value_or(0);
    step_ = limit_;
    look_for_begin(actions);
  }

  void look_for_begin(FillActions& actions) {
    ask_after(newest_ > step_ ? newest_ - step_ : 0, Phase::begin, actions);
    step_ *= 2;
  }

  void on_begin(const RestPage& page, FillActions& actions) {
    if (!page.meets_before && cursor_) {
      // Nothing at all from the cursor on, not even its own trade; or another trade in its place.
      lost_cursor_ = std::exchange(cursor_, std::nullopt);
      return ask_newest(actions);
    }
    if (!page.meets_before && asked_after_ > 0) return look_for_begin(actions);
    has_left_edge_ = page.meets_before;
    first_ = page.first;
    climb(page, actions);
  }

  // ---- from there upwards ----

  void climb(const RestPage& page, FillActions& actions) {
    if (doubt_.empty()) doubt_ = page.doubt;
    if (page.meets_after) return conclude(actions);
    const auto last = whole_number(page.last);
    const bool is_further = last && *last > position_;
    if (is_further) {
      position_ = *last;
      is_end_ = false;
    }
    if (is_further && !page.next.empty()) return ask_on(actions);
    if (page.is_behind) {
      return actions.later("the history does not hold yet what the socket has brought");
    }
    if (!std::exchange(is_end_, true)) return ask_on(actions, kRestLagNs);
    conclude(actions);
  }

  void conclude(FillActions& actions) const {
    if (!has_left_edge_) return actions.end(GapStatus::partial, why_no_left_edge());
    if (!doubt_.empty()) return actions.end(GapStatus::partial, doubt_);
    actions.end(GapStatus::filled, "the history has both its edges");
  }

  std::string why_no_left_edge() const {
    if (lost_cursor_) {
      return "the history does not hold trade " + std::to_string(*lost_cursor_) +
             ", after which the gap begins: identifiers began anew, or it is too old";
    }
    if (first_.empty()) return "the history is empty: it shows nothing older than the gap";
    return "the history begins with trade " + first_ + ", which is not older than the gap";
  }

  const Settings& settings_;
  const std::uint64_t limit_;
  std::optional<std::uint64_t> cursor_;
  std::optional<std::uint64_t> lost_cursor_;  // not found again

  Phase phase_ = Phase::begin;
  std::uint64_t asked_after_ = 0;
  std::uint64_t newest_ = 0;  // from here on downwards a begin is looked for,
  std::uint64_t step_ = 0;    // next by so much

  std::string first_;  // of the chain
  bool has_left_edge_ = false;
  std::uint64_t position_ = 0;  // its last trade so far
  bool is_end_ = false;         // nothing followed it when it was asked for last
  std::string doubt_;
};

}  // namespace

std::unique_ptr<GapFill> make_trade_fill(const Settings& settings, const Gap& gap) {
  return std::make_unique<TradeFill>(settings, gap);
}

}  // namespace tapedeck::hypercall
