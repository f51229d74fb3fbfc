#include "schema/feeds/hypercall/client.h"

#include <algorithm>
#include <cctype>

#include "schema/base/text.h"
#include "schema/feeds/hypercall/wire.h"
#include "schema/ws/codec.h"

namespace tapedeck::hypercall {

namespace {

std::string subscribe_message(const Subscription& subscription) {
  std::string text = R"({"type":"Subscribe","channel":)" + json_string(subscription.channel);
  if (!subscription.symbols.empty()) {
    std::vector<std::string> quoted;
    for (const std::string& symbol : subscription.symbols) quoted.push_back(json_string(symbol));
    text += R"(,"symbols":[)" + join(quoted, ",") + "]";
  }
  if (!subscription.expiry.empty()) text += R"(,"expiry":)" + json_string(subscription.expiry);
  if (!subscription.option_type.empty()) {
    text += R"(,"option_type":)" + json_string(subscription.option_type);
  }
  return text + "}";
}

// Whether `text` holds `word` and not merely as a part of a longer name.
bool names(std::string_view text, std::string_view word) {
  const auto continues_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
  };
  if (word.empty()) return false;
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || !continues_name(text[at - 1]);
    const bool ends = end == text.size() || !continues_name(text[end]);
    if (begins && ends) return true;
  }
  return false;
}

bool is_private(const Subscription& subscription) {
  const Channel* channel = find_channel(subscription.channel);
  return channel != nullptr && channel->needs_wallet;
}

}  // namespace

std::vector<std::string> HypercallClient::streams() const {
  std::vector<std::string> found;
  for (const Subscription& subscription : settings_->subscriptions) {
    if (std::find(found.begin(), found.end(), subscription.channel) == found.end()) {
      found.push_back(subscription.channel);
    }
  }
  return found;
}

void HypercallClient::on_start(ClientActions& actions) {
  authenticating_ = false;
  pending_.clear();
  settled_.clear();
  actions.connect({settings_->ws_url + "/ws", {}});
}

void HypercallClient::on_open(ClientActions& actions) {
  if (!settings_->wallet) return subscribe_all(false, actions);
  authenticating_ = true;
  actions.send(R"({"type":"Authenticate","wallet":)" + json_string(*settings_->wallet) + "}");
}

Client::Refusal HypercallClient::on_refused(int status, std::string_view /*body*/) {
  const std::string what = "the upgrade was refused with HTTP " + std::to_string(status);
  if (status == 404) {
    return {Failure::permanent, what + ": there is no Hypercall service at " + settings_->ws_url +
                                    "/ws; correct feeds.hypercall.ws_url"};
  }
  return {Failure::passing, what};
}

void HypercallClient::on_frame(const InFrame& frame, const FrameTag& tag, ClientActions& actions) {
  const Json message = frame.root();
  if (tag.role == FrameRole::error) {
    const std::string_view text = message["message"].text();
    return on_error(text.empty() ? std::string_view("an error without a message") : text, actions);
  }
  if (tag.role != FrameRole::ack) return;
  if (tag.type == "Authenticated" && authenticating_) {
    authenticating_ = false;
    subscribe_all(false, actions);
  } else if (tag.type == "Subscribed") {
    on_subscribed(message["channel"].text(), actions);
  }
}

void HypercallClient::subscribe_all(bool public_only, ClientActions& actions) {
  for (const Subscription& subscription : settings_->subscriptions) {
    if (!public_only || !is_private(subscription)) subscribe(subscription, actions);
  }
}

void HypercallClient::subscribe(Subscription subscription, ClientActions& actions) {
  actions.send(subscribe_message(subscription));
  pending_.push_back(std::move(subscription));
}

void HypercallClient::on_subscribed(std::string_view channel, ClientActions& actions) {
  const auto same = [&](const Subscription& one) { return one.channel == channel; };
  const auto answered = std::find_if(pending_.begin(), pending_.end(), same);
  if (answered == pending_.end()) return;
  const std::string stream = answered->channel;
  pending_.erase(answered);
  if (std::any_of(pending_.begin(), pending_.end(), same)) return;
  // Part of a stream that was refused stays lost though the rest of it arrives.
  if (std::find(settled_.begin(), settled_.end(), stream) != settled_.end()) return;
  settled_.push_back(stream);
  actions.ready(stream);
}

void HypercallClient::on_error(std::string_view message, ClientActions& actions) {
  if (authenticating_) return on_authentication_refused(message, actions);
  if (pending_.empty()) return;  // about nothing that we asked for: it is on the tape
  const std::size_t index = blamed(message);
  Subscription refused = std::move(pending_[index]);
  pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(index));
  // An expired instrument makes the service refuse the whole list: go on without it. Never with an
  // empty list, which would mean everything.
  std::vector<std::string> rest;
  for (const std::string& symbol : refused.symbols) {
    if (!names(message, symbol)) rest.push_back(symbol);
  }
  if (!rest.empty() && rest.size() < refused.symbols.size()) {
    actions.refused(refused.channel, message);
    refused.symbols = std::move(rest);
    return subscribe(std::move(refused), actions);
  }
  lose(refused.channel, message, actions);
}

std::size_t HypercallClient::blamed(std::string_view message) const {
  std::size_t best = pending_.size();
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    const std::vector<std::string>& symbols = pending_[i].symbols;
    const bool by_symbol = std::any_of(symbols.begin(), symbols.end(),
                                       [&](const std::string& s) { return names(message, s); });
    if (by_symbol && names(message, pending_[i].channel)) return i;
    if (best == pending_.size() && (by_symbol || names(message, pending_[i].channel))) best = i;
  }
  return best == pending_.size() ? 0 : best;
}

void HypercallClient::lose(const std::string& stream, std::string_view why,
                           ClientActions& actions) {
  if (std::find(settled_.begin(), settled_.end(), stream) != settled_.end()) return;
  settled_.push_back(stream);
  actions.lost(stream, GapCause::channel, why);
}

void HypercallClient::on_authentication_refused(std::string_view message, ClientActions& actions) {
  authenticating_ = false;
  const std::string why =
      "the wallet was refused: " + std::string(message) + "; correct feeds.hypercall.wallet";
  const auto& all = settings_->subscriptions;
  if (std::all_of(all.begin(), all.end(), is_private)) return actions.fail(Failure::permanent, why);
  for (const Subscription& subscription : all) {
    if (is_private(subscription)) lose(subscription.channel, why, actions);
  }
  subscribe_all(true, actions);
}

void HypercallClient::on_timer(int /*timer*/, ClientActions& /*actions*/) {}

void HypercallClient::on_response(const RestResponse& /*response*/, ClientActions& /*actions*/) {}

Client::Refusal HypercallClient::on_closed(std::uint16_t code, std::string_view reason) {
  return {Failure::passing, "the service " + ws::describe_close(code, reason)};
}

}  // namespace tapedeck::hypercall
