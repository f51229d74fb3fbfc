// The trades of a gap: `after_trade_id=` pages, ascending and exclusive.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "schema/feeds/hypercall/gapfill.h"
#include "schema/feeds/hypercall/wire.h"

namespace tapedeck::hypercall {

namespace {

// With a cursor: the page after it; then one that begins a little before it, which proves that the
// history still reaches back to it and shows the cursor's own look-alikes; then upwards until
// trades that the socket has brought since, or until none follow.
//
// Without a cursor, or when the identifiers began anew: downwards from the newest trade, window by
// window, until one that is older than the gap; then upwards as above.
class TradeFill final : public GapFill {
 public:
  TradeFill(const Settings& settings, const Gap& gap)
      : settings_(settings),
        limit_(static_cast<std::uint64_t>(settings.rest.limit)),
        cursor_(whole_number(gap.after_cursor.value_or(""))) {
    // There was no trade yet: nothing by which to know the epoch again.
    if (cursor_ == 0U) cursor_.reset();
  }

  GapMethod method() const override { return GapMethod::after; }
  // Identifiers tell, and the clocks' distance is measured (ServerClock).
  bool trusts_clocks() const override { return false; }

  void start(FillActions& actions) override {
    if (!cursor_) return ask_newest(actions);
    position_ = *cursor_;
    ask_after(position_, Phase::first, actions);
  }

  void on_page(const RestPage& page, FillActions& actions) override {
    meets_after_ = meets_after_ || page.meets_after;
    is_behind_ = page.is_behind;
    switch (phase_) {
      case Phase::first:
        return on_first(page, actions);
      case Phase::proof:
        return on_proof(page, actions);
      case Phase::upwards:
        climb(page);
        return go_on(actions);
      case Phase::newest:
        return on_newest(page, actions);
      case Phase::downwards:
        return on_window(page, actions);
    }
  }

  void on_answer(const RestResponse& response, FillActions& actions) override {
    actions.later(remedy(response, "trades_path"));
  }

 private:
  enum class Phase : std::uint8_t { first, proof, upwards, newest, downwards };

  void ask_after(std::uint64_t id, Phase phase, FillActions& actions) {
    phase_ = phase;
    actions.ask(get(settings_, "gapfill",
                    settings_.rest.trades + "?after_trade_id=" + std::to_string(id) +
                        "&limit=" + std::to_string(limit_)));
  }
  void ask_newest(FillActions& actions) {
    phase_ = Phase::newest;
    actions.ask(get(settings_, "gapfill", settings_.rest.trades + "?limit=1"));
  }

  // Goes to the end of what the answers hold without a hole; it is the end of all when it did not
  // move, or when the page says that nothing follows.
  void climb(const RestPage& page) {
    const auto last = whole_number(page.last);
    const bool is_further = last && *last > position_;
    if (is_further) position_ = *last;
    is_at_end_ = !is_further || page.next.empty();
  }

  void go_on(FillActions& actions) {
    if (meets_after_) return conclude(actions);
    if (!is_at_end_) return ask_after(position_, Phase::upwards, actions);
    if (is_behind_)
      return actions.later("the history does not hold yet what the socket has brought");
    conclude(actions);
  }

  void conclude(FillActions& actions) const {
    if (has_left_edge_) return actions.end(GapStatus::filled, "the history has both its edges");
    actions.end(GapStatus::partial, left_why_);
  }

  // ---- from a cursor ----

  void on_first(const RestPage& page, FillActions& actions) {
    climb(page);
    told_from_ = whole_number(page.first);
    const auto overlap = static_cast<std::uint64_t>(settings_.rest.overlap);
    ask_after(*cursor_ > overlap ? *cursor_ - overlap : 0, Phase::proof, actions);
  }

