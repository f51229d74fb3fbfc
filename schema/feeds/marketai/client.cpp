#include "schema/feeds/marketai/client.h"

#include <algorithm>

#include "schema/base/text.h"
#include "schema/feeds/marketai/wire.h"
#include "schema/ws/codec.h"

namespace tapedeck::marketai {

namespace {

constexpr int kPingTimer = 1;
constexpr int kSettleTimer = 2;
// How long acknowledgements may follow a refusal: the service answers a message's channels in a
// row.
constexpr Ns kSettleAfter = 2 * kNsPerSec;
constexpr std::uint16_t kCloseUnauthorized = 4401;  // assumed, as a sibling service has it
constexpr std::uint16_t kCloseForbidden = 4403;

std::string credentials_remedy(std::string_view what) {
  return "the service refused the key (" + std::string(what) +
         "): check feeds.marketai.api_key, and that the key is still valid";
}

std::string limit_remedy(std::string_view what) {
  return "the service refused another connection (" + std::string(what) +
         "): close other connections of this key, or lower feeds.marketai.connections";
}

std::string subscribe_message(const std::vector<Subscription>& subscriptions) {
  std::string channels;
  for (const Subscription& subscription : subscriptions) {
    if (!channels.empty()) channels += ',';
    channels += R"({"type":)" + json_string(subscription.channel);
    if (!subscription.symbols.empty()) {
      channels += R"(,"symbols":)" + json_list(subscription.symbols);
    }
    channels += '}';
  }
  return R"({"action":"subscribe","channels":[)" + channels + "]}";
}

// Whether an acknowledgement leaves nothing of what was asked for. One without a list says nothing
// about symbols.
bool accepts_nothing(const Subscription& asked, Json symbols) {
  if (!symbols.is_array()) return false;
  if (symbols.size() == 0) return !asked.symbols.empty();
  if (asked.symbols.empty()) return false;
  for (Json symbol = symbols.first(); symbol.exists(); symbol = symbol.next()) {
    const auto& wanted = asked.symbols;
    if (symbol.text() == kWildcard) return false;
    if (std::find(wanted.begin(), wanted.end(), symbol.text()) != wanted.end()) return false;
  }
  return true;
}

// What was asked for and an acknowledgement leaves out. One without a list, or with the wildcard,
// leaves nothing out.
std::vector<std::string> left_out(const Subscription& asked, Json symbols) {
  std::set<std::string_view> accepted;
  for (Json symbol = symbols.first(); symbol.exists(); symbol = symbol.next()) {
    accepted.insert(symbol.text());
  }
  if (!symbols.is_array() || accepted.contains(kWildcard)) return {};
  std::vector<std::string> missing;
  for (const std::string& symbol : asked.symbols) {
    if (!accepted.contains(symbol)) missing.push_back(symbol);
  }
  return missing;
}

// Everything was asked for, and the acknowledgement names what is left of it (a document's one
// names the wildcard).
bool narrows_everything(const Subscription& asked, Json symbols) {
  if (!asked.symbols.empty() || !symbols.is_array() || symbols.size() == 0) return false;
  for (Json symbol = symbols.first(); symbol.exists(); symbol = symbol.next()) {
    if (symbol.text() == kWildcard) return false;
  }
  return true;
}

}  // namespace

std::vector<std::string> MarketClient::streams() const {
  std::vector<std::string> found;
  for (const Subscription& subscription : settings_->subscriptions) {
    found.push_back(subscription.channel);
  }
  return found;
}

void MarketClient::on_start(ClientActions& actions) {
  phase_ = Phase::idle;
  pending_.clear();
  lost_.clear();
  refusal_.clear();
  rejected_.clear();
  cut_.clear();
  explained_.clear();
  may_ask_again_ = true;
  std::string url = settings_->ws_url + "/";
  if (settings_->auth == Auth::query) url += "?key=" + percent_encode(settings_->api_key);
  actions.connect({std::move(url), {}});
}

void MarketClient::on_open(ClientActions& actions) {
  for (const Subscription& one : settings_->subscriptions) pending_.insert(one.channel);
  if (settings_->auth == Auth::message) {
    phase_ = Phase::authenticating;
    actions.send(R"({"action":"auth","key":)" + json_string(settings_->api_key) + "}");
  } else {
    subscribe(actions);
  }
  if (settings_->ping) actions.arm(kPingTimer, *settings_->ping);
}

// Asks for everything that is not answered yet.
void MarketClient::subscribe(ClientActions& actions) {
  phase_ = Phase::subscribing;
  std::vector<Subscription> wanted;
  for (const Subscription& one : settings_->subscriptions) {
    if (pending_.contains(one.channel)) wanted.push_back(one);
  }
  actions.send(subscribe_message(wanted));
}

Client::Refusal MarketClient::on_refused(int status, std::string_view body) {
  phase_ = Phase::failed;
  std::string what = "HTTP " + std::to_string(status);
  JsonDoc doc;
  ErrorInfo error;
  if (doc.parse(body)) error = read_error(doc.root());
  if (!error.code.empty() || !error.message.empty()) what += ", " + describe(error);
  // Whatever the status: the key is good, it is in use too often.
  if (error.code == code::kConnectionLimit) return {Failure::passing, limit_remedy(what)};
  if (status == 401 || status == 403) return {Failure::permanent, credentials_remedy(what)};
  return {Failure::passing, "the service refused the connection (" + what + ")"};
}

void MarketClient::on_frame(const InFrame& frame, const FrameTag& tag, ClientActions& actions) {
  if (phase_ == Phase::idle || phase_ == Phase::failed) return;
  const Json message = frame.root();
  if (tag.role == FrameRole::error) return on_error(message, actions);
  if (tag.role != FrameRole::ack) return;
  switch (kind_of(message)) {
    case Kind::authenticated:
      if (phase_ == Phase::authenticating) subscribe(actions);
      return;
    case Kind::subscribed:
      return on_subscribed(message, actions);
    default:
      return;
  }
}

const Subscription* MarketClient::find(std::string_view channel) const {
  for (const Subscription& one : settings_->subscriptions) {
    if (one.channel == channel) return &one;
  }
  return nullptr;
}

void MarketClient::on_subscribed(Json message, ClientActions& actions) {
  const Subscription* asked = find(message["channel"].text());
  if (asked == nullptr) return;
  // One that was given up as refused may still be confirmed: then it is received after all.
  const bool is_open = pending_.contains(asked->channel) || lost_.contains(asked->channel);
  if (phase_ == Phase::authenticating || !is_open) return;
  if (accepts_nothing(*asked, message["symbols"])) {
    const std::string why =
        refusal_.empty() ? "the service accepted none of its symbols" : refusal_;
    explained_.insert(asked->symbols.begin(), asked->symbols.end());
    lose(asked->channel, why, actions);
    return refuse_unexplained(actions);
  }
  lost_.erase(asked->channel);
  const std::vector<std::string> missing = left_out(*asked, message["symbols"]);
  if (!missing.empty()) {
    explained_.insert(missing.begin(), missing.end());
    refuse(asked->channel, join(missing, ", "), actions);
  } else if (narrows_everything(*asked, message["symbols"])) {
    refuse(asked->channel, "everything but " + std::string(message["symbols"].raw()), actions);
  }
  actions.ready(asked->channel);
  resolve(asked->channel);
  refuse_unexplained(actions);
}

void MarketClient::refuse(const std::string& channel, const std::string& what,
                          ClientActions& actions) {
  cut_.insert_or_assign(channel, what);
  actions.refused(channel, what + (refusal_.empty() ? " left out of the acknowledgement"
                                                    : " refused (" + refusal_ + ")"));
}

void MarketClient::refuse_unexplained(ClientActions& actions) {
  if (!pending_.empty()) return;
  for (const Subscription& one : settings_->subscriptions) {
    if (lost_.contains(one.channel) || cut_.contains(one.channel)) continue;
    std::vector<std::string> missing;
    for (const std::string& symbol : one.symbols) {
      if (rejected_.contains(symbol) && !explained_.contains(symbol)) missing.push_back(symbol);
    }
    if (!missing.empty()) refuse(one.channel, join(missing, ", "), actions);
  }
}

void MarketClient::resolve(std::string_view channel) {
  if (const auto found = pending_.find(channel); found != pending_.end()) pending_.erase(found);
  if (pending_.empty() && phase_ == Phase::subscribing) phase_ = Phase::settled;
}

void MarketClient::lose(const std::string& channel, std::string_view why, ClientActions& actions) {
  if (lost_.insert(channel).second) actions.lost(channel, GapCause::channel, why);
  resolve(channel);
}

void MarketClient::fail(Failure failure, const std::string& why, ClientActions& actions) {
  phase_ = Phase::failed;
  actions.fail(failure, why);
}

void MarketClient::on_error(Json message, ClientActions& actions) {
  const ErrorInfo error = read_error(message);
  const std::string what = describe(error);
  if (is_about_credentials(error.code)) {
    return fail(Failure::permanent, credentials_remedy(what), actions);
  }
  if (error.code == code::kConnectionLimit) {
    return fail(Failure::passing, limit_remedy(what), actions);
  }
  if (error.code == code::kSymbolLimit && phase_ != Phase::authenticating) {
    return on_symbol_limit(error, actions);
  }
  // Later ones are rows; should the service mean them to end the connection, it closes it.
  if (phase_ == Phase::settled) return;
  if (phase_ == Phase::subscribing && error.code == code::kInvalidChannel) {
    return on_invalid_channel(error, actions);
  }
  const std::string_view during = phase_ == Phase::authenticating ? "the key" : "the subscription";
  fail(Failure::passing, "the service refused " + std::string(during) + " (" + what + ")", actions);
}

// The wording is undocumented. A text may go on to list the channels that there are: the one that
// stands first is the refused one (assumed).
void MarketClient::on_invalid_channel(const ErrorInfo& error, ClientActions& actions) {
  const std::string what = describe(error);
  std::size_t first = std::string_view::npos;
  std::string blamed;
  for (const std::string& channel : pending_) {
    const std::size_t at = find_name(error.message, channel);
    if (at >= first) continue;
    first = at;
    blamed = channel;
  }
  if (blamed.empty()) {
    refusal_ = what;
  } else {
    lose(blamed, what, actions);
    may_ask_again_ = true;
  }
  if (!pending_.empty()) actions.arm(kSettleTimer, kSettleAfter);
}

void MarketClient::on_symbol_limit(const ErrorInfo& error, ClientActions& actions) {
  refusal_ = describe(error);
  for (std::string& symbol : rejected_symbols(error.message)) rejected_.insert(std::move(symbol));
  if (phase_ == Phase::subscribing) return actions.arm(kSettleTimer, kSettleAfter);
  // It explains what the acknowledgements before it left out.
  for (const auto& [channel, what] : std::map(cut_)) refuse(channel, what, actions);
  refuse_unexplained(actions);
}

void MarketClient::settle(ClientActions& actions) {
  if (phase_ != Phase::subscribing) return;
  const bool is_any_ready = pending_.size() + lost_.size() < settings_->subscriptions.size();
  if (!refusal_.empty() && rejected_.empty() && !is_any_ready) {
    return fail(Failure::passing, "the service refused the subscription (" + refusal_ + ")",
                actions);
  }
  if (!refusal_.empty()) {
    const std::vector<std::string> unanswered(pending_.begin(), pending_.end());
    for (const std::string& channel : unanswered) {
      const Subscription& asked = *find(channel);
      if (!is_rejected(asked)) continue;
      explained_.insert(asked.symbols.begin(), asked.symbols.end());
      lose(channel, refusal_, actions);
    }
  }
  refuse_unexplained(actions);
  if (pending_.empty() || !may_ask_again_) return;
  may_ask_again_ = false;
  subscribe(actions);
}

// Whether the refusal takes all that was asked for of a channel.
bool MarketClient::is_rejected(const Subscription& asked) const {
  if (rejected_.empty()) return true;  // it does not say what it is about
  if (asked.symbols.empty()) return rejected_.contains(kWildcard);
  return std::all_of(asked.symbols.begin(), asked.symbols.end(),
                     [&](const std::string& symbol) { return rejected_.contains(symbol); });
}

void MarketClient::on_timer(int timer, ClientActions& actions) {
  if (phase_ == Phase::idle || phase_ == Phase::failed) return;
  if (timer == kSettleTimer) return settle(actions);
  if (timer != kPingTimer || !settings_->ping) return;
  actions.send(R"({"action":"ping"})");
  actions.arm(kPingTimer, *settings_->ping);
}

void MarketClient::on_response(const RestResponse& /*response*/, ClientActions& /*actions*/) {}

Client::Refusal MarketClient::on_closed(std::uint16_t code, std::string_view reason) {
  phase_ = Phase::failed;
  const std::string what = ws::describe_close(code, reason);
  if (code == kCloseUnauthorized || code == kCloseForbidden) {
    return {Failure::permanent, credentials_remedy(what)};
  }
  return {Failure::passing, "the service " + what};
}

}  // namespace tapedeck::marketai
