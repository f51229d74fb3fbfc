// Alterscope's gap-fill: "a single REST query for the affected opportunities right after reconnect"
// (section 3). Path and answer are assumed, docs/feeds/alterscope.md.
#include <set>
#include <string>

#include "schema/base/text.h"
#include "schema/feeds/alterscope/parts.h"
#include "schema/feeds/alterscope/wire.h"

namespace tapedeck::alterscope {

namespace {

// Asks for the opportunity's factors page by page. They are state and no history: the gap never
// ends `filled`.
class StateFill final : public GapFill {
 public:
  StateFill(const Settings& settings, const Gap& gap)
      : settings_(settings), opportunity_(gap.stream) {}

  GapMethod method() const override { return GapMethod::snapshot; }

  void start(FillActions& actions) override { ask_page("", actions); }

  void on_page(const RestPage& page, FillActions& actions) override {
    is_behind_ = is_behind_ || page.is_behind;
    if (doubt_.empty()) doubt_ = page.doubt;
    if (!page.next.empty()) {
      if (cursors_.insert(page.next).second) return ask_page(page.next, actions);
      doubt_ = "the answer's pages repeat";
    }
    if (is_behind_) {
      return actions.later("the service tells an older state than the socket has brought");
    }
    actions.end(GapStatus::partial,
                "the service tells what factors are now, not how they became so" +
                    (doubt_.empty() ? "" : "; " + doubt_));
  }

  void on_answer(const RestResponse& response, FillActions& actions) override {
    std::string why = describe_answer(response);
    if (response.status == 401 || response.status == 403) {
      why +=
          ": check feeds.alterscope.api_key, that the key has the scope read:yield:detail, and its "
          "organisation's tier";
    } else if (response.status == 400 || response.status == 404 || response.status == 422) {
      why +=
          ": check feeds.alterscope.rest_url, feeds.alterscope.rest.factors_path and "
          "feeds.alterscope.opportunities";
    }
    actions.later(why);
  }

 private:
  void ask_page(const std::string& cursor, FillActions& actions) const {
    RestRequest request;
    request.purpose = "snapshot";
    request.url = settings_.rest_url + factors_path(settings_.factors_path, opportunity_) + "?";
    if (!settings_.categories.empty()) {
      request.url += "categories=" + percent_encode(join(settings_.categories, ","), ",") + "&";
    }
    request.url += percent_encode("page[limit]") + "=" + std::to_string(settings_.page_limit);
    if (!cursor.empty()) {
      request.url += "&" + percent_encode("page[cursor]") + "=" + percent_encode(cursor);
    }
    if (settings_.auth == Auth::query) request.url += "&token=" + percent_encode(settings_.api_key);
    request.headers = auth_headers(settings_);
    actions.ask(std::move(request));
  }

  const Settings& settings_;
  const std::string opportunity_;
  std::set<std::string> cursors_;  // asked for so far
  std::string doubt_;
  bool is_behind_ = false;
};

}  // namespace

std::unique_ptr<GapFill> make_fill(const Settings& settings, const FillTask& task) {
  return std::make_unique<StateFill>(settings, task.gap);
}

}  // namespace tapedeck::alterscope
