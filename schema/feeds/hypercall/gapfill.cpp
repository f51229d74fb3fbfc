#include "schema/feeds/hypercall/gapfill.h"

#include <utility>
#include <vector>

#include "schema/base/text.h"
#include "schema/feeds/hypercall/trade_cursor.h"

namespace tapedeck::hypercall {

namespace {

// State, asked for as it is now. A state is no history: such a gap stays partial.
class StateFill final : public GapFill {
 public:
  StateFill(const Settings& settings, std::vector<std::string> targets, std::string_view path_key)
      : settings_(settings), targets_(std::move(targets)), path_key_(path_key) {}

  GapMethod method() const override {
    return targets_.empty() ? GapMethod::none : GapMethod::snapshot;
  }

  void start(FillActions& actions) override {
    if (targets_.empty()) {
      return actions.end(GapStatus::unfillable, "no instrument is known whose book to ask for");
    }
    ask(actions);
  }

  void on_page(const RestPage& /*page*/, FillActions& actions) override {
    ++told_;
    next(actions);
  }

  // One of several may be gone, such as an expired instrument.
  void on_answer(const RestResponse& response, FillActions& actions) override {
    const bool is_about_one =
        response.status == 400 || response.status == 404 || response.status == 422;
    refusal_ = remedy(response, path_key_);
    if (!is_about_one) return actions.later(refusal_);
    next(actions);
  }

 private:
  void ask(FillActions& actions) { actions.ask(get(settings_, "snapshot", targets_[asked_])); }

  void next(FillActions& actions) {
    if (++asked_ < targets_.size()) return ask(actions);
    if (told_ == 0) return actions.later(refusal_);
    std::string why = "the state as it is now was asked for; what lay between is gone";
    if (told_ < targets_.size()) {
      why += "; " + std::to_string(targets_.size() - told_) + " of " +
             std::to_string(targets_.size()) + " were refused, the last with " + refusal_;
    }
    actions.end(GapStatus::partial, why);
  }

  const Settings& settings_;
  const std::vector<std::string> targets_;
  const std::string path_key_;
  std::string refusal_;
  std::size_t asked_ = 0;
  std::size_t told_ = 0;
};

}  // namespace

RestRequest get(const Settings& settings, std::string_view purpose, const std::string& target) {
  RestRequest request;
  request.purpose = std::string(purpose);
  request.url = settings.rest_url + target;
  return request;
}

std::string remedy(const RestResponse& response, std::string_view path_key) {
  std::string why = describe_answer(response) +
                    ": check feeds.hypercall.rest_url and feeds.hypercall.rest." +
                    std::string(path_key);
  if (response.status == 401 || response.status == 403) why += ", and feeds.hypercall.wallet";
  if (response.status == 400 || response.status == 422) why += " and its limit, overlap and depth";
  return why;
}

std::optional<CursorPlan> cursor_plan(const Settings& settings, std::string_view stream) {
  if (stream != kTrades) return std::nullopt;
  CursorPlan plan;
  plan.request = get(settings, "cursor", settings.rest.trades + "?limit=1");
  plan.every = settings.rest.cursor_ms * kNsPerMs;
  return plan;
}

std::unique_ptr<GapFill> make_fill(const Settings& settings, const FillTask& task) {
  const std::string& stream = task.gap.stream;
  const std::string wallet = "?wallet=" + percent_encode(settings.wallet.value_or(""));
  const RestPaths& rest = settings.rest;
  if (stream == kTrades) return make_trade_fill(settings, task.gap);
  if (stream == "fills") {
    return make_page_fill(settings, rest.fills + wallet, "fills_path", Ends::filled);
  }
  if (stream == "order_updates") {
    return make_page_fill(settings, rest.orders + wallet, "orders_path", Ends::partial);
  }
  std::vector<std::string> targets;
  if (stream == "orderbook") {
    for (const std::string& symbol : task.symbols) {
      targets.push_back(rest.orderbook + "?instrument_id=" + percent_encode(symbol) +
                        "&depth=" + std::to_string(rest.depth));
    }
    return std::make_unique<StateFill>(settings, std::move(targets), "orderbook_path");
  }
  if (stream != "portfolio") return nullptr;
  targets.push_back(rest.portfolio + wallet);
  return std::make_unique<StateFill>(settings, std::move(targets), "portfolio_path");
}

}  // namespace tapedeck::hypercall
