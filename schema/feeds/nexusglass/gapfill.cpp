// NexusGlass's gap-fill: `after=` pages of the event history (section "Gap recovery"; the answer's
// shape and the limit are assumed, docs/feeds/nexusglass.md). Only the event endpoint has one.
#include <charconv>
#include <cstdint>
#include <string>

#include "schema/base/text.h"
#include "schema/feeds/nexusglass/parts.h"
#include "schema/feeds/nexusglass/wire.h"

namespace tapedeck::nexusglass {

namespace {

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

// Pages upwards from the cursor until nothing greater comes, or until events that the socket has
// brought since. Then it looks whether the history still held the event before the gap: an answer
// that begins later may have lost what lay between. What the socket has brought since must be in an
// answer, too: one that lacks it may be old, or another epoch's. Where it has brought nothing yet,
// the history is given time to hold what was sent last.
class EventFill final : public GapFill {
 public:
  EventFill(const Settings& settings, const Gap& gap)
      : settings_(settings),
        to_ns_(gap.to_ns.value_or(gap.from_ns)),
        cursor_(gap.after_cursor.value_or("")),
        position_(cursor_) {}

  GapMethod method() const override { return GapMethod::after; }
  // Identifiers tell, from the cursor on.
  bool trusts_clocks() const override { return cursor_.empty(); }

  void start(FillActions& actions) override { ask_after(position_, actions); }

  void on_page(const RestPage& page, FillActions& actions) override {
    has_right_edge_ = has_right_edge_ || page.meets_after;
    switch (phase_) {
      case Phase::paging:
        return on_events(page, actions);
      case Phase::proving:
        return on_proof(page, actions);
      case Phase::new_epoch:
        return on_new_epoch(page, actions);
    }
  }

  void on_answer(const RestResponse& response, FillActions& actions) override {
    std::string why = describe_answer(response);
    if (response.status == 401 || response.status == 403) {
      why += ": check feeds.nexusglass.api_key, and that its tier covers the event history";
    } else if (response.status == 404) {
      why += ": check feeds.nexusglass.rest_url and feeds.nexusglass.rest.events_path";
    }
    actions.later(why);
  }

 private:
  enum class Phase : std::uint8_t { paging, proving, new_epoch };

  void ask_after(const std::string& id, FillActions& actions, Ns after = 0) {
    RestRequest request;
    request.purpose = "gapfill";
    request.url = settings_.rest_url + settings_.events_path + "?";
    if (!id.empty()) request.url += "after=" + percent_encode(id) + "&";
    request.url += "limit=" + std::to_string(settings_.events_limit);
    request.headers = {{"X-API-Key", settings_.api_key}};
    actions.ask(std::move(request), after);
  }

  bool has_progress(const RestPage& page) const {
    return !page.last.empty() && (position_.empty() || id_less(position_, page.last));
  }

  void on_events(const RestPage& page, FillActions& actions) {
    if (is_first_ && cursor_.empty()) has_left_edge_ = page.meets_before;
    if (is_first_) told_from_ = page.first;
    is_first_ = false;
    if (has_progress(page)) {
      position_ = page.last;
      if (!page.meets_after) return ask_after(position_, actions);
    } else if (page.is_behind) {
      return actions.later("the history does not hold yet what the socket has brought");
    }
    prove(page, actions);
  }

  void prove(const RestPage& page, FillActions& actions) {
    const auto number = whole_number(cursor_);
    if (is_proven_ || !number || *number == 0) return conclude(page, actions);
    phase_ = Phase::proving;
    ask_after(std::to_string(*number - 1), actions);
  }

  void on_proof(const RestPage& page, FillActions& actions) {
    if (page.meets_before && !told_from_.empty() && id_less(page.last, told_from_)) {
      return actions.later("two answers do not meet behind event " + cursor_);
    }
    has_left_edge_ = page.meets_before;
    if (has_left_edge_ || page.items > 0) {
      is_proven_ = true;
      phase_ = Phase::paging;
      if (!id_less(position_, page.last)) return conclude(page, actions);
      // It knows of more than the answers before it.
      position_ = page.last;
      return page.meets_after ? conclude(page, actions) : ask_after(position_, actions);
    }
    // Nothing at all from the cursor on, not even the cursor's own event: ids may have begun anew.
    phase_ = Phase::new_epoch;
    position_ = "0";
    ask_after(position_, actions);
  }

  void on_new_epoch(const RestPage& page, FillActions& actions) {
    if (!has_progress(page) || page.meets_after) {
      return actions.end(GapStatus::partial,
                         "the history no longer holds event " + cursor_ +
                             ", after which the gap begins: ids began anew, or it is too old");
    }
    position_ = page.last;
    ask_after(position_, actions);
  }

  // `page`: the last one.
  void conclude(const RestPage& page, FillActions& actions) {
    if (has_left_edge_ && !has_right_edge_) {
      if (!page.doubt.empty()) return actions.later("the history is not as of now: " + page.doubt);
      const Ns settles_in = to_ns_ + settings_.settle_ns - page.recv_ns;
      if (settles_in > 0) return ask_after(position_, actions, settles_in);
    }
    if (has_left_edge_) return actions.end(GapStatus::filled, "the history has both its edges");
    actions.end(GapStatus::partial,
                cursor_.empty() ? "the history shows nothing from before it"
                                : "the history begins after event " + cursor_ +
                                      ", after which the gap begins: what lay between is gone");
  }

  const Settings& settings_;
  const Ns to_ns_;
  const std::string cursor_;
  std::string position_;
  std::string told_from_;  // the first event of the first answer
  Phase phase_ = Phase::paging;
  bool is_first_ = true;
  bool is_proven_ = false;  // what its left edge is
  bool has_left_edge_ = false;
  bool has_right_edge_ = false;
};

}  // namespace

std::unique_ptr<GapFill> make_fill(const Settings& settings, const FillTask& task) {
  if (task.gap.stream != kEventEndpoint) return nullptr;
  return std::make_unique<EventFill>(settings, task.gap);
}

}  // namespace tapedeck::nexusglass
