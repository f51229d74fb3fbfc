// Lists that are asked for by offset, newest first. Pages shift while rows are added, and may shift
// the other way, so that each request overlaps the answer before it.
//
// The list has the gap's end when it holds what the socket has brought since. Where the socket has
// brought nothing, it has to begin the same in two readings some time apart.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "schema/feeds/hypercall/gapfill.h"
#include "schema/feeds/hypercall/wire.h"

namespace tapedeck::hypercall {

namespace {

class PageFill final : public GapFill {
 public:
  PageFill(const Settings& settings, std::string path, std::string_view path_key, Ends ends)
      : settings_(settings), path_(std::move(path)), path_key_(path_key), ends_(ends) {}

  GapMethod method() const override { return GapMethod::after; }
  // Identifiers tell, and what was received before the loss (ServiceTimes).
  bool trusts_clocks() const override { return false; }

  void start(FillActions& actions) override { ask(actions); }

  void on_page(const RestPage& page, FillActions& actions) override {
    const bool is_repeated = page.items == 0 || (has_page_ && page.last == last_);
    if (is_repeated && static_cast<std::uint64_t>(page.items) > overlap_) {
      return actions.end(GapStatus::partial, "the pages do not advance");
    }
    if (has_page_ && !is_repeated && page.newest_ns && oldest_ns_ &&
        *page.newest_ns < *oldest_ns_) {
      return actions.later("two pages do not meet: the list shifted by more than the overlap");
    }
    meets_after_ = meets_after_ || page.meets_after;
    if (!has_page_) {
      is_behind_ = page.is_behind;
      first_ = page.first;
    }
    has_page_ = true;
    last_ = page.last;
    oldest_ns_ = page.oldest_ns;
    if (page.meets_before || is_repeated || page.next.empty()) return conclude(page, actions);
    // As many rows as the service gave, however many were asked for.
    const std::uint64_t behind = whole_number(page.next).value_or(0);
    const auto given = static_cast<std::uint64_t>(page.items);
    overlap_ = std::min(static_cast<std::uint64_t>(settings_.rest.overlap), given / 2);
    offset_ = std::max(behind - overlap_, offset_ + 1);
    ask(actions);
  }

  void on_answer(const RestResponse& response, FillActions& actions) override {
    std::string why = remedy(response, path_key_);
    if (response.status == 400 || response.status == 404) why += " and feeds.hypercall.wallet";
    actions.later(why);
  }

 private:
  void ask(FillActions& actions, Ns wait = 0) {
    actions.ask(get(settings_, "gapfill",
                    path_ + "&limit=" + std::to_string(settings_.rest.limit) +
                        "&offset=" + std::to_string(offset_)),
                wait);
  }

  void read_again(FillActions& actions) {
    first_before_ = first_;
    offset_ = overlap_ = 0;
    has_page_ = false;
    oldest_ns_.reset();
    ask(actions, kRestLagNs);
  }

  void conclude(const RestPage& page, FillActions& actions) {
    if (is_behind_ && !meets_after_) {
      return actions.later("the list does not hold yet what the socket has brought");
    }
    if (ends_ == Ends::filled && !meets_after_ && first_before_ != first_) {
      return read_again(actions);
    }
    if (!page.doubt.empty()) {
      return actions.end(GapStatus::partial, page.doubt + ": older ones may be gone");
    }
    const std::string reach =
        page.meets_before ? "the list reaches back beyond the gap" : "the list was read to its end";
    if (ends_ == Ends::filled) return actions.end(GapStatus::filled, reach);
    actions.end(GapStatus::partial,
                reach + "; it tells states as they are now, not those that lay between");
  }

  const Settings& settings_;
  const std::string path_;
  const std::string path_key_;
  const Ends ends_;
  std::uint64_t offset_ = 0;
  std::uint64_t overlap_ = 0;  // rows of the last answer that the next one has again
  bool has_page_ = false;
  bool meets_after_ = false;
  bool is_behind_ = false;                   // the newest page
  std::string first_;                        // the newest row
  std::optional<std::string> first_before_;  // of the reading before
  std::string last_;
  Int oldest_ns_;
};

}  // namespace

std::unique_ptr<GapFill> make_page_fill(const Settings& settings, const std::string& path,
                                        std::string_view path_key, Ends ends) {
  return std::make_unique<PageFill>(settings, path, path_key, ends);
}

}  // namespace tapedeck::hypercall