  void on_proof(const RestPage& page, FillActions& actions) {
    const auto first = whole_number(page.first);
    const bool is_anew = first ? *first <= *cursor_ && !page.meets_before : position_ == *cursor_;
    if (is_anew) {
      // Nothing at all from the cursor on, not even its own trade; or another trade in its place.
      cursor_was_ = cursor_;
      meets_after_ = false;
      return ask_newest(actions);
    }
    has_left_edge_ = page.meets_before || (first && *first == *cursor_ + 1);
    left_why_ = "the history begins after trade " + std::to_string(*cursor_) +
                ", after which the gap begins: what lay between is gone";
    const auto last = whole_number(page.last);
    if (page.meets_before && last && told_from_ && *last < *told_from_) {
      return actions.later("two answers do not meet behind trade " + std::to_string(*cursor_));
    }
    if (last && *last > position_) climb(page);
    go_on(actions);
  }

  // ---- without one ----

  void on_newest(const RestPage& page, FillActions& actions) {
    const auto newest = whole_number(page.last);
    if (!newest) {
      left_why_ = cursor_was_ ? "the history is empty, though it held trade " +
                                    std::to_string(*cursor_was_) + " before"
                              : "the history is empty: it shows nothing older than the gap";
      is_at_end_ = true;
      return go_on(actions);
    }
    top_ = *newest;
    highest_ = top_;
    step_ = limit_;
    open_window(actions);
  }

  void open_window(FillActions& actions) {
    bottom_ = top_ > step_ ? top_ - step_ : 0;
    position_ = bottom_;
    lowest_.reset();
    ask_after(bottom_, Phase::downwards, actions);
  }

  void on_window(const RestPage& page, FillActions& actions) {
    reaches_back_ = reaches_back_ || page.meets_before;
    if (!lowest_) lowest_ = whole_number(page.first);
    climb(page);
    highest_ = std::max(highest_, position_);
    if (!is_at_end_ && position_ < top_) return ask_after(position_, Phase::downwards, actions);
    if (position_ < top_) {
      return actions.later("two answers do not meet below trade " + std::to_string(top_));
    }
    if (!reaches_back_ && bottom_ > 0) {
      // Nothing in the window: a hole in the identifiers, or the history's begin.
      if (!lowest_ || *lowest_ > top_) step_ *= 2;
      top_ = bottom_;
      return open_window(actions);
    }
    settle_left_edge();
    if (meets_after_) return conclude(actions);
    position_ = highest_;
    ask_after(position_, Phase::upwards, actions);
  }

  void settle_left_edge() {
    if (cursor_was_) {
      left_why_ = "the history no longer holds trade " + std::to_string(*cursor_was_) +
                  ", after which the gap begins: identifiers began anew, or it is too old";
      return;
    }
    has_left_edge_ = reaches_back_;
    left_why_ = "the history begins with trade " + std::to_string(lowest_.value_or(0)) +
                ", which is not older than the gap";
  }

  const Settings& settings_;
  const std::uint64_t limit_;
  std::optional<std::uint64_t> cursor_;
  std::optional<std::uint64_t> cursor_was_;  // of another epoch

  Phase phase_ = Phase::first;
  std::optional<std::uint64_t> told_from_;  // the first trade that was told after the cursor
  std::uint64_t position_ = 0;              // told without a hole up to here
  bool is_at_end_ = false;
  bool is_behind_ = false;
  bool meets_after_ = false;
  bool has_left_edge_ = false;
  std::string left_why_;

  // The window (bottom, top] of identifiers that is being asked for.
  std::uint64_t bottom_ = 0;
  std::uint64_t top_ = 0;
  std::uint64_t step_ = 0;
  std::uint64_t highest_ = 0;
  std::optional<std::uint64_t> lowest_;  // the first trade after the window's bottom
  bool reaches_back_ = false;
};

}  // namespace

std::unique_ptr<GapFill> make_trade_fill(const Settings& settings, const Gap& gap) {
  return std::make_unique<TradeFill>(settings, gap);
}

}  // namespace tapedeck::hypercall
